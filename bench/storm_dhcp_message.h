// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Building and parsing of DHCP messages as a client does it; used by storm_dhcp_client.c and
// storm_dhcp_form.c.

#pragma once

#include "storm_dhcp_client.h"

enum {
	STORM_DHCPDISCOVER = 1,
	STORM_DHCPOFFER = 2,
	STORM_DHCPREQUEST = 3,
	STORM_DHCPDECLINE = 4,
	STORM_DHCPACK = 5,
	STORM_DHCPNAK = 6,
	STORM_DHCPRELEASE = 7,
	STORM_DHCPINFORM = 8,
};

// What differs between the messages of one client.
struct storm_dhcp_fields {
	uint8_t type;
	uint32_t ciaddr;
	uint32_t requested; // option 50, 0: none
	uint32_t server_id; // option 54, 0: none
};

// Writes the message behind the headers' room and sets out->len.
void storm_dhcp_write(const struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	const struct storm_dhcp_fields *fields, uint64_t now_us, struct storm_dhcp_out *out);
