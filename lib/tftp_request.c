// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Requests to port 69: what is no request gets no answer, what cannot be served gets an ERROR at
// once, what can be served gets a session, at once or when its file has come into memory. A
// repeated request finds its session again.

#include <errno.h>
#include <string.h>

#include "crc32c.h"
#include "lease.h"
#include "seen.h"
#include "tftp_multicast.h"
#include "tftp_open.h"

// A reserved address alone makes nobody known where the MAC can be held against it: anyone can
// write an address.
static bool find_known(const struct tftp_incoming *request) {
	const struct policy_host *host;

	if (request->met || !request->node)
		return request->met;
	host = &request->policy->hosts[request->node - 1];
	if (!policy_host_is_known(host))
		return false;
	return !memcmp(host->mac, request->input->frame->src_mac, sizeof(host->mac)) ||
	       !tftp_open_is_on_link(request);
}

// What DHCP knows of the machine: by its lease, or, where another server gives those, by its MAC.
static void meet(const struct tftp_server *server, struct tftp_incoming *request) {
	const struct frame_view *frame = request->input->frame;
	struct lease_machine leased;
	struct seen_machine seen;

	if (server->setup.leases && lease_machine_at(server->setup.leases, frame->src, &leased) &&
		!memcmp(leased.mac, frame->src_mac, sizeof(leased.mac))) {
		request->met = true;
		request->send_ahead = leased.send_ahead;
	} else if (server->setup.seen && seen_find(server->setup.seen, frame->src_mac, &seen)) {
		request->met = true;
		request->send_ahead = seen.send_ahead;
	}
}

// The source of an ERROR: like an answer with a session it comes from a port of the TID range,
// because a client takes the server's port from the first packet that it gets.
static uint16_t error_port(struct tftp_server *server) {
	uint32_t index = tftp_table_draw(&server->table);

	return (uint16_t)(server->setup.tid_first + (index == TFTP_TABLE_NONE ? 0 : index));
}

static void tell(struct tftp_server *server, const struct tftp_incoming *request,
	enum event_kind kind, enum event_reason reason, uint64_t value) {
	const struct frame_view *frame = request->input->frame;
	struct event_record event = {
		.unix_ns = rouse_unix_ns(request->now),
		.kind = (uint16_t)kind,
		.reason = (uint16_t)reason,
		.address = frame->src,
		.port = frame->src_port,
		.value = value,
		.bytes = request->file ? request->file->size : 0,
	};

	memcpy(event.mac, request->mac, sizeof(event.mac));
	events_push(server->setup.events, &event, request->view.name, request->view.name_len);
}

// An ERROR for a request; without its text when that would be more than three times the request,
// which may carry somebody else's address.
static void refuse(struct tftp_server *server, const struct tftp_incoming *request,
	enum rouse_stat stat, uint16_t code, const char *text) {
	const struct tftp_input *input = request->input;
	size_t limit = TFTP_UNPROVEN_FACTOR * (size_t)input->frame->payload_len;
	struct frame_to to = {
		.src = input->own_address,
		.dst = input->frame->src,
		.src_port = error_port(server),
		.dst_port = input->frame->src_port,
	};

	memcpy(to.src_mac, input->port_mac, sizeof(to.src_mac));
	memcpy(to.dst_mac, input->frame->src_mac, sizeof(to.dst_mac));
	tftp_count(server, stat);
	if (TFTP_HEADER_BYTES + strlen(text) + 1 > limit)
		text = "";
	tftp_core_refuse(server, &to, input->port, code, text);
}

// For what can't be had, and its client has no use in waiting.
static void refuse_file(struct tftp_server *server, const struct tftp_incoming *request,
	enum event_reason reason, const char *text) {
	refuse(server, request, STAT_TFTP_NOT_LOADED, TFTP_ERROR_UNDEFINED, text);
	tell(server, request, EVENT_TFTP_REFUSED, reason, 0);
}

static bool file_is_served(struct tftp_server *server, const struct tftp_incoming *request) {
	switch ((enum policy_name_state)request->file->state) {
	case POLICY_NAME_SERVED:
		return true;
	case POLICY_NAME_NO_MEMORY:
		refuse_file(server, request, EVENT_REASON_TOO_LARGE, "does not fit in memory");
		return false;
	case POLICY_NAME_UNREADABLE:
		refuse_file(server, request, EVENT_REASON_NOT_LOADED, "cannot be read");
		return false;
	}
	return false;
}

// On the port's own link the frame's MAC is the machine's: who has one that is known is that
// machine, whatever address it writes. Another interface of a machine has its reserved address,
// unless that is leased to somebody.
static const struct policy_host *find_neighbour(
	const struct tftp_server *server, const struct tftp_incoming *request) {
	const struct frame_view *frame = request->input->frame;
	const struct policy_host *host = policy_host_by_mac(request->policy, frame->src_mac);
	struct lease_machine leased;

	if (host)
		return host;
	host = policy_host_by_address(request->policy, frame->src);
	if (host && server->setup.leases &&
		lease_machine_at(server->setup.leases, frame->src, &leased) && leased.bound &&
		memcmp(leased.mac, frame->src_mac, sizeof(leased.mac)) != 0)
		return NULL;
	return host;
}

// Behind a router the MAC is the router's: there a machine is whose lease its address is, and what
// has none of ours is whom the address is reserved for.
static const struct policy_host *find_far(
	const struct tftp_server *server, struct tftp_incoming *request) {
	uint32_t address = request->input->frame->src;
	struct lease_machine leased;

	if (!server->setup.leases || !lease_machine_at(server->setup.leases, address, &leased) ||
		!leased.bound)
		return policy_host_by_address(request->policy, address);
	memcpy(request->mac, leased.mac, sizeof(request->mac));
	return policy_host_by_mac(request->policy, leased.mac);
}

static void find_node(const struct tftp_server *server, struct tftp_incoming *request) {
	const struct policy_host *host;

	memcpy(request->mac, request->input->frame->src_mac, sizeof(request->mac));
	host = tftp_open_is_on_link(request) ? find_neighbour(server, request)
					     : find_far(server, request);
	request->node = host ? (uint32_t)(host - request->policy->hosts) + 1 : 0;
	if (host)
		memcpy(request->mac, host->mac, sizeof(request->mac));
	request->order = tftp_core_has_order(server, host);
}

static bool find_file(struct tftp_server *server, struct tftp_incoming *request) {
	switch (policy_find_name(request->policy, request->node, request->order, request->view.name,
		request->view.name_len, &request->file)) {
	case POLICY_FOUND:
		return file_is_served(server, request);
	case POLICY_NOT_FOUND:
		refuse(server, request, STAT_TFTP_NOT_FOUND, TFTP_ERROR_NOT_FOUND,
			"file not found");
		tell(server, request, EVENT_TFTP_NOT_FOUND, EVENT_REASON_NONE, 0);
		break;
	case POLICY_AMBIGUOUS:
		refuse(server, request, STAT_TFTP_AMBIGUOUS, TFTP_ERROR_NOT_FOUND,
			"name differs in case");
		tell(server, request, EVENT_TFTP_NOT_FOUND, EVENT_REASON_BAD_NAME, 0);
		break;
	case POLICY_BAD_NAME:
		refuse(server, request, STAT_TFTP_BAD_NAME, TFTP_ERROR_ACCESS, "bad file name");
		tell(server, request, EVENT_TFTP_REFUSED, EVENT_REASON_BAD_NAME, 0);
		break;
	}
	return false;
}

static bool mode_is_served(struct tftp_server *server, const struct tftp_incoming *request) {
	switch (request->view.mode) {
	case TFTP_MODE_OCTET:
	case TFTP_MODE_NETASCII:
		return true;
	case TFTP_MODE_OTHER:
		refuse(server, request, STAT_TFTP_BAD_MODE, TFTP_ERROR_ILLEGAL,
			"use octet (binary)");
		tell(server, request, EVENT_TFTP_REFUSED, EVENT_REASON_NETASCII, 0);
		break;
	}
	return false;
}

static uint64_t want_of(const struct tftp_incoming *request) {
	uint64_t link = IMAGE_LINK(request->file->slot, request->file->generation);

	return request->view.mode == TFTP_MODE_NETASCII ? link | WANT_NETASCII : link;
}

// The file is on disk, or its place in memory has just been given to others: the request waits for
// it as long as its client does. tftp_server_wake goes on with it.
static void park(struct tftp_server *server, const struct tftp_incoming *request) {
	const struct tftp_input *input = request->input;
	struct tftp_parked parked = {
		.since_us = request->since_us ? request->since_us : request->now.us,
		.want = want_of(request),
		.own_address = input->own_address,
		.frame = *input->frame,
		.port = input->port,
		.port_mtu = input->port_mtu,
		.known = request->known,
	};

	memcpy(parked.port_mac, input->port_mac, sizeof(parked.port_mac));
	if (request->now.us - parked.since_us >= TFTP_PARK_US) {
		refuse_file(server, request, EVENT_REASON_NOT_LOADED, "is not in memory yet");
		return;
	}
	tftp_core_wait(server, &parked, request->now);
}

// A binary file in all likelihood, asked for by a client that was not told so.
static void refuse_netascii(struct tftp_server *server, const struct tftp_incoming *request) {
	refuse(server, request, STAT_TFTP_NETASCII_REFUSED, TFTP_ERROR_UNDEFINED,
		"use octet (binary)");
	tell(server, request, EVENT_TFTP_REFUSED, EVENT_REASON_NETASCII, 0);
}

static void serve(struct tftp_server *server, const struct tftp_incoming *request) {
	int err;

	if (!tftp_open_make_room(server, request))
		return;
	err = tftp_open_session(server, request);
	if (err == -ENOENT)
		park(server, request);
	else if (err == -EFBIG)
		refuse_netascii(server, request);
	else if (err)
		refuse_file(server, request, EVENT_REASON_IMAGE_GONE, "file has just changed");
}

// The same request on a live session. While nothing has come back from the client its answer may
// have been lost: it is sent again (syslinux and busybox repeat after 100 ms, from the same port).
// Once the client has acknowledged something, a copy of its request is a straggler of the network
// and changes nothing, unless the client has been silent: then it has started again on the same
// port. True: done with it. False: the session is to be replaced.
static bool repeated(
	struct tftp_server *server, const struct tftp_incoming *request, uint32_t index) {
	struct tftp_session *session = &server->setup.sessions[index];

	if (session->state == SESSION_MEMBER) {
		tftp_count(server, STAT_TFTP_REQUESTS_REPEATED);
		tftp_multicast_rejoin(
			server, index, request->input->frame->payload_len, request->now);
		return true;
	}
	if (tftp_session_half_open(session)) {
		tftp_count(server, STAT_TFTP_REQUESTS_REPEATED);
		tftp_session_repeat(session, request->input->frame->payload_len, request->now.us);
		tftp_core_schedule(server, index, tftp_class_due(session), request->now.us);
		return true;
	}
	if (request->now.us - session->last_seen_us >= TFTP_RESTART_US)
		return false;
	tftp_count(server, STAT_TFTP_DROP_STALE_REQUEST);
	return true;
}

static void replace(
	struct tftp_server *server, const struct tftp_incoming *request, uint32_t index) {
	struct tftp_session *session = &server->setup.sessions[index];

	tftp_count(server, STAT_TFTP_REPLACED);
	tftp_core_stop_ahead(server, index);
	if (!tftp_session_half_open(session))
		tftp_core_event(
			server, session, EVENT_TFTP_FAILED, EVENT_REASON_REPLACED, request->now);
	tftp_core_close(server, index, request->now);
}

static void answer(struct tftp_server *server, struct tftp_incoming *request) {
	find_node(server, request);
	if (!mode_is_served(server, request) || !find_file(server, request))
		return;
	meet(server, request);
	request->known = find_known(request);
	serve(server, request);
}

static void handle_read(struct tftp_server *server, struct tftp_incoming *request) {
	const struct frame_view *frame = request->input->frame;
	uint32_t index = tftp_table_find(&server->table, frame->src, frame->src_port);

	tftp_count(server, STAT_TFTP_REQUESTS);
	if (request->view.mode == TFTP_MODE_NETASCII)
		tftp_count(server, STAT_TFTP_NETASCII);
	request->crc = crc32c(0, frame->payload, frame->payload_len);
	if (index != TFTP_TABLE_NONE) {
		if (server->setup.sessions[index].request_crc == request->crc &&
			repeated(server, request, index))
			return;
		replace(server, request, index);
	}
	answer(server, request);
}

static void handle_write(struct tftp_server *server, struct tftp_incoming *request) {
	find_node(server, request);
	refuse(server, request, STAT_TFTP_WRITES_REFUSED, TFTP_ERROR_ACCESS, "server is read-only");
	tell(server, request, EVENT_TFTP_REFUSED, EVENT_REASON_WRITE, 0);
}

// What may not be answered whatever it says: RFC 1123 §4.2.3.4 for broadcasts; port 69 is another
// server's, and two servers can keep each other busy for ever.
static bool may_answer(const struct tftp_server *server, const struct tftp_input *input) {
	if (input->frame->src_port == TFTP_PORT || input->frame->src_port == 0) {
		tftp_count(server, STAT_TFTP_DROP_SOURCE_PORT);
		return false;
	}
	if (input->frame->dst != input->own_address) {
		tftp_count(server, STAT_TFTP_DROP_BROADCAST);
		return false;
	}
	return true;
}

void tftp_server_request(struct tftp_server *server, const struct policy *policy,
	const struct tftp_input *input, struct rouse_now now) {
	struct tftp_incoming request = {.policy = policy, .input = input, .now = now};
	const struct frame_view *frame = input->frame;
	int opcode = tftp_parse_opcode(frame->payload, frame->payload_len);

	if (!may_answer(server, input))
		return;
	if (opcode >= 0 && opcode != TFTP_RRQ && opcode != TFTP_WRQ)
		tftp_count(server, STAT_TFTP_DROP_NO_REQUEST);
	else if (tftp_parse_request(frame->payload, frame->payload_len, &request.view))
		tftp_count(server, STAT_TFTP_DROP_MALFORMED);
	else if (opcode == TFTP_RRQ)
		handle_read(server, &request);
	else
		handle_write(server, &request);
}

// A client whose request has come again just as its file was there has a session.
void tftp_core_answer_parked(struct tftp_server *server, const struct policy *policy,
	const struct tftp_parked *parked, struct rouse_now now) {
	struct frame_view frame = tftp_park_frame(parked);
	struct tftp_input input = {
		.frame = &frame,
		.port = parked->port,
		.own_address = parked->own_address,
		.port_mtu = parked->port_mtu,
	};
	struct tftp_incoming request = {
		.policy = policy, .input = &input, .now = now, .since_us = parked->since_us};

	memcpy(input.port_mac, parked->port_mac, sizeof(input.port_mac));
	request.crc = crc32c(0, frame.payload, frame.payload_len);
	if (tftp_table_find(&server->table, frame.src, frame.src_port) == TFTP_TABLE_NONE &&
		tftp_parse_request(frame.payload, frame.payload_len, &request.view) == 0)
		answer(server, &request);
}
