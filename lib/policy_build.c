// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Collects records in any order into a work area; policy_layout.c makes a snapshot of it. The work
// area is the builder, the bytes section as it grows, and a list of records that follow each other,
// each with the section it belongs to.

#include "policy_build.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "policy_builder.h"
#include "policy_check.h"
#include "policy_index.h"
#include "text.h"

size_t policy_builder_size(size_t snapshot_size) {
	return sizeof(struct policy_builder) + 2 * snapshot_size + 8;
}

struct policy_builder *policy_builder_init(void *memory, size_t memory_size, size_t snapshot_size) {
	struct policy_builder *b = memory;

	if (memory_size < policy_builder_size(snapshot_size) || (uintptr_t)memory % 8 != 0 ||
		snapshot_size > POLICY_SNAPSHOT_MAX)
		return NULL;
	memset(b, 0, sizeof(*b));
	b->area_size = snapshot_size & ~(size_t)7;
	b->bytes = (uint8_t *)(b + 1);
	b->records = b->bytes + b->area_size;
	return b;
}

__attribute__((format(printf, 3, 4))) static void fail(
	struct policy_builder *b, int error, const char *format, ...) {
	va_list args;

	if (b->error)
		return;
	b->error = error;
	va_start(args, format);
	vsnprintf(b->why, sizeof(b->why), format, args);
	va_end(args);
}

struct policy_ref policy_build_bytes(struct policy_builder *b, const void *data, size_t len) {
	struct policy_ref *shared = &b->shared[hash_fnv(data, len) % POLICY_SHARED_ENTRIES];
	uint32_t at = b->count[POLICY_BYTES];

	if (len == 0)
		return (struct policy_ref){0};
	if (shared->len == len && memcmp(b->bytes + shared->offset, data, len) == 0)
		return *shared;
	if (len > b->area_size - at) {
		fail(b, -ENOSPC, "the text and options do not fit a snapshot");
		return (struct policy_ref){0};
	}
	memcpy(b->bytes + at, data, len);
	b->count[POLICY_BYTES] += (uint32_t)len;
	*shared = (struct policy_ref){.offset = at, .len = (uint32_t)len};
	return *shared;
}

static void add(struct policy_builder *b, enum policy_section_id section, const void *data,
	size_t size, size_t count) {
	uint64_t bytes = (uint64_t)size * count;
	struct policy_record record = {.section = section, .size = (uint32_t)bytes};
	uint8_t *at = b->records + b->records_len;

	if (count == 0)
		return;
	if (bytes + 8 + sizeof(record) > b->area_size - b->records_len) {
		fail(b, -ENOSPC, "the records do not fit a snapshot");
		return;
	}
	memcpy(at, &record, sizeof(record));
	memcpy(at + sizeof(record), data, bytes);
	b->records_len += policy_record_step(&record);
	b->count[section] += (uint32_t)count;
}

void policy_build_globals(struct policy_builder *b, const struct policy_globals *globals) {
	b->globals = *globals;
	b->has_globals = true;
	if (globals->runtime_dir)
		b->runtime_dir =
			policy_build_bytes(b, globals->runtime_dir, strlen(globals->runtime_dir));
	if (globals->state_dir)
		b->state_dir =
			policy_build_bytes(b, globals->state_dir, strlen(globals->state_dir));
}

void policy_build_port(struct policy_builder *b, const struct policy_port *port) {
	add(b, POLICY_PORTS, port, sizeof(*port), 1);
}

static void add_pool(struct policy_builder *b, const struct policy_subnet *subnet,
	const struct policy_pool *pool) {
	uint32_t first = pool->first, last = pool->last;
	char a[TEXT_IP_SIZE];
	char z[TEXT_IP_SIZE];
	char ip[TEXT_IP_SIZE];

	if (first > last || (first & subnet->mask) != subnet->network ||
		(last & subnet->mask) != subnet->network)
		fail(b, -EINVAL, "pool %s-%s is not an ascending range inside subnet %s",
			text_ip(first, a), text_ip(last, z), text_ip(subnet->network, ip));
	add(b, POLICY_POOLS, pool, sizeof(*pool), 1);
}

void policy_build_subnet(struct policy_builder *b, const struct policy_subnet *subnet,
	const struct policy_pool *pools, size_t pool_count, const uint32_t *relays,
	size_t relay_count) {
	struct policy_subnet copy = *subnet;

	copy.broadcast = subnet->network | ~subnet->mask;
	copy.pools = (struct policy_range){0};
	copy.relays.first = b->count[POLICY_RELAYS];
	copy.relays.count = (uint32_t)relay_count;
	add(b, POLICY_SUBNETS, &copy, sizeof(copy), 1);
	add(b, POLICY_RELAYS, relays, sizeof(relays[0]), relay_count);
	for (size_t i = 0; i < pool_count; i++)
		add_pool(b, subnet, &pools[i]);
}

uint32_t policy_build_host(struct policy_builder *b, const struct policy_host *host) {
	add(b, POLICY_HOSTS, host, sizeof(*host), 1);
	return b->count[POLICY_HOSTS] - 1;
}

void policy_build_menu(struct policy_builder *b, const struct policy_rule *rule,
	const struct policy_condition *conditions, size_t condition_count,
	const struct policy_menu_item *items, size_t item_count) {
	struct policy_rule copy = *rule;

	copy.conditions.first = b->count[POLICY_CONDITIONS];
	copy.conditions.count = (uint32_t)condition_count;
	copy.menu.first = b->count[POLICY_MENU_ITEMS];
	copy.menu.count = (uint32_t)item_count;
	add(b, POLICY_RULES, &copy, sizeof(copy), 1);
	add(b, POLICY_CONDITIONS, conditions, sizeof(conditions[0]), condition_count);
	add(b, POLICY_MENU_ITEMS, items, sizeof(items[0]), item_count);
}

void policy_build_rule(struct policy_builder *b, const struct policy_rule *rule,
	const struct policy_condition *conditions, size_t condition_count) {
	policy_build_menu(b, rule, conditions, condition_count, NULL, 0);
}

void policy_build_name(struct policy_builder *b, const struct policy_name *name) {
	uint64_t end = (uint64_t)name->path.offset + name->path.len;
	char clean[128];

	if (end > b->count[POLICY_BYTES]) {
		fail(b, -EINVAL, "a name was added before its text");
		return;
	}
	if (!policy_name_is_plain((const char *)b->bytes + name->path.offset, name->path.len)) {
		fail(b, -EINVAL, "a file of the name %s can't be asked for",
			text_clean(b->bytes + name->path.offset, name->path.len, clean,
				sizeof(clean)));
		return;
	}
	add(b, POLICY_NAMES, name, sizeof(*name), 1);
}
