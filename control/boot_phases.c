// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The phases of a boot, in the order in which they began.

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "boot_track_internal.h"
#include "text.h"

#define FIRST_ROOM 8u
#define NAME_TAIL  256u // bytes of a name that are looked at

uint32_t boot_offset_ms(const struct boot *boot, int64_t unix_ns) {
	int64_t ms = (unix_ns - boot->started_ns) / BOOT_NS_PER_MS;

	if (ms < 0)
		return 0;
	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

void boot_phases_name(const char *bytes, size_t len, char out[BOOT_FILE_SIZE]) {
	char clean[4 * NAME_TAIL + 1];
	size_t clean_len;

	if (len > NAME_TAIL) {
		bytes += len - NAME_TAIL;
		len = NAME_TAIL;
	}
	text_clean(bytes ? bytes : "", bytes ? len : 0, clean, sizeof(clean));
	clean_len = strlen(clean);
	if (clean_len < BOOT_FILE_SIZE) {
		memcpy(out, clean, clean_len + 1);
		return;
	}
	memcpy(out, "...", 3);
	memcpy(out + 3, clean + clean_len - (BOOT_FILE_SIZE - 4), BOOT_FILE_SIZE - 3);
}

void boot_phases_changed(struct boot *boot, const struct boot_phase *phase) {
	uint32_t index = (uint32_t)(phase - boot->phases);

	if (index < boot->saved_from)
		boot->saved_from = index;
}

struct boot_phase *boot_phases_last(struct boot *boot) {
	return boot->phase_count ? &boot->phases[boot->phase_count - 1] : NULL;
}

struct boot_phase *boot_phases_open(struct boot *boot, uint8_t kind, const char *name) {
	for (uint32_t i = boot->phase_count; i-- > 0;) {
		struct boot_phase *phase = &boot->phases[i];

		if (phase->kind == kind && phase->result == BOOT_RESULT_OPEN &&
			(!name || !strcmp(phase->name, name)))
			return phase;
	}
	return NULL;
}

// Room for one more. False: the boot or all boots together have as many as they may.
static bool grow(struct boot_track *track, struct boot *boot) {
	uint32_t room = boot->phase_room ? boot->phase_room * 2 : FIRST_ROOM;

	if (boot->phase_count < boot->phase_room)
		return true;
	if (room > BOOT_PHASES_MAX ||
		track->counts.phases + (room - boot->phase_room) > BOOT_TRACK_PHASES_MAX)
		return false;
	track->counts.phases += room - boot->phase_room;
	boot->phases = mem_resize(boot->phases, room * sizeof(*boot->phases));
	boot->phase_room = room;
	return true;
}

void boot_phases_release(struct boot_track *track, struct boot *boot) {
	track->counts.phases -= boot->phase_room;
	free(boot->phases);
	boot->phases = NULL;
	boot->phase_room = boot->phase_count = 0;
}

static struct boot_phase *insert(struct boot *boot, uint32_t at_ms) {
	uint32_t i = boot->phase_count++;

	for (; i > 0 && boot->phases[i - 1].at_ms > at_ms; i--)
		boot->phases[i] = boot->phases[i - 1];
	return &boot->phases[i];
}

struct boot_phase *boot_phases_add(
	struct boot_track *track, struct boot *boot, uint8_t kind, uint32_t at_ms) {
	struct boot_phase *phase;

	if (!grow(track, boot)) {
		track->counts.phases_left_out++;
		boot->phases_left_out++;
		if (!boot->phase_count)
			return NULL;
		boot->phase_count--;
		boot_phases_changed(boot, &boot->phases[boot->phase_count]);
	}
	phase = insert(boot, at_ms);
	*phase = (struct boot_phase){.kind = kind, .times = 1, .at_ms = at_ms, .arch = UINT16_MAX};
	boot_phases_changed(boot, phase);
	return phase;
}
