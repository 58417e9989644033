// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which node has which address, for the HTTP server's threads: the only part of the brain that is
// not the loop's alone.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brain_internal.h"

static size_t place_of(const struct brain_addresses *a, uint32_t address) {
	return (address * UINT32_C(2654435761)) & (a->size - 1);
}

static struct brain_address *find(const struct brain_addresses *a, uint32_t address) {
	for (size_t i = place_of(a, address); a->size && a->list[i].address;
		i = (i + 1) & (a->size - 1))
		if (a->list[i].address == address)
			return &a->list[i];
	return NULL;
}

static void insert(struct brain_addresses *a, const struct brain_address *entry) {
	size_t i = place_of(a, entry->address);

	while (a->list[i].address)
		i = (i + 1) & (a->size - 1);
	a->list[i] = *entry;
	a->count++;
}

static void grow(struct brain_addresses *a) {
	struct brain_addresses old = *a;

	a->size = old.size ? 2 * old.size : 256;
	a->list = mem_alloc(a->size * sizeof(*a->list));
	a->count = 0;
	for (size_t i = 0; i < old.size; i++)
		if (old.list[i].address)
			insert(a, &old.list[i]);
	free(old.list);
}

// Nothing is ever taken out: an address is one of a bounded number of pools and reservations, and
// the next to get it takes its place.
void brain_addresses_set(struct brain *brain, const struct brain_node *node, uint32_t address) {
	struct brain_addresses *a = &brain->addresses;
	struct brain_address entry = {.address = address}, *known;

	if (!address)
		return;
	memcpy(entry.mac, node->mac, sizeof(entry.mac));
	snprintf(entry.name, sizeof(entry.name), "%s", node->name);
	pthread_mutex_lock(&a->lock);
	known = find(a, address);
	if (known)
		*known = entry;
	if (!known && 2 * a->count >= a->size)
		grow(a);
	if (!known)
		insert(a, &entry);
	pthread_mutex_unlock(&a->lock);
}

bool brain_who(
	struct brain *brain, uint32_t address, uint8_t mac[6], char name[STORE_NODE_NAME_SIZE]) {
	struct brain_addresses *a = &brain->addresses;
	const struct brain_address *known;

	pthread_mutex_lock(&a->lock);
	known = find(a, address);
	if (known) {
		memcpy(mac, known->mac, 6);
		memcpy(name, known->name, STORE_NODE_NAME_SIZE);
	}
	pthread_mutex_unlock(&a->lock);
	return known != NULL;
}

void brain_addresses_free(struct brain *brain) {
	free(brain->addresses.list);
	pthread_mutex_destroy(&brain->addresses.lock);
}
