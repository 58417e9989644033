// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A store in a directory of its own, for the tests of control.

#pragma once

#include "unit.h"

#include <unistd.h>

#include "store.h"

#define STORE_T0 INT64_C(1764417600000) // Unix ms

struct store_box {
	char dir[32];
	struct store *store;
	struct arena arena;
};

static inline void store_box_open(struct store_box *box) {
	char why[STORE_WHY_SIZE] = "";

	if (store_open(&box->store, box->dir, STORE_T0, why) < 0)
		fail_msg("%s", why);
}

static inline void store_box_reopen(struct store_box *box) {
	store_close(box->store);
	store_box_open(box);
}

static inline void store_box_setup(struct store_box *box) {
	*box = (struct store_box){.dir = "/tmp/rouse-store-XXXXXX"};
	assert_non_null(mkdtemp(box->dir));
	store_box_open(box);
}

static inline void store_box_teardown(struct store_box *box) {
	char command[64];

	store_close(box->store);
	arena_free(&box->arena);
	snprintf(command, sizeof(command), "rm -rf %s", box->dir);
	assert_int_equal(system(command), 0);
}
