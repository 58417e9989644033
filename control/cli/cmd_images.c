// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse images: the files of boot_root, what is served and what is not.

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/instance.h"
#include "cli/output.h"
#include "cli/rest_client.h"
#include "human.h"

#define HASH_SHOWN 12 // digits; --sha256 and --json show all

// What the dataplane tells about a slot, if it runs.
static void add_use(const struct instance *instance, json_t *file) {
	const struct state_view *state = &instance->state;
	json_t *slot = json_object_get(file, "slot");
	json_int_t number = json_integer_value(slot);
	uint64_t last_ms, hits;

	if (!slot || !instance->has_state || number < 0 || number >= state->image_slot_count)
		return;
	last_ms = atomic_load_explicit(
		(_Atomic uint64_t *)&state->last_use[number], memory_order_relaxed);
	hits = state_hits(state, (uint32_t)number,
		(uint64_t)json_integer_value(json_object_get(file, "generation")));
	json_object_set_new(file, "pins", json_integer(state_pins(state, (uint32_t)number)));
	json_object_set_new(file, "hits", json_integer((json_int_t)hits));
	// Without a hit it is the last use of what was in the slot before.
	json_object_set_new(
		file, "last_use_unix_s", json_integer(hits ? (json_int_t)(last_ms / 1000) : 0));
}

static void number_or_nothing(json_int_t number, char text[24]) {
	text[0] = '\0';
	if (number)
		snprintf(text, 24, "%lld", (long long)number);
}

static void add_uses(const struct instance *instance, const json_t *files) {
	json_t *file;
	size_t i;

	json_array_foreach(files, i, file) add_use(instance, file);
}

static void add_row(struct table *table, const json_t *file, const char *variant) {
	const char *path = "", *state = "", *reason = NULL, *sha256 = "";
	json_int_t bytes = 0, pins = 0, hits = 0, last_use = 0;
	char size[HUMAN_SIZE], pinned[24], begun[24], used[HUMAN_SIZE + 4] = "", age[HUMAN_SIZE];
	char name[4 * POLICY_NAME_MAX + 64], hash[HASH_SHOWN + 1];

	json_unpack((json_t *)file, "{s:s, s:s, s?I, s?s, s?I, s?I, s?I, s?s}", "path", &path,
		"state", &state, "bytes", &bytes, "reason", &reason, "pins", &pins, "hits", &hits,
		"last_use_unix_s", &last_use, "sha256", &sha256);
	human_memory((uint64_t)bytes, size);
	number_or_nothing(pins, pinned);
	number_or_nothing(hits, begun);
	snprintf(hash, sizeof(hash), "%s", sha256);
	if (last_use)
		snprintf(used, sizeof(used), "%s ago",
			human_duration((uint64_t)(time(NULL) - last_use), age));
	snprintf(name, sizeof(name), "%s%s%s%s", path, variant, reason ? ": " : "",
		reason ? reason : "");
	table_row(table, (const char *const[]){size, state, pinned, begun, used, hash, name});
}

static void print_table(const json_t *answer) {
	json_t *left_out = json_object_get(answer, "left_out"), *item;
	const char *path, *reason;
	struct table table;
	size_t i;

	table_init(&table,
		(const char *const[]){
			">size", "state", ">pins", ">hits", ">last use", "sha256", "file"},
		7);
	json_array_foreach(json_object_get(answer, "files"), i, item) add_row(&table, item, "");
	json_array_foreach(json_object_get(answer, "netascii"), i, item)
		add_row(&table, item, " in netascii");
	json_array_foreach(left_out, i, item) {
		char name[4 * POLICY_NAME_MAX + 128];

		if (json_unpack(item, "{s:s, s:s}", "path", &path, "reason", &reason))
			continue;
		snprintf(name, sizeof(name), "%s: %s", path, reason);
		table_row(&table, (const char *const[]){"", "left out", "", "", "", "", name});
	}
	table_print(&table, stdout, output_width());
	table_free(&table);
}

// As sha256sum prints them, so that it can check them.
static void print_hashes(const json_t *answer) {
	const char *path, *sha256;
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "files"), i, item) {
		if (json_unpack(item, "{s:s, s:s}", "path", &path, "sha256", &sha256) == 0)
			printf("%s  %s\n", sha256, path);
	}
}

static void print_summary(const json_t *answer) {
	json_int_t files = 0, served = 0, bytes = 0, rest = 0, memory = 0, free_bytes = 0;
	const char *region = "";
	char a[HUMAN_SIZE], b[HUMAN_SIZE], c[HUMAN_SIZE];
	int watching = 1;

	json_unpack(json_object_get(answer, "summary"), "{s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:b}",
		"files", &files, "served", &served, "served_bytes", &bytes, "on_request", &rest,
		"memory_bytes", &memory, "free_bytes", &free_bytes, "region", &region, "watching",
		&watching);
	printf("\n%lld of %lld files in memory, %s, %lld more on request; memory %s, free %s, in "
	       "%s\n",
		(long long)served, (long long)files, human_memory((uint64_t)bytes, a),
		(long long)rest, human_memory((uint64_t)memory, b),
		human_memory((uint64_t)free_bytes, c), region);
	if (!watching)
		puts("changes are looked for every 30 s");
}

static int run(const struct cli_args *args) {
	struct instance instance;
	char why[SHM_WHY_SIZE];
	json_t *answer = NULL;
	int rc = instance_find(args, &instance);

	if (rc == CLI_OK)
		rc = rest_client_get(instance.runtime_dir, "/v1/images", &answer);
	if (rc != CLI_OK)
		return rc;
	instance.has_state = state_view_open(&instance.state, instance.runtime_dir, why) == 0;
	add_uses(&instance, json_object_get(answer, "files"));
	add_uses(&instance, json_object_get(answer, "netascii"));
	instance_close(&instance);
	if (cli_flag(args, "json")) {
		output_json(answer);
		return CLI_OK;
	}
	if (cli_flag(args, "sha256")) {
		print_hashes(answer);
	} else {
		print_table(answer);
		print_summary(answer);
	}
	json_decref(answer);
	return CLI_OK;
}

static const struct cli_option options[] = {INSTANCE_OPTIONS,
	{"sha256", NULL, "print what was read as sha256sum does, to be checked by it"},
	CLI_OPTION_JSON, CLI_OPTION_END};

const struct cli_command cmd_images = {
	.name = "images",
	.operands = "",
	.help = "list the files of boot_root: which are in memory, and why not",
	.detail = "Files served are in memory; those on request are loaded when somebody asks for\n"
		  "them, and make others leave that were used longest ago. Pins are the transfers\n"
		  "that read a file now, hits those that have begun since it was last changed. A\n"
		  "file is left out when it is larger than memory:, cannot be read, keeps\n"
		  "changing, or is a symbolic link that leads out of boot_root. What clients ask\n"
		  "for in netascii (tftp-hpa does unless told) is a file of its own in memory.",
	.options = options,
	.run = run,
};
