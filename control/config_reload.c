// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a reload cannot change: the keys that carry CONFIG_RESTART in the table.

#include "config_check.h"
#include "config_equal.h"
#include "config_keys.h"

size_t config_check_reload(const struct config *running, const struct config *next, uint32_t leases,
	struct config_errors *errors) {
	size_t before = errors->count;

	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];

		if (key->section != CONFIG_TOP || !(key->flags & CONFIG_RESTART))
			continue;
		if (!config_key_equal(key, running, next))
			config_error_add(errors, 0, key->name, "needs a restart");
	}
	if (running->max_leases == next->max_leases && config_lease_count(next) > leases)
		config_error_add(errors, 0, "pools",
			"%u leases do not fit the running table of %u: needs a restart "
			"(max_leases: makes room beforehand)",
			config_lease_count(next), leases);
	return errors->count - before;
}
