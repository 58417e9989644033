// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The readers of addresses, networks, devices and ranges of UDP ports.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config_read.h"
#include "text.h"

void config_read_tid_range(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	const char *text = config_scalar(c, key, node);
	uint16_t *range = config_field(key, record);
	unsigned int first, last;
	char rest;

	if (!text)
		return;
	if (sscanf(text, "%5u-%5u%c", &first, &last, &rest) != 2)
		config_bad(c, key, node, "\"%.64s\" is not a range: write 32768-49151", text);
	else if (first < 1024 || last > 65535 || first > last || last - first < 15)
		config_bad(c, key, node, "must be at least 16 ports between 1024 and 65535");
	else if (first <= 4011 && 4011 <= last)
		config_bad(c, key, node, "must not hold port 4011, which is DHCP's");
	else {
		range[0] = (uint16_t)first;
		range[1] = (uint16_t)last;
	}
}

static const char *const device_kinds[] = {
	[POLICY_DEVICE_AF_XDP] = "af_xdp:",
	[POLICY_DEVICE_AF_PACKET] = "af_packet:",
	[POLICY_DEVICE_VDEV] = "vdev:",
	[POLICY_DEVICE_PCI] = "pci:",
	NULL,
};

#define IF_NAME_MAX 15
#define DEVICE_MAX  255

void config_read_device(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	const char *text = config_scalar(c, key, node);
	uint8_t *kind = config_field2(key, record);
	const char *rest;

	if (!text)
		return;
	for (*kind = 0; device_kinds[*kind]; (*kind)++)
		if (!strncmp(text, device_kinds[*kind], strlen(device_kinds[*kind])))
			break;
	if (!device_kinds[*kind]) {
		config_bad(c, key, node,
			"\"%.64s\" is none of af_xdp:IF, af_packet:IF, vdev:ARGS or pci:ADDR",
			text);
		return;
	}
	rest = text + strlen(device_kinds[*kind]);
	if (!*rest || strlen(text) > DEVICE_MAX || !config_is_printable(text) || strchr(rest, ' '))
		config_bad(c, key, node, "needs a name after the colon, of at most %d characters",
			DEVICE_MAX);
	else if (*kind <= POLICY_DEVICE_AF_PACKET &&
		 (strlen(rest) > IF_NAME_MAX || strpbrk(rest, "/:,")))
		config_bad(c, key, node, "\"%.64s\" is not the name of an interface", rest);
	else
		*(const char **)config_field(key, record) = text;
}

// Groups of 224.0.0.0/24 are the routers' own and never leave a link; switches flood them.
static bool is_usable(enum config_cidr kind, uint32_t address, uint8_t len) {
	if (kind == CONFIG_CIDR_GROUPS)
		return address >> 28 == 14 && len >= 8 && address >> 8 != 0xe00000;
	return len >= 1 && len <= 30 && config_usable_address(address);
}

static const char *const cidr_examples[] = {
	[CONFIG_CIDR_ADDRESS] = "10.77.0.1/24",
	[CONFIG_CIDR_NETWORK] = "10.77.0.0/24",
	[CONFIG_CIDR_GROUPS] = "239.255.77.0/24",
};

void config_read_cidr(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	const char *text = config_scalar(c, key, node);
	char ip[TEXT_IP_SIZE];
	uint32_t address, host;
	uint8_t len;

	if (!text)
		return;
	if (text_parse_cidr(text, &address, &len) < 0) {
		config_bad(c, key, node, "\"%.64s\" is not an address with a length: write %s",
			text, cidr_examples[key->max]);
		return;
	}
	host = address & ~config_mask(len);
	if (!is_usable(key->max, address, len))
		config_bad(c, key, node, "%s cannot be a network of %s", text,
			key->max == CONFIG_CIDR_GROUPS ? "multicast groups" : "machines");
	else if (key->max && host)
		config_bad(c, key, node, "%s is an address in the network %s/%u: write that", text,
			text_ip(address & config_mask(len), ip), len);
	else if (!key->max && (!host || host == ~config_mask(len)))
		config_bad(c, key, node, "%s is the network's own or broadcast address", text);
	else {
		*(uint32_t *)config_field(key, record) = address;
		*(uint8_t *)config_field2(key, record) = len;
	}
}

static bool parse_address(struct config_context *c, const struct config_key *key,
	const struct config_node *node, uint32_t *address) {
	const char *text = config_scalar(c, key, node);

	if (!text)
		return false;
	if (text_parse_ip(text, address) < 0)
		config_bad(c, key, node, "\"%.64s\" is not an IPv4 address", text);
	else if (!config_usable_address(*address))
		config_bad(c, key, node, "%s cannot be the address of a machine", text);
	else
		return true;
	return false;
}

void config_read_address(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	uint32_t address;

	if (parse_address(c, key, node, &address))
		*(uint32_t *)config_field(key, record) = address;
}

void config_read_addresses(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	struct config_addresses *out = config_field(key, record);
	const struct config_node *item;
	int64_t count = config_scalars(c, key, node, &item);

	if (count < 0)
		return;
	if ((uint64_t)count > key->max) {
		config_bad(c, key, node, "has more than %" PRIu64 " addresses", key->max);
		return;
	}
	out->list = arena_alloc(c->arena, (size_t)count * sizeof(*out->list));
	for (; out->count < count; item = item->next)
		if (!parse_address(c, key, item, &out->list[out->count++]))
			return;
}

void config_read_mac(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	const char *text = config_scalar(c, key, node);
	uint8_t *mac = config_field(key, record);

	if (!text)
		return;
	if (text_parse_mac(text, mac) < 0)
		config_bad(c, key, node, "\"%.64s\" is not a MAC address: write 52:54:00:00:01:01",
			text);
	else if (!text_mac_is_machine(mac))
		config_bad(c, key, node, "%s cannot be the address of one machine", text);
}
