// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Windows' boot manager: its requests in the form that is documented (tsize, blksize 1456,
// windowsize 4, msftwindow 31416), as WDS and its readers see them. A server that knows the
// variable window answers msftwindow with 27182; without that answer it is RFC 7440.

#include "tftp_world.h"
#include "unit.h"

#define BCD      "\\Boot\\BCD"
#define BCD_SIZE "262144"
#define REQUEST  "tsize", "0", "blksize", "1456", "windowsize", "4", "msftwindow", "31416"
#define ANSWER   "tsize", BCD_SIZE, "blksize", "1456", "windowsize", "4"

static struct sent sent;

static struct world *windows_world(void) {
	struct world *world = world_begin(64, 1468, 64);

	world_file(world, "Boot/BCD", 262144);
	world_file(world, "Boot/x64/wdsmgfw.efi", 1200000);
	world_file(world, "sources/boot.wim", 5000001);
	world_start(world);
	return world;
}

static void windows_is_not_told_of_its_own_window(void **state) {
	struct world *world = windows_world();

	(void)state;
	world_read(world, WORLD_PORT, BCD, REQUEST);
	world_drain(world, &sent);
	assert_true(world_is_oack(&sent, ANSWER));
	world_read(world, WORLD_PORT + 1, BCD, "msftwindow", "31416", "tsize", "0");
	world_drain(world, &sent);
	assert_true(world_is_oack(&sent, "tsize", BCD_SIZE));
	world_read(world, WORLD_PORT + 2, BCD, "msftwindow", "31416");
	world_drain(world, &sent);
	assert_true(world_is_data(&sent, 1));
	assert_int_equal(sent.len, 4 + 512);
	world_end(world);
}

// The size first, which it ends with an ERROR of either code; then the file, from the next port.
static void windows_asks_for_the_size_and_then_for_the_file(void **state) {
	static const uint16_t codes[] = {TFTP_ERROR_UNDEFINED, TFTP_ERROR_OPTION};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		struct world *world = windows_world();

		world_read(world, WORLD_PORT, BCD, REQUEST);
		world_drain(world, &sent);
		world_error(world, &sent, codes[i]);
		assert_int_equal(world_drain(world, NULL), 0);
		assert_int_equal(world_stat(world, STAT_TFTP_PROBES), 1);
		assert_int_equal(world_stat(world, STAT_TFTP_STOPPED), 0);
		assert_int_equal(tftp_server_active(world->server), 0);
		world_read(world, WORLD_PORT + 1, BCD, REQUEST);
		world_drain(world, &sent);
		assert_true(world_is_oack(&sent, ANSWER));
		world_ack(world, &sent, 0);
		assert_int_equal(world_drain(world, &sent), 4);
		world_end(world);
	}
}

static void windows_repeats_its_request(void **state) {
	struct world *world = windows_world();
	uint16_t tid;

	(void)state;
	world_read(world, WORLD_PORT, BCD, REQUEST);
	world_drain(world, &sent);
	tid = sent.to.src_port;
	world_read(world, WORLD_PORT, BCD, REQUEST);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_oack(&sent, ANSWER));
	assert_int_equal(sent.to.src_port, tid);
	assert_int_equal(tftp_server_active(world->server), 1);
	world_end(world);
}

static void windows_names_a_file_in_many_ways(void **state) {
	static const struct {
		const char *name, *size;
	} names[] = {
		{"\\Boot\\BCD", BCD_SIZE},
		{"\\boot\\bcd", BCD_SIZE},
		{"/boot\\BCD", BCD_SIZE},
		{"Boot\\BCD", BCD_SIZE},
		{"boot\\x64\\WdsMgFw.efi", "1200000"},
		{"\\Sources\\Boot.wim", "5000001"},
	};
	static const char *const missing[] = {
		"\\Boot\\Fonts\\wgl4_boot.ttf", "\\boot.ini", "\\hiberfil.sys"};
	struct world *world = windows_world();

	(void)state;
	for (uint16_t i = 0; i < COUNT_OF(names); i++) {
		world_read(world, WORLD_PORT + i, names[i].name, "tsize", "0");
		world_drain(world, &sent);
		if (!world_is_oack(&sent, "tsize", names[i].size))
			fail_msg("%s is not found", names[i].name);
	}
	for (uint16_t i = 0; i < COUNT_OF(missing); i++) {
		world_read(world, 3000 + i, missing[i], REQUEST);
		assert_int_equal(world_drain(world, &sent), 1);
		assert_int_equal(sent.kind, TFTP_PACKET_ERROR);
		assert_int_equal(sent.payload[3], TFTP_ERROR_NOT_FOUND);
	}
	world_end(world);
}

// Each ACK has a byte more, the window that it would like next: windows stay as granted.
static void windows_reads_an_image_with_longer_acks(void **state) {
	struct world *world = windows_world();
	uint64_t blocks = 5000001 / 1456 + 1, block = 0;

	(void)state;
	world_read(world, WORLD_PORT, "\\sources\\boot.wim", REQUEST);
	world_drain(world, &sent);
	while (block < blocks) {
		uint8_t ack[] = {0, TFTP_ACK, (uint8_t)(block >> 8), (uint8_t)block, 16};
		uint64_t window = blocks - block < 4 ? blocks - block : 4;

		world_packet(world, WORLD_CLIENT, WORLD_PORT, sent.to.src_port, ack, sizeof(ack));
		assert_int_equal(world_drain(world, &sent), window);
		block += window;
		assert_true(world_is_data(&sent, block));
		assert_true(world_holds(world, (block - 1) * 1456, sent.payload + 4, sent.len - 4));
	}
	world_ack(world, &sent, (uint16_t)blocks);
	assert_int_equal(world_stat(world, STAT_TFTP_DONE), 1);
	assert_int_equal(world_stat(world, STAT_TFTP_REPEATED), 0);
	world_end(world);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_is_not_told_of_its_own_window),
		cmocka_unit_test(windows_asks_for_the_size_and_then_for_the_file),
		cmocka_unit_test(windows_repeats_its_request),
		cmocka_unit_test(windows_names_a_file_in_many_ways),
		cmocka_unit_test(windows_reads_an_image_with_longer_acks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
