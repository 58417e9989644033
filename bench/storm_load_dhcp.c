// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The xid carries client and generation through a bijection, so a reply finds its client without a
// table. Exchanges under way stand in a ring in the order of their beginning: only its head can be
// too old.

#include "storm_load_dhcp.h"

#include <errno.h>
#include <stdlib.h>

#include "checksum.h"
#include "frame.h"
#include "storm_datagram.h"
#include "storm_dhcp_form.h"

#define CLIENT_BITS    20u
#define CLIENT_MASK    ((1u << CLIENT_BITS) - 1)
#define XID_FACTOR     0x9e3779b1u // odd
#define RING_SIZE      (1u << 21)
#define HOLDERS        (1u << 22) // by the low bits of an address
#define STARTS_A_TURN  32u
#define KNOCKS         10u
#define DEAF_PATIENCES 10u
#define WINDOW_US      100000u
#define OFFER          2u
#define ACK            5u
#define NAK            6u

enum state { IDLE, SELECTING, REQUESTING, REBOOTING };

struct client {
	uint64_t started; // when the exchange was due
	uint64_t since;   // when its last message was
	uint32_t address; // offered or held
	uint16_t generation;
	uint8_t state;
	bool held; // address comes from an ACK
};

struct entry {
	uint32_t id;
	uint16_t generation;
};

struct storm_load_dhcp_run {
	const struct storm_load_dhcp *settings;
	struct storm_load_dhcp_totals *totals;
	struct storm_lane lane;
	struct client *clients;
	struct entry *ring;
	uint64_t ring_head, ring_tail; // free-running; head is where the next is put
	uint32_t *holders;             // client + 1 by address
	struct storm_dhcp_form discover, request, reboot;
	uint32_t server_id;
	uint32_t under_way;
	uint32_t next; // client whose turn it is
	uint32_t xid_inverse;
	uint16_t ip_id;
	uint64_t patience; // cycles
	uint64_t window_end;
	uint64_t heard; // the last answer, or the begin
	double ns;      // of a cycle
	enum storm_load_message message;
};

// Newton's iteration modulo 2^32.
static uint32_t inverse_of(uint32_t odd) {
	uint32_t x = odd;

	for (int i = 0; i < 5; i++)
		x *= 2 - odd * x;
	return x;
}

static uint64_t in_ns(const struct storm_load_dhcp_run *run, uint64_t begin, uint64_t end) {
	return end > begin ? (uint64_t)((double)(end - begin) * run->ns) : 0;
}

static uint32_t xid_of(const struct storm_load_dhcp_run *run, uint32_t id) {
	return ((uint32_t)run->clients[id].generation << CLIENT_BITS | id) * XID_FACTOR;
}

// A buffer that is not there is a message lost.
static void send_form(
	struct storm_load_dhcp_run *run, const struct storm_dhcp_form *form, uint32_t id) {
	uint8_t *frame = storm_lane_room(&run->lane) ? storm_lane_frame(&run->lane) : NULL;
	struct storm_dhcp_blank blank = {.xid = xid_of(run, id),
		.requested = run->clients[id].address,
		.server_id = run->server_id};
	struct frame_to to = {.dst = UINT32_MAX, .src_port = 68, .dst_port = 67};
	uint8_t *message;

	if (!frame)
		return;
	message = frame + FRAME_HEADER_BYTES;
	storm_datagram_mac(run->settings->mac_base, id, blank.mac);
	storm_dhcp_form_fill(form, &blank, message);
	memcpy(to.src_mac, blank.mac, 6);
	memset(to.dst_mac, 0xff, 6);
	to.ip_id = run->ip_id++;
	frame_write_headers(frame, &to, form->len, checksum_add(0, message, form->len));
	storm_lane_push(&run->lane, (uint16_t)(FRAME_HEADER_BYTES + form->len));
	run->totals->sent++;
}

static void begin_exchange(struct storm_load_dhcp_run *run, uint32_t id, uint64_t intended) {
	struct client *c = &run->clients[id];
	bool reboots = run->message == STORM_LOAD_REQUEST;

	c->generation = (uint16_t)((c->generation + 1u) & 0xfff);
	c->started = c->since = intended;
	c->state = reboots ? REBOOTING : SELECTING;
	run->ring[run->ring_head++ % RING_SIZE] = (struct entry){id, c->generation};
	run->under_way++;
	run->totals->started++;
	send_form(run, reboots ? &run->reboot : &run->discover, id);
}

static void end_exchange(struct storm_load_dhcp_run *run, uint32_t id) {
	run->clients[id].state = IDLE;
	run->under_way--;
}

static void complete(struct storm_load_dhcp_run *run, uint32_t id, uint64_t now) {
	run->totals->done++;
	hist_add(&run->totals->whole, in_ns(run, run->clients[id].started, now));
	end_exchange(run, id);
}

static bool is_reserved_one(const struct storm_load_dhcp_run *run, uint32_t id, uint32_t address) {
	return !run->settings->reserved || address == run->settings->reserved + id;
}

static void on_offer(struct storm_load_dhcp_run *run, uint32_t id,
	const struct storm_dhcp_reply *reply, uint64_t now) {
	struct client *c = &run->clients[id];

	hist_add(&run->totals->offer, in_ns(run, c->since, now));
	run->totals->wrong_address += !is_reserved_one(run, id, reply->address);
	run->totals->moved += c->held && c->address != reply->address;
	c->address = reply->address;
	run->server_id = reply->server_id;
	if (run->message == STORM_LOAD_DISCOVER) {
		complete(run, id, now);
		return;
	}
	c->held = false;
	c->state = REQUESTING;
	c->since = now;
	send_form(run, &run->request, id);
}

// Whoever had the address before must not think that it still has it.
static void hold(struct storm_load_dhcp_run *run, uint32_t id) {
	uint32_t *holder = &run->holders[run->clients[id].address % HOLDERS];
	const struct client *other = *holder ? &run->clients[*holder - 1] : NULL;

	if (other && *holder - 1 != id && other->held && other->address == run->clients[id].address)
		run->totals->conflicts++;
	*holder = id + 1;
	run->clients[id].held = true;
}

static void on_ack(struct storm_load_dhcp_run *run, uint32_t id,
	const struct storm_dhcp_reply *reply, uint64_t now) {
	struct client *c = &run->clients[id];

	hist_add(&run->totals->ack, in_ns(run, c->since, now));
	hist_add(&run->totals->ack_now, in_ns(run, c->since, now));
	if (reply->address != c->address || !is_reserved_one(run, id, reply->address))
		run->totals->wrong_address++;
	c->address = reply->address;
	hold(run, id);
	complete(run, id, now);
}

static void take(struct storm_load_dhcp_run *run, uint32_t id, const struct storm_dhcp_reply *reply,
	uint64_t now) {
	uint8_t state = run->clients[id].state;
	uint8_t mac[6];

	storm_datagram_mac(run->settings->mac_base, id, mac);
	if (memcmp(mac, reply->mac, 6) != 0) {
		run->totals->foreign++;
	} else if (reply->type == OFFER && state == SELECTING) {
		on_offer(run, id, reply, now);
	} else if (reply->type == ACK && (state == REQUESTING || state == REBOOTING)) {
		on_ack(run, id, reply, now);
	} else if (reply->type == NAK && (state == REQUESTING || state == REBOOTING)) {
		run->totals->naks++;
		run->clients[id].held = false;
		end_exchange(run, id);
	} else {
		run->totals->late++;
	}
}

static void handle(void *arg, const uint8_t *frame, uint16_t len, uint64_t now) {
	struct storm_load_dhcp_run *run = arg;
	struct storm_dhcp_reply reply;
	struct frame_view view;
	uint32_t id;

	if (frame_parse(frame, len, 0, &view) != FRAME_OK || view.dst_port != 68 ||
		storm_dhcp_parse(view.payload, view.payload_len, &reply) < 0) {
		run->totals->malformed++;
		return;
	}
	id = reply.xid * run->xid_inverse & CLIENT_MASK;
	run->totals->received++;
	run->heard = now;
	if (id >= run->settings->clients || xid_of(run, id) != reply.xid)
		run->totals->foreign++;
	else
		take(run, id, &reply, now);
}

// Exchanges that began too long ago are lost.
static void expire(struct storm_load_dhcp_run *run, uint64_t now) {
	while (run->ring_tail != run->ring_head) {
		const struct entry *e = &run->ring[run->ring_tail % RING_SIZE];
		const struct client *c = &run->clients[e->id];
		bool over = c->state == IDLE || c->generation != e->generation;

		if (!over && (now < c->started || now - c->started < run->patience))
			return;
		if (!over) {
			run->totals->lost++;
			end_exchange(run, e->id);
		}
		run->ring_tail++;
	}
}

static uint32_t next_client(struct storm_load_dhcp_run *run) {
	uint32_t id = run->next;

	run->next = id + 1 < run->settings->clients ? id + 1 : 0;
	return id;
}

static bool can_start(const struct storm_load_dhcp_run *run) {
	return storm_lane_room(&run->lane) > STORM_LANE_BURST &&
	       run->ring_head - run->ring_tail < RING_SIZE;
}

static void start_one(struct storm_load_dhcp_run *run, uint64_t intended) {
	uint32_t id = next_client(run);

	if (run->clients[id].state == IDLE)
		begin_exchange(run, id, intended);
	else
		run->totals->skipped++;
}

// What is due by the clock.
static uint64_t start_due(struct storm_load_dhcp_run *run, double rate, uint64_t begin,
	uint64_t turns, uint64_t now) {
	double hz = (double)rte_get_tsc_hz();

	for (unsigned i = 0; i < STARTS_A_TURN && can_start(run); i++) {
		uint64_t intended = begin + (uint64_t)((double)turns / rate * hz);

		if (intended > now)
			break;
		turns++;
		start_one(run, intended);
	}
	return turns;
}

static uint64_t start_more(struct storm_load_dhcp_run *run, uint64_t turns, uint64_t now) {
	for (unsigned i = 0;
		i < STARTS_A_TURN && can_start(run) && run->under_way < run->settings->outstanding;
		i++, turns++)
		start_one(run, now);
	return turns;
}

static uint64_t turn(struct storm_load_dhcp_run *run, uint64_t start) {
	uint16_t worked = storm_lane_take(&run->lane, STORM_LANE_BURST, handle, run);
	uint64_t now;

	worked |= storm_lane_flush(&run->lane);
	expire(run, start);
	now = rte_rdtsc();
	if (worked)
		run->totals->span.busy_cycles += now - start;
	return now;
}

// A machine that stands still for 30 ms, as a virtual one does when its host is busy, spoils the
// percentiles of seconds; those of tenths tell how the server is while it may run.
static void end_window(struct storm_load_dhcp_run *run, uint64_t now) {
	struct storm_load_dhcp_totals *t = run->totals;

	if (now < run->window_end)
		return;
	if (t->ack_now.count)
		hist_add(&t->ack_p99s, hist_quantile(&t->ack_now, 0.99));
	t->ack_now = (struct hist){0};
	run->window_end = now + storm_load_cycles(WINDOW_US);
}

// A server that is gone would be waited for without an end, where each client is to have its turn.
static bool is_deaf(const struct storm_load_dhcp_run *run, uint64_t now) {
	return now > run->heard && now - run->heard > run->patience * DEAF_PATIENCES;
}

// Answers that come after the span count, the time until then does not.
static void drain(struct storm_load_dhcp_run *run) {
	uint64_t begin = rte_rdtsc(), now = begin;
	uint64_t busy = run->totals->span.busy_cycles;

	while (run->under_way && !storm_stop_wanted())
		now = turn(run, now);
	run->totals->drain_seconds = (double)(now - begin) / (double)rte_get_tsc_hz();
	run->totals->span.busy_cycles = busy;
}

void storm_load_dhcp_run(struct storm_load_dhcp_run *run, enum storm_load_message message,
	double rate, uint64_t duration_us, struct storm_load_dhcp_totals *totals) {
	uint64_t turns = 0, most = duration_us ? UINT64_MAX : run->settings->clients;
	uint64_t no_buffer = run->lane.no_buffer;
	uint64_t begin, end, now;

	*totals = (struct storm_load_dhcp_totals){0};
	run->totals = totals;
	run->message = message;
	storm_load_begin(&totals->span);
	begin = now = run->heard = totals->span.begin_tsc;
	run->window_end = begin + storm_load_cycles(WINDOW_US);
	end = duration_us ? begin + storm_load_cycles(duration_us) : UINT64_MAX;
	while (now < end && turns < most && !is_deaf(run, now) && !storm_stop_wanted()) {
		turns = rate > 0 ? start_due(run, rate, begin, turns, now)
				 : start_more(run, turns, now);
		now = turn(run, now);
		end_window(run, now);
	}
	totals->span.end_tsc = now;
	totals->deaf = is_deaf(run, now);
	drain(run);
	totals->no_buffer = run->lane.no_buffer - no_buffer;
}

int storm_load_dhcp_knock(struct storm_load_dhcp_run *run) {
	struct storm_load_dhcp_totals totals = {0};

	run->totals = &totals;
	run->message = STORM_LOAD_DISCOVER;
	for (unsigned i = 0; i < KNOCKS && !totals.done && !storm_stop_wanted(); i++) {
		begin_exchange(run, 0, rte_rdtsc());
		drain(run);
	}
	return totals.done ? 0 : -EHOSTUNREACH;
}

static void write_forms(struct storm_load_dhcp_run *run) {
	const struct storm_dhcp_settings *s = &run->settings->client;

	storm_dhcp_form_init(
		&run->discover, s, &(struct storm_dhcp_fields){.type = STORM_DHCPDISCOVER});
	storm_dhcp_form_init(&run->request, s,
		&(struct storm_dhcp_fields){
			.type = STORM_DHCPREQUEST, .requested = 1, .server_id = 1});
	storm_dhcp_form_init(&run->reboot, s,
		&(struct storm_dhcp_fields){.type = STORM_DHCPREQUEST, .requested = 1});
}

struct storm_load_dhcp_run *storm_load_dhcp_start(
	const struct storm_load_dhcp *settings, const struct port *port) {
	struct storm_load_dhcp_run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->settings = settings;
	run->xid_inverse = inverse_of(XID_FACTOR);
	run->ns = 1e9 / (double)rte_get_tsc_hz();
	run->patience = storm_load_cycles(settings->patience_us);
	storm_lane_init(&run->lane, port);
	write_forms(run);
	run->clients = calloc(settings->clients, sizeof(*run->clients));
	run->ring = calloc(RING_SIZE, sizeof(*run->ring));
	run->holders = calloc(HOLDERS, sizeof(*run->holders));
	if (run->clients && run->ring && run->holders)
		return run;
	storm_load_dhcp_end(run);
	return NULL;
}

void storm_load_dhcp_end(struct storm_load_dhcp_run *run) {
	storm_lane_fini(&run->lane);
	free(run->holders);
	free(run->ring);
	free(run->clients);
	free(run);
}
