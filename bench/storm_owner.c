// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Open addressing, at most half full: it grows. Nothing is ever removed.

#include "storm_owner.h"

#include <errno.h>
#include <stdlib.h>

#include "hash.h"

#define SIZE_MIN  16u
#define SIZE_MOST (1u << 30)

static int make(struct storm_owner *o, uint32_t size) {
	*o = (struct storm_owner){.mask = size - 1};
	o->addresses = calloc(size, sizeof(*o->addresses));
	o->machines = calloc(size, sizeof(*o->machines));
	if (o->addresses && o->machines)
		return 0;
	storm_owner_free(o);
	return -ENOMEM;
}

int storm_owner_init(struct storm_owner *o, uint32_t count) {
	uint32_t size = SIZE_MIN;

	while (size < 4ull * count && size < SIZE_MOST)
		size *= 2;
	return make(o, size);
}

void storm_owner_free(struct storm_owner *o) {
	free(o->addresses);
	free(o->machines);
	*o = (struct storm_owner){0};
}

// Where the address stands, or would stand: there is always an empty place.
static uint32_t place_of(const struct storm_owner *o, uint32_t address) {
	uint32_t at = (uint32_t)hash_mix(address) & o->mask;

	while (o->addresses[at] && o->addresses[at] != address)
		at = (at + 1) & o->mask;
	return at;
}

static void put(struct storm_owner *o, uint32_t address, uint32_t machine) {
	uint32_t at = place_of(o, address);

	o->count += !o->addresses[at];
	o->addresses[at] = address;
	o->machines[at] = machine;
}

static int grow(struct storm_owner *o) {
	uint32_t size = o->mask + 1;
	struct storm_owner next;

	if (size >= SIZE_MOST || make(&next, 2 * size) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < size; i++)
		if (o->addresses[i])
			put(&next, o->addresses[i], o->machines[i]);
	storm_owner_free(o);
	*o = next;
	return 0;
}

void storm_owner_set(struct storm_owner *o, uint32_t address, uint32_t machine) {
	if (!address)
		return;
	if (o->addresses[place_of(o, address)] || 2 * (o->count + 1) <= o->mask || grow(o) == 0)
		put(o, address, machine);
}

uint32_t storm_owner_find(const struct storm_owner *o, uint32_t address) {
	uint32_t at = place_of(o, address);

	return address && o->addresses[at] ? o->machines[at] : STORM_OWNER_NONE;
}
