// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The last publication that the dataplane did not take, in the state region: one writer, readers in
// other processes.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "shm_abi.h"

// What a reader gets.
struct refusal {
	uint64_t generation;
	char text[POLICY_REFUSAL_TEXT]; // with a terminator; not to be printed uncleaned
};

// A text that is too long is cut. Writer only.
void refusal_write(struct policy_refusal *shared, uint64_t generation, const char *text);

// False: none was refused, or it was just being written at each of a bounded number of tries.
bool refusal_read(const struct policy_refusal *shared, struct refusal *refusal);
