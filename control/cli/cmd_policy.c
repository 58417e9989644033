// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse policy: what is published to the dataplane.

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/instance.h"
#include "cli/output.h"
#include "cli/policy_print.h"
#include "human.h"
#include "text.h"

static const char *const device_kinds[] = {
	[POLICY_DEVICE_AF_XDP] = "af_xdp",
	[POLICY_DEVICE_AF_PACKET] = "af_packet",
	[POLICY_DEVICE_VDEV] = "vdev",
	[POLICY_DEVICE_PCI] = "pci",
};

static const char *const dhcp_modes[] = {
	[POLICY_DHCP_OFF] = "off",
	[POLICY_DHCP_SERVER] = "server",
	[POLICY_DHCP_PROXY] = "proxy",
};

static const char *device_text(
	const struct policy *policy, const struct policy_port *port, char out[POLICY_PRINT_SIZE]) {
	char device[POLICY_PRINT_SIZE - 16];

	policy_print_text(policy, port->device, device, sizeof(device));
	snprintf(out, POLICY_PRINT_SIZE, "%s:%s", device_kinds[port->kind], device);
	return out;
}

static const char *cidr_text(uint32_t address, unsigned int len, char out[TEXT_IP_SIZE + 4]) {
	char ip[TEXT_IP_SIZE];

	snprintf(out, TEXT_IP_SIZE + 4, "%s/%u", text_ip(address, ip), len);
	return out;
}

static unsigned int prefix_of(uint32_t mask) {
	return (unsigned int)__builtin_popcount(mask);
}

static const char *name_state(uint16_t state) {
	return state == POLICY_NAME_SERVED      ? "served"
	       : state == POLICY_NAME_NO_MEMORY ? "no memory"
						: "unreadable";
}

// --- JSON

static json_t *ports_json(const struct policy *policy) {
	json_t *list = json_array();

	for (uint32_t i = 0; i < policy->count[POLICY_PORTS]; i++) {
		const struct policy_port *port = &policy->ports[i];
		char device[POLICY_PRINT_SIZE], cidr[TEXT_IP_SIZE + 4];

		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:i, s:i}", "device",
				device_text(policy, port, device), "address",
				cidr_text(port->address, port->prefix_len, cidr), "dhcp",
				dhcp_modes[port->dhcp], "mtu", port->mtu, "vlan", port->vlan));
	}
	return list;
}

static json_t *pools_json(const struct policy *policy, const struct policy_subnet *subnet) {
	static const char *const users[POLICY_POOL_USERS] = {"any", "known", "unknown"};
	json_t *list = json_array();

	for (uint32_t i = 0; i < subnet->pools.count; i++) {
		const struct policy_pool *pool = &policy->pools[subnet->pools.first + i];
		char first[TEXT_IP_SIZE], last[TEXT_IP_SIZE];

		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s}", "first", text_ip(pool->first, first), "last",
				text_ip(pool->last, last), "for", users[pool->users]));
	}
	return list;
}

static json_t *relays_json(const struct policy *policy, const struct policy_subnet *subnet) {
	json_t *list = json_array();
	char ip[TEXT_IP_SIZE];

	for (uint32_t i = 0; i < subnet->relays.count; i++)
		json_array_append_new(
			list, json_string(text_ip(policy->relays[subnet->relays.first + i], ip)));
	return list;
}

static json_t *subnets_json(const struct policy *policy) {
	json_t *list = json_array();

	for (uint32_t i = 0; i < policy->count[POLICY_SUBNETS]; i++) {
		const struct policy_subnet *subnet = &policy->subnets[i];
		char cidr[TEXT_IP_SIZE + 4];

		json_array_append_new(list,
			json_pack("{s:s, s:o, s:o, s:I, s:i, s:i, s:o}", "network",
				cidr_text(subnet->network, prefix_of(subnet->mask), cidr), "pools",
				pools_json(policy, subnet), "relays", relays_json(policy, subnet),
				"lease_time_s", (json_int_t)subnet->lease_time_s, "max_blksize",
				subnet->max_blksize, "max_windowsize", subnet->max_windowsize,
				"options", policy_print_options(policy, subnet->options)));
	}
	return list;
}

static json_t *menu_json(const struct policy *policy, const struct policy_rule *rule) {
	json_t *list = json_array();

	for (uint32_t i = 0; i < rule->menu.count; i++) {
		const struct policy_menu_item *item = &policy->menu_items[rule->menu.first + i];
		char text[POLICY_PRINT_SIZE], file[4 * POLICY_NAME_MAX + 1];

		json_array_append_new(list,
			json_pack("{s:s, s:s, s:i}", "text",
				policy_print_text(policy, item->text, text, sizeof(text)), "file",
				policy_print_text(policy, item->file, file, sizeof(file)), "type",
				policy_menu_type(policy, rule, i)));
	}
	return list;
}

static json_t *rules_json(const struct policy *policy) {
	json_t *list = json_array();

	for (uint32_t i = 0; i < policy->count[POLICY_RULES]; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		char match[POLICY_PRINT_SIZE], file[4 * POLICY_NAME_MAX + 1], ip[TEXT_IP_SIZE];

		json_array_append_new(
			list, json_pack("{s:I, s:o, s:s, s:s, s:s, s:I, s:o}", "line",
				      (json_int_t)rule->line, "menu", menu_json(policy, rule),
				      "match", policy_print_match(policy, rule, match), "file",
				      policy_print_text(policy, rule->file, file, sizeof(file)),
				      "next_server",
				      rule->next_server ? text_ip(rule->next_server, ip) : "",
				      "file_blocks", (json_int_t)rule->file_blocks, "options",
				      policy_print_options(policy, rule->options)));
	}
	return list;
}

static json_t *names_json(const struct policy *policy) {
	json_t *list = json_array();

	for (uint32_t i = 0; i < policy->count[POLICY_NAMES]; i++) {
		const struct policy_name *name = &policy->names[i];
		char path[4 * POLICY_NAME_MAX + 1];

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:I, s:I, s:I}", "path",
				      policy_print_text(policy, name->path, path, sizeof(path)),
				      "state", name_state(name->state), "bytes",
				      (json_int_t)name->size, "slot", (json_int_t)name->slot,
				      "generation", (json_int_t)name->generation));
	}
	return list;
}

static json_t *multicast_json(const struct policy_snapshot *snapshot) {
	char groups[TEXT_IP_SIZE];

	if (!snapshot->multicast)
		return json_null();
	return json_pack("{s:s, s:i, s:i, s:i}", "groups",
		text_ip(snapshot->multicast_groups, groups), "prefix_len",
		snapshot->multicast_prefix, "port", snapshot->multicast_port, "ttl",
		snapshot->multicast_ttl);
}

static void print_json(const struct instance *instance) {
	const struct policy *policy = &instance->policy;
	const struct policy_snapshot *snapshot = policy->snapshot;

	output_json(json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:i, s:s, s:i, s:i, s:b, s:o, s:o, s:o, s:o, s:o, s:o}",
		"generation", (json_int_t)instance->generation, "built_unix_s",
		(json_int_t)(snapshot->built_unix_ns / 1000000000), "snapshot_bytes",
		(json_int_t)snapshot->total_size, "memory_bytes",
		(json_int_t)snapshot->memory_bytes, "max_leases", (json_int_t)snapshot->max_leases,
		"workers", snapshot->workers, "idle",
		snapshot->idle == POLICY_IDLE_BUSY ? "busy" : "adaptive", "tid_first",
		snapshot->tid_first, "tid_last", snapshot->tid_last, "authoritative",
		snapshot->authoritative, "multicast", multicast_json(snapshot), "ports",
		ports_json(policy), "subnets", subnets_json(policy), "hosts",
		policy_print_hosts(policy), "boot", rules_json(policy), "files",
		names_json(policy)));
}

// --- text

static void print_ports(const struct policy *policy) {
	struct table table;

	table_init(&table, (const char *const[]){"port", "address", "dhcp", "mtu", "vlan"}, 5);
	for (uint32_t i = 0; i < policy->count[POLICY_PORTS]; i++) {
		const struct policy_port *port = &policy->ports[i];
		char device[POLICY_PRINT_SIZE], cidr[TEXT_IP_SIZE + 4], mtu[16] = "the device's";
		char vlan[16] = "";

		if (port->mtu)
			snprintf(mtu, sizeof(mtu), "%u", port->mtu);
		if (port->vlan)
			snprintf(vlan, sizeof(vlan), "%u", port->vlan);
		table_row(&table, (const char *const[]){device_text(policy, port, device),
					  cidr_text(port->address, port->prefix_len, cidr),
					  dhcp_modes[port->dhcp], mtu, vlan});
	}
	table_print(&table, stdout, output_width());
	table_free(&table);
}

static uint64_t pool_addresses(const struct policy *policy, const struct policy_subnet *subnet) {
	uint64_t count = 0;

	for (uint32_t i = 0; i < subnet->pools.count; i++) {
		const struct policy_pool *pool = &policy->pools[subnet->pools.first + i];

		count += (uint64_t)pool->last - pool->first + 1;
	}
	return count;
}

static void print_subnets(const struct policy *policy) {
	struct table table;

	table_init(&table,
		(const char *const[]){"subnet", ">addresses", ">lease time", ">relays",
			">block at most", ">window at most"},
		6);
	for (uint32_t i = 0; i < policy->count[POLICY_SUBNETS]; i++) {
		const struct policy_subnet *subnet = &policy->subnets[i];
		char cidr[TEXT_IP_SIZE + 4], time[HUMAN_SIZE], count[24], relays[16], block[16];
		char window[16];

		snprintf(count, sizeof(count), "%llu",
			(unsigned long long)pool_addresses(policy, subnet));
		snprintf(relays, sizeof(relays), "%u", subnet->relays.count);
		snprintf(block, sizeof(block), "%u", subnet->max_blksize);
		snprintf(window, sizeof(window), "%u", subnet->max_windowsize);
		table_row(&table,
			(const char *const[]){
				cidr_text(subnet->network, prefix_of(subnet->mask), cidr), count,
				human_duration(subnet->lease_time_s, time), relays, block, window});
	}
	putchar('\n');
	table_print(&table, stdout, 0);
	table_free(&table);
}

static void print_rules(const struct policy *policy) {
	struct table table;

	table_init(&table, (const char *const[]){">line", "file", "for"}, 3);
	for (uint32_t i = 0; i < policy->count[POLICY_RULES]; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		char match[POLICY_PRINT_SIZE], file[4 * POLICY_NAME_MAX + 1], line[16];

		snprintf(line, sizeof(line), "%u", rule->line);
		policy_print_text(policy, rule->file, file, sizeof(file));
		if (rule->menu.count)
			snprintf(file, sizeof(file), "(menu of %u)", rule->menu.count);
		table_row(&table, (const char *const[]){line, file[0] ? file : "(none)",
					  policy_print_match(policy, rule, match)});
	}
	putchar('\n');
	table_print(&table, stdout, output_width());
	table_free(&table);
}

static void print_multicast(const struct policy_snapshot *snapshot) {
	char groups[TEXT_IP_SIZE];

	if (snapshot->multicast)
		printf("multicast TFTP to %s/%u port %u, TTL %u\n",
			text_ip(snapshot->multicast_groups, groups), snapshot->multicast_prefix,
			snapshot->multicast_port, snapshot->multicast_ttl);
}

static void print_text(const struct instance *instance) {
	const struct policy_snapshot *snapshot = instance->policy.snapshot;
	char when[HUMAN_SIZE], size[HUMAN_SIZE];

	printf("policy %llu of %s, %s\n"
	       "hosts %u, files %u, room for leases %u, workers %u, TFTP on %u-%u\n",
		(unsigned long long)instance->generation,
		human_time((int64_t)(snapshot->built_unix_ns / 1000000000), when),
		human_bytes(snapshot->total_size, size), instance->policy.count[POLICY_HOSTS],
		instance->policy.count[POLICY_NAMES], snapshot->max_leases, snapshot->workers,
		snapshot->tid_first, snapshot->tid_last);
	print_multicast(snapshot);
	putchar('\n');
	print_ports(&instance->policy);
	if (instance->policy.count[POLICY_SUBNETS])
		print_subnets(&instance->policy);
	print_rules(&instance->policy);
}

static int run(const struct cli_args *args) {
	struct instance instance;
	int rc = instance_find(args, &instance);

	if (rc == CLI_OK)
		rc = instance_need_policy(&instance);
	if (rc == CLI_OK && cli_flag(args, "json"))
		print_json(&instance);
	else if (rc == CLI_OK)
		print_text(&instance);
	instance_close(&instance);
	return rc;
}

static const struct cli_option options[] = {INSTANCE_OPTIONS, CLI_OPTION_JSON, CLI_OPTION_END};

const struct cli_command cmd_policy = {
	.name = "policy",
	.operands = "",
	.help = "what is published to the dataplane",
	.detail =
		"line is that of the boot rule in the configuration file. --json tells all: hosts, "
		"options\nand files, too.",
	.options = options,
	.run = run,
};
