// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Requests to port 69: what is no request gets no answer, what cannot be served gets an ERROR at
// once, what can be served gets a session, at once or when its file has come into memory. A
// repeated request finds its session again.

#include "tftp_core.h"

#include <errno.h>
#include <string.h>

#include "crc32c.h"
#include "lease.h"
#include "seen.h"
#include "tftp_multicast.h"
#include "tftp_options.h"
#include "tftp_parse.h"

// A request as it goes through the decisions below.
struct request {
	const struct policy *policy;
	const struct tftp_input *input;
	struct tftp_request view;
	struct rouse_now now;
	uint64_t since_us; // when it came, if it has waited; 0: it comes now
	uint32_t crc;      // of its bytes
	const struct policy_name *file;
	bool met;        // DHCP has answered the machine: it has a lease of ours, or had ProxyDHCP
	bool send_ahead; // and its iPXE bears it, as far as we know
	bool known;      // met, or a host: strangers do not hold it up
	uint32_t node;   // index of its host + 1, 0: it is none
};

// Whether the sender shares the port's link, so that the frame's MAC is its own.
static bool is_on_link(const struct request *request) {
	const struct policy *policy = request->policy;
	uint32_t port = request->input->port;
	const struct policy_subnet *subnet = policy_subnet_of(policy, request->input->frame->src);

	return subnet && port < policy->count[POLICY_PORTS] &&
	       policy->ports[port].subnet == (uint32_t)(subnet - policy->subnets);
}

// A reserved address alone makes nobody known where the MAC can be held against it: anyone can
// write an address.
static bool find_known(const struct request *request) {
	const struct policy_host *host;

	if (request->met || !request->node)
		return request->met;
	host = &request->policy->hosts[request->node - 1];
	return !memcmp(host->mac, request->input->frame->src_mac, sizeof(host->mac)) ||
	       !is_on_link(request);
}

// What DHCP knows of the machine: by its lease, or, where another server gives those, by its MAC.
static void meet(const struct tftp_server *server, struct request *request) {
	const struct frame_view *frame = request->input->frame;
	struct lease_machine leased;
	struct seen_machine seen;

	if (server->setup.leases &&
		lease_machine_at(server->setup.leases, frame->src, frame->src_mac, &leased)) {
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

static void tell(struct tftp_server *server, const struct request *request, enum event_kind kind,
	enum event_reason reason, uint64_t value) {
	const struct frame_view *frame = request->input->frame;
	struct event_record event = {
		.unix_ns = request->now.unix_s * 1000000000,
		.kind = (uint16_t)kind,
		.reason = (uint16_t)reason,
		.address = frame->src,
		.port = frame->src_port,
		.value = value,
		.bytes = request->file ? request->file->size : 0,
	};

	memcpy(event.mac, frame->src_mac, sizeof(event.mac));
	events_push(server->setup.events, &event, request->view.name, request->view.name_len);
}

// An ERROR for a request; without its text when that would be more than three times the request,
// which may carry somebody else's address.
static void refuse(struct tftp_server *server, const struct request *request, enum rouse_stat stat,
	uint16_t code, const char *text) {
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

// A machine is known by its reserved address, because behind a router the MAC is the router's.
static uint32_t node_of(const struct request *request) {
	const struct policy_host *host =
		policy_host_by_address(request->policy, request->input->frame->src);

	if (!host)
		host = policy_host_by_mac(request->policy, request->input->frame->src_mac);
	return host ? (uint32_t)(host - request->policy->hosts) + 1 : 0;
}

// For what can't be had, and its client has no use in waiting.
static void refuse_file(struct tftp_server *server, const struct request *request,
	enum event_reason reason, const char *text) {
	refuse(server, request, STAT_TFTP_NOT_LOADED, TFTP_ERROR_UNDEFINED, text);
	tell(server, request, EVENT_TFTP_REFUSED, reason, 0);
}

static bool file_is_served(struct tftp_server *server, const struct request *request) {
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

static bool find_file(struct tftp_server *server, struct request *request) {
	request->node = node_of(request);
	switch (policy_find_name(request->policy, request->node, request->view.name,
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

static bool mode_is_served(struct tftp_server *server, const struct request *request) {
	switch (request->view.mode) {
	case TFTP_MODE_OCTET:
		return true;
	case TFTP_MODE_NETASCII:
		refuse(server, request, STAT_TFTP_NETASCII, TFTP_ERROR_UNDEFINED,
			"use octet (binary)");
		tell(server, request, EVENT_TFTP_REFUSED, EVENT_REASON_NETASCII, 0);
		break;
	case TFTP_MODE_OTHER:
		refuse(server, request, STAT_TFTP_BAD_MODE, TFTP_ERROR_ILLEGAL,
			"use octet (binary)");
		tell(server, request, EVENT_TFTP_REFUSED, EVENT_REASON_NETASCII, 0);
		break;
	}
	return false;
}

// Closes the oldest half-open session of a kind if it has had its time.
static bool evict(
	struct tftp_server *server, enum tftp_half half, uint64_t min_us, struct rouse_now now) {
	uint32_t oldest = server->table.half[half].first;

	if (oldest == TFTP_TABLE_NONE ||
		now.us - server->setup.sessions[oldest].started_us < min_us)
		return false;
	tftp_count(server, STAT_TFTP_HALF_OPEN_EVICTED);
	tftp_core_close(server, oldest, now);
	return true;
}

// Half-open sessions may be the work of one stranger with many addresses. Those of strangers never
// hold more than a quarter of the table; a client that is there has answered its OACK within a
// round trip, so the oldest is the one that is least likely to be. Younger than that they stay, and
// the new request is the one to come again: it can, while a client whose OACK has come repeats
// nothing but ACK 0.
static bool make_room_for_stranger(struct tftp_server *server, struct rouse_now now) {
	if (!tftp_table_is_pressed(&server->table) ||
		evict(server, TFTP_HALF_STRANGERS, TFTP_STRANGER_MIN_US, now))
		return true;
	tftp_count(server, STAT_TFTP_DROP_STRANGERS);
	return false;
}

// Those of known machines have a second, and the place of a stranger's if there is no other. But a
// machine can be known by an address that somebody else has written (find_known), so in half of the
// table they are no better than strangers.
static bool make_room_for_known(struct tftp_server *server, struct rouse_now now) {
	struct tftp_table *table = &server->table;
	const struct tftp_half_list *half = &table->half[TFTP_HALF_KNOWN];

	if (half->count >= table->count / 4)
		evict(server, TFTP_HALF_KNOWN, TFTP_HALF_OPEN_MIN_US, now);
	if (half->count >= table->count / 2 &&
		!evict(server, TFTP_HALF_KNOWN, TFTP_KNOWN_MIN_US, now)) {
		tftp_count(server, STAT_TFTP_DROP_KNOWN);
		return false;
	}
	if (table->free_count == 0)
		evict(server, TFTP_HALF_STRANGERS, 0, now);
	return true;
}

static bool make_room(struct tftp_server *server, const struct request *request) {
	return request->known ? make_room_for_known(server, request->now)
			      : make_room_for_stranger(server, request->now);
}

static const struct policy_subnet *subnet_of(const struct request *request) {
	const struct policy *policy = request->policy;
	const struct policy_subnet *subnet = policy_subnet_of(policy, request->input->frame->src);
	uint32_t own;

	if (subnet || request->input->port >= policy->count[POLICY_PORTS])
		return subnet;
	own = policy->ports[request->input->port].subnet;
	return own < policy->count[POLICY_SUBNETS] ? &policy->subnets[own] : NULL;
}

// What is sent to a group with a TTL of 1 reaches the port's own link only.
static bool may_share(const struct request *request) {
	const struct policy_snapshot *policy = request->policy->snapshot;

	return policy->multicast && (policy->multicast_ttl > 1 || is_on_link(request));
}

// What the client's path and its subnet allow; never a value that no client may ask for.
static struct tftp_limits limits_of(const struct request *request) {
	const struct policy_subnet *subnet = subnet_of(request);
	uint32_t mtu = request->input->port_mtu;
	uint32_t blksize = mtu > TFTP_MTU_OVERHEAD ? mtu - TFTP_MTU_OVERHEAD : 0;
	uint32_t windowsize = TFTP_WINDOWSIZE_LIMIT;

	if (subnet && subnet->max_blksize && subnet->max_blksize < blksize)
		blksize = subnet->max_blksize;
	if (subnet && subnet->max_windowsize)
		windowsize = subnet->max_windowsize;
	if (blksize < TFTP_BLKSIZE_MIN)
		blksize = TFTP_BLKSIZE_MIN;
	return (struct tftp_limits){
		.blksize = (uint16_t)blksize,
		.windowsize = (uint16_t)windowsize,
		.multicast = may_share(request),
	};
}

static struct tftp_asked read_options(struct tftp_server *server, const struct request *request) {
	struct tftp_asked asked =
		tftp_options_read(request->view.options, request->view.options_len);

	if (asked.cut)
		tftp_count(server, STAT_TFTP_OPTIONS_CUT);
	return asked;
}

// The group of a client that has asked for one and may have it: a record of the table. Without one
// it is served alone, in the same OACK.
static uint32_t find_group(struct tftp_server *server, const struct request *request,
	const struct image_ref *image, const struct tftp_asked *asked) {
	uint32_t group = TFTP_TABLE_NONE;
	struct tftp_granted granted;
	struct tftp_limits limits;

	if (!asked->multicast)
		return TFTP_TABLE_NONE;
	limits = limits_of(request);
	granted = tftp_options_grant(asked, &limits, image->size);
	if (granted.multicast)
		group = tftp_multicast_group(server, request->policy, request->input, image,
			granted.blksize, request->known,
			(uint32_t)(request->file - request->policy->names), request->now);
	if (group == TFTP_TABLE_NONE)
		tftp_count(server, STAT_TFTP_GROUP_UNICAST);
	return group;
}

static struct tftp_granted negotiate(
	const struct request *request, const struct tftp_asked *asked, uint64_t size, bool shares) {
	struct tftp_limits limits = limits_of(request);

	limits.multicast = shares;
	return tftp_options_grant(asked, &limits, size);
}

// Debian's iPXE and those since ask with exactly these, and nothing else does.
static bool is_ipxe(const struct tftp_asked *asked) {
	const uint32_t order = TFTP_OPTION_BLKSIZE | TFTP_OPTION_TSIZE << TFTP_ORDER_BITS;

	return asked->order == order && asked->blksize == TFTP_IPXE_BLKSIZE && !asked->odd;
}

static void set_peer(struct tftp_session *session, const struct tftp_input *input) {
	session->peer_address = input->frame->src;
	session->own_address = input->own_address;
	session->peer_port = input->frame->src_port;
	session->port = input->port;
	memcpy(session->peer_mac, input->frame->src_mac, sizeof(session->peer_mac));
	memcpy(session->own_mac, input->port_mac, sizeof(session->own_mac));
}

static void set_image(struct tftp_session *session, const struct image_ref *image) {
	session->size = image->size;
	session->generation = image->generation;
	session->slot = image->slot;
	session->map_first = image->map_first;
	session->map_count = image->map_count;
	session->first_offset = image->first_offset;
}

static void set_options(struct tftp_session *session, const struct tftp_granted *granted) {
	session->blksize = granted->blksize;
	session->windowsize = granted->windowsize;
	session->timeout_us = granted->timeout_s * 1000000u;
	session->requested = granted->order;
	session->flags = granted->order ? SESSION_HAS_OPTIONS : 0;
	// RFC 1350 §6: the last block is shorter than the others, if need be empty.
	session->blocks = session->size / session->blksize + 1;
}

static void set_pace(struct tftp_session *session, const struct policy_subnet *subnet) {
	uint64_t rate = subnet ? subnet->edge_rate_bps : TFTP_EDGE_RATE;
	uint32_t burst;

	session->block_ns = pace_frame_ns(rate, (uint32_t)session->blksize + TFTP_HEADER_BYTES);
	burst = TFTP_BURST_US * 1000 / session->block_ns;
	burst = burst < TFTP_BURST ? TFTP_BURST : burst;
	session->burst_max = (uint8_t)(burst < TFTP_BURST_MAX ? burst : TFTP_BURST_MAX);
}

static void set_machine(struct tftp_server *server, const struct request *request,
	struct tftp_session *session, const struct tftp_asked *asked) {
	if (request->known)
		session->flags |= SESSION_KNOWN;
	if (!request->met || !request->send_ahead || !is_ipxe(asked))
		return;
	session->ahead = TFTP_AHEAD;
	tftp_count(server, STAT_TFTP_SEND_AHEAD);
}

static void fill_session(struct tftp_server *server, const struct request *request, uint32_t index,
	const struct image_ref *image, const struct tftp_asked *asked, bool shares) {
	struct tftp_session *session = &server->setup.sessions[index];
	struct tftp_granted granted = negotiate(request, asked, image->size, shares);

	memset(session, 0, sizeof(*session));
	set_peer(session, request->input);
	set_image(session, image);
	set_options(session, &granted);
	set_pace(session, subnet_of(request));
	set_machine(server, request, session, asked);
	session->tid = (uint16_t)(server->setup.tid_first + index);
	session->worker = server->setup.worker;
	session->started_us = request->now.us;
	session->started_unix_ms = request->now.unix_s * 1000;
	session->name = (uint32_t)(request->file - request->policy->names);
	session->request_crc = request->crc;
	session->crc = tftp_core_crc(session);
}

static void begin_session(
	struct tftp_server *server, const struct request *request, uint32_t index) {
	struct tftp_session *session = &server->setup.sessions[index];

	tftp_session_begin(session, request->input->frame->payload_len, request->now.us);
	tftp_table_insert(&server->table, index);
	tftp_table_set_half_open(&server->table, index);
	tftp_core_schedule(server, index, tftp_class_due(session), request->now.us);
	timer_wheel_arm(&server->wheel, index);
}

// The pin comes before the look at the slot, so that control cannot give the slot away in between.
static int take_image(
	struct tftp_server *server, const struct request *request, struct image_ref *image) {
	const struct policy_name *file = request->file;
	int err;

	if (file->slot >= server->setup.images->slot_count)
		return -1;
	tftp_core_pin(server, file->slot);
	err = images_ref(server->setup.images, file->slot, file->generation, image);
	if (err)
		tftp_core_unpin(server, file->slot);
	else
		tftp_core_touch(server, file->slot, request->now);
	return err;
}

static void open_session(struct tftp_server *server, const struct request *request, uint32_t index,
	const struct image_ref *image, const struct tftp_asked *asked, uint32_t group) {
	fill_session(server, request, index, image, asked, group != TFTP_TABLE_NONE);
	tftp_core_hit(server, image);
	tftp_count(server, STAT_TFTP_OPENED);
	if (group == TFTP_TABLE_NONE) {
		begin_session(server, request, index);
		return;
	}
	tftp_table_insert(&server->table, index);
	tftp_multicast_join(server, group, index, request->input->frame->payload_len, request->now);
}

static void refuse_full(struct tftp_server *server, const struct request *request,
	const struct image_ref *image, uint32_t group) {
	tftp_core_unpin(server, image->slot);
	tftp_count(server, STAT_TFTP_DROP_TABLE_FULL);
	if (group != TFTP_TABLE_NONE)
		tftp_multicast_release(server, group, request->now);
}

// The file is on disk, or its place in memory has just been given to others: the request waits for
// it as long as its client does. tftp_server_wake goes on with it.
static void park(struct tftp_server *server, const struct request *request) {
	const struct tftp_input *input = request->input;
	struct tftp_parked parked = {
		.since_us = request->since_us ? request->since_us : request->now.us,
		.want = WANT_WORD(request->file->slot, request->file->generation),
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

static void serve(struct tftp_server *server, const struct request *request) {
	struct tftp_asked asked = read_options(server, request);
	struct image_ref image;
	uint32_t group, index;
	int err;

	if (!make_room(server, request))
		return;
	err = take_image(server, request, &image);
	if (err == -ENOENT) {
		park(server, request);
		return;
	}
	if (err) {
		refuse_file(server, request, EVENT_REASON_IMAGE_GONE, "file has just changed");
		return;
	}
	group = find_group(server, request, &image, &asked);
	index = tftp_table_draw(&server->table);
	if (index == TFTP_TABLE_NONE)
		refuse_full(server, request, &image, group);
	else
		open_session(server, request, index, &image, &asked, group);
}

// The same request on a live session. While nothing has come back from the client its answer may
// have been lost: it is sent again (syslinux and busybox repeat after 100 ms, from the same port).
// Once the client has acknowledged something, a copy of its request is a straggler of the network
// and changes nothing, unless the client has been silent: then it has started again on the same
// port. True: done with it. False: the session is to be replaced.
static bool repeated(struct tftp_server *server, const struct request *request, uint32_t index) {
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

static void replace(struct tftp_server *server, const struct request *request, uint32_t index) {
	struct tftp_session *session = &server->setup.sessions[index];

	tftp_count(server, STAT_TFTP_REPLACED);
	tftp_core_stop_ahead(server, index);
	if (!tftp_session_half_open(session))
		tftp_core_event(
			server, session, EVENT_TFTP_FAILED, EVENT_REASON_REPLACED, request->now);
	tftp_core_close(server, index, request->now);
}

static void answer(struct tftp_server *server, struct request *request) {
	if (!mode_is_served(server, request) || !find_file(server, request))
		return;
	meet(server, request);
	request->known = find_known(request);
	serve(server, request);
}

static void handle_read(struct tftp_server *server, struct request *request) {
	const struct frame_view *frame = request->input->frame;
	uint32_t index = tftp_table_find(&server->table, frame->src, frame->src_port);

	tftp_count(server, STAT_TFTP_REQUESTS);
	request->crc = crc32c(0, frame->payload, frame->payload_len);
	if (index != TFTP_TABLE_NONE) {
		if (server->setup.sessions[index].request_crc == request->crc &&
			repeated(server, request, index))
			return;
		replace(server, request, index);
	}
	answer(server, request);
}

static void handle_write(struct tftp_server *server, const struct request *request) {
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
	struct request request = {.policy = policy, .input = input, .now = now};
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
	struct request request = {
		.policy = policy, .input = &input, .now = now, .since_us = parked->since_us};

	memcpy(input.port_mac, parked->port_mac, sizeof(input.port_mac));
	request.crc = crc32c(0, frame.payload, frame.payload_len);
	if (tftp_table_find(&server->table, frame.src, frame.src_port) == TFTP_TABLE_NONE &&
		tftp_parse_request(frame.payload, frame.payload_len, &request.view) == 0)
		answer(server, &request);
}
