// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Finds its blanks in the message that it is given, so the two cannot drift apart.

#include "storm_dhcp_form.h"

#include <string.h>

#include "bytes.h"

#define XID_AT      4u
#define CHADDR_AT   28u
#define OPTIONS_AT  240u
#define UUID_MAC_AT 11u // in the option's value, behind its type

enum {
	OPTION_REQUESTED = 50,
	OPTION_SERVER_ID = 54,
	OPTION_UUID = 97,
	OPTION_END = 255,
};

static void note(struct storm_dhcp_form *form, uint8_t option, size_t at) {
	if (option == OPTION_REQUESTED)
		form->requested_at = (uint16_t)at;
	else if (option == OPTION_SERVER_ID)
		form->server_id_at = (uint16_t)at;
	else if (option == OPTION_UUID)
		form->uuid_mac_at = (uint16_t)(at + UUID_MAC_AT);
}

void storm_dhcp_form_init(struct storm_dhcp_form *form, const struct storm_dhcp_settings *settings,
	const struct storm_dhcp_fields *fields) {
	struct storm_dhcp_client client = {0};
	struct storm_dhcp_out out;
	struct reader r;

	storm_dhcp_write(&client, settings, fields, 0, &out);
	*form = (struct storm_dhcp_form){.len = out.len};
	memcpy(form->message, out.frame + FRAME_HEADER_BYTES, out.len);
	r = reader_of(form->message, form->len);
	reader_take(&r, OPTIONS_AT);
	while (reader_left(&r)) {
		uint8_t option = reader_u8(&r);
		uint8_t len;

		if (option == OPTION_END)
			break;
		len = reader_u8(&r);
		note(form, option, r.at);
		reader_take(&r, len);
	}
}

static void put32(uint8_t *at, uint32_t value) {
	for (int i = 3; i >= 0; i--, value >>= 8)
		at[i] = (uint8_t)value;
}

void storm_dhcp_form_fill(const struct storm_dhcp_form *form, const struct storm_dhcp_blank *blank,
	uint8_t *message) {
	memcpy(message, form->message, form->len);
	put32(message + XID_AT, blank->xid);
	memcpy(message + CHADDR_AT, blank->mac, 6);
	if (form->requested_at)
		put32(message + form->requested_at, blank->requested);
	if (form->server_id_at)
		put32(message + form->server_id_at, blank->server_id);
	if (form->uuid_mac_at)
		memcpy(message + form->uuid_mac_at, blank->mac, 6);
}
