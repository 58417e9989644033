// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The session of a request that can be served: room for it in the table, a reference to its file,
// what of its options is granted, and a place among those that have something to send.

#include "tftp_open.h"

#include <errno.h>
#include <string.h>

#include "tftp_multicast.h"
#include "tftp_options.h"

static uint32_t prefix_mask(uint8_t len) {
	return len ? UINT32_MAX << (32 - len) : 0;
}

bool tftp_open_is_on_link(const struct tftp_incoming *request) {
	const struct policy *policy = request->policy;
	uint32_t address = request->input->frame->src;
	const struct policy_port *port;
	const struct policy_subnet *subnet;

	if (request->input->port >= policy->count[POLICY_PORTS])
		return false;
	port = &policy->ports[request->input->port];
	if (port->subnet >= policy->count[POLICY_SUBNETS])
		return !((address ^ port->address) & prefix_mask(port->prefix_len));
	subnet = &policy->subnets[port->subnet];
	return (address & subnet->mask) == subnet->network;
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

bool tftp_open_make_room(struct tftp_server *server, const struct tftp_incoming *request) {
	return request->known ? make_room_for_known(server, request->now)
			      : make_room_for_stranger(server, request->now);
}

static const struct policy_subnet *subnet_of(const struct tftp_incoming *request) {
	const struct policy *policy = request->policy;
	const struct policy_subnet *subnet = policy_subnet_of(policy, request->input->frame->src);
	uint32_t own;

	if (subnet || request->input->port >= policy->count[POLICY_PORTS])
		return subnet;
	own = policy->ports[request->input->port].subnet;
	return own < policy->count[POLICY_SUBNETS] ? &policy->subnets[own] : NULL;
}

// What is sent to a group with a TTL of 1 reaches the port's own link only.
static bool may_share(const struct tftp_incoming *request) {
	const struct policy_snapshot *policy = request->policy->snapshot;

	return policy->multicast && (policy->multicast_ttl > 1 || tftp_open_is_on_link(request));
}

// What the client's path and its subnet allow; never a value that no client may ask for.
static struct tftp_limits limits_of(const struct tftp_incoming *request) {
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

static struct tftp_asked read_options(
	struct tftp_server *server, const struct tftp_incoming *request) {
	struct tftp_asked asked =
		tftp_options_read(request->view.options, request->view.options_len);

	if (asked.cut)
		tftp_count(server, STAT_TFTP_OPTIONS_CUT);
	return asked;
}

// The group of a client that has asked for one and may have it: a record of the table. Without one
// it is served alone, in the same OACK.
static uint32_t find_group(struct tftp_server *server, const struct tftp_incoming *request,
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

static struct tftp_granted negotiate(const struct tftp_incoming *request,
	const struct tftp_asked *asked, uint64_t size, bool shares) {
	struct tftp_limits limits = limits_of(request);

	limits.multicast = shares;
	return tftp_options_grant(asked, &limits, size);
}

// Debian's iPXE and those since ask with exactly these, and nothing else does.
static bool is_ipxe(const struct tftp_asked *asked) {
	const uint32_t order = TFTP_OPTION_BLKSIZE | TFTP_OPTION_TSIZE << TFTP_ORDER_BITS;

	return asked->order == order && asked->blksize == TFTP_IPXE_BLKSIZE && !asked->odd;
}

static void set_peer(struct tftp_session *session, const struct tftp_incoming *request) {
	const struct tftp_input *input = request->input;

	session->peer_address = input->frame->src;
	session->own_address = input->own_address;
	session->peer_port = input->frame->src_port;
	session->port = input->port;
	memcpy(session->peer_mac, input->frame->src_mac, sizeof(session->peer_mac));
	memcpy(session->node_mac, request->mac, sizeof(session->node_mac));
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

static void set_machine(struct tftp_server *server, const struct tftp_incoming *request,
	struct tftp_session *session, const struct tftp_asked *asked) {
	if (request->known)
		session->flags |= SESSION_KNOWN;
	if (!request->met || !request->send_ahead || request->view.mode != TFTP_MODE_OCTET ||
		!is_ipxe(asked))
		return;
	session->ahead = TFTP_AHEAD;
	tftp_count(server, STAT_TFTP_SEND_AHEAD);
}

// The order is in the session's record, by a number that tells it apart from the machine's others:
// so it survives a restart of the dataplane, and the policy's changes. What else is needed is in
// the policy when the session ends.
static void set_order(const struct tftp_incoming *request, struct tftp_session *session) {
	const struct policy_host *host;

	if (!request->order)
		return;
	host = &request->policy->hosts[request->node - 1];
	if (policy_order_ends_with(request->policy, host, request->file))
		session->order = policy_order_tag(host->order_id);
}

static void fill_session(struct tftp_server *server, const struct tftp_incoming *request,
	uint32_t index, const struct image_ref *image, const struct tftp_asked *asked,
	bool shares) {
	struct tftp_session *session = &server->setup.sessions[index];
	struct tftp_granted granted = negotiate(request, asked, image->size, shares);

	memset(session, 0, sizeof(*session));
	set_peer(session, request);
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
	set_order(request, session);
	session->crc = tftp_core_crc(session);
}

static void begin_session(
	struct tftp_server *server, const struct tftp_incoming *request, uint32_t index) {
	struct tftp_session *session = &server->setup.sessions[index];

	tftp_session_begin(session, request->input->frame->payload_len, request->now.us);
	tftp_table_insert(&server->table, index);
	tftp_table_set_half_open(&server->table, index);
	tftp_core_schedule(server, index, tftp_class_due(session), request->now.us);
	timer_wheel_arm(&server->wheel, index);
}

// The pin comes before the look at the slot, so that control cannot give the slot away in between.
static int take_image(
	struct tftp_server *server, const struct tftp_incoming *request, struct image_ref *image) {
	const struct images *images = server->setup.images;
	uint64_t generation = request->file->generation;
	uint32_t slot = request->file->slot;
	int err = 0;

	if (request->view.mode == TFTP_MODE_NETASCII)
		err = images_netascii(images, &slot, &generation);
	if (err || slot >= images->slot_count)
		return err ? err : -EBADMSG;
	tftp_core_pin(server, slot);
	err = images_ref(images, slot, generation, image);
	if (err)
		tftp_core_unpin(server, slot);
	else
		tftp_core_touch(server, slot, request->now);
	return err;
}

static void begin(struct tftp_server *server, const struct tftp_incoming *request, uint32_t index,
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

static void refuse_full(struct tftp_server *server, const struct tftp_incoming *request,
	const struct image_ref *image, uint32_t group) {
	tftp_core_unpin(server, image->slot);
	tftp_count(server, STAT_TFTP_DROP_TABLE_FULL);
	if (group != TFTP_TABLE_NONE)
		tftp_multicast_release(server, group, request->now);
}

int tftp_open_session(struct tftp_server *server, const struct tftp_incoming *request) {
	struct tftp_asked asked;
	struct image_ref image;
	uint32_t group, index;
	int err = take_image(server, request, &image);

	if (err)
		return err;
	asked = read_options(server, request);
	group = find_group(server, request, &image, &asked);
	index = tftp_table_draw(&server->table);
	if (index == TFTP_TABLE_NONE)
		refuse_full(server, request, &image, group);
	else
		begin(server, request, index, &image, &asked, group);
	return 0;
}
