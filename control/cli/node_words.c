// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/node_words.h"

#include <stdio.h>
#include <string.h>

static int put(const struct cli_args *args, json_t *body, const char *name, char *why) {
	const char *text = cli_value(args, name);
	json_t *value;

	if (!text)
		return CLI_OK;
	value = !text[0] || !strcmp(text, "-") ? json_null() : json_string(text);
	if (!value) {
		snprintf(why, CLI_WHY_SIZE, "--%s: this is not UTF-8", name);
		return CLI_USAGE;
	}
	json_object_set_new(body, name, value);
	return CLI_OK;
}

static int put_var(json_t *vars, const char *text, char why[CLI_WHY_SIZE]) {
	const char *equals = strchr(text, '=');
	json_t *name, *value;

	if (!equals || equals == text) {
		snprintf(
			why, CLI_WHY_SIZE, "--var %.60s: write NAME=TEXT, or NAME= for none", text);
		return CLI_USAGE;
	}
	name = json_stringn(text, (size_t)(equals - text));
	value = equals[1] ? json_string(equals + 1) : json_null();
	if (name && value) {
		json_object_set(vars, json_string_value(name), value);
	} else {
		snprintf(why, CLI_WHY_SIZE, "--var: this is not UTF-8");
		json_decref(name);
		json_decref(value);
		return CLI_USAGE;
	}
	json_decref(name);
	json_decref(value);
	return CLI_OK;
}

int node_words_read(const struct cli_args *args, json_t *body, char why[CLI_WHY_SIZE]) {
	static const char *const texts[] = {"name", "mac", "role", "profile", "notes"};
	json_t *vars = json_object();
	const char *var;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (put(args, body, texts[i], why) != CLI_OK) {
			json_decref(vars);
			return CLI_USAGE;
		}
	if (cli_flag(args, "reinstall"))
		json_object_set_new(body, "state", json_string("discovered"));
	for (int i = 0; (var = cli_value_at(args, "var", i)); i++) {
		if (put_var(vars, var, why) == CLI_OK)
			continue;
		json_decref(vars);
		return CLI_USAGE;
	}
	if (json_object_size(vars))
		json_object_set(body, "vars", vars);
	json_decref(vars);
	return CLI_OK;
}
