// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What is peculiar to single clients, each test named after its client.

#include "tftp_world.h"
#include "unit.h"

static struct sent sent;

// Opens a transfer of a windowed client and takes its first window.
static void open_window(struct world *world, const char *blksize, const char *windowsize) {
	world_read(world, WORLD_PORT, "kernel", "blksize", blksize, "windowsize", windowsize);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_int_equal(sent.kind, TFTP_PACKET_OACK);
	world_wait(world, 200);
	world_ack(world, &sent, 0);
}

// A first window that arrives and is acknowledged after a round trip of 500 us: the engine has
// timed it. The second window is being sent.
static void pass_window(struct world *world, uint16_t windowsize) {
	assert_int_equal(world_drain(world, &sent), windowsize);
	world_wait(world, 500);
	world_ack(world, &sent, windowsize);
}

static void ipxe_asks_for_blksize_and_tsize(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "menu.ipxe", "blksize", "1432", "tsize", "0");
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_oack(&sent, "blksize", "1432", "tsize", "1000"));
	world_ack(world, &sent, 0);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_int_equal(sent.len, 4 + 1000);
	world_ack(world, &sent, 1);
	assert_int_equal(tftp_server_active(world->server), 0);
	world_end(world);
}

static void ipxe_says_tftp_aborted_on_close(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "kernel", "blksize", "1432", "tsize", "0");
	world_drain(world, &sent);
	world_packet(world, WORLD_CLIENT, WORLD_PORT, sent.to.src_port, "\0\5\0\0TFTP Aborted", 17);
	assert_int_equal(world_drain(world, NULL), 0);
	assert_int_equal(world_stat(world, STAT_TFTP_PROBES), 1);
	assert_int_equal(tftp_server_active(world->server), 0);
	world_end(world);
}

static void edk2_probes_the_size_first(void **state) {
	struct world *world = world_usual();
	struct event_record event;

	(void)state;
	world_read(world, WORLD_PORT, "kernel", "tsize", "0", "blksize", "1468", "windowsize", "4");
	world_drain(world, &sent);
	assert_true(world_is_oack(&sent, "tsize", "1000000", "blksize", "1468", "windowsize", "4"));
	world_packet(world, WORLD_CLIENT, WORLD_PORT, sent.to.src_port,
		"\0\5\0\10User aborted the transfer", 30);
	assert_int_equal(world_drain(world, NULL), 0);
	assert_int_equal(tftp_server_active(world->server), 0);
	assert_int_equal(world_pins(world), 0);
	assert_int_equal(world_stat(world, STAT_TFTP_PROBES), 1);
	assert_int_equal(world_stat(world, STAT_TFTP_STOPPED), 0);
	assert_true(world_event(world, EVENT_TFTP_PROBE, &event));
	world_read(world, WORLD_PORT, "kernel", "blksize", "1468", "windowsize", "4");
	world_drain(world, &sent);
	assert_true(world_is_oack(&sent, "blksize", "1468", "windowsize", "4"));
	world_end(world);
}

// The ERROR 8 was lost: the second request comes from the same port.
static void edk2_probe_is_replaced_by_the_second_request(void **state) {
	struct world *world = world_usual();
	struct event_record event;

	(void)state;
	world_read(world, WORLD_PORT, "kernel", "tsize", "0", "blksize", "1468", "windowsize", "4");
	world_drain(world, &sent);
	world_read(world, WORLD_PORT, "kernel", "blksize", "1468", "windowsize", "4");
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_oack(&sent, "blksize", "1468", "windowsize", "4"));
	assert_int_equal(tftp_server_active(world->server), 1);
	assert_false(world_event(world, EVENT_TFTP_FAILED, &event));
	world_end(world);
}

// Block 66 of 65..128 is lost: ACK 65, then 62 times ACK 65 again. One rewind, one full window.
static void edk2_acknowledges_every_packet_behind_a_gap(void **state) {
	struct world *world = world_usual();

	(void)state;
	open_window(world, "512", "64");
	pass_window(world, 64);
	assert_int_equal(world_drain(world, &sent), 64);
	world_wait(world, 500);
	world_ack(world, &sent, 65);
	for (int i = 0; i < 62; i++)
		world_ack(world, &sent, 65);
	assert_true(world_take(world, &sent));
	assert_true(world_is_data(&sent, 66));
	for (int i = 0; i < 10; i++)
		world_ack(world, &sent, 65);
	assert_int_equal(world_drain(world, &sent), 63);
	assert_true(world_is_data(&sent, 129));
	for (int i = 0; i < 10; i++)
		world_ack(world, &sent, 65);
	assert_int_equal(world_drain(world, &sent), 0);
	assert_int_equal(world_stat(world, STAT_TFTP_GAPS), 1);
	assert_int_equal(world_stat(world, STAT_TFTP_TIMEOUTS), 0);
	world_end(world);
}

// Each ACK comes twice, to a client that takes 3 ms for a window, after an OACK that it
// acknowledged within 200 us: a copy is no word of a gap, and the first round trip none about the
// others.
static void a_slow_client_whose_acks_are_doubled(void **state) {
	struct world *world = world_usual();
	uint16_t block = 0;

	(void)state;
	open_window(world, "1468", "64");
	for (int window = 0; window < 10; window++) {
		assert_int_equal(world_drain(world, &sent), 64);
		world_ack(world, &sent, block);
		for (int i = 0; i < 30; i++) {
			world_wait(world, 100);
			assert_int_equal(world_drain(world, NULL), 0);
		}
		block += 64;
		world_ack(world, &sent, block);
	}
	assert_int_equal(world_stat(world, STAT_TFTP_REPEATED), 0);
	world_end(world);
}

// The first block of a window is lost: all that comes is the old ACK again, which may as well be a
// copy. It is believed when two round trips have passed without progress, long before the timer.
static void edk2_lost_the_first_block_of_a_window(void **state) {
	struct world *world = world_usual();

	(void)state;
	open_window(world, "1468", "4");
	pass_window(world, 4);
	assert_int_equal(world_drain(world, &sent), 4);
	world_wait(world, 500);
	for (int i = 0; i < 3; i++)
		world_ack(world, &sent, 4);
	assert_int_equal(world_drain(world, NULL), 0);
	world_wait(world, 3100);
	assert_true(world_take(world, &sent));
	assert_true(world_is_data(&sent, 5));
	assert_int_equal(world_drain(world, &sent), 3);
	assert_true(world_is_data(&sent, 8));
	world_wait(world, 5000);
	assert_int_equal(world_drain(world, NULL), 0);
	world_end(world);
}

static void uboot_wants_its_timeout_back(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "kernel", "timeout", "5", "tsize", "4711", "blksize", "1468");
	world_drain(world, &sent);
	assert_true(world_is_oack(&sent, "timeout", "5", "tsize", "1000000", "blksize", "1468"));
	world_end(world);
}

// It waits ten times its timeout: so do we.
static void uboot_is_waited_for(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "kernel", "timeout", "5", "blksize", "1468");
	world_drain(world, &sent);
	world_ack(world, &sent, 0);
	world_drain(world, &sent);
	for (int i = 0; i < 49; i++) {
		world_wait(world, 1000000);
		world_drain(world, NULL);
	}
	assert_int_equal(tftp_server_active(world->server), 1);
	world_ack(world, &sent, 1);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_data(&sent, 2));
	world_end(world);
}

// Its source port is 1024 + timer % 3072: after a reset it may be the one of a live transfer.
static void uboot_reuses_its_port(void **state) {
	struct world *world = world_usual();
	struct event_record event;

	(void)state;
	world_read(world, 1111, "kernel", "timeout", "5", "blksize", "1468");
	world_drain(world, &sent);
	world_ack(world, &sent, 0);
	world_drain(world, &sent);
	world_read(world, 1111, "initrd", "timeout", "5", "blksize", "1468");
	assert_int_equal(world_drain(world, &sent), 1);
	assert_int_equal(sent.kind, TFTP_PACKET_OACK);
	assert_int_equal(tftp_server_active(world->server), 1);
	assert_int_equal(world_pins(world), 1);
	assert_true(world_event(world, EVENT_TFTP_FAILED, &event));
	assert_int_equal(event.reason, EVENT_REASON_REPLACED);
	world_end(world);
}

// One NACK per gap, and silence until a full window has come from there.
static void uboot_sends_one_nack_and_waits_for_a_full_window(void **state) {
	struct world *world = world_usual();

	(void)state;
	open_window(world, "1468", "8");
	pass_window(world, 8);
	assert_int_equal(world_drain(world, &sent), 8);
	world_wait(world, 500);
	world_ack(world, &sent, 10);
	assert_true(world_take(world, &sent));
	assert_true(world_is_data(&sent, 11));
	assert_int_equal(world_drain(world, &sent), 7);
	assert_true(world_is_data(&sent, 18));
	world_end(world);
}

// The NACK comes while the window is still being sent: what is left of it is not sent first.
static void uboot_nack_stops_the_window_under_way(void **state) {
	struct world *world = world_usual();

	(void)state;
	open_window(world, "1468", "32");
	for (int i = 0; i < 10; i++)
		assert_true(world_take(world, &sent));
	world_ack(world, &sent, 3);
	assert_true(world_take(world, &sent));
	assert_true(world_is_data(&sent, 4));
	assert_int_equal(world_drain(world, &sent), 31);
	assert_true(world_is_data(&sent, 35));
	world_end(world);
}

static void atftp_window_of_16_with_a_gap(void **state) {
	struct world *world = world_usual();

	(void)state;
	open_window(world, "1428", "16");
	pass_window(world, 16);
	assert_int_equal(world_drain(world, &sent), 16);
	world_wait(world, 500);
	world_ack(world, &sent, 20);
	assert_int_equal(world_drain(world, &sent), 16);
	assert_true(world_is_data(&sent, 36));
	world_wait(world, 500);
	world_ack(world, &sent, 36);
	assert_int_equal(world_drain(world, &sent), 16);
	assert_true(world_is_data(&sent, 52));
	world_end(world);
}

static void grub_needs_an_oack_in_lower_case(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "/boot/pxelinux.0", "BLKSIZE", "1024", "TSize", "0");
	world_drain(world, &sent);
	assert_true(world_is_oack(&sent, "blksize", "1024", "tsize", "42000"));
	world_read(world, WORLD_PORT + 1, "empty", "blksize", "1024", "tsize", "0");
	world_drain(world, &sent);
	assert_true(world_is_oack(&sent, "blksize", "1024"));
	world_end(world);
}

// It has no timer in the data phase: only ours recovers, within a second.
static void grub_never_repeats_an_ack(void **state) {
	struct world *world = world_usual();
	uint64_t gap_us = 0;

	(void)state;
	world_read(world, WORLD_PORT, "kernel", "blksize", "1024", "tsize", "0");
	world_drain(world, &sent);
	world_wait(world, 400);
	world_ack(world, &sent, 0);
	assert_int_equal(world_drain(world, &sent), 1);
	for (int lost = 0; lost < 12; lost++) {
		for (gap_us = 0; !world_take(world, &sent); gap_us += 1000)
			world_wait(world, 1000);
		assert_true(world_is_data(&sent, 1));
		assert_in_range(gap_us, 18000, 1010000);
	}
	assert_in_range(gap_us, 990000, 1010000);
	world_ack(world, &sent, 1);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_data(&sent, 2));
	world_end(world);
}

// It ignores a repeated block 65,535 and does not acknowledge it again; block 0 helps.
static void grub_lost_ack_65535(void **state) {
	struct world *world = world_begin(8, 1468, 64);

	(void)state;
	world_file(world, "big", 70000 * 512);
	world_start(world);
	world_read(world, WORLD_PORT, "big", "blksize", "512", "tsize", "0");
	world_drain(world, &sent);
	for (uint32_t block = 0; block < 65535; block++) {
		world_ack(world, &sent, (uint16_t)block);
		assert_int_equal(world_drain(world, &sent), 1);
	}
	assert_true(world_is_data(&sent, 65535));
	world_wait(world, 400000);
	assert_true(world_take(world, &sent));
	assert_true(world_is_data(&sent, 65535));
	assert_true(world_take(world, &sent));
	assert_true(world_is_data(&sent, 65536));
	assert_false(world_take(world, &sent));
	world_ack(world, &sent, 0);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_data(&sent, 65537));
	world_end(world);
}

// Another client acknowledges both of the pair at the wrap: block 0 is not sent once more.
static void busybox_acknowledges_both_at_the_wrap(void **state) {
	struct world *world = world_begin(8, 1468, 64);

	(void)state;
	world_file(world, "big", 70000 * 512);
	world_start(world);
	world_read(world, WORLD_PORT, "big");
	world_drain(world, &sent);
	for (uint32_t block = 1; block < 65535; block++) {
		world_ack(world, &sent, (uint16_t)block);
		assert_int_equal(world_drain(world, &sent), 1);
	}
	world_wait(world, 400000);
	assert_int_equal(world_drain(world, &sent), 2);
	world_ack(world, &sent, 65535);
	assert_int_equal(world_drain(world, &sent), 0);
	world_ack(world, &sent, 0);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_data(&sent, 65537));
	world_end(world);
}

static void grub_closes_early_and_opens_again(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "kernel", "blksize", "1024", "tsize", "0");
	world_drain(world, &sent);
	world_ack(world, &sent, 0);
	world_drain(world, &sent);
	world_ack(world, &sent, 1);
	world_drain(world, &sent);
	world_packet(world, WORLD_CLIENT, WORLD_PORT, sent.to.src_port, "\0\5\0\0closed", 11);
	assert_int_equal(world_stat(world, STAT_TFTP_STOPPED), 1);
	assert_int_equal(tftp_server_active(world->server), 0);
	world_read(world, WORLD_PORT, "kernel", "blksize", "1024", "tsize", "0");
	assert_int_equal(world_drain(world, &sent), 1);
	assert_int_equal(sent.kind, TFTP_PACKET_OACK);
	world_end(world);
}

// Queues 50 packets and then withholds its ACKs: a silence of 20 s is normal.
static void grub_falls_silent_for_a_while(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "kernel", "blksize", "1024", "tsize", "0");
	world_drain(world, &sent);
	world_ack(world, &sent, 0);
	for (int i = 0; i < 31; i++) {
		world_drain(world, &sent);
		world_wait(world, 1000000);
	}
	world_ack(world, &sent, 1);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_data(&sent, 2));
	world_end(world);
}

static void grub_collapses_slashes(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "//boot///pxelinux.0", "blksize", "1024", "tsize", "0");
	world_drain(world, &sent);
	assert_int_equal(sent.kind, TFTP_PACKET_OACK);
	world_end(world);
}

// Its retry table starts at two BIOS ticks (110 ms), always from the same port.
static void syslinux_repeats_its_request(void **state) {
	struct world *world = world_usual();
	uint16_t tid;

	(void)state;
	world_read(world, WORLD_PORT, "boot/pxelinux.0", "tsize", "0", "blksize", "1408");
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_oack(&sent, "tsize", "42000", "blksize", "1408"));
	tid = sent.to.src_port;
	world_wait(world, 90000);
	world_read(world, WORLD_PORT, "boot/pxelinux.0", "tsize", "0", "blksize", "1408");
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_oack(&sent, "tsize", "42000", "blksize", "1408"));
	assert_int_equal(sent.to.src_port, tid);
	world_ack(world, &sent, 0);
	world_ack(world, &sent, 0);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_data(&sent, 1));
	world_end(world);
}

// It acknowledges the old block again when a wrong one comes: no reason to send anything.
static void syslinux_acknowledges_again(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "boot/pxelinux.0", "tsize", "0", "blksize", "1408");
	world_drain(world, &sent);
	world_ack(world, &sent, 0);
	world_drain(world, &sent);
	world_ack(world, &sent, 1);
	assert_int_equal(world_drain(world, &sent), 1);
	for (int i = 0; i < 20; i++) {
		world_ack(world, &sent, 1);
		world_ack(world, &sent, 0);
		assert_int_equal(world_drain(world, NULL), 0);
	}
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_SAME_ACK), 20);
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_OLD_ACK), 20);
	world_end(world);
}

static void windows_uses_backslashes_any_case_and_msftwindow(void **state) {
	struct world *world = world_usual();
	static const uint8_t ack[] = {0, TFTP_ACK, 0, 0, 4};

	(void)state;
	world_read(world, WORLD_PORT, "\\BOOT\\PXELINUX.0", "tsize", "0", "blksize", "1456",
		"windowsize", "4", "msftwindow", "31416");
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_oack(&sent, "tsize", "42000", "blksize", "1456", "windowsize", "4"));
	world_packet(world, WORLD_CLIENT, WORLD_PORT, sent.to.src_port, ack, sizeof(ack));
	assert_int_equal(world_drain(world, &sent), 4);
	world_end(world);
}

static void windows_blksize_beyond_the_mtu_is_lowered(void **state) {
	struct world *world = world_usual();

	(void)state;
	world->mtu = 1400;
	world_read(world, WORLD_PORT, "kernel", "blksize", "16384", "windowsize", "64");
	world_drain(world, &sent);
	assert_true(world_is_oack(&sent, "blksize", "1368", "windowsize", "64"));
	world_end(world);
}

static void curl_fails_on_tsize_0(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "empty", "tsize", "0", "blksize", "512", "timeout", "6");
	world_drain(world, &sent);
	assert_true(world_is_oack(&sent, "blksize", "512", "timeout", "6"));
	world_ack(world, &sent, 0);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_int_equal(sent.len, 4);
	world_ack(world, &sent, 1);
	assert_int_equal(world_stat(world, STAT_TFTP_DONE), 1);
	world_end(world);
}

// Its first timeout is 100 ms, and it repeats the request without options.
static void busybox_gets_data_1_again(void **state) {
	struct world *world = world_usual();
	uint16_t tid;

	(void)state;
	world_read(world, WORLD_PORT, "menu.ipxe");
	assert_int_equal(world_drain(world, &sent), 1);
	tid = sent.to.src_port;
	world_wait(world, 100000);
	world_read(world, WORLD_PORT, "menu.ipxe");
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_data(&sent, 1));
	assert_int_equal(sent.to.src_port, tid);
	world_ack(world, &sent, 1);
	world_ack(world, &sent, 1);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_data(&sent, 2));
	world_end(world);
}

static void busybox_names_its_blksize_only(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "kernel", "blksize", "1400");
	world_drain(world, &sent);
	assert_true(world_is_oack(&sent, "blksize", "1400"));
	world_end(world);
}

static void tftp_hpa_defaults_to_netascii(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_set_netascii(world, "kernel", "initrd");
	world_request(world, WORLD_CLIENT, WORLD_PORT, "\0\1kernel\0netascii", 18);
	assert_true(world_take(world, &sent) && world_is_data(&sent, 1));
	assert_int_equal(world_stat(world, STAT_TFTP_NETASCII), 1);
	world_end(world);
}

static void tftp_hpa_gets_no_option_it_did_not_ask_for(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "kernel");
	world_drain(world, &sent);
	assert_true(world_is_data(&sent, 1));
	assert_int_equal(sent.len, 4 + 512);
	world_end(world);
}

// world_is_oack compares the whole packet: nothing may follow the last NUL.
static void cisco_takes_no_trailing_nul(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "kernel", "tsize", "0", "timeout", "10");
	world_drain(world, &sent);
	assert_true(world_is_oack(&sent, "tsize", "1000000", "timeout", "10"));
	assert_int_equal(sent.len, 2 + 6 + 8 + 8 + 3);
	world_end(world);
}

static void hp_pa_risc_pads_its_request(void **state) {
	struct world *world = world_usual();
	uint8_t request[516] = "\0\1kernel\0octet\0blksize\0001024";

	(void)state;
	world_request(world, WORLD_CLIENT, WORLD_PORT, request, sizeof(request));
	world_drain(world, &sent);
	assert_true(world_is_oack(&sent, "blksize", "1024"));
	world_end(world);
}

static void raspberry_pi_asks_for_many_missing_files(void **state) {
	struct world *world = world_usual();

	(void)state;
	for (uint16_t i = 0; i < 50; i++) {
		world_read(world, (uint16_t)(49152 + i), "d3adb33f/start4.elf", "tsize", "0");
		assert_int_equal(world_drain(world, &sent), 1);
		assert_int_equal(sent.kind, TFTP_PACKET_ERROR);
		assert_int_equal(sent.payload[3], TFTP_ERROR_NOT_FOUND);
	}
	world_read(world, WORLD_PORT, "kernel", "tsize", "0");
	world_drain(world, &sent);
	assert_true(world_is_oack(&sent, "tsize", "1000000"));
	world_end(world);
}

static void shim_asks_for_windows_of_small_blocks(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "revocations_sku.efi", "tsize", "0", "blksize", "512",
		"windowsize", "4");
	world_drain(world, &sent);
	assert_int_equal(sent.payload[3], TFTP_ERROR_NOT_FOUND);
	world_read(world, WORLD_PORT, "kernel", "blksize", "512", "windowsize", "4");
	world_drain(world, &sent);
	assert_true(world_is_oack(&sent, "blksize", "512", "windowsize", "4"));
	world_end(world);
}

// atftp takes a group for refused when the option is left out, as it is where groups may not be.
static void atftp_takes_a_transfer_of_its_own(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "initrd", "multicast", "", "blksize", "400");
	world_drain(world, &sent);
	assert_true(world_is_oack(&sent, "blksize", "400"));
	world_end(world);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipxe_asks_for_blksize_and_tsize),
		cmocka_unit_test(ipxe_says_tftp_aborted_on_close),
		cmocka_unit_test(edk2_probes_the_size_first),
		cmocka_unit_test(edk2_probe_is_replaced_by_the_second_request),
		cmocka_unit_test(edk2_acknowledges_every_packet_behind_a_gap),
		cmocka_unit_test(a_slow_client_whose_acks_are_doubled),
		cmocka_unit_test(edk2_lost_the_first_block_of_a_window),
		cmocka_unit_test(uboot_wants_its_timeout_back),
		cmocka_unit_test(uboot_is_waited_for),
		cmocka_unit_test(uboot_reuses_its_port),
		cmocka_unit_test(uboot_sends_one_nack_and_waits_for_a_full_window),
		cmocka_unit_test(uboot_nack_stops_the_window_under_way),
		cmocka_unit_test(atftp_window_of_16_with_a_gap),
		cmocka_unit_test(grub_needs_an_oack_in_lower_case),
		cmocka_unit_test(grub_never_repeats_an_ack),
		cmocka_unit_test(grub_lost_ack_65535),
		cmocka_unit_test(busybox_acknowledges_both_at_the_wrap),
		cmocka_unit_test(grub_closes_early_and_opens_again),
		cmocka_unit_test(grub_falls_silent_for_a_while),
		cmocka_unit_test(grub_collapses_slashes),
		cmocka_unit_test(syslinux_repeats_its_request),
		cmocka_unit_test(syslinux_acknowledges_again),
		cmocka_unit_test(windows_uses_backslashes_any_case_and_msftwindow),
		cmocka_unit_test(windows_blksize_beyond_the_mtu_is_lowered),
		cmocka_unit_test(curl_fails_on_tsize_0),
		cmocka_unit_test(busybox_gets_data_1_again),
		cmocka_unit_test(busybox_names_its_blksize_only),
		cmocka_unit_test(tftp_hpa_defaults_to_netascii),
		cmocka_unit_test(tftp_hpa_gets_no_option_it_did_not_ask_for),
		cmocka_unit_test(cisco_takes_no_trailing_nul),
		cmocka_unit_test(hp_pa_risc_pads_its_request),
		cmocka_unit_test(raspberry_pi_asks_for_many_missing_files),
		cmocka_unit_test(shim_asks_for_windows_of_small_blocks),
		cmocka_unit_test(atftp_takes_a_transfer_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
