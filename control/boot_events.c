// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What each kind of event adds to a running boot.

#include <string.h>

#include "boot_track_internal.h"
#include "text.h"

// --- DHCP

static struct boot_phase *add(
	struct boot_track *track, struct boot *boot, uint8_t kind, const struct boot_event *event) {
	struct boot_phase *phase =
		boot_phases_add(track, boot, kind, boot_offset_ms(boot, event->unix_ns));

	if (!phase)
		return NULL;
	phase->address = event->address;
	phase->carrier = event->carrier < BOOT_CARRIERS ? event->carrier : BOOT_CARRIER_TFTP;
	boot_phases_name(event->name, event->name_len, phase->name);
	return phase;
}

static void close_phase(
	struct boot *boot, struct boot_phase *phase, const struct boot_event *event) {
	uint32_t now_ms = boot_offset_ms(boot, event->unix_ns);

	if (!phase)
		return;
	phase->result = BOOT_RESULT_OK;
	phase->duration_ms = now_ms > phase->at_ms ? now_ms - phase->at_ms : 0;
	boot_phases_changed(boot, phase);
}

// The same again, as when an answer was lost: true, and counted.
static bool repeats(struct boot *boot, uint8_t kind, const struct boot_event *event) {
	struct boot_phase *phase = boot_phases_last(boot);

	if (!phase || phase->kind != kind || phase->address != event->address)
		return false;
	if (kind == BOOT_PHASE_DISCOVER && phase->ipxe != event->ipxe)
		return false;
	if (phase->times < UINT16_MAX)
		phase->times++;
	boot_phases_changed(boot, phase);
	return true;
}

static void on_machine(
	struct boot_track *track, struct boot_machine *machine, const struct boot_event *event) {
	struct boot *boot = machine->boot;
	struct boot_event asked = *event;
	struct boot_phase *phase;

	asked.address = 0;
	if (repeats(boot, BOOT_PHASE_DISCOVER, &asked))
		return;
	if (event->ipxe)
		boot->ipxe = true;
	if (event->arch != UINT16_MAX)
		boot->arch = event->arch;
	phase = add(track, boot, BOOT_PHASE_DISCOVER, &asked);
	if (!phase)
		return;
	phase->ipxe = event->ipxe;
	phase->arch = event->arch;
}

static void on_offer(struct boot_track *track, struct boot *boot, const struct boot_event *event) {
	if (repeats(boot, BOOT_PHASE_OFFER, event))
		return;
	close_phase(boot, boot_phases_open(boot, BOOT_PHASE_DISCOVER, NULL), event);
	add(track, boot, BOOT_PHASE_OFFER, event);
}

static void on_answer(
	struct boot_track *track, struct boot *boot, uint8_t kind, const struct boot_event *event) {
	struct boot_phase *phase;

	if (kind == BOOT_PHASE_ACK)
		boot->address = event->address;
	if (repeats(boot, kind, event))
		return;
	close_phase(boot, boot_phases_open(boot, BOOT_PHASE_DISCOVER, NULL), event);
	close_phase(boot, boot_phases_open(boot, BOOT_PHASE_OFFER, NULL), event);
	phase = add(track, boot, kind, event);
	if (!phase)
		return;
	phase->result = kind == BOOT_PHASE_NAK ? BOOT_RESULT_REFUSED : BOOT_RESULT_OK;
	phase->duration_ms = event->duration_ms;
}

// --- files, scripts, reports

static uint8_t result_of(uint8_t kind) {
	switch ((enum boot_event_kind)kind) {
	case BOOT_EVENT_FILE_DONE:
		return BOOT_RESULT_OK;
	case BOOT_EVENT_FILE_PROBE:
		return BOOT_RESULT_SIZE_ONLY;
	case BOOT_EVENT_FILE_FAILED:
		return BOOT_RESULT_FAILED;
	case BOOT_EVENT_FILE_NOT_FOUND:
		return BOOT_RESULT_NOT_FOUND;
	case BOOT_EVENT_FILE_REFUSED:
		return BOOT_RESULT_REFUSED;
	default:
		return BOOT_RESULT_OPEN;
	}
}

// What asks for the same again and gets the same answer is told once.
static bool same_file(const struct boot_phase *phase, const struct boot_event *event) {
	char name[BOOT_FILE_SIZE];

	if (!phase || phase->kind != BOOT_PHASE_FILE || phase->result != result_of(event->kind) ||
		phase->result == BOOT_RESULT_OPEN || phase->result == BOOT_RESULT_OK)
		return false;
	boot_phases_name(event->name, event->name_len, name);
	return phase->reason == event->reason && phase->bytes == event->bytes &&
	       !strcmp(phase->name, name);
}

static uint32_t start_ms(const struct boot *boot, const struct boot_event *event) {
	uint32_t now_ms = boot_offset_ms(boot, event->unix_ns);

	return now_ms > event->duration_ms ? now_ms - event->duration_ms : 0;
}

static struct boot_phase *file_phase(
	struct boot_track *track, struct boot *boot, const struct boot_event *event) {
	char name[BOOT_FILE_SIZE];
	struct boot_phase *phase;

	boot_phases_name(event->name, event->name_len, name);
	phase = boot_phases_open(boot, BOOT_PHASE_FILE, name);
	if (phase && event->kind != BOOT_EVENT_FILE_OPEN)
		return phase;
	phase = boot_phases_add(track, boot, BOOT_PHASE_FILE, start_ms(boot, event));
	if (phase)
		memcpy(phase->name, name, sizeof(name));
	return phase;
}

static void on_file(struct boot_track *track, struct boot *boot, const struct boot_event *event) {
	struct boot_phase *phase = boot_phases_last(boot);
	uint32_t now_ms = boot_offset_ms(boot, event->unix_ns);

	if (same_file(phase, event)) {
		phase->times += phase->times < UINT16_MAX;
		boot_phases_changed(boot, phase);
		return;
	}
	phase = file_phase(track, boot, event);
	if (!phase)
		return;
	boot_phases_changed(boot, phase);
	phase->carrier = event->carrier < BOOT_CARRIERS ? event->carrier : BOOT_CARRIER_TFTP;
	phase->result = result_of(event->kind);
	phase->reason = event->reason;
	phase->bytes = event->bytes;
	phase->retransmitted = event->retransmitted;
	phase->duration_ms = now_ms > phase->at_ms ? now_ms - phase->at_ms : 0;
}

static void on_done(struct boot_track *track, struct boot *boot, const struct boot_event *event) {
	on_file(track, boot, event);
	if (event->last)
		boot->last = true;
	boot_track_tell(track, boot, BOOT_STEP_FILE);
}

static void on_script(struct boot_track *track, struct boot *boot, const struct boot_event *event) {
	struct boot_phase *phase = add(track, boot, BOOT_PHASE_SCRIPT, event);

	if (!phase)
		return;
	phase->result = BOOT_RESULT_OK;
	phase->bytes = event->bytes;
}

static void on_order(struct boot_track *track, struct boot *boot, const struct boot_event *event) {
	struct boot_phase *phase = add(track, boot, BOOT_PHASE_ORDER, event);

	if (phase)
		phase->result = BOOT_RESULT_OK;
	boot->order_id = event->order_id;
	boot->last = true;
	if (event->install)
		boot->install = true;
	boot_track_tell(track, boot, BOOT_STEP_ORDER);
}

static bool says(const struct boot_event *event, const char *word) {
	return event->name && event->name_len == strlen(word) &&
	       !memcmp(event->name, word, event->name_len);
}

static void on_callback(
	struct boot_track *track, struct boot_machine *machine, const struct boot_event *event) {
	struct boot *boot = machine->boot;
	struct boot_phase *phase = add(track, boot, BOOT_PHASE_CALLBACK, event);
	bool failed = says(event, "failed");

	if (phase)
		phase->result = failed ? BOOT_RESULT_FAILED : BOOT_RESULT_OK;
	if (!failed && !says(event, "installed"))
		return;
	boot->state = failed ? BOOT_FAILED : BOOT_DONE;
	if (failed && event->text_len)
		text_clean_utf8(event->text, event->text_len, boot->reason, sizeof(boot->reason));
	boot_track_end(track, machine, BOOT_END_CALLBACK);
}

void boot_events_handle(
	struct boot_track *track, struct boot_machine *machine, const struct boot_event *event) {
	struct boot *boot = machine->boot;

	switch ((enum boot_event_kind)event->kind) {
	case BOOT_EVENT_MACHINE:
		on_machine(track, machine, event);
		break;
	case BOOT_EVENT_OFFER:
		on_offer(track, boot, event);
		break;
	case BOOT_EVENT_ACK:
		on_answer(track, boot, BOOT_PHASE_ACK, event);
		break;
	case BOOT_EVENT_NAK:
		on_answer(track, boot, BOOT_PHASE_NAK, event);
		break;
	case BOOT_EVENT_PROXY:
		on_answer(track, boot, BOOT_PHASE_PROXY, event);
		break;
	case BOOT_EVENT_FILE_DONE:
		on_done(track, boot, event);
		break;
	case BOOT_EVENT_FILE_OPEN:
	case BOOT_EVENT_FILE_PROBE:
	case BOOT_EVENT_FILE_FAILED:
	case BOOT_EVENT_FILE_NOT_FOUND:
	case BOOT_EVENT_FILE_REFUSED:
		on_file(track, boot, event);
		break;
	case BOOT_EVENT_SCRIPT:
		on_script(track, boot, event);
		break;
	case BOOT_EVENT_CALLBACK:
		on_callback(track, machine, event);
		break;
	case BOOT_EVENT_ORDER_USED:
		on_order(track, boot, event);
		break;
	case BOOT_EVENT_KINDS:
		break;
	}
}
