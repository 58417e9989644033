// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse top: what happens now. Everything is attached to anew each second, as the dataplane may
// end, come again, or be replaced by another build while the screen stands.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "cli/cli.h"
#include "cli/instance.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "cli/top_screen.h"
#include "human.h"

#define INTERVAL_NS 1000000000ull
#define FIRST_NS    200000000ull // so that the screen is not empty for a second
#define WINDOW      10u          // intervals of the phases and drops: a second has too few boots

// The last samples of one process of the dataplane, in a ring.
struct top {
	struct instance instance;
	struct top_figures figures;
	int exit_code;  // while figures.alive is false: enum cli_exit
	uint64_t taken; // samples since that process was first seen
	struct top_sample sample[WINDOW + 1];
};

static struct top_sample *sample_of(struct top *top, uint64_t number) {
	return &top->sample[number % (WINDOW + 1)];
}

static void tell_state(struct top *top, const struct shm_header *header) {
	struct top_figures *f = &top->figures;
	uint64_t age_ms;
	char age[HUMAN_SIZE];

	top->exit_code = CLI_NOT_RUNNING;
	switch (state_health(header, &age_ms)) {
	case STATE_ALIVE:
		f->alive = true;
		return;
	case STATE_STALE:
		snprintf(f->trouble, sizeof(f->trouble),
			"rouse-dataplane hangs: its last heartbeat was %s ago",
			human_duration(age_ms / 1000, age));
		return;
	case STATE_DEAD:
		break;
	}
	snprintf(f->trouble, sizeof(f->trouble),
		"rouse-dataplane has ended, last heartbeat %s ago; this screen waits for it",
		human_duration(age_ms / 1000, age));
}

// Attaches; figures.alive says whether there is something to look at.
static void attach(struct top *top) {
	struct instance *instance = &top->instance;
	struct top_figures *f = &top->figures;
	char why[SHM_WHY_SIZE] = "";
	int rc = state_view_open(&instance->state, instance->runtime_dir, why);

	f->alive = false;
	top->exit_code = rc == -ENOENT ? CLI_NOT_RUNNING : CLI_FAILED;
	if (rc == -ENOENT)
		snprintf(f->trouble, sizeof(f->trouble),
			"rouse-dataplane does not run in %s: it has never written its state",
			instance->runtime_dir);
	else if (rc < 0)
		snprintf(f->trouble, sizeof(f->trouble), "%s%s", why,
			rc == -EACCES ? ": be root or in group rouse" : "");
	if (rc < 0)
		return;
	instance->has_state = true;
	if (state_same_counters(&instance->state))
		tell_state(top, &instance->state.region->header);
	else
		snprintf(f->trouble, sizeof(f->trouble),
			"the running rouse-dataplane is of another build: its counters have other "
			"names");
}

static void detach(struct top *top) {
	char dir[sizeof(top->instance.runtime_dir)];

	memcpy(dir, top->instance.runtime_dir, sizeof(dir));
	instance_close(&top->instance);
	memcpy(top->instance.runtime_dir, dir, sizeof(dir));
}

static void look(struct top *top) {
	struct top_figures *f = &top->figures;
	const struct state_region *region = top->instance.state.region;
	struct top_sample *now = sample_of(top, top->taken), *before = now;
	uint64_t span;

	top_sample_take(now, &top->instance.state);
	if (top->taken && !top_sample_goes_on(sample_of(top, top->taken - 1), now)) {
		struct top_sample first = *now;

		*now = top->sample[0];
		top->sample[0] = first;
		top->taken = 0;
		now = before = &top->sample[0];
	}
	span = top->taken < WINDOW ? top->taken : WINDOW;
	if (top->taken)
		before = sample_of(top, top->taken - 1);
	top_between(sample_of(top, top->taken - span), before, now, f);
	top_transfers(&top->instance, top->taken ? before : NULL, now, f);
	f->degraded = atomic_load_explicit((_Atomic uint64_t *)&region->journal.degraded,
			      memory_order_relaxed) != 0;
	f->uptime_s = (uint64_t)time(NULL) - region->started_unix_ms / 1000;
	top->taken++;
}

// A sample, and what happened since those before it.
static void renew(struct top *top) {
	attach(top);
	if (top->figures.alive) {
		instance_try_policy(&top->instance);
		look(top);
	}
	detach(top);
}

static void show(const struct top *top) {
	size_t width, height, len;
	char *text = NULL;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return;
	terminal_size(&width, &height);
	top_screen(&top->figures, width, height, true, out);
	fclose(out);
	terminal_show(text, len);
	free(text);
}

static int run_screen(struct top *top) {
	uint64_t next_ns = state_boottime_ns();
	enum terminal_event event = TERMINAL_TIME;

	terminal_begin();
	while (event != TERMINAL_QUIT) {
		if (event == TERMINAL_TIME) {
			renew(top);
			next_ns = state_boottime_ns() + (top->taken == 1 ? FIRST_NS : INTERVAL_NS);
		}
		show(top);
		event = terminal_wait(next_ns);
	}
	terminal_end();
	return CLI_OK;
}

// Two samples, a second apart.
static int run_once(struct top *top, bool json) {
	const struct timespec interval = {.tv_sec = INTERVAL_NS / 1000000000};

	renew(top);
	if (top->figures.alive) {
		nanosleep(&interval, NULL);
		renew(top);
	}
	if (!top->figures.alive) {
		cli_error("%s", top->figures.trouble);
		return top->exit_code;
	}
	if (json)
		output_json(top_json(&top->figures));
	else
		top_screen(&top->figures, SCREEN_UNBOUND, SCREEN_UNBOUND, false, stdout);
	return CLI_OK;
}

static int run(const struct cli_args *args) {
	bool json = cli_flag(args, "json");
	bool once = json || cli_flag(args, "once") || !terminal_is_screen();
	struct top *top = mem_alloc(sizeof(*top));
	int rc;

	memset(top, 0, sizeof(*top));
	rc = instance_find(args, &top->instance);
	if (rc == CLI_OK)
		rc = once ? run_once(top, json) : run_screen(top);
	for (uint32_t i = 0; i <= WINDOW; i++)
		top_sample_free(&top->sample[i]);
	free(top);
	return rc;
}

static const struct cli_option options[] = {INSTANCE_OPTIONS,
	{"once", NULL, "print the figures of one second and end"}, CLI_OPTION_JSON, CLI_OPTION_END};

const struct cli_command cmd_top = {
	.name = "top",
	.operands = "",
	.help = "what happens now, and which transfers are slow",
	.detail =
		"Shows rates and workers of the last second, phases and drops of the last 10 s,\n"
		"and those transfers that moved least, with what keeps each. q or Ctrl-C ends\n"
		"it. Waits while the dataplane is away. Cycles per packet are a worker's busy\n"
		"cycles by the frames that it received and sent. With --once, --json, or without\n"
		"a terminal, prints the figures of one second.",
	.options = options,
	.run = run,
};
