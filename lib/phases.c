// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "phases.h"

const struct phase_info phase_info[PHASE_COUNT] = {
#define PHASE(name_, json_, label_, meaning_)                                                      \
	[PHASE_##name_] = {.name = json_, .label = label_, .meaning = meaning_},
#include "phases.def"
#undef PHASE
};
