// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A DHCP message of storm_dhcp_write, written once; for each client only what differs is filled in.
// For loads of a million messages per second.

#pragma once

#include <stdint.h>

#include "storm_dhcp_message.h"

struct storm_dhcp_form {
	uint8_t message[STORM_DHCP_MESSAGE_SIZE];
	uint16_t len;
	uint16_t requested_at; // of the value of option 50; 0: it has none
	uint16_t server_id_at; // option 54
	uint16_t uuid_mac_at;  // the MAC in option 97
};

struct storm_dhcp_blank {
	uint32_t xid;
	uint8_t mac[6];
	uint32_t requested; // where the form has them
	uint32_t server_id;
};

// fields say which options there are; their values do not matter.
void storm_dhcp_form_init(struct storm_dhcp_form *form, const struct storm_dhcp_settings *settings,
	const struct storm_dhcp_fields *fields);

// Writes form->len bytes.
void storm_dhcp_form_fill(
	const struct storm_dhcp_form *form, const struct storm_dhcp_blank *blank, uint8_t *message);
