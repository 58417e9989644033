// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The subcommands of rouse-storm, each defined in its own file; two words make a name too.

#pragma once

#include "storm_args.h"

extern const struct storm_command STORM_TFTP;
extern const struct storm_command STORM_DHCP;
extern const struct storm_command STORM_BOOT;
extern const struct storm_command STORM_VERIFY;
extern const struct storm_command STORM_REFLECT;
// Only in a build with DPDK:
extern const struct storm_command STORM_LOAD_TFTP;
extern const struct storm_command STORM_LOAD_FLOOD;
extern const struct storm_command STORM_LOAD_DHCP;
extern const struct storm_command STORM_NULL_TX;
extern const struct storm_command STORM_NULL_RX;
