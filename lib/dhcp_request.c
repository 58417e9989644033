// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// DHCPREQUEST in its four states (RFC 2131, section 4.3.2, table 4): SELECTING names a server,
// INIT-REBOOT an address only, RENEWING and REBINDING have ciaddr, by unicast and by broadcast.

#include "dhcp_exchange.h"

// What a state makes of an address that the client cannot have, or that we know nothing of.
struct manner {
	bool take; // give a free address to who asks for it
	bool nak;  // contradict; false: silence, another server may know better
};

static enum dhcp_verdict refuse(
	struct dhcp_exchange *x, const struct manner *manner, const char *message) {
	if (!manner->nak)
		return dhcp_exchange_drop(x, STAT_DHCP_NOT_AUTHORITATIVE);
	return dhcp_exchange_nak(x, message);
}

static enum dhcp_verdict grant(
	struct dhcp_exchange *x, uint32_t address, const struct manner *manner) {
	enum lease_verdict verdict = lease_claim(
		x->server->leases, &x->selection.who, address, manner->take, x->now, &x->record);

	switch (verdict) {
	case LEASE_OK:
		// Of a client that has no address yet it is not the place to answer to.
		if (x->view.ciaddr != address)
			x->view.ciaddr = 0;
		dhcp_select_boot(&x->selection, &x->view, address);
		dhcp_exchange_note(x);
		return dhcp_exchange_ack(x);
	case LEASE_NOT_YOURS:
		return refuse(x, manner, "address belongs to another machine");
	case LEASE_WRONG:
		return refuse(x, manner, "wrong address for this network");
	case LEASE_UNKNOWN:
		return dhcp_exchange_drop(x, STAT_DHCP_UNKNOWN_LEASE);
	case LEASE_NONE:
		break;
	}
	return dhcp_exchange_drop(x, STAT_DHCP_TABLE_FULL);
}

// Two relay agents on one link bring each message twice. Where they stand for two subnets, the
// machine has an offer in each and takes one: a NAK through the agent of the other would have it
// begin anew, and when it rebinds end a lease in use.
static bool is_for_another_relay(const struct dhcp_exchange *x, uint32_t address) {
	const struct lease_who *who = &x->selection.who;
	const struct lease_record *record = lease_find_address(x->server->leases, address);

	return record && (record->state == LEASE_OFFERED || record->state == LEASE_BOUND) &&
	       record->subnet != LEASE_NO_SUBNET && record->subnet != who->subnet &&
	       lease_owned_by(record, &who->key);
}

static enum dhcp_verdict selecting(struct dhcp_exchange *x) {
	static const struct manner ours = {.take = true, .nak = true};
	uint32_t address = x->view.has_requested_ip ? x->view.requested_ip : x->view.ciaddr;

	if (!dhcp_exchange_is_ours(x, x->view.server_id)) {
		lease_withdraw(x->server->leases, &x->selection.who);
		return dhcp_exchange_drop(x, STAT_DHCP_OTHER_SERVER);
	}
	if (!address)
		return dhcp_exchange_drop(x, STAT_DHCP_MALFORMED_NO_ADDRESS);
	if (is_for_another_relay(x, address)) {
		lease_withdraw(x->server->leases, &x->selection.who);
		return dhcp_exchange_drop(x, STAT_DHCP_OTHER_SUBNET);
	}
	return grant(x, address, &ours);
}

// A free address that we know nothing of is given when nobody else may have given it: the journal
// was lost, or the machine was here before us. A machine that has a reservation by now is moved to
// it here, where no connection breaks; one that renews keeps what it has.
static enum dhcp_verdict init_reboot(struct dhcp_exchange *x) {
	bool authoritative = x->server->policy->snapshot->authoritative;
	const struct manner manner = {.take = authoritative, .nak = authoritative};

	if (authoritative && lease_should_move(x->server->leases, &x->selection.who,
				     x->view.requested_ip, x->now))
		return dhcp_exchange_nak(x, "another address is reserved for this machine");
	return grant(x, x->view.requested_ip, &manner);
}

static enum dhcp_verdict extending(struct dhcp_exchange *x) {
	bool to_us = x->input->frame->dst == x->selection.port->address && !x->view.giaddr;
	bool authoritative = x->server->policy->snapshot->authoritative;
	const struct manner manner = {.take = authoritative, .nak = authoritative || to_us};

	if (is_for_another_relay(x, x->view.ciaddr))
		return dhcp_exchange_drop(x, STAT_DHCP_OTHER_SUBNET);
	return grant(x, x->view.ciaddr, &manner);
}

enum dhcp_verdict dhcp_request_handle(struct dhcp_exchange *x) {
	if (x->view.has_server_id)
		return selecting(x);
	if (x->view.has_requested_ip)
		return init_reboot(x);
	if (x->view.ciaddr)
		return extending(x);
	return dhcp_exchange_drop(x, STAT_DHCP_MALFORMED_NO_ADDRESS);
}
