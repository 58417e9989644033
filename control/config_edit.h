// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Adds to a configuration file without touching what its author wrote: comments, order and layout
// stay. Pure: bytes in, bytes out.

#pragma once

#include <stddef.h>
#include <stdint.h>

struct config_new_host {
	const char *name;
	uint8_t mac[6];
	uint32_t address;
};

// "{name: n001, mac: "52:54:00:00:01:01", address: 10.77.0.11}", as it may stand in hosts:.
#define CONFIG_HOST_LINE 160
void config_edit_line(const struct config_new_host *host, char line[CONFIG_HOST_LINE]);

// The text with a host more, as the first of hosts:, to be freed. NULL, with a sentence: there is
// no place where a line could be put safely, or the text with it has errors or says something else
// than before besides.
char *config_edit_add_host(
	const char *text, size_t len, const struct config_new_host *host, char why[256]);
