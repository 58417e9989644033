// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What control remembers: nodes, orders, boots, used tokens, in SQLite at state_dir/rouse.db (see
// store_nodes.h, store_orders.h, store_boots.h). One thread of the caller's, control's loop, and
// one process. It survives kill -9 and loss of power at any point: a call that has returned 0
// outside of a batch is on the disk, unless it says otherwise. No secret is ever stored.
//
// Errors are -errno, with a sentence in store_why until the next call: -ENOENT, -EEXIST, -EINVAL
// and -ENOSPC as each function says; -EIO, -EUCLEAN (damaged) and what the system says from any of
// them.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

#define STORE_WHY_SIZE 512
#define STORE_FILE     "rouse.db"

struct store;

// Opens or makes the database; state_dir must be there and writable. A damaged one is renamed to
// rouse.db.bad-TIME, which the log says, and an empty one is made, whose orders' ids and tokens'
// serials are higher than any before. An older schema is brought up to date. -EPROTO: the schema is
// newer than this program; -ENOENT, -EACCES: state_dir. why: a sentence.
int store_open(
	struct store **store, const char *state_dir, int64_t now_unix_ms, char why[STORE_WHY_SIZE]);
// NULL is allowed. What is in an open batch is lost.
void store_close(struct store *store);

// The sentence about the last call that failed.
const char *store_why(const struct store *store);

// Calls between the two are one transaction: all or none after a crash. A commit syncs the disk
// only when something in it must not be lost: orders, tokens, states, what the operator sets;
// boots and what machines say of themselves follow with the next sync, and are lost by loss of
// power only. After a failed commit nothing of the batch has happened, unless it is the sync that
// has failed (-EIO): then it may be lost by a loss of power. Batches do not nest. A call within a
// batch that fails for a reason of its own (-ENOENT, -EEXIST, -EINVAL, -ENOSPC as it says) has
// changed nothing and does no harm to the rest.
int store_begin(struct store *store);
int store_commit(struct store *store);
void store_rollback(struct store *store);

// Has a thread move what has been written into the database file: call it once a second, after the
// commit. Does nothing until enough has gathered.
int store_checkpoint(struct store *store);

// Removes a bounded part (under 20 ms) of what is old: ended boots (see STORE_BOOTS_MAX, too), used
// and cancelled orders from before boots_before_ms, marks of expired tokens, and unlisted nodes
// that never booted and were not seen since. A boot that is dated later than now, as the clock was
// set back since, is old when one after it is. 0: nothing left to do now; 1: call it again soon.
int store_prune(struct store *store, int64_t boots_before_ms, int64_t now_unix_ms);

// What store_prune looks at in nodes and orders, and is dated later than now, is dated now: it
// would be kept for ever. Only where now is sure to be right. A bounded part; returns as
// store_prune.
int store_redate(struct store *store, int64_t now_unix_ms);

// A serial that no token had before.
int store_token_serial(struct store *store, uint64_t *serial);
// Marks a token as used. -EEXIST: it was. expires_unix_s: when its mark may be forgotten.
int store_token_use(struct store *store, const char *purpose, const uint8_t mac[6], uint64_t serial,
	int64_t now_unix_ms, int64_t expires_unix_s);

struct store_counts {
	uint64_t nodes;
	uint64_t orders_waiting;
	uint64_t boots;
	uint64_t file_bytes; // database and its write-ahead log
};
int store_count(struct store *store, struct store_counts *counts);
