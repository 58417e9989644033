// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "node_match.h"

#include <string.h>

#include "text.h"

#define NODE_RELAY_ID_MAX 255u // bytes of a suboption

static bool glob(const char *pattern, const char *text, bool ignore_case) {
	return text && text[0] &&
	       text_glob(pattern, strlen(pattern), text, strlen(text), ignore_case);
}

static int digit(char c) {
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

// Boot rules match the bytes that the agent sent, so what text_clean has made of some is undone.
static bool glob_bytes(const char *pattern, const char *text) {
	char bytes[NODE_RELAY_ID_MAX];
	size_t len = 0;

	for (; text && *text && len < sizeof(bytes); text++) {
		bytes[len] = *text;
		if (text[0] == '\\' && text[1] == 'x' && text[2] && text[3]) {
			bytes[len] = (char)(digit(text[2]) << 4 | digit(text[3]));
			text += 3;
		}
		len++;
	}
	return len && text_glob(pattern, strlen(pattern), bytes, len, false);
}

static bool matches_mac(const char *pattern, const struct machine *machine) {
	char text[TEXT_MAC_SIZE];

	return glob(pattern, text_mac(machine->mac, text), true);
}

static bool matches_uuid(const char *pattern, const struct node_facts *facts) {
	char text[TEXT_UUID_SIZE];

	return facts->has_uuid && glob(pattern, text_uuid(facts->uuid, text), true);
}

static bool matches_fact(const struct config_condition *condition, const struct node_facts *facts) {
	switch ((enum config_fact)condition->match) {
	case CONFIG_FACT_SERIAL:
		return glob(condition->text, facts->serial, true);
	case CONFIG_FACT_ASSET:
		return glob(condition->text, facts->asset, true);
	case CONFIG_FACT_MANUFACTURER:
		return glob(condition->text, facts->manufacturer, true);
	case CONFIG_FACT_PRODUCT:
		return glob(condition->text, facts->product, true);
	case CONFIG_FACT_MEMORY:
		return facts->memory_mb && facts->memory_mb >= condition->value;
	case CONFIG_FACT_END:
		break;
	}
	return false;
}

static bool holds(const struct config_condition *condition, const struct machine *machine) {
	const struct node_facts *facts = machine->facts;

	switch (condition->match) {
	case POLICY_MATCH_MAC:
		return matches_mac(condition->text, machine);
	case POLICY_MATCH_HOST:
		return glob(condition->text, machine->name, true);
	case POLICY_MATCH_SUBNET:
		return machine->address && (machine->address & condition->mask) == condition->value;
	case POLICY_MATCH_UUID:
		return matches_uuid(condition->text, facts);
	case POLICY_MATCH_ARCH:
		return facts->arch != STORE_UNKNOWN_ARCH &&
		       config_arch_kind(facts->arch) ==
			       config_arch_kind((uint16_t)condition->value);
	case POLICY_MATCH_VENDOR_CLASS:
		return glob(condition->text, facts->vendor_class, false);
	case POLICY_MATCH_CIRCUIT_ID:
		return glob_bytes(condition->text, facts->circuit_id);
	case POLICY_MATCH_REMOTE_ID:
		return glob_bytes(condition->text, facts->remote_id);
	default:
		return matches_fact(condition, facts);
	}
}

bool node_matches(const struct config_match *match, const struct machine *machine,
	const struct config_condition **failed) {
	uint32_t i = 0;

	while (i < match->count) {
		const struct config_condition *first = &match->list[i];
		bool held = false;

		for (; i < match->count && match->list[i].group == first->group; i++)
			held = held || holds(&match->list[i], machine);
		if (held)
			continue;
		if (failed)
			*failed = first;
		return false;
	}
	return true;
}
