// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Between the two halves of the validation and the builder. Only policy*.c include it.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"

// Writes the sentence, returns -EBADMSG.
int policy_refuse(char why[256], const char *format, ...) __attribute__((format(printf, 2, 3)));

// CRC32C over total_size bytes, the field crc taken as 0.
uint32_t policy_crc(const struct policy_snapshot *snapshot);

uint32_t policy_record_size(enum policy_section_id id);

// Sets the pointers and counts from sections that lie inside the snapshot.
void policy_point(struct policy *policy, const struct policy_snapshot *snapshot);

// Whether ref is inside the bytes and at most max long; is text, without NUL and at least min long;
// is an absolute path; is a well-formed option block.
bool policy_ref_ok(const struct policy *policy, struct policy_ref ref, uint32_t max);
bool policy_text_ok(const struct policy *policy, struct policy_ref ref, uint32_t min, uint32_t max);
bool policy_path_ok(const struct policy *policy, struct policy_ref ref);
bool policy_options_ok(const struct policy *policy, struct policy_ref ref);

// A mask of ones followed by zeros, not 0; an address that a machine can have.
bool policy_mask_ok(uint32_t mask);
bool policy_unicast_ok(uint32_t address);

// One per section, to be called in this order: each relies on those before it, and all on sections
// that lie inside the snapshot.
int policy_check_subnets(const struct policy *policy, char why[256]); // and pools
int policy_check_relays(const struct policy *policy, char why[256]);
int policy_check_ports(const struct policy *policy, char why[256]);
int policy_check_tables(const struct policy *policy, char why[256]);
int policy_check_hosts(const struct policy *policy, char why[256]);
int policy_check_rules(const struct policy *policy, char why[256]); // and conditions
int policy_check_names(const struct policy *policy, char why[256]);
