// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The machines that boot_track.c follows, found by MAC and by address. Bounded: when it is full,
// the idle machine that was heard longest ago goes.

#pragma once

#include "boot_record.h"

#define BOOT_MACHINE_NONE 0u // entry 0 is never used: fresh memory is an empty table

struct boot_machine {
	uint8_t mac[6];
	bool heard;       // its boot was begun or has gone on in this process
	bool dirty;       // its boot has changed since it was saved
	bool queued;      // in the list of those to be saved
	uint32_t address; // 0: none
	uint32_t mac_next;
	uint32_t address_next;
	uint32_t idle_prev; // in the list of idle machines, or of free entries
	uint32_t idle_next;
	struct boot *boot;   // NULL: idle
	int64_t last_ns;     // when it was heard last
	int64_t deadline_ns; // of its boot
};

struct boot_machines {
	uint64_t seed[2];
	uint32_t max;
	uint32_t high; // entries from here on were never used
	uint32_t count;
	uint32_t free;       // list of entries that were given back
	uint32_t idle_first; // heard longest ago
	uint32_t idle_last;
	uint64_t forgotten;
	uint32_t buckets; // of each table, a power of two
	uint32_t *by_mac;
	uint32_t *by_address;
	struct boot_machine *list; // max + 1 entries
};

void boot_machines_init(struct boot_machines *table, uint32_t max, const uint64_t seed[2]);
void boot_machines_free(struct boot_machines *table);

// NULL: not known.
struct boot_machine *boot_machines_find(const struct boot_machines *table, const uint8_t mac[6]);
struct boot_machine *boot_machines_at(const struct boot_machines *table, uint32_t address);

// A new one, idle. NULL: all of them boot.
struct boot_machine *boot_machines_add(struct boot_machines *table, const uint8_t mac[6]);

// The address is this machine's now, and nobody else's.
void boot_machines_bind(
	struct boot_machines *table, struct boot_machine *machine, uint32_t address);

// Gives an idle machine a boot, or takes it away: then it was heard last of all idle ones.
void boot_machines_set(
	struct boot_machines *table, struct boot_machine *machine, struct boot *boot);

// An idle machine was heard.
void boot_machines_touch(struct boot_machines *table, struct boot_machine *machine);
