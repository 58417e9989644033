// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse role: what machines can be.

#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/node_client.h"
#include "cli/output.h"

static void add_row(struct table *table, const json_t *role) {
	char count[24];

	snprintf(count, sizeof(count), "%lld",
		(long long)json_integer_value(json_object_get(role, "nodes")));
	table_row(table, (const char *const[]){node_client_text(role, "name"),
				 node_client_text(role, "profile"), count,
				 json_is_true(json_object_get(role, "matches")) ? "yes" : "",
				 node_client_text(role, "notes")});
}

static void print_table(const json_t *roles) {
	struct table table;
	json_t *role;
	size_t i;

	if (!json_array_size(roles)) {
		puts("no roles: roles: in the configuration gives machines a profile, variables "
		     "and notes");
		return;
	}
	table_init(
		&table, (const char *const[]){"name", "profile", ">nodes", "matches", "notes"}, 5);
	json_array_foreach(roles, i, role) add_row(&table, role);
	table_print(&table, stdout, output_width());
	table_free(&table);
}

static int list(const struct cli_args *args) {
	json_t *roles = NULL;
	int rc = node_client_list(args, "roles", &roles);

	if (rc != CLI_OK)
		return rc;
	if (cli_flag(args, "json")) {
		output_json(json_pack("{s:o}", "roles", roles));
		return CLI_OK;
	}
	if (cli_flag(args, "names"))
		node_client_print_names(roles);
	else
		print_table(roles);
	json_decref(roles);
	return CLI_OK;
}

static void print_match(const json_t *match) {
	const char *name;
	json_t *values, *value;
	size_t i;

	json_object_foreach((json_t *)match, name, values) {
		printf("%-10s %s", "takes", name);
		json_array_foreach(values, i, value)
			printf("%s %s", i ? " or" : "", json_string_value(value));
		putchar('\n');
	}
}

static void print_vars(const json_t *vars) {
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)vars, name, value) {
		char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

		printf("%-10s %s = %s\n", "variable", name, text ? text : "");
		free(text);
	}
}

static void print(const json_t *role) {
	const char *profile = node_client_text(role, "profile");

	printf("%s: line %lld\n", node_client_text(role, "name"),
		(long long)json_integer_value(json_object_get(role, "line")));
	printf("%-10s %s\n", "profile", profile[0] ? profile : "that of unknown:");
	print_match(json_object_get(role, "match"));
	print_vars(json_object_get(role, "vars"));
	if (node_client_text(role, "notes")[0])
		printf("%-10s %s\n", "notes", node_client_text(role, "notes"));
	node_client_print_users(role);
}

static int show(const struct cli_args *args) {
	json_t *role = NULL;
	int rc = node_client_get(args, "roles", args->operand[1], "", &role);

	if (rc != CLI_OK)
		return rc;
	if (cli_flag(args, "json")) {
		output_json(role);
		return CLI_OK;
	}
	print(role);
	json_decref(role);
	return CLI_OK;
}

static const struct cli_verb verbs[] = {
	{"list", 0, 0, "no name", (const char *const[]){"json", "names", NULL}, list},
	{"show", 1, 1, "ROLE", (const char *const[]){"json", NULL}, show},
	{NULL},
};

static int run(const struct cli_args *args) {
	return cli_run_verb(args, verbs);
}

static const struct cli_option options[] = {INSTANCE_OPTIONS, CLI_OPTION_JSON,
	{"names", NULL, "list: print names only"}, CLI_OPTION_END};

const struct cli_command cmd_role = {
	.name = "role",
	.operands = "list|show [ROLE]",
	.operands_max = 2,
	.help = "what machines can be, and how many are",
	.detail = "Roles are those of roles: in the configuration that is in force. One that "
		  "matches\n"
		  "takes machines by itself: by MAC address, architecture, serial number and so\n"
		  "on; others are given by hosts: or by rouse node set.",
	.options = options,
	.run = run,
};
