// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The fastest loop that still does what any TFTP server must do for a frame: a buffer, the bytes of
// the block in it, headers with a complete checksum, a burst to the port.

#include "storm_null.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_memcpy.h>

#include "storm_clock.h"
#include "storm_lane.h"
#include "storm_stamp.h"
#include "storm_stop.h"

#define BURST         STORM_LANE_BURST
#define CLIENT        0x0a4d0064u // 10.77.0.100
#define SERVER        0x0a4d0001u
#define CLIENT_PORT   20000u
#define SERVER_PORT   32768u
#define OPCODE_DATA   3u
#define LOOPS_A_CLOCK 256u

struct stream {
	struct storm_stamp stamp;
	uint64_t block; // that is sent next, from 0
};

struct sender {
	const struct storm_null_settings *settings;
	struct storm_lane lane;
	struct stream *streams;
	uint64_t blocks;
	uint16_t *sums; // of each block
	uint32_t turn;  // stream that sends next
	uint64_t end_us;
};

// Begin and end of what counts.
struct window {
	uint64_t begin_us, end_us;
	uint64_t begin_tsc;
	bool counts;
};

static void begin_window(struct window *w, struct storm_null_totals *t) {
	*t = (struct storm_null_totals){0};
	storm_steal_read(&t->steal);
	w->begin_us = storm_clock_us();
	w->begin_tsc = rte_rdtsc();
	w->counts = true;
}

// Whether the run goes on; the first look after the warm-up sets the totals back.
static bool goes_on(struct window *w, const struct storm_null_settings *s,
	struct storm_null_totals *t, uint64_t started_us) {
	uint64_t now_us = storm_clock_us();

	if (!w->counts && now_us - started_us >= s->warm_up_us) {
		begin_window(w, t);
		now_us = w->begin_us;
	}
	w->end_us = now_us;
	return !storm_stop_wanted() && (!w->counts || now_us - w->begin_us < s->duration_us);
}

static void end_window(const struct window *w, struct storm_null_totals *t) {
	t->cycles = rte_rdtsc() - w->begin_tsc;
	t->elapsed_us = w->end_us - w->begin_us;
}

static inline void build(struct sender *s, struct rte_mbuf *m, bool sum) {
	struct stream *stream = &s->streams[s->turn];
	uint16_t len = s->settings->blksize;
	const uint8_t *from = s->settings->file + stream->block * len;
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
	uint32_t content;

	if (sum) {
		content = checksum_copy(0, frame + STORM_STAMP_BYTES, from, len);
	} else {
		rte_memcpy(frame + STORM_STAMP_BYTES, from, len);
		content = s->sums[stream->block];
	}
	storm_stamp_put(&stream->stamp, frame, (uint16_t)(stream->block + 1), content);
	m->data_len = (uint16_t)(STORM_STAMP_BYTES + len);
	m->pkt_len = m->data_len;
	stream->block = stream->block + 1 < s->blocks ? stream->block + 1 : 0;
}

// As a server does, a burst is of one session; then it is the next one's turn.
static void send_burst(struct sender *s, struct storm_null_totals *t, bool sum) {
	struct rte_mbuf *mbufs[BURST];
	uint64_t start = rte_rdtsc(), now;
	uint16_t sent = 0;

	if (rte_pktmbuf_alloc_bulk(s->lane.pool, mbufs, BURST) < 0)
		return;
	for (uint16_t i = 0; i < BURST; i++)
		build(s, mbufs[i], sum);
	s->turn = s->turn + 1u < s->settings->sessions ? s->turn + 1 : 0;
	while (sent < BURST) {
		uint16_t taken =
			storm_poll_send(s->lane.id, 0, mbufs + sent, (uint16_t)(BURST - sent));

		now = rte_rdtsc();
		t->busy_cycles += taken ? now - start : 0;
		sent += taken;
		if (!taken && (storm_stop_wanted() || storm_clock_us() >= s->end_us))
			break; // the receiver may be gone
		start = taken ? now : rte_rdtsc(); // the clock was no work
	}
	rte_pktmbuf_free_bulk(mbufs + sent, (unsigned)(BURST - sent));
	t->frames += sent;
	t->bytes += (uint64_t)sent * (STORM_STAMP_BYTES + s->settings->blksize);
}

static void run_tx(struct sender *s, struct storm_null_totals *t) {
	uint64_t started_us = storm_clock_us();
	struct window w = {0};
	bool sum = s->settings->sum;

	s->end_us = started_us + s->settings->warm_up_us + s->settings->duration_us;
	while (goes_on(&w, s->settings, t, started_us)) {
		for (unsigned i = 0; i < LOOPS_A_CLOCK && !storm_stop_wanted(); i++) {
			if (sum)
				send_burst(s, t, true);
			else
				send_burst(s, t, false);
		}
	}
	end_window(&w, t);
}

static void prepare(struct sender *s, const struct port *port) {
	uint16_t len = s->settings->blksize;

	for (uint32_t i = 0; i < s->settings->sessions; i++) {
		struct frame_to to = {.src = SERVER,
			.dst = CLIENT,
			.src_port = (uint16_t)(SERVER_PORT + i),
			.dst_port = (uint16_t)(CLIENT_PORT + i)};

		memcpy(to.src_mac, port->mac, 6);
		memcpy(to.dst_mac, (uint8_t[]){0x02, 0x54, 0, 0, 0, 1}, 6);
		storm_stamp_init(&s->streams[i].stamp, &to, OPCODE_DATA, (uint16_t)(4 + len));
		s->streams[i].block = s->blocks * i / s->settings->sessions;
	}
	for (uint64_t i = 0; i < s->blocks; i++)
		s->sums[i] = checksum_fold(checksum_add(0, s->settings->file + i * len, len));
}

int storm_null_tx(const struct storm_null_settings *settings, const struct port *port,
	struct storm_null_totals *totals) {
	struct sender s = {.settings = settings, .blocks = settings->size / settings->blksize};
	int err = -ENOMEM;

	*totals = (struct storm_null_totals){0};
	storm_lane_init(&s.lane, port);
	s.streams = calloc(settings->sessions, sizeof(*s.streams));
	s.sums = calloc(s.blocks, sizeof(*s.sums));
	if (s.streams && s.sums) {
		prepare(&s, port);
		run_tx(&s, totals);
		err = 0;
	}
	free(s.sums);
	free(s.streams);
	return err;
}

// Ethertype, IPv4 without options, UDP, and a length that fits.
static inline bool is_whole(const uint8_t *frame, uint16_t len) {
	return len >= STORM_STAMP_BYTES && frame[12] == 8 && frame[13] == 0 && frame[14] == 0x45 &&
	       frame[23] == 17 && 14u + (uint16_t)(frame[16] << 8 | frame[17]) <= len;
}

static uint16_t take_burst(struct storm_lane *lane, struct storm_null_totals *t) {
	struct rte_mbuf *mbufs[BURST];
	uint64_t start = rte_rdtsc();
	uint16_t count = storm_lane_receive(lane, mbufs);

	for (uint16_t i = 0; i < count; i++) {
		t->bytes += mbufs[i]->pkt_len;
		t->malformed +=
			!is_whole(rte_pktmbuf_mtod(mbufs[i], const uint8_t *), mbufs[i]->data_len);
	}
	rte_pktmbuf_free_bulk(mbufs, count);
	t->frames += count;
	t->busy_cycles += count ? rte_rdtsc() - start : 0;
	return count;
}

void storm_null_rx(const struct storm_null_settings *settings, const struct port *port,
	struct storm_null_totals *totals) {
	uint64_t started_us = storm_clock_us();
	struct storm_lane lane;
	struct window w = {0};

	*totals = (struct storm_null_totals){0};
	storm_lane_init(&lane, port);
	while (!totals->frames && !storm_stop_wanted()) {
		take_burst(&lane, totals);
		started_us = storm_clock_us();
	}
	while (goes_on(&w, settings, totals, started_us)) {
		for (unsigned i = 0; i < LOOPS_A_CLOCK; i++)
			take_burst(&lane, totals);
	}
	end_window(&w, totals);
}
