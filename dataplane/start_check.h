// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the host must grant before the dataplane may use its UDP ports: nobody else is or will be on
// them.

#pragma once

#include <stddef.h>
#include <stdint.h>

// Whether the range is reserved from the kernel's ephemeral ports, and nothing is bound in it. 0,
// or -EADDRINUSE, why says what to do.
int start_check_tids(uint16_t first, uint16_t last, char *why, size_t why_size);

// Whether another server of this kind is bound on this host: it gets nothing on our ports, which
// its operator should know. 0, or -EADDRINUSE with a sentence in why.
int start_check_server(uint16_t port, const char *name, char *why, size_t why_size);
