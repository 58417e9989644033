// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What Rouse needs of the host beside its two programs: an nft rule, reserved ports, the group, the
// runtime directory, memory. Set up before they start, put back after they have ended.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "config.h"

#define HOST_WHY_SIZE 768

// Sets the host up for this configuration; repeated, it changes nothing more, and takes over what a
// run that was killed has left. hugepages: so many in all, 0 leaves them alone. 0 or -errno, why
// set; after an error nothing has changed, save what an earlier host_up already had.
int host_up(const struct config *config, uint64_t hugepages, char *why, size_t why_size);

// Puts back what host_up changed and removes what killed programs left. -EBUSY while one of them
// runs. Needs no configuration: that may have changed since.
int host_down(const char *runtime_dir, char *why, size_t why_size);
