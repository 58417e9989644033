// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a machine that asks is by the configuration: its role and why, its profile, what that loads,
// its variables and where each is from.

#pragma once

#include <jansson.h>

#include "cli/explain.h"
#include "store_nodes.h"
#include "store_orders.h"

struct explain_node {
	const struct config *config;
	struct node_facts facts; // given beside what the message says
	bool asked; // rouse-control has told the next three; else nobody knows what was set by hand
	struct store_node *known;   // machines that it has seen
	struct store_order *orders; // that wait for them; id 0: none
	size_t known_count;
	bool vars; // tell them
};

void explain_node_print(const struct explain_node *node, const struct dhcp_explanation *e);
void explain_node_json(
	const struct explain_node *node, const struct dhcp_explanation *e, json_t *object);
