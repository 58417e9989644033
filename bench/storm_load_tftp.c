// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Everything that a frame needs is found by its address and port, without a table: a client's hot
// state is one cache line, its ACK another, written once for each transfer.

#include "storm_load_tftp.h"

#include <stdio.h>
#include <stdlib.h>

#include "arp.h"
#include "frame.h"
#include "storm_datagram.h"
#include "storm_stamp.h"
#include "storm_stream.h"

#define REQUEST_SIZE  512u
#define SWEEP_US      2000u
#define QUIET_US      100000u
#define DRAIN_MAX_US  2000000u
#define FLOOD_A_TURN  64u
#define PORT_TFTP     69u
#define OPCODE_ACK    4u
#define ERROR_PAYLOAD 5u
#define NOBODY        UINT32_MAX

struct request {
	uint8_t payload[REQUEST_SIZE];
	uint16_t len;
	uint32_t sum;
};

struct storm_load_run {
	const struct storm_load_tftp *settings;
	struct storm_load_tftp_totals *totals;
	struct storm_lane lane;
	uint32_t count; // sessions and new ones
	struct storm_stream *streams;
	struct storm_stamp *acks;
	uint16_t *ports; // now in use
	uint8_t *turns;  // which of its ports a client uses
	struct storm_check *checks;
	struct storm_check **check; // of each client, NULL if its contents are not checked
	struct request request, new_request;
	struct storm_content content, new_content;
	uint32_t *idle_new; // stack of new clients that wait for their turn
	uint32_t idle_new_count;
	uint64_t wait, patience; // cycles
	uint64_t sweep_due, sweep_step;
	uint64_t random;
	uint64_t new_begin, new_count; // of the arrivals' schedule
	uint64_t flood_begin, flood_count;
	double ns; // of a cycle
};

static uint64_t next_random(struct storm_load_run *run) {
	run->random ^= run->random << 13;
	run->random ^= run->random >> 7;
	run->random ^= run->random << 17;
	return run->random;
}

static uint64_t in_ns(const struct storm_load_run *run, uint64_t cycles) {
	return (uint64_t)((double)cycles * run->ns);
}

static bool is_new(const struct storm_load_run *run, uint32_t id) {
	return id >= run->settings->sessions;
}

static struct storm_content *content_of(struct storm_load_run *run, uint32_t id) {
	return is_new(run, id) ? &run->new_content : &run->content;
}

// From client id to a port of the server.
static struct frame_to address(const struct storm_load_run *run, uint32_t id, uint16_t to_port) {
	uint32_t station = id / STORM_LOAD_LANES;
	struct frame_to to = {.src = run->settings->first + station,
		.dst = run->settings->server,
		.src_port = run->ports[id],
		.dst_port = to_port};

	memcpy(to.dst_mac, run->settings->server_mac, 6);
	storm_datagram_mac(run->settings->mac_base, station, to.src_mac);
	return to;
}

static void send_payload(struct storm_load_run *run, const struct frame_to *to,
	const uint8_t *payload, uint16_t len, uint32_t sum) {
	uint8_t *frame = storm_lane_room(&run->lane) ? storm_lane_frame(&run->lane) : NULL;
	uint16_t whole = (uint16_t)(FRAME_HEADER_BYTES + len);

	if (!frame)
		return;
	memcpy(frame + FRAME_HEADER_BYTES, payload, len);
	frame_write_headers(frame, to, len, sum);
	if (whole < STORM_STAMP_FRAME) {
		memset(frame + whole, 0, STORM_STAMP_FRAME - whole);
		whole = STORM_STAMP_FRAME;
	}
	storm_lane_push(&run->lane, whole);
}

static void send_request(struct storm_load_run *run, uint32_t id) {
	const struct request *request = is_new(run, id) ? &run->new_request : &run->request;
	struct frame_to to = address(run, id, PORT_TFTP);

	send_payload(run, &to, request->payload, request->len, request->sum);
}

// A buffer that is not there is a packet lost: the stream repeats it.
static inline void send_ack(struct storm_load_run *run, uint32_t id) {
	uint8_t *frame = storm_lane_room(&run->lane) ? storm_lane_frame(&run->lane) : NULL;

	if (!frame)
		return;
	storm_stamp_ack(&run->acks[id], frame, (uint16_t)run->streams[id].block);
	storm_lane_push(&run->lane, STORM_STAMP_FRAME);
	run->totals->acks++;
}

// Each transfer has a port of its own, so that what is late of the last one is not taken for it.
static void begin_transfer(
	struct storm_load_run *run, uint32_t id, uint64_t intended, uint64_t now) {
	run->turns[id] = (uint8_t)((run->turns[id] + 1u) % STORM_LOAD_TURNS);
	run->ports[id] = (uint16_t)(STORM_LOAD_FIRST_PORT + run->turns[id] * STORM_LOAD_LANES +
				    id % STORM_LOAD_LANES);
	if (run->check[id])
		storm_check_begin(run->check[id], content_of(run, id));
	storm_stream_ask(&run->streams[id], run->settings->blksize, run->settings->window, intended,
		now, run->wait);
	send_request(run, id);
}

// The transfer is over, well or not: the client begins the next one, or waits to be a new one.
static void go_on(struct storm_load_run *run, uint32_t id, bool well, uint64_t now) {
	if (!is_new(run, id)) {
		begin_transfer(run, id, now, now);
		return;
	}
	run->totals->new_done += well;
	run->totals->new_failed += !well;
	run->idle_new[run->idle_new_count++] = id;
}

static void finish(struct storm_load_run *run, uint32_t id, uint64_t now) {
	struct storm_load_tftp_totals *t = run->totals;
	uint64_t us = in_ns(run, now - run->streams[id].asked) / 1000;
	bool well = true;

	if (run->check[id]) {
		well = storm_check_end(run->check[id], content_of(run, id));
		t->checked++;
		t->wrong_content += !well;
	}
	t->transfers++;
	hist_add(is_new(run, id) ? &t->new_whole : &t->whole, us);
	go_on(run, id, well, now);
}

static void start_reading(struct storm_load_run *run, uint32_t id) {
	struct frame_to to = address(run, id, run->streams[id].tid);

	storm_stamp_init(&run->acks[id], &to, OPCODE_ACK, 4);
	send_ack(run, id);
}

static void count_content(
	struct storm_load_run *run, uint32_t id, const uint8_t *content, uint16_t len) {
	run->totals->data++;
	run->totals->bytes += len;
	if (run->check[id])
		storm_check_feed(run->check[id], content, len);
}

static void act(struct storm_load_run *run, uint32_t id, enum storm_stream_result result,
	const uint8_t *content, uint16_t len, uint64_t now) {
	struct storm_load_tftp_totals *t = run->totals;

	switch (result) {
	case STORM_STREAM_TAKEN:
		count_content(run, id, content, len);
		break;
	case STORM_STREAM_ACK:
		count_content(run, id, content, len);
		send_ack(run, id);
		break;
	case STORM_STREAM_DONE:
		count_content(run, id, content, len);
		send_ack(run, id);
		finish(run, id, now);
		break;
	case STORM_STREAM_STARTED:
		start_reading(run, id);
		break;
	case STORM_STREAM_GAP:
		t->gaps++;
		send_ack(run, id);
		break;
	case STORM_STREAM_DUPLICATE:
		t->duplicates++;
		break;
	case STORM_STREAM_BAD:
		t->foreign++;
		break;
	case STORM_STREAM_ERROR:
		t->errors++;
		if (is_new(run, id))
			go_on(run, id, false, now);
		break; // a session that goes on at once would ask without end: the sweep starts it
	}
}

static uint32_t client_of(const struct storm_load_run *run, uint32_t dst, uint16_t port) {
	uint32_t station = dst - run->settings->first;
	uint32_t id =
		station * STORM_LOAD_LANES + (port - STORM_LOAD_FIRST_PORT) % STORM_LOAD_LANES;

	if (station >= run->settings->stations || id >= run->count || run->ports[id] != port)
		return NOBODY;
	return id;
}

static void on_foreign(struct storm_load_run *run, const uint8_t *frame, uint16_t len) {
	uint32_t target = storm_datagram_arp_target(frame, len);
	uint32_t dst = storm_load_get32(frame + 30);
	uint8_t mac[6], *room;
	size_t size;

	if (target - run->settings->first < run->settings->stations) {
		storm_datagram_mac(run->settings->mac_base, target - run->settings->first, mac);
		room = storm_lane_room(&run->lane) ? storm_lane_frame(&run->lane) : NULL;
		size = room ? arp_answer(frame, len, target, mac, room, 64) : 0;
		if (size)
			storm_lane_push(&run->lane, (uint16_t)size);
	} else if (!target && dst - run->settings->flood_network < run->settings->flood_count) {
		run->totals->flood_answers++;
		run->totals->flood_answer_bytes += len;
	} else {
		run->totals->foreign++;
	}
}

static void handle(void *arg, const uint8_t *frame, uint16_t len, uint64_t now) {
	struct storm_load_run *run = arg;
	const uint8_t *content = NULL;
	enum storm_stream_result result;
	struct frame_view view;
	uint16_t udp_len, content_len = 0;
	uint64_t waited;
	uint32_t id;

	if (len < STORM_STAMP_BYTES || frame[12] != 8 || frame[13] != 0 || frame[14] != 0x45 ||
		frame[23] != 17) {
		if (len >= STORM_STAMP_BYTES - 4)
			on_foreign(run, frame, len);
		return;
	}
	udp_len = storm_load_get16(frame + 38);
	id = client_of(run, storm_load_get32(frame + 30), storm_load_get16(frame + 36));
	if (id == NOBODY || udp_len < 8 || FRAME_HEADER_BYTES - 8u + udp_len > len) {
		on_foreign(run, frame, len);
		return;
	}
	if (run->check[id] && frame_parse(frame, len, 0, &view) != FRAME_OK) {
		run->totals->bad_checksums++;
		return;
	}
	result = storm_stream_packet(&run->streams[id], storm_load_get16(frame + 34),
		frame + FRAME_HEADER_BYTES, (uint16_t)(udp_len - 8), now, run->wait, &content,
		&content_len, &waited);
	if (waited)
		hist_add(
			result == STORM_STREAM_STARTED ? &run->totals->request : &run->totals->ack,
			in_ns(run, waited));
	act(run, id, result, content, content_len, now);
}

static void tick(struct storm_load_run *run, uint32_t id, uint64_t now) {
	if (run->streams[id].state == STORM_STREAM_IDLE) {
		if (!is_new(run, id))
			begin_transfer(run, id, now, now);
		return;
	}
	switch (storm_stream_tick(&run->streams[id], now, run->wait, run->patience)) {
	case STORM_STREAM_WAIT:
		break;
	case STORM_STREAM_ASK_AGAIN:
		run->totals->repetitions++;
		send_request(run, id);
		break;
	case STORM_STREAM_ACK_AGAIN:
		run->totals->repetitions++;
		send_ack(run, id);
		break;
	case STORM_STREAM_GAVE_UP:
		run->totals->gave_up++;
		go_on(run, id, false, now);
		break;
	}
}

// A full queue ends it: what is left is due next time.
static void sweep(struct storm_load_run *run, uint64_t now) {
	if (now < run->sweep_due)
		return;
	run->sweep_due = now + run->sweep_step;
	for (uint32_t id = 0; id < run->count && storm_lane_room(&run->lane); id++)
		tick(run, id, now);
}

// The time at which number n of a schedule is due.
static uint64_t due_at(uint64_t begin, uint64_t n, double rate) {
	return begin + (uint64_t)((double)n / rate * (double)rte_get_tsc_hz());
}

static void start_new(struct storm_load_run *run, uint64_t now) {
	double rate = run->settings->new_rate;

	while (rate > 0 && storm_lane_room(&run->lane)) {
		uint64_t intended = due_at(run->new_begin, run->new_count, rate);

		if (intended > now)
			return;
		run->new_count++;
		run->totals->new_started++;
		if (run->idle_new_count)
			begin_transfer(run, run->idle_new[--run->idle_new_count], intended, now);
		else
			run->totals->new_refused++;
	}
}

static void send_spoofed(struct storm_load_run *run) {
	uint64_t random = next_random(run);
	struct frame_to to = {
		.src = run->settings->flood_network +
		       (uint32_t)(random >> 32) % run->settings->flood_count,
		.dst = run->settings->server,
		.src_port = (uint16_t)(1024 + (random & 0x7fff)),
		.dst_port = PORT_TFTP,
		.src_mac = {0x02, 0x66, (uint8_t)(random >> 8), (uint8_t)(random >> 16),
			(uint8_t)(random >> 24), (uint8_t)(random >> 40)},
	};

	memcpy(to.dst_mac, run->settings->server_mac, 6);
	send_payload(run, &to, run->request.payload, run->request.len, run->request.sum);
	run->totals->flood_sent++;
	run->totals->flood_bytes += FRAME_HEADER_BYTES + run->request.len;
}

static void flood(struct storm_load_run *run, uint64_t now) {
	for (unsigned i = 0; i < FLOOD_A_TURN && storm_lane_room(&run->lane); i++) {
		if (due_at(run->flood_begin, run->flood_count, run->settings->flood_rate) > now)
			return;
		run->flood_count++;
		send_spoofed(run);
	}
}

void storm_load_tftp_run(struct storm_load_run *run, uint64_t duration_us, bool flooded,
	struct storm_load_tftp_totals *totals) {
	uint64_t now, end, no_buffer = run->lane.no_buffer;
	uint16_t worked;

	*totals = (struct storm_load_tftp_totals){0};
	run->totals = totals;
	storm_load_begin(&totals->span);
	now = totals->span.begin_tsc;
	end = now + storm_load_cycles(duration_us);
	run->new_begin = run->flood_begin = now;
	run->new_count = run->flood_count = 0;
	while (now < end && !storm_stop_wanted()) {
		uint64_t start = now;

		// Each frame may be answered by two: an ACK and the next request.
		worked = storm_lane_take(&run->lane, 2 * STORM_LANE_BURST, handle, run);
		start_new(run, now);
		if (flooded)
			flood(run, now);
		sweep(run, now);
		worked |= storm_lane_flush(&run->lane);
		now = rte_rdtsc();
		if (worked)
			totals->span.busy_cycles += now - start;
	}
	totals->span.end_tsc = now;
	totals->no_buffer = run->lane.no_buffer - no_buffer;
	totals->new_running = run->settings->new_sessions - run->idle_new_count;
}

static void write_request(const struct storm_load_tftp *s, const char *file, struct request *r) {
	uint8_t *at = r->payload + 2;
	size_t room = REQUEST_SIZE - 2;
	int len = snprintf((char *)at, room, "%.256s%coctet%cblksize%c%u%ctsize%c0", file, 0, 0, 0,
		s->blksize, 0, 0);

	r->payload[1] = 1;
	len++; // the last NUL
	if (s->window > 1)
		len += 1 + snprintf((char *)at + len, room - (size_t)len, "windowsize%c%u", 0,
				   s->window);
	r->len = (uint16_t)(2 + len);
	r->sum = checksum_add(0, r->payload, r->len);
}

static bool prepare(struct storm_load_run *run) {
	const struct storm_load_tftp *s = run->settings;
	uint32_t checks = s->check_one_in ? run->count / s->check_one_in + 1 : 1;

	run->streams = aligned_alloc(64, run->count * sizeof(*run->streams));
	run->acks = aligned_alloc(64, run->count * sizeof(*run->acks));
	run->ports = calloc(run->count, sizeof(*run->ports));
	run->turns = calloc(run->count, sizeof(*run->turns));
	run->checks = calloc(checks, sizeof(*run->checks));
	run->check = calloc(run->count, sizeof(*run->check));
	run->idle_new = calloc(s->new_sessions + 1u, sizeof(*run->idle_new));
	if (!run->streams || !run->acks || !run->ports || !run->turns || !run->checks ||
		!run->check || !run->idle_new)
		return false;
	for (uint32_t id = 0; s->check_one_in && id < run->count; id += s->check_one_in)
		run->check[id] = &run->checks[id / s->check_one_in];
	memset(run->streams, 0, run->count * sizeof(*run->streams));
	for (uint32_t id = s->sessions; id < run->count; id++)
		run->idle_new[run->idle_new_count++] = id;
	write_request(s, s->file, &run->request);
	write_request(s, s->new_file, &run->new_request);
	return true;
}

static void free_run(struct storm_load_run *run) {
	storm_lane_fini(&run->lane);
	free(run->idle_new);
	free(run->check);
	free(run->checks);
	free(run->turns);
	free(run->ports);
	free(run->acks);
	free(run->streams);
	free(run);
}

struct storm_load_run *storm_load_tftp_start(
	const struct storm_load_tftp *settings, const struct port *port) {
	struct storm_load_run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->settings = settings;
	run->content = settings->content;
	run->new_content = settings->new_content;
	run->count = settings->sessions + settings->new_sessions;
	run->random = rte_rdtsc() | 1;
	run->ns = 1e9 / (double)rte_get_tsc_hz();
	run->wait = storm_load_cycles(settings->wait_us);
	run->patience = storm_load_cycles(settings->patience_us);
	run->sweep_step = storm_load_cycles(SWEEP_US);
	storm_lane_init(&run->lane, port);
	if (prepare(run))
		return run;
	free_run(run);
	return NULL;
}

static void send_error(struct storm_load_run *run, uint32_t id) {
	static const uint8_t ERROR[ERROR_PAYLOAD] = {0, 5, 0, 0, 0};
	struct frame_to to = address(run, id, run->streams[id].tid);

	send_payload(run, &to, ERROR, sizeof(ERROR), checksum_add(0, ERROR, sizeof(ERROR)));
}

// Until nothing has come for a while: the ERRORs have reached the server then.
static void drain(struct storm_load_run *run) {
	struct rte_mbuf *mbufs[STORM_LANE_BURST];
	uint64_t begin_us = storm_clock_us(), heard_us = begin_us, now_us = begin_us;

	while (now_us - heard_us < QUIET_US && now_us - begin_us < DRAIN_MAX_US) {
		uint16_t count = storm_lane_receive(&run->lane, mbufs);

		storm_lane_flush(&run->lane);
		rte_pktmbuf_free_bulk(mbufs, count);
		now_us = storm_clock_us();
		if (count)
			heard_us = now_us;
	}
}

void storm_load_tftp_end(struct storm_load_run *run) {
	for (uint32_t id = 0; id < run->count; id++) {
		if (run->streams[id].state == STORM_STREAM_READING)
			send_error(run, id);
		while (!storm_lane_room(&run->lane) && !storm_stop_wanted())
			storm_lane_flush(&run->lane);
	}
	drain(run);
	free_run(run);
}
