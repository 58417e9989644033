// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the commands about nodes share: asking rouse-control for them, and names with patterns.

#pragma once

#include <jansson.h>

#include "cli/cli.h"
#include "cli/instance.h"
#include "cli/rest_client.h"

#define NODE_PATH_SIZE (2 * REST_CLIENT_PART_SIZE + 64)

// Whether a node, profile or role can be called so; a sentence says when not.
bool node_client_name_is_good(const char *name);

// "/v1/KIND/NAME" and what follows ("" or "/boot"). False, after a sentence: it can be no name.
bool node_client_path(
	const char *kind, const char *name, const char *rest, char out[NODE_PATH_SIZE]);

// Asks about one thing: GET /v1/KIND/NAME REST. CLI_OK with the answer, or after a sentence.
int node_client_get(const struct cli_args *args, const char *kind, const char *name,
	const char *rest, json_t **answer);

// GET /v1/KIND: the array of that name in the answer.
int node_client_list(const struct cli_args *args, const char *kind, json_t **list);

// Prints the names in a list, one a line, for shells.
void node_client_print_names(const json_t *list);

// "nodes      12: n001 n002 ...", of a profile or role.
void node_client_print_users(const json_t *object);

// Names (or MAC addresses) and patterns of nodes as names, in their order, each once. A pattern is
// looked for in the list of nodes, which is asked for when there is one. *names is an array.
int node_client_expand(const char *runtime_dir, char *const *words, int count, json_t **names);

// A member of an object as text, "" without one.
const char *node_client_text(const json_t *object, const char *name);

// "5 min ago", "" for 0.
char *node_client_ago(json_int_t unix_s, char out[40]);
