// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Whether a role takes a machine. Pure. What is not known of it matches nothing.

#pragma once

#include <stdbool.h>

#include "config.h"
#include "store_nodes.h"

struct machine {
	const uint8_t *mac;
	const char *name; // of the node
	uint32_t address; // 0: none
	const struct node_facts *facts;
};

// failed, if not NULL, gets the first condition of the group that ruled it out (for explain).
bool node_matches(const struct config_match *match, const struct machine *machine,
	const struct config_condition **failed);
