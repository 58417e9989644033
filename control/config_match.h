// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Names of client architectures and of what boot rules match by.

#pragma once

#include <stdint.h>

// "x64-uefi" for 7; NULL for a type without a name.
const char *config_arch_name(uint16_t type);

// The type for a name or a decimal number. 0, or -1.
int config_arch_type(const char *text, uint16_t *type);

// "arch" for POLICY_MATCH_ARCH.
const char *config_match_name(uint16_t match);
