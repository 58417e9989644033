// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The engine of `rouse-storm dhcp`. A slot is one client; idle slots wait in a ring, so machines
// take turns. The xid carries slot and generation through a bijection that makes it look random,
// and a reply finds its client without a table.

#include "storm_dhcp_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "frame.h"
#include "storm_clock.h"
#include "storm_datagram.h"
#include "storm_impair.h"
#include "storm_owner.h"
#include "storm_stop.h"

#define SLOT_BITS      20u
#define SLOT_MASK      ((1u << SLOT_BITS) - 1)
#define XID_FACTOR     0x9e3779b1u // odd
#define SWEEP_US       5000u
#define STARTS_A_ROUND 64u

struct run {
	const struct storm_dhcp_run_settings *settings;
	struct storm_dhcp_result *result;
	struct storm_dhcp_totals *totals; // of this phase
	struct storm_packet *packet;
	struct storm_impair impair;
	struct storm_owner owner;
	enum storm_dhcp_exchange exchange; // of this phase
	struct storm_dhcp_client *clients;
	uint16_t *generations;
	uint64_t *deadlines;
	uint32_t *idle;                // ring
	uint64_t idle_head, idle_tail; // free-running
	uint32_t count;
	uint32_t active;
	uint32_t xid_inverse;
	uint64_t machines; // made so far
	uint64_t total;
	double rate;
	uint16_t ip_id;
	uint64_t begin_us, phase_us, end_us, now_us;
	uint64_t next_sweep_us, next_progress_us;
	uint64_t shown;
};

static bool keeps_leases(enum storm_dhcp_exchange exchange) {
	return exchange == STORM_EXCHANGE_RENEW || exchange == STORM_EXCHANGE_REBOOT;
}

// Newton's iteration modulo 2^32.
static uint32_t inverse_of(uint32_t odd) {
	uint32_t x = odd;

	for (int i = 0; i < 5; i++)
		x *= 2 - odd * x;
	return x;
}

static void send_out(struct run *run, uint32_t id, struct storm_dhcp_out *out) {
	struct storm_fate fate = storm_impair_next(&run->impair);
	struct frame_to to = {.src = out->src, .dst = out->dst, .src_port = 68, .dst_port = 67};
	uint32_t sum = checksum_add(0, out->frame + FRAME_HEADER_BYTES, out->len);

	to.ip_id = run->ip_id++;
	memcpy(to.src_mac, run->clients[id].mac, 6);
	memcpy(to.dst_mac, out->dst_mac, 6);
	frame_write_headers(out->frame, &to, out->len, sum);
	for (unsigned i = 0; i < fate.copies; i++) {
		memcpy(storm_packet_room(run->packet), out->frame, FRAME_HEADER_BYTES + out->len);
		storm_packet_push(run->packet, FRAME_HEADER_BYTES + out->len);
	}
}

static void log_lease(struct run *run, const struct storm_dhcp_client *c, uint32_t lease_s) {
	struct storm_log_entry entry = {.unix_us = storm_clock_unix_us(),
		.address = c->address,
		.lease_s = lease_s,
		.xid = c->xid};

	if (!run->settings->log)
		return;
	memcpy(entry.mac, c->mac, 6);
	storm_log_write(run->settings->log, &entry);
}

static void end_exchange(struct run *run, uint32_t id) {
	run->active--;
	run->end_us = run->now_us;
	run->idle[run->idle_head++ % run->count] = id;
}

static void complete(struct run *run, uint32_t id) {
	run->totals->completed++;
	hist_add(&run->totals->whole, run->now_us - run->clients[id].started_us);
	end_exchange(run, id);
}

static void act(struct run *run, uint32_t id, struct storm_dhcp_out *out);

// What an exchange does after its ACK.
static void on_acked(struct run *run, uint32_t id) {
	struct storm_dhcp_client *c = &run->clients[id];
	const struct storm_dhcp_settings *s = &run->settings->client;
	struct storm_dhcp_out out;

	run->totals->acks++;
	hist_add(&run->totals->ack, run->now_us - c->asked_us);
	log_lease(run, c, c->lease_s);
	switch (run->exchange) {
	case STORM_EXCHANGE_DISCOVER:
	case STORM_EXCHANGE_RENEW:
	case STORM_EXCHANGE_REBOOT:
		storm_owner_set(&run->owner, c->address, id);
		complete(run, id);
		break;
	case STORM_EXCHANGE_RELEASE:
	case STORM_EXCHANGE_DECLINE:
		log_lease(run, c, 0);
		if (run->exchange == STORM_EXCHANGE_RELEASE)
			storm_dhcp_release(c, s, &out);
		else
			storm_dhcp_decline(c, s, &out);
		send_out(run, id, &out);
		complete(run, id);
		break;
	case STORM_EXCHANGE_INFORM:
		storm_dhcp_inform(c, s, run->now_us, &out);
		act(run, id, &out);
		break;
	case STORM_EXCHANGES:
		break;
	}
}

static void act(struct run *run, uint32_t id, struct storm_dhcp_out *out) {
	struct storm_dhcp_client *c = &run->clients[id];
	struct storm_dhcp_totals *t = run->totals;

	if (out->len)
		send_out(run, id, out);
	run->deadlines[id] = c->deadline_us;
	switch (out->event) {
	case STORM_DHCP_NOTHING:
		break;
	case STORM_DHCP_IGNORED:
		t->ignored++;
		break;
	case STORM_DHCP_OFFERED:
		t->offers++;
		hist_add(&t->offer, run->now_us - c->started_us);
		break;
	case STORM_DHCP_ACKED:
		on_acked(run, id);
		break;
	case STORM_DHCP_INFORMED:
		t->informed++;
		complete(run, id);
		break;
	case STORM_DHCP_RETRIED:
		t->retransmissions++;
		break;
	case STORM_DHCP_STARTED_OVER: // not with nak_ends
		break;
	case STORM_DHCP_ENDED:
		t->failed++;
		t->failed_by[c->failure]++;
		end_exchange(run, id);
		break;
	}
}

static void log_seen(struct run *run, const struct storm_dhcp_reply *reply) {
	struct storm_dhcp_client seen = {.address = reply->address, .xid = reply->xid};

	if (reply->type != 5 || !reply->address)
		return;
	memcpy(seen.mac, reply->mac, 6);
	run->result->seen++;
	log_lease(run, &seen, reply->lease_s);
}

static void on_message(struct run *run, const struct frame_view *view) {
	struct storm_dhcp_reply reply;
	struct storm_dhcp_out out;
	uint32_t id;

	if (storm_dhcp_parse(view->payload, view->payload_len, &reply) < 0) {
		run->result->malformed++;
		return;
	}
	if (run->settings->listen_only) {
		log_seen(run, &reply);
		return;
	}
	id = reply.xid * run->xid_inverse & SLOT_MASK;
	if (id >= run->count || run->clients[id].xid != reply.xid) {
		run->result->foreign++;
		return;
	}
	storm_dhcp_input(&run->clients[id], &run->settings->client, &reply, view->src_mac,
		run->now_us, &out);
	act(run, id, &out);
}

// A server behind the kernel asks for the addresses of machines that it answers.
static void on_arp(struct run *run, const uint8_t *frame, size_t len) {
	uint32_t target = storm_datagram_arp_target(frame, len);
	uint32_t id = storm_owner_find(&run->owner, target);

	// A slot whose machine is a new one by now does not speak for the old one.
	if (id == STORM_OWNER_NONE || run->clients[id].address != target)
		return;
	run->result->arp_answers++;
	storm_datagram_arp_answer(run->packet, frame, len, target, run->clients[id].mac);
}

static void receive(void *arg, const uint8_t *frame, size_t len) {
	struct run *run = arg;
	struct frame_view view;
	enum frame_error error = frame_parse(frame, len, 0, &view);
	struct storm_fate fate;

	if (error == FRAME_ARP) {
		on_arp(run, frame, len);
		return;
	}
	if (error != FRAME_OK || view.dst_port != 68) {
		run->result->malformed++;
		return;
	}
	fate = storm_impair_next(&run->impair);
	run->now_us = storm_clock_us();
	for (unsigned i = 0; i < fate.copies; i++)
		on_message(run, &view);
}

static void start_one(struct run *run) {
	uint32_t id = run->idle[run->idle_tail++ % run->count];
	struct storm_dhcp_client *c = &run->clients[id];
	const struct storm_dhcp_settings *s = &run->settings->client;
	struct storm_dhcp_out out;

	c->xid = ((uint32_t)++run->generations[id] << SLOT_BITS | id) * XID_FACTOR;
	run->totals->started++;
	run->active++;
	if (run->exchange == STORM_EXCHANGE_RENEW) {
		storm_dhcp_renew(c, s, run->now_us, &out);
	} else if (run->exchange == STORM_EXCHANGE_REBOOT) {
		storm_dhcp_reboot(c, s, run->now_us, &out);
	} else {
		storm_datagram_mac(run->settings->mac_base, run->machines++, c->mac);
		storm_dhcp_discover(c, s, run->now_us, &out);
	}
	act(run, id, &out);
}

static uint64_t starts_allowed(const struct run *run) {
	double due = (double)(run->now_us - run->phase_us) / STORM_SECOND_US * run->rate + 1;

	return run->rate <= 0 || due >= (double)run->total ? run->total : (uint64_t)due;
}

static void start_due(struct run *run) {
	uint64_t allowed = starts_allowed(run);

	run->now_us = storm_clock_us();
	for (uint32_t i = 0; i < STARTS_A_ROUND; i++) {
		if (run->totals->started >= allowed || run->idle_tail == run->idle_head)
			return;
		start_one(run);
	}
}

static void sweep(struct run *run) {
	struct storm_dhcp_out out;

	if (run->now_us < run->next_sweep_us)
		return;
	run->next_sweep_us = run->now_us + SWEEP_US;
	for (uint32_t id = 0; id < run->count; id++) {
		if (run->deadlines[id] > run->now_us)
			continue;
		storm_dhcp_tick(&run->clients[id], &run->settings->client, run->now_us, &out);
		act(run, id, &out);
	}
}

static void show_progress(struct run *run) {
	const struct storm_dhcp_totals *t = run->totals;
	uint64_t done = t->completed + run->result->seen;

	if (!run->settings->show_progress || run->now_us < run->next_progress_us)
		return;
	fprintf(stderr,
		"\r%6.1f s  %llu started  %llu done  %llu failed  %u running  %llu/s \033[K",
		(double)(run->now_us - run->begin_us) / 1e6, (unsigned long long)t->started,
		(unsigned long long)done, (unsigned long long)t->failed, run->active,
		(unsigned long long)(done - run->shown));
	run->shown = done;
	run->next_progress_us = run->now_us + STORM_SECOND_US;
}

static bool running(struct run *run) {
	uint64_t deadline_us = run->settings->deadline_us;
	bool more = run->settings->listen_only || run->totals->started < run->total || run->active;

	if (storm_stop_wanted() || (deadline_us && run->now_us >= run->begin_us + deadline_us)) {
		run->result->deadline_passed = more;
		return false;
	}
	return more;
}

static uint64_t wait_time(const struct run *run) {
	bool starts_wait = run->totals->started < run->total && run->idle_tail != run->idle_head;

	return !starts_wait ? SWEEP_US : run->rate > 0 ? 100 : 0;
}

static void run_phase(struct run *run, struct storm_dhcp_totals *totals) {
	run->totals = totals;
	run->phase_us = run->end_us = run->now_us = storm_clock_us();
	run->next_progress_us = run->now_us + STORM_SECOND_US;
	run->shown = 0;
	while (running(run)) {
		start_due(run);
		storm_packet_poll(run->packet, wait_time(run), receive, run);
		run->now_us = storm_clock_us();
		sweep(run);
		show_progress(run);
	}
	if (run->settings->show_progress)
		fputs("\r\033[K", stderr);
	totals->unfinished = run->active;
	totals->elapsed_us = (run->active ? run->now_us : run->end_us) - run->phase_us;
}

// Leases from a log: the machines are asked for in turn.
static void take_known(struct run *run) {
	for (uint32_t id = 0; id < run->count; id++) {
		const struct storm_log_entry *known = &run->settings->known[id];

		memcpy(run->clients[id].mac, known->mac, 6);
		run->clients[id].address = known->address;
		storm_owner_set(&run->owner, known->address, id);
	}
}

// Machines that got no lease are left out of what follows.
static void keep_bound(struct run *run) {
	run->idle_head = run->idle_tail = 0;
	for (uint32_t id = 0; id < run->count; id++) {
		if (run->clients[id].state == STORM_DHCP_BOUND)
			run->idle[run->idle_head++] = id;
	}
	if (!run->idle_head)
		run->total = 0;
}

static void run_phases(struct run *run) {
	const struct storm_dhcp_run_settings *s = run->settings;

	run->begin_us = storm_clock_us();
	if (keeps_leases(s->exchange) && s->known) {
		take_known(run);
	} else if (keeps_leases(s->exchange)) {
		run->exchange = STORM_EXCHANGE_DISCOVER;
		run->total = s->clients;
		run_phase(run, &run->result->prepared);
		run->active = 0;
		run->total = s->total;
		keep_bound(run);
	}
	run->exchange = s->exchange;
	run->total = keeps_leases(s->exchange) && !run->idle_head ? 0 : s->total;
	run->rate = s->rate;
	run_phase(run, &run->result->run);
}

static int prepare(struct run *run) {
	run->count = run->settings->clients;
	run->clients = calloc(run->count, sizeof(*run->clients));
	run->generations = calloc(run->count, sizeof(*run->generations));
	run->deadlines = calloc(run->count, sizeof(*run->deadlines));
	run->idle = calloc(run->count, sizeof(*run->idle));
	if (!run->clients || !run->generations || !run->deadlines || !run->idle)
		return -ENOMEM;
	for (uint32_t id = 0; id < run->count; id++) {
		run->deadlines[id] = UINT64_MAX;
		run->idle[run->idle_head++] = id;
	}
	run->xid_inverse = inverse_of(XID_FACTOR);
	storm_impair_init(
		&run->impair, run->settings->loss, run->settings->dup, 0, run->settings->seed);
	return storm_owner_init(&run->owner, run->count);
}

int storm_dhcp_run(const struct storm_dhcp_run_settings *settings, struct storm_packet *packet,
	struct storm_dhcp_result *result) {
	struct run *run = calloc(1, sizeof(*run));
	int err = -ENOMEM;

	if (!run)
		return err;
	*result = (struct storm_dhcp_result){0};
	run->settings = settings;
	run->result = result;
	run->packet = packet;
	err = prepare(run);
	if (!err)
		run_phases(run);
	result->lost = run->impair.dropped;
	result->doubled = run->impair.duplicated;
	result->send_failures = packet->send_failures;
	result->receive_drops = storm_packet_drops(packet);
	storm_owner_free(&run->owner);
	free(run->idle);
	free(run->deadlines);
	free(run->generations);
	free(run->clients);
	free(run);
	return err;
}
