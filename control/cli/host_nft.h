// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The nft table that keeps the kernel silent about packets that Rouse answers.

#pragma once

#include <stddef.h>

#include "config.h"

#define HOST_NFT_NAME_SIZE 32

// Each instance has a table of its own, told by its runtime_dir: "rouse_1a2b3c4d".
void host_nft_name(const char *runtime_dir, char name[HOST_NFT_NAME_SIZE]);

// Writes what nft -f reads: in one transaction the table is replaced by one rule per port that the
// kernel shares with us (af_xdp, af_packet). Returns the length; -ENOSPC; -EINVAL: an interface
// whose name nft would misread.
int host_nft_ruleset(const struct config *config, char *out, size_t size);

// Puts the table in place; takes it away, also when it is not there. 0 or -errno, why set.
int host_nft_apply(const struct config *config, char *why, size_t why_size);
int host_nft_remove(const char *runtime_dir, char *why, size_t why_size);
