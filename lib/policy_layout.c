// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Lays out what a builder has collected: sections one after the other, subnets and pools sorted,
// hash tables filled. What comes out has passed policy_validate.

#include <errno.h>
#include <stdio.h>

#include "policy_builder.h"
#include "policy_check.h"
#include "policy_index.h"
#include "text.h"

// A table is at most half full; when a key still does not find a place within POLICY_PROBE_MAX, all
// tables are made larger, this many times.
#define GROWTHS 3u

static uint32_t table_size(uint32_t records, uint32_t growth) {
	uint32_t size = 2;

	while (size < 2 * records)
		size *= 2;
	return size << growth;
}

static uint64_t place_section(
	struct policy_snapshot *s, uint32_t id, uint32_t count, uint32_t record_size, uint64_t at) {
	at = (at + 7) & ~7ull;
	s->section[id] = (struct policy_section){.offset = (uint32_t)at, .count = count};
	return at + (uint64_t)count * record_size;
}

// Gives each section its place. Returns the size of the whole, which may be larger than fits.
static uint64_t place_sections(
	const struct policy_builder *b, struct policy_snapshot *s, uint32_t growth) {
	uint64_t at = sizeof(*s);

	for (uint32_t id = 0; id < POLICY_SECTION_COUNT; id++) {
		uint32_t count = b->count[id];

		if (id == POLICY_HOST_BY_MAC || id == POLICY_HOST_BY_ADDR)
			count = table_size(b->count[POLICY_HOSTS], growth);
		if (id == POLICY_NAME_EXACT || id == POLICY_NAME_FOLDED)
			count = table_size(b->count[POLICY_NAMES], growth);
		at = place_section(s, id, count, policy_record_size(id), at);
	}
	return (at + 7) & ~7ull;
}

static void copy_records(const struct policy_builder *b, struct policy_snapshot *s) {
	uint8_t *base = (uint8_t *)s;
	uint64_t at[POLICY_SECTION_COUNT];
	struct policy_record record;

	for (uint32_t id = 0; id < POLICY_SECTION_COUNT; id++)
		at[id] = s->section[id].offset;
	memcpy(base + at[POLICY_BYTES], b->bytes, b->count[POLICY_BYTES]);
	for (size_t i = 0; i < b->records_len; i += policy_record_step(&record)) {
		memcpy(&record, b->records + i, sizeof(record));
		memcpy(base + at[record.section], b->records + i + sizeof(record), record.size);
		at[record.section] += record.size;
	}
}

// Subnets and pools begin with the address that they are ordered by.
static uint32_t leading(const uint8_t *records, size_t size, uint32_t i) {
	uint32_t key;

	memcpy(&key, records + i * size, sizeof(key));
	return key;
}

static void swap(uint8_t *records, size_t size, uint32_t a, uint32_t b) {
	uint8_t saved[sizeof(struct policy_subnet)];

	memcpy(saved, records + a * size, size);
	memcpy(records + a * size, records + b * size, size);
	memcpy(records + b * size, saved, size);
}

static void sift_down(uint8_t *records, size_t size, uint32_t from, uint32_t count) {
	for (uint32_t child = 2 * from + 1; child < count; child = 2 * from + 1) {
		if (child + 1 < count &&
			leading(records, size, child) < leading(records, size, child + 1))
			child++;
		if (leading(records, size, from) >= leading(records, size, child))
			return;
		swap(records, size, from, child);
		from = child;
	}
}

// Heapsort, because qsort may allocate.
static void sort(void *records, size_t size, uint32_t count) {
	for (uint32_t i = count / 2; i > 0; i--)
		sift_down(records, size, i - 1, count);
	for (uint32_t i = count; i > 1; i--) {
		swap(records, size, 0, i - 1);
		sift_down(records, size, 0, i - 1);
	}
}

static int refuse_overlap(const struct policy *p, char why[256]) {
	char a[TEXT_IP_SIZE];
	char b[TEXT_IP_SIZE];

	for (uint32_t i = 1; i < p->count[POLICY_SUBNETS]; i++) {
		const struct policy_subnet *s = &p->subnets[i];

		if (s->network > s[-1].broadcast)
			continue;
		snprintf(why, 256, "subnet %s/%d and subnet %s/%d overlap",
			text_ip(s[-1].network, a), __builtin_popcount(s[-1].mask),
			text_ip(s->network, b), __builtin_popcount(s->mask));
		return -EINVAL;
	}
	return 0;
}

// Sorts subnets and pools and gives the ones their ranges of the others. Each pool was found to be
// inside its subnet when it was added.
static int order_subnets(const struct policy *p, struct policy_subnet *subnets,
	struct policy_pool *pools, char why[256]) {
	uint32_t pool = 0;
	int rc;

	sort(subnets, sizeof(*subnets), p->count[POLICY_SUBNETS]);
	sort(pools, sizeof(*pools), p->count[POLICY_POOLS]);
	rc = refuse_overlap(p, why);
	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < p->count[POLICY_SUBNETS]; i++) {
		subnets[i].pools.first = pool;
		for (; pool < p->count[POLICY_POOLS] && pools[pool].first <= subnets[i].broadcast;
			pool++)
			pools[pool].subnet = i;
		subnets[i].pools.count = pool - subnets[i].pools.first;
	}
	return 0;
}

static void find_port_subnets(const struct policy *p, struct policy_port *ports) {
	for (uint32_t i = 0; i < p->count[POLICY_PORTS]; i++) {
		const struct policy_subnet *subnet = policy_subnet_of(p, ports[i].address);

		ports[i].subnet = subnet ? (uint32_t)(subnet - p->subnets) : UINT32_MAX;
	}
}

// Puts an index into the first empty entry from home on. False: POLICY_PROBE_MAX are taken.
static bool insert(uint32_t *table, uint32_t size, uint64_t home, uint32_t index) {
	for (uint32_t i = 0; i < POLICY_PROBE_MAX && i < size - 1; i++) {
		uint32_t *entry = &table[(home + i) & (size - 1)];

		if (*entry != 0)
			continue;
		*entry = index + 1;
		return true;
	}
	return false;
}

static bool fill_hosts(const struct policy *p, uint32_t *by_mac, uint32_t *by_addr) {
	for (uint32_t i = 0; i < p->count[POLICY_HOSTS]; i++) {
		const struct policy_host *host = &p->hosts[i];

		if (!insert(by_mac, p->count[POLICY_HOST_BY_MAC], policy_hash_mac(host->mac), i))
			return false;
		if (host->address != 0 && !insert(by_addr, p->count[POLICY_HOST_BY_ADDR],
						  policy_hash_address(host->address), i))
			return false;
	}
	return true;
}

// Two names of one folded form are enough to know that it is ambiguous; more are left out, so that
// a tree with hundreds of spellings does not fill POLICY_PROBE_MAX.
static bool insert_folded(const struct policy *p, uint32_t *folded_table, uint32_t i) {
	const struct policy_name *name = &p->names[i];
	const char *path = policy_text(p, name->path);
	char folded[POLICY_NAME_MAX];
	const struct policy_name *found;

	for (uint32_t at = 0; at < name->path.len; at++)
		folded[at] = policy_fold(path[at]);
	if (policy_find_folded(p, name->node, folded, name->path.len, &found) == POLICY_AMBIGUOUS)
		return true;
	return insert(folded_table, p->count[POLICY_NAME_FOLDED],
		policy_hash_name(name->node, folded, name->path.len), i);
}

static bool fill_names(const struct policy *p, uint32_t *exact, uint32_t *folded) {
	for (uint32_t i = 0; i < p->count[POLICY_NAMES]; i++) {
		const struct policy_name *name = &p->names[i];
		const char *path = policy_text(p, name->path);

		if (!insert(exact, p->count[POLICY_NAME_EXACT],
			    policy_hash_name(name->node, path, name->path.len), i))
			return false;
		if (!insert_folded(p, folded, i))
			return false;
	}
	return true;
}

// Machines that are not listed come and go; without a reservation they need no more than a pool.
static uint32_t default_leases(const struct policy *p) {
	uint64_t leases = 0;

	for (uint32_t i = 0; i < p->count[POLICY_HOSTS]; i++)
		leases += policy_host_is_known(&p->hosts[i]) || p->hosts[i].address;
	for (uint32_t i = 0; i < p->count[POLICY_POOLS]; i++)
		leases += (uint64_t)p->pools[i].last - p->pools[i].first + 1;
	return leases < POLICY_LEASES_MAX ? (uint32_t)leases : POLICY_LEASES_MAX;
}

static void set_globals(const struct policy_builder *b, struct policy_snapshot *s) {
	s->magic = POLICY_SNAPSHOT_MAGIC;
	s->abi_version = ROUSE_ABI_VERSION;
	s->memory_bytes = b->globals.memory_bytes;
	s->max_leases = b->globals.max_leases;
	s->workers = b->globals.workers;
	s->idle = b->globals.idle;
	s->tid_first = b->globals.tid_first;
	s->tid_last = b->globals.tid_last;
	s->authoritative = b->globals.authoritative;
	s->multicast = b->globals.multicast;
	s->multicast_ttl = b->globals.multicast_ttl;
	s->multicast_prefix = b->globals.multicast_prefix;
	s->multicast_groups = b->globals.multicast_groups;
	s->multicast_port = b->globals.multicast_port;
	s->runtime_dir = b->runtime_dir;
	s->state_dir = b->state_dir;
}

// -EAGAIN: a hash table wants to be larger.
static int lay_out(const struct policy_builder *b, void *out, size_t out_size, uint32_t growth,
	char why[256]) {
	struct policy_snapshot head = {0};
	uint64_t size = place_sections(b, &head, growth);
	struct policy_snapshot *s = out;
	struct policy p;
	int rc;

	if (size > out_size || size > POLICY_SNAPSHOT_MAX) {
		snprintf(why, 256, "the snapshot takes %llu bytes, at most %zu fit",
			(unsigned long long)size,
			out_size < POLICY_SNAPSHOT_MAX ? out_size : POLICY_SNAPSHOT_MAX);
		return -ENOSPC;
	}
	memset(out, 0, size);
	*s = head;
	s->total_size = (uint32_t)size;
	set_globals(b, s);
	copy_records(b, s);
	policy_point(&p, s);
	// The sections are in out, which the caller lets us write; struct policy is for readers.
	rc = order_subnets(
		&p, (struct policy_subnet *)p.subnets, (struct policy_pool *)p.pools, why);
	if (rc < 0)
		return rc;
	find_port_subnets(&p, (struct policy_port *)p.ports);
	if (!fill_hosts(&p, (uint32_t *)p.host_by_mac, (uint32_t *)p.host_by_addr))
		return -EAGAIN;
	if (!fill_names(&p, (uint32_t *)p.name_exact, (uint32_t *)p.name_folded))
		return -EAGAIN;
	if (s->max_leases == 0)
		s->max_leases = default_leases(&p);
	return 0;
}

int64_t policy_build_finish(struct policy_builder *b, uint64_t generation, uint64_t built_unix_ns,
	void *out, size_t out_size, char why[256]) {
	struct policy_snapshot *s = out;
	struct policy checked;
	int rc = b->error;

	snprintf(why, 256, "%s", b->why);
	if (rc == 0 && !b->has_globals) {
		snprintf(why, 256, "the global settings are missing");
		rc = -EINVAL;
	}
	if (rc < 0)
		return rc;
	rc = -EAGAIN;
	for (uint32_t growth = 0; growth < GROWTHS && rc == -EAGAIN; growth++)
		rc = lay_out(b, out, out_size, growth, why);
	if (rc == -EAGAIN) {
		snprintf(why, 256, "a host's MAC or address, or a name, is there too many times");
		rc = -EINVAL;
	}
	if (rc < 0)
		return rc;
	s->generation = generation;
	s->built_unix_ns = built_unix_ns;
	s->crc = policy_crc(s);
	rc = policy_validate(out, s->total_size, &checked, why);
	return rc < 0 ? -EINVAL : (int64_t)s->total_size;
}
