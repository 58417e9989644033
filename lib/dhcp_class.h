// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Who sent a message, and whether that is a known machine: as much of it as must be read to know
// which messages to answer first. What it reads wrongly can only cost the message its turn:
// dhcp_server_handle reads it again.

#pragma once

#include <stddef.h>

#include "dhcp_queue.h"
#include "policy.h"

// Reads machine and type of message; rubbish is a machine like any other, and never replaces.
void dhcp_class_sender(const struct lease_table *leases, const uint8_t *message, size_t len,
	struct dhcp_sender *sender);

enum dhcp_class dhcp_class_of(const struct policy *policy, const struct lease_table *leases,
	const struct dhcp_sender *sender);
