// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a machine asks by iPXE: its own script, with what iPXE knows of it in the query.

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "brain_web_internal.h"
#include "text.h"

static uint16_t arch_of(const struct http_request *request) {
	static const struct {
		const char *platform, *build;
		uint16_t arch;
	} archs[] = {{"efi", "x86_64", 7}, {"efi", "i386", 6}, {"efi", "arm64", 11},
		{"efi", "arm32", 10}};
	const char *platform = http_request_argument(request, "platform");
	const char *build = http_request_argument(request, "arch");

	if (platform && !strcmp(platform, "pcbios"))
		return 0;
	for (size_t i = 0; platform && build && i < sizeof(archs) / sizeof(archs[0]); i++)
		if (!strcmp(archs[i].platform, platform) && !strcmp(archs[i].build, build))
			return archs[i].arch;
	return STORE_UNKNOWN_ARCH;
}

static const char *fact(const struct http_request *request, const char *name) {
	const char *value = http_request_argument(request, name);

	return value && value[0] && strlen(value) < 128 ? value : NULL;
}

static bool parse_uuid(const char *text, uint8_t uuid[16]) {
	static const uint8_t places[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	char digits[33];
	size_t count = 0;

	for (; text && *text && count < 32; text++)
		if (isxdigit((unsigned char)*text))
			digits[count++] = *text;
		else if (*text != '-')
			return false;
	digits[count] = '\0';
	for (size_t i = 0; count == 32 && i < 16; i++) {
		char byte[3] = {digits[2 * i], digits[2 * i + 1]};

		uuid[places[i]] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return count == 32 && text_uuid_is_set(uuid);
}

static void read_facts(const struct http_request *request, struct node_facts *facts) {
	const char *memory = fact(request, "memsize");

	*facts = (struct node_facts){
		.arch = arch_of(request),
		.memory_mb = memory ? (uint32_t)strtoul(memory, NULL, 10) : 0,
		.manufacturer = fact(request, "manufacturer"),
		.product = fact(request, "product"),
		.serial = fact(request, "serial"),
		.asset = fact(request, "asset"),
	};
	facts->has_uuid = parse_uuid(http_request_argument(request, "uuid"), facts->uuid);
}

// A machine speaks of itself: the address that it comes from is not another node's.
static struct brain_node *asking(struct brain *brain, const struct web_call *call) {
	const char *text = http_request_argument(call->request, "mac");
	char name[STORE_NODE_NAME_SIZE];
	struct node_facts facts;
	uint8_t mac[6], owner[6];
	struct brain_node *node;

	if (!text || text_parse_mac(text, mac) < 0 || !text_mac_is_machine(mac)) {
		brain_web_say(call->answer, 400, "mac= is missing, or is no machine's MAC address");
		return NULL;
	}
	if (brain_who(brain, call->request->client, owner, name) && memcmp(owner, mac, 6) != 0) {
		brain_web_say(
			call->answer, 403, "this address is that of another machine, %s", name);
		return NULL;
	}
	read_facts(call->request, &facts);
	node = brain_seen(brain, mac, call->request->client, &facts);
	if (!node)
		brain_web_say(call->answer, 503, "this machine cannot be kept as a node now");
	return node;
}

unsigned int brain_web_facts(struct brain *brain, const struct web_call *call) {
	return asking(brain, call) ? brain_web_say(call->answer, 200, "thank you")
				   : call->answer->status;
}

// The script of exactly this machine, which may have become a node just now.
unsigned int brain_web_script(struct brain *brain, const struct web_call *call) {
	struct brain_node *node = asking(brain, call);
	struct store_node record = {.name = ""};
	struct arena arena = {0};
	char *text = NULL, why[BRAIN_WHY] = "the store cannot be read or written";
	size_t len;
	int rc;

	if (!node)
		return call->answer->status;
	brain_node_make(brain, node);
	rc = store_node_get(brain->store, node->mac, &arena, &record);
	if (rc == 0)
		rc = brain_render(brain, &record, RENDER_IPXE, &text, &len, why);
	if (rc == 0 && !brain_commit(brain))
		rc = -EIO;
	if (rc == 0) {
		brain_web_tell_script(brain, node->mac, "boot.ipxe", len);
		brain_web_give(call->answer, text, len, "text/plain");
	} else {
		brain_web_say(call->answer, 500, "%s: %s", record.name, why);
	}
	arena_free(&arena);
	return call->answer->status;
}
