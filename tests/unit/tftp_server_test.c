// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Requests, refusals, bounds and the account of pins. What single clients do is in
// tftp_quirks_test.c, the option matrix in tftp_matrix_test.c.

#include "tftp_server.h"

#include "tftp_world.h"
#include "tftp_park.h"
#include "unit.h"

#define BYTES(text) text, sizeof(text) - 1

static struct sent sent;

static void ask(struct world *world, uint16_t port, const char *bytes, size_t len) {
	world_request(world, WORLD_CLIENT, port, bytes, len);
}

// --- what gets no answer

static void every_opcode_but_requests_is_dropped(void **state) {
	struct world *world = world_usual();

	(void)state;
	for (unsigned opcode = 0; opcode < 65536; opcode++) {
		uint8_t packet[] = "\0\0kernel\0octet";

		if (opcode == TFTP_RRQ || opcode == TFTP_WRQ)
			continue;
		packet[0] = (uint8_t)(opcode >> 8);
		packet[1] = (uint8_t)opcode;
		world_request(world, WORLD_CLIENT, WORLD_PORT, packet, sizeof(packet));
		if (world_drain(world, NULL))
			fail_msg("opcode %u to port 69 is answered", opcode);
	}
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_NO_REQUEST), 65534);
	assert_int_equal(tftp_server_active(world->server), 0);
	world_end(world);
}

static void every_opcode_to_a_transfer_is_safe(void **state) {
	struct world *world = world_usual();
	unsigned answered = 0;

	(void)state;
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0"));
	assert_int_equal(world_drain(world, &sent), 1);
	for (unsigned opcode = 0; opcode < 65536; opcode++) {
		uint8_t packet[] = {(uint8_t)(opcode >> 8), (uint8_t)opcode, 0x77, 0x77};

		if (opcode == TFTP_ERROR)
			continue;
		world_packet(world, WORLD_CLIENT, WORLD_PORT, sent.to.src_port, packet, 4);
		answered += world_drain(world, NULL);
	}
	assert_int_equal(answered, 0);
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_OPCODE), 65534);
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_ACK_AHEAD), 1);
	world_end(world);
}

static void every_truncation_to_a_transfer_is_safe(void **state) {
	struct world *world = world_usual();

	(void)state;
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0"));
	world_drain(world, &sent);
	for (uint8_t opcode = 0; opcode < 16; opcode++)
		for (size_t len = 0; len < 4; len++)
			world_packet(world, WORLD_CLIENT, WORLD_PORT, sent.to.src_port,
				(uint8_t[]){0, opcode, 0, 1}, len);
	assert_int_equal(world_drain(world, NULL), 0);
	assert_int_equal(tftp_server_active(world->server), 1);
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_MALFORMED), 16 * 2 + 2 * 2);
	world_end(world);
}

static void every_truncation_of_a_request_is_safe(void **state) {
	static const char request[] = "\0\1kernel\0octet\0blksize\0001468\0windowsize\0004";
	struct world *world = world_usual();

	(void)state;
	for (size_t len = 0; len <= sizeof(request); len++) {
		ask(world, (uint16_t)(3000 + len), request, len);
		assert_int_equal(world_drain(world, NULL), len < 15 ? 0 : 1);
		world->now.us += TFTP_STRANGER_MIN_US; // room for the next stranger
	}
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_MALFORMED), 15);
	world_end(world);
}

// S5, CVE-2024-2169: two servers must not keep each other busy.
static void nothing_from_port_69_is_answered(void **state) {
	static const uint16_t ports[] = {TFTP_PORT, 0};
	struct world *world = world_usual();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ports); i++) {
		ask(world, ports[i], BYTES("\0\1kernel\0octet\0"));
		ask(world, ports[i], BYTES("\0\1missing\0octet\0"));
		ask(world, ports[i], BYTES("\0\2kernel\0octet\0"));
		ask(world, ports[i], BYTES("\0\5\0\1no such file\0"));
	}
	assert_int_equal(world_drain(world, NULL), 0);
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_SOURCE_PORT), 8);
	world_end(world);
}

static void a_broadcast_request_is_not_answered(void **state) {
	struct world *world = world_usual();
	uint8_t bytes[] = "\0\1kernel\0octet";
	struct frame_view frame = {.src = WORLD_CLIENT,
		.dst = 0xffffffff,
		.src_port = WORLD_PORT,
		.dst_port = TFTP_PORT,
		.payload = bytes,
		.payload_len = sizeof(bytes)};
	struct tftp_input input = {.frame = &frame, .own_address = WORLD_OWN, .port_mtu = 1500};

	(void)state;
	tftp_server_request(world->server, &world->fixture.policy, &input, world->now);
	assert_int_equal(world_drain(world, NULL), 0);
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_BROADCAST), 1);
	world_end(world);
}

static void strangers_do_not_touch_a_transfer(void **state) {
	static const uint8_t ack[] = {0, TFTP_ACK, 0, 1};
	static const uint8_t error[] = {0, TFTP_ERROR, 0, 0};
	struct world *world = world_usual();
	struct frame_view frame = {.src = WORLD_CLIENT,
		.dst = WORLD_OWN + 1, // another address of ours
		.src_port = WORLD_PORT,
		.payload = error,
		.payload_len = sizeof(error)};
	struct tftp_input input = {.frame = &frame, .own_address = WORLD_OWN + 1, .port_mtu = 1500};
	uint16_t tid;

	(void)state;
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0"));
	world_drain(world, &sent);
	tid = sent.to.src_port;
	frame.dst_port = tid;
	tftp_server_packet(world->server, &input, world->now);
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_FOREIGN), 1);
	world_packet(world, WORLD_CLIENT + 1, WORLD_PORT, tid, ack, 4);
	world_packet(world, WORLD_CLIENT + 1, WORLD_PORT, tid, error, 4);
	world_packet(world, WORLD_CLIENT, WORLD_PORT + 1, tid, error, 4);
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_FOREIGN), 4);
	for (uint32_t other = WORLD_TID_FIRST - 2; other < WORLD_TID_FIRST + 66; other++)
		if (other != tid)
			world_packet(world, WORLD_CLIENT, WORLD_PORT, (uint16_t)other, error, 4);
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_UNKNOWN_TID), 67);
	assert_int_equal(world_drain(world, NULL), 0);
	world_ack(world, &sent, 1);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_int_equal(sent.block, 2);
	world_end(world);
}

// --- what gets an ERROR

struct refusal {
	const char *name;
	const char *bytes;
	size_t len;
	uint16_t code;
	const char *text;
	enum rouse_stat stat;
	enum event_kind event;
	enum event_reason reason;
};

static const struct refusal refusals[] = {
	{"missing", BYTES("\0\1missing\0octet\0"), 1, "file not found", STAT_TFTP_NOT_FOUND,
		EVENT_TFTP_NOT_FOUND, EVENT_REASON_NONE},
	{"empty name", BYTES("\0\1\0octet\0"), 1, "file not found", STAT_TFTP_NOT_FOUND,
		EVENT_TFTP_NOT_FOUND, EVENT_REASON_NONE},
	{"percent", BYTES("\0\1%2e%2e/kernel\0octet\0"), 1, "file not found", STAT_TFTP_NOT_FOUND,
		EVENT_TFTP_NOT_FOUND, EVENT_REASON_NONE},
	{"not UTF-8", BYTES("\0\1\xff\xfe\x80\0octet\0"), 1, "file not found", STAT_TFTP_NOT_FOUND,
		EVENT_TFTP_NOT_FOUND, EVENT_REASON_NONE},
	{"dot dot", BYTES("\0\1../kernel\0octet\0"), 2, "bad file name", STAT_TFTP_BAD_NAME,
		EVENT_TFTP_REFUSED, EVENT_REASON_BAD_NAME},
	{"dot dot, backslash", BYTES("\0\1a\\..\\..\\kernel\0octet\0"), 2, "bad file name",
		STAT_TFTP_BAD_NAME, EVENT_TFTP_REFUSED, EVENT_REASON_BAD_NAME},
	{"two names but for case", BYTES("\0\1readme\0octet\0"), 1, "name differs in case",
		STAT_TFTP_AMBIGUOUS, EVENT_TFTP_NOT_FOUND, EVENT_REASON_BAD_NAME},
	{"too large for memory", BYTES("\0\1huge.img\0octet\0"), 0, "does not fit in memory",
		STAT_TFTP_NOT_LOADED, EVENT_TFTP_REFUSED, EVENT_REASON_TOO_LARGE},
	{"unreadable", BYTES("\0\1broken.img\0octet\0"), 0, "cannot be read", STAT_TFTP_NOT_LOADED,
		EVENT_TFTP_REFUSED, EVENT_REASON_NOT_LOADED},
	{"netascii", BYTES("\0\1kernel\0netascii\0"), 0, "use octet (binary)",
		STAT_TFTP_NETASCII_REFUSED, EVENT_TFTP_REFUSED, EVENT_REASON_NETASCII},
	{"mail", BYTES("\0\1kernel\0mail\0"), 4, "use octet (binary)", STAT_TFTP_BAD_MODE,
		EVENT_TFTP_REFUSED, EVENT_REASON_NETASCII},
	{"write", BYTES("\0\2kernel\0octet\0"), 2, "server is read-only", STAT_TFTP_WRITES_REFUSED,
		EVENT_TFTP_REFUSED, EVENT_REASON_WRITE},
};

static void check_refusal(struct world *world, const struct refusal *r, uint16_t port) {
	struct event_record event;
	uint64_t before = world_stat(world, r->stat);

	ask(world, port, r->bytes, r->len);
	assert_case(r->name, world_drain(world, &sent) == 1);
	assert_case(r->name, sent.kind == TFTP_PACKET_ERROR);
	assert_case(r->name, sent.payload[1] == TFTP_ERROR && sent.payload[3] == r->code);
	assert_case(r->name, sent.len == 5 + strlen(r->text));
	assert_case(r->name, strcmp((char *)sent.payload + 4, r->text) == 0);
	assert_case(r->name, sent.len <= 3 * r->len);
	assert_case(r->name, sent.to.dst == WORLD_CLIENT && sent.to.dst_port == port);
	assert_case(r->name, sent.to.src == WORLD_OWN && sent.to.src_port != TFTP_PORT);
	assert_case(r->name, world_stat(world, r->stat) == before + 1);
	assert_case(r->name, world_event(world, r->event, &event) && event.reason == r->reason);
	assert_case(r->name, event.address == WORLD_CLIENT && event.port == port);
	assert_case(r->name, tftp_server_active(world->server) == 0);
}

static void what_cannot_be_served_gets_an_error_at_once(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_set_netascii(world, "kernel", NULL);
	for (size_t i = 0; i < COUNT_OF(refusals); i++)
		check_refusal(world, &refusals[i], (uint16_t)(WORLD_PORT + i));
	assert_int_equal(world_drops(world), 0);
	world_end(world);
}

// Four bytes may carry anybody's address: what comes back is at most twelve.
static void a_tiny_request_gets_an_error_without_text(void **state) {
	static const struct refusal tiny[] = {
		{"read", BYTES("\0\1\0\0"), 4, "", STAT_TFTP_BAD_MODE, EVENT_TFTP_REFUSED,
			EVENT_REASON_NETASCII},
		{"write", BYTES("\0\2\0\0"), 2, "", STAT_TFTP_WRITES_REFUSED, EVENT_TFTP_REFUSED,
			EVENT_REASON_WRITE},
	};
	struct world *world = world_usual();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(tiny); i++)
		check_refusal(world, &tiny[i], (uint16_t)(WORLD_PORT + i));
	world_end(world);
}

static void a_name_of_64_kib_is_bad(void **state) {
	struct world *world = world_usual();
	char *bytes = malloc(65500);

	(void)state;
	memset(bytes, 'a', 65500);
	memcpy(bytes, "\0\1", 2);
	memcpy(bytes + 65500 - 7, "\0octet", 7);
	ask(world, WORLD_PORT, bytes, 65500);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_int_equal(sent.payload[3], TFTP_ERROR_ACCESS);
	free(bytes);
	world_end(world);
}

// The policy that names its new version is on its way.
static void a_file_just_replaced_waits_for_the_next_policy(void **state) {
	struct world *world = world_usual();

	(void)state;
	world->slot[3].word = IMAGE_WORD(99, IMAGE_READY);
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0"));
	world_wait(world, 10000);
	assert_int_equal(world_drain(world, &sent), 0);
	assert_int_equal(world_pins(world), 0);
	world->slot[3].word = IMAGE_WORD(4, IMAGE_READY);
	tftp_server_renew(world->server, &world->fixture.policy);
	world_wait(world, 0);
	assert_true(world_take(world, &sent) && world_is_data(&sent, 1));
	world_end(world);
}

static void a_slot_that_contradicts_itself_gets_a_reason(void **state) {
	struct world *world = world_usual();

	(void)state;
	world->slot[3].map_count = 2;
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0"));
	assert_int_equal(world_drain(world, &sent), 1);
	assert_string_equal((char *)sent.payload + 4, "file has just changed");
	assert_int_equal(world_pins(world), 0);
	world_end(world);
}

static void a_flood_of_bad_requests_is_bounded(void **state) {
	struct world *world = world_usual();

	(void)state;
	for (int i = 0; i < 1000; i++)
		ask(world, (uint16_t)(1000 + i), BYTES("\0\1missing\0octet\0"));
	assert_int_equal(world_drain(world, NULL), 256);
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_ERRORS_FULL), 1000 - 256);
	ask(world, WORLD_PORT, BYTES("\0\1missing\0octet\0"));
	assert_int_equal(world_drain(world, NULL), 1);
	world_end(world);
}

// --- transfers

static void a_transfer_is_told_and_stamped(void **state) {
	struct world *world = world_usual();
	struct event_record event;

	(void)state;
	ask(world, WORLD_PORT, BYTES("\0\1menu.ipxe\0octet\0"));
	assert_int_equal(world_pins(world), 1);
	assert_int_equal(world->pins[1], 1);
	assert_true(world->last_use[1] == 1800000000000ULL);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_int_equal(sent.len, 4 + 512);
	assert_false(world_event(world, EVENT_TFTP_OPEN, &event)); // a stranger's words alone
	assert_true(world_holds(world, 0, sent.payload + 4, 512));
	world_wait(world, 3000);
	world->now.unix_s++;
	world_ack(world, &sent, 1);
	assert_true(world_event(world, EVENT_TFTP_OPEN, &event));
	assert_int_equal(event.value, 1);
	assert_int_equal(event.port, WORLD_PORT);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_int_equal(sent.len, 4 + 488);
	assert_true(world_holds(world, 512, sent.payload + 4, 488));
	world_ack(world, &sent, 2);
	assert_int_equal(world_drain(world, &sent), 0);
	assert_int_equal(world_pins(world), 0);
	assert_true(world->last_use[1] == 1800000001000ULL);
	assert_true(world_event(world, EVENT_TFTP_DONE, &event));
	assert_int_equal(event.bytes, 1000);
	assert_int_equal(event.duration_ms, 3);
	assert_int_equal(event.retransmitted, 0);
	assert_int_equal(event.reason, EVENT_REASON_NONE);
	assert_int_equal(world_stat(world, STAT_TFTP_DONE), 1);
	assert_int_equal(world_stat(world, STAT_TFTP_DATA_BYTES), 1000);
	world_end(world);
}

static void an_image_that_goes_ends_the_transfer(void **state) {
	struct world *world = world_usual();
	struct event_record event;

	(void)state;
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0"));
	world_drain(world, &sent);
	world->slot[3].word = IMAGE_WORD(4, IMAGE_EVICTING);
	world_ack(world, &sent, 1);
	assert_int_equal(world_drain(world, &sent), 1); // pinned: it goes on
	assert_int_equal(sent.kind, TFTP_PACKET_DATA);
	world->slot[3].word = IMAGE_WORD(5, IMAGE_LOADING);
	world_ack(world, &sent, 2);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_int_equal(sent.kind, TFTP_PACKET_ERROR);
	assert_string_equal((char *)sent.payload + 4, "file has changed");
	assert_true(world_event(world, EVENT_TFTP_FAILED, &event));
	assert_int_equal(event.reason, EVENT_REASON_IMAGE_GONE);
	assert_int_equal(tftp_server_active(world->server), 0);
	assert_int_equal(world_pins(world), 0);
	world_end(world);
}

static void another_images_region_ends_every_transfer(void **state) {
	struct world *world = world_usual();

	(void)state;
	for (uint16_t i = 0; i < 10; i++) {
		world_read(world, (uint16_t)(WORLD_PORT + i), "kernel", "blksize", "1024");
		world_drain(world, &sent);
		if (i % 2)
			world_ack(world, &sent, 0);
	}
	world_drain(world, NULL);
	tftp_server_abandon(world->server, world->now);
	assert_int_equal(tftp_server_active(world->server), 0);
	assert_int_equal(world_pins(world), 0);
	for (int i = 0; i < 10; i++) {
		assert_true(world_take(world, &sent));
		assert_int_equal(sent.kind, TFTP_PACKET_ERROR);
		assert_string_equal((char *)sent.payload + 4, "file has changed");
	}
	assert_false(world_take(world, &sent));
	assert_int_equal(world_stat(world, STAT_TFTP_IMAGE_GONE), 10);
	world_end(world);
}

static void an_error_of_the_client_is_never_answered(void **state) {
	struct world *world = world_usual();
	struct event_record event;

	(void)state;
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0"));
	world_drain(world, &sent);
	world_ack(world, &sent, 1);
	world_drain(world, &sent);
	world_error(world, &sent, 3);
	assert_int_equal(world_drain(world, NULL), 0);
	assert_true(world_event(world, EVENT_TFTP_FAILED, &event));
	assert_int_equal(event.reason, EVENT_REASON_PEER_ERROR);
	assert_int_equal(world_stat(world, STAT_TFTP_STOPPED), 1);
	assert_int_equal(world_pins(world), 0);
	world_error(world, &sent, 3);
	assert_int_equal(world_drain(world, NULL), 0);
	world_end(world);
}

static void node_files_come_before_common_ones(void **state) {
	struct world *world = world_begin(8, 1468, 64);

	(void)state;
	world_file(world, "boot.cfg", 100);
	fixture_host(&world->fixture, "n001", "52:54:00:00:01:0b", "10.77.0.77", "r");
	policy_build_name(world->fixture.builder,
		&(struct policy_name){.path = fixture_text(&world->fixture, "boot.cfg"),
			.node = 1,
			.slot = 1,
			.generation = 2,
			.size = 200});
	world->slot[1].word = IMAGE_WORD(2, IMAGE_READY);
	world->slot[1].size = 200;
	world->slot[1].map_count = 1;
	world_start(world);
	// By its MAC (52:54:00:00:01:0b is 10.77.0.11's), by its reserved address, and a stranger.
	ask(world, WORLD_PORT, BYTES("\0\1boot.cfg\0octet\0"));
	world_drain(world, &sent);
	assert_int_equal(sent.len, 204);
	world_request(world, 0x0a4d004d, WORLD_PORT, BYTES("\0\1boot.cfg\0octet\0"));
	world_drain(world, &sent);
	assert_int_equal(sent.len, 204);
	world_request(world, 0x0a4d0050, WORLD_PORT, BYTES("\0\1boot.cfg\0octet\0"));
	world_drain(world, &sent);
	assert_int_equal(sent.len, 104);
	world_end(world);
}

static void blksize_fits_the_subnet_and_the_mtu(void **state) {
	static const struct {
		uint16_t max_blksize;
		uint16_t mtu;
		const char *granted;
	} cases[] = {
		{1024, 1500, "1024"}, {1468, 1500, "1468"}, {1468, 1300, "1268"},
		{65464, 9000, "8968"}, {65464, 65535, "65464"},
		{1468, 30, "8"}, // no device has such an MTU; a blksize has to be one all the same
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct world *world = world_begin(8, cases[i].max_blksize, 64);

		world_file(world, "kernel", 1000000);
		world_start(world);
		world->mtu = cases[i].mtu;
		world_read(world, WORLD_PORT, "kernel", "blksize", "65464");
		world_drain(world, &sent);
		assert_case(cases[i].granted, world_is_oack(&sent, "blksize", cases[i].granted));
		world_end(world);
	}
}

// --- repeated and replacing requests

static void a_repeated_request_gets_the_same_answer(void **state) {
	struct world *world = world_usual();
	uint16_t tid;

	(void)state;
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0tsize\0000\0"));
	assert_int_equal(world_drain(world, &sent), 1);
	tid = sent.to.src_port;
	for (int i = 0; i < 5; i++) {
		ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0tsize\0000\0"));
		assert_int_equal(world_drain(world, &sent), 1);
		assert_int_equal(sent.kind, TFTP_PACKET_OACK);
		assert_int_equal(sent.to.src_port, tid);
	}
	assert_int_equal(tftp_server_active(world->server), 1);
	assert_int_equal(world_stat(world, STAT_TFTP_REQUESTS_REPEATED), 5);
	world_end(world);
}

static void a_straggling_request_does_not_reset_progress(void **state) {
	struct world *world = world_usual();

	(void)state;
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0"));
	world_drain(world, &sent);
	world_ack(world, &sent, 1);
	assert_int_equal(world_drain(world, &sent), 1);
	world_wait(world, 900000);
	world_drain(world, NULL);
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0"));
	assert_int_equal(world_drain(world, NULL), 0);
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_STALE_REQUEST), 1);
	world_ack(world, &sent, 2);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_int_equal(sent.block, 3);
	world_end(world);
}

static void a_client_that_starts_again_on_its_port_is_served(void **state) {
	struct world *world = world_usual();

	(void)state;
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0"));
	world_drain(world, &sent);
	world_ack(world, &sent, 1);
	world_drain(world, &sent);
	world_wait(world, 1100000);
	world_drain(world, NULL);
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0"));
	assert_int_equal(world_drain(world, &sent), 1);
	assert_int_equal(sent.block, 1);
	assert_int_equal(tftp_server_active(world->server), 1);
	assert_int_equal(world_stat(world, STAT_TFTP_REPLACED), 1);
	world_end(world);
}

// --- bounds

static void a_full_table_is_silent_and_counted(void **state) {
	struct world *world = world_usual();

	(void)state;
	for (uint16_t i = 0; i < 64; i++) {
		ask(world, (uint16_t)(1000 + i), BYTES("\0\1kernel\0octet\0"));
		while (world_take(world, &sent) && sent.to.dst_port != 1000 + i)
			;
		world_ack(world, &sent, 1);
	}
	world_drain(world, NULL);
	world_wait(world, 2000000);
	world_drain(world, NULL);
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0"));
	assert_int_equal(world_drain(world, NULL), 0);
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_TABLE_FULL), 1);
	assert_int_equal(world_pins(world), 64);
	ask(world, WORLD_PORT, BYTES("\0\1missing\0octet\0"));
	assert_int_equal(world_drain(world, &sent), 1); // an ERROR needs no room
	world_end(world);
}

// ERROR is final for a client; a file that is on disk only is worth waiting for.
static void a_request_waits_until_its_file_is_in_memory(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_set_state(world, "kernel", IMAGE_ABSENT);
	world_read(world, WORLD_PORT, "kernel", "tsize", "0");
	assert_int_equal(world_drain(world, NULL), 0);
	assert_string_equal(world_wanted(world), "kernel");
	world_set_state(world, "kernel", IMAGE_LOADING);
	world_wait(world, 3000000);
	assert_int_equal(world_drain(world, NULL), 0);
	world_set_state(world, "kernel", IMAGE_READY);
	world_wait(world, 1000);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_oack(&sent, "tsize", "1000000"));
	assert_int_equal(sent.to.dst_port, WORLD_PORT);
	world_ack(world, &sent, 0);
	assert_true(world_take(world, &sent) && world_is_data(&sent, 1));
	assert_int_equal(world_stat(world, STAT_TFTP_REQUESTS), 1);
	assert_int_equal(world_stat(world, STAT_TFTP_PARKED), 1);
	assert_int_equal(world_drops(world), 0);
	assert_int_equal(
		tftp_server_wake(world->server, &world->fixture.policy, world->now), UINT64_MAX);
	world_end(world);
}

// Its variant is another image, which is asked for under the file's own slot.
static void a_file_in_netascii_is_another_image(void **state) {
	struct world *world = world_usual();

	(void)state;
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0netascii\0tsize\0000\0"));
	world_read(world, WORLD_PORT + 1, "kernel", "tsize", "0");
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_oack(&sent, "tsize", "1000000"));
	assert_string_equal(world_wanted(world), "kernel in netascii");
	assert_null(world_wanted(world));
	world_set_state(world, "initrd", IMAGE_ABSENT);
	world_set_netascii(world, "kernel", "initrd");
	world_wait(world, 1000);
	assert_int_equal(world_drain(world, NULL), 0);
	world_set_state(world, "initrd", IMAGE_READY);
	world_wait(world, 1000);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_oack(&sent, "tsize", "30000000"));
	assert_int_equal(sent.to.dst_port, WORLD_PORT);
	assert_int_equal(world_stat(world, STAT_TFTP_NETASCII), 1);
	assert_int_equal(world_stat(world, STAT_TFTP_PARKED), 1);
	world_end(world);
}

static void what_is_not_converted_is_told_to_who_waits(void **state) {
	struct world *world = world_usual();

	(void)state;
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0NetAscii\0"));
	assert_int_equal(world_drain(world, NULL), 0);
	world_set_netascii(world, "kernel", NULL);
	world_wait(world, 1000);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_int_equal(sent.kind, TFTP_PACKET_ERROR);
	assert_string_equal((char *)sent.payload + 4, "use octet (binary)");
	assert_int_equal(world_stat(world, STAT_TFTP_NETASCII_REFUSED), 1);
	world_end(world);
}

// The slot is another version's by now; its link says nothing of ours.
static void a_link_of_another_version_is_not_followed(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_set_netascii(world, "kernel", "initrd");
	world->slot[3].word += IMAGE_WORD(1, 0); // kernel's
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0netascii\0"));
	assert_int_equal(world_drain(world, NULL), 0);
	assert_string_equal(world_wanted(world), "kernel in netascii");
	world_end(world);
}

static void what_waits_is_asked_for_once_a_second(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_set_state(world, "kernel", IMAGE_EVICTING);
	world_set_state(world, "initrd", IMAGE_ABSENT);
	for (uint16_t i = 0; i < 10; i++) {
		world_read(world, (uint16_t)(WORLD_PORT + i), "kernel");
		world_wait(world, 1000);
	}
	world_read(world, WORLD_PORT + 10, "initrd");
	assert_string_equal(world_wanted(world), "kernel");
	assert_string_equal(world_wanted(world), "initrd");
	assert_null(world_wanted(world));
	world_wait(world, 900000);
	assert_null(world_wanted(world));
	world_wait(world, 200000);
	assert_true(world_wanted(world) && world_wanted(world));
	assert_null(world_wanted(world));
	world_set_state(world, "kernel", IMAGE_READY);
	world_wait(world, 1000);
	assert_int_equal(world_drain(world, NULL), 10);
	assert_int_equal(world_stat(world, STAT_TFTP_PARKED), 11);
	world_end(world);
}

// The client repeats its request while it waits: it is still one, and gets one answer.
static void a_request_that_waits_may_come_again(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_set_state(world, "kernel", IMAGE_ABSENT);
	for (int i = 0; i < 5; i++) {
		world_read(world, WORLD_PORT, "kernel", "tsize", "0");
		world_wait(world, 100000);
	}
	world_read(world, WORLD_PORT, "menu.ipxe", "tsize", "0"); // it asks for something else
	assert_int_equal(world_drain(world, &sent), 1);
	world_set_state(world, "kernel", IMAGE_READY);
	world_wait(world, 1000);
	assert_int_equal(world_drain(world, NULL), 0);
	assert_int_equal(tftp_server_active(world->server), 1);
	world_end(world);
}

static void patience_ends_with_an_error(void **state) {
	struct world *world = world_usual();
	struct event_record event;

	(void)state;
	world_set_state(world, "kernel", IMAGE_ABSENT);
	world_read(world, WORLD_PORT, "kernel");
	for (int i = 0; i < 19; i++) {
		world_wait(world, 1000000);
		world_read(world, WORLD_PORT, "kernel");
		assert_int_equal(world_drain(world, NULL), 0);
	}
	world_wait(world, 1001000);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_memory_equal(sent.payload, "\0\5\0\0is not in memory yet", 25);
	assert_true(world_event(world, EVENT_TFTP_REFUSED, &event));
	assert_int_equal(event.reason, EVENT_REASON_NOT_LOADED);
	assert_int_equal(tftp_server_active(world->server), 0);
	world_end(world);
}

// Of those who wait, machines that nobody knows have half of the places.
static void places_to_wait_are_bounded(void **state) {
	struct world *world = world_begin(64, 1468, 64);

	(void)state;
	world_file(world, "large", 5000000);
	world_start(world);
	world_lease(world, (uint8_t[])WORLD_MAC(WORLD_CLIENT), false, false);
	world_set_state(world, "large", IMAGE_ABSENT);
	for (uint32_t i = 0; i < TFTP_PARK_MAX; i++)
		world_read_from(world, WORLD_CLIENT + 1, (uint16_t)(1000 + i), "large", NULL);
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_PARKED_FULL), TFTP_PARK_MAX / 2);
	for (uint32_t i = 0; i < TFTP_PARK_MAX; i++)
		world_read(world, (uint16_t)(1000 + i), "large");
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_PARKED_FULL), TFTP_PARK_MAX);
	assert_int_equal(world_stat(world, STAT_TFTP_PARKED), TFTP_PARK_MAX);
	assert_string_equal(world_wanted(world), "large");
	assert_null(world_wanted(world));
	world_wait(world, TFTP_PARK_US);
	for (int i = 0; i < 100; i++)
		world_wait(world, 1000);
	assert_int_equal(
		world_drops(world) - world_stat(world, STAT_TFTP_DROP_ERRORS_FULL), TFTP_PARK_MAX);
	assert_int_equal(
		tftp_server_wake(world->server, &world->fixture.policy, world->now), UINT64_MAX);
	world_end(world);
}

static void hits_are_of_one_version(void **state) {
	struct world *world = world_usual();

	(void)state;
	world->hits[3] = HITS_WORD(77, 5); // of the slot's file before
	world_read(world, WORLD_PORT, "kernel", "tsize", "0");
	world_read(world, WORLD_PORT + 1, "kernel", "tsize", "0");
	world_drain(world, NULL);
	assert_int_equal(world->hits[3], HITS_WORD(4, 2));
	world_end(world);
}

// Strangers hold a quarter of the table at most. Those whose OACK is on its way keep their places:
// a request more is dropped, and finds room when its client asks again.
static void strangers_make_room_oldest_first(void **state) {
	struct world *world = world_usual();
	struct sent first;

	(void)state;
	world_read(world, 1000, "kernel", "tsize", "0");
	assert_int_equal(world_drain(world, &first), 1);
	world_wait(world, 1000);
	for (uint16_t i = 1; i < 16; i++)
		world_read(world, (uint16_t)(1000 + i), "kernel", "tsize", "0");
	world_drain(world, NULL);
	world_read(world, 2000, "kernel", "tsize", "0");
	assert_int_equal(world_drain(world, NULL), 0);
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_STRANGERS), 1);
	world->now.us += TFTP_STRANGER_MIN_US - 1000;
	world_read(world, 2000, "kernel", "tsize", "0");
	assert_int_equal(world_stat(world, STAT_TFTP_HALF_OPEN_EVICTED), 1);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_int_equal(tftp_server_active(world->server), 16);
	world_ack(world, &first, 0); // it had to go
	assert_int_equal(world_drain(world, NULL), 0);
	world_ack(world, &sent, 0);
	assert_int_equal(world_drain(world, NULL), 1);
	world_end(world);
}

static void make_host(struct world *world) {
	policy_build_host(world->fixture.builder,
		&(struct policy_host){.name = fixture_text(&world->fixture, "n1"),
			.role = fixture_text(&world->fixture, "r"),
			.address = WORLD_CLIENT,
			.mac = WORLD_MAC(WORLD_CLIENT)});
}

static void known_machines_do_not_wait_for_strangers(void **state) {
	struct world *world = world_begin(64, 1468, 64);

	(void)state;
	world_file(world, "kernel", 1000000);
	make_host(world);
	world_start(world);
	for (uint16_t i = 0; i < 100; i++)
		world_request(
			world, 0x0a4d0140u + i, 7777, BYTES("\0\1kernel\0octet\0tsize\0000\0"));
	assert_int_equal(tftp_server_active(world->server), 16);
	world_read(world, 1000, "kernel", "tsize", "0");
	assert_int_equal(tftp_server_active(world->server), 17);
	assert_true(world_take(world, &sent)); // and its OACK is the first
	assert_int_equal(sent.to.dst, WORLD_CLIENT);
	world_end(world);
}

// Strangers in every place that they may take, and a host with another MAC than the sender's.
static struct world *flooded_by_strangers(uint32_t host_address) {
	struct world *world = world_begin(64, 1468, 64);

	world_file(world, "kernel", 1000000);
	policy_build_host(world->fixture.builder,
		&(struct policy_host){.name = fixture_text(&world->fixture, "n1"),
			.role = fixture_text(&world->fixture, "r"),
			.address = host_address,
			.mac = WORLD_MAC(0x01020304)});
	world_start(world);
	for (uint16_t i = 0; i < 100; i++)
		world_request(
			world, 0x0a4d0080u + i, 7777, BYTES("\0\1kernel\0octet\0tsize\0000\0"));
	assert_int_equal(tftp_server_active(world->server), 16);
	return world;
}

static void a_reserved_address_with_a_wrong_mac_is_a_strangers(void **state) {
	struct world *world = flooded_by_strangers(WORLD_CLIENT);

	(void)state;
	world_read(world, 1000, "kernel", "tsize", "0");
	assert_int_equal(tftp_server_active(world->server), 16);
	world_end(world);
}

static void a_host_that_is_not_listed_is_a_stranger(void **state) {
	struct world *world = world_begin(64, 1468, 64);

	(void)state;
	world_file(world, "kernel", 1000000);
	fixture_node(&world->fixture, "n1", "52:54:00:00:01:0b", 0, 0, "");
	world_start(world);
	for (uint16_t i = 0; i < 100; i++)
		world_request(
			world, 0x0a4d0140u + i, 7777, BYTES("\0\1kernel\0octet\0tsize\0000\0"));
	world_read(world, 1000, "kernel", "tsize", "0");
	assert_int_equal(tftp_server_active(world->server), 16);
	world_end(world);
}

static void behind_a_router_the_address_tells_the_machine(void **state) {
	struct world *world = flooded_by_strangers(0x0a630005);

	(void)state;
	world_read_from(world, 0x0a630005, 1000, "kernel", "tsize", "0", NULL);
	assert_int_equal(tftp_server_active(world->server), 17);
	world_end(world);
}

// Somebody who writes the address of a host behind a router, from ever new ports, holds half of the
// table at most; strangers find theirs, and of his own the oldest makes room.
static void a_flood_by_known_machines_is_bounded(void **state) {
	struct world *world = world_begin(64, 1468, 64);

	(void)state;
	world_file(world, "kernel", 1000000);
	policy_build_host(world->fixture.builder,
		&(struct policy_host){.name = fixture_text(&world->fixture, "n1"),
			.role = fixture_text(&world->fixture, "r"),
			.address = 0x0a630005,
			.mac = WORLD_MAC(0x01020304)});
	world_start(world);
	for (uint16_t i = 0; i < 1000; i++)
		world_read_from(
			world, 0x0a630005, (uint16_t)(1000 + i), "kernel", "tsize", "0", NULL);
	assert_int_equal(tftp_server_active(world->server), 32);
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_KNOWN), 1000 - 32);
	world_read(world, 1000, "kernel", "tsize", "0");
	assert_int_equal(tftp_server_active(world->server), 33);
	world->now.us += TFTP_KNOWN_MIN_US;
	world_read_from(world, 0x0a630005, 3000, "kernel", "tsize", "0", NULL);
	assert_int_equal(tftp_server_active(world->server), 33);
	assert_int_equal(world_stat(world, STAT_TFTP_HALF_OPEN_EVICTED), 1);
	world_end(world);
}

// Requests for files that are not there take a quarter of the packets from a running transfer.
static void errors_do_not_starve_transfers(void **state) {
	struct world *world = world_usual();
	int errors = 0, data = 0;

	(void)state;
	world_read(world, 1000, "kernel", "windowsize", "64");
	assert_int_equal(world_drain(world, &sent), 1);
	world_ack(world, &sent, 0);
	for (uint16_t i = 0; i < 100; i++)
		world_request(world, 0x0a4d0100u + i, 7777, BYTES("\0\1absent\0octet\0"));
	for (int i = 0; i < 40; i++) {
		assert_true(world_take(world, &sent));
		errors += sent.kind == TFTP_PACKET_ERROR;
		data += sent.kind == TFTP_PACKET_DATA;
		world_wait(world, 20); // so that tokens are never short
	}
	assert_int_equal(errors, 10);
	assert_int_equal(data, 30);
	world_end(world);
}

// With transfers in all other places a known machine takes a stranger's, however young.
static void known_machines_take_the_last_places(void **state) {
	struct world *world = world_begin(64, 1468, 64);

	(void)state;
	world_file(world, "kernel", 1000000);
	make_host(world);
	world_start(world);
	for (uint16_t i = 0; i < 48; i++) {
		world_request(
			world, 0x0a4d0140u + i, 7777, BYTES("\0\1kernel\0octet\0tsize\0000\0"));
		assert_true(world_take(world, &sent));
		world_ack(world, &sent, 0);
		world_drain(world, NULL);
	}
	for (uint16_t i = 0; i < 16; i++)
		world_request(
			world, 0x0a4d0240u + i, 7777, BYTES("\0\1kernel\0octet\0tsize\0000\0"));
	assert_int_equal(tftp_server_active(world->server), 64);
	world_read(world, 1000, "kernel", "tsize", "0");
	assert_int_equal(world_stat(world, STAT_TFTP_HALF_OPEN_EVICTED), 1);
	assert_true(world_take(world, &sent));
	assert_int_equal(sent.to.dst, WORLD_CLIENT);
	world_end(world);
}

static void few_half_open_sessions_are_left_alone(void **state) {
	struct world *world = world_usual();

	(void)state;
	for (uint16_t i = 0; i < 15; i++)
		world_read(world, (uint16_t)(1000 + i), "kernel", "tsize", "0");
	world_wait(world, 5000000);
	world_drain(world, NULL);
	world_read(world, 2000, "kernel", "tsize", "0");
	assert_int_equal(world_stat(world, STAT_TFTP_HALF_OPEN_EVICTED), 0);
	assert_int_equal(tftp_server_active(world->server), 16);
	world_end(world);
}

// S7: transfers that run are not touched by a flood of requests that nobody answers for.
static void a_flood_does_not_touch_running_transfers(void **state) {
	struct world *world = world_usual();
	struct sent running[8];

	(void)state;
	for (uint16_t i = 0; i < 8; i++) {
		ask(world, (uint16_t)(500 + i), BYTES("\0\1kernel\0octet\0"));
		world_drain(world, &running[i]);
		world_ack(world, &running[i], 1);
		assert_int_equal(world_drain(world, &running[i]), 1);
	}
	for (uint32_t i = 0; i < 20000; i++) {
		world_request(world, 0x0a4d0100 + i, 7777, BYTES("\0\1kernel\0octet\0"));
		if (i % 16 == 0)
			world_wait(world, 10000);
		world_drain(world, NULL);
		if (i % 64 == 0)
			for (uint16_t r = 0; r < 8; r++)
				world_ack(world, &running[r], (uint16_t)(2 + i / 64));
	}
	assert_int_equal(world_stat(world, STAT_TFTP_GAVE_UP), 0);
	for (uint16_t r = 0; r < 8; r++)
		assert_int_equal(world->sessions[running[r].to.src_port - WORLD_TID_FIRST].acked,
			2 + 19999 / 64);
	world_end(world);
}

// S4: what a peer gets that never answers.
static void silence_gets_three_times_its_bytes_at_most(void **state) {
	static const char request[] = "\0\1kernel\0octet\0tsize\0000\0blksize\0001468";
	struct world *world = world_usual();
	size_t bytes = 0;

	(void)state;
	ask(world, WORLD_PORT, request, sizeof(request));
	for (int i = 0; i < 100000; i++) {
		while (world_take(world, &sent))
			bytes += sent.len;
		world_wait(world, 1000);
	}
	assert_in_range(bytes, 2 * sent.len, 3 * sizeof(request));
	assert_int_equal(tftp_server_active(world->server), 0);
	assert_int_equal(world_stat(world, STAT_TFTP_NO_ANSWER), 1);
	world_end(world);
}

static void silence_without_options_gets_data_1_thrice(void **state) {
	struct world *world = world_usual();
	int packets = 0;

	(void)state;
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0"));
	for (int i = 0; i < 100000; i++) {
		while (world_take(world, &sent)) {
			assert_int_equal(sent.block, 1);
			packets++;
		}
		world_wait(world, 1000);
	}
	assert_int_equal(packets, 3);
	assert_int_equal(tftp_server_active(world->server), 0);
	world_end(world);
}

static void a_client_that_falls_silent_is_given_up(void **state) {
	struct world *world = world_usual();
	struct event_record event;
	uint64_t sent_count = 0;

	(void)state;
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0"));
	world_drain(world, &sent);
	world_ack(world, &sent, 1);
	for (int i = 0; i < 40000; i++) {
		sent_count += world_drain(world, NULL);
		world_wait(world, 1000);
	}
	assert_in_range(sent_count, 20, 50);
	assert_int_equal(world_stat(world, STAT_TFTP_GAVE_UP), 1);
	assert_true(world_event(world, EVENT_TFTP_FAILED, &event));
	assert_int_equal(event.reason, EVENT_REASON_TIMEOUT);
	assert_int_equal(tftp_server_active(world->server), 0);
	world_end(world);
}

static void a_final_ack_that_never_comes_is_no_error(void **state) {
	struct world *world = world_usual();
	struct event_record event;

	(void)state;
	ask(world, WORLD_PORT, BYTES("\0\1menu.ipxe\0octet\0"));
	world_drain(world, &sent);
	world_ack(world, &sent, 1);
	for (int i = 0; i < 40000; i++) {
		world_drain(world, &sent);
		assert_int_equal(sent.kind, TFTP_PACKET_DATA);
		world_wait(world, 1000);
	}
	assert_int_equal(world_stat(world, STAT_TFTP_NO_FINAL_ACK), 1);
	assert_int_equal(world_stat(world, STAT_TFTP_GAVE_UP), 0);
	assert_true(world_event(world, EVENT_TFTP_DONE, &event));
	assert_int_equal(event.reason, EVENT_REASON_TIMEOUT);
	world_end(world);
}

// R11: every ACK doubled, or times ten: no DATA beyond the blocks of the file.
static void run_with_copies(uint16_t windowsize, int copies) {
	struct world *world = world_usual();
	char request[64] = "\0\1kernel\0octet\0windowsize";
	int len = 26 + 1 + sprintf(request + 26, "%u", windowsize) + 1;
	uint64_t blocks = 0;

	ask(world, WORLD_PORT, request, (size_t)len);
	assert_int_equal(world_drain(world, &sent), 1);
	for (int i = 0; i < copies; i++)
		world_ack(world, &sent, 0);
	while (tftp_server_active(world->server)) {
		uint32_t count = 0;

		world_wait(world, 200);
		while (world_take(world, &sent)) {
			count++;
			// Copies of the old ACK trickle in between the blocks, too.
			if (copies > 2 && blocks)
				world_ack(world, &sent, (uint16_t)blocks);
		}
		blocks += count;
		world_wait(world, 200);
		for (int i = 0; i < copies; i++) {
			world_ack(world, &sent, (uint16_t)sent.block);
			if (i == 0)
				continue;
			world_wait(world, 5);
		}
	}
	assert_int_equal(blocks, 1000000 / 512 + 1);
	assert_int_equal(world_stat(world, STAT_TFTP_REPEATED), 0);
	world_end(world);
}

static void copies_of_acks_never_make_data(void **state) {
	static const uint16_t windows[] = {1, 4, 16, 64};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(windows); i++) {
		run_with_copies(windows[i], 1);
		run_with_copies(windows[i], 2);
		run_with_copies(windows[i], 10);
	}
}

static void timers_tell_when_they_are_due(void **state) {
	struct world *world = world_usual();
	uint64_t due;

	(void)state;
	assert_true(tftp_server_expire(world->server, world->now) == UINT64_MAX);
	ask(world, WORLD_PORT, BYTES("\0\1kernel\0octet\0"));
	world_drain(world, &sent);
	due = tftp_server_expire(world->server, world->now);
	assert_in_range(due, world->now.us + 200000, world->now.us + 260000);
	world_wait(world, due - world->now.us + 1024);
	// What the timer has made is to be sent before the caller sleeps.
	assert_int_equal(tftp_server_expire(world->server, world->now), world->now.us);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(tftp_server_expire(world->server, world->now) > world->now.us + 200000);
	ask(world, WORLD_PORT + 1, BYTES("\0\1missing\0octet\0"));
	assert_int_equal(tftp_server_expire(world->server, world->now), world->now.us);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(tftp_server_expire(world->server, world->now) > world->now.us + 200000);
	world_end(world);
}

// Sums and counts of a phase, in one assertion.
static void check_phase(
	const struct world *world, enum rouse_phase phase, uint64_t count, uint64_t sum) {
	const struct hist *h = &world->phases->phase[phase];

	if (h->count != count || h->sum != sum)
		fail_msg("%s: %llu in %llu us", phase_info[phase].name,
			(unsigned long long)h->count, (unsigned long long)h->sum);
}

static void phases_without_an_end_are_not_told(void **state) {
	struct world *world = world_usual();

	(void)state;
	// Of two OACKs nobody knows which one was acknowledged.
	world_read(world, WORLD_PORT, "kernel", "blksize", "1468");
	world_take(world, &sent);
	assert_true(sent.answers);
	world_wait(world, 1000000);
	world_take(world, &sent);
	assert_false(sent.answers);
	world_ack(world, &sent, 0);
	check_phase(world, PHASE_FIRST_ACK, 0, 0);
	world_take(world, &sent);
	assert_false(sent.answers);
	world_error(world, &sent, 0);
	check_phase(world, PHASE_TRANSFER, 0, 0);
	world_end(world);
}

static void phases_are_told_once(void **state) {
	struct world *world = world_usual();
	uint64_t began_us;

	(void)state;
	world_read(world, WORLD_PORT, "menu.ipxe", "blksize", "1468");
	world_take(world, &sent);
	world_wait(world, 700);
	world_ack(world, &sent, 0);
	check_phase(world, PHASE_FIRST_ACK, 1, 700);
	world_take(world, &sent);
	assert_true(world_is_data(&sent, 1));
	began_us = world->now.us;
	world_wait(world, 900);
	world_ack(world, &sent, 1);
	check_phase(world, PHASE_TRANSFER, 1, world->now.us - began_us);
	check_phase(world, PHASE_FIRST_ACK, 1, 700);
	world_end(world);
}

static void without_options_data_is_the_answer(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "kernel");
	world_take(world, &sent);
	assert_true(sent.answers);
	world_ack(world, &sent, 1);
	world_take(world, &sent);
	assert_false(sent.answers);
	check_phase(world, PHASE_FIRST_ACK, 0, 0);
	world_end(world);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_opcode_but_requests_is_dropped),
		cmocka_unit_test(every_opcode_to_a_transfer_is_safe),
		cmocka_unit_test(every_truncation_to_a_transfer_is_safe),
		cmocka_unit_test(every_truncation_of_a_request_is_safe),
		cmocka_unit_test(nothing_from_port_69_is_answered),
		cmocka_unit_test(a_broadcast_request_is_not_answered),
		cmocka_unit_test(strangers_do_not_touch_a_transfer),
		cmocka_unit_test(what_cannot_be_served_gets_an_error_at_once),
		cmocka_unit_test(a_tiny_request_gets_an_error_without_text),
		cmocka_unit_test(a_name_of_64_kib_is_bad),
		cmocka_unit_test(a_file_just_replaced_waits_for_the_next_policy),
		cmocka_unit_test(a_slot_that_contradicts_itself_gets_a_reason),
		cmocka_unit_test(a_flood_of_bad_requests_is_bounded),
		cmocka_unit_test(a_transfer_is_told_and_stamped),
		cmocka_unit_test(an_image_that_goes_ends_the_transfer),
		cmocka_unit_test(another_images_region_ends_every_transfer),
		cmocka_unit_test(an_error_of_the_client_is_never_answered),
		cmocka_unit_test(node_files_come_before_common_ones),
		cmocka_unit_test(blksize_fits_the_subnet_and_the_mtu),
		cmocka_unit_test(a_repeated_request_gets_the_same_answer),
		cmocka_unit_test(a_straggling_request_does_not_reset_progress),
		cmocka_unit_test(a_client_that_starts_again_on_its_port_is_served),
		cmocka_unit_test(a_full_table_is_silent_and_counted),
		cmocka_unit_test(a_request_waits_until_its_file_is_in_memory),
		cmocka_unit_test(a_file_in_netascii_is_another_image),
		cmocka_unit_test(what_is_not_converted_is_told_to_who_waits),
		cmocka_unit_test(a_link_of_another_version_is_not_followed),
		cmocka_unit_test(what_waits_is_asked_for_once_a_second),
		cmocka_unit_test(a_request_that_waits_may_come_again),
		cmocka_unit_test(patience_ends_with_an_error),
		cmocka_unit_test(places_to_wait_are_bounded),
		cmocka_unit_test(hits_are_of_one_version),
		cmocka_unit_test(strangers_make_room_oldest_first),
		cmocka_unit_test(known_machines_do_not_wait_for_strangers),
		cmocka_unit_test(a_reserved_address_with_a_wrong_mac_is_a_strangers),
		cmocka_unit_test(a_host_that_is_not_listed_is_a_stranger),
		cmocka_unit_test(behind_a_router_the_address_tells_the_machine),
		cmocka_unit_test(a_flood_by_known_machines_is_bounded),
		cmocka_unit_test(errors_do_not_starve_transfers),
		cmocka_unit_test(known_machines_take_the_last_places),
		cmocka_unit_test(few_half_open_sessions_are_left_alone),
		cmocka_unit_test(a_flood_does_not_touch_running_transfers),
		cmocka_unit_test(silence_gets_three_times_its_bytes_at_most),
		cmocka_unit_test(silence_without_options_gets_data_1_thrice),
		cmocka_unit_test(a_client_that_falls_silent_is_given_up),
		cmocka_unit_test(a_final_ack_that_never_comes_is_no_error),
		cmocka_unit_test(copies_of_acks_never_make_data),
		cmocka_unit_test(timers_tell_when_they_are_due),
		cmocka_unit_test(phases_without_an_end_are_not_told),
		cmocka_unit_test(phases_are_told_once),
		cmocka_unit_test(without_options_data_is_the_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
