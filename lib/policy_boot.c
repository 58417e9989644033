// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Boot rules: which file a machine is told to load. The first rule whose every group of conditions
// holds wins. The dataplane asks here for each DHCP reply, rouse explain for each question.

#include "policy.h"

#include <string.h>

#include "text.h"

// RFC 4578 as corrected by the registry: firmware that runs x64 says 7, some says 9.
#define ARCH_X64_UEFI 7
#define ARCH_EBC      9

// The machine with the text forms that patterns are compared with, made when a rule first asks.
struct subject {
	const struct policy *policy;
	const struct policy_machine *machine;
	char mac[TEXT_MAC_SIZE];
	char uuid[TEXT_UUID_SIZE];
};

// One class of a well-formed RFC 3004 list, or the end of it.
static bool next_class(
	const uint8_t *data, size_t len, size_t *at, const uint8_t **text, size_t *n) {
	if (*at >= len || data[*at] == 0 || data[*at] > len - *at - 1)
		return false;
	*text = data + *at + 1;
	*n = data[*at];
	*at += 1 + *n;
	return true;
}

// RFC 3004 §4: each class is preceded by its length. iPXE and Windows send the bare text instead.
static bool is_counted(const uint8_t *data, size_t len) {
	const uint8_t *text;
	size_t n;
	size_t at = 0;

	while (next_class(data, len, &at, &text, &n))
		;
	return at == len;
}

static bool glob(struct policy_ref ref, const struct policy *policy, const void *text, size_t len,
	bool ignore_case) {
	if (len == 0)
		return false;
	return text_glob(policy_text(policy, ref), ref.len, text, len, ignore_case);
}

static bool match_user_class(
	const struct policy *policy, struct policy_ref pattern, const uint8_t *data, size_t len) {
	const uint8_t *text;
	size_t n;
	size_t at = 0;

	if (!is_counted(data, len))
		return glob(pattern, policy, data, len, false);
	while (next_class(data, len, &at, &text, &n))
		if (glob(pattern, policy, text, n, false))
			return true;
	return false;
}

bool policy_says_ipxe(const uint8_t *user_class, size_t len) {
	const uint8_t *text;
	size_t n;
	size_t at = 0;

	if (!is_counted(user_class, len))
		return len == 4 && memcmp(user_class, "iPXE", 4) == 0;
	while (next_class(user_class, len, &at, &text, &n))
		if (n == 4 && memcmp(text, "iPXE", 4) == 0)
			return true;
	return false;
}

static uint32_t canonical_arch(uint32_t arch) {
	return arch == ARCH_EBC ? ARCH_X64_UEFI : arch;
}

static bool match_subnet(const struct policy_condition *condition, uint32_t address) {
	return address != 0 && (address & condition->mask) == condition->value;
}

static bool match_host(
	const struct subject *s, const struct policy_condition *condition, bool role) {
	const struct policy_host *host = s->machine->host;
	struct policy_ref ref;

	if (!host)
		return false;
	ref = role ? host->role : host->name;
	return glob(condition->text, s->policy, policy_text(s->policy, ref), ref.len, !role);
}

// Its standing boot is its own disk, and no order comes before that.
static bool boots_locally(const struct policy_machine *machine) {
	return machine->host && machine->host->flags & POLICY_HOST_LOCAL && !machine->order;
}

static bool match_mac(struct subject *s, struct policy_ref pattern) {
	if (s->machine->mac && !s->mac[0])
		text_mac(s->machine->mac, s->mac);
	return glob(pattern, s->policy, s->mac, strlen(s->mac), true);
}

static bool match_uuid(struct subject *s, struct policy_ref pattern) {
	if (s->machine->uuid && !s->uuid[0])
		text_uuid(s->machine->uuid, s->uuid);
	return glob(pattern, s->policy, s->uuid, strlen(s->uuid), true);
}

static bool condition_holds(struct subject *s, const struct policy_condition *condition) {
	const struct policy_machine *m = s->machine;
	struct policy_ref pattern = condition->text;

	switch ((enum policy_match)condition->match) {
	case POLICY_MATCH_IPXE:
		return m->ipxe == (condition->value != 0);
	case POLICY_MATCH_ARCH:
		return m->arch != POLICY_ARCH_UNKNOWN &&
		       canonical_arch(m->arch) == canonical_arch(condition->value);
	case POLICY_MATCH_MAC:
		return match_mac(s, pattern);
	case POLICY_MATCH_UUID:
		return match_uuid(s, pattern);
	case POLICY_MATCH_VENDOR_CLASS:
		return glob(pattern, s->policy, m->vendor_class, m->vendor_class_len, false);
	case POLICY_MATCH_USER_CLASS:
		return match_user_class(s->policy, pattern, m->user_class, m->user_class_len);
	case POLICY_MATCH_SUBNET:
		return match_subnet(condition, m->address);
	case POLICY_MATCH_HOST:
		return match_host(s, condition, false);
	case POLICY_MATCH_ROLE:
		return match_host(s, condition, true);
	case POLICY_MATCH_CIRCUIT_ID:
		return glob(pattern, s->policy, m->circuit_id, m->circuit_id_len, false);
	case POLICY_MATCH_REMOTE_ID:
		return glob(pattern, s->policy, m->remote_id, m->remote_id_len, false);
	case POLICY_MATCH_LOCAL:
		return boots_locally(m) == (condition->value != 0);
	case POLICY_MATCH_ORDER:
		return m->order == (condition->value != 0);
	}
	return false;
}

// Whether one of the conditions from *at on that share its group holds; moves *at past the group.
static bool group_holds(struct subject *s, uint32_t *at, uint32_t end) {
	const struct policy_condition *conditions = s->policy->conditions;
	uint16_t group = conditions[*at].group;
	bool holds = false;

	for (; *at < end && conditions[*at].group == group; (*at)++)
		holds = holds || condition_holds(s, &conditions[*at]);
	return holds;
}

static bool rule_matches(
	struct subject *s, const struct policy_rule *rule, uint32_t *ruled_out_by) {
	uint32_t at = rule->conditions.first;
	uint32_t end = at + rule->conditions.count;

	while (at < end) {
		*ruled_out_by = at;
		if (!group_holds(s, &at, end))
			return false;
	}
	return true;
}

const struct policy_rule *policy_boot_rule(
	const struct policy *policy, const struct policy_machine *machine, uint32_t *failed) {
	struct subject s = {.policy = policy, .machine = machine};

	for (uint32_t i = 0; i < policy->count[POLICY_RULES]; i++) {
		uint32_t ruled_out_by;

		if (rule_matches(&s, &policy->rules[i], &ruled_out_by))
			return &policy->rules[i];
		if (failed)
			failed[i] = ruled_out_by;
	}
	return NULL;
}

#define MENU_TYPES 0x8000u

uint16_t policy_menu_type(
	const struct policy *policy, const struct policy_rule *rule, uint32_t item) {
	const struct policy_menu_item *items = policy->menu_items + rule->menu.first;

	return items[item].file.len ? (uint16_t)(MENU_TYPES + item) : 0;
}
