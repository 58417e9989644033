// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Shared by boot_track.c, boot_events.c, boot_phases.c and boot_verdict.c only.

#pragma once

#include "boot_machines.h"
#include "boot_track.h"

#define BOOT_NS_PER_S  INT64_C(1000000000)
#define BOOT_NS_PER_MS INT64_C(1000000)

struct boot_track {
	struct boot_track_config config;
	struct boot_machines machines;
	struct boot_track_counts counts;
	uint32_t *dirty; // machines whose boots are to be saved
	uint32_t dirty_count;
	struct boot **ended; // not yet saved, oldest first
	uint32_t ended_count;
	uint32_t ended_room;
	uint32_t ended_saved; // by the flush that boot_track_saved has not judged yet
};

// --- boot_events.c

// Adds an event to the running boot of its machine, which may end by it.
void boot_events_handle(
	struct boot_track *track, struct boot_machine *machine, const struct boot_event *event);

// --- boot_phases.c

// The phase that an event makes, or adds to. offset_ms: when it began. Beyond a bound the last
// phase makes room and is counted, so that the end of a boot is always told.
struct boot_phase *boot_phases_add(
	struct boot_track *track, struct boot *boot, uint8_t kind, uint32_t at_ms);

// The latest phase of this kind that is open, and of this name where name is not NULL; or NULL.
struct boot_phase *boot_phases_open(struct boot *boot, uint8_t kind, const char *name);

// The last phase that began, or NULL.
struct boot_phase *boot_phases_last(struct boot *boot);

void boot_phases_changed(struct boot *boot, const struct boot_phase *phase);
void boot_phases_release(struct boot_track *track, struct boot *boot);

// A name as the network sent it: printable, and of a long one the end.
void boot_phases_name(const char *bytes, size_t len, char out[BOOT_FILE_SIZE]);

uint32_t boot_offset_ms(const struct boot *boot, int64_t unix_ns);

enum boot_end {
	BOOT_END_QUIET,    // its time is over
	BOOT_END_AGAIN,    // the machine begins anew
	BOOT_END_CALLBACK, // reported installed or failed
};

// --- boot_track.c

void boot_track_tell(struct boot_track *track, struct boot *boot, enum boot_step step);
void boot_track_end(struct boot_track *track, struct boot_machine *machine, enum boot_end how);

// --- boot_verdict.c

// How long the machine may be quiet.
uint32_t boot_patience_s(const struct boot_track_config *config, const struct boot *boot);

// Sets state, reason and summary.
void boot_judge(struct boot *boot, enum boot_end end, bool heard, uint32_t patience_s);

// Whether a DISCOVER of firmware (ipxe false) of this option 93, or of iPXE, at ns is the begin of
// a new boot.
bool boot_begins_anew(const struct boot_track_config *config, const struct boot *boot, bool ipxe,
	uint16_t arch, int64_t ns);
