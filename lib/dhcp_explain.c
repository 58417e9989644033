// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "dhcp_explain.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"

// What PXE firmware and iPXE ask for, as far as a server can have an answer.
static const uint8_t asked_for[] = {
	1, 3, 6, 12, 13, 15, 17, 28, 42, 43, 51, 54, 58, 59, 60, 66, 67, 97, 119, 121, 150, 175};

static void option(struct writer *w, uint8_t code, const void *data, size_t len) {
	writer_u8(w, code);
	writer_u8(w, (uint8_t)len);
	writer_bytes(w, data, len);
}

static bool is_http(uint16_t arch) {
	static const uint16_t http[] = {15, 16, 17, 18, 19, 20, 23, 24, 26, 28, 30, 38, 40};

	for (size_t i = 0; i < sizeof(http) / sizeof(http[0]); i++)
		if (http[i] == arch)
			return true;
	return false;
}

static void firmware_options(struct writer *w, uint16_t arch, const char *vendor_class) {
	static const uint8_t undi[] = {1, 3, 16};
	uint8_t type[2] = {(uint8_t)(arch >> 8), (uint8_t)arch};
	char class[48];

	snprintf(class, sizeof(class), "%s:Arch:%05u:UNDI:003016",
		is_http(arch) ? "HTTPClient" : "PXEClient", arch);
	if (!vendor_class)
		option(w, DHCP_OPT_VENDOR_CLASS, class, strlen(class));
	option(w, DHCP_OPT_ARCH, type, sizeof(type));
	option(w, DHCP_OPT_UNDI, undi, sizeof(undi));
}

static void identity_options(struct writer *w, const struct dhcp_question *q) {
	uint8_t uuid[DHCP_UUID_OPTION_BYTES] = {0};

	if (q->user_class)
		option(w, DHCP_OPT_USER_CLASS, q->user_class, strnlen(q->user_class, 255));
	else if (q->ipxe)
		option(w, DHCP_OPT_USER_CLASS, "iPXE", 4);
	if (!q->uuid)
		return;
	memcpy(uuid + 1, q->uuid, 16);
	option(w, DHCP_OPT_UUID, uuid, sizeof(uuid));
}

#define SUBOPTION_TEXT_MAX 120 // so that two of them fit option 82

static void suboption(struct writer *w, uint8_t code, const char *text) {
	if (text)
		option(w, code, text, strnlen(text, SUBOPTION_TEXT_MAX));
}

// RFC 3046, 2.1: the agent's option is the last one.
static void agent_option(struct writer *w, const struct dhcp_question *q) {
	uint8_t bytes[UINT8_MAX];
	struct writer agent = writer_of(bytes, sizeof(bytes));

	suboption(&agent, DHCP_AGENT_CIRCUIT_ID, q->circuit_id);
	suboption(&agent, DHCP_AGENT_REMOTE_ID, q->remote_id);
	if (q->link) {
		writer_u8(&agent, DHCP_AGENT_LINK);
		writer_u8(&agent, 4);
		writer_u32(&agent, q->link);
	}
	if (q->giaddr && agent.at)
		option(w, DHCP_OPT_AGENT, bytes, agent.at);
}

size_t dhcp_explain_ask(const struct dhcp_question *q, uint8_t message[DHCP_PAYLOAD_MAX]) {
	static const uint8_t type = DHCP_DISCOVER, max_size[2] = {1472 >> 8, 1472 & 0xff};
	struct writer w = writer_of(message, DHCP_PAYLOAD_MAX);

	writer_u8(&w, DHCP_OP_REQUEST);
	writer_u8(&w, DHCP_HTYPE_ETHERNET);
	writer_u8(&w, 6);
	writer_fill(&w, 0, 21);
	writer_u32(&w, q->giaddr);
	writer_bytes(&w, q->mac, sizeof(q->mac));
	writer_fill(&w, 0, DHCP_MAGIC_OFFSET - w.at);
	writer_u32(&w, DHCP_MAGIC);
	option(&w, DHCP_OPT_TYPE, &type, 1);
	option(&w, DHCP_OPT_MAX_SIZE, max_size, sizeof(max_size));
	if (q->arch != POLICY_ARCH_UNKNOWN)
		firmware_options(&w, q->arch, q->vendor_class);
	if (q->vendor_class)
		option(&w, DHCP_OPT_VENDOR_CLASS, q->vendor_class, strnlen(q->vendor_class, 255));
	identity_options(&w, q);
	if (q->arch != POLICY_ARCH_UNKNOWN || q->ipxe)
		option(&w, DHCP_OPT_PARAMETERS, asked_for, sizeof(asked_for));
	agent_option(&w, q);
	writer_u8(&w, DHCP_OPT_END);
	return w.at;
}

void dhcp_explain(struct dhcp_server *server, const struct dhcp_input *input, struct rouse_now now,
	uint32_t *failed, struct dhcp_explanation *e) {
	const struct policy *policy = server->policy;
	const struct policy_rule *rule;

	memset(e, 0, sizeof(*e));
	e->verdict = dhcp_exchange_run(&e->exchange, server, input, now, &e->output);
	e->parsed = e->exchange.view.type != 0;
	e->place_known = e->parsed && e->exchange.selection.server_id;
	if (!e->exchange.selection.boots)
		return;
	rule = policy_boot_rule(policy, &e->exchange.selection.machine, failed);
	e->rules_tried = rule ? (uint32_t)(rule - policy->rules) : policy->count[POLICY_RULES];
}

const char *dhcp_explain_source(enum lease_source source) {
	switch (source) {
	case LEASE_SOURCE_RESERVATION:
		return "it is reserved for this machine";
	case LEASE_SOURCE_LEASE:
		return "the machine has a lease of it";
	case LEASE_SOURCE_PREVIOUS:
		return "the machine had it before, or it was offered to it";
	case LEASE_SOURCE_REQUESTED:
		return "the machine asks for it and it is free";
	case LEASE_SOURCE_POOL:
		return "the first free one from a place told by the MAC";
	case LEASE_SOURCE_NONE:
		break;
	}
	return "no address was chosen";
}
