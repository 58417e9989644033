// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// One message on its way through the server: what came in, what was found out, what goes out. For
// dhcp_*.c; rouse explain runs the same and reads it afterwards.

#pragma once

#include "dhcp_reply.h"
#include "dhcp_select.h"
#include "dhcp_server.h"

struct dhcp_exchange {
	struct dhcp_server *server;
	const struct dhcp_input *input;
	struct rouse_now now;
	struct dhcp_output *output;
	struct dhcp_view view;
	struct dhcp_selection selection;
	struct lease_record *record; // NULL: none was chosen
	enum lease_source source;    // of an offer
	enum rouse_stat dropped;     // why there is no answer; STAT_COUNT: there is one
};

// Parses, decides and builds. output must stay valid, and so must everything in input.
enum dhcp_verdict dhcp_exchange_run(struct dhcp_exchange *x, struct dhcp_server *server,
	const struct dhcp_input *input, struct rouse_now now, struct dhcp_output *output);

// No answer; counted under its reason.
enum dhcp_verdict dhcp_exchange_drop(struct dhcp_exchange *x, enum rouse_stat why);

// Notes what record's machine says about itself, now that it is chosen.
void dhcp_exchange_note(struct dhcp_exchange *x);

// Sends OFFER or ACK for record, an ACK without a lease (INFORM: record NULL), or a NAK.
enum dhcp_verdict dhcp_exchange_offer(struct dhcp_exchange *x);
enum dhcp_verdict dhcp_exchange_ack(struct dhcp_exchange *x);
enum dhcp_verdict dhcp_exchange_inform(struct dhcp_exchange *x);
enum dhcp_verdict dhcp_exchange_nak(struct dhcp_exchange *x, const char *message);

// Sends an OFFER or ACK without an address: ProxyDHCP's, or a boot server's.
enum dhcp_verdict dhcp_exchange_proxy(struct dhcp_exchange *x, enum dhcp_type type);

// The handler of REQUEST in all its states: dhcp_request.c.
enum dhcp_verdict dhcp_request_handle(struct dhcp_exchange *x);

// Tells control; text is what the client sent.
void dhcp_exchange_event(struct dhcp_exchange *x, enum event_kind kind, uint32_t address,
	uint64_t value, struct dhcp_bytes text);

// Whether an address is one that we call ourselves in option 54.
bool dhcp_exchange_is_ours(const struct dhcp_exchange *x, uint32_t server_id);
