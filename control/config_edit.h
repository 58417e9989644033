// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Adds to a configuration file without touching what its author wrote: comments, order and layout
// stay. Pure: bytes in, bytes out.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "config_errors.h"

struct config_new_var {
	const char *name;
	const char *value; // UTF-8
};

struct config_new_host {
	const char *name;
	const char *role;    // NULL: none
	const char *profile; // NULL: none
	uint8_t mac[6];
	uint32_t address; // 0: none
	uint32_t var_count;
	const struct config_new_var *vars;
};

// "{name: n001, mac: "52:54:00:00:01:01", address: 10.77.0.11}", as it may stand in hosts:, to be
// freed.
char *config_edit_line(const struct config_new_host *host);

// The text with a host more, as the first of hosts:, to be freed. NULL, with a sentence: there is
// no place where a line could be put safely, or the text with it has errors or says something else
// than before besides.
char *config_edit_add_host(
	const char *text, size_t len, const struct config_new_host *host, char why[256]);

// The same with many, in their order, each in a line of its own. NULL: what is wrong is in errors;
// a line of theirs is one of text, or where it is CONFIG_EDIT_NEW or more, the one of
// hosts[line - CONFIG_EDIT_NEW].
#define CONFIG_EDIT_NEW 0x80000000u
char *config_edit_add_hosts(const char *text, size_t len, const struct config_new_host *hosts,
	size_t count, struct config_errors *errors);
