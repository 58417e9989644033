// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Two hash tables with chains of indices over one array, and a list of the idle ones by the time
// when they were heard.

#include "boot_machines.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "hash.h"

#define NONE BOOT_MACHINE_NONE

void boot_machines_init(struct boot_machines *table, uint32_t max, const uint64_t seed[2]) {
	*table = (struct boot_machines){
		.seed = {seed[0], seed[1]}, .max = max, .high = 1, .buckets = 1};
	while (table->buckets < max)
		table->buckets *= 2;
	table->by_mac = mem_alloc(table->buckets * sizeof(*table->by_mac));
	table->by_address = mem_alloc(table->buckets * sizeof(*table->by_address));
	table->list = mem_alloc((max + 1) * sizeof(*table->list));
}

void boot_machines_free(struct boot_machines *table) {
	free(table->by_mac);
	free(table->by_address);
	free(table->list);
}

static uint32_t *mac_bucket(const struct boot_machines *table, const uint8_t mac[6]) {
	return &table->by_mac[hash_sip(table->seed, mac, 6) & (table->buckets - 1)];
}

static uint32_t *address_bucket(const struct boot_machines *table, uint32_t address) {
	return &table->by_address[hash_sip(table->seed, &address, sizeof(address)) &
				  (table->buckets - 1)];
}

static uint32_t index_of(const struct boot_machines *table, const struct boot_machine *machine) {
	return (uint32_t)(machine - table->list);
}

struct boot_machine *boot_machines_find(const struct boot_machines *table, const uint8_t mac[6]) {
	for (uint32_t i = *mac_bucket(table, mac); i != NONE; i = table->list[i].mac_next) {
		if (!memcmp(table->list[i].mac, mac, 6))
			return &table->list[i];
	}
	return NULL;
}

struct boot_machine *boot_machines_at(const struct boot_machines *table, uint32_t address) {
	if (!address)
		return NULL;
	for (uint32_t i = *address_bucket(table, address); i != NONE;
		i = table->list[i].address_next) {
		if (table->list[i].address == address)
			return &table->list[i];
	}
	return NULL;
}

// --- chains and the list of idle machines

static void unchain_mac(struct boot_machines *table, uint32_t index) {
	uint32_t *at = mac_bucket(table, table->list[index].mac);

	while (*at != index)
		at = &table->list[*at].mac_next;
	*at = table->list[index].mac_next;
}

static void unbind(struct boot_machines *table, struct boot_machine *machine) {
	uint32_t index = index_of(table, machine);
	uint32_t *at;

	if (!machine->address)
		return;
	at = address_bucket(table, machine->address);
	while (*at != index)
		at = &table->list[*at].address_next;
	*at = machine->address_next;
	machine->address = 0;
}

void boot_machines_bind(
	struct boot_machines *table, struct boot_machine *machine, uint32_t address) {
	struct boot_machine *former = boot_machines_at(table, address);
	uint32_t *bucket;

	if (!address || former == machine)
		return;
	if (former)
		unbind(table, former);
	unbind(table, machine);
	bucket = address_bucket(table, address);
	machine->address = address;
	machine->address_next = *bucket;
	*bucket = index_of(table, machine);
}

static void idle_remove(struct boot_machines *table, struct boot_machine *machine) {
	if (machine->idle_prev == NONE)
		table->idle_first = machine->idle_next;
	else
		table->list[machine->idle_prev].idle_next = machine->idle_next;
	if (machine->idle_next == NONE)
		table->idle_last = machine->idle_prev;
	else
		table->list[machine->idle_next].idle_prev = machine->idle_prev;
}

static void idle_append(struct boot_machines *table, struct boot_machine *machine) {
	uint32_t index = index_of(table, machine);

	machine->idle_prev = table->idle_last;
	machine->idle_next = NONE;
	if (table->idle_last == NONE)
		table->idle_first = index;
	else
		table->list[table->idle_last].idle_next = index;
	table->idle_last = index;
}

// --- machines come and go

static void forget_oldest(struct boot_machines *table) {
	uint32_t index = table->idle_first;
	struct boot_machine *machine = &table->list[index];

	idle_remove(table, machine);
	unbind(table, machine);
	unchain_mac(table, index);
	machine->idle_next = table->free;
	table->free = index;
	table->count--;
	table->forgotten++;
}

static uint32_t take_entry(struct boot_machines *table) {
	uint32_t index = table->free;

	if (index != NONE)
		table->free = table->list[index].idle_next;
	else
		index = table->high++;
	table->count++;
	return index;
}

struct boot_machine *boot_machines_add(struct boot_machines *table, const uint8_t mac[6]) {
	uint32_t *bucket = mac_bucket(table, mac);
	struct boot_machine *machine;
	uint32_t index;

	if (table->count == table->max) {
		if (table->idle_first == NONE)
			return NULL;
		forget_oldest(table);
	}
	index = take_entry(table);
	machine = &table->list[index];
	*machine = (struct boot_machine){.mac_next = *bucket, .queued = machine->queued};
	memcpy(machine->mac, mac, 6);
	*bucket = index;
	idle_append(table, machine);
	return machine;
}

void boot_machines_set(
	struct boot_machines *table, struct boot_machine *machine, struct boot *boot) {
	if (boot && !machine->boot)
		idle_remove(table, machine);
	if (!boot && machine->boot)
		idle_append(table, machine);
	machine->boot = boot;
}

void boot_machines_touch(struct boot_machines *table, struct boot_machine *machine) {
	if (machine->boot)
		return;
	idle_remove(table, machine);
	idle_append(table, machine);
}
