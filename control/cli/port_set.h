// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A set of UDP or TCP ports, read from and written as the kernel's list "8080,32768-49151". Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct port_set {
	uint64_t word[1024];
};

// The longest list of a set: every second port alone.
#define PORT_SET_TEXT_MAX (32768 * 6 + 1)

// Reads a list; spaces and line feeds around it are allowed, an empty one is the empty set. 0, or
// -EINVAL: not such a list.
int port_set_parse(const char *text, struct port_set *set);

// Writes it as the kernel does: ascending, ranges merged. Returns the length, or -ENOSPC.
int port_set_format(const struct port_set *set, char *out, size_t size);

void port_set_add_range(struct port_set *set, uint16_t first, uint16_t last);
bool port_set_has(const struct port_set *set, uint16_t port);

// set becomes set or other; set without other.
void port_set_merge(struct port_set *set, const struct port_set *other);
void port_set_remove(struct port_set *set, const struct port_set *other);

bool port_set_equal(const struct port_set *a, const struct port_set *b);
