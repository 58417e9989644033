// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Walks the tree by the table of keys: sections, required keys, defaults, unknown keys. What a
// value means is in config_types.c and its siblings; what values mean together is in
// config_check.c.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_builtin.h"
#include "config_check.h"
#include "config_read.h"
#include "text.h"

static void read_section(struct config_context *c, enum config_section_id section,
	const struct config_node *map, void *record);

// A list of maps: one record of another section for each.
static void read_records(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	const struct config_section *section = &config_sections[key->records];
	struct config_context inner = *c;
	uint32_t index = 0;
	char *records;

	if (node->kind != CONFIG_LIST) {
		config_bad(c, key, node, "takes a list: lines that begin with \"- \"");
		return;
	}
	if (node->count > section->max) {
		config_bad(c, key, node, "has %u entries, more than %u", node->count, section->max);
		return;
	}
	if ((key->flags & CONFIG_REQUIRED) && !node->count)
		config_bad(c, key, node, "needs at least one entry");
	records = arena_alloc(c->arena, node->count * section->size);
	for (const struct config_node *item = node->first; item; item = item->next, index++) {
		snprintf(inner.record, sizeof(inner.record), "%s%s%s[%u]", c->record,
			c->record[0] ? "." : "", key->name, index);
		if (item->kind == CONFIG_MAP)
			read_section(&inner, key->records, item, records + index * section->size);
		else
			config_bad(c, key, item, "entry %u takes keys, as in {a: 1, b: 2}", index);
	}
	*(void **)config_field(key, record) = records;
	*(uint32_t *)config_field2(key, record) = node->count;
}

static void read_map(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	struct config_context inner = *c;

	if (node->kind != CONFIG_MAP) {
		config_bad(c, key, node, "takes keys, as in {a: 1, b: 2}");
		return;
	}
	snprintf(inner.record, sizeof(inner.record), "%s", key->name);
	read_section(&inner, key->records, node, config_field(key, record));
}

static void read_value(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	if (key->type == CONFIG_TYPE_RECORDS)
		read_records(c, key, node, record);
	else if (key->type == CONFIG_TYPE_MAP)
		read_map(c, key, node, record);
	else
		config_readers[key->type](c, key, node, record);
}

static void refuse_unknown(
	struct config_context *c, enum config_section_id section, const struct config_node *node) {
	const char *nearest = config_key_nearest(section, node->key);
	struct config_key named = {.name = node->key};
	struct config_node at = {.line = node->key_line};

	if (nearest)
		config_bad(c, &named, &at, "there is no such key; is it %s?", nearest);
	else
		config_bad(c, &named, &at, "there is no such key");
}

// What the map does not say: an error where it must, the default where there is one.
static void read_absent(struct config_context *c, const struct config_key *key,
	const struct config_node *map, void *record) {
	struct config_node fallback = {.kind = CONFIG_SCALAR, .text = key->fallback};
	struct config_node empty = {.kind = CONFIG_MAP, .line = map->line};

	if (key->flags & CONFIG_REQUIRED)
		config_bad(c, key, map, "is required: %s", key->help);
	else if (key->type == CONFIG_TYPE_MAP)
		read_map(c, key, &empty, record);
	else if (key->fallback)
		read_value(c, key, &fallback, record);
}

static void read_key(struct config_context *c, const struct config_key *key,
	const struct config_node *map, void *record) {
	const struct config_node *node = config_tree_find(map, key->name);

	if (node && key->type == CONFIG_TYPE_MAP && key->offset2)
		*(bool *)config_field2(key, record) = true;
	if (node)
		read_value(c, key, node, record);
	else
		read_absent(c, key, map, record);
}

static void read_section(struct config_context *c, enum config_section_id section,
	const struct config_node *map, void *record) {
	// Every section's struct but the top's begins with its line.
	if (section != CONFIG_TOP)
		*(uint32_t *)record = map->line;
	for (size_t i = 0; i < config_key_count; i++)
		if (config_keys[i].section == section)
			read_key(c, &config_keys[i], map, record);
	for (const struct config_node *node = map->first; node; node = node->next)
		if (!config_key_find(section, node->key))
			refuse_unknown(c, section, node);
}

static bool parse_pool(const char *text, struct config_pool *pool) {
	const char *dash = strchr(text, '-');
	char first[TEXT_IP_SIZE];

	if (!dash || (size_t)(dash - text) >= sizeof(first))
		return false;
	memcpy(first, text, (size_t)(dash - text));
	first[dash - text] = '\0';
	return text_parse_ip(first, &pool->first) == 0 && text_parse_ip(dash + 1, &pool->last) == 0;
}

static int by_first(const void *a, const void *b) {
	const struct config_pool *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

// Three keys fill the list.
static void make_room(struct config_context *c, struct config_subnet *subnet, uint32_t count) {
	struct config_pool *pools =
		arena_alloc(c->arena, (subnet->pool_count + (size_t)count) * sizeof(*pools));

	if (subnet->pool_count)
		memcpy(pools, subnet->pools, subnet->pool_count * sizeof(*pools));
	subnet->pools = pools;
}

void config_read_pools(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	struct config_subnet *subnet = record;
	const struct config_node *item;
	int64_t count = config_scalars(c, key, node, &item);

	if (count < 0)
		return;
	make_room(c, subnet, (uint32_t)count);
	for (; count; count--, item = item->next) {
		struct config_pool *pool = &subnet->pools[subnet->pool_count];

		pool->line = item->line;
		pool->users = (uint32_t)key->max;
		if (!parse_pool(item->text, pool)) {
			config_bad(c, key, item,
				"\"%.64s\" is not a range: write 10.77.0.50-10.77.0.250",
				item->text);
			return;
		}
		if (pool->first > pool->last) {
			config_bad(c, key, item, "%.64s ends before it begins", item->text);
			return;
		}
		subnet->pool_count++;
	}
	qsort(subnet->pools, subnet->pool_count, sizeof(*subnet->pools), by_first);
}

uint32_t config_mask(uint8_t prefix_len) {
	return prefix_len ? ~0u << (32 - prefix_len) : 0;
}

uint32_t config_lease_count(const struct config *config) {
	uint64_t count = config->host_count;

	if (config->max_leases)
		return config->max_leases;
	for (uint32_t i = 0; i < config->subnet_count; i++)
		for (uint32_t k = 0; k < config->subnets[i].pool_count; k++)
			count += (uint64_t)config->subnets[i].pools[k].last -
				 config->subnets[i].pools[k].first + 1;
	if (count > CONFIG_MAX_LEASES)
		count = CONFIG_MAX_LEASES;
	return count ? (uint32_t)count : 1;
}

uint32_t config_lease_table(const struct config *config) {
	uint32_t count = config_lease_count(config);

	if (config->max_leases)
		return count;
	return count < CONFIG_MAX_LEASES - CONFIG_LEASES_SPARE ? count + CONFIG_LEASES_SPARE
							       : CONFIG_MAX_LEASES;
}

static int by_mac(const void *a, const void *b) {
	const struct config_host *const *x = a, *const *y = b;

	return memcmp((*x)->mac, (*y)->mac, sizeof((*x)->mac));
}

static void sort_hosts(struct config *config) {
	config->hosts_by_mac =
		arena_alloc(&config->arena, config->host_count * sizeof(*config->hosts_by_mac));
	for (uint32_t i = 0; i < config->host_count; i++)
		config->hosts_by_mac[i] = &config->hosts[i];
	qsort(config->hosts_by_mac, config->host_count, sizeof(*config->hosts_by_mac), by_mac);
}

const struct config_host *config_host_by_mac(const struct config *config, const uint8_t mac[6]) {
	struct config_host wanted;
	const struct config_host *key = &wanted, *const * found;

	memcpy(wanted.mac, mac, sizeof(wanted.mac));
	found = bsearch(&key, config->hosts_by_mac, config->host_count,
		sizeof(*config->hosts_by_mac), by_mac);
	return found ? *found : NULL;
}

struct config *config_read_builtin(struct arena *arena, const char *text) {
	static const char *const keys[] = {"boot", "profiles", "menus"};
	struct config_errors *errors = mem_alloc(sizeof(*errors));
	struct config_context c = {.arena = arena, .errors = errors};
	struct config_node *root = config_tree_parse(arena, text, strlen(text), errors);
	struct config *config = mem_alloc(sizeof(*config));

	for (size_t i = 0; root && i < sizeof(keys) / sizeof(keys[0]); i++)
		read_key(&c, config_key_find(CONFIG_TOP, keys[i]), root, config);
	if (errors->count) {
		free(config);
		config = NULL;
	}
	free(errors);
	return config;
}

// Whether the configuration says what machines become, or only which file they load.
static bool has_brain(const struct config_node *root) {
	static const char *const keys[] = {"profiles", "roles", "unknown", "menus"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (config_tree_find(root, keys[i]))
			return true;
	return false;
}

// Without a word of what machines become, it must say what they load.
static void check_boot(
	struct config_context *c, const struct config_node *root, const struct config *config) {
	const struct config_key *key = config_key_find(CONFIG_TOP, "boot");

	if (!config->brain.given && !config_tree_find(root, "boot"))
		config_bad(c, key, root, "is required: %s", key->help);
}

struct config *config_parse(const char *text, size_t len, struct config_errors *errors) {
	struct config *config = mem_alloc(sizeof(*config));
	struct config_context c = {.arena = &config->arena, .errors = errors};
	struct config_node *root = config_tree_parse(&config->arena, text, len, errors);

	if (root) {
		read_section(&c, CONFIG_TOP, root, config);
		config->brain.given = has_brain(root);
		check_boot(&c, root, config);
	}
	// Values that could not be read would only make the checks tell nonsense.
	if (root && !errors->count) {
		if (config->brain.given)
			config_builtin_add(config);
		config_check(config, errors);
	}
	if (!errors->count) {
		sort_hosts(config);
		return config;
	}
	config_errors_sort(errors);
	config_free(config);
	return NULL;
}

struct config *config_parse_where(const char *text, size_t len, struct config_errors *errors) {
	struct config *config = mem_alloc(sizeof(*config));
	struct config_context c = {.arena = &config->arena, .errors = errors};
	struct config_node *root = config_tree_parse(&config->arena, text, len, errors);

	if (root)
		read_key(&c, config_key_find(CONFIG_TOP, "runtime_dir"), root, config);
	if (!errors->count)
		return config;
	config_free(config);
	return NULL;
}

void config_free(struct config *config) {
	if (!config)
		return;
	arena_free(&config->arena);
	free(config);
}
