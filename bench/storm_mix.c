// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Smooth weighted turns: at each, the model that is furthest behind its share.

#include "storm_mix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t *share_of(struct storm_mix *mix, const struct storm_model *model) {
	for (uint32_t i = 0; i < mix->count; i++) {
		if (mix->models[i] == model)
			return &mix->share[i];
	}
	if (mix->count == STORM_MIX_MAX)
		return NULL;
	mix->models[mix->count] = model;
	return &mix->share[mix->count++];
}

int storm_mix_add(struct storm_mix *mix, const struct storm_model *model, uint32_t share) {
	uint32_t *field = share > STORM_MIX_SHARES - mix->shares ? NULL : share_of(mix, model);

	if (!field)
		return -E2BIG;
	*field += share;
	mix->shares += share;
	return 0;
}

// "=12" or nothing, up to a comma or the end.
static int parse_share(const char *text, size_t len, uint32_t *share) {
	*share = 1;
	if (len == 0)
		return 0;
	if (len < 2 || len > 5)
		return -EINVAL;
	*share = 0;
	for (size_t i = 1; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		*share = *share * 10 + (uint32_t)(text[i] - '0');
	}
	return *share ? 0 : -EINVAL;
}

int storm_mix_parse(struct storm_mix *mix, const char *text, const char **wrong) {
	for (const char *word = text; word;
		word = strchr(word, ',') ? strchr(word, ',') + 1 : NULL) {
		size_t len = strcspn(word, ",");
		size_t name_len = strcspn(word, ",=");
		const struct storm_model *model = storm_model_find(word, name_len);
		uint32_t share;

		*wrong = word;
		if (!model || parse_share(word + name_len, len - name_len, &share) < 0)
			return -EINVAL;
		if (storm_mix_add(mix, model, share) < 0)
			return -E2BIG;
	}
	return 0;
}

static uint32_t furthest_behind(const int32_t *credit, uint32_t count) {
	uint32_t best = 0;

	for (uint32_t i = 1; i < count; i++) {
		if (credit[i] > credit[best])
			best = i;
	}
	return best;
}

void storm_mix_deal(struct storm_mix *mix) {
	int32_t credit[STORM_MIX_MAX] = {0};

	for (uint32_t turn = 0; turn < mix->shares; turn++) {
		uint32_t chosen;

		for (uint32_t i = 0; i < mix->count; i++)
			credit[i] += (int32_t)mix->share[i];
		chosen = furthest_behind(credit, mix->count);
		credit[chosen] -= (int32_t)mix->shares;
		mix->turns[turn] = (uint8_t)chosen;
	}
}
