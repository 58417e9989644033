// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "policy.h"

#include <errno.h>

#include "policy_check.h"
#include "policy_fixture.h"
#include "unit.h"

#define HEAD POLICY_SECTION_COUNT // a field of struct policy_snapshot

// One field of a good snapshot is changed, and the CRC made right again.
struct change {
	const char *name;
	uint32_t section;
	uint32_t record;
	size_t offset;
	size_t size;
	uint64_t value;
	const char *why; // part of the sentence
};

#define IN_HEAD(field, value_, why_)                                                               \
	{                                                                                          \
#field " = " #value_, HEAD, 0, offsetof(struct policy_snapshot, field),            \
			sizeof(((struct policy_snapshot *)0)->field), value_, why_                 \
	}
#define IN(section_, record_, type, field, value_, why_)                                           \
	{                                                                                          \
#type "[" #record_ "]." #field " = " #value_, section_, record_,                   \
			offsetof(struct policy_##type, field),                                     \
			sizeof(((struct policy_##type *)0)->field), value_, why_                   \
	}
#define PORT(record, field, value, why)   IN(POLICY_PORTS, record, port, field, value, why)
#define SUBNET(record, field, value, why) IN(POLICY_SUBNETS, record, subnet, field, value, why)
#define POOL(record, field, value, why)   IN(POLICY_POOLS, record, pool, field, value, why)
#define HOST(record, field, value, why)   IN(POLICY_HOSTS, record, host, field, value, why)
#define RULE(record, field, value, why)   IN(POLICY_RULES, record, rule, field, value, why)
#define CONDITION(record, field, value, why)                                                       \
	IN(POLICY_CONDITIONS, record, condition, field, value, why)
#define ITEM(record, field, value, why) IN(POLICY_MENU_ITEMS, record, menu_item, field, value, why)
#define NAME(record, field, value, why) IN(POLICY_NAMES, record, name, field, value, why)
#define WORD(section, record, value, why)                                                          \
	{ #section "[" #record "] = " #value, section, record, 0, 4, value, why }

static const struct change head_changes[] = {
	IN_HEAD(magic, 0, "0x00000000"),
	IN_HEAD(total_size, 0, "0 bytes"),
	IN_HEAD(total_size, 191, "191 bytes"),
	IN_HEAD(total_size, UINT32_MAX, "4294967295 bytes"),
	IN_HEAD(workers, 0, "workers is 0"),
	IN_HEAD(workers, ROUSE_MAX_WORKERS + 1, "workers is 17"),
	IN_HEAD(idle, 2, "idle is 2"),
	IN_HEAD(authoritative, 2, "authoritative is 2"),
	IN_HEAD(multicast, 2, "multicast is 2"),
	IN_HEAD(multicast_groups, 0xf0000000, "no multicast network"),
	IN_HEAD(multicast_groups, 0xefff4d01, "no multicast network"),
	IN_HEAD(multicast_prefix, 3, "no multicast network"),
	IN_HEAD(multicast_prefix, 33, "no multicast network"),
	IN_HEAD(multicast_ttl, 0, "ttl is 0"),
	IN_HEAD(multicast_port, 0, "port 0"),
	IN_HEAD(tid_first, 1023, "tid_range"),
	IN_HEAD(tid_first, 49152, "tid_range"),
	IN_HEAD(tid_last, 32767, "tid_range"),
	IN_HEAD(max_leases, POLICY_LEASES_MAX + 1, "max_leases"),
	IN_HEAD(runtime_dir.len, 0, "runtime_dir"),
	IN_HEAD(runtime_dir.len, POLICY_PATH_MAX + 1, "runtime_dir"),
	IN_HEAD(runtime_dir.offset, UINT32_MAX, "runtime_dir"),
	IN_HEAD(state_dir.len, UINT32_MAX, "state_dir"),
	IN_HEAD(state_dir.offset, 1, "state_dir"),
	IN_HEAD(section[POLICY_BYTES].offset, 184, "section bytes"),
	IN_HEAD(section[POLICY_BYTES].offset, 193, "multiple of 8"),
	IN_HEAD(section[POLICY_BYTES].count, UINT32_MAX, "section bytes"),
	IN_HEAD(section[POLICY_PORTS].count, 17, "17 ports"),
	IN_HEAD(section[POLICY_SUBNETS].count, UINT32_MAX, "section subnets"),
	IN_HEAD(section[POLICY_HOSTS].offset, 0, "section hosts"),
	IN_HEAD(section[POLICY_HOSTS].offset, UINT32_MAX - 7, "section hosts"),
	IN_HEAD(section[POLICY_NAMES].count, 1u << 31, "section names"),
	IN_HEAD(section[POLICY_NAMES].count, 0, "hash table"),
	IN_HEAD(section[POLICY_POOLS].count, 1, "pools"),
	IN_HEAD(section[POLICY_CONDITIONS].count, 4, "conditions"),
	IN_HEAD(section[POLICY_HOST_BY_MAC].count, 0, "not a power of two"),
	IN_HEAD(section[POLICY_HOST_BY_ADDR].count, 3, "not a power of two"),
	IN_HEAD(section[POLICY_NAME_EXACT].count, 1u << 31, "section names, exact"),
	IN_HEAD(section[POLICY_NAME_FOLDED].offset, 1u << 31, "section names, folded"),
};

static const struct change net_changes[] = {
	SUBNET(0, network, 0x0a4d0001, "has the mask"),
	SUBNET(0, mask, 0, "has the mask"),
	SUBNET(0, mask, 0xff00ff00, "has the mask"),
	SUBNET(0, mask, 0xfffffffe, "has the broadcast"),
	SUBNET(0, broadcast, 0x0a4d00fe, "has the broadcast"),
	SUBNET(1, network, 0x0a4d0000, "has the broadcast"),
	SUBNET(2, network, 0x0a000000, "has the broadcast"),
	SUBNET(0, pools.first, 1, "pools from 1"),
	SUBNET(0, pools.count, UINT32_MAX, "4294967295 pools"),
	SUBNET(0, pools.count, 2, "10.99.1.0-10.99.1.255 names subnet 2"),
	SUBNET(2, pools.count, 0, "2 pools, but the subnets have 1"),
	SUBNET(0, relays.count, 4, "relays"),
	SUBNET(0, relays.first, UINT32_MAX, "relays"),
	SUBNET(0, relays.count, UINT32_MAX, "relays"),
	SUBNET(0, options.len, 5, "option block"),
	SUBNET(0, options.len, UINT32_MAX, "option block"),
	SUBNET(0, options.offset, UINT32_MAX, "option block"),
	SUBNET(0, lease_time_s, 0, "lease time"),
	SUBNET(0, max_blksize, 7, "max_blksize 7"),
	SUBNET(0, max_blksize, 65465, "max_blksize 65465"),
	SUBNET(0, max_windowsize, 0, "max_windowsize"),
	SUBNET(0, edge_rate_bps, 0, "edge_rate"),
	POOL(0, first, 0x0a4d00fb, "ends before it begins"),
	POOL(0, first, 0x0a4d0000, "beyond the usable"),
	POOL(0, last, 0x0a4d00ff, "beyond the usable"),
	POOL(0, last, 0x0a4e0001, "beyond the usable"),
	POOL(0, first, 0x0a4d0001, "contains 10.77.0.1"),
	POOL(0, subnet, 1, "pool 10.77.0.50-10.77.0.250 names subnet 1"),
	POOL(1, subnet, UINT32_MAX, "10.99.1.0-10.99.1.255 names subnet 4294967295"),
	POOL(1, first, 0x0a4d0032, "beyond the usable"),
	WORD(POLICY_RELAYS, 0, 0, "relay 0.0.0.0"),
	WORD(POLICY_RELAYS, 2, 0xe0000001, "relay 224.0.0.1"),
	PORT(0, device.len, 0, "no device"),
	PORT(0, device.len, POLICY_TEXT_MAX + 1, "no device"),
	PORT(1, device.offset, UINT32_MAX, "no device"),
	PORT(0, kind, 4, "kind 4"),
	PORT(0, dhcp, 3, "dhcp 3"),
	PORT(1, address, 0, "address 0.0.0.0/24"),
	PORT(1, address, 0xe0000001, "address 224.0.0.1/24"),
	PORT(0, prefix_len, 0, "10.77.0.1/0"),
	PORT(0, prefix_len, 33, "10.77.0.1/33"),
	PORT(0, mtu, 575, "mtu 575"),
	PORT(0, mtu, 9217, "mtu 9217"),
	PORT(0, vlan, 4095, "vlan 4095"),
	PORT(0, vlan, 7, "af_xdp and has vlan 7"),
	PORT(0, subnet, 1, "names subnet 1"),
	PORT(0, subnet, UINT32_MAX, "names subnet 4294967295"),
	PORT(1, subnet, 0, "names subnet 0"),
	PORT(0, address, 0x0a4d0032, "contains 10.77.0.50"),
	PORT(0, address, 0x0a4d000b, "the address of port 0"),
};

static const struct change boot_changes[] = {
	WORD(POLICY_HOST_BY_MAC, 0, 4, "hash table"),
	WORD(POLICY_HOST_BY_MAC, 0, UINT32_MAX, "hash table"),
	WORD(POLICY_HOST_BY_ADDR, 7, 4, "hash table"),
	WORD(POLICY_NAME_EXACT, 0, 7, "hash table"),
	WORD(POLICY_NAME_FOLDED, 15, 7, "hash table"),
	HOST(0, name.len, 0, "no name"),
	HOST(0, name.len, POLICY_TEXT_MAX + 1, "no name"),
	HOST(0, role.len, UINT32_MAX, "role"),
	HOST(0, role.offset, UINT32_MAX, "role"),
	HOST(1, options.len, 2, "option block"),
	HOST(0, mac, 0, "00:00:00:00:00:00"),
	HOST(0, mac[0], 0x53, "53:54:00:00:01:01"),
	HOST(0, mac[5], 0x02, "52:54:00:00:01:02"),
	HOST(0, mac[5], 0x78, "52:54:00:00:01:78"),
	HOST(0, address, 0x0a4d000c, "finds"),
	HOST(0, address, 0x0a4d0077, "finds"),
	HOST(0, address, 0x0a4d00ff, "no machine can have"),
	HOST(0, address, 0x0a4d0000, "no machine can have"),
	HOST(0, address, UINT32_MAX, "no machine can have"),
	HOST(0, flags, 8, "flags 0x8"),
	HOST(0, flags, UINT32_MAX, "flags 0xffffffff"),
	HOST(0, order_slot, 1, "no order id"),
	HOST(0, order_last.len, 1, "no order id"),
	HOST(2, order_id, 0, "no order id"),
	HOST(2, order_slot, ORDER_SLOTS, "order slot 16384"),
	HOST(2, order_slot, UINT32_MAX, "order slot 4294967295"),
	HOST(2, order_last.len, POLICY_NAME_MAX + 1, "plain form"),
	HOST(2, order_last.offset, UINT32_MAX, "plain form"),
	HOST(2, order_last.offset, 0, "plain form"), // "/run/rous"
	CONDITION(0, match, 13, "condition 13"),
	CONDITION(0, match, UINT16_MAX, "condition 65535"),
	CONDITION(0, value, 2, "condition 0"),
	CONDITION(1, value, POLICY_ARCH_UNKNOWN, "condition 1"),
	CONDITION(1, group, 1, "do not ascend"),
	CONDITION(3, mask, 0x00ffffff, "condition 6"),
	CONDITION(3, mask, 0xff000000, "condition 6"),
	CONDITION(3, value, 0x0a4d0001, "condition 6"),
	CONDITION(4, text.len, 0, "condition 8"),
	CONDITION(4, text.len, POLICY_TEXT_MAX + 1, "condition 8"),
	CONDITION(4, text.offset, UINT32_MAX, "condition 8"),
	RULE(0, conditions.first, 1, "conditions from 1"),
	RULE(1, conditions.count, UINT32_MAX, "4294967295 conditions"),
	RULE(3, conditions.count, 1, "1 conditions"),
	RULE(2, conditions.count, 0, "conditions from 5"),
	RULE(0, file.len, POLICY_NAME_MAX + 1, "line 1 has a malformed file"),
	RULE(0, file.offset, UINT32_MAX, "line 1 has a malformed file"),
	RULE(0, options.len, 1, "line 1 has a malformed option"),
	RULE(0, next_server, 0xffffffff, "next server 0xffffffff"),
	RULE(0, flags, 2, "flags 0x2"),
	RULE(0, file_blocks, 65536, "65536 blocks"),
	RULE(0, menu.count, 1, "line 1 has a menu and a file"),
	RULE(4, menu.first, 1, "2 menu items from 1"),
	RULE(4, menu.count, POLICY_MENU_MAX + 1, "25 menu items"),
	RULE(4, menu.count, UINT32_MAX, "4294967295 menu items"),
	RULE(4, menu.count, 1, "there are 2 menu items"),
	RULE(4, file.len, 1, "line 5 has a menu and a file"),
	RULE(4, menu_prompt.len, POLICY_MENU_TEXT_MAX + 1, "menu prompt"),
	RULE(4, menu_prompt.offset, UINT32_MAX, "menu prompt"),
	RULE(4, menu_timeout_s, POLICY_MENU_WAITS + 1, "menu prompt"),
	ITEM(0, text.len, 0, "menu item"),
	ITEM(0, text.len, POLICY_MENU_TEXT_MAX + 1, "menu item"),
	ITEM(1, text.offset, UINT32_MAX, "menu item"),
	ITEM(0, file.len, POLICY_NAME_MAX + 1, "menu item"),
	ITEM(0, next_server, 0xffffffff, "menu item"),
	ITEM(1, file_blocks, 65536, "menu item"),
	NAME(0, path.len, 0, "plain"),
	NAME(0, path.len, POLICY_NAME_MAX + 1, "plain"),
	NAME(0, path.offset, UINT32_MAX, "plain"),
	NAME(0, path.len, 4, "menu is there twice"),
	NAME(0, node, 4, "node 0x4"),
	NAME(0, node, POLICY_NODE_ORDER, "node 0x80000000"),
	NAME(0, node, POLICY_NODE_ORDER | 4, "node 0x80000004"),
	NAME(5, node, 3, "misses"),
	NAME(0, node, 1, "menu.ipxe is there twice"),
	NAME(0, node, 3, "misses"),
	NAME(0, slot, IMAGE_MAX_SLOTS, "slot 65536"),
	NAME(0, generation, 1ull << 56, "generation"),
	NAME(4, state, 4, "state 4"),
};

static void apply(struct policy_snapshot *s, const struct change *change) {
	static const size_t record_size[] = {
		[POLICY_PORTS] = sizeof(struct policy_port),
		[POLICY_SUBNETS] = sizeof(struct policy_subnet),
		[POLICY_POOLS] = sizeof(struct policy_pool),
		[POLICY_RELAYS] = 4,
		[POLICY_HOSTS] = sizeof(struct policy_host),
		[POLICY_HOST_BY_MAC] = 4,
		[POLICY_HOST_BY_ADDR] = 4,
		[POLICY_RULES] = sizeof(struct policy_rule),
		[POLICY_CONDITIONS] = sizeof(struct policy_condition),
		[POLICY_MENU_ITEMS] = sizeof(struct policy_menu_item),
		[POLICY_NAMES] = sizeof(struct policy_name),
		[POLICY_NAME_EXACT] = 4,
		[POLICY_NAME_FOLDED] = 4,
	};
	uint8_t *at = (uint8_t *)s;

	if (change->section != HEAD) {
		assert_case(change->name, change->record < s->section[change->section].count);
		at += s->section[change->section].offset +
		      change->record * record_size[change->section];
	}
	at += change->offset;
	assert_case(change->name, memcmp(at, &change->value, change->size) != 0);
	memcpy(at, &change->value, change->size);
}

static void refuse_each(const struct change *changes, size_t count) {
	struct fixture f;

	fixture_sample(&f);
	assert_int_equal(fixture_finish(&f), 0);
	for (size_t i = 0; i < count; i++) {
		size_t size = (size_t)f.size;
		struct policy_snapshot *s = (void *)unit_exact(f.out, size);
		struct policy policy = {.snapshot = (void *)1};
		char why[256] = "";

		apply(s, &changes[i]);
		if (s->total_size == size)
			s->crc = policy_crc(s);
		assert_case(changes[i].name, policy_validate(s, size, &policy, why) == -EBADMSG);
		assert_case(changes[i].name, policy.snapshot == (void *)1); // untouched
		if (!strstr(why, changes[i].why))
			fail_msg("case %s: \"%s\" does not say \"%s\"", changes[i].name, why,
				changes[i].why);
		free(s);
	}
	fixture_end(&f);
}

static void bad_heads_are_refused(void **state) {
	(void)state;
	refuse_each(head_changes, COUNT_OF(head_changes));
}

static void bad_networks_are_refused(void **state) {
	(void)state;
	refuse_each(net_changes, COUNT_OF(net_changes));
}

static void bad_hosts_rules_and_names_are_refused(void **state) {
	(void)state;
	refuse_each(boot_changes, COUNT_OF(boot_changes));
}

static void another_version_is_named(void **state) {
	struct fixture f;

	(void)state;
	fixture_sample(&f);
	assert_int_equal(fixture_finish(&f), 0);
	((struct policy_snapshot *)f.out)->abi_version = 99;
	assert_int_equal(policy_validate(f.out, (size_t)f.size, &f.policy, f.why), -EPROTO);
	assert_non_null(strstr(f.why, "version 99"));
	assert_non_null(strstr(f.why, "version 11"));
	fixture_end(&f);
}

static void every_truncation_is_refused(void **state) {
	struct fixture f;

	(void)state;
	fixture_sample(&f);
	assert_int_equal(fixture_finish(&f), 0);
	for (size_t size = 0; size < (size_t)f.size; size++) {
		struct policy_snapshot *s = (void *)unit_exact(f.out, size);

		assert_int_equal(policy_validate(s, size, &f.policy, f.why), -EBADMSG);
		if (size >= sizeof(*s)) {
			s->total_size = (uint32_t)size;
			s->crc = policy_crc(s);
			assert_int_equal(policy_validate(s, size, &f.policy, f.why), -EBADMSG);
		}
		free(s);
	}
	fixture_end(&f);
}

static void every_flipped_bit_breaks_the_crc(void **state) {
	struct fixture f;
	uint8_t *bytes;

	(void)state;
	fixture_sample(&f);
	assert_int_equal(fixture_finish(&f), 0);
	bytes = f.out;
	for (size_t bit = 0; bit < (size_t)f.size * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(policy_validate(bytes, (size_t)f.size, &f.policy, f.why), 0);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(policy_validate(bytes, (size_t)f.size, &f.policy, f.why), 0);
	fixture_end(&f);
}

static void a_table_without_an_empty_entry_is_refused(void **state) {
	struct fixture f;
	struct policy_snapshot *s;
	uint32_t *table;

	(void)state;
	fixture_sample(&f);
	assert_int_equal(fixture_finish(&f), 0);
	s = f.out;
	table = (uint32_t *)((uint8_t *)f.out + s->section[POLICY_NAME_EXACT].offset);
	for (uint32_t i = 0; i < s->section[POLICY_NAME_EXACT].count; i++)
		if (table[i] == 0)
			table[i] = 1;
	s->crc = policy_crc(s);
	assert_int_equal(policy_validate(s, (size_t)f.size, &f.policy, f.why), -EBADMSG);
	assert_non_null(strstr(f.why, "no empty entry"));
	fixture_end(&f);
}

static void text_with_a_nul_is_refused(void **state) {
	struct fixture f;
	struct policy_snapshot *s;
	uint8_t *bytes;

	(void)state;
	fixture_sample(&f);
	assert_int_equal(fixture_finish(&f), 0);
	s = f.out;
	bytes = (uint8_t *)f.out + s->section[POLICY_BYTES].offset;
	bytes[s->runtime_dir.offset + 3] = 0;
	s->crc = policy_crc(s);
	assert_int_equal(policy_validate(s, (size_t)f.size, &f.policy, f.why), -EBADMSG);
	assert_non_null(strstr(f.why, "runtime_dir"));
	fixture_end(&f);
}

static void a_misaligned_snapshot_is_refused(void **state) {
	struct fixture f;
	uint8_t *moved;

	(void)state;
	fixture_sample(&f);
	assert_int_equal(fixture_finish(&f), 0);
	moved = malloc((size_t)f.size + 4);
	memcpy(moved + 4, f.out, (size_t)f.size);
	assert_int_equal(policy_validate(moved + 4, (size_t)f.size, &f.policy, f.why), -EBADMSG);
	assert_non_null(strstr(f.why, "aligned"));
	free(moved);
	fixture_end(&f);
}

static void option_blocks_ascend(void **state) {
	static char long_option[2 + 255 + 3 + 3];
	static const struct {
		const char *name;
		const char *bytes;
		size_t len;
		bool ok;
	} cases[] = {
		{"code alone", "\x03", 1, false},
		{"value cut", "\x03\x04\x01\x02\x03", 5, false},
		{"pad", "\x00\x00", 2, false},
		{"end", "\xff\x00", 2, false},
		{"descending", "\x06\x01\x01\x03\x01\x01", 6, false},
		{"twice", "\x03\x01\x01\x03\x01\x01", 6, false},
		{"empty option", "\x50\x00", 2, true},
		{"ascending", "\x03\x01\x01\x06\x01\x01", 6, true},
		{"split", long_option, 2 + 255 + 3, true},
		{"split, then more", long_option, 2 + 255 + 3 + 3, true},
		{"split, cut", long_option, 2 + 255 + 2, false},
	};

	(void)state;
	memset(long_option, 0, sizeof(long_option));
	memcpy(long_option, "\x77\xff", 2);
	memcpy(long_option + 257, "\x77\x01\x01\x96\x01\x01", 6);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint8_t *bytes = unit_exact(cases[i].bytes, cases[i].len);
		struct policy policy = {.bytes = bytes};

		policy.count[POLICY_BYTES] = (uint32_t)cases[i].len;
		assert_case(cases[i].name,
			policy_options_ok(&policy,
				(struct policy_ref){.len = (uint32_t)cases[i].len}) == cases[i].ok);
		free(bytes);
	}
}

static void a_good_snapshot_passes(void **state) {
	struct fixture f;

	(void)state;
	fixture_sample(&f);
	assert_int_equal(fixture_finish(&f), 0);
	assert_int_equal(policy_validate(f.out, FIXTURE_SIZE, &f.policy, f.why), 0);
	assert_string_equal(f.why, "");
	assert_int_equal(f.policy.count[POLICY_HOSTS], 3);
	assert_ptr_equal(f.policy.snapshot, f.out);
	fixture_end(&f);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_heads_are_refused),
		cmocka_unit_test(bad_networks_are_refused),
		cmocka_unit_test(bad_hosts_rules_and_names_are_refused),
		cmocka_unit_test(another_version_is_named),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_flipped_bit_breaks_the_crc),
		cmocka_unit_test(a_table_without_an_empty_entry_is_refused),
		cmocka_unit_test(text_with_a_nul_is_refused),
		cmocka_unit_test(a_misaligned_snapshot_is_refused),
		cmocka_unit_test(option_blocks_ascend),
		cmocka_unit_test(a_good_snapshot_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
