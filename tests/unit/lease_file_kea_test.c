// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "lease_file_fixture.h"

#define MAC "52:54:00:00:01:01"
// Kea 2.2; version 1.0 ends with hostname, 2.4 has pool_id behind these.
#define HEAD                                                                                       \
	"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,"     \
	"state,user_context\n"

static void bad_lines_are_told(void **state) {
	static const struct bad_case cases[] = {
		{"no header", "10.77.0.50," MAC ",,3600,1795640000,1,0,0,,0,\n", 1,
			"stands where Kea's header"},
		{"leases of IPv6", "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime\n",
			1, "no header of Kea's DHCPv4 leases"},
		{"cut off", HEAD "10.77.0.50," MAC ",,3600,17956\n", 2, "another number of cells"},
		{"a cell too many", HEAD "10.77.0.50," MAC ",,3600,1795640000,1,0,0,a,b,0,\n", 2,
			"another number of cells"},
		{"no address", HEAD "fd00::1," MAC ",,3600,1795640000,1,0,0,,0,\n", 2,
			"is not an IPv4 address"},
		{"no MAC", HEAD "10.77.0.50,zz,,3600,1795640000,1,0,0,,0,\n", 2,
			"is not a hardware address"},
		{"no client id", HEAD "10.77.0.50," MAC ",zz,3600,1795640000,1,0,0,,0,\n", 2,
			"is not a client id"},
		{"nobody's", HEAD "10.77.0.50,,,3600,1795640000,1,0,0,,0,\n", 2,
			"is leased to nobody"},
		{"no lifetime", HEAD "10.77.0.50," MAC ",,4294967296,1795640000,1,0,0,,0,\n", 2,
			"is not a valid_lifetime"},
		{"no end", HEAD "10.77.0.50," MAC ",,3600,,1,0,0,,0,\n", 2,
			"is not a time of expiry"},
		{"state 9", HEAD "10.77.0.50," MAC ",,3600,1795640000,1,0,0,,9,\n", 2,
			"is not a state"},
	};

	(void)state;
	check_bad_files(LEASE_FORMAT_KEA, cases, COUNT_OF(cases));
}

static void leases_are_read(void **state) {
	static const struct file_case cases[] = {
		{"as Kea 2.2 writes it",
			HEAD "10.77.0.50," MAC ",01:" MAC ",3600,1795640000,1,0,0,n001,0,\n",
			"10.77.0.50", MAC, LEASE_BOUND, 1795640000, 1795636400, "n001"},
		{"the columns of version 1.0",
			"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,"
			"fqdn_rev,hostname\n10.77.0.50," MAC ",,3600,1795640000,1,1,1,n001.example."
			"\n",
			"10.77.0.50", MAC, LEASE_BOUND, 1795640000, 1795636400, "n001.example."},
		{"a column that we do not know, a user context",
			"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,"
			"fqdn_rev,hostname,state,user_context,pool_id\n10.77.0.50," MAC
			",,3600,1795640000,1,0,0,n001,0,{ \"a\": 1&#x2c \"b\": 2 },0\n",
			"10.77.0.50", MAC, LEASE_BOUND, 1795640000, 1795636400, "n001"},
		{"an escaped comma, and an escape that is none",
			HEAD "10.77.0.50," MAC ",,3600,1795640000,1,0,0,a&#x2cb&#xzz,0,\n",
			"10.77.0.50", MAC, LEASE_BOUND, 1795640000, 1795636400, "a,b&#xzz"},
		{"without an end", HEAD "10.77.0.50," MAC ",,4294967295,6090600000,1,0,0,,0,\n",
			"10.77.0.50", MAC, LEASE_BOUND, LEASE_NEVER_UNIX_S, 1795632705, ""},
		{"declined", HEAD "10.77.0.50,,,86400,1795640000,1,0,0,,1,\n", "10.77.0.50", "",
			LEASE_DECLINED, 1795640000, 1795553600, ""},
		{"expired and reclaimed", HEAD "10.77.0.50," MAC ",,3600,1795000000,1,0,0,,2,\n",
			"10.77.0.50", MAC, LEASE_RELEASED, 1795000000, 1794996400, ""},
		{"reclaimed, nobody's", HEAD "10.77.0.50,,,3600,1795000000,1,0,0,,2,\n",
			"10.77.0.50", "", LEASE_RELEASED, 1795000000, 1794996400, ""},
		{"released (Kea 2.7)", HEAD "10.77.0.50," MAC ",,3600,1795000000,1,0,0,,3,\n",
			"10.77.0.50", MAC, LEASE_RELEASED, 1795000000, 1794996400, ""},
		{"deleted: a lifetime of 0", HEAD "10.77.0.50," MAC ",,0,1795640000,1,0,0,,0,\n",
			"10.77.0.50", MAC, LEASE_RELEASED, 1795640000, 1795640000, ""},
		{"InfiniBand: only a client id",
			HEAD "10.77.0.50,,ff:00:00:00:00:00:02:00:00:02:c9:00,3600,1795640000,1,0,"
			     "0,,0,\n",
			"10.77.0.50", "id", LEASE_BOUND, 1795640000, 1795636400, ""},
	};

	(void)state;
	check_files(LEASE_FORMAT_KEA, cases, COUNT_OF(cases));
}

// kea-leases4.csv.2, .1 and the file itself, by cat.
static void files_of_a_clean_up_stand_one_after_the_other(void **state) {
	static const char text[] = HEAD "10.77.0.50," MAC ",,3600,1795640000,1,0,0,,0,\n"
					"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,"
					"fqdn_fwd,fqdn_rev,hostname\n"
					"10.77.0.50," MAC ",,3600,1795640000,1,0,0,\n\n";
	uint64_t passed_over;

	(void)state;
	assert_int_equal(count_leases(LEASE_FORMAT_KEA, text, &passed_over), 2);
	assert_int_equal(count_leases(LEASE_FORMAT_KEA, HEAD, &passed_over), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_lines_are_told),
		cmocka_unit_test(leases_are_read),
		cmocka_unit_test(files_of_a_clean_up_stand_one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
