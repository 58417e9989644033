// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse node show

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd_node.h"
#include "cli/node_client.h"
#include "cli/output.h"

#define LEFT 12

// "role         web (its role)": nothing without a text.
static void say(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(const char *label, const char *format, ...) {
	char text[4096], *clean;
	size_t width = output_width();
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (!text[0])
		return;
	clean = output_clean(text);
	printf("%-*s ", LEFT - 1, label);
	output_filled(clean, width > 2 * LEFT ? width - LEFT : sizeof(text), LEFT, stdout);
	free(clean);
}

static json_int_t number(const json_t *object, const char *name) {
	return json_integer_value(json_object_get(object, name));
}

static void say_state(const json_t *node) {
	json_int_t attempts = number(node, "attempts");
	const char *reason = node_client_text(node, "reason");
	char ago[40], tries[64] = "";

	node_client_ago(number(node, "since_unix_s"), ago);
	if (attempts)
		snprintf(tries, sizeof(tries), "; installations that failed: %lld",
			(long long)attempts);
	say("state", "%s%s%s%s", node_client_text(node, "state"), ago[0] ? ", begun " : "", ago,
		tries);
	say("reason", "%s", reason);
}

static void say_boots(const json_t *node) {
	const char *role = node_client_text(node, "role");
	const char *standing = node_client_text(node, "profile");
	json_t *order = json_object_get(node, "order");

	say("role", "%s (%s)", role[0] ? role : "none", node_client_text(node, "role_source"));
	say("boots", "%s (%s)", standing[0] ? standing : "nothing",
		node_client_text(node, "profile_source"));
	if (strcmp(standing, node_client_text(node, "assigned")) != 0)
		say("installs", "%s", node_client_text(node, "assigned"));
	if (json_is_object(order))
		say("order", "%lld: %s once, the next time that it boots",
			(long long)number(order, "id"), node_client_text(order, "profile"));
}

static void say_last_order(const json_t *node) {
	json_t *order = json_object_get(node, "last_order");
	char ago[40];

	if (!json_is_object(order) || json_is_object(json_object_get(node, "order")))
		return;
	say("last order", "%lld: %s, %s %s", (long long)number(order, "id"),
		node_client_text(order, "profile"), node_client_text(order, "state"),
		node_client_ago(number(order, "ended_unix_s"), ago));
}

static const char *value_text(const json_t *value, char **made) {
	*made = NULL;
	if (json_is_true(json_object_get(value, "secret")) && json_object_size(value) == 1)
		return "(secret)";
	if (json_is_string(value))
		return json_string_value(value);
	*made = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	return *made ? *made : "";
}

static void say_facts(const json_t *facts) {
	const char *name, *between = "";
	json_t *value;

	if (!json_object_size(facts))
		return;
	printf("%-*s ", LEFT - 1, "machine");
	json_object_foreach((json_t *)facts, name, value) {
		char *made;

		printf("%s%s %s", between, name, value_text(value, &made));
		free(made);
		between = ", ";
	}
	putchar('\n');
}

static void print_vars(const json_t *vars) {
	struct table table;
	json_t *var;
	size_t i;

	table_init(&table, (const char *const[]){"variable", "from", "value"}, 3);
	json_array_foreach(vars, i, var) {
		json_int_t line = number(var, "line");
		char from[64], *made;

		snprintf(from, sizeof(from), "%s", node_client_text(var, "origin"));
		if (line)
			snprintf(from, sizeof(from), "%s, line %lld",
				node_client_text(var, "origin"), (long long)line);
		table_row(&table, (const char *const[]){node_client_text(var, "name"), from,
					  value_text(json_object_get(var, "value"), &made)});
		free(made);
	}
	putchar('\n');
	table_print(&table, stdout, output_width());
	table_free(&table);
}

static void print_boots(const json_t *node) {
	json_t *boots = json_object_get(node, "boots_last"), *boot;
	size_t i;

	if (!json_array_size(boots))
		return;
	printf("\nlast boots (rouse boot-log %s):\n", node_client_text(node, "name"));
	json_array_foreach(boots, i, boot) printf("  %s\n", node_client_text(boot, "text"));
}

static void print(const json_t *node) {
	const char *name = node_client_text(node, "name");
	char ago[40];

	say("node", "%s, %s%s", name, node_client_text(node, "mac"),
		json_is_true(json_object_get(node, "listed")) ? ", in hosts:" : "");
	say_state(node);
	say_boots(node);
	say_last_order(node);
	say("address", "%s", node_client_text(node, "address"));
	say("last seen", "%s", node_client_ago(number(node, "last_seen_unix_s"), ago));
	say_facts(json_object_get(node, "facts"));
	say("notes", "%s", node_client_text(node, "notes"));
	say("of its role", "%s", node_client_text(node, "role_notes"));
	print_vars(json_object_get(node, "vars"));
	print_boots(node);
}

int cmd_node_show(const struct cli_args *args) {
	json_t *node = NULL;
	int rc = node_client_get(args, "nodes", args->operand[1], "", &node);

	if (rc != CLI_OK)
		return rc;
	if (cli_flag(args, "json")) {
		output_json(node);
		return CLI_OK;
	}
	print(node);
	json_decref(node);
	return CLI_OK;
}
