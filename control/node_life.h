// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The life of a node: discovered -> booting -> installing -> installed | failed. Pure. The caller
// carries out what is to be done and keeps the new state, in one transaction.
//
// A node that boots without installing stays "booting": no machine says "I run" (node_state_text
// calls it booted once nothing runs). An installed node stays so through boots to its disk or to a
// rescue system; only an order of a profile that installs, or a callback, takes it out.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "boot_record.h"

#define NODE_REASON_SIZE BOOT_REASON_SIZE

// Numbers are in the database: they never change.
enum node_state {
	NODE_DISCOVERED = 0, // known, has not booted yet
	NODE_BOOTING = 1,
	NODE_INSTALLING = 2,
	NODE_INSTALLED = 3,
	NODE_FAILED = 4,
	NODE_STATES = 5,
};

enum node_event_kind {
	NODE_BOOT_BEGAN,  // BOOT_STEP_BEGAN
	NODE_BOOT_FILE,   // BOOT_STEP_FILE
	NODE_BOOT_DONE,   // BOOT_STEP_ENDED, BOOT_DONE
	NODE_BOOT_FAILED, // BOOT_STEP_ENDED, BOOT_FAILED; reason
	NODE_ORDER_USED,  // install
	NODE_CALLBACK_INSTALLING,
	NODE_CALLBACK_INSTALLED,
	NODE_CALLBACK_FAILED, // reason
	NODE_TIMED_OUT,       // node_life_expired: the profile's time is over
	NODE_EVENT_KINDS,
};

struct node_life {
	uint8_t state;     // enum node_state
	uint32_t attempts; // installations cut off or failed since the last that went well
	int64_t since_ms;  // Unix: when it came into its state, or when an attempt began
	char reason[NODE_REASON_SIZE]; // of FAILED, else ""
};

struct node_event {
	uint8_t kind;     // enum node_event_kind
	bool install;     // of ORDER_USED: the order's profile installs
	bool retry;       // of ORDER_USED: the order's origin is a retry
	uint32_t retries; // of the profile that installs
	int64_t unix_ms;
	const char *reason; // NULL: not told
};

enum node_todo {
	NODE_MAKE_RETRY = 1,   // a new order of the profile that was being installed, origin retry
	NODE_CANCEL_ORDER = 2, // the waiting order, if its origin is not the operator: it is over
	NODE_GO_LOCAL = 4,     // publish: its standing boot is the local disk now
};

struct node_step {
	bool changed;  // life is another: keep it
	uint32_t todo; // bits of enum node_todo
	struct node_life life;
};

// What becomes of a node by an event. Never fails: an event that means nothing changes nothing.
struct node_step node_life_event(const struct node_life *life, const struct node_event *event);

// The event that a step of a boot is for its node; retries of its profile and, of ORDER_USED, retry
// are left to the caller. False: none, as when a callback ended the boot and was told already.
bool node_event_of_boot(const struct boot *boot, enum boot_step step, struct node_event *event);

// Whether an installation (timeout_s by its profile, 0: no limit) is overdue.
bool node_life_expired(const struct node_life *life, uint32_t timeout_s, int64_t now_ms);

// "discovered", "booting", "booted" (running false), "installing", "installed", "failed".
const char *node_state_text(uint8_t state, bool running);
