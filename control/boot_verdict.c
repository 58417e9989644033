// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// When a boot is over, how it went, and why it failed, in plain words.

#include <stdio.h>
#include <string.h>

#include "boot_track_internal.h"
#include "human.h"
#include "shm_abi.h"
#include "text.h"

// How far a boot has come.
struct progress {
	const struct boot_phase *last;  // file or script that ended last, or NULL
	const struct boot_phase *under; // a transfer under way, or NULL
	const struct boot_phase *dhcp;  // the last of DHCP, or NULL
	const struct boot_phase *ack;
	uint32_t files; // got
	uint64_t bytes;
	uint32_t since_ipxe;    // files got since iPXE's last DISCOVER
	bool script_since_ipxe; // and whether one was a script
	bool carriers[BOOT_CARRIERS];
};

static uint64_t end_ms(const struct boot_phase *phase) {
	return (uint64_t)phase->at_ms + phase->duration_ms;
}

static bool is_script(const struct boot_phase *phase) {
	return phase->kind == BOOT_PHASE_SCRIPT ||
	       (phase->result == BOOT_RESULT_OK && text_ends_with(phase->name, ".ipxe"));
}

static void look_at_file(struct progress *progress, const struct boot_phase *phase) {
	if (phase->result == BOOT_RESULT_OPEN)
		progress->under = phase;
	else if (!progress->last || end_ms(phase) >= end_ms(progress->last))
		progress->last = phase;
	progress->script_since_ipxe |= is_script(phase);
	if (phase->kind == BOOT_PHASE_SCRIPT || phase->result != BOOT_RESULT_OK)
		return;
	progress->files += phase->times;
	progress->since_ipxe += phase->times;
	progress->bytes += phase->bytes;
	progress->carriers[phase->carrier % BOOT_CARRIERS] = true;
}

static void look_at(struct progress *progress, const struct boot_phase *phase) {
	switch ((enum boot_phase_kind)phase->kind) {
	case BOOT_PHASE_DISCOVER:
		if (phase->ipxe) {
			progress->since_ipxe = 0;
			progress->script_since_ipxe = false;
		}
		progress->dhcp = phase;
		break;
	case BOOT_PHASE_ACK:
		progress->ack = progress->dhcp = phase;
		break;
	case BOOT_PHASE_OFFER:
	case BOOT_PHASE_NAK:
	case BOOT_PHASE_PROXY:
		progress->dhcp = phase;
		break;
	case BOOT_PHASE_FILE:
	case BOOT_PHASE_SCRIPT:
		look_at_file(progress, phase);
		break;
	case BOOT_PHASE_CALLBACK:
	case BOOT_PHASE_ORDER:
	case BOOT_PHASE_KINDS:
		break;
	}
}

static struct progress look(const struct boot *boot) {
	struct progress progress = {0};

	for (uint32_t i = 0; i < boot->phase_count; i++)
		look_at(&progress, &boot->phases[i]);
	return progress;
}

uint32_t boot_patience_s(const struct boot_track_config *config, const struct boot *boot) {
	struct progress progress = look(boot);

	if (boot->install)
		return boot->timeout_s ? boot->timeout_s : config->install_s;
	if (boot->last)
		return config->quiet_s;
	// A menu may wait for someone.
	if (progress.under ||
		(progress.last && progress.last->kind == BOOT_PHASE_SCRIPT && !boot->local))
		return boot->timeout_s ? boot->timeout_s : config->open_s;
	if (progress.files)
		return config->quiet_s;
	return config->stall_s;
}

// Firmware that took an address for the last kind of network boot that it tries, and asks by the
// first again: its machine has been on its disk since.
static bool comes_round(const struct boot *boot, uint16_t arch) {
	for (uint32_t i = 0; i < boot->phase_count; i++)
		if (boot->phases[i].kind == BOOT_PHASE_DISCOVER)
			return boot->phases[i].arch == arch;
	return false;
}

bool boot_begins_anew(const struct boot_track_config *config, const struct boot *boot, bool ipxe,
	uint16_t arch, int64_t ns) {
	struct progress progress = look(boot);

	if (boot->local && progress.ack && !ipxe && comes_round(boot, arch))
		return true;
	// It asks again as it had no answer, or went from one kind of network boot to the next; but
	// one that goes on so for ever has failed.
	if (!progress.last && !progress.under)
		return ns - boot->started_ns >= config->stall_s * BOOT_NS_PER_S;
	if (!ipxe)
		return true;
	// iPXE after firmware is what firmware has loaded. After an iPXE it may be one that the
	// first has loaded by a single file; an iPXE that has got more, a script of its own (the
	// menu that it was switched off at), or its profile's last file, has gone.
	return boot->ipxe && (boot->last || progress.under || progress.script_since_ipxe ||
				     progress.since_ipxe > 1);
}

// --- reasons of failure

static const char *why_refused(uint8_t reason) {
	switch ((enum event_reason)reason) {
	case EVENT_REASON_NETASCII:
		return "which is served in mode octet only";
	case EVENT_REASON_WRITE:
		return "to write it, which is not allowed";
	case EVENT_REASON_BAD_NAME:
		return "a name that no file can have";
	case EVENT_REASON_FULL:
		return "while too many transfers ran";
	case EVENT_REASON_TOO_LARGE:
		return "which is larger than memory:";
	case EVENT_REASON_NOT_LOADED:
		return "which cannot be had now, see rouse images";
	case EVENT_REASON_NONE:
	case EVENT_REASON_PEER_ERROR:
	case EVENT_REASON_TIMEOUT:
	case EVENT_REASON_IMAGE_GONE:
	case EVENT_REASON_REPLACED:
		break;
	}
	return "which was refused";
}

static void say_cut_off(const struct boot_phase *phase, char out[BOOT_REASON_SIZE]) {
	char bytes[HUMAN_SIZE];

	human_memory(phase->bytes, bytes);
	switch ((enum event_reason)phase->reason) {
	case EVENT_REASON_TIMEOUT:
		snprintf(out, BOOT_REASON_SIZE, "stopped answering after %s of %s", bytes,
			phase->name);
		break;
	case EVENT_REASON_PEER_ERROR:
		snprintf(out, BOOT_REASON_SIZE, "gave up %s after %s", phase->name, bytes);
		break;
	case EVENT_REASON_IMAGE_GONE:
		snprintf(out, BOOT_REASON_SIZE,
			"had got %s of %s when the file was replaced in boot_root", bytes,
			phase->name);
		break;
	case EVENT_REASON_REPLACED:
		snprintf(out, BOOT_REASON_SIZE,
			"asked again for %s after %s of it, then for nothing", phase->name, bytes);
		break;
	default:
		snprintf(out, BOOT_REASON_SIZE, "asked for %s, %s", phase->name,
			why_refused(phase->reason));
	}
}

static void say_file(const struct boot_phase *phase, char out[BOOT_REASON_SIZE]) {
	switch ((enum boot_result)phase->result) {
	case BOOT_RESULT_NOT_FOUND:
		snprintf(out, BOOT_REASON_SIZE, "asked for %s, which is not in boot_root",
			phase->name);
		break;
	case BOOT_RESULT_REFUSED:
		snprintf(out, BOOT_REASON_SIZE, "asked for %s, %s", phase->name,
			why_refused(phase->reason));
		break;
	case BOOT_RESULT_SIZE_ONLY:
		snprintf(out, BOOT_REASON_SIZE, "asked for the size of %s, then for nothing",
			phase->name);
		break;
	case BOOT_RESULT_FAILED:
		say_cut_off(phase, out);
		break;
	case BOOT_RESULT_OPEN:
	case BOOT_RESULT_OK:
	case BOOT_RESULTS:
		snprintf(out, BOOT_REASON_SIZE, "got %s, then asked for nothing", phase->name);
		break;
	}
}

// It has asked for no file.
static void say_dhcp(const struct progress *progress, char out[BOOT_REASON_SIZE]) {
	char ip[TEXT_IP_SIZE];
	uint8_t kind = progress->dhcp ? progress->dhcp->kind : BOOT_PHASE_DISCOVER;

	if (kind == BOOT_PHASE_NAK)
		snprintf(out, BOOT_REASON_SIZE, "was refused the address %s, then was quiet",
			text_ip(progress->dhcp->address, ip));
	else if (progress->ack)
		snprintf(out, BOOT_REASON_SIZE, "took an address, then asked for nothing");
	else if (kind == BOOT_PHASE_PROXY)
		snprintf(out, BOOT_REASON_SIZE,
			"was told its boot file by ProxyDHCP, then asked for nothing");
	else if (kind == BOOT_PHASE_OFFER)
		snprintf(out, BOOT_REASON_SIZE, "was offered an address and did not take it");
	else
		snprintf(out, BOOT_REASON_SIZE,
			"asked for an address and was not offered one, see rouse stats");
}

static void say_progress(const struct progress *progress, char out[BOOT_REASON_SIZE]) {
	static const char *const names[BOOT_CARRIERS] = {"TFTP", "HTTP", "HTTPS"};
	char bytes[HUMAN_SIZE];
	size_t len = (size_t)snprintf(out, BOOT_REASON_SIZE, "got %u file%s, %s", progress->files,
		progress->files == 1 ? "" : "s", human_memory(progress->bytes, bytes));
	const char *by = ", by ";

	for (size_t i = 0; i < BOOT_CARRIERS; i++) {
		if (!progress->carriers[i])
			continue;
		len += (size_t)snprintf(out + len, BOOT_REASON_SIZE - len, "%s%s", by, names[i]);
		by = " and ";
	}
}

// --- the verdict

static bool went_local(const struct boot *boot, const struct progress *progress) {
	if (!boot->local)
		return false;
	return !progress->last || progress->last->result == BOOT_RESULT_OK || progress->files;
}

// Nobody chose from it, or what needs no file: its own disk.
static bool left_menu(const struct boot *boot, const struct progress *progress) {
	return boot->menu && progress->last && progress->last->kind == BOOT_PHASE_SCRIPT;
}

static bool got_all(const struct boot *boot, const struct progress *progress) {
	return boot->last || (progress->last && progress->last->kind == BOOT_PHASE_FILE &&
				     progress->last->result == BOOT_RESULT_OK);
}

static void judge_files(struct boot *boot, const struct progress *progress) {
	boot->state = BOOT_DONE;
	if (went_local(boot, progress)) {
		snprintf(boot->summary, sizeof(boot->summary), "went on to its own disk");
	} else if (left_menu(boot, progress)) {
		snprintf(boot->summary, sizeof(boot->summary),
			"drew its menu, then asked for nothing");
	} else if (got_all(boot, progress)) {
		say_progress(progress, boot->summary);
	} else {
		boot->state = BOOT_FAILED;
		if (progress->last)
			say_file(progress->last, boot->reason);
		else
			say_dhcp(progress, boot->reason);
	}
}

static void judge_installation(struct boot *boot, enum boot_end end, uint32_t patience_s) {
	char time[HUMAN_SIZE];

	boot->state = BOOT_FAILED;
	if (end == BOOT_END_AGAIN)
		snprintf(boot->reason, sizeof(boot->reason),
			"started again before it reported that it is installed");
	else
		snprintf(boot->reason, sizeof(boot->reason),
			"has not reported for %s that it is installed",
			human_duration(patience_s, time));
}

static void judge_transfer(
	struct boot *boot, const struct boot_phase *under, enum boot_end end, uint32_t patience_s) {
	char time[HUMAN_SIZE];

	boot->state = BOOT_FAILED;
	if (end == BOOT_END_AGAIN)
		snprintf(boot->reason, sizeof(boot->reason), "started again in the middle of %s",
			under->name);
	else
		snprintf(boot->reason, sizeof(boot->reason),
			"was in the middle of %s, and nothing was heard of it for %s", under->name,
			human_duration(patience_s, time));
}

// The callback's phase is the last that was added, but not always the last that began.
static void judge_callback(struct boot *boot) {
	struct progress progress = look(boot);

	if (boot->state == BOOT_DONE) {
		snprintf(boot->summary, sizeof(boot->summary), "installed");
		return;
	}
	if (!boot->reason[0])
		snprintf(boot->reason, sizeof(boot->reason), "its installer reported a failure");
	say_progress(&progress, boot->summary);
}

void boot_judge(struct boot *boot, enum boot_end end, bool heard, uint32_t patience_s) {
	struct progress progress = look(boot);

	if (end == BOOT_END_CALLBACK) {
		judge_callback(boot);
	} else if (!heard && (boot->install || !boot->last)) {
		boot->state = BOOT_INTERRUPTED;
		snprintf(boot->reason, sizeof(boot->reason), "rouse-control was restarted");
	} else if (boot->install) {
		judge_installation(boot, end, patience_s);
	} else if (progress.under && !boot->last) {
		judge_transfer(boot, progress.under, end, patience_s);
	} else {
		judge_files(boot, &progress);
	}
}
