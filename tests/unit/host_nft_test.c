// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "unit.h"

#include <errno.h>

#include "cli/host_nft.h"

static char out[8192];

static struct config config_with(struct config_port *ports, uint32_t count) {
	return (struct config){
		.runtime_dir = "/run/rouse",
		.tid_range = {32768, 49151},
		.ports = ports,
		.port_count = count,
	};
}

static void names_that_nft_would_misread_are_refused(void **state) {
	static const char *const cases[] = {"af_xdp:", "af_xdp:eth*", "af_xdp:e\"; flush ruleset",
		"af_packet:a\\b", "af_packet:a b", "af_packet:{"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct config_port port = {.device = cases[i], .prefix_len = 24};
		struct config config = config_with(&port, 1);

		assert_case(cases[i], host_nft_ruleset(&config, out, sizeof(out)) == -EINVAL);
	}
}

static void each_kind_of_port_has_its_rule(void **state) {
	static const struct {
		const char *name;
		struct config_port port;
		const char *rule; // NULL: none
	} cases[] = {
		{"server on af_xdp",
			{.device = "af_xdp:eth1",
				.kind = POLICY_DEVICE_AF_XDP,
				.address = 0x0a4d0001,
				.prefix_len = 24,
				.dhcp = POLICY_DHCP_SERVER},
			"iifname \"eth1\" ip daddr { 10.77.0.1, 10.77.0.255, 255.255.255.255 } "
			"udp dport { 69, 67, 4011, 32768-49151 } counter drop"},
		{"proxy on af_packet",
			{.device = "af_packet:br0.7",
				.kind = POLICY_DEVICE_AF_PACKET,
				.address = 0x0a4d0001,
				.prefix_len = 16,
				.dhcp = POLICY_DHCP_PROXY},
			"iifname \"br0.7\" ip daddr { 10.77.0.1, 10.77.255.255, 255.255.255.255 } "
			"udp dport { 69, 67, 4011, 32768-49151 } counter drop"},
		{"VLAN: its interface may have any name",
			{.device = "af_packet:eth1",
				.kind = POLICY_DEVICE_AF_PACKET,
				.address = 0x0a4d0001,
				.prefix_len = 24,
				.vlan = 7,
				.dhcp = POLICY_DHCP_SERVER},
			"\t\tip daddr { 10.77.0.1, 10.77.0.255 } "
			"udp dport { 69, 67, 4011, 32768-49151 } counter drop"},
		{"no DHCP, point to point",
			{.device = "af_xdp:p",
				.kind = POLICY_DEVICE_AF_XDP,
				.address = 0x01020304,
				.prefix_len = 31,
				.dhcp = POLICY_DHCP_OFF},
			"iifname \"p\" ip daddr { 1.2.3.4, 255.255.255.255 } "
			"udp dport { 69, 32768-49151 } counter drop"},
		{"a port that the kernel has not",
			{.device = "vdev:net_vhost0", .kind = POLICY_DEVICE_VDEV, .prefix_len = 24},
			NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct config_port port = cases[i].port;
		struct config config = config_with(&port, 1);
		int len = host_nft_ruleset(&config, out, sizeof(out));

		assert_case(cases[i].name, len == (int)strlen(out));
		if (cases[i].rule)
			assert_case(cases[i].name, strstr(out, cases[i].rule));
		else
			assert_case(cases[i].name, !strstr(out, "iifname"));
	}
}

static void instances_have_tables_of_their_own(void **state) {
	char a[HOST_NFT_NAME_SIZE], b[HOST_NFT_NAME_SIZE];

	(void)state;
	host_nft_name("/run/rouse", a);
	host_nft_name("/run/rouse2", b);
	assert_int_equal(strlen(a), strlen("rouse_12345678"));
	assert_string_not_equal(a, b);
}

static void too_many_ports_are_told(void **state) {
	struct config_port ports[100];
	struct config config = config_with(ports, COUNT_OF(ports));

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ports); i++)
		ports[i] = (struct config_port){.device = "af_xdp:eth0", .prefix_len = 24};
	assert_int_equal(host_nft_ruleset(&config, out, sizeof(out)), -ENOSPC);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_nft_would_misread_are_refused),
		cmocka_unit_test(each_kind_of_port_has_its_rule),
		cmocka_unit_test(instances_have_tables_of_their_own),
		cmocka_unit_test(too_many_ports_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
