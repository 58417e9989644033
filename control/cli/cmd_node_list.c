// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse node list

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd_node.h"
#include "cli/node_client.h"
#include "cli/output.h"

#define STATE_COLUMN 2u

static const struct {
	const char *name;
	const char *colour; // NULL: none
} states[] = {
	{"discovered", "36"},                                        // cyan
	{"booting", "33"},                                           // yellow
	{"booted", "32"},                                            // green
	{"installing", "33"}, {"installed", "32"}, {"failed", "31"}, // red
};

#define STATES (sizeof(states) / sizeof(states[0]))

static const char *colour_of(size_t column, const char *cell) {
	for (size_t i = 0; column == STATE_COLUMN && i < STATES; i++)
		if (!strcmp(states[i].name, cell))
			return states[i].colour;
	return NULL;
}

static bool is_state(const char *name) {
	for (size_t i = 0; i < STATES; i++)
		if (!strcmp(states[i].name, name))
			return true;
	cli_error("%s is no state of a node: they are discovered, booting, booted, installing, "
		  "installed and failed",
		name);
	return false;
}

// n2 before n10.
static int by_name(const void *a, const void *b) {
	const json_t *const *x = a, *const *y = b;

	return strverscmp(node_client_text(*x, "name"), node_client_text(*y, "name"));
}

static bool is_wanted(const struct cli_args *args, const json_t *node) {
	const char *state = cli_value(args, "state"), *role = cli_value(args, "role");

	return (!state || !strcmp(state, node_client_text(node, "state"))) &&
	       (!role || !strcmp(role, node_client_text(node, "role")));
}

// Those that are wanted, sorted. The array's items are the list's.
static json_t *choose(const struct cli_args *args, const json_t *list) {
	size_t count = json_array_size(list), wanted = 0;
	json_t **nodes = calloc(count ? count : 1, sizeof(json_t *));
	json_t *chosen = json_array(), *node;
	size_t i;

	json_array_foreach(list, i, node) {
		if (nodes && is_wanted(args, node))
			nodes[wanted++] = node;
	}
	if (nodes)
		qsort(nodes, wanted, sizeof(json_t *), by_name);
	for (i = 0; i < wanted; i++)
		json_array_append(chosen, nodes[i]);
	free(nodes);
	return chosen;
}

// "rescue once", or what it boots for good.
static const char *boots_text(const json_t *node, char out[96]) {
	json_t *order = json_object_get(node, "order");

	if (json_is_object(order))
		snprintf(out, 96, "%s once", node_client_text(order, "profile"));
	else
		snprintf(out, 96, "%s", node_client_text(node, "boots"));
	return out;
}

static void add_row(struct table *table, const json_t *node) {
	char ago[40], boots[96];

	node_client_ago(json_integer_value(json_object_get(node, "last_seen_unix_s")), ago);
	table_row(table,
		(const char *const[]){node_client_text(node, "name"), node_client_text(node, "mac"),
			node_client_text(node, "state"), node_client_text(node, "role"),
			boots_text(node, boots), node_client_text(node, "address"), ago});
}

static void print_table(const json_t *nodes) {
	struct table table;
	json_t *node;
	size_t i;

	table_init(&table,
		(const char *const[]){
			"name", "mac", "state", "role", "boots", "address", "last seen"},
		7);
	table.colour = output_has_colours() ? colour_of : NULL;
	json_array_foreach(nodes, i, node) add_row(&table, node);
	table_print(&table, stdout, output_width());
	table_free(&table);
}

static void print(const struct cli_args *args, const json_t *list, json_t *nodes) {
	if (cli_flag(args, "json")) {
		output_json(json_pack("{s:O}", "nodes", nodes));
	} else if (cli_flag(args, "names")) {
		node_client_print_names(nodes);
	} else if (json_array_size(nodes)) {
		print_table(nodes);
		printf("\n%zu of %zu nodes\n", json_array_size(nodes), json_array_size(list));
	} else {
		puts(json_array_size(list) ? "no node is so"
					   : "no nodes yet: a machine that boots appears here");
	}
}

int cmd_node_list(const struct cli_args *args) {
	json_t *list = NULL, *nodes;
	int rc;

	if (cli_value(args, "state") && !is_state(cli_value(args, "state")))
		return CLI_USAGE;
	rc = node_client_list(args, "nodes", &list);
	if (rc != CLI_OK)
		return rc;
	nodes = choose(args, list);
	print(args, list, nodes);
	json_decref(nodes);
	json_decref(list);
	return CLI_OK;
}
