// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Hosts out of dnsmasq's configuration: its lines dhcp-host=. All other lines are passed over. What
// such a line says that hosts: has no word for is noted. Pure.

#pragma once

#include "host_list.h"

// role_from_tag: the tag of set:TAG becomes the host's role.
void host_dnsmasq_read(struct host_list *list, const char *text, size_t len, bool role_from_tag);
