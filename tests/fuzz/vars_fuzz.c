// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Variables of a configuration's text: any text gives a tree within its bounds; one without errors
// merges to a set in which each is found by its name, and JSON shows no secret of it, and what it
// shows is read back the same.

#include "config_tree.h"
#include "fuzz.h"
#include "vars_json.h"

static size_t check_tree(const struct vars_value *value, uint32_t depth, bool *secrets) {
	size_t values = 1, items = 0;

	FUZZ_ASSERT(depth <= VARS_DEPTH_MAX + 1 && (value->kind == VARS_TEXT || !value->secret));
	FUZZ_ASSERT(!value->text || strlen(value->text) == value->len);
	FUZZ_ASSERT(value->len <= VARS_TEXT_MAX);
	*secrets |= value->secret;
	for (const struct vars_value *item = value->first; item; item = item->next, items++) {
		FUZZ_ASSERT(!item->name == (value->kind == VARS_LIST));
		values += check_tree(item, depth + 1, secrets);
	}
	FUZZ_ASSERT(items == value->count);
	return values;
}

static void fail(void *context, const struct vars_entry *before, const struct vars_entry *after) {
	(void)context;
	(void)before;
	(void)after;
	FUZZ_ASSERT(false);
}

static const struct vars_merged *merge_one(struct arena *arena, const struct vars *vars) {
	const struct vars_layer layers[] = {{VARS_SITE, vars}, {VARS_HOST, vars}};
	const struct vars_merged *merged = vars_merge(arena, layers, 2);

	FUZZ_ASSERT(merged->count == vars->map.count);
	for (size_t i = 0; i < merged->count; i++) {
		const struct vars_entry *entry = &merged->entries[i];

		FUZZ_ASSERT(entry->origin == VARS_HOST);
		FUZZ_ASSERT(vars_find(merged, entry->name, strlen(entry->name)) == entry);
	}
	return merged;
}

static void through_json(struct arena *arena, const struct vars *vars, bool secrets,
	const struct vars_merged *merged) {
	static struct config_errors errors;
	json_t *json = vars_json(vars, false);
	struct vars *back;

	FUZZ_ASSERT(json);
	errors.count = 0;
	back = vars_from_json(arena, json, "vars", &errors);
	FUZZ_ASSERT((errors.count > 0) == secrets);
	if (!secrets)
		vars_compare(merged, merge_one(arena, back), fail, NULL);
	json_decref(json);
	json = vars_json(vars, true);
	FUZZ_ASSERT(json);
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct config_errors errors;
	uint8_t *text = fuzz_exact(data, size);
	struct arena arena = {0};
	const struct config_node *map;

	errors.count = 0;
	map = config_tree_parse(&arena, (const char *)text, size, &errors);
	if (map) {
		const struct vars *vars = vars_read(&arena, map, "vars", &errors);
		bool secrets = false;

		FUZZ_ASSERT(check_tree(&vars->map, 0, &secrets) <= VARS_VALUES_MAX + 1);
		if (!errors.count)
			through_json(&arena, vars, secrets, merge_one(&arena, vars));
	}
	arena_free(&arena);
	free(text);
	return 0;
}
