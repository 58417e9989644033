// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "policy.h"

#include "policy_fixture.h"
#include "unit.h"

#define TEXT(member, text) .member = (const void *)(text), .member##_len = sizeof(text) - 1

static const uint8_t MAC[6] = {0x52, 0x54, 0, 0, 1, 1};
static const uint8_t UUID[16] = {0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa,
	0xbb, 0xcc, 0xdd, 0xee, 0xff};

// The rule that a machine gets, 0 for none.
static uint32_t line_of(const struct fixture *f, struct policy_machine machine) {
	const struct policy_rule *rule = policy_boot_rule(&f->policy, &machine, NULL);

	return rule ? rule->line : 0;
}

static void finish(struct fixture *f) {
	if (fixture_finish(f) != 0)
		fail_msg("%s", f->why);
}

// One rule with one condition: does the machine match?
static bool matches(enum policy_match match, const char *pattern, struct policy_machine machine) {
	struct fixture f;
	struct policy_condition condition;
	uint32_t line;

	fixture_begin(&f);
	fixture_host(&f, "Node-001", "52:54:00:00:01:01", NULL, "compute");
	fixture_host(&f, "n2", "52:54:00:00:01:02", NULL, "");
	condition = fixture_glob(&f, match, 0, pattern);
	fixture_rule(&f, "x", 9, &condition, 1);
	finish(&f);
	if (machine.host)
		machine.host =
			machine.host == (const void *)1 ? &f.policy.hosts[0] : &f.policy.hosts[1];
	line = line_of(&f, machine);
	fixture_end(&f);
	return line == 9;
}

static void what_a_machine_lacks_matches_nothing(void **state) {
	static const enum policy_match kinds[] = {POLICY_MATCH_MAC, POLICY_MATCH_UUID,
		POLICY_MATCH_VENDOR_CLASS, POLICY_MATCH_USER_CLASS, POLICY_MATCH_HOST,
		POLICY_MATCH_ROLE, POLICY_MATCH_CIRCUIT_ID, POLICY_MATCH_REMOTE_ID};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		assert_case("nothing", !matches(kinds[i], "*", (struct policy_machine){0}));
	assert_false(
		matches(POLICY_MATCH_ROLE, "*", (struct policy_machine){.host = (const void *)2}));
}

static void ipxe_raw_user_class(void **state) {
	(void)state;
	assert_true(policy_says_ipxe((const uint8_t *)"iPXE", 4));
	assert_true(matches(POLICY_MATCH_USER_CLASS, "iPXE",
		(struct policy_machine){TEXT(user_class, "iPXE")}));
}

static void counted_user_class(void **state) {
	static const struct {
		const char *name;
		const char *bytes;
		size_t len;
		bool ipxe;
	} cases[] = {
		{"empty", "", 0, false},
		{"one class", "\x04iPXE", 5, true},
		{"second class", "\x03rom\x04iPXE", 9, true},
		{"longer class", "\x05iPXE2", 6, false},
		{"other case", "\x04ipxe", 5, false},
		{"raw, other case", "ipxe", 4, false},
		{"raw, longer", "iPXE2", 5, false},
		{"raw, shorter", "iPX", 3, false},
		{"cut", "\x05iPXE", 5, false},
		{"class of length 0", "\x00iPXE", 5, false},
		{"tail of length 0", "\x04iPXE\x00", 6, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_case(cases[i].name, policy_says_ipxe((const uint8_t *)cases[i].bytes,
						   cases[i].len) == cases[i].ipxe);
	assert_false(policy_says_ipxe(NULL, 0));
	assert_true(matches(POLICY_MATCH_USER_CLASS, "iPX?",
		(struct policy_machine){TEXT(user_class, "\x03rom\x04iPXE")}));
	assert_false(matches(POLICY_MATCH_USER_CLASS, "rom?iPXE",
		(struct policy_machine){TEXT(user_class, "\x03rom\x04iPXE")}));
}

static void windows_raw_user_class(void **state) {
	(void)state;
	assert_true(matches(POLICY_MATCH_USER_CLASS, "RRAS.*",
		(struct policy_machine){TEXT(user_class, "RRAS.Microsoft")}));
}

static void patterns_see_the_usual_text_forms(void **state) {
	static const struct {
		enum policy_match match;
		const char *pattern;
		bool matches;
	} cases[] = {
		{POLICY_MATCH_MAC, "52:54:00:00:01:01", true},
		{POLICY_MATCH_MAC, "52:54:00:*", true},
		{POLICY_MATCH_MAC, "52:55:*", false},
		{POLICY_MATCH_UUID, "00112233-4455-6677-8899-aabbccddeeff", true},
		{POLICY_MATCH_UUID, "00112233-4455-6677-8899-AABBCCDDEEFF", true},
		{POLICY_MATCH_UUID, "33221100-*", false},
		{POLICY_MATCH_VENDOR_CLASS, "PXEClient:Arch:00007:*", true},
		{POLICY_MATCH_VENDOR_CLASS, "pxeclient*", false},
		{POLICY_MATCH_VENDOR_CLASS, "PXEClient", false},
		{POLICY_MATCH_HOST, "node-0[0-9][0-9]", true},
		{POLICY_MATCH_HOST, "n2", false},
		{POLICY_MATCH_ROLE, "compute", true},
		{POLICY_MATCH_ROLE, "Compute", false},
		{POLICY_MATCH_CIRCUIT_ID, "ge-0/0/*", true},
		{POLICY_MATCH_CIRCUIT_ID, "ge-1/*", false},
		{POLICY_MATCH_REMOTE_ID, "leaf??", true},
		{POLICY_MATCH_REMOTE_ID, "leaf?", false},
	};
	const struct policy_machine machine = {
		.mac = MAC,
		.uuid = UUID,
		.host = (const void *)1,
		TEXT(vendor_class, "PXEClient:Arch:00007:UNDI:003000"),
		TEXT(circuit_id, "ge-0/0/17"),
		TEXT(remote_id, "leaf03"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_case(cases[i].pattern,
			matches(cases[i].match, cases[i].pattern, machine) == cases[i].matches);
}

static void the_first_rule_wins(void **state) {
	struct fixture f;
	const struct policy_host *compute;
	const uint32_t inside = fixture_ip("10.77.0.9");
	const uint32_t outside = fixture_ip("10.99.0.9");

	(void)state;
	fixture_sample(&f);
	finish(&f);
	compute = &f.policy.hosts[0];
	assert_int_equal(line_of(&f, (struct policy_machine){.ipxe = true, .arch = 7}), 1);
	assert_int_equal(line_of(&f, (struct policy_machine){.arch = 7, .address = inside}), 2);
	assert_int_equal(line_of(&f, (struct policy_machine){.arch = 16, .address = inside}), 2);
	assert_int_equal(line_of(&f, (struct policy_machine){.arch = 7, .address = outside}), 4);
	assert_int_equal(line_of(&f, (struct policy_machine){.arch = 7}), 4);
	assert_int_equal(line_of(&f, (struct policy_machine){.arch = 0, .address = inside}), 4);
	assert_int_equal(line_of(&f, (struct policy_machine){.host = compute}), 3);
	assert_int_equal(line_of(&f, (struct policy_machine){.arch = POLICY_ARCH_UNKNOWN}), 4);
	fixture_end(&f);
}

static void edk2_arch_9_counts_as_7(void **state) {
	struct fixture f;
	struct policy_condition condition = fixture_value(POLICY_MATCH_ARCH, 0, 9);

	(void)state;
	fixture_begin(&f);
	fixture_rule(&f, "x64.efi", 1,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ARCH, 0, 7)}, 1);
	finish(&f);
	assert_int_equal(line_of(&f, (struct policy_machine){.arch = 9}), 1);
	assert_int_equal(line_of(&f, (struct policy_machine){.arch = 7}), 1);
	assert_int_equal(line_of(&f, (struct policy_machine){.arch = 6}), 0);
	fixture_end(&f);
	fixture_begin(&f);
	fixture_rule(&f, "x64.efi", 1, &condition, 1);
	finish(&f);
	assert_int_equal(line_of(&f, (struct policy_machine){.arch = 7}), 1);
	fixture_end(&f);
}

static void ipxe_false_is_everything_else(void **state) {
	struct fixture f;
	struct policy_condition condition = fixture_value(POLICY_MATCH_IPXE, 0, 0);

	(void)state;
	fixture_begin(&f);
	fixture_rule(&f, "undionly.kpxe", 1, &condition, 1);
	finish(&f);
	assert_int_equal(line_of(&f, (struct policy_machine){.ipxe = true}), 0);
	assert_int_equal(line_of(&f, (struct policy_machine){.ipxe = false}), 1);
	fixture_end(&f);
}

static void explain_learns_what_ruled_each_out(void **state) {
	struct fixture f;
	uint32_t failed[4] = {77, 77, 77, 77};
	struct policy_machine machine = {.arch = 7, .address = fixture_ip("10.99.0.9")};

	(void)state;
	fixture_sample(&f);
	finish(&f);
	assert_int_equal(policy_boot_rule(&f.policy, &machine, failed)->line, 4);
	assert_int_equal(failed[0], 0);
	assert_int_equal(failed[1], 3); // the subnet; both architectures stand before it
	assert_int_equal(failed[2], 4);
	assert_int_equal(failed[3], 77);
	machine.arch = 0;
	assert_int_equal(policy_boot_rule(&f.policy, &machine, failed)->line, 4);
	assert_int_equal(failed[1], 1);
	fixture_end(&f);
}

// true and false, for a machine without a host, one that is listed, and a node with an order that
// waits or was used.
static void local_and_order_match_what_is_due(void **state) {
	static const struct {
		const char *name;
		uint32_t host; // index + 1
		bool order;
		bool local_matches;
	} cases[] = {
		{"no host", 0, false, false},
		{"standing boot from us", 1, false, false},
		{"its own disk", 2, false, true},
		{"its own disk, but an order", 2, true, false},
	};
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	fixture_host(&f, "n1", "52:54:00:00:01:01", NULL, "");
	fixture_node(&f, "n2", "52:54:00:00:01:02", 5, 0, "a");
	fixture_rule(&f, "a", 1,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ORDER, 0, 1)}, 1);
	fixture_rule(&f, "b", 2,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_LOCAL, 0, 1)}, 1);
	fixture_rule(&f, "c", 3,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_LOCAL, 0, 0),
			fixture_value(POLICY_MATCH_ORDER, 1, 0)},
		2);
	finish(&f);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct policy_machine machine = {.order = cases[i].order,
			.host = cases[i].host ? &f.policy.hosts[cases[i].host - 1] : NULL};
		uint32_t expected = cases[i].order ? 1 : cases[i].local_matches ? 2 : 3;

		assert_case(cases[i].name, line_of(&f, machine) == expected);
	}
	fixture_end(&f);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_machine_lacks_matches_nothing),
		cmocka_unit_test(ipxe_raw_user_class),
		cmocka_unit_test(counted_user_class),
		cmocka_unit_test(windows_raw_user_class),
		cmocka_unit_test(patterns_see_the_usual_text_forms),
		cmocka_unit_test(the_first_rule_wins),
		cmocka_unit_test(edk2_arch_9_counts_as_7),
		cmocka_unit_test(ipxe_false_is_everything_else),
		cmocka_unit_test(explain_learns_what_ruled_each_out),
		cmocka_unit_test(local_and_order_match_what_is_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
