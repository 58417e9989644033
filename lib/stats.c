// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "stats.h"

const struct stat_info stat_info[STAT_COUNT] = {
#define STAT(name_, kind_, meaning_, action_)                                                      \
	[STAT_##name_] = {.name = #name_, .kind = kind_, .meaning = meaning_, .action = action_},
#include "stats.def"
#undef STAT
};
