// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/policy_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "config_match.h"
#include "text.h"

char *policy_print_text(
	const struct policy *policy, struct policy_ref ref, char *out, size_t size) {
	return text_clean(policy_text(policy, ref), ref.len, out, size);
}

char *policy_print_order(const struct policy_host *host, char out[POLICY_ORDER_SIZE]) {
	snprintf(out, POLICY_ORDER_SIZE, "%" PRIu64, host->order_id);
	return out;
}

static void print_value(const struct policy *policy, const struct policy_condition *condition,
	char *out, size_t size) {
	char ip[TEXT_IP_SIZE];
	const char *name;

	switch ((enum policy_match)condition->match) {
	case POLICY_MATCH_IPXE:
	case POLICY_MATCH_LOCAL:
	case POLICY_MATCH_ORDER:
		snprintf(out, size, "%s", condition->value ? "true" : "false");
		return;
	case POLICY_MATCH_ARCH:
		name = config_arch_name((uint16_t)condition->value);
		if (name)
			snprintf(out, size, "%s", name);
		else
			snprintf(out, size, "%u", condition->value);
		return;
	case POLICY_MATCH_SUBNET:
		snprintf(out, size, "%s/%d", text_ip(condition->value, ip),
			__builtin_popcount(condition->mask));
		return;
	case POLICY_MATCH_MAC:
	case POLICY_MATCH_UUID:
	case POLICY_MATCH_VENDOR_CLASS:
	case POLICY_MATCH_USER_CLASS:
	case POLICY_MATCH_HOST:
	case POLICY_MATCH_ROLE:
	case POLICY_MATCH_CIRCUIT_ID:
	case POLICY_MATCH_REMOTE_ID:
		break;
	}
	policy_print_text(policy, condition->text, out, size);
}

char *policy_print_condition(const struct policy *policy, const struct policy_condition *condition,
	char out[POLICY_PRINT_SIZE]) {
	char value[POLICY_PRINT_SIZE - 32];

	print_value(policy, condition, value, sizeof(value));
	snprintf(out, POLICY_PRINT_SIZE, "%s: %s", config_match_name(condition->match), value);
	return out;
}

char *policy_print_match(
	const struct policy *policy, const struct policy_rule *rule, char out[POLICY_PRINT_SIZE]) {
	const struct policy_condition *conditions = policy->conditions + rule->conditions.first;
	size_t used = 0;

	out[0] = '\0';
	if (!rule->conditions.count)
		snprintf(out, POLICY_PRINT_SIZE, "every machine");
	for (uint32_t i = 0; i < rule->conditions.count && used < POLICY_PRINT_SIZE; i++) {
		bool same = i && conditions[i].group == conditions[i - 1].group;
		char value[POLICY_PRINT_SIZE / 2];

		print_value(policy, &conditions[i], value, sizeof(value));
		if (same)
			used += (size_t)snprintf(
				out + used, POLICY_PRINT_SIZE - used, " or %s", value);
		else
			used += (size_t)snprintf(out + used, POLICY_PRINT_SIZE - used, "%s%s: %s",
				i ? ", " : "", config_match_name(conditions[i].match), value);
	}
	return out;
}

// A long value stands in parts that follow each other.
static size_t take_option(struct reader *r, uint8_t *code, char *hex, size_t size) {
	size_t used = 0;
	uint8_t len;

	*code = reader_u8(r);
	do {
		const uint8_t *value;

		len = reader_u8(r);
		value = reader_take(r, len);
		for (uint8_t i = 0; value && i < len && used + 3 <= size; i++)
			used += (size_t)snprintf(hex + used, size - used, "%02x", value[i]);
		if (len < 255 || !reader_left(r) || r->data[r->at] != *code)
			break;
		reader_u8(r);
	} while (!r->failed);
	return used;
}

json_t *policy_print_options(const struct policy *policy, struct policy_ref block) {
	struct reader r = reader_of(policy_text(policy, block), block.len);
	json_t *options = json_object();
	char hex[2 * POLICY_OPTIONS_MAX + 1];

	while (reader_left(&r)) {
		uint8_t code;
		char number[4];

		hex[0] = '\0';
		take_option(&r, &code, hex, sizeof(hex));
		snprintf(number, sizeof(number), "%u", code);
		json_object_set_new(options, number, json_string(hex));
	}
	return options;
}

static json_t *order_json(const struct policy *policy, const struct policy_host *host) {
	char id[POLICY_ORDER_SIZE], last[4 * POLICY_NAME_MAX + 1];

	if (!host->order_id)
		return json_null();
	return json_pack("{s:s, s:i, s:s}", "id", policy_print_order(host, id), "slot",
		(int)host->order_slot, "last_file",
		policy_print_text(policy, host->order_last, last, sizeof(last)));
}

json_t *policy_print_hosts(const struct policy *policy) {
	json_t *list = json_array();

	for (uint32_t i = 0; i < policy->count[POLICY_HOSTS]; i++) {
		const struct policy_host *host = &policy->hosts[i];
		char name[POLICY_PRINT_SIZE], role[POLICY_PRINT_SIZE];
		char ip[TEXT_IP_SIZE], mac[TEXT_MAC_SIZE];

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:o, s:o}", "name",
				      policy_print_text(policy, host->name, name, sizeof(name)),
				      "mac", text_mac(host->mac, mac), "address",
				      host->address ? text_ip(host->address, ip) : "", "role",
				      policy_print_text(policy, host->role, role, sizeof(role)),
				      "listed", policy_host_is_known(host), "local",
				      (host->flags & POLICY_HOST_LOCAL) != 0, "order",
				      order_json(policy, host), "options",
				      policy_print_options(policy, host->options)));
	}
	return list;
}
