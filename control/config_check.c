// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "config_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dhcp_pxe.h"
#include "option_block.h"
#include "text.h"

// One range of addresses and where it is written.
struct span {
	uint32_t first;
	uint32_t last;
	uint32_t line;
	uint32_t index; // of the subnet
};

// A key of a host that must be its own, with where it is written.
struct own {
	const char *name;
	uint64_t value;
	uint32_t index;
};

struct check {
	const struct config *config;
	struct config_errors *errors;
	struct span *subnets; // sorted
};

__attribute__((format(printf, 5, 6))) static void bad(struct check *c, uint32_t line,
	const char *record, uint32_t index, const char *format, ...) {
	char path[96], text[200];
	va_list list;

	// "hosts[%u].mac"
	snprintf(path, sizeof(path), "%.*s[%u]%s", (int)strcspn(record, "["), record, index,
		strchr(record, ']') ? strchr(record, ']') + 1 : "");
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	config_error_add(c->errors, line, path, "%s", text);
}

static int by_first(const void *a, const void *b) {
	const struct span *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static uint32_t broadcast_of(const struct config_subnet *subnet) {
	return subnet->network | ~config_mask(subnet->prefix_len);
}

// The subnet that holds an address; -1 for none. Works once subnets are sorted and disjoint.
static int64_t subnet_of(const struct check *c, uint32_t address) {
	uint32_t low = 0, high = c->config->subnet_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (c->subnets[middle].last < address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < c->config->subnet_count && c->subnets[low].first <= address)
		return c->subnets[low].index;
	return -1;
}

static void check_subnets(struct check *c) {
	const struct config *config = c->config;

	for (uint32_t i = 0; i < config->subnet_count; i++)
		c->subnets[i] = (struct span){config->subnets[i].network,
			broadcast_of(&config->subnets[i]), config->subnets[i].line, i};
	qsort(c->subnets, config->subnet_count, sizeof(*c->subnets), by_first);
	for (uint32_t i = 1; i < config->subnet_count; i++) {
		const struct span *before = &c->subnets[i - 1], *span = &c->subnets[i];
		char ip[TEXT_IP_SIZE];

		if (span->first > before->last)
			continue;
		bad(c, span->line, "subnets[].network", span->index, "overlaps %s/%u of line %u",
			text_ip(before->first, ip), config->subnets[before->index].prefix_len,
			before->line);
	}
}

static bool holds(const struct config_pool *pool, uint32_t address) {
	return pool->first <= address && address <= pool->last;
}

static void check_pool(struct check *c, uint32_t index, const struct config_pool *pool) {
	const struct config_subnet *subnet = &c->config->subnets[index];
	char ip[TEXT_IP_SIZE];

	if (pool->first <= subnet->network || pool->last >= broadcast_of(subnet)) {
		bad(c, pool->line, "subnets[].pools", index,
			"the range must lie inside %s/%u, without its first and last address",
			text_ip(subnet->network, ip), subnet->prefix_len);
		return;
	}
	for (uint32_t i = 0; i < subnet->routers.count; i++)
		if (holds(pool, subnet->routers.list[i]))
			bad(c, pool->line, "subnets[].pools", index,
				"the range holds the router %s, which nobody may lease",
				text_ip(subnet->routers.list[i], ip));
	for (uint32_t i = 0; i < c->config->port_count; i++)
		if (holds(pool, c->config->ports[i].address))
			bad(c, pool->line, "subnets[].pools", index,
				"the range holds %s, which is our own address",
				text_ip(c->config->ports[i].address, ip));
}

static void check_pools(struct check *c, uint32_t index) {
	const struct config_subnet *subnet = &c->config->subnets[index];

	for (uint32_t i = 0; i < subnet->pool_count; i++) {
		check_pool(c, index, &subnet->pools[i]);
		if (i && subnet->pools[i].first <= subnet->pools[i - 1].last)
			bad(c, subnet->pools[i].line, "subnets[].pools", index,
				"the range overlaps that of line %u", subnet->pools[i - 1].line);
	}
}

static bool is_port_address(const struct config *config, uint32_t address) {
	for (uint32_t i = 0; i < config->port_count; i++)
		if (config->ports[i].address == address)
			return true;
	return false;
}

static bool is_pooled(const struct check *c, uint32_t address) {
	int64_t index = subnet_of(c, address);

	for (uint32_t i = 0; index >= 0 && i < c->config->subnets[index].pool_count; i++)
		if (holds(&c->config->subnets[index].pools[i], address))
			return true;
	return false;
}

// An agent's address may lie in another subnet than that of its clients.
static void check_relays(struct check *c, uint32_t index) {
	const struct config_subnet *subnet = &c->config->subnets[index];
	char ip[TEXT_IP_SIZE];

	for (uint32_t i = 0; i < subnet->relays.count; i++) {
		uint32_t relay = subnet->relays.list[i];

		text_ip(relay, ip);
		if (is_port_address(c->config, relay))
			bad(c, subnet->line, "subnets[].relays", index, "%s is our own address",
				ip);
		if (is_pooled(c, relay))
			bad(c, subnet->line, "subnets[].relays", index,
				"%s lies in a pool, but nobody may lease it", ip);
	}
}

static void check_subnet(struct check *c, uint32_t index) {
	const struct config_subnet *subnet = &c->config->subnets[index];
	struct option_block block;
	char ip[TEXT_IP_SIZE];

	check_pools(c, index);
	for (uint32_t i = 0; i < subnet->routers.count; i++)
		if ((subnet->routers.list[i] ^ subnet->network) & config_mask(subnet->prefix_len))
			bad(c, subnet->line, "subnets[].routers", index,
				"%s is not in this network, so no machine can reach it",
				text_ip(subnet->routers.list[i], ip));
	check_relays(c, index);
	if (option_block_subnet(subnet, &block) < 0)
		bad(c, subnet->line, "subnets[].options", index, "%s", block.why);
}

static void check_proxy(struct check *c, uint32_t index) {
	const struct config_port *port = &c->config->ports[index];
	int64_t subnet = subnet_of(c, port->address);
	char ip[TEXT_IP_SIZE];

	if (subnet >= 0 && c->config->subnets[subnet].pool_count)
		bad(c, port->line, "ports[].dhcp", index,
			"proxy gives out no addresses, but subnet %s/%u has pools: remove them, or "
			"write server",
			text_ip(c->config->subnets[subnet].network, ip),
			c->config->subnets[subnet].prefix_len);
}

// The af_packet driver shares a device's frames out among all sockets that it has there.
static void check_device(struct check *c, uint32_t index, const struct config_port *other) {
	const struct config_port *port = &c->config->ports[index];

	if (strcmp(other->device, port->device) != 0)
		return;
	if (port->kind == POLICY_DEVICE_AF_PACKET && other->vlan != port->vlan)
		bad(c, port->line, "ports[].device", index,
			"%s is used in line %u already: for another VLAN name the kernel's "
			"interface, such as %s.%u, without vlan:",
			port->device, other->line, port->device,
			port->vlan ? port->vlan : other->vlan);
	else
		bad(c, port->line, "ports[].device", index, "%s is used in line %u already",
			port->device, other->line);
}

static void check_port(struct check *c, uint32_t index) {
	const struct config_port *port = &c->config->ports[index];
	char ip[TEXT_IP_SIZE];

	for (uint32_t i = 0; i < index; i++) {
		const struct config_port *other = &c->config->ports[i];

		check_device(c, index, other);
		if (other->address == port->address)
			bad(c, port->line, "ports[].address", index,
				"%s is used in line %u already", text_ip(port->address, ip),
				other->line);
	}
	if (port->dhcp == POLICY_DHCP_PROXY)
		check_proxy(c, index);
	if (port->kind == POLICY_DEVICE_AF_XDP && port->mtu > 3500)
		bad(c, port->line, "ports[].mtu", index, "af_xdp takes at most 3500");
	if (port->kind == POLICY_DEVICE_AF_XDP && port->vlan)
		bad(c, port->line, "ports[].vlan", index,
			"af_xdp ports take untagged frames only: write af_packet:%s",
			port->device + strcspn(port->device, ":") + 1);
	if (port->dhcp == POLICY_DHCP_SERVER && subnet_of(c, port->address) < 0)
		bad(c, port->line, "ports[].address", index,
			"no subnet holds %s: add one to subnets:, or write dhcp: off",
			text_ip(port->address, ip));
}

static void check_options(struct check *c, const char *record, uint32_t index, uint32_t line,
	const struct config_options *options) {
	struct option_block block;

	if (option_block_options(options, &block) < 0)
		bad(c, line, record, index, "%s", block.why);
}

static void check_host(struct check *c, uint32_t index) {
	const struct config_host *host = &c->config->hosts[index];
	int64_t subnet = host->address ? subnet_of(c, host->address) : 0;
	char ip[TEXT_IP_SIZE];

	check_options(c, "hosts[].options", index, host->line, &host->options);
	if (!host->address)
		return;
	text_ip(host->address, ip);
	if (subnet < 0)
		bad(c, host->line, "hosts[].address", index, "no subnet holds %s", ip);
	else if (host->address == c->config->subnets[subnet].network ||
		 host->address == broadcast_of(&c->config->subnets[subnet]))
		bad(c, host->line, "hosts[].address", index,
			"%s is the network's own or broadcast address", ip);
	else if (is_port_address(c->config, host->address))
		bad(c, host->line, "hosts[].address", index, "%s is our own address", ip);
}

static int by_value(const void *a, const void *b) {
	const struct own *x = a, *y = b;
	int names = x->name && y->name ? strcasecmp(x->name, y->name) : 0;

	if (names)
		return names;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

// Sorts what each host must have alone, and tells the neighbours that are equal.
static void check_own(struct check *c, struct own *own, uint32_t count, const char *path) {
	qsort(own, count, sizeof(*own), by_value);
	for (uint32_t i = 1; i < count; i++) {
		bool same = own[i].name ? !strcasecmp(own[i].name, own[i - 1].name)
					: own[i].value == own[i - 1].value;

		if (same)
			bad(c, c->config->hosts[own[i].index].line, path, own[i].index,
				"is the same as in line %u",
				c->config->hosts[own[i - 1].index].line);
	}
}

static uint64_t mac_number(const uint8_t mac[6]) {
	uint64_t number = 0;

	for (int i = 0; i < 6; i++)
		number = number << 8 | mac[i];
	return number;
}

static void check_hosts(struct check *c) {
	const struct config *config = c->config;
	struct own *own = mem_alloc(config->host_count * sizeof(*own));
	uint32_t count = 0;

	for (uint32_t i = 0; i < config->host_count; i++) {
		check_host(c, i);
		own[i] = (struct own){.name = config->hosts[i].name, .index = i};
	}
	check_own(c, own, config->host_count, "hosts[].name");
	for (uint32_t i = 0; i < config->host_count; i++)
		own[i] = (struct own){.value = mac_number(config->hosts[i].mac), .index = i};
	check_own(c, own, config->host_count, "hosts[].mac");
	for (uint32_t i = 0; i < config->host_count; i++)
		if (config->hosts[i].address)
			own[count++] = (struct own){.value = config->hosts[i].address, .index = i};
	check_own(c, own, count, "hosts[].address");
	free(own);
}

static bool known_host(const struct config *config, const char *name) {
	for (uint32_t i = 0; i < config->host_count; i++)
		if (!strcasecmp(config->hosts[i].name, name))
			return true;
	return false;
}

// Firmware reads a menu out of one option 43.
static void check_menu(struct check *c, uint32_t index) {
	const struct config_rule *rule = &c->config->rules[index];
	size_t text_len[POLICY_MENU_MAX], len;

	if (rule->file)
		bad(c, rule->line, "boot[].menu", index, "a rule has either a file or a menu");
	if (rule->next_server)
		bad(c, rule->line, "boot[].next_server", index,
			"each item of the menu has its own");
	for (uint32_t i = 0; i < rule->menu_count; i++)
		text_len[i] = strlen(rule->menu[i].text);
	len = dhcp_pxe_menu_len(text_len, rule->menu_count, strlen(rule->menu_prompt));
	if (len > DHCP_PXE_VENDOR_MAX)
		bad(c, rule->line, "boot[].menu", index,
			"its texts are %zu bytes too long: firmware reads %u of a menu, 10 of "
			"which "
			"each item takes beside its text",
			len - DHCP_PXE_VENDOR_MAX, DHCP_PXE_VENDOR_MAX);
}

// A rule for one host by its plain name, which is in no list: a slip that would never be noticed.
static void check_rule(struct check *c, uint32_t index) {
	const struct config_rule *rule = &c->config->rules[index];

	check_options(c, "boot[].options", index, rule->line, &rule->options);
	if (rule->menu_count)
		check_menu(c, index);
	else if (strcmp(rule->menu_prompt, CONFIG_MENU_PROMPT) != 0 ||
		 rule->menu_timeout_s != strtoul(CONFIG_MENU_TIMEOUT, NULL, 10))
		bad(c, rule->line, "boot[].menu", index,
			"menu_prompt and menu_timeout need a menu");
	for (uint32_t i = 0; i < rule->match.count; i++) {
		const struct config_condition *condition = &rule->match.list[i];

		if (condition->match == POLICY_MATCH_HOST && !strpbrk(condition->text, "*?[") &&
			!known_host(c->config, condition->text))
			bad(c, rule->line, "boot[].match.host", index, "there is no host %.64s",
				condition->text);
	}
}

// The snapshot has bounds for all rules together.
static void check_rules(struct check *c) {
	uint32_t conditions = 0;

	for (uint32_t i = 0; i < c->config->rule_count; i++) {
		check_rule(c, i);
		conditions += c->config->rules[i].match.count;
	}
	if (conditions > POLICY_CONDITIONS_MAX)
		config_error_add(c->errors, 0, "boot", "%u values to match are more than %u",
			conditions, POLICY_CONDITIONS_MAX);
}

static void check_workers(struct check *c) {
	uint32_t tids = c->config->tid_range[1] - c->config->tid_range[0] + 1u;

	if (tids < c->config->workers * 16)
		config_error_add(c->errors, 0, "tid_range",
			"%u ports are too few for %u workers: 16 for each at least", tids,
			c->config->workers);
}

static void check_node_dir(struct check *c) {
	const char *dir = c->config->node_dir;

	if (dir && (strstr(dir, "://") || strstr(dir, "//") || dir[strlen(dir) - 1] == '/'))
		config_error_add(c->errors, 0, "node_dir",
			"\"%.64s\" is not a directory below boot_root: write nodes, or some/nodes",
			dir);
}

void config_check(const struct config *config, struct config_errors *errors) {
	struct check c = {.config = config, .errors = errors};

	c.subnets = mem_alloc(config->subnet_count * sizeof(*c.subnets));
	check_subnets(&c);
	check_workers(&c);
	check_node_dir(&c);
	for (uint32_t i = 0; i < config->subnet_count; i++)
		check_subnet(&c, i);
	for (uint32_t i = 0; i < config->port_count; i++)
		check_port(&c, i);
	check_hosts(&c);
	check_rules(&c);
	config_check_brain(config, errors);
	config_check_http(config, errors);
	free(c.subnets);
}
