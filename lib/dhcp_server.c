// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A message's way: parse, find subnet and machine, one handler per message type. RFC 2131, section
// 4.3. The handlers decide; dhcp_exchange.c answers.

#include "dhcp_server.h"

#include <string.h>

#include "dhcp_exchange.h"
#include "dhcp_pxe.h"

static const enum rouse_stat parse_stats[] = {
	[DHCP_PARSE_SHORT] = STAT_DHCP_MALFORMED_SHORT,
	[DHCP_PARSE_MAGIC] = STAT_DHCP_MALFORMED_MAGIC,
	[DHCP_PARSE_OPTIONS] = STAT_DHCP_MALFORMED_OPTIONS,
	[DHCP_PARSE_LENGTH] = STAT_DHCP_MALFORMED_LENGTH,
	[DHCP_PARSE_HLEN] = STAT_DHCP_MALFORMED_HLEN,
	[DHCP_PARSE_NO_KEY] = STAT_DHCP_MALFORMED_NO_KEY,
	[DHCP_PARSE_OP] = STAT_DHCP_NOT_REQUEST,
	[DHCP_PARSE_BOOTP] = STAT_DHCP_BOOTP,
	[DHCP_PARSE_TYPE] = STAT_DHCP_NOT_SERVED,
	[DHCP_PARSE_HOPS] = STAT_DHCP_HOSTILE_HOPS,
	[DHCP_PARSE_CHADDR] = STAT_DHCP_HOSTILE_CHADDR,
	[DHCP_PARSE_TOO_BIG] = STAT_DHCP_HOSTILE_OPTIONS,
};

#define EXHAUSTED_EVERY_US 1000000u

// Told once a second at most, or a flood of strangers would drown all other events.
static void pool_is_empty(struct dhcp_exchange *x) {
	struct dhcp_server *server = x->server;

	if (server->exhausted_us && x->now.us < server->exhausted_us + EXHAUSTED_EVERY_US)
		return;
	server->exhausted_us = x->now.us;
	dhcp_exchange_event(
		x, EVENT_POOL_EXHAUSTED, x->selection.subnet->network, 0, (struct dhcp_bytes){0});
}

// RFC 2131, 4.3.1.
static enum dhcp_verdict discover(struct dhcp_exchange *x) {
	struct lease_table *leases = x->server->leases;
	uint32_t requested = x->view.has_requested_ip ? x->view.requested_ip : 0;
	enum lease_verdict verdict =
		lease_offer(leases, &x->selection.who, requested, x->now, &x->record, &x->source);

	if (verdict != LEASE_OK) {
		pool_is_empty(x);
		return dhcp_exchange_drop(x, STAT_DHCP_POOL_EMPTY);
	}
	if (x->input->journal_degraded && !x->record->reserved &&
		!lease_durable_left(leases, x->record, x->now))
		return dhcp_exchange_drop(x, STAT_DHCP_JOURNAL_DEGRADED);
	x->view.ciaddr = 0; // some clients set it
	dhcp_select_boot(&x->selection, &x->view, x->record->address);
	dhcp_exchange_note(x);
	return dhcp_exchange_offer(x);
}

// The lease that a client speaks of when it ends it, if it is its own and said to us.
static struct lease_record *own_lease(struct dhcp_exchange *x, uint32_t address) {
	struct lease_record *record;

	if (x->view.has_server_id && !dhcp_exchange_is_ours(x, x->view.server_id)) {
		dhcp_exchange_drop(x, STAT_DHCP_OTHER_SERVER);
		return NULL;
	}
	record = address ? lease_find_address(x->server->leases, address) : NULL;
	if (record && record->state == LEASE_BOUND && lease_owned_by(record, &x->selection.who.key))
		return record;
	dhcp_exchange_drop(x, STAT_DHCP_NOT_OWNER);
	return NULL;
}

// Where its record goes; NULL when the journal takes none now.
static struct journal_record *room_for_record(struct dhcp_exchange *x) {
	return x->input->journal_room && !x->input->journal_degraded ? &x->output->record[0] : NULL;
}

static enum dhcp_verdict record_only(struct dhcp_exchange *x, bool recorded) {
	if (!recorded)
		return DHCP_SILENT;
	x->output->record_count = 1;
	x->output->wait_lsn = x->output->record[0].lsn;
	return DHCP_RECORD_ONLY;
}

// RFC 2131, 4.3.3. Only the owner is believed, or anybody could empty a pool.
static enum dhcp_verdict decline(struct dhcp_exchange *x) {
	uint32_t address = x->view.has_requested_ip ? x->view.requested_ip : 0;
	struct lease_record *record = own_lease(x, address);
	bool quarantined, recorded;

	if (!record)
		return DHCP_SILENT;
	recorded =
		lease_decline(x->server->leases, record, x->now, room_for_record(x), &quarantined);
	stat_inc(x->server->stats, quarantined ? STAT_DHCP_QUARANTINED : STAT_DHCP_QUARANTINE_FULL);
	dhcp_exchange_event(x, EVENT_DHCP_DECLINE, address, 0, x->view.hostname);
	return record_only(x, recorded);
}

// RFC 2131, 4.3.4.
static enum dhcp_verdict release(struct dhcp_exchange *x) {
	struct lease_record *record = own_lease(x, x->view.ciaddr);
	bool recorded;

	if (!record)
		return DHCP_SILENT;
	dhcp_exchange_event(x, EVENT_DHCP_RELEASE, record->address, 0, x->view.hostname);
	recorded = lease_release(x->server->leases, record, x->now, room_for_record(x));
	return record_only(x, recorded);
}

// Whether it may be a machine of the subnet: neither everybody nor this server.
static bool is_machine_of(const struct policy_subnet *subnet, uint32_t address, uint32_t own) {
	if ((address & subnet->mask) != subnet->network || address == own)
		return false;
	return subnet->mask >= 0xfffffffe || // RFC 3021
	       (address != subnet->network && address != subnet->broadcast);
}

// RFC 2131, 4.3.5: options only. The answer goes to an address that the client names, which must be
// of its subnet, so that nobody is made to flood others.
static enum dhcp_verdict inform(struct dhcp_exchange *x) {
	// Behind a relay agent the sender is the agent.
	uint32_t sender = x->selection.relayed ? 0 : x->input->frame->src;
	uint32_t address = x->view.ciaddr ? x->view.ciaddr : sender;

	if (!is_machine_of(x->selection.subnet, address, x->selection.port->address))
		return dhcp_exchange_drop(x, STAT_DHCP_HOSTILE_INFORM);
	dhcp_select_boot(&x->selection, &x->view, address);
	return dhcp_exchange_inform(x);
}

static enum dhcp_verdict dispatch(struct dhcp_exchange *x) {
	const struct stats *stats = x->server->stats;

	switch (x->view.type) {
	case DHCP_DISCOVER:
		stat_inc(stats, STAT_DHCP_DISCOVER);
		return discover(x);
	case DHCP_REQUEST:
		stat_inc(stats, STAT_DHCP_REQUEST);
		return dhcp_request_handle(x);
	case DHCP_DECLINE:
		stat_inc(stats, STAT_DHCP_DECLINE);
		return decline(x);
	case DHCP_RELEASE:
		stat_inc(stats, STAT_DHCP_RELEASE);
		return release(x);
	case DHCP_INFORM:
		stat_inc(stats, STAT_DHCP_INFORM);
		return inform(x);
	}
	return dhcp_exchange_drop(x, STAT_DHCP_NOT_SERVED);
}

static enum dhcp_verdict place(struct dhcp_exchange *x) {
	const struct dhcp_server *server = x->server;

	switch (dhcp_select_place(&x->selection, server->policy, server->order_used, x->input->port,
		x->input->frame, &x->view)) {
	case DHCP_PLACE_OK:
		return dhcp_pxe_is_for(x) ? dhcp_pxe_handle(x) : dispatch(x);
	case DHCP_PLACE_NO_SUBNET:
		return dhcp_exchange_drop(x, STAT_DHCP_NO_SUBNET);
	case DHCP_PLACE_RELAY:
		return dhcp_exchange_drop(x, STAT_DHCP_HOSTILE_RELAY);
	case DHCP_PLACE_SENDER:
		break;
	}
	return dhcp_exchange_drop(x, STAT_DHCP_HOSTILE_RELAY_SENDER);
}

static void clear(struct dhcp_exchange *x, struct dhcp_server *server,
	const struct dhcp_input *input, struct rouse_now now, struct dhcp_output *output) {
	x->server = server;
	x->input = input;
	x->now = now;
	x->output = output;
	x->record = NULL;
	x->source = LEASE_SOURCE_NONE;
	x->dropped = STAT_COUNT;
	output->len = 0;
	output->message_type = 0;
	output->phase = PHASE_COUNT;
	output->again = false;
	output->record_count = 0;
	output->wait_lsn = 0;
}

enum dhcp_verdict dhcp_exchange_run(struct dhcp_exchange *x, struct dhcp_server *server,
	const struct dhcp_input *input, struct rouse_now now, struct dhcp_output *output) {
	const struct policy *policy = server->policy;
	enum dhcp_parse_error error;

	clear(x, server, input, now, output);
	if (input->port >= policy->count[POLICY_PORTS] ||
		policy->ports[input->port].dhcp == POLICY_DHCP_OFF)
		return dhcp_exchange_drop(x, STAT_DHCP_OFF);
	error = dhcp_parse(input->frame->payload, input->frame->payload_len, &x->view);
	if (error)
		return dhcp_exchange_drop(x, parse_stats[error]);
	if (x->view.odd)
		stat_inc(server->stats, STAT_DHCP_ODD);
	return place(x);
}

enum dhcp_verdict dhcp_server_handle(struct dhcp_server *server, const struct dhcp_input *input,
	struct rouse_now now, struct dhcp_output *output) {
	struct dhcp_exchange x;

	return dhcp_exchange_run(&x, server, input, now, output);
}

void dhcp_server_sweep(struct dhcp_server *server, struct rouse_now now, uint32_t budget) {
	struct lease_swept swept = lease_sweep(server->leases, now, budget);

	stat_add(server->stats, STAT_DHCP_OFFER_EXPIRED, swept.offers);
	stat_add(server->stats, STAT_DHCP_LEASE_EXPIRED, swept.leases);
}

bool dhcp_server_restamp(
	struct dhcp_server *server, struct rouse_now now, struct journal_record *record) {
	return lease_restamp(server->leases, now, record);
}

void dhcp_server_durable(struct dhcp_server *server, const struct journal_record *record) {
	lease_durable(server->leases, record);
}

void dhcp_server_failed(
	struct dhcp_server *server, const struct journal_record *record, struct rouse_now now) {
	stat_inc(server->stats, STAT_DHCP_JOURNAL_FAILED);
	lease_failed(server->leases, record, now);
}
