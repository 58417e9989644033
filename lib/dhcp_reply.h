// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The bytes of a reply, and where it goes, from what was decided.

#pragma once

#include "dhcp_select.h"

struct dhcp_reply {
	enum dhcp_type type; // DHCP_OFFER, DHCP_ACK or DHCP_NAK
	uint32_t yiaddr;     // 0 in a NAK and in the answer to an INFORM
	uint32_t lease_s;    // 0: no lease, so no times either
	const char *message; // of a NAK, or NULL
	bool proxy;          // ProxyDHCP's or a boot server's: it goes back to the port that asked
};

// Writes the reply's payload. Returns its length, or 0: too large for this client. left_out gets
// the number of options that did not fit.
size_t dhcp_reply_build(const struct dhcp_reply *reply, const struct dhcp_selection *selection,
	const struct dhcp_view *view, uint8_t buffer[DHCP_PAYLOAD_MAX], uint32_t *left_out);

// Where it goes (RFC 2131, section 4.1). No ARP: an answer to an address goes back to the MAC
// address that the request came from; an answer to a client without one to its chaddr.
void dhcp_reply_address(const struct dhcp_reply *reply, const struct dhcp_selection *selection,
	const struct dhcp_view *view, const struct frame_view *frame, const uint8_t port_mac[6],
	struct frame_to *to);
