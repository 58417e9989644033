// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which model each machine is: shares in whole numbers, spread evenly, the same for the same number
// in every run.

#pragma once

#include "storm_model.h"

#define STORM_MIX_MAX    16u   // models in one run
#define STORM_MIX_SHARES 1000u // the sum of the shares

struct storm_mix {
	uint32_t count;
	const struct storm_model *models[STORM_MIX_MAX];
	uint32_t share[STORM_MIX_MAX];
	uint32_t shares;                 // their sum
	uint8_t turns[STORM_MIX_SHARES]; // the model of machine n is turns[n % shares]
};

// Adds a model, or more of one that is there. -E2BIG: too many, or shares above their sum.
int storm_mix_add(struct storm_mix *mix, const struct storm_model *model, uint32_t share);

// "edk2=3,uboot": names with shares (1). 0; -EINVAL, with the place of the word that is wrong in
// *wrong; -E2BIG.
int storm_mix_parse(struct storm_mix *mix, const char *text, const char **wrong);

// Deals the turns; after it storm_mix_of works.
void storm_mix_deal(struct storm_mix *mix);

// The number of a machine's model in models.
static inline uint32_t storm_mix_of(const struct storm_mix *mix, uint64_t machine) {
	return mix->turns[machine % mix->shares];
}
