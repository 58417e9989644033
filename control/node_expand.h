// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a node loads by a profile, with its variables as far as the configuration gives them: what
// only Rouse knows of a machine stays as it is written ({{node.name}}). Pure.

#pragma once

#include "config.h"

enum node_load {
	NODE_LOAD_KERNEL,
	NODE_LOAD_INITRD,
	NODE_LOAD_CMDLINE,
	NODE_LOAD_EFI,
	NODE_LOAD_SCRIPT,
	NODE_LOAD_WIMBOOT,
	NODE_LOAD_FILES,
	NODE_LOAD_MENU,
	NODE_LOADS,
};

// "kernel" ...
const char *node_load_name(enum node_load load);

// NULL for what the profile does not load. Texts are the profile's or in the arena; one that cannot
// be expanded has the reason behind it.
void node_expand_loads(const struct config_profile *profile, uint16_t arch,
	const struct vars_merged *vars, struct arena *arena, const char *loads[NODE_LOADS]);

// The names that Rouse knows of a machine, "node.name" ...; ends with NULL.
extern const char *const node_builtin_names[];
