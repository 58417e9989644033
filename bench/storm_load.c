// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Relies on storm_steal.c: what a virtual machine measures is worth as much as its CPUs were its
// own.

#include "storm_load.h"

void storm_load_report(struct storm_report *r, const struct storm_load_span *span,
	const char *events_name, uint64_t events) {
	uint64_t cycles = span->end_tsc - span->begin_tsc;

	storm_report_real(r, "seconds", storm_load_seconds(span));
	storm_report_cpu(r);
	storm_report_steal(r, &span->steal);
	storm_report_real(r, "clock_ghz", (double)rte_get_tsc_hz() / 1e9);
	storm_report_real(
		r, "busy_percent", cycles ? 100.0 * (double)span->busy_cycles / (double)cycles : 0);
	storm_report_real(r, events_name, events ? (double)span->busy_cycles / (double)events : 0);
}
