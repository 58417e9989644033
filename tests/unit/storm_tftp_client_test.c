// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The TFTP client of rouse-storm: bad input first, then whole files from a small scripted server
// under loss, duplication and reordering, with a virtual clock.

#include "storm_tftp_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "storm_impair.h"

#define SERVER 0x0a4d0001u
#define TID    40000

static const struct storm_tftp_settings PLAIN = {
	.name = "file",
	.server = SERVER,
	.port = 69,
	.retry = {6, {250000, 500000, 1000000, 2000000, 4000000, 8000000}},
	.give_up_us = 15750000,
	.linger_us = 1000000,
};

static struct storm_tftp_settings with_options(uint16_t blksize, uint16_t window) {
	struct storm_tftp_settings s = PLAIN;

	s.blksize = blksize;
	s.windowsize = window;
	s.tsize = true;
	s.timeout_s = 5;
	return s;
}

static const struct storm_peer PEER = {SERVER, TID};

static void give(
	struct storm_tftp_client *c, struct storm_tftp_out *out, const void *packet, size_t len) {
	storm_tftp_input(c, PEER, packet, len, 1000, out);
}

// Literals carry a NUL of their own, which counts as the packet's last byte where wanted.
#define PACKET(text) text, sizeof(text) - 1

struct bad_oack {
	const char *what;
	const char *bytes;
	size_t len;
};

static void bad_oacks_end_with_error_8(void **state) {
	static const struct bad_oack CASES[] = {
		{"blksize above what was asked", PACKET("\0\6blksize\0001469\0")},
		{"blksize 7", PACKET("\0\6blksize\0007\0")},
		{"blksize 65536 + 8", PACKET("\0\6blksize\00065544\0")},
		{"windowsize 0", PACKET("\0\6windowsize\0000\0")},
		{"windowsize above", PACKET("\0\6windowsize\0005\0")},
		{"timeout changed", PACKET("\0\6timeout\0004\0")},
		{"option not asked for", PACKET("\0\6multicast\0,,1\0")},
		{"value empty", PACKET("\0\6blksize\0\0")},
		{"value not a number", PACKET("\0\6blksize\00012a\0")},
		{"value too large for 64 bits", PACKET("\0\6tsize\00099999999999999999999\0")},
		{"no NUL at the end", PACKET("\0\6blksize\000512")},
		{"name without value", PACKET("\0\6blksize\0")},
	};
	struct storm_tftp_settings s = with_options(1468, 4);

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		struct storm_tftp_client c;
		struct storm_tftp_out out;

		storm_tftp_start(&c, &s, 1, &out);
		give(&c, &out, CASES[i].bytes, CASES[i].len);
		if (c.failure != STORM_TFTP_BAD_OACK || out.send_len < 4 || out.send[3] != 8)
			fail_msg("%s: failure %u", CASES[i].what, c.failure);
	}
}

static void odd_packets_change_nothing(void **state) {
	static const struct bad_oack CASES[] = {
		{"empty", "", 0},
		{"one byte", PACKET("\0")},
		{"half a DATA", PACKET("\0\3\0")},
		{"RRQ", PACKET("\0\1file\0octet\0")},
		{"ACK", PACKET("\0\4\0\0")},
		{"opcode 7", PACKET("\0\7\0\0")},
		{"DATA 2 before DATA 1", PACKET("\0\3\0\2x")},
		{"ERROR without a code", PACKET("\0\5\0")},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		struct storm_tftp_client c;
		struct storm_tftp_out out;

		storm_tftp_start(&c, &PLAIN, 1, &out);
		give(&c, &out, CASES[i].bytes, CASES[i].len);
		if (c.state != STORM_TFTP_REQUESTED || out.send_len || c.malformed != 1)
			fail_msg("%s: state %u, %u bytes sent", CASES[i].what, c.state,
				out.send_len);
	}
}

static void block_longer_than_blksize_is_refused(void **state) {
	uint8_t packet[4 + 513] = {0, 3, 0, 1};
	struct storm_tftp_client c;
	struct storm_tftp_out out;

	(void)state;
	storm_tftp_start(&c, &PLAIN, 1, &out);
	give(&c, &out, packet, sizeof(packet));
	assert_int_equal(c.malformed, 1);
	assert_int_equal(c.bytes, 0);
}

static void a_stranger_gets_error_5_and_disturbs_nothing(void **state) {
	struct storm_tftp_client c;
	struct storm_tftp_out out;

	(void)state;
	storm_tftp_start(&c, &PLAIN, 1, &out);
	give(&c, &out, PACKET("\0\3\0\1short"));
	assert_int_equal(c.state, STORM_TFTP_LINGER);
	storm_tftp_input(
		&c, (struct storm_peer){SERVER, TID + 1}, (const uint8_t *)"\0\3\0\1x", 5, 9, &out);
	assert_int_equal(c.foreign, 1);
	assert_int_equal(out.send[3], 5);
	assert_int_equal(out.to.port, TID + 1);
	storm_tftp_input(
		&c, (struct storm_peer){SERVER, TID + 1}, (const uint8_t *)"\0\5\0\0", 4, 9, &out);
	assert_int_equal(out.send_len, 0);
	assert_int_equal(c.state, STORM_TFTP_LINGER);
}

static void error_packet_is_kept_and_printable(void **state) {
	struct storm_tftp_client c;
	struct storm_tftp_out out;

	(void)state;
	storm_tftp_start(&c, &PLAIN, 1, &out);
	give(&c, &out, PACKET("\0\5\0\1not\nhere\0"));
	assert_int_equal(c.failure, STORM_TFTP_ERROR);
	assert_int_equal(c.error_code, 1);
	assert_string_equal(c.error_text, "not\\x0ahere");
	assert_int_equal(out.send_len, 0);
}

static void tsize_is_held_against_the_bytes(void **state) {
	struct storm_tftp_settings s = with_options(512, 1);
	struct storm_tftp_client c;
	struct storm_tftp_out out;

	(void)state;
	storm_tftp_start(&c, &s, 1, &out);
	give(&c, &out, PACKET("\0\6tsize\0003\0"));
	give(&c, &out, PACKET("\0\3\0\1four"));
	assert_int_equal(c.failure, STORM_TFTP_TOO_LONG);
	storm_tftp_start(&c, &s, 1, &out);
	give(&c, &out, PACKET("\0\6tsize\0005\0"));
	give(&c, &out, PACKET("\0\3\0\1four"));
	assert_int_equal(c.failure, STORM_TFTP_TOO_SHORT);
}

static void one_ack_per_gap_and_one_more_when_it_is_lost_again(void **state) {
	struct storm_tftp_settings s = with_options(8, 4);
	struct storm_tftp_client c;
	struct storm_tftp_out out;

	(void)state;
	storm_tftp_start(&c, &s, 1, &out);
	give(&c, &out, PACKET("\0\6blksize\0008\0windowsize\0004\0"));
	give(&c, &out, PACKET("\0\3\0\00112345678"));
	assert_int_equal(out.send_len, 0);
	give(&c, &out, PACKET("\0\3\0\00312345678"));
	assert_int_equal(out.send_len, 4);
	assert_int_equal(out.send[3], 1);
	give(&c, &out, PACKET("\0\3\0\00412345678"));
	assert_int_equal(out.send_len, 0);
	// The server went back to 2, which is lost again.
	give(&c, &out, PACKET("\0\3\0\00312345678"));
	assert_int_equal(out.send_len, 4);
	assert_int_equal(c.ahead, 3);
}

static void an_unanswered_request_follows_the_table(void **state) {
	struct storm_tftp_client c;
	struct storm_tftp_out out;
	uint64_t now = 1;
	uint32_t sent = 1;

	(void)state;
	storm_tftp_start(&c, &PLAIN, now, &out);
	while (c.state == STORM_TFTP_REQUESTED) {
		now = c.deadline_us;
		storm_tftp_tick(&c, now, &out);
		sent += out.send_len > 0;
	}
	assert_int_equal(c.failure, STORM_TFTP_NO_ANSWER);
	assert_int_equal(sent, 6);
	assert_int_equal(now, 1 + 15750000);
}

// What arrives after block 1 of 8 bytes and window 4 (1 for lock-step clients), and how many ACKs
// of which block each client sends for it.
struct gap_case {
	const char *what;
	enum storm_tftp_gap gap;
	uint16_t window;
	uint8_t blocks[6]; // 0: end
	int8_t acks[6];    // -1: none
};

static void each_client_answers_gaps_in_its_way(void **state) {
	static const struct gap_case CASES[] = {
		{"a copy within a window says nothing", STORM_TFTP_GAP_ONCE, 4, {1, 2, 1, 2, 3, 4},
			{-1, -1, -1, -1, -1, 4}},
		{"a window that comes again is answered at its end", STORM_TFTP_GAP_ONCE, 2,
			{2, 1, 2, 2, 3}, {2, -1, 2, 2, -1}},
		{"a lock-step block that comes again is answered", STORM_TFTP_GAP_ONCE, 1,
			{1, 2, 2}, {1, 2, 2}},
		{"EDK2 answers each packet ahead", STORM_TFTP_GAP_EACH, 4, {3, 4, 2}, {1, 1, -1}},
		{"EDK2 answers old ones too", STORM_TFTP_GAP_EACH, 4, {1, 1}, {1, 1}},
		{"U-Boot answers once until it goes on", STORM_TFTP_GAP_NACK, 4, {3, 4, 1, 2, 4},
			{1, -1, -1, -1, 2}},
		{"U-Boot answers a repeated block once", STORM_TFTP_GAP_NACK, 1, {1, 1}, {1, -1}},
		{"iPXE keeps what is ahead", STORM_TFTP_GAP_KEEP, 1, {3, 5, 4, 2, 6},
			{1, 1, 1, 5, 6}},
		{"iPXE answers old ones with what is whole", STORM_TFTP_GAP_KEEP, 1, {3, 3, 2, 1},
			{1, 1, 3, 3}},
		{"GRUB ignores what is ahead", STORM_TFTP_GAP_OLD, 1, {3, 2, 1}, {-1, 2, 1}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		const struct gap_case *k = &CASES[i];
		struct storm_tftp_settings s = with_options(8, k->window);
		struct storm_tftp_client c;
		struct storm_tftp_out out;
		char packet[] = "\0\3\0\00112345678";

		s.gap = k->gap;
		storm_tftp_start(&c, &s, 1, &out);
		give(&c, &out, PACKET("\0\6blksize\0008\0"));
		c.window = k->window;
		give(&c, &out, PACKET("\0\3\0\00112345678"));
		for (size_t n = 0; n < 6 && k->blocks[n]; n++) {
			packet[3] = (char)k->blocks[n];
			give(&c, &out, packet, 12);
			if ((out.send_len ? out.send[3] : -1) != k->acks[n])
				fail_msg("%s: block %u is answered by %d", k->what, k->blocks[n],
					out.send_len ? out.send[3] : -1);
		}
	}
}

static void kept_blocks_end_the_file_when_the_gap_is_filled(void **state) {
	struct storm_tftp_settings s = with_options(8, 0);
	struct storm_tftp_client c;
	struct storm_tftp_out out;

	(void)state;
	s.gap = STORM_TFTP_GAP_KEEP;
	storm_tftp_start(&c, &s, 1, &out);
	give(&c, &out, PACKET("\0\6blksize\0008\0tsize\00019\0"));
	give(&c, &out, PACKET("\0\3\0\3abc"));
	assert_int_equal(out.data_offset, 16);
	assert_int_equal(c.state, STORM_TFTP_TRANSFER);
	// Behind the end there is nothing.
	give(&c, &out, PACKET("\0\3\0\4abc"));
	assert_int_equal(out.data_len, 0);
	give(&c, &out, PACKET("\0\3\0\00112345678"));
	assert_int_equal(out.send[3], 1);
	give(&c, &out, PACKET("\0\3\0\00212345678"));
	assert_int_equal(out.data_offset, 8);
	assert_int_equal(out.send[3], 3);
	assert_int_equal(c.state, STORM_TFTP_LINGER);
	assert_int_equal(c.bytes, 19);
}

static void a_probe_ends_with_error_8_and_well(void **state) {
	struct storm_tftp_settings s = with_options(1468, 4);
	struct storm_tftp_client c;
	struct storm_tftp_out out;

	(void)state;
	s.probe = true;
	storm_tftp_start(&c, &s, 1, &out);
	give(&c, &out, PACKET("\0\6tsize\0003\0"));
	assert_memory_equal(out.send, "\0\5\0\10User aborted the transfer", 30);
	assert_int_equal(c.state, STORM_TFTP_DONE);
	storm_tftp_start(&c, &s, 1, &out);
	give(&c, &out, PACKET("\0\5\0\1none\0"));
	assert_int_equal(c.failure, STORM_TFTP_ERROR);
	storm_tftp_start(&c, &s, 1, &out);
	give(&c, &out, PACKET("\0\3\0\1a server without options"));
	assert_int_equal(c.state, STORM_TFTP_DONE);
}

static void a_mute_client_needs_an_oack(void **state) {
	struct storm_tftp_settings s = with_options(1024, 0);
	struct storm_tftp_client c;
	struct storm_tftp_out out;

	(void)state;
	s.needs_oack = true;
	s.mute = true;
	storm_tftp_start(&c, &s, 1, &out);
	give(&c, &out, PACKET("\0\3\0\1data"));
	assert_int_equal(out.send_len, 0);
	storm_tftp_tick(&c, c.deadline_us, &out);
	assert_int_equal(out.send[1], 1);
	while (c.state == STORM_TFTP_REQUESTED)
		storm_tftp_tick(&c, c.deadline_us, &out);
	assert_int_equal(c.failure, STORM_TFTP_NO_OACK);

	storm_tftp_start(&c, &s, 1, &out);
	give(&c, &out, PACKET("\0\6tsize\0003\0"));
	assert_int_equal(out.send[1], 4);
	assert_int_equal(c.deadline_us, 1000 + s.give_up_us);
	storm_tftp_tick(&c, c.deadline_us, &out);
	assert_int_equal(out.send_len, 0);
	assert_int_equal(c.failure, STORM_TFTP_STALLED);
}

static void raw_options_are_sent_and_judged(void **state) {
	struct storm_tftp_settings s = PLAIN;
	struct storm_tftp_client c;
	struct storm_tftp_out out;

	(void)state;
	s.options = "blksize\0001456\000msftwindow\00031416";
	s.options_len = 30;
	storm_tftp_start(&c, &s, 1, &out);
	assert_int_equal(out.send_len, 2 + 5 + 6 + 30);
	assert_memory_equal(out.send + 13, s.options, 30);
	give(&c, &out, PACKET("\0\6msftwindow\00027182\000blksize\0001456\0"));
	assert_int_equal(c.state, STORM_TFTP_TRANSFER);
	assert_int_equal(c.blksize, 1456);
	storm_tftp_start(&c, &s, 1, &out);
	give(&c, &out, PACKET("\0\6tsize\0003\0"));
	assert_int_equal(c.failure, STORM_TFTP_BAD_OACK);
	// Cut in the middle they ask for less, and nothing is read beyond.
	for (s.options_len = 0; s.options_len < 30; s.options_len++)
		assert_int_equal(storm_tftp_start(&c, &s, 1, &out), 0);
}

// A server for one client: go-back-N from the last ACK, a timer of 100 ms.
struct server {
	uint64_t size;
	uint16_t blksize;
	uint16_t window;
	bool options;
	bool started;
	uint64_t acked; // highest block acknowledged
	uint64_t next;  // to be sent
	uint64_t timer_us;
	uint64_t sent_data;
};

#define NET_SLOTS 512

struct flight {
	uint64_t due_us;
	bool to_client;
	uint16_t len;
	uint8_t bytes[8 + 1468];
};

struct net {
	struct storm_impair impair;
	struct flight slots[NET_SLOTS];
	uint64_t now_us;
};

static struct net the_net;

static void put(struct net *net, bool to_client, const uint8_t *bytes, size_t len) {
	struct storm_fate fate = storm_impair_next(&net->impair);

	for (size_t i = 0; i < NET_SLOTS && fate.copies; i++) {
		struct flight *f = &net->slots[i];

		if (f->due_us)
			continue;
		f->due_us = net->now_us + (fate.late ? 900 : 100);
		f->to_client = to_client;
		f->len = (uint16_t)len;
		memcpy(f->bytes, bytes, len);
		fate.copies--;
	}
}

static uint8_t file_byte(uint64_t at) {
	return (uint8_t)(at * 31 + (at >> 8));
}

static uint64_t blocks_of(const struct server *s) {
	return s->size / s->blksize + 1;
}

static void send_window(struct server *s, struct net *net) {
	uint8_t packet[4 + 1468];

	while (s->next <= blocks_of(s) && s->next <= s->acked + s->window) {
		uint64_t at = (s->next - 1) * s->blksize;
		uint64_t left = s->size - at;
		size_t len = left < s->blksize ? (size_t)left : s->blksize;

		packet[0] = 0;
		packet[1] = 3;
		packet[2] = (uint8_t)(s->next >> 8);
		packet[3] = (uint8_t)s->next;
		for (size_t i = 0; i < len; i++)
			packet[4 + i] = file_byte(at + i);
		put(net, true, packet, 4 + len);
		s->sent_data++;
		s->next++;
	}
	s->timer_us = net->now_us + 100000;
}

static void send_oack(struct server *s, struct net *net) {
	char packet[100];
	int len = snprintf(packet, sizeof(packet), "%c%cblksize%c%u%cwindowsize%c%u%ctsize%c%llu",
		0, 6, 0, s->blksize, 0, 0, s->window, 0, 0, (unsigned long long)s->size);

	put(net, true, (const uint8_t *)packet, (size_t)len + 1);
	s->timer_us = net->now_us + 100000;
}

static void serve(struct server *s, struct net *net, const uint8_t *packet, size_t len) {
	uint64_t block;

	if (packet[1] == 1) {
		s->next = s->started ? s->next : 1;
		s->started = true;
		if (s->options)
			send_oack(s, net);
		else
			send_window(s, net);
		return;
	}
	assert_int_equal(packet[1], 4);
	assert_int_equal(len, 4);
	block = s->acked + (uint16_t)(((unsigned)packet[2] << 8 | packet[3]) - (uint16_t)s->acked);
	if (block >= s->next || (block == s->acked && block > 0))
		return;
	if (block == 0 && s->acked == 0 && s->next > 1)
		return; // a doubled ACK of the OACK
	s->acked = block;
	s->next = block + 1;
	send_window(s, net);
}

static void server_tick(struct server *s, struct net *net) {
	if (!s->started || net->now_us < s->timer_us || s->acked == blocks_of(s))
		return;
	if (s->options && s->acked == 0 && s->next == 1) {
		send_oack(s, net);
		return;
	}
	s->next = s->acked + 1;
	send_window(s, net);
}

static void take(struct storm_tftp_client *c, struct net *net, const struct storm_tftp_out *out) {
	for (uint32_t i = 0; i < out->data_len; i++)
		assert_int_equal(out->data[i], file_byte(out->data_offset + i));
	for (uint16_t i = 0; out->send_len && i < out->copies; i++)
		put(net, false, out->send, out->send_len);
	assert_true(c->state != STORM_TFTP_FAILED);
}

static void deliver(struct server *s, struct storm_tftp_client *c, struct net *net) {
	struct storm_tftp_out out;

	for (size_t i = 0; i < NET_SLOTS; i++) {
		struct flight f = net->slots[i];

		if (!f.due_us || f.due_us > net->now_us)
			continue;
		net->slots[i].due_us = 0;
		if (!f.to_client) {
			serve(s, net, f.bytes, f.len);
			continue;
		}
		storm_tftp_input(c, PEER, f.bytes, f.len, net->now_us, &out);
		take(c, net, &out);
	}
}

static void run(struct server *s, const struct storm_tftp_settings *settings,
	struct storm_tftp_client *c, struct net *net) {
	struct storm_tftp_out out;

	net->now_us = 1;
	assert_int_equal(storm_tftp_start(c, settings, net->now_us, &out), 0);
	take(c, net, &out);
	while (c->state < STORM_TFTP_LINGER && net->now_us < 600000000) {
		net->now_us += 50;
		deliver(s, c, net);
		server_tick(s, net);
		storm_tftp_tick(c, net->now_us, &out);
		take(c, net, &out);
	}
	assert_int_equal(c->state, STORM_TFTP_LINGER);
	assert_int_equal(c->bytes, s->size);
}

static void whole_under_loss_dup_and_reorder(void **state) {
	static const uint16_t WINDOWS[] = {1, 4, 16};
	static const uint64_t SIZES[] = {0, 1, 511, 512, 513, 40000};

	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct server s = {
			.size = SIZES[seed % 6],
			.blksize = 512,
			.window = WINDOWS[seed % 3],
			.options = seed % 4 != 0,
		};
		struct storm_tftp_settings settings = with_options(512, s.window);
		struct storm_tftp_client c;

		settings.gap = seed / 6 % 4;
		if (!s.options)
			s.window = 1;
		memset(&the_net, 0, sizeof(the_net));
		storm_impair_init(&the_net.impair, 0.05, 0.05, 0.05, seed);
		run(&s, &settings, &c, &the_net);
	}
}

static void doubled_acks_earn_no_extra_data(void **state) {
	struct server s = {.size = 100000, .blksize = 512, .window = 1, .options = true};
	struct storm_tftp_settings settings = with_options(512, 1);
	struct storm_tftp_client c;

	(void)state;
	settings.extra_acks = 1;
	memset(&the_net, 0, sizeof(the_net));
	storm_impair_init(&the_net.impair, 0, 0, 0, 1);
	run(&s, &settings, &c, &the_net);
	assert_int_equal(c.extra_acks, c.acks);
	assert_int_equal(c.duplicates, 0);
	assert_int_equal(s.sent_data, blocks_of(&s));
}

static void block_numbers_wrap_to_0(void **state) {
	struct server s = {.size = 65540 * 8 + 3, .blksize = 8, .window = 16, .options = true};
	struct storm_tftp_settings settings = with_options(8, 16);
	struct storm_tftp_client c;

	(void)state;
	memset(&the_net, 0, sizeof(the_net));
	storm_impair_init(&the_net.impair, 0.0005, 0, 0, 7);
	run(&s, &settings, &c, &the_net);
	assert_int_equal(c.next, 65542);
}

static void lingering_answers_the_repeated_last_block(void **state) {
	struct storm_tftp_client c;
	struct storm_tftp_out out;

	(void)state;
	storm_tftp_start(&c, &PLAIN, 1, &out);
	give(&c, &out, PACKET("\0\3\0\1short"));
	give(&c, &out, PACKET("\0\3\0\1short"));
	assert_int_equal(out.send_len, 4);
	assert_int_equal(out.data_len, 0);
	storm_tftp_tick(&c, c.deadline_us, &out);
	assert_int_equal(c.state, STORM_TFTP_DONE);
	give(&c, &out, PACKET("\0\3\0\1short"));
	assert_int_equal(out.send_len, 0);
}

static uint8_t bitmap[STORM_TFTP_BITMAP_SIZE];

static struct storm_tftp_settings for_group(void) {
	struct storm_tftp_settings s = PLAIN;

	s.blksize = 8;
	s.multicast = true;
	return s;
}

static void begin_group(struct storm_tftp_client *c, const struct storm_tftp_settings *s,
	struct storm_tftp_out *out) {
	memset(bitmap, 0, sizeof(bitmap));
	storm_tftp_start(c, s, 1, out);
	c->bitmap = bitmap;
}

static void expect_ack(const struct storm_tftp_out *out, uint16_t block) {
	const uint8_t ack[4] = {0, 4, (uint8_t)(block >> 8), (uint8_t)block};

	assert_int_equal(out->send_len, 4);
	assert_memory_equal(out->send, ack, 4);
}

static void bad_groups_end_with_error_8(void **state) {
	static const struct bad_oack CASES[] = {
		{"no address the first time", PACKET("\0\6multicast\0,,1\0")},
		{"not a group", PACKET("\0\6multicast\00010.77.0.1,1758,1\0")},
		{"mc 2", PACKET("\0\6multicast\000239.255.77.1,1758,2\0")},
		{"no mc", PACKET("\0\6multicast\000239.255.77.1,1758\0")},
		{"more behind", PACKET("\0\6multicast\000239.255.77.1,1758,1,\0")},
		{"empty", PACKET("\0\6multicast\0\0")},
	};
	struct storm_tftp_settings s = for_group();
	struct storm_tftp_client c;
	struct storm_tftp_out out;

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		begin_group(&c, &s, &out);
		give(&c, &out, CASES[i].bytes, CASES[i].len);
		if (c.failure != STORM_TFTP_BAD_OACK)
			fail_msg("%s: failure %u", CASES[i].what, c.failure);
	}
}

static void a_member_of_a_group_asks_as_master_only(void **state) {
	struct storm_tftp_settings s = for_group();
	struct storm_tftp_client c;
	struct storm_tftp_out out;

	(void)state;
	begin_group(&c, &s, &out);
	assert_memory_equal(out.send + out.send_len - 11, "multicast\0", 11);
	give(&c, &out, PACKET("\0\6multicast\000239.255.77.1,1758,0\0blksize\0008\0"));
	assert_true(out.join);
	assert_int_equal(c.group.address, 0xefff4d01);
	assert_int_equal(c.group.port, 1758);
	assert_int_equal(out.send_len, 0);
	give(&c, &out, PACKET("\0\3\0\2bbbbbbbb"));
	assert_int_equal(out.send_len, 0);
	assert_int_equal(out.data_len, 8);
	assert_int_equal(out.data_offset, 8);
	give(&c, &out, PACKET("\0\6multicast\0,,1\0"));
	assert_false(out.join);
	expect_ack(&out, 0);
	give(&c, &out, PACKET("\0\3\0\1aaaaaaaa"));
	expect_ack(&out, 2);
	give(&c, &out, PACKET("\0\3\0\2bbbbbbbb"));
	assert_int_equal(c.duplicates, 1);
	assert_int_equal(out.data_len, 0);
	give(&c, &out, PACKET("\0\6multicast\0,,0\0"));
	assert_int_equal(out.send_len, 0);
	give(&c, &out, PACKET("\0\3\0\4dddddddd"));
	assert_int_equal(out.send_len, 0);
}

static void a_listener_says_when_it_is_complete(void **state) {
	struct storm_tftp_settings s = for_group();
	struct storm_tftp_client c;
	struct storm_tftp_out out;

	(void)state;
	begin_group(&c, &s, &out);
	give(&c, &out, PACKET("\0\6multicast\000239.255.77.1,1758,0\0blksize\0008\0"));
	give(&c, &out, PACKET("\0\3\0\2end"));
	assert_int_equal(out.send_len, 0);
	give(&c, &out, PACKET("\0\3\0\1aaaaaaaa"));
	expect_ack(&out, 2);
	assert_int_equal(c.state, STORM_TFTP_LINGER);
	assert_int_equal(c.bytes, 11);
	// That was lost, and it is asked.
	give(&c, &out, PACKET("\0\6multicast\0,,1\0"));
	expect_ack(&out, 2);
}

static void a_listener_is_patient_and_silent(void **state) {
	struct storm_tftp_settings s = for_group();
	struct storm_tftp_client c;
	struct storm_tftp_out out;

	(void)state;
	begin_group(&c, &s, &out);
	give(&c, &out, PACKET("\0\6multicast\000239.255.77.1,1758,0\0blksize\0008\0"));
	while (c.state == STORM_TFTP_TRANSFER) {
		storm_tftp_tick(&c, c.deadline_us, &out);
		assert_int_equal(out.send_len, 0);
	}
	assert_int_equal(c.failure, STORM_TFTP_STALLED);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_oacks_end_with_error_8),
		cmocka_unit_test(odd_packets_change_nothing),
		cmocka_unit_test(block_longer_than_blksize_is_refused),
		cmocka_unit_test(a_stranger_gets_error_5_and_disturbs_nothing),
		cmocka_unit_test(error_packet_is_kept_and_printable),
		cmocka_unit_test(tsize_is_held_against_the_bytes),
		cmocka_unit_test(one_ack_per_gap_and_one_more_when_it_is_lost_again),
		cmocka_unit_test(each_client_answers_gaps_in_its_way),
		cmocka_unit_test(kept_blocks_end_the_file_when_the_gap_is_filled),
		cmocka_unit_test(a_probe_ends_with_error_8_and_well),
		cmocka_unit_test(a_mute_client_needs_an_oack),
		cmocka_unit_test(raw_options_are_sent_and_judged),
		cmocka_unit_test(an_unanswered_request_follows_the_table),
		cmocka_unit_test(whole_under_loss_dup_and_reorder),
		cmocka_unit_test(bad_groups_end_with_error_8),
		cmocka_unit_test(a_member_of_a_group_asks_as_master_only),
		cmocka_unit_test(a_listener_says_when_it_is_complete),
		cmocka_unit_test(a_listener_is_patient_and_silent),
		cmocka_unit_test(doubled_acks_earn_no_extra_data),
		cmocka_unit_test(block_numbers_wrap_to_0),
		cmocka_unit_test(lingering_answers_the_repeated_last_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
