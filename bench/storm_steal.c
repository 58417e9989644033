// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Relies on /proc/stat, which counts from the machine's start.

#include "storm_steal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define FIELDS 8u // user nice system idle iowait irq softirq steal; guest time is in user

int storm_steal_parse(const char *text, struct storm_steal *steal) {
	uint64_t ticks[FIELDS];

	// Without this the line of one CPU, "cpu0", would be taken too.
	if (strncmp(text, "cpu ", 4) != 0)
		return -EINVAL;
	if (sscanf(text,
		    "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		    " %" SCNu64 " %" SCNu64,
		    &ticks[0], &ticks[1], &ticks[2], &ticks[3], &ticks[4], &ticks[5], &ticks[6],
		    &ticks[7]) != FIELDS)
		return -EINVAL;
	steal->stolen = ticks[FIELDS - 1];
	steal->total = 0;
	for (unsigned i = 0; i < FIELDS; i++)
		steal->total += ticks[i];
	return 0;
}

void storm_steal_read(struct storm_steal *steal) {
	FILE *file = fopen("/proc/stat", "re");
	struct rusage usage;
	char line[256];

	*steal = (struct storm_steal){0};
	if (file) {
		if (fgets(line, sizeof(line), file))
			storm_steal_parse(line, steal);
		fclose(file);
	}
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		steal->preempted = (uint64_t)usage.ru_nivcsw;
}

void storm_report_steal(struct storm_report *r, const struct storm_steal *begin) {
	struct storm_steal now;
	uint64_t total;

	storm_steal_read(&now);
	total = now.total - begin->total;
	storm_report_real(r, "steal_percent",
		total ? 100.0 * (double)(now.stolen - begin->stolen) / (double)total : 0);
	storm_report_u64(r, "preempted", now.preempted - begin->preempted);
}
