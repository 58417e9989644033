// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// From events to boots: finds the machine, then its boot, and has a handler for each kind of
// event (boot_events.c). How a boot is judged is in boot_verdict.c, its phases in boot_phases.c.

#include "boot_track.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "boot_track_internal.h"

#define QUIET_S       60u
#define STALL_S       90u
#define OPEN_S        900u
#define INSTALL_S     7200u
#define GRACE_S       10u       // after a restart: for events that waited in the rings
#define KNOWN_S       600       // what waits in the rings is not older
#define EARLIER_MS    1000      // a transfer that began so long before a boot is not the boot's
#define DEADLINE_NONE INT64_MIN // of a restored boot, until the first tick

static void set_default(uint32_t *value, uint32_t usual) {
	if (!*value)
		*value = usual;
}

struct boot_track *boot_track_new(const struct boot_track_config *config) {
	struct boot_track *track = mem_alloc(sizeof(*track));

	track->config = *config;
	set_default(&track->config.quiet_s, QUIET_S);
	set_default(&track->config.stall_s, STALL_S);
	set_default(&track->config.open_s, OPEN_S);
	set_default(&track->config.install_s, INSTALL_S);
	boot_machines_init(&track->machines, BOOT_TRACK_MACHINES_MAX, config->seed);
	track->dirty = mem_alloc(BOOT_TRACK_MACHINES_MAX * sizeof(*track->dirty));
	return track;
}

static void free_boot(struct boot_track *track, struct boot *boot) {
	boot_phases_release(track, boot);
	free(boot);
}

void boot_track_free(struct boot_track *track) {
	if (!track)
		return;
	for (uint32_t i = 0; i < track->machines.high; i++) {
		if (track->machines.list[i].boot)
			free_boot(track, track->machines.list[i].boot);
	}
	for (uint32_t i = 0; i < track->ended_count; i++)
		free_boot(track, track->ended[i]);
	free(track->ended);
	free(track->dirty);
	boot_machines_free(&track->machines);
	free(track);
}

// --- begin and end

void boot_track_tell(struct boot_track *track, struct boot *boot, enum boot_step step) {
	if (track->config.step)
		track->config.step(track->config.context, boot, step);
}

static void mark_dirty(struct boot_track *track, struct boot_machine *machine) {
	machine->dirty = true;
	if (machine->queued)
		return;
	machine->queued = true;
	track->dirty[track->dirty_count++] = (uint32_t)(machine - track->machines.list);
}

static void renew_deadline(struct boot_track *track, struct boot_machine *machine) {
	machine->deadline_ns = machine->boot->last_ns +
			       boot_patience_s(&track->config, machine->boot) * BOOT_NS_PER_S;
}

// Ended boots wait for a flush; if none succeeds for long the oldest are lost.
static void keep_ended(struct boot_track *track, struct boot *boot) {
	if (track->ended_count == BOOT_TRACK_UNSAVED_MAX) {
		free_boot(track, track->ended[0]);
		memmove(track->ended, track->ended + 1,
			(track->ended_count - 1) * sizeof(*track->ended));
		track->ended_count--;
		track->counts.boots_lost++;
		if (track->ended_saved)
			track->ended_saved--;
	}
	if (track->ended_count == track->ended_room) {
		track->ended_room = track->ended_room ? track->ended_room * 2 : 64;
		track->ended = mem_resize(track->ended, track->ended_room * sizeof(struct boot *));
	}
	track->ended[track->ended_count++] = boot;
}

void boot_track_end(struct boot_track *track, struct boot_machine *machine, enum boot_end how) {
	struct boot *boot = machine->boot;

	boot->ended_ns = boot->last_ns;
	boot_judge(boot, how, machine->heard, boot_patience_s(&track->config, boot));
	boot_machines_set(&track->machines, machine, NULL);
	machine->dirty = false;
	track->counts.running--;
	boot_track_tell(track, boot, BOOT_STEP_ENDED);
	keep_ended(track, boot);
}

static void attach(struct boot_track *track, struct boot_machine *machine, struct boot *boot) {
	boot_machines_set(&track->machines, machine, boot);
	track->counts.running++;
}

static struct boot *begin(
	struct boot_track *track, struct boot_machine *machine, const struct boot_event *event) {
	struct boot *boot = mem_alloc(sizeof(*boot));

	memcpy(boot->mac, machine->mac, 6);
	boot->arch = event->arch;
	boot->address = machine->address;
	boot->started_ns = boot->last_ns = event->unix_ns;
	boot->asked = event->kind == BOOT_EVENT_MACHINE;
	attach(track, machine, boot);
	machine->heard = true;
	boot_track_tell(track, boot, BOOT_STEP_BEGAN);
	return boot;
}

// --- one event

static bool is_file(uint8_t kind) {
	return kind >= BOOT_EVENT_FILE_OPEN && kind <= BOOT_EVENT_FILE_REFUSED;
}

// Where another server gives addresses, the first file tells which one the machine has.
static bool binds(const struct boot_track *track, const struct boot_event *event) {
	if (event->kind == BOOT_EVENT_MACHINE || event->kind == BOOT_EVENT_OFFER ||
		event->kind == BOOT_EVENT_ACK)
		return true;
	return event->kind != BOOT_EVENT_NAK && event->kind != BOOT_EVENT_CALLBACK &&
	       !boot_machines_at(&track->machines, event->address);
}

// What a machine says of itself by DHCP, or in the URL of a script, makes it known.
static bool introduces(uint8_t kind) {
	return kind == BOOT_EVENT_MACHINE || kind == BOOT_EVENT_PROXY || kind == BOOT_EVENT_SCRIPT;
}

static bool has_mac(const struct boot_event *event) {
	static const uint8_t none[6];

	return memcmp(event->mac, none, sizeof(none)) != 0;
}

// A file's MAC is the last router's where there is one, so its address goes first.
static struct boot_machine *who(struct boot_track *track, const struct boot_event *event) {
	struct boot_machine *machine = NULL;

	if (is_file(event->kind))
		machine = boot_machines_at(&track->machines, event->address);
	if (!machine && has_mac(event))
		machine = boot_machines_find(&track->machines, event->mac);
	if (!machine)
		machine = boot_machines_at(&track->machines, event->address);
	if (machine || !has_mac(event) || !introduces(event->kind)) {
		track->counts.strangers += !machine;
		return machine;
	}
	machine = boot_machines_add(&track->machines, event->mac);
	track->counts.full += !machine;
	return machine;
}

static int64_t began_ns(const struct boot_event *event) {
	return event->unix_ns - event->duration_ms * BOOT_NS_PER_MS;
}

// Whether this event of a machine that does not boot says that it does: what an installed system
// fetches by HTTP does not, and neither does the end of a transfer of the boot before.
static bool starts(const struct boot_machine *machine, const struct boot_event *event) {
	if (introduces(event->kind))
		return true;
	if (!is_file(event->kind) || event->carrier != BOOT_CARRIER_TFTP)
		return false;
	return began_ns(event) > machine->last_ns;
}

// Seen by an earlier process. Not so what looks much older: the clock was set back.
static bool is_known(const struct boot_machine *machine, const struct boot_event *event) {
	return !machine->heard && event->unix_ns <= machine->last_ns &&
	       event->unix_ns > machine->last_ns - KNOWN_S * BOOT_NS_PER_S;
}

// The end of a transfer that began before this boot.
static bool is_earlier(const struct boot *boot, const struct boot_event *event) {
	return is_file(event->kind) && event->unix_ns >= boot->started_ns &&
	       began_ns(event) < boot->started_ns - EARLIER_MS * BOOT_NS_PER_MS;
}

// The boot that an event belongs to, or false.
static bool find_boot(
	struct boot_track *track, struct boot_machine *machine, const struct boot_event *event) {
	if (machine->boot && event->kind == BOOT_EVENT_MACHINE &&
		boot_begins_anew(
			&track->config, machine->boot, event->ipxe, event->arch, event->unix_ns))
		boot_track_end(track, machine, BOOT_END_AGAIN);
	if (machine->boot)
		return !is_earlier(machine->boot, event);
	if (!starts(machine, event))
		return false;
	begin(track, machine, event);
	return true;
}

static void note_heard(
	struct boot_track *track, struct boot_machine *machine, const struct boot_event *event) {
	machine->heard = true;
	if (event->unix_ns > machine->last_ns)
		machine->last_ns = event->unix_ns;
	if (!machine->boot)
		return;
	mark_dirty(track, machine);
	if (event->unix_ns > machine->boot->last_ns)
		machine->boot->last_ns = event->unix_ns;
	renew_deadline(track, machine);
}

void boot_track_event(struct boot_track *track, const struct boot_event *event) {
	struct boot_machine *machine = who(track, event);

	track->counts.events++;
	if (!machine)
		return;
	if (is_known(machine, event)) {
		track->counts.repeated++;
		return;
	}
	if (binds(track, event))
		boot_machines_bind(&track->machines, machine, event->address);
	if (!find_boot(track, machine, event)) {
		track->counts.late++;
		boot_machines_touch(&track->machines, machine);
		return;
	}
	note_heard(track, machine, event);
	boot_events_handle(track, machine, event);
	if (machine->boot)
		renew_deadline(track, machine);
}

// --- time

static void tick_machine(struct boot_track *track, struct boot_machine *machine, int64_t now_ns) {
	if (machine->deadline_ns == DEADLINE_NONE) {
		renew_deadline(track, machine);
		if (machine->deadline_ns < now_ns + GRACE_S * BOOT_NS_PER_S)
			machine->deadline_ns = now_ns + GRACE_S * BOOT_NS_PER_S;
	}
	if (now_ns >= machine->deadline_ns)
		boot_track_end(track, machine, BOOT_END_QUIET);
}

void boot_track_tick(struct boot_track *track, int64_t now_ns) {
	for (uint32_t i = 0; i < track->machines.high; i++) {
		if (track->machines.list[i].boot)
			tick_machine(track, &track->machines.list[i], now_ns);
	}
}

// --- an earlier process's

void boot_track_learn(
	struct boot_track *track, const uint8_t mac[6], uint32_t address, int64_t ns) {
	struct boot_machine *machine = boot_machines_find(&track->machines, mac);

	if (!machine)
		machine = boot_machines_add(&track->machines, mac);
	if (!machine)
		return;
	if (ns > machine->last_ns)
		machine->last_ns = ns;
	boot_machines_bind(&track->machines, machine, address);
}

static void adopt_phases(struct boot_track *track, struct boot *boot) {
	boot->phase_room = boot->phase_count;
	track->counts.phases += boot->phase_room;
	boot->saved_from = boot->phase_count;
}

void boot_track_restore(struct boot_track *track, struct boot *boot) {
	struct boot_machine *machine;

	boot_track_learn(track, boot->mac, boot->address, boot->last_ns);
	machine = boot_machines_find(&track->machines, boot->mac);
	adopt_phases(track, boot);
	boot->resumed = true;
	if (machine && machine->boot)
		boot_track_end(track, machine, BOOT_END_QUIET);
	if (!machine) {
		boot_judge(boot, BOOT_END_QUIET, false, 0);
		boot->ended_ns = boot->last_ns;
		keep_ended(track, boot);
		track->counts.full++;
		return;
	}
	attach(track, machine, boot);
	machine->heard = false;
	machine->deadline_ns = DEADLINE_NONE;
}

// --- what is to be kept

int boot_track_flush(
	struct boot_track *track, int (*save)(void *context, struct boot *boot), void *context) {
	int rc = 0;

	track->ended_saved = 0;
	for (uint32_t i = 0; rc == 0 && i < track->dirty_count; i++) {
		struct boot_machine *machine = &track->machines.list[track->dirty[i]];

		if (machine->boot && machine->dirty)
			rc = save(context, machine->boot);
	}
	for (uint32_t i = 0; rc == 0 && i < track->ended_count; i++) {
		rc = save(context, track->ended[i]);
		if (rc == 0)
			track->ended_saved++;
	}
	return rc;
}

static void drop_saved(struct boot_track *track) {
	if (!track->ended_saved)
		return;
	for (uint32_t i = 0; i < track->ended_saved; i++)
		free_boot(track, track->ended[i]);
	track->ended_count -= track->ended_saved;
	memmove(track->ended, track->ended + track->ended_saved,
		track->ended_count * sizeof(struct boot *));
	track->ended_saved = 0;
}

static void clean_all(struct boot_track *track) {
	for (uint32_t i = 0; i < track->dirty_count; i++) {
		struct boot_machine *machine = &track->machines.list[track->dirty[i]];

		machine->dirty = machine->queued = false;
	}
	track->dirty_count = 0;
}

void boot_track_saved(struct boot_track *track, bool committed) {
	if (committed) {
		clean_all(track);
		drop_saved(track);
		return;
	}
	for (uint32_t i = 0; i < track->dirty_count; i++) {
		struct boot *boot = track->machines.list[track->dirty[i]].boot;

		if (boot)
			boot->saved_from = 0;
	}
	for (uint32_t i = 0; i < track->ended_count; i++)
		track->ended[i]->saved_from = 0;
	track->ended_saved = 0;
}

// --- questions

const struct boot *boot_track_find(const struct boot_track *track, const uint8_t mac[6]) {
	const struct boot_machine *machine = boot_machines_find(&track->machines, mac);

	return machine ? machine->boot : NULL;
}

bool boot_track_who(const struct boot_track *track, uint32_t address, uint8_t mac[6]) {
	const struct boot_machine *machine = boot_machines_at(&track->machines, address);

	if (machine)
		memcpy(mac, machine->mac, 6);
	return machine != NULL;
}

void boot_track_count(const struct boot_track *track, struct boot_track_counts *counts) {
	*counts = track->counts;
	counts->machines = track->machines.count;
	counts->forgotten = track->machines.forgotten;
}

void boot_plan(struct boot *boot, const struct boot_plan *plan) {
	snprintf(boot->profile, sizeof(boot->profile), "%s", plan->profile ? plan->profile : "");
	snprintf(boot->role, sizeof(boot->role), "%s", plan->role ? plan->role : "");
	boot->order_id = plan->order_id;
	boot->timeout_s = plan->timeout_s;
	boot->local = plan->local;
	boot->menu = plan->menu;
}

bool boot_track_plan(struct boot_track *track, const uint8_t mac[6], const struct boot_plan *plan) {
	struct boot_machine *machine = boot_machines_find(&track->machines, mac);

	if (!machine || !machine->boot)
		return false;
	boot_plan(machine->boot, plan);
	mark_dirty(track, machine);
	if (machine->deadline_ns != DEADLINE_NONE)
		renew_deadline(track, machine);
	return true;
}
