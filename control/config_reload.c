// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a reload cannot change: the keys that carry CONFIG_RESTART in the table.

#include <string.h>

#include "config_check.h"
#include "config_keys.h"

static bool same_ports(const struct config *a, const struct config *b) {
	if (a->port_count != b->port_count)
		return false;
	for (uint32_t i = 0; i < a->port_count; i++) {
		const struct config_port *x = &a->ports[i], *y = &b->ports[i];

		if (strcmp(x->device, y->device) != 0 || x->address != y->address ||
			x->prefix_len != y->prefix_len || x->dhcp != y->dhcp || x->mtu != y->mtu ||
			x->vlan != y->vlan || x->rate_bps != y->rate_bps)
			return false;
	}
	return true;
}

static bool same_value(
	const struct config_key *key, const struct config *a, const struct config *b) {
	const char *x = (const char *)a + key->offset, *y = (const char *)b + key->offset;

	if (key->type == CONFIG_TYPE_DIRECTORY)
		return !strcmp(*(const char *const *)x, *(const char *const *)y);
	if (key->type == CONFIG_TYPE_SIZE)
		return *(const uint64_t *)x == *(const uint64_t *)y;
	if (key->type == CONFIG_TYPE_RECORDS)
		return same_ports(a, b);
	if (key->type == CONFIG_TYPE_CHOICE)
		return *x == *y;
	// CONFIG_TYPE_NUMBER, and CONFIG_TYPE_TID_RANGE with its two halves
	return memcmp(x, y, sizeof(uint32_t)) == 0;
}

size_t config_check_reload(const struct config *running, const struct config *next, uint32_t leases,
	struct config_errors *errors) {
	size_t before = errors->count;

	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];

		if (key->section != CONFIG_TOP || !(key->flags & CONFIG_RESTART))
			continue;
		if (!same_value(key, running, next))
			config_error_add(errors, 0, key->name, "needs a restart");
	}
	if (running->max_leases == next->max_leases && config_lease_count(next) > leases)
		config_error_add(errors, 0, "pools",
			"%u leases do not fit the running table of %u: needs a restart "
			"(max_leases: makes room beforehand)",
			config_lease_count(next), leases);
	return errors->count - before;
}
