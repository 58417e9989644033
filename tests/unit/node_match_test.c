// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which machines a role's match takes: each key, and what is not known.

#include "unit.h"

#include "config_match.h"
#include "node_match.h"

#define BASE                                                                                       \
	"boot_root: /srv/rouse\n"                                                                  \
	"ports: [{device: \"af_xdp:eth1\", address: 10.77.0.1/24}]\n"                              \
	"subnets: [{network: 10.77.0.0/24}]\n"

static const uint8_t mac[6] = {0x52, 0x54, 0, 0xab, 0, 1};

// 4c4c4544-0034-5010-8052-b4c04f564231 as option 97 has it.
static const struct node_facts facts = {
	.arch = 16, // x64 by HTTP
	.has_uuid = true,
	.uuid = {0x44, 0x45, 0x4c, 0x4c, 0x34, 0x00, 0x10, 0x50, 0x80, 0x52, 0xb4, 0xc0, 0x4f, 0x56,
		0x42, 0x31},
	.memory_mb = 65536,
	.vendor_class = "PXEClient:Arch:00016",
	.manufacturer = "Dell Inc.",
	.product = "PowerEdge R740",
	.serial = "4PPRVB1",
	.asset = "rack 7",
};
static const struct node_facts nothing = {.arch = STORE_UNKNOWN_ARCH};

static const struct {
	const char *match;
	const char *failed; // the key that rules it out; NULL: it matches
} cases[] = {
	{"mac: \"52:54:*\"", NULL},
	{"mac: \"52:54:00:AB:*\"", NULL},
	{"mac: \"52-54-00-ab-00-01\"", NULL},
	{"mac: \"00:*\"", "mac"},
	{"mac: [\"00:*\", \"52:*\"]", NULL},
	{"host: n0*", NULL},
	{"host: N001", NULL},
	{"host: m*", "host"},
	{"subnet: 10.77.0.0/24", NULL},
	{"subnet: 10.78.0.0/24", "subnet"},
	{"subnet: [10.78.0.0/24, 10.0.0.0/8]", NULL},
	{"uuid: \"4C4C4544-0034-*\"", NULL},
	{"uuid: \"44454c4c-*\"", "uuid"},
	{"arch: x64-uefi", NULL},
	{"arch: x64-uefi-http", NULL},
	{"arch: [x86-bios, 9]", NULL},
	{"arch: x86-bios", "arch"},
	{"vendor_class: \"PXEClient*\"", NULL},
	{"vendor_class: \"pxeclient*\"", "vendor_class"},
	{"serial: \"4pp*\"", NULL},
	{"serial: \"5*\"", "serial"},
	{"asset: rack ?", NULL},
	{"asset: rack ??", "asset"},
	{"manufacturer: dell*", NULL},
	{"manufacturer: HP*", "manufacturer"},
	{"product: \"*R[67]40\"", NULL},
	{"product: \"*R[!67]40\"", "product"},
	{"memory: 64G", NULL},
	{"memory: 65G", "memory"},
	{"memory: [128G, 1G]", NULL},
	{"serial: \"4*\", product: \"Power*\", memory: 1G", NULL},
	{"serial: \"4*\", product: [HP*, Super*], memory: 65G", "product"},
};

static struct config *parse(const char *match) {
	static struct config_errors errors;
	char text[1024];
	struct config *config;

	errors.count = 0;
	snprintf(text, sizeof(text), BASE "roles: [{name: r, profile: local, match: {%s}}]\n",
		match);
	config = config_parse(text, strlen(text), &errors);
	if (!config)
		fail_msg("%s: %s: %s", match, errors.list[0].key, errors.list[0].text);
	return config;
}

static void each_key_takes_and_refuses(void **state) {
	struct machine machine = {
		.mac = mac, .name = "n001", .address = 0x0a4d0009, .facts = &facts};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct config *config = parse(cases[i].match);
		const struct config_condition *failed = NULL;
		bool matches = node_matches(&config->brain.roles[0].match, &machine, &failed);

		assert_case(cases[i].match, matches == !cases[i].failed);
		assert_case(cases[i].match, matches == !failed);
		if (failed)
			assert_case(cases[i].match,
				!strcmp(config_match_name(failed->match), cases[i].failed));
		assert_case(cases[i].match,
			node_matches(&config->brain.roles[0].match, &machine, NULL) == matches);
		config_free(config);
	}
}

static void what_is_not_known_matches_nothing(void **state) {
	static const char *const matches[] = {"subnet: 0.0.0.0/0", "uuid: \"*\"", "arch: 0",
		"vendor_class: \"*\"", "serial: \"*\"", "asset: \"*\"", "manufacturer: \"*\"",
		"product: \"*\"", "memory: 0"};
	struct machine machine = {.mac = mac, .name = "n001", .facts = &nothing};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(matches); i++) {
		struct config *config = parse(matches[i]);

		assert_case(
			matches[i], !node_matches(&config->brain.roles[0].match, &machine, NULL));
		config_free(config);
	}
}

static void no_conditions_take_everything(void **state) {
	struct machine machine = {.mac = mac, .name = "n001", .facts = &nothing};
	struct config_match match = {0};

	(void)state;
	assert_true(node_matches(&match, &machine, NULL));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_takes_and_refuses),
		cmocka_unit_test(what_is_not_known_matches_nothing),
		cmocka_unit_test(no_conditions_take_everything),
	};

	return cmocka_run_group_tests_name("node_match", tests, NULL, NULL);
}
