// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What `rouse-storm boot` says in the end.

#pragma once

#include "storm_boot_run.h"
#include "storm_ceiling.h"

// checked: the word for what contents were held against. ceiling: NULL if it was not measured. 0,
// or -ENOMEM.
int storm_boot_report(FILE *out, bool json, const char *checked,
	const struct storm_boot_settings *settings, const struct storm_boot_totals *totals,
	const struct storm_ceiling *ceiling);

// The fields, for the manual: struct storm_terms.at.
bool storm_boot_report_field(uint32_t i, const char **name, const char **text);
