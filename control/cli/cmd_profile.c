// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse profile: what machines can boot.

#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/node_client.h"
#include "cli/output.h"

static void add_row(struct table *table, const json_t *profile) {
	bool builtin = json_is_true(json_object_get(profile, "builtin"));
	json_int_t line = json_integer_value(json_object_get(profile, "line"));
	json_int_t nodes = json_integer_value(json_object_get(profile, "nodes"));
	char count[24] = "", from[32] = "comes with Rouse";

	if (nodes)
		snprintf(count, sizeof(count), "%lld", (long long)nodes);
	if (!builtin)
		snprintf(from, sizeof(from), "line %lld", (long long)line);
	table_row(table, (const char *const[]){node_client_text(profile, "name"),
				 node_client_text(profile, "kind"),
				 json_is_true(json_object_get(profile, "install")) ? "yes" : "",
				 count, from, node_client_text(profile, "title")});
}

static int list(const struct cli_args *args) {
	json_t *profiles = NULL, *profile;
	int rc = node_client_list(args, "profiles", &profiles);
	struct table table;
	size_t i;

	if (rc != CLI_OK)
		return rc;
	if (cli_flag(args, "json")) {
		output_json(json_pack("{s:o}", "profiles", profiles));
		return CLI_OK;
	}
	if (cli_flag(args, "names")) {
		node_client_print_names(profiles);
	} else {
		table_init(&table,
			(const char *const[]){
				"name", "loads", "installs", ">nodes", "from", "title"},
			6);
		json_array_foreach(profiles, i, profile) add_row(&table, profile);
		table_print(&table, stdout, output_width());
		table_free(&table);
	}
	json_decref(profiles);
	return CLI_OK;
}

static void print_load(const json_t *load, const char *indent) {
	const char *name;
	json_t *value, *item;
	size_t i;

	json_object_foreach((json_t *)load, name, value) {
		if (json_is_string(value))
			printf("%s%-10s %s\n", indent, name, json_string_value(value));
		json_array_foreach(value, i, item)
			printf("%s%-10s %s\n", indent, i ? "" : name, json_string_value(item));
	}
}

static void print_variants(const json_t *variants) {
	json_t *variant, *arch;
	size_t i, k;

	json_array_foreach(variants, i, variant) {
		fputs("for", stdout);
		json_array_foreach(json_object_get(variant, "archs"), k, arch)
			printf("%s %s", k ? "," : "", json_string_value(arch));
		putchar('\n');
		print_load(json_object_get(variant, "load"), "  ");
	}
}

static void print(const json_t *profile) {
	json_int_t timeout = json_integer_value(json_object_get(profile, "timeout_s"));
	json_int_t retries = json_integer_value(json_object_get(profile, "retries"));

	printf("%s: %s (%s)\n", node_client_text(profile, "name"),
		node_client_text(profile, "title"), node_client_text(profile, "kind"));
	print_load(json_object_get(profile, "load"), "");
	if (json_object_get(profile, "menu"))
		printf("%-10s %s\n", "menu", node_client_text(profile, "menu"));
	print_variants(json_object_get(profile, "variants"));
	printf("%-10s %s\n", "fetched by", node_client_text(profile, "fetch"));
	if (json_is_true(json_object_get(profile, "install")))
		printf("%-10s each boot is ordered; failed after %lld s, tried %lld times more\n",
			"installs", (long long)timeout, (long long)retries);
	node_client_print_users(profile);
}

static int show(const struct cli_args *args) {
	json_t *profile = NULL;
	int rc = node_client_get(args, "profiles", args->operand[1], "", &profile);

	if (rc != CLI_OK)
		return rc;
	if (cli_flag(args, "json")) {
		output_json(profile);
		return CLI_OK;
	}
	print(profile);
	json_decref(profile);
	return CLI_OK;
}

static const struct cli_verb verbs[] = {
	{"list", 0, 0, "no name", (const char *const[]){"json", "names", NULL}, list},
	{"show", 1, 1, "PROFILE", (const char *const[]){"json", NULL}, show},
	{NULL},
};

static int run(const struct cli_args *args) {
	return cli_run_verb(args, verbs);
}

static const struct cli_option options[] = {INSTANCE_OPTIONS, CLI_OPTION_JSON,
	{"names", NULL, "list: print names only"}, CLI_OPTION_END};

const struct cli_command cmd_profile = {
	.name = "profile",
	.operands = "list|show [PROFILE]",
	.operands_max = 2,
	.help = "what machines can boot, and how many are to",
	.detail = "Profiles are those of profiles: in the configuration that is in force, then "
		  "those\n"
		  "that come with Rouse. nodes is how many nodes have one as theirs; orders are\n"
		  "not among them.",
	.options = options,
	.run = run,
};
