// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Log-linear histogram: the index is the exponent and the six bits below the leading one.

#include "hist.h"

#include <stdbool.h>
#include <string.h>

static uint64_t load(const uint64_t *word) {
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static void store(uint64_t *word, uint64_t value) {
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

static uint64_t add_capped(uint64_t a, uint64_t b) {
	return a + b < a ? UINT64_MAX : a + b;
}

static uint32_t bucket_of(uint64_t value) {
	uint32_t exponent;

	if (value < HIST_STEPS)
		return (uint32_t)value;
	exponent = 63u - (uint32_t)__builtin_clzll(value);
	if (exponent > 40)
		return HIST_BUCKETS - 1;
	return HIST_STEPS * (exponent - 5) + (uint32_t)(value >> (exponent - 6)) % HIST_STEPS;
}

static uint64_t upper_edge(uint32_t bucket) {
	uint32_t octave = bucket / HIST_STEPS;
	uint64_t step = bucket % HIST_STEPS;

	if (octave == 0)
		return step;
	return ((HIST_STEPS + step + 1) << (octave - 1)) - 1;
}

void hist_add(struct hist *h, uint64_t value) {
	uint64_t *bucket = &h->bucket[bucket_of(value)];

	if (value > load(&h->max))
		store(&h->max, value);
	store(&h->sum, load(&h->sum) + value);
	store(bucket, load(bucket) + 1);
	store(&h->count, load(&h->count) + 1);
}

static void count_buckets(struct hist *h) {
	h->count = 0;
	for (uint32_t i = 0; i < HIST_BUCKETS; i++)
		h->count = add_capped(h->count, h->bucket[i]);
}

void hist_copy(const struct hist *from, struct hist *copy) {
	memset(copy->pad, 0, sizeof(copy->pad));
	for (uint32_t i = 0; i < HIST_BUCKETS; i++)
		copy->bucket[i] = load(&from->bucket[i]);
	copy->sum = load(&from->sum);
	copy->max = load(&from->max);
	count_buckets(copy);
}

void hist_merge(struct hist *into, const struct hist *from) {
	for (uint32_t i = 0; i < HIST_BUCKETS; i++)
		into->bucket[i] = add_capped(into->bucket[i], from->bucket[i]);
	into->sum = add_capped(into->sum, from->sum);
	if (from->max > into->max)
		into->max = from->max;
	count_buckets(into);
}

static bool began_anew(const struct hist *now, const struct hist *before) {
	for (uint32_t i = 0; i < HIST_BUCKETS; i++)
		if (now->bucket[i] < before->bucket[i])
			return true;
	return false;
}

// now's max is exact, but may be older than before. The last bucket has no upper edge.
static uint64_t max_between(const struct hist *now, const struct hist *out) {
	uint32_t i = HIST_BUCKETS - 1;

	while (i > 0 && !out->bucket[i])
		i--;
	return out->bucket[i] && (i == HIST_BUCKETS - 1 || upper_edge(i) > now->max)
		       ? now->max
		       : upper_edge(i);
}

void hist_between(const struct hist *now, const struct hist *before, struct hist *out) {
	*out = *now;
	if (began_anew(now, before))
		return;
	for (uint32_t i = 0; i < HIST_BUCKETS; i++)
		out->bucket[i] -= before->bucket[i];
	out->sum = now->sum > before->sum ? now->sum - before->sum : 0;
	count_buckets(out);
	out->max = max_between(now, out);
}

// How many samples share means: rounded up, at least one, at most all. NaN is none.
static uint64_t wanted_of(uint64_t count, double share) {
	double exact = share * (double)count;
	uint64_t wanted;

	if (!(exact > 1))
		return 1;
	if (exact >= (double)count)
		return count;
	wanted = (uint64_t)exact;
	return (double)wanted < exact ? wanted + 1 : wanted;
}

uint64_t hist_quantile(const struct hist *h, double share) {
	uint64_t wanted = wanted_of(h->count, share);
	uint64_t seen = 0;

	for (uint32_t i = 0; h->count && i < HIST_BUCKETS - 1; i++) {
		seen = add_capped(seen, h->bucket[i]);
		if (seen >= wanted)
			return upper_edge(i) < h->max ? upper_edge(i) : h->max;
	}
	return h->count ? h->max : 0;
}

uint64_t hist_mean(const struct hist *h) {
	return h->count ? h->sum / h->count : 0;
}
