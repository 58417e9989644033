// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A session of the reflector: what it grants, which blocks are due, when it ends.

#include "storm_reflect_session.h"

#include "unit.h"

static struct storm_reflect_table table;
static uint8_t oack[96];
static size_t oack_len;

static struct storm_reflect_session *begin(const char *options, size_t options_len, uint64_t size) {
	uint8_t packet[256] = "\0\1name\0octet";
	size_t len = 13;
	struct tftp_request request;

	memcpy(packet + len, options, options_len);
	assert_int_equal(tftp_parse_request(packet, len + options_len, &request), 0);
	table.blksize_max = STORM_REFLECT_BLKSIZE;
	table.window_max = 64;
	return storm_reflect_begin(&table, &request, size, 1000000, oack, sizeof(oack), &oack_len);
}

static uint32_t ack(struct storm_reflect_session *s, uint16_t block, uint64_t now_us) {
	const uint8_t packet[4] = {0, TFTP_ACK, (uint8_t)(block >> 8), (uint8_t)block};

	return storm_reflect_heard(s, packet, sizeof(packet), now_us);
}

static void options_are_granted_within_bounds(void **state) {
	static const struct {
		const char *name, *asked;
		size_t asked_len;
		const char *oack;
		size_t oack_len;
		uint16_t blksize, window;
	} CASES[] = {
		{"none", "", 0, "", 0, 512, 1},
		{"unknown", "foo\0001", 6, "", 0, 512, 1},
		{"a blksize that is none", "blksize\0007", 10, "", 0, 512, 1},
		{"blksize", "blksize\0001024", 13, "\0\6blksize\0001024", 15, 1024, 1},
		{"too large", "BLKSIZE\00065464", 14, "\0\6BLKSIZE\0001468", 15, 1468, 1},
		{"window", "windowsize\000100", 15, "\0\6windowsize\00064", 16, 512, 64},
		{"tsize", "tsize\0000", 8, "\0\6tsize\0002000", 13, 512, 1},
		{"timeout", "timeout\0005", 10, "\0\6timeout\0005", 12, 512, 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct storm_reflect_session *s = begin(CASES[i].asked, CASES[i].asked_len, 2000);

		assert_non_null(s);
		assert_case(CASES[i].name, oack_len == CASES[i].oack_len);
		assert_case(CASES[i].name, !memcmp(oack, CASES[i].oack, oack_len));
		assert_case(CASES[i].name, s->blksize == CASES[i].blksize);
		assert_case(CASES[i].name, s->window == CASES[i].window);
		assert_case(CASES[i].name, s->begun == (oack_len == 0));
	}
}

static void a_window_follows_each_ack(void **state) {
	// 1,000 blocks and an empty one.
	struct storm_reflect_session *s = begin("windowsize\00064", 14, 1000 * 512);

	(void)state;
	assert_int_equal(ack(s, 0, 1), 64);
	assert_int_equal(ack(s, 0, 2), 64); // the OACK's again
	assert_int_equal(ack(s, 64, 3), 64);
	assert_int_equal(ack(s, 64, 4), 0);   // again: one is under way
	assert_int_equal(ack(s, 63, 5), 0);   // an old one
	assert_int_equal(ack(s, 129, 6), 0);  // of what was not sent
	assert_int_equal(ack(s, 100, 7), 64); // behind a gap
	s->acked = 990;
	assert_int_equal(ack(s, 995, 8), 6);
	assert_int_equal(ack(s, 1001, 9), 0);
	assert_false(s->live);
}

static void blocks_roll_over(void **state) {
	struct storm_reflect_session *s = begin("blksize\0008", 10, 8 * 70000);

	(void)state;
	s->acked = 65534;
	assert_int_equal(ack(s, 65535, 1), 1);
	assert_int_equal(ack(s, 0, 2), 1);
	assert_int_equal(s->acked, 65536);
	assert_int_equal(ack(s, 0, 3), 0);
}

static void silence_is_answered_and_ends(void **state) {
	struct storm_reflect_session *s = begin("tsize\0000", 8, 4000);

	(void)state;
	// Its OACK is the client's to ask for again.
	assert_int_equal(storm_reflect_again(s, 2000000), 0);
	assert_int_equal(ack(s, 0, 2000000), 1);
	assert_int_equal(storm_reflect_again(s, 2249999), 0);
	assert_int_equal(storm_reflect_again(s, 2250000), 1);
	assert_int_equal(storm_reflect_again(s, 2250001), 0);
	assert_int_equal(storm_reflect_again(s, 22000001), 0);
	assert_false(s->live);
}

static void what_is_no_ack_ends_it(void **state) {
	static const uint8_t ERROR[] = {0, TFTP_ERROR, 0, 8, 0}, CUT[] = {0, TFTP_ACK, 0};
	struct storm_reflect_session *s = begin("", 0, 100);

	(void)state;
	assert_int_equal(storm_reflect_heard(s, ERROR, sizeof(ERROR), 1), 0);
	assert_false(s->live);
	s = begin("", 0, 100);
	assert_int_equal(storm_reflect_heard(s, CUT, sizeof(CUT), 1), 0);
	assert_false(s->live);
}

static void a_full_table_takes_none(void **state) {
	(void)state;
	for (uint32_t i = 0; i < STORM_REFLECT_SESSIONS; i++)
		table.sessions[i].live = true;
	assert_null(begin("", 0, 100));
	// A free one is found within two searches, wherever it is.
	table.sessions[(table.next + 300) % STORM_REFLECT_SESSIONS].live = false;
	assert_null(begin("", 0, 100));
	assert_non_null(begin("", 0, 100));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_granted_within_bounds),
		cmocka_unit_test(a_window_follows_each_ack),
		cmocka_unit_test(blocks_roll_over),
		cmocka_unit_test(silence_is_answered_and_ends),
		cmocka_unit_test(what_is_no_ack_ends_it),
		cmocka_unit_test(a_full_table_takes_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
