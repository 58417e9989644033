// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A network of this process' own: a namespace with two interfaces that are a cable.

#pragma once

#define STORM_VETH_NEAR "storm0"
#define STORM_VETH_FAR  "storm1"

// Leaves the network namespace for a new one that has the two, both up. 0 or -errno: -EPERM without
// CAP_SYS_ADMIN and CAP_NET_ADMIN.
int storm_veth_enter(void);
