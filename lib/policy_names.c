// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Finds the file for the name a client asked for. Clients write the same name in several ways (GRUB
// absolute, Windows with backslashes and in any case, some with doubled slashes), so it is tried in
// three forms; no form ever leaves the table, so there is no path to traverse.

#include "policy_index.h"

static bool is_separator(char c) {
	return c == '/' || c == '\\';
}

// A name without leading separators and with each run of them as its first one.
struct plain {
	char text[POLICY_NAME_MAX];
	size_t len;
};

static void make_plain(const char *name, size_t len, struct plain *plain) {
	bool after_separator = true;

	plain->len = 0;
	for (size_t i = 0; i < len; i++) {
		if (!is_separator(name[i]) || !after_separator)
			plain->text[plain->len++] = name[i];
		after_separator = is_separator(name[i]);
	}
}

static bool is_parent(const char *segment, size_t len) {
	return len == 2 && segment[0] == '.' && segment[1] == '.';
}

static bool has_parent_segment(const char *text, size_t len) {
	size_t start = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && !is_separator(text[i]))
			continue;
		if (is_parent(text + start, i - start))
			return true;
		start = i + 1;
	}
	return false;
}

bool policy_name_is_plain(const char *name, size_t len) {
	size_t start = 0;

	if (len == 0 || len > POLICY_NAME_MAX || memchr(name, 0, len))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_separator(name[i]))
			continue;
		if (i == start || is_parent(name + start, i - start))
			return false;
		start = i + 1;
	}
	return !is_parent(name + start, len - start);
}

const struct policy_name *policy_find_exact(
	const struct policy *policy, uint32_t node, const char *name, size_t len) {
	uint64_t mask = policy->count[POLICY_NAME_EXACT] - 1;
	uint64_t home = policy_hash_name(node, name, len);

	for (uint32_t i = 0; i < POLICY_PROBE_MAX; i++) {
		uint32_t entry = policy->name_exact[(home + i) & mask];
		const struct policy_name *candidate;

		if (entry == 0)
			return NULL;
		candidate = &policy->names[entry - 1];
		if (candidate->node == node && candidate->path.len == len &&
			memcmp(policy_text(policy, candidate->path), name, len) == 0)
			return candidate;
	}
	return NULL;
}

enum policy_lookup policy_find_folded(const struct policy *policy, uint32_t node,
	const char *folded, size_t len, const struct policy_name **found) {
	uint64_t mask = policy->count[POLICY_NAME_FOLDED] - 1;
	uint64_t home = policy_hash_name(node, folded, len);

	*found = NULL;
	for (uint32_t i = 0; i < POLICY_PROBE_MAX; i++) {
		uint32_t entry = policy->name_folded[(home + i) & mask];
		const struct policy_name *candidate;

		if (entry == 0)
			break;
		candidate = &policy->names[entry - 1];
		if (candidate->node != node || candidate->path.len != len ||
			!policy_same_folded(policy_text(policy, candidate->path), folded, len))
			continue;
		if (*found && *found != candidate) {
			*found = NULL;
			return POLICY_AMBIGUOUS;
		}
		*found = candidate;
	}
	return *found ? POLICY_FOUND : POLICY_NOT_FOUND;
}

// Whose names are looked through: those of the node's order, if one is pending, the node's,
// everybody's, in this order.
static const struct policy_name *find_exact(
	const struct policy *policy, uint32_t node, bool order, const struct plain *plain) {
	const struct policy_name *name = NULL;

	if (node != 0 && order)
		name = policy_find_exact(policy, node | POLICY_NODE_ORDER, plain->text, plain->len);
	if (node != 0 && !name)
		name = policy_find_exact(policy, node, plain->text, plain->len);
	return name ? name : policy_find_exact(policy, 0, plain->text, plain->len);
}

static enum policy_lookup find_folded(const struct policy *policy, uint32_t node, bool order,
	const struct plain *plain, const struct policy_name **found) {
	enum policy_lookup lookup = POLICY_NOT_FOUND;

	if (node != 0 && order)
		lookup = policy_find_folded(
			policy, node | POLICY_NODE_ORDER, plain->text, plain->len, found);
	if (node != 0 && lookup == POLICY_NOT_FOUND)
		lookup = policy_find_folded(policy, node, plain->text, plain->len, found);
	if (lookup == POLICY_NOT_FOUND)
		lookup = policy_find_folded(policy, 0, plain->text, plain->len, found);
	return lookup;
}

// Windows asks for \Boot\x64\wdsnbp.com.
static bool slashes_forward(struct plain *plain) {
	bool changed = false;

	for (size_t i = 0; i < plain->len; i++) {
		if (plain->text[i] != '\\')
			continue;
		plain->text[i] = '/';
		changed = true;
	}
	return changed;
}

static void fold(struct plain *plain) {
	for (size_t i = 0; i < plain->len; i++)
		plain->text[i] = policy_fold(plain->text[i]);
}

#define USED_PREFIX     "rouse/used/"
#define USED_PREFIX_LEN (sizeof(USED_PREFIX) - 1)

static bool is_mark_of(uint64_t id, const char *path, size_t len) {
	static const char digits[] = "0123456789abcdef";

	if (len != USED_PREFIX_LEN + 16 || memcmp(path, USED_PREFIX, USED_PREFIX_LEN) != 0)
		return false;
	for (size_t i = 0; i < 16; i++)
		if (path[USED_PREFIX_LEN + i] != digits[id >> (60 - 4 * i) & 15])
			return false;
	return true;
}

bool policy_order_ends_with(const struct policy *policy, const struct policy_host *host,
	const struct policy_name *name) {
	const char *path = policy_text(policy, name->path);
	struct policy_ref last = host->order_last;

	if (last.len == name->path.len && memcmp(policy_text(policy, last), path, last.len) == 0)
		return true;
	return is_mark_of(host->order_id, path, name->path.len);
}

enum policy_lookup policy_find_name(const struct policy *policy, uint32_t node, bool order,
	const char *name, size_t name_len, const struct policy_name **found) {
	struct plain plain;

	*found = NULL;
	if (name_len > POLICY_NAME_MAX)
		return POLICY_BAD_NAME;
	make_plain(name, name_len, &plain);
	if (has_parent_segment(plain.text, plain.len))
		return POLICY_BAD_NAME;
	if (plain.len == 0)
		return POLICY_NOT_FOUND;
	*found = find_exact(policy, node, order, &plain);
	if (!*found && slashes_forward(&plain))
		*found = find_exact(policy, node, order, &plain);
	if (*found)
		return POLICY_FOUND;
	fold(&plain);
	return find_folded(policy, node, order, &plain, found);
}
