// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Validation of a snapshot, first part: its head, its CRC, and that each section lies inside; then
// the records by policy_check_net.c and policy_check_boot.c. After all of it look-ups check
// nothing. All arithmetic on what the snapshot says is in 64 bits, and the work is linear in its
// size.

#include "policy_check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crc32c.h"

// tid_range stays out of the ports that other services are known by.
#define TID_MIN 1024u

int policy_refuse(char why[256], const char *format, ...) {
	va_list args;

	va_start(args, format);
	vsnprintf(why, 256, format, args);
	va_end(args);
	return -EBADMSG;
}

bool policy_ref_ok(const struct policy *policy, struct policy_ref ref, uint32_t max) {
	return ref.len <= max && (uint64_t)ref.offset + ref.len <= policy->count[POLICY_BYTES];
}

bool policy_text_ok(
	const struct policy *policy, struct policy_ref ref, uint32_t min, uint32_t max) {
	return ref.len >= min && policy_ref_ok(policy, ref, max) &&
	       (ref.len == 0 || !memchr(policy->bytes + ref.offset, 0, ref.len));
}

bool policy_path_ok(const struct policy *policy, struct policy_ref ref) {
	return policy_text_ok(policy, ref, 1, POLICY_PATH_MAX) && policy->bytes[ref.offset] == '/';
}

// Parts of a long option repeat its code (RFC 3396); any other repetition is an error.
bool policy_options_ok(const struct policy *policy, struct policy_ref ref) {
	const uint8_t *at = policy->bytes + ref.offset;
	uint32_t left = ref.len;
	uint32_t previous = 0;
	bool continues = false;

	if (!policy_ref_ok(policy, ref, POLICY_OPTIONS_MAX))
		return false;
	while (left > 0) {
		if (left < 2 || at[1] > left - 2 || at[0] == 0 || at[0] == 255)
			return false;
		if (at[0] < previous || (at[0] == previous && !continues))
			return false;
		previous = at[0];
		continues = at[1] == 255;
		left -= 2u + at[1];
		at += 2u + at[1];
	}
	return true;
}

bool policy_mask_ok(uint32_t mask) {
	return mask != 0 && (~mask & (~mask + 1)) == 0;
}

// An address that a machine can have.
bool policy_unicast_ok(uint32_t address) {
	return address >= 1u << 24 && address < 224u << 24;
}

struct section_rule {
	const char *name;
	uint32_t record_size;
	uint32_t max; // 0: what fits
	bool table;   // a hash table: a power of two
};

static const struct section_rule section_rules[POLICY_SECTION_COUNT] = {
	[POLICY_BYTES] = {"bytes", 1, 0, false},
	[POLICY_PORTS] = {"ports", sizeof(struct policy_port), ROUSE_MAX_PORTS, false},
	[POLICY_SUBNETS] = {"subnets", sizeof(struct policy_subnet), 0, false},
	[POLICY_POOLS] = {"pools", sizeof(struct policy_pool), 0, false},
	[POLICY_RELAYS] = {"relays", sizeof(uint32_t), 0, false},
	[POLICY_HOSTS] = {"hosts", sizeof(struct policy_host), 0, false},
	[POLICY_HOST_BY_MAC] = {"hosts by MAC", sizeof(uint32_t), 0, true},
	[POLICY_HOST_BY_ADDR] = {"hosts by address", sizeof(uint32_t), 0, true},
	[POLICY_RULES] = {"boot rules", sizeof(struct policy_rule), POLICY_RULES_MAX, false},
	[POLICY_CONDITIONS] = {"conditions", sizeof(struct policy_condition), POLICY_CONDITIONS_MAX,
		false},
	[POLICY_MENU_ITEMS] = {"menu items", sizeof(struct policy_menu_item),
		POLICY_RULES_MAX *POLICY_MENU_MAX, false},
	[POLICY_NAMES] = {"names", sizeof(struct policy_name), 0, false},
	[POLICY_NAME_EXACT] = {"names, exact", sizeof(uint32_t), 0, true},
	[POLICY_NAME_FOLDED] = {"names, folded", sizeof(uint32_t), 0, true},
};

uint32_t policy_record_size(enum policy_section_id id) {
	return section_rules[id].record_size;
}

uint32_t policy_crc(const struct policy_snapshot *snapshot) {
	const uint8_t *bytes = (const uint8_t *)snapshot;
	size_t at = offsetof(struct policy_snapshot, crc);
	uint32_t crc = crc32c(0, bytes, at);

	crc = crc32c(crc, (const uint8_t[4]){0}, 4);
	return crc32c(crc, bytes + at + 4, snapshot->total_size - at - 4);
}

static int check_head(const struct policy_snapshot *s, size_t size, char why[256]) {
	if ((uintptr_t)s % 8 != 0)
		return policy_refuse(why, "the snapshot is not aligned to 8 bytes");
	if (size < sizeof(*s))
		return policy_refuse(why,
			"%zu bytes are too few for a snapshot's head, which has %zu", size,
			sizeof(*s));
	if (s->magic != POLICY_SNAPSHOT_MAGIC)
		return policy_refuse(why, "the snapshot begins with 0x%08x, not with 0x%08x",
			s->magic, POLICY_SNAPSHOT_MAGIC);
	if (s->abi_version != ROUSE_ABI_VERSION) {
		policy_refuse(why, "the snapshot has ABI version %u, this program reads version %u",
			s->abi_version, ROUSE_ABI_VERSION);
		return -EPROTO;
	}
	if (s->total_size < sizeof(*s) || s->total_size > size ||
		s->total_size > POLICY_SNAPSHOT_MAX)
		return policy_refuse(why, "the snapshot says %u bytes, there are %zu (most: %u)",
			s->total_size, size, POLICY_SNAPSHOT_MAX);
	if (s->crc != policy_crc(s))
		return policy_refuse(why, "the snapshot's CRC is 0x%08x, its content has 0x%08x",
			s->crc, policy_crc(s));
	return 0;
}

static int check_section(
	const struct policy_snapshot *s, uint32_t id, uint64_t *previous_end, char why[256]) {
	const struct section_rule *rule = &section_rules[id];
	const struct policy_section *section = &s->section[id];
	uint64_t bytes = (uint64_t)section->count * rule->record_size;

	if (section->offset % 8 != 0)
		return policy_refuse(why, "section %s begins at %u, not at a multiple of 8",
			rule->name, section->offset);
	if (section->offset < *previous_end || section->offset + bytes > s->total_size)
		return policy_refuse(why,
			"section %s takes %llu bytes from %u, outside of %llu to %u", rule->name,
			(unsigned long long)bytes, section->offset,
			(unsigned long long)*previous_end, s->total_size);
	if (rule->max && section->count > rule->max)
		return policy_refuse(
			why, "%u %s are more than %u", section->count, rule->name, rule->max);
	if (rule->table && (section->count == 0 || (section->count & (section->count - 1)) != 0))
		return policy_refuse(why, "table %s has %u entries, not a power of two", rule->name,
			section->count);
	*previous_end = section->offset + bytes;
	return 0;
}

static int check_sections(const struct policy_snapshot *s, char why[256]) {
	uint64_t end = sizeof(*s);

	for (uint32_t id = 0; id < POLICY_SECTION_COUNT; id++) {
		int rc = check_section(s, id, &end, why);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static const void *section_at(const struct policy_snapshot *s, enum policy_section_id id) {
	return (const uint8_t *)s + s->section[id].offset;
}

void policy_point(struct policy *policy, const struct policy_snapshot *s) {
	*policy = (struct policy){
		.snapshot = s,
		.bytes = section_at(s, POLICY_BYTES),
		.ports = section_at(s, POLICY_PORTS),
		.subnets = section_at(s, POLICY_SUBNETS),
		.pools = section_at(s, POLICY_POOLS),
		.relays = section_at(s, POLICY_RELAYS),
		.hosts = section_at(s, POLICY_HOSTS),
		.host_by_mac = section_at(s, POLICY_HOST_BY_MAC),
		.host_by_addr = section_at(s, POLICY_HOST_BY_ADDR),
		.rules = section_at(s, POLICY_RULES),
		.conditions = section_at(s, POLICY_CONDITIONS),
		.menu_items = section_at(s, POLICY_MENU_ITEMS),
		.names = section_at(s, POLICY_NAMES),
		.name_exact = section_at(s, POLICY_NAME_EXACT),
		.name_folded = section_at(s, POLICY_NAME_FOLDED),
	};
	for (uint32_t id = 0; id < POLICY_SECTION_COUNT; id++)
		policy->count[id] = s->section[id].count;
}

static bool groups_ok(const struct policy_snapshot *s) {
	uint32_t prefix = s->multicast_prefix;

	if (prefix < 4 || prefix > 32 || s->multicast_groups >> 28 != 14)
		return false;
	return prefix == 32 || !(s->multicast_groups & UINT32_MAX >> prefix);
}

static int check_multicast(const struct policy *policy, char why[256]) {
	const struct policy_snapshot *s = policy->snapshot;

	if (s->multicast > 1)
		return policy_refuse(why, "multicast is %u, not 0 or 1", s->multicast);
	if (!s->multicast)
		return 0;
	if (!groups_ok(s))
		return policy_refuse(why, "multicast groups 0x%08x/%u are no multicast network",
			s->multicast_groups, s->multicast_prefix);
	if (!s->multicast_ttl || !s->multicast_port)
		return policy_refuse(why, "multicast ttl is %u and port %u, both at least 1",
			s->multicast_ttl, s->multicast_port);
	return 0;
}

static int check_globals(const struct policy *policy, char why[256]) {
	const struct policy_snapshot *s = policy->snapshot;

	if (s->workers < 1 || s->workers > ROUSE_MAX_WORKERS)
		return policy_refuse(
			why, "workers is %u, not 1 to %u", s->workers, ROUSE_MAX_WORKERS);
	if (s->idle > POLICY_IDLE_BUSY)
		return policy_refuse(why, "idle is %u, not 0 or 1", s->idle);
	if (s->authoritative > 1)
		return policy_refuse(why, "authoritative is %u, not 0 or 1", s->authoritative);
	if (s->tid_first < TID_MIN || s->tid_last < s->tid_first)
		return policy_refuse(why, "tid_range is %u-%u, not ascending from at least %u",
			s->tid_first, s->tid_last, TID_MIN);
	if (s->tid_last - s->tid_first + 1 < s->workers)
		return policy_refuse(why, "tid_range %u-%u has fewer ports than the %u workers",
			s->tid_first, s->tid_last, s->workers);
	if (s->max_leases > POLICY_LEASES_MAX)
		return policy_refuse(
			why, "max_leases is %u, at most %u", s->max_leases, POLICY_LEASES_MAX);
	if (!policy_path_ok(policy, s->runtime_dir))
		return policy_refuse(why, "runtime_dir is not an absolute path");
	if (!policy_path_ok(policy, s->state_dir))
		return policy_refuse(why, "state_dir is not an absolute path");
	return 0;
}

static int check_all(const struct policy *policy, char why[256]) {
	static int (*const checks[])(const struct policy *, char[256]) = {
		check_globals,
		check_multicast,
		policy_check_subnets,
		policy_check_relays,
		policy_check_ports,
		policy_check_tables,
		policy_check_hosts,
		policy_check_rules,
		policy_check_names,
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && rc == 0; i++)
		rc = checks[i](policy, why);
	return rc;
}

int policy_validate(const void *snapshot, size_t size, struct policy *policy, char why[256]) {
	const struct policy_snapshot *s = snapshot;
	struct policy checked;
	int rc;

	rc = check_head(s, size, why);
	if (rc < 0)
		return rc;
	rc = check_sections(s, why);
	if (rc < 0)
		return rc;
	policy_point(&checked, s);
	rc = check_all(&checked, why);
	if (rc < 0)
		return rc;
	why[0] = 0;
	*policy = checked;
	return 0;
}
