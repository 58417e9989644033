// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "dhcp_class.h"

#include <string.h>

#include "bytes.h"
#include "dhcp.h"
#include "dhcp_select.h"

#define HTYPE_OFFSET  1
#define HLEN_OFFSET   2
#define GIADDR_OFFSET 24
#define CHADDR_OFFSET 28

// The value of an option in the options field, or nothing; not read from overloaded fields, where
// no client puts these. Clients put the message type first.
static struct dhcp_bytes option(const uint8_t *message, size_t len, uint8_t wanted) {
	struct reader r = reader_of(message, len);

	reader_take(&r, DHCP_OPTIONS_OFFSET);
	while (reader_left(&r)) {
		uint8_t code = reader_u8(&r), size;
		const uint8_t *value;

		if (code == DHCP_OPT_PAD)
			continue;
		if (code == DHCP_OPT_END)
			break;
		size = reader_u8(&r);
		value = reader_take(&r, size);
		if (value && code == wanted)
			return (struct dhcp_bytes){.data = value, .len = size};
	}
	return (struct dhcp_bytes){0};
}

static bool replaces(uint8_t type) {
	return type == DHCP_DISCOVER || type == DHCP_REQUEST || type == DHCP_INFORM;
}

static uint8_t agent_of(const uint8_t *message) {
	struct reader r = reader_of(message + GIADDR_OFFSET, 4);

	return (uint8_t)(reader_u32(&r) * 0x9e3779b1u >> 29);
}

void dhcp_class_sender(const struct lease_table *leases, const uint8_t *message, size_t len,
	struct dhcp_sender *sender) {
	struct dhcp_bytes id = {0}, type;

	*sender = (struct dhcp_sender){0};
	if (len < DHCP_OPTIONS_OFFSET || message[HLEN_OFFSET] > DHCP_CHADDR_BYTES)
		return;
	if (!message[HLEN_OFFSET])
		id = option(message, len, DHCP_OPT_CLIENT_ID);
	type = option(message, len, DHCP_OPT_TYPE);
	sender->key = dhcp_select_key(
		message[HTYPE_OFFSET], message[HLEN_OFFSET], message + CHADDR_OFFSET, id);
	sender->type = type.len == 1 ? type.data[0] : 0;
	sender->agent = agent_of(message);
	sender->replaces = replaces(sender->type);
	sender->hash = lease_hash(leases, &sender->key);
}

enum dhcp_class dhcp_class_of(const struct policy *policy, const struct lease_table *leases,
	const struct dhcp_sender *sender) {
	const struct lease_key *key = &sender->key;

	if (key->htype == DHCP_HTYPE_ETHERNET && key->hlen == 6 &&
		policy_host_is_known(policy_host_by_mac(policy, key->bytes)))
		return DHCP_CLASS_KNOWN;
	return lease_seen(leases, key, sender->hash) ? DHCP_CLASS_KNOWN : DHCP_CLASS_UNKNOWN;
}
