// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "stats.h"

#include <string.h>

#include "crc32c.h"

const struct stat_info stat_info[STAT_COUNT] = {
#define STAT(name_, kind_, meaning_, action_)                                                      \
	[STAT_##name_] = {.name = #name_, .kind = kind_, .meaning = meaning_, .action = action_},
#include "stats.def"
#undef STAT
};

uint32_t stat_names_crc(void) {
	uint32_t crc = 0;

	for (int i = 0; i < STAT_COUNT; i++) {
		uint8_t kind = (uint8_t)stat_info[i].kind;

		crc = crc32c(crc, stat_info[i].name, strlen(stat_info[i].name) + 1);
		crc = crc32c(crc, &kind, sizeof(kind));
	}
	return crc;
}
