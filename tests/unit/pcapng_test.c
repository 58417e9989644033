// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What is written is read back by libpcap, which rouse explain uses; tests/smoke/capture asks
// tshark.

#include <errno.h>
#include <pcap/pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "capture_lease.h"
#include "cli/capture_file.h"
#include "cli/pcapng.h"

static const struct pcapng_frame FRAME = {
	.interface = 1,
	.unix_ns = 1700000000123456789,
	.bytes = (const uint8_t *)"0123456789abcde",
	.len = 15,
	.wire_len = 1514,
	.direction = 2,
	.queue = 3,
	.lost = 5,
	.comment = "dropped: for a reason",
};

// Each with as many bytes as it asks for.
static size_t write_any(int which, uint8_t *out, size_t size) {
	switch (which) {
	case 0:
		return pcapng_section(out, size, "rouse");
	case 1:
		return pcapng_interface(out, size, "af_xdp:eth0", 992);
	default:
		return pcapng_packet(out, size, &FRAME);
	}
}

static void a_block_that_does_not_fit_is_none(void **state) {
	uint8_t block[PCAPNG_BLOCK_MAX];

	(void)state;
	for (int which = 0; which < 3; which++) {
		size_t len = write_any(which, block, sizeof(block));

		assert_true(len > 12 && len % 4 == 0);
		for (size_t size = 0; size < len; size++) {
			uint8_t *exact = malloc(size ? size : 1);

			assert_int_equal(write_any(which, exact, size), 0);
			free(exact);
		}
		assert_memory_equal(block + 4, block + len - 4, 4);
	}
}

static void the_largest_frame_fits_a_block(void **state) {
	struct pcapng_frame frame = FRAME;
	char comment[CAPTURE_COMMENT_MAX];
	uint8_t block[PCAPNG_BLOCK_MAX], bytes[CAPTURE_FRAME_MAX] = {0};

	(void)state;
	memset(comment, 'x', sizeof(comment));
	comment[sizeof(comment) - 1] = '\0';
	frame.bytes = bytes;
	frame.len = sizeof(bytes);
	frame.comment = comment;
	assert_true(pcapng_packet(block, sizeof(block), &frame) > 0);
}

static void libpcap_reads_it(void **state) {
	char path[] = "/tmp/rouse-pcapng-XXXXXX", why[PCAP_ERRBUF_SIZE] = "";
	int fd = mkstemp(path);
	uint8_t block[PCAPNG_BLOCK_MAX];
	struct pcap_pkthdr *header;
	const u_char *data;
	pcap_t *pcap;

	(void)state;
	assert_true(fd >= 0);
	for (int i = 0; i < 4; i++) {
		size_t len = write_any(i ? (i + 1) / 2 : 0, block, sizeof(block));

		assert_int_equal(write(fd, block, len), len); // a section, two interfaces, a frame
	}
	close(fd);
	pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	unlink(path);
	if (!pcap)
		fail_msg("%s", why);
	assert_int_equal(pcap_datalink(pcap), DLT_EN10MB);
	assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
	assert_int_equal(header->caplen, 15);
	assert_int_equal(header->len, 1514);
	assert_int_equal(header->ts.tv_sec, 1700000000);
	assert_int_equal(header->ts.tv_usec, 123456789);
	assert_memory_equal(data, FRAME.bytes, 15);
	assert_int_equal(pcap_next_ex(pcap, &header, &data), PCAP_ERROR_BREAK);
	pcap_close(pcap);
}

static void comments_say_what_the_counter_says(void **state) {
	char text[CAPTURE_COMMENT_MAX];

	(void)state;
	assert_null(capture_comment(0, text));
	assert_null(capture_comment(STAT_COUNT + 1, text));
	assert_null(capture_comment(UINT32_MAX, text));
	assert_string_equal(capture_comment(STAT_DHCP_MALFORMED_MAGIC + 1, text),
		"dropped: dhcp_malformed_magic: no DHCP magic number");
	assert_non_null(strstr(capture_comment(STAT_RX_OTHER + 1, text), "not ours: rx_other: "));
	for (uint32_t reason = 1; reason <= STAT_COUNT; reason++)
		if (strlen(capture_comment(reason, text)) >= CAPTURE_COMMENT_MAX - 1)
			fail_msg("%s: its meaning does not fit", stat_info[reason - 1].name);
}

// --- capture_source

static struct capture_ring *rings;

static void put(struct capture_ring *ring, int64_t unix_ns) {
	struct capture_note note = {.frame = (const uint8_t *)"x",
		.len = 1,
		.wire_len = 1,
		.direction = CAPTURE_IN,
		.unix_ns = unix_ns};

	capture_draft(ring, 0, &note);
	capture_publish(ring, 1);
}

static void workers_are_merged_by_time(void **state) {
	static const int64_t times[2][3] = {{1, 4, 5}, {2, 3, 6}};
	struct capture_source *source = malloc(sizeof(*source));
	struct captured got;

	(void)state;
	rings = calloc(2, sizeof(*rings));
	put(&rings[0], 0); // before it begins
	capture_source_init(source, rings, 2);
	assert_false(capture_source_next(source, INT64_MAX, &got));
	for (int i = 0; i < 6; i++)
		put(&rings[i / 3], times[i / 3][i % 3]);
	for (int64_t i = 1; i <= 5; i++) {
		assert_true(capture_source_next(source, 6, &got));
		assert_int_equal(got.record->unix_ns, i);
		assert_int_equal(got.worker, i == 2 || i == 3);
		assert_int_equal(got.lost, 0);
	}
	assert_false(capture_source_next(source, 6, &got)); // not settled
	for (uint32_t i = 0; i < CAPTURE_RING_SIZE + 2; i++)
		put(&rings[0], 7);
	assert_true(capture_source_next(source, INT64_MAX, &got));
	assert_int_equal(got.worker, 1);
	assert_true(capture_source_next(source, INT64_MAX, &got));
	assert_int_equal(got.lost, 2);
	assert_true(capture_source_next(source, INT64_MAX, &got));
	assert_int_equal(got.lost, 0);
	assert_int_equal(capture_source_lost(source), 2);
	free(source);
	free(rings);
}

// --- capture_lease

static void a_lease_ends_by_itself(void **state) {
	struct capture_leases leases = {0};
	struct capture_request request = {0};

	(void)state;
	capture_lease_grant(&leases, &request, 1000, 7);
	assert_int_equal(request.until_us, 1000 + CAPTURE_LEASE_MS * 1000);
	assert_int_equal(request.mac, 7);
	capture_lease_grant(&leases, &request, 2000, 7);
	assert_int_equal(request.until_us, 2000 + CAPTURE_LEASE_MS * 1000);
	assert_int_equal(request.mac, 7);
	capture_lease_grant(&leases, &request, request.until_us, 8); // the former is over
	assert_int_equal(request.mac, 8);
}

static void two_leases_get_all_frames(void **state) {
	struct capture_leases leases = {0};
	struct capture_request request = {0};
	uint64_t over_us = 2000 + CAPTURE_LEASE_MS * 1000; // of 8

	(void)state;
	capture_lease_grant(&leases, &request, 1000, 7);
	capture_lease_grant(&leases, &request, 2000, 8);
	assert_int_equal(request.mac, 0);
	capture_lease_grant(&leases, &request, over_us - 1, 7);
	assert_int_equal(request.mac, 0);
	capture_lease_grant(&leases, &request, over_us, 7);
	assert_int_equal(request.mac, 7);
	capture_lease_grant(&leases, &request, over_us, 0);
	assert_int_equal(request.mac, 0);
}

// More than the table holds: then all frames, for as long as any of them asks.
static void many_leases_get_all_frames(void **state) {
	struct capture_leases leases = {0};
	struct capture_request request = {0};

	(void)state;
	for (uint64_t mac = 1; mac <= CAPTURE_LEASES + 2; mac++)
		capture_lease_grant(&leases, &request, 1000 + mac, mac);
	assert_int_equal(request.mac, 0);
	assert_int_equal(
		request.until_us, 1000 + CAPTURE_LEASES + 2 + CAPTURE_LEASE_MS * 1000);
	capture_lease_grant(&leases, &request, request.until_us, 9);
	assert_int_equal(request.mac, 9);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_that_does_not_fit_is_none),
		cmocka_unit_test(the_largest_frame_fits_a_block),
		cmocka_unit_test(libpcap_reads_it),
		cmocka_unit_test(comments_say_what_the_counter_says),
		cmocka_unit_test(workers_are_merged_by_time),
		cmocka_unit_test(a_lease_ends_by_itself),
		cmocka_unit_test(two_leases_get_all_frames),
		cmocka_unit_test(many_leases_get_all_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
