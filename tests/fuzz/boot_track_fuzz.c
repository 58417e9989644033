// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Boots out of any sequence of events, ticks, flushes that fail or not, and restarts. Each step is
// six bytes: what, machine, time, address and flags, size, name. Whatever comes, each boot begins
// and ends once, its phases are ordered and bounded, and its text fits.

#include <errno.h>

#include "boot_text.h"
#include "boot_track.h"
#include "fuzz.h"

#define STEP      6u
#define MACHINES  8u
#define BOOTS_MAX 4096u
#define LONG_NAME                                                                                  \
	"longer than what a phase keeps of it, as it must be: debian-installer/amd64/boot-screens" \
	"/initrd.gz"
#define DO_TICK  14u
#define DO_FLUSH 15u
#define DO_FAIL  16u
#define DO_AGAIN 17u // restart
#define DO_KINDS 18u

struct kept {
	struct boot boot;
	struct boot_phase phases[BOOT_PHASES_MAX];
};

struct world {
	struct boot_track *track;
	int64_t now_ns;
	uint64_t ids;
	uint32_t running;
	bool plan_local;
	int save_rc;
	struct kept *kept[BOOTS_MAX];   // committed
	struct kept *staged[BOOTS_MAX]; // of the flush that is not committed yet
};

static char text[BOOT_TEXT_SIZE];

static void check(const struct boot *boot) {
	FUZZ_ASSERT(boot->phase_count <= BOOT_PHASES_MAX);
	FUZZ_ASSERT(boot->saved_from <= boot->phase_count);
	for (uint32_t i = 1; i < boot->phase_count; i++)
		FUZZ_ASSERT(boot->phases[i - 1].at_ms <= boot->phases[i].at_ms);
	for (uint32_t i = 0; i < boot->phase_count; i++) {
		FUZZ_ASSERT(boot->phases[i].times > 0);
		FUZZ_ASSERT(memchr(boot->phases[i].name, 0, BOOT_FILE_SIZE));
	}
	FUZZ_ASSERT(boot_text(boot, "n", text) < BOOT_TEXT_SIZE - 1);
}

static void on_step(void *context, struct boot *boot, enum boot_step step) {
	struct world *w = context;
	struct boot_plan plan = {.profile = "web", .local = w->plan_local};

	FUZZ_ASSERT((boot->state == BOOT_RUNNING) == (step != BOOT_STEP_ENDED));
	if (step == BOOT_STEP_BEGAN) {
		w->running++;
		boot_plan(boot, &plan);
		return;
	}
	if (step != BOOT_STEP_ENDED)
		return;
	FUZZ_ASSERT(w->running > 0);
	w->running--;
	FUZZ_ASSERT(boot->ended_ns >= boot->started_ns);
	FUZZ_ASSERT((boot->state == BOOT_DONE) == (boot->reason[0] == '\0'));
	check(boot);
}

static int save(void *context, struct boot *boot) {
	struct world *w = context;
	struct kept *kept;

	if (w->save_rc)
		return w->save_rc;
	if (!boot->id)
		boot->id = ++w->ids;
	if (boot->id >= BOOTS_MAX)
		return -ENOSPC;
	check(boot);
	kept = w->staged[boot->id];
	if (!kept) {
		kept = w->staged[boot->id] = malloc(sizeof(*kept));
		FUZZ_ASSERT(kept);
		if (w->kept[boot->id])
			*kept = *w->kept[boot->id];
		else
			FUZZ_ASSERT(boot->saved_from == 0);
	}
	FUZZ_ASSERT(!w->kept[boot->id] || w->kept[boot->id]->boot.state == BOOT_RUNNING);
	kept->boot = *boot;
	for (uint32_t i = boot->saved_from; i < boot->phase_count; i++)
		kept->phases[i] = boot->phases[i];
	// What is in the store is what is in memory.
	for (uint32_t i = 0; i < boot->phase_count; i++)
		FUZZ_ASSERT(!memcmp(&kept->phases[i], &boot->phases[i], sizeof(kept->phases[i])));
	boot->saved_from = boot->phase_count;
	return 0;
}

static void flush(struct world *w, bool commit) {
	bool committed = boot_track_flush(w->track, save, w) == 0 && commit;

	for (size_t i = 0; i < BOOTS_MAX; i++) {
		if (!w->staged[i])
			continue;
		if (committed) {
			free(w->kept[i]);
			w->kept[i] = w->staged[i];
		} else {
			free(w->staged[i]);
		}
		w->staged[i] = NULL;
	}
	boot_track_saved(w->track, committed);
}

static void open_track(struct world *w) {
	struct boot_track_config config = {
		.step = on_step, .context = w, .stall_s = 30, .quiet_s = 20, .seed = {1, 2}};

	w->track = boot_track_new(&config);
}

static void restart(struct world *w) {
	boot_track_free(w->track);
	open_track(w);
	w->running = 0;
	for (size_t i = 0; i < BOOTS_MAX; i++) {
		struct boot *boot;

		if (!w->kept[i] || w->kept[i]->boot.state != BOOT_RUNNING)
			continue;
		boot = malloc(sizeof(*boot));
		FUZZ_ASSERT(boot);
		*boot = w->kept[i]->boot;
		boot->phases = malloc(sizeof(*boot->phases) * (boot->phase_count + 1));
		FUZZ_ASSERT(boot->phases);
		memcpy(boot->phases, w->kept[i]->phases, sizeof(*boot->phases) * boot->phase_count);
		w->running++;
		boot_track_restore(w->track, boot);
	}
}

static void send(struct world *w, const uint8_t *step) {
	static const char *const names[] = {"linux", "initrd.gz", "installed", "failed",
		"installing", LONG_NAME, "\x1b[2J", ""};
	const char *name = names[step[5] % 8];
	struct boot_event event = {.kind = step[0] % DO_KINDS,
		.carrier = step[5] >> 3,
		.reason = step[5] >> 4,
		.ipxe = step[3] & 0x80,
		.last = step[3] & 0x40,
		.install = step[3] & 0x20,
		.arch = step[3] & 0x10 ? 7 : UINT16_MAX,
		.mac = {2, 0, 0, 0, 0, step[1] % MACHINES},
		.address = step[3] & 8 ? 0 : 0x0a000001u + (step[3] & 7),
		.duration_ms = step[4] * 100u,
		.bytes = (uint64_t)step[4] << 20,
		.unix_ns = w->now_ns,
		.name = name,
		.name_len = strlen(name),
		.text = name,
		.text_len = strlen(name)};

	if (step[1] & 0x80)
		memset(event.mac, 0, 6);
	boot_track_event(w->track, &event);
}

static void act(struct world *w, const uint8_t *step) {
	struct boot_track_counts counts;

	w->now_ns += (step[2] & 0x80 ? -1 : 1) * (int64_t)(step[2] & 0x7f) * 200000000;
	w->plan_local = step[1] & 0x40;
	switch (step[0] % DO_KINDS) {
	case DO_TICK:
		boot_track_tick(w->track, w->now_ns);
		break;
	case DO_FLUSH:
		flush(w, step[1] & 1);
		break;
	case DO_FAIL:
		w->save_rc = -EIO;
		flush(w, true);
		w->save_rc = 0;
		break;
	case DO_AGAIN:
		restart(w);
		break;
	default:
		send(w, step);
	}
	boot_track_count(w->track, &counts);
	FUZZ_ASSERT(counts.running == w->running);
	FUZZ_ASSERT(counts.machines <= MACHINES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct world *w = calloc(1, sizeof(*w));

	FUZZ_ASSERT(w);
	w->now_ns = INT64_C(1764417600) * 1000000000;
	open_track(w);
	for (size_t i = 0; i + STEP <= size && i < STEP * 1000; i += STEP)
		act(w, data + i);
	// In the end all boots end.
	boot_track_tick(w->track, w->now_ns + INT64_C(10000000000000));
	boot_track_tick(w->track, w->now_ns + INT64_C(20000000000000));
	FUZZ_ASSERT(w->running == 0);
	flush(w, true);
	boot_track_free(w->track);
	for (size_t i = 0; i < BOOTS_MAX; i++) {
		FUZZ_ASSERT(!w->kept[i] || w->kept[i]->boot.state != BOOT_RUNNING);
		free(w->kept[i]);
	}
	free(w);
	return 0;
}
