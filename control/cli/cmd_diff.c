// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse diff: what another configuration would change, and for which nodes.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cmd_config.h"
#include "cli/instance.h"
#include "cli/node_source.h"
#include "cli/output.h"
#include "cli/rest_client.h"
#include "config_diff.h"

#define LINES_OF_A_KIND 20u // more are only counted

// One run of the command.
struct run {
	const struct cli_args *args;
	const char *path;
	struct config *before;
	struct config *after;
	struct arena arena;
	struct store_node *nodes;
	size_t node_count;
	const char *notes[3];
	size_t note_count;
};

static void note(struct run *run, const char *sentence) {
	run->notes[run->note_count++] = sentence;
}

// --- what runs

static void note_age(struct run *run, const json_t *status) {
	json_int_t taken = json_integer_value(json_object_get(status, "config_taken_unix_s"));
	const char *config = json_string_value(json_object_get(status, "config"));
	const char *path = cmd_config_path(run->args);
	struct stat own, running;

	if (!config || stat(path, &own) < 0 || stat(config, &running) < 0)
		return;
	if (own.st_dev != running.st_dev || own.st_ino != running.st_ino)
		note(run, "rouse-control runs by another configuration than that which was "
			  "compared with: give --config");
	else if (taken && own.st_mtime > taken)
		note(run, "the configuration was changed after rouse-control took it: what runs "
			  "is older than what was compared with");
}

static void ask(struct run *run, const char *runtime_dir) {
	struct store_order *orders;
	json_t *answer = NULL;
	long status, count;

	if (rest_client_call(runtime_dir, "GET", "/v1/status", &status, &answer) != CLI_OK)
		return;
	if (status == 200)
		note_age(run, answer);
	json_decref(answer);
	count = node_source_ask(runtime_dir, &run->arena, &run->nodes, &orders);
	if (count < 0)
		note(run, "rouse-control does not tell its nodes: only hosts: were compared, and "
			  "not with what was set by hand");
	else
		run->node_count = (size_t)count;
}

// Machines that are not in hosts: are known while rouse-control runs.
static void look_at_what_runs(struct run *run) {
	struct instance instance = {0};
	enum state_health health;
	uint64_t age_ms, pid;

	snprintf(
		instance.runtime_dir, sizeof(instance.runtime_dir), "%s", run->before->runtime_dir);
	if (instance_health(&instance, "control", ROUSE_REGION_CONTROL, &health, &age_ms, &pid) ==
			0 &&
		health == STATE_ALIVE)
		ask(run, instance.runtime_dir);
	else
		note(run, "rouse-control does not run: only hosts: were compared, not machines "
			  "that it has seen, and not with what was set by hand");
}

// --- text

static void print_nodes(const struct config_node_change *change) {
	size_t count = change->node_count;

	if (count == 1)
		printf("%s", change->nodes[0]);
	else if (count == 2)
		printf("2 nodes (%s, %s)", change->nodes[0], change->nodes[1]);
	else
		printf("%zu nodes (%s ... %s)", count, change->nodes[0], change->nodes[count - 1]);
}

static void print_node_change(const struct config_node_change *change) {
	print_nodes(change);
	if (change->role)
		printf(": role %s", change->role);
	printf(": %s: %s -> %s\n", change->what, change->before ? change->before : "(none)",
		change->after ? change->after : "(none)");
}

static void print_node_changes(const struct config_diff *diff) {
	size_t of_kind = 0;

	for (size_t i = 0; i < diff->node_change_count; i++) {
		const struct config_node_change *change = &diff->node_changes[i];
		bool same = i && !strcmp(change[-1].what, change->what);
		bool last = i + 1 == diff->node_change_count ||
			    strcmp(change[1].what, change->what) != 0;

		of_kind = same ? of_kind + 1 : 1;
		if (of_kind <= LINES_OF_A_KIND)
			print_node_change(change);
		else if (last)
			printf("... and %zu more changes of %s: see --json\n",
				of_kind - LINES_OF_A_KIND, change->what);
	}
}

static const char *kind_text(enum config_change_kind kind) {
	return kind == CONFIG_ADDED ? "added" : kind == CONFIG_REMOVED ? "removed" : "changed";
}

static void print_parts(const struct config_diff *diff) {
	for (size_t i = 0; i < diff->change_count; i++) {
		const struct config_change *change = &diff->changes[i];

		printf("%s %s: %s%s%s\n", change->what, change->name, kind_text(change->kind),
			change->keys[0] ? ": " : "", change->keys);
	}
	for (size_t i = 0; i < diff->restart.count && i < CONFIG_ERRORS_MAX; i++)
		printf("key %s: changed, %s\n", diff->restart.list[i].key,
			diff->restart.list[i].text);
}

static void print_text(const struct run *run, const struct config_diff *diff) {
	print_node_changes(diff);
	print_parts(diff);
	if (config_diff_is_empty(diff))
		puts("nothing would change");
	else
		printf("%zu node%s would change\n", diff->node_count,
			diff->node_count == 1 ? "" : "s");
	for (size_t i = 0; i < run->note_count; i++)
		fprintf(stderr, "note: %s\n", run->notes[i]);
}

// --- JSON

static json_t *or_null(const char *text) {
	return text ? json_string(text) : json_null();
}

static json_t *node_changes_json(const struct config_diff *diff) {
	json_t *list = json_array();

	for (size_t i = 0; i < diff->node_change_count; i++) {
		const struct config_node_change *change = &diff->node_changes[i];
		json_t *nodes = json_array();

		for (size_t k = 0; k < change->node_count; k++)
			json_array_append_new(nodes, json_string(change->nodes[k]));
		json_array_append_new(
			list, json_pack("{s:o, s:s, s:o, s:o, s:o}", "role", or_null(change->role),
				      "what", change->what, "before", or_null(change->before),
				      "after", or_null(change->after), "nodes", nodes));
	}
	return list;
}

static json_t *parts_json(const struct config_diff *diff) {
	json_t *list = json_array();

	for (size_t i = 0; i < diff->change_count; i++) {
		const struct config_change *change = &diff->changes[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "what", change->what,
						    "name", change->name, "change",
						    kind_text(change->kind), "keys", change->keys));
	}
	return list;
}

static json_t *restart_json(const struct config_diff *diff) {
	json_t *list = json_array();

	for (size_t i = 0; i < diff->restart.count && i < CONFIG_ERRORS_MAX; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:s}", "key", diff->restart.list[i].key, "text",
				      diff->restart.list[i].text));
	return list;
}

static void print_json(const struct run *run, const struct config_diff *diff) {
	json_t *notes = json_array();

	for (size_t i = 0; i < run->note_count; i++)
		json_array_append_new(notes, json_string(run->notes[i]));
	output_json(json_pack("{s:s, s:s, s:b, s:I, s:o, s:o, s:o, s:o}", "before",
		cmd_config_path(run->args), "after", run->path, "same", config_diff_is_empty(diff),
		"node_count", (json_int_t)diff->node_count, "nodes", node_changes_json(diff),
		"parts", parts_json(diff), "restart", restart_json(diff), "notes", notes));
}

// --- in order

static int load(struct run *run) {
	static struct config_errors errors;

	run->after = config_load(run->path, &errors);
	if (!run->after && cli_flag(run->args, "json"))
		output_json(cmd_errors_json(run->path, &errors));
	else if (!run->after)
		cmd_print_errors(run->path, &errors, stdout);
	if (!run->after)
		return CLI_FAILED;
	run->before = cmd_load_config(run->args);
	return run->before ? CLI_OK : CLI_FAILED;
}

static int compare(struct run *run) {
	struct config_diff *diff;

	look_at_what_runs(run);
	diff = config_diff_make(run->before, run->after, run->nodes, run->node_count,
		config_lease_table(run->before));
	if (cli_flag(run->args, "json"))
		print_json(run, diff);
	else
		print_text(run, diff);
	config_diff_free(diff);
	return CLI_OK;
}

static int run(const struct cli_args *args) {
	struct run run = {.args = args, .path = args->operand[0]};
	int rc = load(&run);

	if (rc == CLI_OK)
		rc = compare(&run);
	config_free(run.before);
	config_free(run.after);
	arena_free(&run.arena);
	return rc;
}

static const struct cli_option options[] = {
	CLI_OPTION_CONFIG,
	CLI_OPTION_JSON,
	CLI_OPTION_END,
};

const struct cli_command cmd_diff = {
	.name = "diff",
	.operands = "FILE",
	.operands_min = 1,
	.operands_max = 1,
	.help = "what another configuration would change, and for which nodes",
	.detail =
		"Compares FILE with the configuration that is there, which rouse reload takes:\n"
		"for each machine its role, profile, what it loads, address and variables, then\n"
		"profiles, roles, menus, boot rules, networks and keys. While rouse-control runs\n"
		"the machines that it has seen are compared, too, else those of hosts: only.\n"
		"What was set by hand counts with both. Variables are put into command lines as\n"
		"far as they are known before a boot. Of a secret it is only told that it changes.",
	.options = options,
	.run = run,
};
