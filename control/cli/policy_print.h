// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Parts of a snapshot as text, for rouse policy and rouse explain.

#pragma once

#include <jansson.h>
#include <stddef.h>

#include "policy.h"

#define POLICY_PRINT_SIZE 1024

// One condition: "arch: x64-uefi".
char *policy_print_condition(const struct policy *policy, const struct policy_condition *condition,
	char out[POLICY_PRINT_SIZE]);

// All conditions of a rule, alternatives of a key as a list; "every machine" without any.
char *policy_print_match(
	const struct policy *policy, const struct policy_rule *rule, char out[POLICY_PRINT_SIZE]);

// A text of the snapshot, cleaned. out must have room for 4 times its length, cut otherwise.
char *policy_print_text(const struct policy *policy, struct policy_ref ref, char *out, size_t size);

#define POLICY_ORDER_SIZE 21

// The id of a host's order, as rouse node boot told it.
char *policy_print_order(const struct policy_host *host, char out[POLICY_ORDER_SIZE]);

// An option block as {"6": "0a4d0001"}.
json_t *policy_print_options(const struct policy *policy, struct policy_ref block);

// All hosts, as in rouse policy --json. The caller owns it.
json_t *policy_print_hosts(const struct policy *policy);
