// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Open addressing, at most half full; nothing is ever removed.

#include "storm_owner.h"

#include <errno.h>
#include <stdlib.h>

#include "hash.h"

#define PROBES 256u

int storm_owner_init(struct storm_owner *o, uint32_t count) {
	uint32_t size = 16;

	while (size < 4ull * count && size < 1u << 30)
		size *= 2;
	o->mask = size - 1;
	o->addresses = calloc(size, sizeof(*o->addresses));
	o->machines = calloc(size, sizeof(*o->machines));
	if (o->addresses && o->machines)
		return 0;
	storm_owner_free(o);
	return -ENOMEM;
}

void storm_owner_free(struct storm_owner *o) {
	free(o->addresses);
	free(o->machines);
	*o = (struct storm_owner){0};
}

void storm_owner_set(struct storm_owner *o, uint32_t address, uint32_t machine) {
	uint32_t at = (uint32_t)hash_mix(address);

	for (uint32_t i = 0; i < PROBES && address; i++, at++) {
		uint32_t *entry = &o->addresses[at & o->mask];

		if (*entry && *entry != address)
			continue;
		*entry = address;
		o->machines[at & o->mask] = machine;
		return;
	}
}

uint32_t storm_owner_find(const struct storm_owner *o, uint32_t address) {
	uint32_t at = (uint32_t)hash_mix(address);

	for (uint32_t i = 0; i < PROBES; i++, at++) {
		if (o->addresses[at & o->mask] == address && address)
			return o->machines[at & o->mask];
		if (!o->addresses[at & o->mask])
			break;
	}
	return STORM_OWNER_NONE;
}
