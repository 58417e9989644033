// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Events as the dataplane tells them, for the tests of boots.

#pragma once

#include "unit.h"

#include "boot_track.h"
#include "shm_abi.h"

#define BOOT_T0 (INT64_C(1764417600) * 1000000000)
#define MS      INT64_C(1000000)

static inline struct boot_event boot_event_of(uint8_t kind, uint16_t machine, int64_t at_ms) {
	return (struct boot_event){.kind = kind,
		.mac = {0x52, 0x54, 0, 0x77, machine >> 8, machine & 0xff},
		.address = 0x0a4d0000u + 50 + machine,
		.arch = 7,
		.unix_ns = BOOT_T0 + at_ms * MS};
}

static inline void boot_send_kind(
	struct boot_track *track, uint8_t kind, uint16_t machine, int64_t at_ms) {
	struct boot_event event = boot_event_of(kind, machine, at_ms);

	boot_track_event(track, &event);
}

static inline void boot_send_discover(
	struct boot_track *track, uint16_t machine, int64_t at_ms, bool ipxe) {
	struct boot_event event = boot_event_of(BOOT_EVENT_MACHINE, machine, at_ms);

	event.ipxe = ipxe;
	boot_track_event(track, &event);
}

// DISCOVER, OFFER and ACK, 10 ms each.
static inline void boot_send_dhcp(
	struct boot_track *track, uint16_t machine, int64_t at_ms, bool ipxe) {
	boot_send_discover(track, machine, at_ms, ipxe);
	boot_send_kind(track, BOOT_EVENT_OFFER, machine, at_ms + 10);
	boot_send_kind(track, BOOT_EVENT_ACK, machine, at_ms + 20);
}

static inline struct boot_event boot_file_event(
	uint8_t kind, uint16_t machine, int64_t at_ms, const char *name) {
	struct boot_event event = boot_event_of(kind, machine, at_ms);

	event.name = name;
	event.name_len = strlen(name);
	return event;
}

static inline void boot_send_file(
	struct boot_track *track, uint8_t kind, uint16_t machine, int64_t at_ms, const char *name) {
	struct boot_event event = boot_file_event(kind, machine, at_ms, name);

	boot_track_event(track, &event);
}

// A whole file: 100 ms, 1 MiB.
static inline void boot_send_whole(
	struct boot_track *track, uint16_t machine, int64_t at_ms, const char *name) {
	struct boot_event event = boot_file_event(BOOT_EVENT_FILE_DONE, machine, at_ms + 100, name);

	boot_send_file(track, BOOT_EVENT_FILE_OPEN, machine, at_ms, name);
	event.bytes = 1 << 20;
	event.duration_ms = 100;
	boot_track_event(track, &event);
}
