// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// On af_packet the kernel sees a copy of each frame, and on af_xdp what the XDP program passes on
// (fragments) or what arrives while there is none. Nobody listens on those ports there, so the
// kernel would answer "port unreachable", and a client's transfer would end. The rule lies at raw
// prerouting and has no test for fragments: a fragmented datagram is not answered either.

#include "cli/host_nft.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/run_program.h"
#include "crc32c.h"

#define RULESET_MAX 16384

struct text {
	char *out;
	size_t size;
	size_t len;
	bool full;
};

static void __attribute__((format(printf, 2, 3))) put(struct text *text, const char *format, ...) {
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text->out + text->len, text->size - text->len, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= text->size - text->len)
		text->full = true;
	else
		text->len += (size_t)n;
}

static void put_address(struct text *text, uint32_t address) {
	put(text, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
		address & 255);
}

void host_nft_name(const char *runtime_dir, char name[HOST_NFT_NAME_SIZE]) {
	snprintf(name, HOST_NFT_NAME_SIZE, "rouse_%08x",
		crc32c(0, runtime_dir, strlen(runtime_dir)));
}

// nft reads quotes, backslashes and a star at the end as its own.
static bool plain_name(const char *name) {
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-+@:";

	return name[0] && name[strspn(name, allowed)] == '\0';
}

// "eth1" of "af_xdp:eth1".
static const char *interface_of(const struct config_port *port) {
	const char *colon = strchr(port->device, ':');

	return colon ? colon + 1 : port->device;
}

// Frames of a VLAN come to the kernel by the VLAN's interface, whatever its name, or to nobody. It
// may be made later, so the address tells what is ours; 255.255.255.255 may be for others there,
// and is not answered with "unreachable" in any case.
static void put_port(
	struct text *text, const struct config *config, const struct config_port *port) {
	uint32_t mask = config_mask(port->prefix_len);

	put(text, "\t\t");
	if (!port->vlan)
		put(text, "iifname \"%s\" ", interface_of(port));
	put(text, "ip daddr { ");
	put_address(text, port->address);
	// Of a /31 and a /32 there is no broadcast address of their own.
	if (port->prefix_len < 31) {
		put(text, ", ");
		put_address(text, port->address | ~mask);
	}
	put(text, "%s } udp dport { 69", port->vlan ? "" : ", 255.255.255.255");
	if (port->dhcp != POLICY_DHCP_OFF)
		put(text, ", 67, 4011");
	put(text, ", %u-%u } counter drop\n", config->tid_range[0], config->tid_range[1]);
}

static bool shared_with_kernel(const struct config_port *port) {
	return port->kind == POLICY_DEVICE_AF_XDP || port->kind == POLICY_DEVICE_AF_PACKET;
}

static int put_chain(struct text *text, const struct config *config) {
	put(text, "\tchain prerouting {\n\t\ttype filter hook prerouting priority raw;\n");
	for (uint32_t i = 0; i < config->port_count; i++) {
		if (!shared_with_kernel(&config->ports[i]))
			continue;
		if (!plain_name(interface_of(&config->ports[i])))
			return -EINVAL;
		put_port(text, config, &config->ports[i]);
	}
	put(text, "\t}\n");
	return 0;
}

int host_nft_ruleset(const struct config *config, char *out, size_t size) {
	struct text text = {.out = out, .size = size};
	char name[HOST_NFT_NAME_SIZE];

	host_nft_name(config->runtime_dir, name);
	// To delete what may not be there, it is added first.
	put(&text, "table ip %s\ndelete table ip %s\ntable ip %s {\n", name, name, name);
	if (put_chain(&text, config) < 0)
		return -EINVAL;
	put(&text, "}\n");
	return text.full ? -ENOSPC : (int)text.len;
}

static int run_nft(const char *ruleset, char *why, size_t why_size) {
	char *argv[] = {"nft", "-f", "-", NULL};
	char output[512];
	int status = run_program(argv, ruleset, output, sizeof(output));

	if (status == 0)
		return 0;
	snprintf(why, why_size, "the nft rule could not be set: %s",
		status < 0 ? strerror(-status) : output);
	return status < 0 ? status : -EIO;
}

int host_nft_apply(const struct config *config, char *why, size_t why_size) {
	char ruleset[RULESET_MAX];
	int len = host_nft_ruleset(config, ruleset, sizeof(ruleset));

	if (len < 0) {
		snprintf(why, why_size, "no nft rule can be written for these ports: %s",
			len == -EINVAL
				? "an interface's name has characters that nft reads as its own"
				: "there are too many");
		return len;
	}
	return run_nft(ruleset, why, why_size);
}

int host_nft_remove(const char *runtime_dir, char *why, size_t why_size) {
	char name[HOST_NFT_NAME_SIZE], ruleset[128];

	host_nft_name(runtime_dir, name);
	snprintf(ruleset, sizeof(ruleset), "table ip %s\ndelete table ip %s\n", name, name);
	return run_nft(ruleset, why, why_size);
}
