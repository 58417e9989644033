// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a machine would get, and why: runs the server's own code on a message and keeps what was
// decided. The caller gives a server of its own (a copy of the policy, a lease table filled by
// lease_adopt, counters and an event ring that nobody reads), so that nothing real changes.

#pragma once

#include "dhcp_exchange.h"

// A machine that does not exist yet. arch POLICY_ARCH_UNKNOWN and not ipxe: an operating system's
// client that boots nothing.
struct dhcp_question {
	uint8_t mac[6];
	uint16_t arch; // RFC 4578
	bool ipxe;
	const char *user_class;   // NULL: none, or iPXE
	const char *vendor_class; // NULL: none, or what firmware of this architecture says
	const uint8_t *uuid;      // 16 bytes as in option 97, or NULL
	uint32_t giaddr;          // 0: on the port's own network
	// What the relay agent at giaddr says in option 82.
	uint32_t link;          // the network to choose (RFC 3527), 0: that of giaddr
	const char *circuit_id; // NULL: none
	const char *remote_id;
};

// Writes the DISCOVER that such a machine sends. Returns its length.
size_t dhcp_explain_ask(const struct dhcp_question *question, uint8_t message[DHCP_PAYLOAD_MAX]);

struct dhcp_explanation {
	enum dhcp_verdict verdict;
	// Its selection has subnet, host, rule, file and option blocks; view the message; record
	// and source the address; dropped the reason if there is no answer. place_known: subnet and
	// host mean something.
	struct dhcp_exchange exchange;
	struct dhcp_output output; // the reply
	bool parsed;
	bool place_known;
	uint32_t rules_tried; // before the one that matched; failed has as many entries
};

// failed: room for one number per rule of the policy; gets for each rule before the match the
// condition that ruled it out (policy_boot_rule).
void dhcp_explain(struct dhcp_server *server, const struct dhcp_input *input, struct rouse_now now,
	uint32_t *failed, struct dhcp_explanation *explanation);

// How an offer came to its address, as a clause: "it is reserved for host n001".
const char *dhcp_explain_source(enum lease_source source);
