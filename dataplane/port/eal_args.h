// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The argument vector for rte_eal_init: memory with or without hugepages, one lcore per worker,
// pinned only where a worker spins.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EAL_ARGS_MAX 64

struct eal_plan {
	const char *program;
	uint32_t memory_mb; // what the pools and rings take
	uint16_t workers;   // lcores 1 to workers; lcore 0 is the main thread
	bool pin;           // each worker on a CPU of its own
	const char *pci[16];
	uint16_t pci_count; // devices to take; none: the PCI bus is not looked at
};

struct eal_args {
	char *argv[EAL_ARGS_MAX + 1];
	int argc;
	bool hugepages; // decided here: enough of them are free
	char text[4096];
	size_t used;
};

// Builds the vector. -ENOSPC: too many devices; -EINVAL: more pinned workers than CPUs.
int eal_args_build(const struct eal_plan *plan, struct eal_args *args);

// Free hugepages of the default size, in MiB.
uint64_t eal_args_free_hugepages_mb(void);
