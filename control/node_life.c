// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// One handler for each event, each of which decides by the state.
//
// A failed installation (attempts over 0) is not forgotten when the machine boots again, which it
// does at once: only a new installation, or a report of one, ends it. A failed boot is.

#include "node_life.h"

#include <stdio.h>
#include <string.h>

static void enter(struct node_step *step, uint8_t state, const struct node_event *event) {
	step->changed = true;
	step->life.state = state;
	step->life.since_ms = event->unix_ms;
	step->life.reason[0] = '\0';
}

static void fail(struct node_step *step, const struct node_event *event, const char *reason) {
	enter(step, NODE_FAILED, event);
	snprintf(step->life.reason, sizeof(step->life.reason), "%s",
		event->reason && event->reason[0] ? event->reason : reason);
}

// An installation has come to nothing: once more, as often as the profile allows.
static void retry(struct node_step *step, const struct node_event *event, const char *reason) {
	step->life.attempts++;
	if (step->life.attempts > event->retries) {
		fail(step, event, reason);
		return;
	}
	enter(step, NODE_BOOTING, event);
	step->todo |= NODE_MAKE_RETRY;
}

static bool failed_to_install(const struct node_life *life) {
	return life->state == NODE_FAILED && life->attempts;
}

static void on_boot_began(struct node_step *step, const struct node_event *event) {
	switch ((enum node_state)step->life.state) {
	case NODE_DISCOVERED:
		enter(step, NODE_BOOTING, event);
		break;
	case NODE_INSTALLING:
		retry(step, event,
			"its installation was cut off: it booted from the network again");
		break;
	case NODE_FAILED:
		if (!failed_to_install(&step->life))
			enter(step, NODE_BOOTING, event);
		break;
	case NODE_BOOTING:
	case NODE_INSTALLED:
	case NODE_STATES:
		break;
	}
}

static void on_boot_file(struct node_step *step, const struct node_event *event) {
	if (step->life.state == NODE_DISCOVERED ||
		(step->life.state == NODE_FAILED && !failed_to_install(&step->life)))
		enter(step, NODE_BOOTING, event);
}

static void on_boot_failed(struct node_step *step, const struct node_event *event) {
	switch ((enum node_state)step->life.state) {
	case NODE_DISCOVERED:
	case NODE_BOOTING:
		fail(step, event, "its boot failed");
		break;
	case NODE_INSTALLING:
		if (event->install)
			retry(step, event, "its installation failed");
		break;
	case NODE_FAILED: // the first reason tells more
	case NODE_INSTALLED:
	case NODE_STATES:
		break;
	}
}

static void on_order_used(struct node_step *step, const struct node_event *event) {
	if (!event->install) {
		on_boot_file(step, event);
		return;
	}
	if (!event->retry)
		step->life.attempts = 0;
	enter(step, NODE_INSTALLING, event);
}

static void on_installing(struct node_step *step, const struct node_event *event) {
	if (step->life.state != NODE_INSTALLING)
		enter(step, NODE_INSTALLING, event);
}

static void on_installed(struct node_step *step, const struct node_event *event) {
	if (step->life.state == NODE_INSTALLED)
		return;
	enter(step, NODE_INSTALLED, event);
	step->life.attempts = 0;
	step->todo |= NODE_CANCEL_ORDER | NODE_GO_LOCAL;
}

// What is installed is never installed over because it reports a failure.
static void on_callback_failed(struct node_step *step, const struct node_event *event) {
	if (step->life.state == NODE_INSTALLING)
		retry(step, event, "its installer reported a failure");
	else if (!failed_to_install(&step->life))
		fail(step, event, "it reported a failure");
}

static void on_timed_out(struct node_step *step, const struct node_event *event) {
	if (step->life.state == NODE_INSTALLING)
		retry(step, event,
			"it has not reported in its profile's time that it is installed");
}

struct node_step node_life_event(const struct node_life *life, const struct node_event *event) {
	struct node_step step = {.life = *life};

	switch ((enum node_event_kind)event->kind) {
	case NODE_BOOT_BEGAN:
		on_boot_began(&step, event);
		break;
	case NODE_BOOT_FILE:
		on_boot_file(&step, event);
		break;
	case NODE_BOOT_FAILED:
		on_boot_failed(&step, event);
		break;
	case NODE_ORDER_USED:
		on_order_used(&step, event);
		break;
	case NODE_CALLBACK_INSTALLING:
		on_installing(&step, event);
		break;
	case NODE_CALLBACK_INSTALLED:
		on_installed(&step, event);
		break;
	case NODE_CALLBACK_FAILED:
		on_callback_failed(&step, event);
		break;
	case NODE_TIMED_OUT:
		on_timed_out(&step, event);
		break;
	case NODE_BOOT_DONE: // it runs, or installs, or is at its disk: no machine says so
	case NODE_EVENT_KINDS:
		break;
	}
	return step;
}

// --- what a boot is for its node

static bool reported(const struct boot *boot) {
	for (uint32_t i = 0; i < boot->phase_count; i++) {
		if (boot->phases[i].kind == BOOT_PHASE_CALLBACK &&
			strcmp(boot->phases[i].name, "installing") != 0)
			return true;
	}
	return false;
}

static bool of_end(const struct boot *boot, struct node_event *event) {
	if (boot->state == BOOT_INTERRUPTED || reported(boot))
		return false;
	event->kind = boot->state == BOOT_FAILED ? NODE_BOOT_FAILED : NODE_BOOT_DONE;
	event->reason = boot->reason;
	return true;
}

bool node_event_of_boot(const struct boot *boot, enum boot_step step, struct node_event *event) {
	*event = (struct node_event){.install = boot->install, .unix_ms = boot->last_ns / 1000000};
	switch (step) {
	case BOOT_STEP_BEGAN:
		// A file alone is not firmware that starts again: an installer fetches some, too.
		event->kind = boot->asked ? NODE_BOOT_BEGAN : NODE_BOOT_FILE;
		return true;
	case BOOT_STEP_FILE:
		event->kind = NODE_BOOT_FILE;
		return true;
	case BOOT_STEP_ORDER:
		event->kind = NODE_ORDER_USED;
		return true;
	case BOOT_STEP_ENDED:
		return of_end(boot, event);
	}
	return false;
}

bool node_life_expired(const struct node_life *life, uint32_t timeout_s, int64_t now_ms) {
	return life->state == NODE_INSTALLING && timeout_s &&
	       now_ms - life->since_ms >= (int64_t)timeout_s * 1000;
}

const char *node_state_text(uint8_t state, bool running) {
	switch ((enum node_state)state) {
	case NODE_DISCOVERED:
		return "discovered";
	case NODE_BOOTING:
		return running ? "booting" : "booted";
	case NODE_INSTALLING:
		return "installing";
	case NODE_INSTALLED:
		return "installed";
	case NODE_FAILED:
		return "failed";
	case NODE_STATES:
		break;
	}
	return "unknown";
}
