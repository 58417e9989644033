// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "publish_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// A file in node_dir: host is its directory's name, rest what that host calls the file.
struct node_file {
	const char *host;
	size_t host_len;
	const char *rest;
};

// False: the file is everybody's.
static bool split(const struct config *config, const char *path, struct node_file *file) {
	size_t len = config->node_dir ? strlen(config->node_dir) : 0;
	const char *slash;

	if (!len || strncmp(path, config->node_dir, len) != 0 || path[len] != '/')
		return false;
	file->host = path + len + 1;
	slash = strchr(file->host, '/');
	file->host_len = slash ? (size_t)(slash - file->host) : strlen(file->host);
	file->rest = slash ? slash + 1 : "";
	return true;
}

static int compare_names(const char *a, const char *b, size_t b_len) {
	int order = strncasecmp(a, b, b_len);

	return order ? order : a[b_len] != 0;
}

static int by_name(const void *a, const void *b) {
	const struct config_host *const *x = a, *const *y = b;

	return strcasecmp((*x)->name, (*y)->name);
}

static const struct config_host **sort_hosts(const struct config *config) {
	const struct config_host **hosts = mem_alloc((config->host_count + 1) * sizeof(*hosts));

	for (uint32_t i = 0; i < config->host_count; i++)
		hosts[i] = &config->hosts[i];
	qsort(hosts, config->host_count, sizeof(*hosts), by_name);
	return hosts;
}

// Index + 1, as in policy_name.node; 0: no host has this name.
static uint32_t find_host(const struct config *config, const struct config_host **hosts,
	const struct node_file *file) {
	uint32_t low = 0, high = config->host_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;
		int order = compare_names(hosts[middle]->name, file->host, file->host_len);

		if (order == 0)
			return (uint32_t)(hosts[middle] - config->hosts) + 1;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

static void add_name(struct policy_builder *builder, const struct image_entry *entry,
	const char *path, uint32_t node) {
	policy_build_name(builder, &(struct policy_name){
					   .path = policy_build_bytes(builder, path, strlen(path)),
					   .node = node,
					   .slot = entry->slot,
					   .generation = entry->generation,
					   .size = entry->size,
					   .state = entry->state,
				   });
}

// --- rendered texts

// Index + 1 of the host with this MAC: those of hosts: come first, then those of the set that
// hosts: does not have, in its order.
static uint32_t *unlisted_indexes(const struct config *config, const struct rendered_set *set) {
	uint32_t *indexes = mem_alloc((set->node_count + 1) * sizeof(*indexes));
	uint32_t next = config->host_count + 1;

	for (size_t i = 0; i < set->node_count; i++) {
		const struct config_host *host = config_host_by_mac(config, set->nodes[i].mac);

		indexes[i] = host ? (uint32_t)(host - config->hosts) + 1 : next++;
	}
	return indexes;
}

static bool host_has_file(const struct config *config, const struct image_table *images,
	const char *host, const char *name) {
	char path[POLICY_NAME_MAX + 1];

	if (!config->node_dir)
		return false;
	snprintf(path, sizeof(path), "%s/%s/%s", config->node_dir, host, name);
	return image_table_find(images, path) != NULL;
}

// The node's number in policy_name.node; -1: the operator has a file of this name, or the machine
// is no node of this snapshot.
static int64_t number_of(const struct config *config, const struct image_table *images,
	const uint32_t *indexes, const struct rendered_file *file) {
	const struct rendered_set *set = images->rendered;
	const struct rendered_node *node;

	if (image_table_find(images, file->name))
		return -1;
	if (file->common)
		return 0;
	node = rendered_set_find(set, file->mac);
	if (!node || host_has_file(config, images, node->name, file->name))
		return -1;
	return indexes[node - set->nodes] | (file->order ? POLICY_NODE_ORDER : 0);
}

static void add_rendered(struct policy_builder *builder, const struct config *config,
	const struct image_table *images) {
	const struct rendered_set *set = images->rendered;
	uint32_t *indexes = unlisted_indexes(config, set);

	for (size_t i = 0; i < set->file_count; i++) {
		const struct rendered_file *file = &set->files[i];
		const struct image_rendered_place *place = &images->rendered_places[file->text];
		int64_t number = number_of(config, images, indexes, file);

		if (number < 0 || !place->served)
			continue;
		policy_build_name(builder,
			&(struct policy_name){
				.path = policy_build_bytes(builder, file->name, strlen(file->name)),
				.node = (uint32_t)number,
				.slot = place->slot,
				.generation = place->generation,
				.size = set->texts[file->text]->len,
				.state = POLICY_NAME_SERVED,
			});
	}
	free(indexes);
}

bool publish_is_rendered(const struct image_table *images, const char *name) {
	const struct rendered_set *set = images ? images->rendered : NULL;

	for (size_t i = 0; set && i < set->file_count; i++)
		if (set->files[i].common && !strcmp(set->files[i].name, name))
			return true;
	return false;
}

// Firmware is told a file, or by the end of its URI one, that is below boot_root. The rule for iPXE
// always applies, or iPXE would be told to load itself again and again.
bool publish_rule_applies(const struct image_table *images, const struct config_rule *rule) {
	const char *name = rule->file;
	bool firmware = rule->match.count && rule->match.list[0].match == POLICY_MATCH_ARCH;

	if (rule->line || !name || !images || !firmware)
		return true;
	if (strstr(name, "://"))
		name = strrchr(name, '/') + 1;
	return image_table_find(images, name) != NULL;
}

struct publish_orphans publish_names(struct policy_builder *builder, const struct config *config,
	const struct image_table *images) {
	const struct config_host **hosts = sort_hosts(config);
	struct publish_orphans orphans = {0};

	for (size_t i = 0; images && i < images->count; i++) {
		const struct image_entry *entry = &images->entries[i];
		struct node_file file;
		uint32_t node;

		if (!split(config, entry->path, &file)) {
			add_name(builder, entry, entry->path, 0);
			continue;
		}
		node = *file.rest ? find_host(config, hosts, &file) : 0;
		if (node)
			add_name(builder, entry, file.rest, node);
		else if (!orphans.count++)
			orphans.first = entry->path;
	}
	free(hosts);
	if (images && images->rendered)
		add_rendered(builder, config, images);
	return orphans;
}

bool publish_some_host_has(
	const struct config *config, const struct image_table *images, const char *name) {
	struct node_file file;

	for (size_t i = 0; config->node_dir && i < images->count; i++)
		if (split(config, images->entries[i].path, &file) && !strcasecmp(file.rest, name))
			return true;
	return false;
}

uint32_t publish_file_blocks(const struct config *config, const struct image_table *images,
	const char *file, uint32_t next_server) {
	const struct image_entry *entry = NULL;
	uint64_t blocks;

	if (file && !next_server)
		entry = image_table_find(images, file);
	if (!entry || !entry->served || publish_some_host_has(config, images, file))
		return 0;
	blocks = (entry->size + 511) / 512;
	return blocks <= UINT16_MAX ? (uint32_t)blocks : 0;
}
