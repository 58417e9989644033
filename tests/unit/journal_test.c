// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <errno.h>

#include "journal.h"
#include "shm_abi.h"
#include "unit.h"

static struct journal_record good_record(void) {
	struct journal_record record = {
		.lsn = 7,
		.expiry_unix_s = 1800000000,
		.address = 0x0a4d0032,
		.key = {0x52, 0x54, 0x00, 0x00, 0x01, 0x01},
		.htype = 1,
		.hlen = 6,
		.state = LEASE_BOUND,
		.hostname_len = 4,
		.hostname = "n001",
		.since_unix_s = 1700000000,
	};

	journal_seal(&record);
	return record;
}

static void flipped_bits_are_seen(void **state) {
	(void)state;
	for (size_t bit = 0; bit < 8 * JOURNAL_RECORD_BYTES; bit++) {
		struct journal_record record = good_record();

		((uint8_t *)&record)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (journal_whole(&record))
			fail_msg("bit %zu flipped, and the record still counts as whole", bit);
	}
}

static void zeroes_are_no_record(void **state) {
	struct journal_record record = {0};

	(void)state;
	assert_false(journal_whole(&record));
}

static void insane_fields_are_seen(void **state) {
	static const struct {
		const char *name;
		size_t offset;
		uint8_t value;
	} cases[] = {
		{"state free", offsetof(struct journal_record, state), LEASE_FREE},
		{"state offered", offsetof(struct journal_record, state), LEASE_OFFERED},
		{"state unknown", offsetof(struct journal_record, state), 9},
		{"hlen 17", offsetof(struct journal_record, hlen), 17},
		{"hostname_len 16", offsetof(struct journal_record, hostname_len), 16},
		{"unknown flag", offsetof(struct journal_record, flags), 2},
		{"lsn 0", offsetof(struct journal_record, lsn), 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct journal_record record = good_record();

		((uint8_t *)&record)[cases[i].offset] = cases[i].value;
		if (journal_sane(&record))
			fail_msg("%s: counts as sane", cases[i].name);
	}
	struct journal_record record = good_record();
	record.address = 0;
	assert_false(journal_sane(&record));
}

static void used_orders_are_records(void **state) {
	static const struct {
		const char *name;
		uint32_t slot;
		uint64_t id;
		uint8_t hlen;
		uint8_t hostname_len;
		bool sane;
	} cases[] = {
		{"first slot", 0, 1, 0, 0, true},
		{"last slot", ORDER_SLOTS - 1, UINT64_MAX, 0, 0, true},
		{"slot out of range", ORDER_SLOTS, 1, 0, 0, false},
		{"an address", 0x0a4d0032, 1, 0, 0, false},
		{"no id", 5, 0, 0, 0, false},
		{"a hardware address", 5, 1, 6, 0, false},
		{"a host name", 5, 1, 0, 1, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct journal_record record =
			journal_order_used(9, cases[i].slot, cases[i].id, 1700000000);

		assert_case(cases[i].name, journal_whole(&record) && journal_is_order(&record));
		assert_case(cases[i].name, journal_order_id(&record) == cases[i].id);
		record.hlen = cases[i].hlen;
		record.hostname_len = cases[i].hostname_len;
		assert_case(cases[i].name, journal_sane(&record) == cases[i].sane);
	}
}

static void good_records_pass(void **state) {
	static const uint8_t states[] = {LEASE_BOUND, LEASE_RELEASED, LEASE_DECLINED};
	struct journal_record record = good_record();

	(void)state;
	for (size_t i = 0; i < sizeof(states); i++) {
		record.state = states[i];
		record.hlen = (uint8_t)(8 * i);
		record.hostname_len = (uint8_t)(7 * i);
		record.flags = (uint8_t)(i & JOURNAL_BATCH_FIRST);
		journal_seal(&record);
		assert_true(journal_whole(&record));
		assert_true(journal_sane(&record));
	}
}

static void headers_are_told_apart(void **state) {
	struct journal_header header = {.kind = JOURNAL_SEGMENT, .epoch = 3, .first_lsn = 9};
	struct journal_header zero = {0};

	(void)state;
	journal_seal_header(&header);
	assert_int_equal(journal_check_header(&zero, JOURNAL_SEGMENT), -ENODATA);
	assert_int_equal(journal_check_header(&header, JOURNAL_CHECKPOINT), -EBADMSG);
	assert_int_equal(journal_check_header(&header, JOURNAL_SEGMENT), 0);
	for (size_t bit = 0; bit < 8 * sizeof(header); bit++) {
		struct journal_header bad = header;
		size_t byte = bit / 8;
		bool version = byte >= 8 && byte < 12;

		((uint8_t *)&bad)[byte] ^= (uint8_t)(1u << bit % 8);
		if (journal_check_header(&bad, JOURNAL_SEGMENT) != (version ? -EPROTO : -EBADMSG))
			fail_msg("bit %zu flipped: %d", bit,
				journal_check_header(&bad, JOURNAL_SEGMENT));
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flipped_bits_are_seen),
		cmocka_unit_test(zeroes_are_no_record),
		cmocka_unit_test(insane_fields_are_seen),
		cmocka_unit_test(used_orders_are_records),
		cmocka_unit_test(good_records_pass),
		cmocka_unit_test(headers_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
