// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The answers: what is made of a decision, for the client, for the journal and for control.

#include "dhcp_exchange.h"

#include <string.h>

#include "dhcp_pxe.h"
#include "hash.h"

enum dhcp_verdict dhcp_exchange_drop(struct dhcp_exchange *x, enum rouse_stat why) {
	stat_inc(x->server->stats, why);
	x->dropped = why;
	return DHCP_SILENT;
}

bool dhcp_exchange_is_ours(const struct dhcp_exchange *x, uint32_t server_id) {
	const struct policy *policy = x->server->policy;

	if (server_id == x->selection.server_id)
		return true;
	for (uint32_t i = 0; i < policy->count[POLICY_PORTS]; i++)
		if (policy->ports[i].address == server_id)
			return true;
	return false;
}

void dhcp_exchange_event(struct dhcp_exchange *x, enum event_kind kind, uint32_t address,
	uint64_t value, struct dhcp_bytes text) {
	struct event_record event = {
		.unix_ns = rouse_unix_ns(x->now),
		.kind = (uint16_t)kind,
		.address = address,
		.port = x->input->port,
		.value = value,
	};

	if (x->view.hlen)
		memcpy(event.mac, x->view.chaddr, sizeof(event.mac));
	events_push(x->server->events, &event, text.data, text.len);
}

// Whether it is firmware or iPXE that asks: an operating system says none of this.
static bool is_booting(const struct dhcp_exchange *x) {
	const struct dhcp_view *view = &x->view;

	return view->arch != POLICY_ARCH_UNKNOWN || x->selection.machine.ipxe ||
	       dhcp_class_begins(view, DHCP_VENDOR_PXE) ||
	       dhcp_class_begins(view, DHCP_VENDOR_HTTP);
}

// DISCOVER and REQUEST have one xid, and so has what is repeated. A transaction whose place another
// one has taken meanwhile is told of again.
static bool is_told(struct dhcp_exchange *x) {
	uint64_t mac = 0, hash;
	uint32_t *place, tag;

	memcpy(&mac, x->view.chaddr, 6);
	hash = hash_mix(hash_mix(mac) ^ x->view.xid);
	place = &x->server->told[hash % DHCP_TOLD];
	tag = (uint32_t)(hash >> 32) | 1;
	if (*place == tag)
		return true;
	*place = tag;
	return false;
}

// Its UUID, if it has one, and as much of its class as there is room for. Returns the length.
static size_t write_identity(const struct dhcp_view *view, uint8_t text[EVENT_TEXT_MAX]) {
	size_t at = 0, len = view->vendor_class.len;

	if (view->uuid) {
		memcpy(text, view->uuid, EVENT_UUID_BYTES);
		at = EVENT_UUID_BYTES;
	}
	if (!len)
		return at;
	len = len < EVENT_TEXT_MAX - at ? len : EVENT_TEXT_MAX - at;
	memcpy(text + at, view->vendor_class.data, len);
	return at + len;
}

static void tell_machine(struct dhcp_exchange *x, uint32_t address) {
	const struct dhcp_view *view = &x->view;
	struct event_record event = {
		.unix_ns = rouse_unix_ns(x->now),
		.kind = EVENT_DHCP_MACHINE,
		.address = address,
		.port = view->arch,
		.bytes = view->giaddr,
		.value = (x->selection.machine.ipxe ? EVENT_MACHINE_IPXE : 0) |
			 (view->uuid ? EVENT_MACHINE_HAS_UUID : 0),
	};
	uint8_t text[EVENT_TEXT_MAX];

	memcpy(event.mac, view->chaddr, sizeof(event.mac));
	events_push(x->server->events, &event, text, write_identity(view, text));
}

// A byte with the length of the circuit id, the circuit id, the remote id. Returns the length.
static size_t write_relay_port(const struct policy_machine *machine, uint8_t text[EVENT_TEXT_MAX]) {
	size_t circuit = machine->circuit_id_len, remote = machine->remote_id_len;

	circuit = circuit < EVENT_TEXT_MAX - 1 ? circuit : EVENT_TEXT_MAX - 1;
	remote = remote < EVENT_TEXT_MAX - 1 - circuit ? remote : EVENT_TEXT_MAX - 1 - circuit;
	text[0] = (uint8_t)circuit;
	if (circuit)
		memcpy(text + 1, machine->circuit_id, circuit);
	if (remote)
		memcpy(text + 1 + circuit, machine->remote_id, remote);
	return 1 + circuit + remote;
}

// What a stranger says of an agent's has not come this far (dhcp_select.c).
static void tell_relay_port(struct dhcp_exchange *x) {
	const struct policy_machine *machine = &x->selection.machine;
	struct event_record event = {
		.unix_ns = x->now.unix_s * 1000000000,
		.kind = EVENT_DHCP_RELAYED,
		.address = x->view.giaddr,
		.port = x->input->port,
	};
	uint8_t text[EVENT_TEXT_MAX];

	if (!machine->circuit_id_len && !machine->remote_id_len)
		return;
	memcpy(event.mac, x->view.chaddr, sizeof(event.mac));
	events_push(x->server->events, &event, text, write_relay_port(machine, text));
}

// Tells who is being answered. Machines that get no answer are not told of, or a flood of strangers
// would drown all other events.
static void meet(struct dhcp_exchange *x, uint32_t address) {
	if (!x->selection.machine.mac || !is_booting(x) || is_told(x))
		return;
	tell_machine(x, address);
	tell_relay_port(x);
}

static bool build(struct dhcp_exchange *x, const struct dhcp_reply *reply) {
	struct dhcp_output *output = x->output;
	uint32_t left_out = 0;

	output->len = (uint16_t)dhcp_reply_build(
		reply, &x->selection, &x->view, output->payload, &left_out);
	if (left_out)
		stat_add(x->server->stats, STAT_DHCP_OPTION_LEFT_OUT, left_out);
	if (!output->len) {
		dhcp_exchange_drop(x, STAT_DHCP_REPLY_TOO_LARGE);
		return false;
	}
	output->message_type = (uint8_t)reply->type;
	dhcp_reply_address(
		reply, &x->selection, &x->view, x->input->frame, x->input->port_mac, &output->to);
	return true;
}

// What a client sends again it, or the network, has lost, or the answer: on such a network a second
// copy is worth its bytes. Firmware asks four times, and then the machine does not boot. Not so who
// renews: it has hours for that, and systemd-networkd says the same xid each time.
void dhcp_exchange_note(struct dhcp_exchange *x) {
	bool renews = x->view.type == DHCP_REQUEST && x->view.ciaddr;

	x->output->again = !renews && x->record->last_message == x->selection.who.message;
	lease_note(x->record, &x->selection.who);
}

enum dhcp_verdict dhcp_exchange_offer(struct dhcp_exchange *x) {
	const struct dhcp_reply reply = {
		.type = DHCP_OFFER,
		.yiaddr = x->record->address,
		.lease_s = x->selection.subnet->lease_time_s,
	};

	if (!build(x, &reply))
		return DHCP_SILENT;
	x->output->phase = PHASE_OFFER;
	stat_inc(x->server->stats, STAT_DHCP_OFFER);
	meet(x, reply.yiaddr);
	dhcp_exchange_event(
		x, EVENT_DHCP_OFFER, reply.yiaddr, reply.lease_s, x->selection.boot_file);
	return DHCP_REPLY;
}

// The records are part of the lease table's count, so they go to the journal even if the client
// cannot be answered.
static enum dhcp_verdict send_ack(
	struct dhcp_exchange *x, enum lease_bound bound, uint32_t lease_s) {
	struct dhcp_output *output = x->output;
	const struct dhcp_reply reply = {
		.type = DHCP_ACK,
		.yiaddr = x->record->address,
		.lease_s = lease_s,
	};

	if (!build(x, &reply))
		return output->record_count ? DHCP_RECORD_ONLY : DHCP_SILENT;
	output->phase = PHASE_ACK;
	stat_inc(x->server->stats, STAT_DHCP_ACK);
	meet(x, reply.yiaddr);
	dhcp_exchange_event(x, EVENT_DHCP_ACK, reply.yiaddr, lease_s, x->view.hostname);
	if (output->record_count)
		output->wait_lsn = output->record[output->record_count - 1].lsn;
	else if (bound == LEASE_BOUND_PENDING)
		output->wait_lsn = x->record->lsn;
	return output->wait_lsn ? DHCP_REPLY_WHEN_DURABLE : DHCP_REPLY;
}

enum dhcp_verdict dhcp_exchange_ack(struct dhcp_exchange *x) {
	const struct lease_terms terms = {
		.lease_time_s = x->selection.subnet->lease_time_s,
		.journal_degraded = x->input->journal_degraded,
		.journal_room = x->input->journal_room,
	};
	enum lease_bound bound;
	uint32_t lease_s;

	bound = lease_bind(x->server->leases, x->record, &terms, x->now, &lease_s,
		x->output->record, &x->output->record_count);
	switch (bound) {
	case LEASE_BOUND_NOW:
	case LEASE_BOUND_PENDING:
		break;
	case LEASE_BOUND_DEGRADED:
		return dhcp_exchange_drop(x, STAT_DHCP_JOURNAL_DEGRADED);
	case LEASE_BOUND_NO_ROOM:
		return dhcp_exchange_drop(x, STAT_DHCP_JOURNAL_FULL);
	}
	return send_ack(x, bound, lease_s);
}

enum dhcp_verdict dhcp_exchange_inform(struct dhcp_exchange *x) {
	const struct dhcp_reply reply = {.type = DHCP_ACK};

	if (!build(x, &reply))
		return DHCP_SILENT;
	stat_inc(x->server->stats, STAT_DHCP_ACK);
	dhcp_exchange_event(x, EVENT_DHCP_ACK, x->output->to.dst, 0, x->view.hostname);
	return DHCP_REPLY;
}

enum dhcp_verdict dhcp_exchange_nak(struct dhcp_exchange *x, const char *message) {
	const struct dhcp_reply reply = {.type = DHCP_NAK, .message = message};
	uint32_t asked = x->view.has_requested_ip ? x->view.requested_ip : x->view.ciaddr;

	if (!build(x, &reply))
		return DHCP_SILENT;
	stat_inc(x->server->stats, STAT_DHCP_NAK);
	dhcp_exchange_event(x, EVENT_DHCP_NAK, asked, 0, x->view.hostname);
	return DHCP_REPLY;
}

static bool asks_later(const struct dhcp_exchange *x) {
	return x->selection.pxe == DHCP_PXE_LATER || x->selection.pxe == DHCP_PXE_MENU;
}

enum dhcp_verdict dhcp_exchange_proxy(struct dhcp_exchange *x, enum dhcp_type type) {
	const struct dhcp_reply reply = {.type = type, .proxy = true};
	bool offers = type == DHCP_OFFER;

	if (!build(x, &reply))
		return DHCP_SILENT;
	x->output->phase = offers ? PHASE_OFFER : PHASE_ACK;
	stat_inc(x->server->stats, offers ? STAT_DHCP_PROXY_OFFER : STAT_DHCP_PROXY_ACK);
	if (offers) // what comes to port 4011 is another transaction of the same boot
		meet(x, x->input->frame->src);
	dhcp_exchange_event(x, EVENT_DHCP_PROXY, x->input->frame->src, offers && asks_later(x),
		x->selection.boot_file);
	return DHCP_REPLY;
}
