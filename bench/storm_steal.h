// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the host took from this machine's CPUs while a run was measured: without it, a latency on a
// virtual machine says little.

#pragma once

#include <stdint.h>

#include "storm_report.h"

struct storm_steal {
	uint64_t stolen; // ticks of all CPUs
	uint64_t total;
	uint64_t preempted; // times that this process lost its CPU to another
};

// The first line of /proc/stat. -EINVAL.
int storm_steal_parse(const char *text, struct storm_steal *steal);
// Now. Zeros where the kernel does not say.
void storm_steal_read(struct storm_steal *steal);
// steal_percent and preempted since begin.
void storm_report_steal(struct storm_report *r, const struct storm_steal *begin);
