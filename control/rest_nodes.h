// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Nodes in the REST API: what rest_nodes.c (finding, adding, forgetting, rendering),
// rest_node_json.c (as JSON), rest_node_set.c (what is set), rest_boots.c and rest_batch.c share.

#pragma once

#include "brain.h"
#include "rest_answers.h"

// What a route does with the node that its path names, on the daemon's loop.
typedef unsigned int rest_node_fn(struct daemon *daemon, const struct store_node *node,
	const struct rest_request *request, json_t **value);

// Finds the node by name or MAC and has the loop do it. 404 with the nearest name.
unsigned int rest_with_node(struct daemon *daemon, const struct rest_request *request,
	rest_node_fn *run, json_t **value);

// The error 404 about a node that is not there, with the nearest name. Looks at all nodes.
unsigned int rest_refuse_node(struct brain *brain, const char *name, json_t **value);

// The brain, or NULL with the error 409 in *value: the configuration has no profiles.
struct brain *rest_brain(struct daemon *daemon, json_t **value);

// --- rest_node_json.c

// As a list of nodes has it.
json_t *rest_node_json(const struct brain *brain, const struct store_node *node,
	const struct node_plan *plan, const struct store_order *order);
// With variables, notes and boots.
json_t *rest_node_json_whole(struct brain *brain, const struct store_node *node);

// --- rest_node_set.c

unsigned int rest_node_add(
	struct daemon *daemon, const struct rest_request *request, json_t **value);
rest_node_fn rest_node_set;

// The error 404, with the nearest name, when there is no such profile or role.
bool rest_profile_is_there(struct daemon *daemon, const char *name, json_t **value);
bool rest_role_is_there(struct daemon *daemon, const char *name, json_t **value);

// --- rest_boots.c

// Whether a boot can be ordered so: 0, or a status with the error.
unsigned int rest_order_check(
	struct daemon *daemon, const char *profile, bool once, json_t **value);

// What is installed on a machine, as on a new one, when it comes back after it was forgotten: NULL
// for nothing. Good until the next reload.
const char *rest_installs_anew(const struct daemon *daemon, const struct store_node *node);
