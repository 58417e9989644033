// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Whether the dataplane goes along with what is published. It refuses, for example, other ports
// after a restart of control with a changed configuration; and it may hang. Pure: no clock, no
// region.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#define ADOPTION_PATIENCE_MS 2000u
#define ADOPTION_QUIET_MS    10000u // at least between two sentences
#define ADOPTION_TEXT        1200

// What the dataplane shows.
struct adoption_view {
	uint64_t adopted;    // the lowest generation of all workers
	uint64_t refused;    // generation, 0: none
	const char *refusal; // why, as it came from the dataplane
};

struct adoption {
	uint64_t told;     // generation that was complained of
	uint64_t told_ms;  // of the last sentence, 0: none
	uint64_t adopted;  // as seen last
	uint64_t since_ms; // when that was first seen and was not what is published; 0: it is
};

// view: NULL while there is no dataplane. published: generation, 0: none. True: out is to be said.
bool adoption_check(struct adoption *adoption, const struct adoption_view *view, uint64_t published,
	uint64_t now_ms, char out[ADOPTION_TEXT]);
