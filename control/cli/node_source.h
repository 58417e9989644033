// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What rouse-control knows of machines, for commands that read the configuration themselves.

#pragma once

#include <jansson.h>
#include <stddef.h>

#include "arena.h"
#include "store_nodes.h"
#include "store_orders.h"

// Asks for all nodes, with what was set by hand, and for the order that waits for each (id 0:
// none). Their number; *nodes, *orders and all texts are in arena. -1: it does not tell them, or
// does not answer, after a sentence on stderr.
long node_source_ask(const char *runtime_dir, struct arena *arena, struct store_node **nodes,
	struct store_order **orders);

// Reads the answer to GET /v1/nodes; what is no node of it is left out. As above.
long node_source_read(const json_t *answer, struct arena *arena, struct store_node **nodes,
	struct store_order **orders);

// "4c4c4544-0034-..." as SMBIOS prints it, to the bytes of option 97: the first three fields are
// little-endian there.
bool node_source_uuid(const char *text, uint8_t out[16]);
