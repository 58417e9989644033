// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/node_client.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "human.h"
#include "text.h"

#define NAMES_SHOWN 50u // --json has all

bool node_client_name_is_good(const char *name) {
	json_t *text = json_string(name); // NULL: no UTF-8
	bool good =
		text && name[0] && !strchr(name, '/') && strlen(name) < REST_CLIENT_PART_SIZE / 3;

	json_decref(text);
	if (!good)
		cli_error("\"%.80s\" can be no name", name);
	return good;
}

bool node_client_path(
	const char *kind, const char *name, const char *rest, char out[NODE_PATH_SIZE]) {
	char part[REST_CLIENT_PART_SIZE];

	if (!node_client_name_is_good(name))
		return false;
	snprintf(out, NODE_PATH_SIZE, "/v1/%s/%s%s", kind, rest_client_part(name, part), rest);
	return true;
}

int node_client_get(const struct cli_args *args, const char *kind, const char *name,
	const char *rest, json_t **answer) {
	struct instance instance;
	char path[NODE_PATH_SIZE];
	int rc = instance_find(args, &instance);

	if (rc != CLI_OK)
		return rc;
	if (!node_client_path(kind, name, rest, path))
		return CLI_USAGE;
	return rest_client_send(instance.runtime_dir, "GET", path, NULL, answer);
}

static int get_list(const char *runtime_dir, const char *kind, json_t **list) {
	json_t *answer = NULL;
	char path[64];
	int rc;

	snprintf(path, sizeof(path), "/v1/%s", kind);
	rc = rest_client_send(runtime_dir, "GET", path, NULL, &answer);
	if (rc == CLI_OK)
		*list = json_incref(json_object_get(answer, kind));
	json_decref(answer);
	return rc;
}

int node_client_list(const struct cli_args *args, const char *kind, json_t **list) {
	struct instance instance;
	int rc = instance_find(args, &instance);

	return rc == CLI_OK ? get_list(instance.runtime_dir, kind, list) : rc;
}

void node_client_print_names(const json_t *list) {
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) puts(node_client_text(item, "name"));
}

void node_client_print_users(const json_t *object) {
	json_t *names = json_object_get(object, "node_names"), *name;
	size_t i;

	printf("%-10s %zu%s", "nodes", json_array_size(names), json_array_size(names) ? ":" : "");
	json_array_foreach(names, i, name) {
		if (i == NAMES_SHOWN) {
			printf(" and %zu more", json_array_size(names) - NAMES_SHOWN);
			break;
		}
		printf(" %s", json_string_value(name));
	}
	putchar('\n');
}

// --- patterns

static bool is_pattern(const char *word) {
	return strpbrk(word, "*?[") != NULL;
}

static void add_once(json_t *names, json_t *seen, const char *name) {
	if (json_object_get(seen, name))
		return;
	json_object_set_new(seen, name, json_true());
	json_array_append_new(names, json_string(name));
}

static int expand(const json_t *nodes, const char *pattern, json_t *names, json_t *seen) {
	size_t i, found = 0;
	json_t *node;

	json_array_foreach(nodes, i, node) {
		const char *name = node_client_text(node, "name");

		if (!text_glob(pattern, strlen(pattern), name, strlen(name), true))
			continue;
		add_once(names, seen, name);
		found++;
	}
	if (!found)
		cli_error("no node's name matches %s: see rouse node list", pattern);
	return found ? CLI_OK : CLI_FAILED;
}

int node_client_expand(const char *runtime_dir, char *const *words, int count, json_t **names) {
	json_t *nodes = NULL, *seen = json_object();
	int rc = CLI_OK;

	*names = json_array();
	for (int i = 0; i < count && rc == CLI_OK; i++) {
		if (!node_client_name_is_good(words[i])) {
			rc = CLI_USAGE;
			break;
		}
		if (!is_pattern(words[i])) {
			add_once(*names, seen, words[i]);
			continue;
		}
		if (!nodes)
			rc = get_list(runtime_dir, "nodes", &nodes);
		if (rc == CLI_OK)
			rc = expand(nodes, words[i], *names, seen);
	}
	json_decref(nodes);
	json_decref(seen);
	return rc;
}

// --- texts

const char *node_client_text(const json_t *object, const char *name) {
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

char *node_client_ago(json_int_t unix_s, char out[40]) {
	json_int_t now = time(NULL);
	char age[HUMAN_SIZE];

	out[0] = '\0';
	if (unix_s)
		snprintf(out, 40, "%s ago",
			human_duration((uint64_t)(now > unix_s ? now - unix_s : 0), age));
	return out;
}
