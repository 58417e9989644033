// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// From the text of a configuration to a snapshot that lib/policy reads.

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config.h"
#include "policy.h"
#include "publish.h"

static const char text[] =
	"boot_root: /srv/rouse\n"
	"ports: [{device: \"af_xdp:eth1\", address: 10.77.0.1/24}]\n"
	"subnets:\n"
	"  - network: 10.77.0.0/24\n"
	"    pools: [10.77.0.100-10.77.0.110, 10.77.0.50-10.77.0.60]\n"
	"    routers: [10.77.0.1]\n"
	"    relays: [10.99.0.1]\n"
	"  - {network: 10.76.0.0/24}\n"
	"hosts: [{name: n001, mac: \"52:54:00:00:01:01\", address: 10.77.0.11, role: compute}]\n"
	"boot:\n"
	"  - {match: {ipxe: true, role: [storage, compute]}, file: menu.ipxe}\n"
	"  - {match: {arch: x64-uefi}, file: ipxe.efi, options: {209: \"text:x\"}}\n"
	"  - {file: far.efi, next_server: 10.77.0.9}\n";

static struct image_entry entries[] = {
	{.path = "big.efi", .size = 1ULL << 30, .state = POLICY_NAME_NO_MEMORY},
	{.path = "far.efi", .size = 1, .state = POLICY_NAME_SERVED, .served = true},
	{.path = "ipxe.efi",
		.size = 1025,
		.state = POLICY_NAME_SERVED,
		.served = true,
		.slot = 7,
		.generation = 9},
	{.path = "torn.img", .size = 5, .state = POLICY_NAME_UNREADABLE},
};

static void a_snapshot_says_what_the_configuration_says(void **state) {
	static const uint8_t mac[6] = {0x52, 0x54, 0, 0, 1, 1};
	struct image_table images = {.count = 4, .entries = entries};
	static struct config_errors errors;
	struct config *config = config_parse(text, strlen(text), &errors);
	void *snapshot = aligned_alloc(8, POLICY_SNAPSHOT_MAX);
	struct policy_machine machine = {.mac = mac, .arch = 7};
	const struct policy_name *name;
	const struct policy_rule *rule;
	struct policy policy;
	char why[256] = "";
	int64_t size;

	(void)state;
	assert_non_null(config);
	size = publish_try(config, 500, &images, snapshot, why);
	if (size < 0)
		fail_msg("%s", why);
	assert_int_equal(policy_validate(snapshot, (size_t)size, &policy, why), 0);
	assert_int_equal(policy.snapshot->max_leases, 500);
	assert_int_equal(policy.snapshot->tid_first, 32768);
	assert_memory_equal(policy_text(&policy, policy.ports[0].device), "eth1", 4);
	assert_int_equal(policy.ports[0].kind, POLICY_DEVICE_AF_XDP);
	assert_int_equal(policy.ports[0].subnet, 1); // subnets ascend in a snapshot
	assert_int_equal(policy.subnets[1].pools.count, 2);
	assert_int_equal(policy.pools[0].first, 0x0a4d0032);
	assert_int_equal(policy.subnets[1].lease_time_s, 43200);
	assert_int_equal(policy.relays[policy.subnets[1].relays.first], 0x0a630001);
	assert_memory_equal(policy_text(&policy, policy.subnets[1].options),
		"\x01\x04\xff\xff\xff\x00\x03\x04\x0a\x4d\x00\x01\x1c\x04\x0a\x4d\x00\xff", 18);
	machine.host = policy_host_by_mac(&policy, mac);
	assert_non_null(machine.host);
	rule = policy_boot_rule(&policy, &machine, NULL);
	assert_int_equal(rule->line, 12);
	assert_int_equal(rule->file_blocks, 3);
	assert_memory_equal(policy_text(&policy, rule->options), "\xd1\x01x", 3);
	machine.ipxe = true;
	assert_int_equal(policy_boot_rule(&policy, &machine, NULL)->line, 11);
	machine = (struct policy_machine){.arch = 0};
	rule = policy_boot_rule(&policy, &machine, NULL);
	assert_int_equal(rule->line, 13);
	assert_int_equal(rule->next_server, 0x0a4d0009);
	assert_int_equal(
		rule->file_blocks, 0); // another server's file: its size is not ours to tell
	assert_int_equal(policy_find_name(&policy, 0, false, "IPXE.EFI", 8, &name), POLICY_FOUND);
	assert_int_equal(name->slot, 7);
	assert_int_equal(name->generation, 9);
	assert_int_equal(policy_find_name(&policy, 0, false, "big.efi", 7, &name), POLICY_FOUND);
	assert_int_equal(name->state, POLICY_NAME_NO_MEMORY);
	assert_int_equal(policy_find_name(&policy, 0, false, "torn.img", 8, &name), POLICY_FOUND);
	assert_int_equal(name->state, POLICY_NAME_UNREADABLE);
	config_free(config);
	free(snapshot);
}

// Each machine finds its own file; the others find the common one, or none.
static void hosts_have_files_of_their_own(void **state) {
	static const char with_nodes[] =
		"boot_root: /srv/rouse\n"
		"node_dir: nodes\n"
		"ports: [{device: \"af_xdp:eth1\", address: 10.77.0.1/24}]\n"
		"subnets: [{network: 10.77.0.0/24, pools: [10.77.0.50-10.77.0.60]}]\n"
		"hosts:\n"
		"  - {name: n002, mac: \"52:54:00:00:01:02\"}\n"
		"  - {name: N001, mac: \"52:54:00:00:01:01\"}\n"
		"boot:\n"
		"  - {match: {arch: x64-uefi}, file: boot.efi}\n"
		"  - {file: menu.ipxe}\n";
	struct image_entry files[] = {
		{.path = "boot.efi", .size = 1024, .slot = 1, .served = true},
		{.path = "menu.ipxe", .size = 1024, .slot = 2, .served = true},
		{.path = "nodes", .size = 1, .slot = 3, .served = true},
		{.path = "nodes/n001/menu.ipxe", .size = 10, .slot = 4, .served = true},
		{.path = "nodes/n002/a/secret", .size = 10, .slot = 5, .served = true},
		{.path = "nodes/n00", .size = 10, .slot = 6, .served = true},
		{.path = "nodes/n0011/menu.ipxe", .size = 10, .slot = 7, .served = true},
	};
	struct image_table images = {.count = sizeof(files) / sizeof(files[0]), .entries = files};
	static struct config_errors errors;
	struct config *config = config_parse(with_nodes, strlen(with_nodes), &errors);
	void *snapshot = aligned_alloc(8, POLICY_SNAPSHOT_MAX);
	const struct policy_name *name;
	struct policy policy;
	char why[256] = "";
	int64_t size;

	(void)state;
	assert_non_null(config);
	size = publish_try(config, 500, &images, snapshot, why);
	assert_int_equal(policy_validate(snapshot, (size_t)size, &policy, why), 0);
	assert_int_equal(policy_find_name(&policy, 0, false, "menu.ipxe", 9, &name), POLICY_FOUND);
	assert_int_equal(name->slot, 2);
	assert_int_equal(policy_find_name(&policy, 1, false, "menu.ipxe", 9, &name), POLICY_FOUND);
	assert_int_equal(name->slot, 2);
	assert_int_equal(
		policy_find_name(&policy, 2, false, "/MENU.ipxe", 10, &name), POLICY_FOUND);
	assert_int_equal(name->slot, 4);
	assert_int_equal(policy_find_name(&policy, 1, false, "a/secret", 8, &name), POLICY_FOUND);
	assert_int_equal(
		policy_find_name(&policy, 2, false, "a/secret", 8, &name), POLICY_NOT_FOUND);
	assert_int_equal(policy_find_name(&policy, 2, false, "nodes/n002/a/secret", 19, &name),
		POLICY_NOT_FOUND);
	assert_int_equal(policy_find_name(&policy, 0, false, "nodes", 5, &name), POLICY_FOUND);
	assert_int_equal(policy.rules[0].file_blocks, 2);
	assert_int_equal(policy.rules[1].file_blocks, 0); // not the same for everybody
	config_free(config);
	free(snapshot);
}

static void too_many_hosts_do_not_fit_a_snapshot(void **state) {
	static struct config_errors errors;
	struct config *config = config_parse(text, strlen(text), &errors);
	void *snapshot = aligned_alloc(8, POLICY_SNAPSHOT_MAX);
	uint32_t count = 400000;
	char why[256] = "", *names = malloc(count * 8);

	(void)state;
	config->hosts = calloc(count, sizeof(*config->hosts));
	config->host_count = count;
	for (uint32_t i = 0; i < count; i++) {
		config->hosts[i].name = names + 8 * i;
		snprintf(names + 8 * i, 8, "%u", i);
		config->hosts[i].mac[0] = 2;
		memcpy(config->hosts[i].mac + 2, &i, 4);
	}
	assert_int_equal(publish_try(config, 500, NULL, snapshot, why), -ENOSPC);
	assert_true(why[0]);
	free(config->hosts);
	free(names);
	config_free(config);
	free(snapshot);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_snapshot_says_what_the_configuration_says),
		cmocka_unit_test(hosts_have_files_of_their_own),
		cmocka_unit_test(too_many_hosts_do_not_fit_a_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
