// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "publish_names.h"

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
