// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The leases that `rouse leases` prints: of the running dataplane, or of the journal while none
// runs; as a table, as JSON, or in another server's format.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/instance.h"
#include "config.h"

struct lease_list {
	struct lease_record *records; // by address
	size_t count;
	size_t busy; // more that kept changing
	uint32_t room;
};

// ended: those too whose time is over.
void lease_list_of_state(const struct state_view *state, bool ended, struct lease_list *list);
// Of the journal in the configuration's state_dir. An enum cli_exit, after a sentence on stderr.
int lease_list_of_journal(const struct config *config, bool ended, struct lease_list *list);
void lease_list_free(struct lease_list *list);

// Host names come from instance, if it has a policy.
void lease_list_print_json(const struct lease_list *list, const struct instance *instance);
void lease_list_print_table(const struct lease_list *list, const struct instance *instance);
