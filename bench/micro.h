// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse-micro: what one step of the packet path costs in process. A case sets up its world, then
// runs its step over and over; micro_run.c times it, and tests/measure/instructions counts its
// instructions.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct micro_case {
	const char *name;
	const char *what; // one step, for people
	uint32_t parameter;
	uint32_t batch;                             // steps that are timed together
	bool waits;                                 // for a disk: the figure is time that passes
	void *(*begin)(const struct micro_case *c); // ends the program when it cannot
	void (*run)(void *state, uint32_t steps);
	void (*end)(void *state);
};

extern const struct micro_case MICRO_CODEC[];
extern const size_t MICRO_CODEC_COUNT;
extern const struct micro_case MICRO_LOOKUP[];
extern const size_t MICRO_LOOKUP_COUNT;
extern const struct micro_case MICRO_DHCP[];
extern const size_t MICRO_DHCP_COUNT;
extern const struct micro_case MICRO_TFTP[];
extern const size_t MICRO_TFTP_COUNT;
extern const struct micro_case MICRO_COMMIT[];
extern const size_t MICRO_COMMIT_COUNT;

// Results go here, so that the compiler cannot leave the work out.
extern volatile uint64_t micro_sink;

// Says why on stderr and ends the program with status 1.
_Noreturn void micro_die(const char *what, const char *why);

// Zeroed and aligned to a cache line; ends the program when there is none. free() frees it.
void *micro_memory(size_t size);

// micro_run.c ------------------------------------------------------------------------------------

struct micro_result {
	double best; // cycles of the time stamp counter per step
	double median;
};

// Keeps the calling thread on one CPU, or lets it run on all that the program began with.
void micro_pin(bool pinned);

// Cycles of the time stamp counter in a second.
double micro_tsc_hz(void);

// Times many batches. Runs on a stack of its own, at the same place in its page in every run.
struct micro_result micro_time(const struct micro_case *c, uint32_t batches);

// Runs steps steps to warm up, and then as many in the function micro_counted.
void micro_count(const struct micro_case *c, uint32_t steps);
