// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Names of client architectures and of what boot rules match by.

#pragma once

#include <stdbool.h>
#include <stdint.h>

// No named type is beyond this.
#define CONFIG_ARCH_NAMED_MAX 256u

// "x64-uefi" for 7; NULL for a type without a name.
const char *config_arch_name(uint16_t type);

// The type for a name or a decimal number. 0, or -1.
int config_arch_type(const char *text, uint16_t *type);

// "arch" for POLICY_MATCH_ARCH.
const char *config_match_name(uint16_t match);

// What it is matched with, for the manual; NULL beyond the last.
const char *config_match_help(uint16_t match);

// The same of enum config_fact, which only roles match by.
const char *config_fact_help(uint16_t fact);

// Whether a role may match by it.
bool config_match_is_for_roles(uint16_t match);
