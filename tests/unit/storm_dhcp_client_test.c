// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The DHCP client of rouse-storm: bad replies first, then each exchange against a scripted server,
// also under loss and duplication, with a virtual clock.

#include "storm_dhcp_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "storm_impair.h"

#define SERVER  0x0a4e0001u
#define ADDRESS 0x0a4e0132u
#define FIXED   240 // with the cookie

static const uint8_t SERVER_MAC[6] = {2, 0, 0, 0, 0, 1};
static const struct storm_dhcp_settings SETTINGS = {
	.arch = STORM_DHCP_NO_ARCH,
	.retry = {4, {1000000, 2000000, 4000000, 8000000}},
	.give_up_us = 15000000,
};

struct message {
	uint8_t bytes[600];
	size_t len;
};

static struct message reply_to(const struct storm_dhcp_client *c, uint8_t type, uint32_t address) {
	const uint8_t options[] = {
		53, 1, type, 54, 4, 0x0a, 0x4e, 0, 1, 51, 4, 0, 0, 0x0e, 0x10, 255};
	struct message m = {.len = FIXED + sizeof(options)};

	memcpy(m.bytes, (uint8_t[]){2, 1, 6, 0}, 4);
	for (int i = 0; i < 4; i++) {
		m.bytes[4 + i] = (uint8_t)(c->xid >> (24 - 8 * i));
		m.bytes[16 + i] = (uint8_t)(address >> (24 - 8 * i));
	}
	memcpy(m.bytes + 28, c->mac, 6);
	memcpy(m.bytes + 236, "\x63\x82\x53\x63", 4);
	memcpy(m.bytes + FIXED, options, sizeof(options));
	return m;
}

static struct storm_dhcp_client machine(void) {
	return (struct storm_dhcp_client){.mac = {2, 0x53, 0, 0, 0, 7}, .xid = 0x11223344};
}

static void give(struct storm_dhcp_client *c, const struct message *m, uint64_t now,
	struct storm_dhcp_out *out) {
	struct storm_dhcp_reply reply;

	assert_int_equal(storm_dhcp_parse(m->bytes, m->len, &reply), 0);
	storm_dhcp_input(c, &SETTINGS, &reply, SERVER_MAC, now, out);
}

// The value of an option in a message that the client sent, or NULL.
static const uint8_t *option(const struct storm_dhcp_out *out, uint8_t wanted, uint8_t *len) {
	const uint8_t *m = out->frame + FRAME_HEADER_BYTES;

	for (size_t at = FIXED; at < out->len && m[at] != 255; at += 2 + m[at + 1]) {
		*len = m[at + 1];
		if (m[at] == wanted)
			return m + at + 2;
	}
	return NULL;
}

static uint8_t type_of(const struct storm_dhcp_out *out) {
	uint8_t len;
	const uint8_t *value = option(out, 53, &len);

	assert_true(out->len >= 300);
	assert_non_null(value);
	return *value;
}

static void cut_replies_are_refused(void **state) {
	struct storm_dhcp_client c = machine();
	struct message m = reply_to(&c, 2, ADDRESS);
	struct storm_dhcp_reply reply;

	(void)state;
	for (size_t len = 0; len < FIXED + 3; len++) {
		if (storm_dhcp_parse(m.bytes, len, &reply) != -22)
			fail_msg("cut at %zu", len);
	}
	// Cut between options it is still a message; in the middle of one it is not.
	for (size_t len = FIXED + 4; len < FIXED + 9; len++) {
		if (storm_dhcp_parse(m.bytes, len, &reply) != -22)
			fail_msg("cut at %zu", len);
	}
}

static void wrong_fields_are_refused(void **state) {
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
	} CASES[] = {
		{"a request", 0, 1},
		{"not Ethernet", 1, 6},
		{"hlen 16", 2, 16},
		{"cookie", 236, 0},
		{"no type", FIXED, 12},
		{"type of two bytes", FIXED + 1, 2},
		{"option beyond the end", FIXED + 4, 200},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		struct storm_dhcp_client c = machine();
		struct message m = reply_to(&c, 2, ADDRESS);
		struct storm_dhcp_reply reply;

		m.bytes[CASES[i].at] = CASES[i].value;
		if (storm_dhcp_parse(m.bytes, m.len, &reply) == 0)
			fail_msg("%s: accepted", CASES[i].what);
	}
}

static void file_is_found_in_field_option_and_overload(void **state) {
	struct storm_dhcp_client c = machine();
	struct message m = reply_to(&c, 2, ADDRESS);
	struct storm_dhcp_reply reply;
	const uint8_t more[] = {67, 4, 'o', 'p', 't', 0, 255};

	(void)state;
	memcpy(m.bytes + 108, "field", 6);
	assert_int_equal(storm_dhcp_parse(m.bytes, m.len, &reply), 0);
	assert_string_equal(reply.file, "field");
	memcpy(m.bytes + m.len - 1, more, sizeof(more));
	m.len += sizeof(more) - 1;
	assert_int_equal(storm_dhcp_parse(m.bytes, m.len, &reply), 0);
	assert_string_equal(reply.file, "opt");
	memcpy(m.bytes + 108, "\103\2in\377", 5);
	memcpy(m.bytes + m.len - sizeof(more), "\64\1\1\377", 4);
	assert_int_equal(storm_dhcp_parse(m.bytes, m.len, &reply), 0);
	assert_string_equal(reply.file, "in");
}

static void strangers_and_misfits_are_ignored(void **state) {
	struct storm_dhcp_client c = machine();
	struct storm_dhcp_out out;
	struct message m;

	(void)state;
	storm_dhcp_discover(&c, &SETTINGS, 1, &out);
	m = reply_to(&c, 5, ADDRESS);
	give(&c, &m, 2, &out);
	assert_int_equal(out.event, STORM_DHCP_IGNORED); // ACK before REQUEST
	m = reply_to(&c, 6, 0);
	give(&c, &m, 2, &out);
	assert_int_equal(out.event, STORM_DHCP_IGNORED); // NAK to a DISCOVER
	m = reply_to(&c, 2, 0);
	give(&c, &m, 2, &out);
	assert_int_equal(out.event, STORM_DHCP_IGNORED); // an offer of nothing
	m = reply_to(&c, 2, ADDRESS);
	m.bytes[7] ^= 1;
	give(&c, &m, 2, &out);
	assert_int_equal(out.event, STORM_DHCP_IGNORED); // another xid
	assert_int_equal(c.state, STORM_DHCP_SELECTING);
	assert_int_equal(out.len, 0);
}

static void bind_machine(struct storm_dhcp_client *c, uint64_t now, struct storm_dhcp_out *out) {
	struct message m;
	uint8_t len;

	storm_dhcp_discover(c, &SETTINGS, now, out);
	assert_int_equal(type_of(out), 1);
	assert_int_equal(out->dst, 0xffffffff);
	m = reply_to(c, 2, ADDRESS);
	give(c, &m, now, out);
	assert_int_equal(out->event, STORM_DHCP_OFFERED);
	assert_int_equal(type_of(out), 3);
	assert_memory_equal(option(out, 50, &len), "\x0a\x4e\x01\x32", 4);
	assert_memory_equal(option(out, 54, &len), "\x0a\x4e\x00\x01", 4);
	m = reply_to(c, 5, ADDRESS);
	give(c, &m, now, out);
	assert_int_equal(out->event, STORM_DHCP_ACKED);
	assert_int_equal(c->lease_s, 3600);
}

static void lease_is_obtained_renewed_and_released(void **state) {
	struct storm_dhcp_client c = machine();
	struct storm_dhcp_out out;
	struct message m;
	uint8_t len;

	(void)state;
	bind_machine(&c, 1, &out);
	storm_dhcp_renew(&c, &SETTINGS, 5, &out);
	assert_int_equal(out.dst, SERVER);
	assert_int_equal(out.src, ADDRESS);
	assert_memory_equal(out.dst_mac, SERVER_MAC, 6);
	assert_null(option(&out, 50, &len));
	assert_null(option(&out, 54, &len));
	m = reply_to(&c, 5, ADDRESS);
	give(&c, &m, 6, &out);
	assert_int_equal(out.event, STORM_DHCP_ACKED);
	storm_dhcp_release(&c, &SETTINGS, &out);
	assert_int_equal(type_of(&out), 7);
	assert_int_equal(out.dst, SERVER);
	assert_int_equal(c.state, STORM_DHCP_IDLE);
}

// Gives a message of a type to a client that waits.
static void answer(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s, uint8_t type,
	uint64_t now, struct storm_dhcp_out *out) {
	struct message m = reply_to(c, type, type == 6 ? 0 : ADDRESS);
	struct storm_dhcp_reply reply;

	assert_int_equal(storm_dhcp_parse(m.bytes, m.len, &reply), 0);
	storm_dhcp_input(c, s, &reply, SERVER_MAC, now, out);
}

static void a_nak_makes_it_discover_anew(void **state) {
	struct storm_dhcp_client c = machine();
	struct storm_dhcp_out out;
	uint8_t len;

	(void)state;
	storm_dhcp_discover(&c, &SETTINGS, 1, &out);
	answer(&c, &SETTINGS, 6, 2, &out);
	assert_int_equal(out.event, STORM_DHCP_IGNORED); // of a DISCOVER there is none
	answer(&c, &SETTINGS, 2, 3, &out);
	answer(&c, &SETTINGS, 6, 900000, &out);
	assert_int_equal(out.event, STORM_DHCP_STARTED_OVER);
	assert_int_equal(type_of(&out), 1);
	assert_null(option(&out, 50, &len));
	assert_int_equal(out.dst, 0xffffffff);
	assert_int_equal(c.started_us, 1);
	assert_int_equal(c.deadline_us, 900000 + 1000000);
	answer(&c, &SETTINGS, 2, 900001, &out);
	assert_int_equal(type_of(&out), 3);
	answer(&c, &SETTINGS, 5, 900002, &out);
	assert_int_equal(out.event, STORM_DHCP_ACKED);
	assert_int_equal(c.naks, 1);
}

static void naks_without_end_end_it(void **state) {
	struct storm_dhcp_settings s = SETTINGS;
	struct storm_dhcp_client c = machine();
	struct storm_dhcp_out out;
	uint32_t discovers = 1;

	(void)state;
	storm_dhcp_discover(&c, &s, 1, &out);
	for (; c.state != STORM_DHCP_FAILED; discovers += out.len > 0) {
		answer(&c, &s, 2, 2, &out);
		answer(&c, &s, 6, 3, &out);
	}
	assert_int_equal(c.failure, STORM_DHCP_NAK);
	assert_int_equal(discovers, 1 + STORM_DHCP_NAKS_MAX);
	s.nak_ends = true;
	storm_dhcp_discover(&c, &s, 1, &out);
	answer(&c, &s, 2, 2, &out);
	answer(&c, &s, 6, 3, &out);
	assert_int_equal(out.event, STORM_DHCP_ENDED);
	assert_int_equal(c.failure, STORM_DHCP_NAK);
}

static void renew_without_a_known_server_is_broadcast(void **state) {
	struct storm_dhcp_client c = machine();
	struct storm_dhcp_out out;

	(void)state;
	c.address = ADDRESS;
	storm_dhcp_renew(&c, &SETTINGS, 5, &out);
	assert_int_equal(out.dst, 0xffffffff);
	assert_int_equal(out.src, ADDRESS);
}

static void init_reboot_names_the_address_only(void **state) {
	struct storm_dhcp_client c = machine();
	struct storm_dhcp_out out;
	struct message m;
	uint8_t len;

	(void)state;
	c.address = ADDRESS;
	storm_dhcp_reboot(&c, &SETTINGS, 5, &out);
	assert_memory_equal(option(&out, 50, &len), "\x0a\x4e\x01\x32", 4);
	assert_null(option(&out, 54, &len));
	m = reply_to(&c, 5, ADDRESS + 1);
	give(&c, &m, 6, &out);
	assert_int_equal(c.failure, STORM_DHCP_CHANGED);
	storm_dhcp_reboot(&c, &SETTINGS, 7, &out);
	m = reply_to(&c, 6, 0);
	give(&c, &m, 8, &out);
	assert_int_equal(c.state, STORM_DHCP_SELECTING);
	assert_null(option(&out, 50, &len));
}

static void firmware_says_what_it_is(void **state) {
	struct storm_dhcp_settings s = SETTINGS;
	struct storm_dhcp_client c = machine();
	struct storm_dhcp_out out;
	uint8_t len;

	(void)state;
	s.arch = 7;
	s.ipxe = true;
	s.broadcast = true;
	storm_dhcp_discover(&c, &s, 1, &out);
	assert_memory_equal(option(&out, 77, &len), "iPXE", 4);
	assert_memory_equal(option(&out, 93, &len), "\0\7", 2);
	assert_memory_equal(option(&out, 60, &len), "PXEClient:Arch:00007:UNDI:003010", len);
	assert_non_null(option(&out, 97, &len));
	assert_int_equal(len, 17);
	assert_int_equal(out.frame[FRAME_HEADER_BYTES + 10], 0x80);
}

static void silence_ends_after_the_table(void **state) {
	struct storm_dhcp_client c = machine();
	struct storm_dhcp_out out;
	unsigned sent = 1;

	(void)state;
	storm_dhcp_discover(&c, &SETTINGS, 1, &out);
	while (c.state == STORM_DHCP_SELECTING) {
		storm_dhcp_tick(&c, &SETTINGS, c.deadline_us, &out);
		sent += out.event == STORM_DHCP_RETRIED;
	}
	assert_int_equal(sent, 4);
	assert_int_equal(c.failure, STORM_DHCP_NO_OFFER);
	assert_int_equal(out.event, STORM_DHCP_ENDED);
}

// A server that answers each message, on a network that loses 30 % and doubles 20 %.
static void whole_exchanges_under_loss(void **state) {
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct storm_dhcp_client c = machine();
		struct storm_impair net;
		struct storm_dhcp_out out;
		uint64_t now = 1;

		storm_impair_init(&net, 0.3, 0.2, 0, seed);
		storm_dhcp_discover(&c, &SETTINGS, now, &out);
		while (c.state == STORM_DHCP_SELECTING || c.state == STORM_DHCP_REQUESTING) {
			uint8_t answer = out.len && type_of(&out) == 1 ? 2 : 5;
			struct message m = reply_to(&c, answer, ADDRESS);
			unsigned copies = out.len && storm_impair_next(&net).copies
						  ? storm_impair_next(&net).copies
						  : 0;

			out.len = 0;
			while (copies--)
				give(&c, &m, now, &out);
			if (out.len)
				continue;
			now = c.deadline_us == UINT64_MAX ? now : c.deadline_us;
			storm_dhcp_tick(&c, &SETTINGS, now, &out);
		}
		if (c.state == STORM_DHCP_BOUND)
			assert_int_equal(c.address, ADDRESS);
		else
			assert_true(
				c.failure == STORM_DHCP_NO_OFFER || c.failure == STORM_DHCP_NO_ACK);
	}
}

static const uint8_t MODEL[] = {53, 1, 9, 55, 2, 1, 3, 61, 7, 1, 9, 9, 9, 9, 9, 9, 97, 17, 0, 1, 2,
	3, 4, 5, 6, 7, 8, 9, 10, 9, 9, 9, 9, 9, 9, 54, 4, 9, 9, 9, 9, 77, 4, 'i', 'P', 'X', 'E'};

// The codes of a message in their order.
static void expect_order(const struct storm_dhcp_out *out, const uint8_t *codes, size_t count) {
	const uint8_t *m = out->frame + FRAME_HEADER_BYTES;
	size_t at = FIXED, i = 0;

	for (; at < out->len && m[at] != 255; at += 2 + m[at + 1], i++) {
		if (i == count || m[at] != codes[i])
			fail_msg("option %zu is %u", i, m[at]);
	}
	assert_int_equal(i, count);
}

static void a_model_keeps_its_order_and_gets_the_machines_own(void **state) {
	static const uint8_t FIRST[] = {53, 55, 61, 97, 77}, THEN[] = {53, 55, 61, 97, 54, 77, 50};
	struct storm_dhcp_settings s = SETTINGS;
	struct storm_dhcp_client c = machine();
	struct storm_dhcp_reply reply = {0};
	struct storm_dhcp_out out;
	struct message m;
	uint8_t len;

	(void)state;
	s.discover = (struct storm_dhcp_options){MODEL, sizeof(MODEL)};
	storm_dhcp_discover(&c, &s, 1, &out);
	assert_int_equal(type_of(&out), 1);
	expect_order(&out, FIRST, sizeof(FIRST));
	assert_memory_equal(option(&out, 61, &len), "\1\2\x53\0\0\0\7", 7);
	assert_memory_equal(option(&out, 97, &len), "\0\1\2\3\4\5\6\7\10\11\12\2\x53\0\0\0\7", 17);
	m = reply_to(&c, 2, ADDRESS);
	assert_int_equal(storm_dhcp_parse(m.bytes, m.len, &reply), 0);
	storm_dhcp_input(&c, &s, &reply, SERVER_MAC, 2, &out);
	assert_int_equal(type_of(&out), 3);
	expect_order(&out, THEN, sizeof(THEN));
	assert_memory_equal(option(&out, 54, &len), "\x0a\x4e\x00\x01", 4);
	assert_memory_equal(option(&out, 50, &len), "\x0a\x4e\x01\x32", 4);
}

static void cut_models_write_no_nonsense(void **state) {
	(void)state;
	for (uint16_t len = 3; len < sizeof(MODEL); len++) {
		struct storm_dhcp_settings s = SETTINGS;
		struct storm_dhcp_client c = machine();
		struct storm_dhcp_out out;

		s.discover = (struct storm_dhcp_options){MODEL, len};
		storm_dhcp_discover(&c, &s, 1, &out);
		assert_int_equal(type_of(&out), 1);
	}
}

// An offer to a client with this patience, at this time.
static void offer(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s, uint64_t now,
	bool no_proxy, struct storm_dhcp_out *out) {
	struct message m = reply_to(c, 2, ADDRESS);
	struct storm_dhcp_reply reply;

	assert_int_equal(storm_dhcp_parse(m.bytes, m.len, &reply), 0);
	reply.no_proxy = no_proxy;
	storm_dhcp_input(c, s, &reply, SERVER_MAC, now, out);
}

static void a_whole_wait_ends_with_a_tick_of_the_clock(void **state) {
	struct storm_dhcp_settings s = SETTINGS;
	struct storm_dhcp_client c = machine();
	struct storm_dhcp_out out;

	(void)state;
	s.patience = STORM_DHCP_WHOLE_WAIT;
	s.secs = STORM_DHCP_SECS_ZERO;
	s.retry = (struct storm_retry){2, {4000000, 8000000}};
	s.phase_us = 1000000;
	storm_dhcp_discover(&c, &s, 0, &out);
	assert_true(c.deadline_us > 3000000 && c.deadline_us <= 4000000);
	offer(&c, &s, 1000, true, &out);
	assert_int_equal(out.len, 0);
	assert_int_equal(c.state, STORM_DHCP_SELECTING);
	storm_dhcp_tick(&c, &s, c.deadline_us, &out);
	assert_int_equal(out.event, STORM_DHCP_OFFERED);
	assert_int_equal(type_of(&out), 3);
	assert_int_equal(c.offered_us, 1000);
	assert_int_equal(out.frame[FRAME_HEADER_BYTES + 9], 0);
}

// edk2, PxeBcSelectDhcp4Offer: an offer of the class PXEClient goes before others, and needs an
// answer from port 4011 unless it names boot servers: what a server that echoes option 60 does to
// UEFI.
static void an_offer_of_the_pxe_class_needs_boot_servers(void **state) {
	static const struct {
		bool plain_first, pxe, boot_servers;
		enum storm_dhcp_event event;
	} CASES[] = {
		{false, true, false, STORM_DHCP_ENDED},
		{true, true, false, STORM_DHCP_ENDED},
		{false, true, true, STORM_DHCP_ACKED},
		{true, true, true, STORM_DHCP_ACKED},
		{true, false, true, STORM_DHCP_ACKED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		struct storm_dhcp_settings s = SETTINGS;
		struct storm_dhcp_client c = machine();
		struct storm_dhcp_reply reply;
		struct storm_dhcp_out out;
		struct message m;

		s.patience = STORM_DHCP_WHOLE_WAIT;
		storm_dhcp_discover(&c, &s, 0, &out);
		if (CASES[i].plain_first)
			offer(&c, &s, 1000, false, &out);
		m = reply_to(&c, 2, ADDRESS + 1);
		assert_int_equal(storm_dhcp_parse(m.bytes, m.len, &reply), 0);
		reply.pxe = CASES[i].pxe;
		reply.boot_servers = CASES[i].boot_servers;
		storm_dhcp_input(&c, &s, &reply, SERVER_MAC, 2000, &out);
		storm_dhcp_tick(&c, &s, c.deadline_us, &out);
		assert_int_equal(out.event, STORM_DHCP_OFFERED);
		assert_int_equal(c.address, ADDRESS + CASES[i].pxe);
		m = reply_to(&c, 5, c.address);
		assert_int_equal(storm_dhcp_parse(m.bytes, m.len, &reply), 0);
		storm_dhcp_input(&c, &s, &reply, SERVER_MAC, c.asked_us + 1, &out);
		assert_int_equal(out.event, CASES[i].event);
		assert_int_equal(c.failure,
			out.event == STORM_DHCP_ENDED ? STORM_DHCP_BOOT_SERVER : STORM_DHCP_OK);
	}
}

static void boot_servers_stand_in_option_43(void **state) {
	static const struct {
		const char *option;
		uint8_t len;
		bool found, mtftp;
	} CASES[] = {
		{"\1\1x\2\1x\3\1x\4\1x\5\1x", 15, false, true},
		{"\1\1x\2\1x\3\1x\4\1x", 12, false, false},
		{"\x01\x01x\xff\x06\x01\x08", 7, false, false}, // behind the end
		{"\x06\x01\x08", 3, true},
		{"\x01\x04\0\0\0\0\x0a\x02\0P", 10, true},
		{"\x01\x04\0\0\0\0", 6, false},
		{"\x47\x04\0\0\0\0", 6, false},
		{"\x06\x05\x08", 3, false}, // cut
		{"\xff", 1, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		struct storm_dhcp_client c = machine();
		struct message m = reply_to(&c, 2, ADDRESS);
		struct storm_dhcp_reply reply;

		m.bytes[m.len - 1] = 43;
		m.bytes[m.len] = CASES[i].len;
		memcpy(m.bytes + m.len + 1, CASES[i].option, CASES[i].len);
		m.len += 1u + CASES[i].len;
		m.bytes[m.len++] = 255;
		assert_int_equal(storm_dhcp_parse(m.bytes, m.len, &reply), 0);
		assert_int_equal(reply.boot_servers, CASES[i].found);
		assert_int_equal(reply.mtftp, CASES[i].mtftp);
	}
}

static void a_wait_for_proxies_ends_where_none_are(void **state) {
	struct storm_dhcp_settings s = SETTINGS;
	struct storm_dhcp_client c = machine();
	struct storm_dhcp_out out;

	(void)state;
	s.patience = STORM_DHCP_PROXY_WAIT;
	s.secs = STORM_DHCP_SECS_IPXE;
	storm_dhcp_discover(&c, &s, 0, &out);
	assert_int_equal(out.frame[FRAME_HEADER_BYTES + 9], 4);
	offer(&c, &s, 1000, false, &out);
	assert_int_equal(out.len, 0);
	storm_dhcp_tick(&c, &s, 1000000, &out);
	assert_int_equal(out.event, STORM_DHCP_RETRIED);
	assert_int_equal(out.frame[FRAME_HEADER_BYTES + 9], 10);
	storm_dhcp_tick(&c, &s, 3000000, &out);
	assert_int_equal(out.event, STORM_DHCP_OFFERED);
	assert_int_equal(out.frame[FRAME_HEADER_BYTES + 9], 18);

	c = machine();
	storm_dhcp_discover(&c, &s, 0, &out);
	offer(&c, &s, 1000, true, &out);
	assert_int_equal(out.event, STORM_DHCP_OFFERED);
}

static void what_an_offer_says_is_read(void **state) {
	struct storm_dhcp_client c = machine();
	struct message m = reply_to(&c, 2, ADDRESS);
	static const uint8_t MORE[] = {60, 9, 'P', 'X', 'E', 'C', 'l', 'i', 'e', 'n', 't', 13, 2, 1,
		4, 175, 6, 8, 1, 0, 176, 1, 1, 255};
	struct storm_dhcp_reply reply;

	(void)state;
	assert_int_equal(storm_dhcp_parse(m.bytes, m.len, &reply), 0);
	assert_false(reply.pxe || reply.no_proxy || reply.file_units);
	memcpy(m.bytes + m.len - 1, MORE, sizeof(MORE));
	m.len += sizeof(MORE) - 1;
	assert_int_equal(storm_dhcp_parse(m.bytes, m.len, &reply), 0);
	assert_true(reply.pxe && reply.no_proxy);
	assert_int_equal(reply.file_units, 260);
	// Cut inside, option 175 says nothing.
	m.bytes[m.len - 8] = 5;
	m.bytes[m.len - 2] = 0;
	assert_int_equal(storm_dhcp_parse(m.bytes, m.len, &reply), 0);
	assert_false(reply.no_proxy);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_replies_are_refused),
		cmocka_unit_test(wrong_fields_are_refused),
		cmocka_unit_test(file_is_found_in_field_option_and_overload),
		cmocka_unit_test(strangers_and_misfits_are_ignored),
		cmocka_unit_test(lease_is_obtained_renewed_and_released),
		cmocka_unit_test(a_nak_makes_it_discover_anew),
		cmocka_unit_test(naks_without_end_end_it),
		cmocka_unit_test(renew_without_a_known_server_is_broadcast),
		cmocka_unit_test(init_reboot_names_the_address_only),
		cmocka_unit_test(firmware_says_what_it_is),
		cmocka_unit_test(silence_ends_after_the_table),
		cmocka_unit_test(whole_exchanges_under_loss),
		cmocka_unit_test(a_model_keeps_its_order_and_gets_the_machines_own),
		cmocka_unit_test(cut_models_write_no_nonsense),
		cmocka_unit_test(a_whole_wait_ends_with_a_tick_of_the_clock),
		cmocka_unit_test(an_offer_of_the_pxe_class_needs_boot_servers),
		cmocka_unit_test(boot_servers_stand_in_option_43),
		cmocka_unit_test(a_wait_for_proxies_ends_where_none_are),
		cmocka_unit_test(what_an_offer_says_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
