// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The lease that an operator means by an address, a MAC address or a name.

#pragma once

#include "cli/instance.h"
#include "cli/lease_list.h"

// An index into list. -1, after a sentence on stderr: there is none, or the machine has several,
// which the sentence names.
int64_t lease_find(const struct lease_list *list, const struct instance *instance, const char *who);
