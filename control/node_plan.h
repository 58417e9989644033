// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a node is and what it boots, by configuration and by what is known of it. Pure.

#pragma once

#include "node_match.h"
#include "store_orders.h"
#include "vars.h"

// Why a node has its role, or its profile.
enum node_source {
	NODE_BY_HAND,    // rouse node set
	NODE_BY_HOSTS,   // its entry of hosts:
	NODE_BY_MATCH,   // the role's match
	NODE_BY_ROLE,    // a profile: its role's
	NODE_BY_UNKNOWN, // unknown:
	NODE_BY_ORDER,   // an order that waits
	NODE_BY_DISK,    // the local disk between installations
};

struct node_plan {
	const struct config_host *host;     // NULL: not in hosts:
	const struct config_subnet *subnet; // NULL: not known
	const struct config_role *role;     // NULL: none
	const char *role_name;              // also of a role that roles: does not have; NULL: none
	enum node_source role_source;
	const struct config_profile *assigned; // what it is to become
	enum node_source assigned_source;
	const struct config_profile *standing; // what it boots without an order
	enum node_source standing_source;
	const struct config_profile *boots; // what it boots next
	const char *menu_default;
	uint32_t menu_timeout_s; // 0: the menu's
	bool wants_install;      // assigned installs, and nothing was ordered for it yet
};

// order: the one that waits for it, or NULL.
void node_plan_make(struct node_plan *plan, const struct config *config,
	const struct store_node *node, const struct store_order *order);

// The site's, subnet's, role's and host's variables, and those given to the node while Rouse runs.
#define NODE_LAYERS 6u
size_t node_plan_layers(const struct node_plan *plan, const struct config *config,
	const struct vars *builtin, const struct vars *own, struct vars_layer layers[NODE_LAYERS]);

// "hosts:", "its match", ... for explain and node show.
const char *node_source_text(enum node_source source);
