// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "lease_file_fixture.h"

#define MAC "52:54:00:00:01:01"
#define LEASE(body)                                                                                \
	"lease 10.77.0.50 {\n"                                                                     \
	"  starts 3 2026/11/25 09:46:40;\n"                                                        \
	"  ends 3 2026/11/25 20:53:20;\n" body "}\n"
#define ACTIVE "  binding state active;\n  hardware ethernet " MAC ";\n"

static void bad_declarations_are_told(void **state) {
	static const struct bad_case cases[] = {
		{"another format", "1795640000 " MAC " 10.77.0.50 * *\n", 2,
			"is not the end of a declaration"},
		{"a brace alone", "}\n", 1, "is not the end of a declaration"},
		{"no address", "lease n001 {\n" ACTIVE "}\n", 1, "\"n001\" is not an IPv4 address"},
		{"no time", LEASE("  ends 3 2026/11/25;\n" ACTIVE), 4, "does not end a time"},
		{"month 13", LEASE("  ends 3 2026/13/25 00:00:00;\n" ACTIVE), 4,
			"does not end a time"},
		{"an hour of 25", LEASE("  ends 3 2026/12/25 25:00:00;\n" ACTIVE), 4,
			"does not end a time"},
		{"rubbish behind the time", LEASE("  ends 3 2026/12/25 20:00:00x;\n" ACTIVE), 4,
			"does not end a time"},
		{"a state that is none", LEASE("  binding state asleep;\n"), 4,
			"\"asleep\" is not a binding state"},
		{"a MAC that is none", LEASE("  hardware ethernet 52:54:zz;\n"), 4,
			"is not a hardware address"},
		{"hardware that is none", LEASE("  hardware pigeon " MAC ";\n"), 4,
			"\"pigeon\" is not a type of hardware"},
		{"nobody's", LEASE("  binding state active;\n"), 1, "is leased to nobody"},
		{"cut off", "lease 10.77.0.50 {\n  starts 3 2026/11/25 09:46:40;\n  ends 3 20", 1,
			"without its closing brace"},
		{"cut off within a string", "lease 10.77.0.50 {\n  client-hostname \"n0", 1,
			"without its closing brace"},
	};

	(void)state;
	check_bad_files(LEASE_FORMAT_ISC, cases, COUNT_OF(cases));
}

static void leases_are_read(void **state) {
	static const struct file_case cases[] = {
		{"as ISC 4.4 writes it",
			"# The format of this file is documented in dhcpd.leases(5).\n"
			"# This lease file was written by isc-dhcp-4.4.3-P1\n\n"
			"# authoring-byte-order entry is generated, DO NOT DELETE\n"
			"authoring-byte-order little-endian;\n\n"
			"server-duid "
			"\"\\000\\001\\000\\001-\\\"\\314{RT\\000\\000\\000\\001\";\n\n" LEASE(
				"  cltt 3 2026/11/25 09:46:40;\n"
				"  binding state active;\n"
				"  next binding state free;\n"
				"  rewind binding state free;\n"
				"  hardware ethernet " MAC ";\n"
				"  uid \"\\001RT\\000\\000\\001\\001\";\n"
				"  set vendor-class-identifier = \"PXEClient:Arch:00007\";\n"
				"  option agent.circuit-id \"eth0\";\n"
				"  client-hostname \"n001\";\n"),
			"10.77.0.50", MAC, LEASE_BOUND, 1795640000, 1795600000, "n001"},
		{"without an end", LEASE("  ends never;\n" ACTIVE), "10.77.0.50", MAC, LEASE_BOUND,
			LEASE_NEVER_UNIX_S, 1795600000, ""},
		{"db-time-format local",
			"lease 10.77.0.50 {\n  starts epoch 1795600000; # Wed Nov 25 10:46:40 "
			"2026\n"
			"  ends epoch 1795640000; # Wed Nov 25 21:53:20 2026\n" ACTIVE "}\n",
			"10.77.0.50", MAC, LEASE_BOUND, 1795640000, 1795600000, ""},
		{"free",
			LEASE("  tstp 3 2026/11/25 20:53:20;\n  binding state free;\n"
			      "  hardware ethernet " MAC ";\n"),
			"10.77.0.50", MAC, LEASE_RELEASED, 1795640000, 1795600000, ""},
		{"free, the failover peer's", LEASE("  binding state backup;\n"), "10.77.0.50", "",
			LEASE_RELEASED, 1795640000, 1795600000, ""},
		{"abandoned", LEASE("  binding state abandoned;\n  next binding state free;\n"),
			"10.77.0.50", "", LEASE_DECLINED, 1795640000, 1795600000, ""},
		{"ISC 2.0: no binding state", LEASE("  hardware ethernet " MAC ";\n"), "10.77.0.50",
			MAC, LEASE_BOUND, 1795640000, 1795600000, ""},
		{"ISC 2.0: abandoned", LEASE("  abandoned;\n  hardware ethernet " MAC ";\n"),
			"10.77.0.50", MAC, LEASE_DECLINED, 1795640000, 1795600000, ""},
		{"hardware twice: the last one",
			LEASE("  hardware token-ring 1:2:3:4:5:6:7:8;\n" ACTIVE), "10.77.0.50", MAC,
			LEASE_BOUND, 1795640000, 1795600000, ""},
		{"a script in braces",
			LEASE(ACTIVE
				"  on expiry or release {\n    if (x) { set y = \"}\"; }\n  }\n"
				"  client-hostname \"n001\";\n"),
			"10.77.0.50", MAC, LEASE_BOUND, 1795640000, 1795600000, "n001"},
		{"a name with escapes",
			LEASE(ACTIVE "  client-hostname \"a\\\"\\\\\\303\\244;{\";\n"),
			"10.77.0.50", MAC, LEASE_BOUND, 1795640000, 1795600000, "a\"\\\303\244;{"},
		{"InfiniBand: only a uid",
			LEASE("  binding state active;\n  hardware infiniband;\n"
			      "  uid "
			      "\"\\377\\000\\000\\000\\000\\000\\002\\000\\000\\002\\311\";\n"),
			"10.77.0.50", "id", LEASE_BOUND, 1795640000, 1795600000, ""},
		{"a uid in hexadecimal",
			LEASE("  binding state active;\n  uid ff:0:0:0:0:0:2:0:0:2:c9;\n"),
			"10.77.0.50", "id", LEASE_BOUND, 1795640000, 1795600000, ""},
		{"on one line", "lease 10.77.0.50{ends never;hardware ethernet 52:54:0:0:1:1;}",
			"10.77.0.50", MAC, LEASE_BOUND, LEASE_NEVER_UNIX_S, 0, ""},
	};

	(void)state;
	check_files(LEASE_FORMAT_ISC, cases, COUNT_OF(cases));
}

// The hash of an id does not depend on how the file writes it, nor on who wrote the file.
static void one_id_is_one_key(void **state) {
	static const struct {
		enum lease_format format;
		const char *text;
	} cases[] = {
		{LEASE_FORMAT_ISC, "lease 10.0.0.1 { uid \"\\377\\000\\002a\"; ends never; }"},
		{LEASE_FORMAT_ISC, "lease 10.0.0.1 { uid ff:00:02:61; ends never; }"},
		{LEASE_FORMAT_DNSMASQ, "0 20- 10.0.0.1 * ff:00:02:61\n"},
		{LEASE_FORMAT_KEA, "address,hwaddr,client_id,valid_lifetime,expire\n"
				   "10.0.0.1,,ff:00:02:61,60,1795640000\n"},
	};
	struct lease_entry entry, first;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct lease_file file;
		char *text = fixture_begin_file(&file, cases[i].format, cases[i].text);

		assert_int_equal(lease_file_next(&file, i ? &entry : &first), 1);
		if (i)
			assert_memory_equal(&entry.key, &first.key, sizeof(entry.key));
		free(text);
	}
	assert_int_equal(first.key.htype, 32);
}

static void other_declarations_are_passed_over(void **state) {
	static const char text[] =
		"failover peer \"partner\" state {\n  my state normal at 3 2026/11/25 09:46:40;\n"
		"  partner state normal at 3 2026/11/25 09:46:40;\n  mclt 3600;\n}\n" LEASE(
			ACTIVE) "host n002 {\n  dynamic;\n  hardware ethernet 52:54:00:00:01:02;\n"
				"  fixed-address 10.77.0.12;\n}\n"
				"ia-na \"\\001\" {\n  cltt 3 2026/11/25 09:46:40;\n  iaaddr "
				"fd00::1 {\n"
				"    binding state active;\n  }\n}\n" LEASE(ACTIVE);
	uint64_t passed_over;

	(void)state;
	assert_int_equal(count_leases(LEASE_FORMAT_ISC, text, &passed_over), 2);
	assert_int_equal(passed_over, 3);
	assert_int_equal(count_leases(LEASE_FORMAT_ISC, "# nothing yet", &passed_over), 0);
}

// A server that died while it wrote, was started again and went on.
static void torn_declaration_costs_only_itself(void **state) {
	static const char text[] = "lease 10.77.0.49 {\n  starts 3 2026/11/25 09:4" LEASE(ACTIVE);
	struct lease_file file;
	struct lease_entry entry;
	char *copy = fixture_begin_file(&file, LEASE_FORMAT_ISC, text);

	(void)state;
	assert_true(lease_file_next(&file, &entry) < 0);
	assert_int_equal(file.entry_line, 1);
	// The torn word has swallowed the next one's first.
	assert_int_equal(lease_file_next(&file, &entry), 0);
	free(copy);
	copy = fixture_begin_file(&file, LEASE_FORMAT_ISC,
		"lease 10.77.0.49 {\n  starts 3 2026/11/25 09:4\n" LEASE(ACTIVE));
	assert_true(lease_file_next(&file, &entry) < 0);
	assert_int_equal(lease_file_next(&file, &entry), 1);
	assert_int_equal(entry.address, 0x0a4d0032);
	assert_int_equal(file.entry_line, 3);
	free(copy);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_declarations_are_told),
		cmocka_unit_test(leases_are_read),
		cmocka_unit_test(one_id_is_one_key),
		cmocka_unit_test(other_declarations_are_passed_over),
		cmocka_unit_test(torn_declaration_costs_only_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
