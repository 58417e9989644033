// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Worker 0 gets queue 0 of every port, because it answers DHCP on all. A worker's sessions live in
// its slice of the TID range, and a session's packets leave by the queue of the worker that has it.

#include "worker_setup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "dataplane.h"
#include "dhcp.h"
#include "dhcp_glue.h"
#include "log.h"
#include "seen.h"
#include "tftp.h"

static uint32_t broadcast_of(const struct policy_port *port) {
	return port->prefix_len >= 31 ? UINT32_MAX : port->address | UINT32_MAX >> port->prefix_len;
}

static struct xdp_filter_cfg filter_of(
	const struct policy *policy, const struct policy_port *port) {
	struct xdp_filter_cfg filter = {
		.address = htonl(port->address),
		.broadcast = htonl(broadcast_of(port)),
		.udp_port[0] = htons(TFTP_PORT),
		.tid_first = policy->snapshot->tid_first,
		.tid_last = policy->snapshot->tid_last,
		.enabled = 1,
	};

	if (port->dhcp != POLICY_DHCP_OFF) {
		filter.udp_port[1] = htons(DHCP_SERVER_PORT);
		filter.udp_port[2] = htons(DHCP_PXE_PORT);
	}
	return filter;
}

int worker_setup_port_config(
	const struct policy *policy, uint16_t index, struct port_config *config) {
	const struct policy_port *port = &policy->ports[index];

	if (port->device.len >= sizeof(config->device))
		return -EINVAL;
	*config = (struct port_config){
		.kind = (enum port_kind)port->kind,
		.address = port->address,
		.prefix_len = port->prefix_len,
		.mtu = port->mtu,
		.vlan = port->vlan,
		.workers = policy->snapshot->workers,
		.sleeps = policy->snapshot->idle == POLICY_IDLE_ADAPTIVE,
		.filter = filter_of(policy, port),
	};
	memcpy(config->device, policy_text(policy, port->device), port->device.len);
	return 0;
}

static int seed_random(uint64_t seed[2]) {
	return getrandom(seed, 2 * sizeof(seed[0]), 0) == 2 * sizeof(seed[0]) ? 0 : -EIO;
}

// lib wants memory aligned to a cache line, and never more of it.
static void *memory(size_t size) {
	void *at = NULL;

	if (posix_memalign(&at, ROUSE_CACHE_LINE, size) != 0)
		return NULL;
	memset(at, 0, size);
	return at;
}

static int setup_tftp(struct dataplane *dp, struct worker *w) {
	struct state *state = &dp->state;
	struct tftp_server_setup setup = {
		.worker = w->index,
		.port_count = dp->port_count,
		.leases = dp->leases,
		.seen = dp->seen,
		.orders = &dp->orders,
		.policy = &dp->current->policy,
		.images = &w->images,
		.pins = state->pins + (size_t)w->index * state->region->image_slot_count,
		.last_use = state->last_use,
		.hits = state->hits + (size_t)w->index * state->region->image_slot_count,
		.wants = &w->wants,
		.stats = &w->stats,
		.phases = w->phases,
		.events = &w->events,
	};
	uint32_t first, count;
	void *place;
	int rc;

	state_slice(state, w->index, &first, &count);
	w->tid_first = (uint16_t)(state->region->tid_first + first);
	w->tid_count = (uint16_t)count;
	setup.sessions = state->sessions + first;
	setup.session_count = count;
	setup.tid_first = w->tid_first;
	rc = seed_random(setup.seed);
	place = memory(tftp_server_size(count));
	if (rc < 0 || !place) {
		free(place);
		return rc < 0 ? rc : -ENOMEM;
	}
	w->tftp_memory = place;
	w->tftp = tftp_server_init(place, &setup);
	return 0;
}

static int setup_worker(struct dataplane *dp, uint16_t index) {
	struct worker *w = &dp->worker[index];

	w->index = index;
	w->port_count = dp->port_count;
	w->sleeps = dp->current->policy.snapshot->idle == POLICY_IDLE_ADAPTIVE;
	w->turn.may = dp->go_first;
	w->block = &dp->state.workers[index];
	w->phases = &dp->state.phases[index];
	w->stats.counter = w->block->counter;
	w->events.worker = w->block;
	w->events.ring = dp->state.events + (size_t)index * EVENT_RING_SIZE;
	w->wants.worker = w->block;
	w->wants.ring = dp->state.wants + (size_t)index * WANT_RING_SIZE;
	w->published = &dp->published;
	worker_capture_init(w, &dp->state.captures[index]);
	w->stop = &dp->stop;
	atomic_init(&w->sleeping, true);
	w->all = dp->worker;
	w->worker_count = dp->worker_count;
	w->handover = &dp->handover;
	timekeeper_init(&w->time);
	return setup_tftp(dp, w);
}

// Worker 0 writes it; every worker asks it about machines.
static int setup_leases(struct dataplane *dp) {
	uint32_t leases = dp->state.region->lease_count;
	uint64_t seed[2];
	int rc;

	rc = seed_random(seed);
	if (rc < 0)
		return rc;
	dp->lease_memory = memory(lease_table_size(leases));
	if (!dp->lease_memory)
		return -ENOMEM;
	dp->leases = lease_table_init(
		dp->lease_memory, dp->state.leases, leases, seed, &dp->state.region->lease_high);
	return 0;
}

// Machines of ports with dhcp: proxy, which have no lease of ours.
static int setup_seen(struct dataplane *dp) {
	const struct policy *policy = &dp->current->policy;
	uint64_t seed[2];
	bool wanted = false;
	int rc;

	for (uint32_t i = 0; i < policy->count[POLICY_PORTS]; i++)
		wanted |= policy->ports[i].dhcp == POLICY_DHCP_PROXY;
	if (!wanted)
		return 0;
	rc = seed_random(seed);
	if (rc < 0)
		return rc;
	dp->seen_memory = memory(seen_size());
	if (!dp->seen_memory)
		return -ENOMEM;
	dp->seen = seen_init(dp->seen_memory, seed);
	return 0;
}

static int setup_dhcp(struct dataplane *dp) {
	struct worker *w = &dp->worker[0];

	dp->dhcp = memory(sizeof(*dp->dhcp));
	dp->parked_memory = memory(PARKED_BYTES + DHCP_COPIES_BYTES);
	dp->dhcp_order = memory(sizeof(*dp->dhcp_order));
	if (!dp->dhcp || !dp->parked_memory || !dp->dhcp_order)
		return -ENOMEM;
	dp->dhcp->server.leases = dp->leases;
	dp->dhcp->server.seen = dp->seen;
	dp->dhcp->server.order_used = dp->state.order_used;
	dp->dhcp->server.stats = &w->stats;
	dp->dhcp->server.events = &w->events;
	dp->dhcp->worker = w;
	parked_init(&dp->dhcp->parked, dp->parked_memory, PARKED_BYTES);
	parked_init(
		&dp->dhcp->copies, (uint8_t *)dp->parked_memory + PARKED_BYTES, DHCP_COPIES_BYTES);
	dp->dhcp->order = dp->dhcp_order;
	dp->dhcp->order_log = &dp->orders;
	dhcp_order_init(dp->dhcp_order);
	dp->dhcp->orders_done = &dp->state.region->lease_orders_done;
	w->dhcp = dp->dhcp;
	return 0;
}

int worker_setup(struct dataplane *dp) {
	uint16_t i;
	int rc;

	dp->worker = memory(dp->worker_count * sizeof(*dp->worker));
	if (!dp->worker)
		return -ENOMEM;
	for (i = 0; i < dp->worker_count; i++) {
		rc = wait_init(&dp->worker[i].waiter);
		if (rc < 0) {
			dp->worker_count = i;
			return rc;
		}
	}
	rc = setup_leases(dp);
	if (rc == 0)
		rc = setup_seen(dp);
	if (rc < 0)
		return rc;
	for (i = 0; i < dp->worker_count; i++) {
		rc = setup_worker(dp, i);
		if (rc < 0)
			return rc;
	}
	return setup_dhcp(dp);
}

// Sessions that speak of another images file find no image at all, so their clients get ERROR.
int worker_setup_resume(struct dataplane *dp) {
	const struct outlook *outlook = dp->current;
	uint32_t resumed = 0;
	bool same;
	uint16_t i;

	if (!policy_watch_images_id(outlook, dp->images_id))
		memset(dp->images_id, 0, sizeof(dp->images_id));
	same = memcmp(dp->images_id, dp->state.former_images, sizeof(dp->images_id)) == 0;
	for (i = 0; i < dp->worker_count; i++) {
		struct worker *w = &dp->worker[i];

		w->images = same ? outlook->images : (struct images){0};
		if (dp->state.taken_over)
			resumed += tftp_server_resume(w->tftp, &outlook->policy, w->time.now);
		w->images = outlook->images;
	}
	dp->dhcp->journal = dp->journal;
	state_set_images(&dp->state, dp->images_id);
	if (resumed)
		log_say(LOG_LEVEL_NOTICE, "%u transfers of the former process go on", resumed);
	return 0;
}

static void tell_port(struct dataplane *dp, const struct port *port) {
	struct state_port *told = &dp->state.region->port[port->index];
	static const char *const kind[] = {"af_xdp", "af_packet", "vdev", "pci"};
	char vlan[16] = "";

	if (port->config.vlan)
		snprintf(vlan, sizeof(vlan), " vlan %u", port->config.vlan);
	snprintf(told->device, sizeof(told->device), "%s:%.42s%s", kind[port->config.kind],
		port->config.device, vlan);
	told->address = port->config.address;
	told->mtu = port->mtu;
	told->queues = port->queues;
	memcpy(told->mac, port->mac, sizeof(told->mac));
	told->dhcp = dp->current->policy.ports[port->index].dhcp;
	told->link_up = atomic_load(&dp->link_up[port->index]);
	dp->state.region->port_count = port->index + 1u;
}

// What a byte costs a worker, in picoseconds, where count of them share the rate. 0: no limit.
static uint32_t byte_ps(uint64_t rate_bps, uint16_t count) {
	return rate_bps ? (uint32_t)(8000000000000ull * count / rate_bps) : 0;
}

static void fill_port(
	struct worker_port *to, struct dataplane *dp, const struct port *port, uint16_t queue) {
	const struct policy_port *policy = &dp->current->policy.ports[port->index];

	to->address = port->config.address;
	to->broadcast = broadcast_of(policy);
	to->mtu = port->mtu;
	to->vlan = port->config.vlan;
	memcpy(to->mac, port->mac, sizeof(to->mac));
	to->dhcp = policy->dhcp;
	to->kernel = port_kernel_answers(port);
	// A worker without a queue of the port sends nothing there.
	to->byte_ps = byte_ps(policy->rate_bps,
		port->queues < dp->worker_count ? port->queues : dp->worker_count);
	to->link_up = &dp->link_up[port->index];
	to->ethdev = port->id;
	if (queue < port->queues) {
		to->queue = queue;
		to->pool = port->pool[queue];
	}
}

int worker_setup_port(struct dataplane *dp, const struct port *port) {
	uint16_t i;
	int rc;

	for (i = 0; i < dp->worker_count; i++)
		fill_port(&dp->worker[i].port[port->index], dp, port, i);
	for (i = 0; i < port->queues; i++) {
		struct worker *w = &dp->worker[i % dp->worker_count];

		if (w->queue_count == WORKER_MAX_QUEUES)
			return -ENOSPC;
		rc = wait_add(&w->waiter, port->fd[i]);
		if (rc < 0)
			return rc;
		w->queue[w->queue_count++] =
			(struct worker_queue){.port = port->index, .ethdev = port->id, .queue = i};
	}
	tell_port(dp, port);
	return 0;
}

void worker_setup_undo(struct dataplane *dp) {
	uint16_t i;

	for (i = 0; dp->worker && i < dp->worker_count; i++) {
		wait_fini(&dp->worker[i].waiter);
		free(dp->worker[i].tftp_memory);
	}
	free(dp->worker);
	free(dp->dhcp_order);
	free(dp->parked_memory);
	free(dp->lease_memory);
	free(dp->seen_memory);
	free(dp->dhcp);
	dp->worker = NULL;
	dp->dhcp = NULL;
}
