// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "tftp_table.h"

#include "unit.h"

static const uint64_t seed[2] = {0x0123456789abcdefULL, 0xfedcba9876543210ULL};

struct bench {
	struct tftp_table table;
	struct tftp_session *session;
	void *memory;
};

static struct bench begin(uint32_t count) {
	struct bench bench = {
		.session = calloc(count, sizeof(*bench.session)),
		.memory = malloc(tftp_table_size(count)),
	};

	assert_non_null(bench.session);
	assert_non_null(bench.memory);
	tftp_table_init(&bench.table, bench.memory, bench.session, count, seed);
	return bench;
}

static void end(struct bench *bench) {
	free(bench->session);
	free(bench->memory);
}

static uint32_t add(struct bench *bench, uint32_t address, uint16_t port) {
	uint32_t index = tftp_table_draw(&bench->table);

	if (index == TFTP_TABLE_NONE)
		return index;
	assert_int_equal(bench->session[index].state, SESSION_FREE);
	bench->session[index].peer_address = address;
	bench->session[index].peer_port = port;
	bench->session[index].state = SESSION_SENDING;
	tftp_table_insert(&bench->table, index);
	return index;
}

static void an_empty_table_finds_nothing(void **state) {
	struct bench bench = begin(4);

	(void)state;
	assert_int_equal(tftp_table_find(&bench.table, 1, 2), TFTP_TABLE_NONE);
	tftp_table_clear_half_open(&bench.table, 3);
	assert_int_equal(bench.table.half[TFTP_HALF_STRANGERS].first, TFTP_TABLE_NONE);
	end(&bench);
}

static void a_full_table_says_so_and_recovers(void **state) {
	struct bench bench = begin(100);
	uint32_t last = 0;

	(void)state;
	for (uint16_t i = 0; i < 100; i++)
		last = add(&bench, 0x0a000000, i);
	assert_int_equal(add(&bench, 1, 1), TFTP_TABLE_NONE);
	for (uint16_t i = 0; i < 100; i++)
		assert_int_not_equal(tftp_table_find(&bench.table, 0x0a000000, i), TFTP_TABLE_NONE);
	tftp_table_remove(&bench.table, last);
	assert_int_equal(tftp_table_find(&bench.table, 0x0a000000, 99), TFTP_TABLE_NONE);
	assert_int_equal(add(&bench, 1, 1), last);
	end(&bench);
}

static void address_and_port_are_the_key(void **state) {
	struct bench bench = begin(16);
	uint32_t a = add(&bench, 10, 1);
	uint32_t b = add(&bench, 10, 2);
	uint32_t c = add(&bench, 11, 1);

	(void)state;
	assert_int_equal(tftp_table_find(&bench.table, 10, 1), a);
	assert_int_equal(tftp_table_find(&bench.table, 10, 2), b);
	assert_int_equal(tftp_table_find(&bench.table, 11, 1), c);
	assert_int_equal(tftp_table_find(&bench.table, 11, 2), TFTP_TABLE_NONE);
	end(&bench);
}

static void half_open_ones_keep_their_order(void **state) {
	struct bench bench = begin(8);
	uint32_t index[4];

	(void)state;
	for (uint16_t i = 0; i < 4; i++) {
		index[i] = add(&bench, 1, i);
		tftp_table_set_half_open(&bench.table, index[i]);
		tftp_table_set_half_open(&bench.table, index[i]);
	}
	assert_int_equal(bench.table.half[TFTP_HALF_STRANGERS].count, 4);
	tftp_table_clear_half_open(&bench.table, index[2]);
	tftp_table_clear_half_open(&bench.table, index[2]);
	assert_int_equal(bench.table.half[TFTP_HALF_STRANGERS].first, index[0]);
	tftp_table_remove(&bench.table, index[0]);
	assert_int_equal(bench.table.half[TFTP_HALF_STRANGERS].first, index[1]);
	tftp_table_remove(&bench.table, index[1]);
	assert_int_equal(bench.table.half[TFTP_HALF_STRANGERS].first, index[3]);
	tftp_table_remove(&bench.table, index[3]);
	assert_int_equal(bench.table.half[TFTP_HALF_STRANGERS].first, TFTP_TABLE_NONE);
	assert_int_equal(bench.table.half[TFTP_HALF_STRANGERS].count, 0);
	end(&bench);
}

static void strangers_and_known_ones_are_apart(void **state) {
	struct bench bench = begin(8);
	uint32_t stranger = add(&bench, 1, 1), known = add(&bench, 1, 2);

	(void)state;
	bench.session[known].flags = SESSION_KNOWN;
	tftp_table_set_half_open(&bench.table, known);
	assert_false(tftp_table_is_pressed(&bench.table));
	tftp_table_set_half_open(&bench.table, stranger);
	assert_int_equal(bench.table.half[TFTP_HALF_STRANGERS].first, stranger);
	assert_int_equal(bench.table.half[TFTP_HALF_KNOWN].first, known);
	bench.session[known].flags =
		0; // whatever becomes of the record, it leaves the list it is in
	tftp_table_clear_half_open(&bench.table, known);
	assert_int_equal(bench.table.half[TFTP_HALF_KNOWN].count, 0);
	assert_int_equal(bench.table.half[TFTP_HALF_STRANGERS].count, 1);
	tftp_table_set_half_open(&bench.table, add(&bench, 1, 3));
	assert_true(tftp_table_is_pressed(&bench.table)); // two of eight
	end(&bench);
}

static void records_are_adopted(void **state) {
	struct bench bench = begin(8);

	(void)state;
	bench.session[3] =
		(struct tftp_session){.state = SESSION_SENDING, .peer_address = 9, .peer_port = 8};
	tftp_table_adopt(&bench.table);
	assert_int_equal(bench.table.free_count, 7);
	assert_int_equal(tftp_table_find(&bench.table, 9, 8), 3);
	for (uint16_t i = 0; i < 7; i++)
		assert_int_not_equal(add(&bench, 7, i), 3);
	assert_int_equal(add(&bench, 7, 7), TFTP_TABLE_NONE);
	end(&bench);
}

// S4: 10^6 TIDs over 2^15 ports, chi-squared with 32,767 degrees of freedom within 6 sigma.
static void tids_are_uniform(void **state) {
	enum {
		TIDS = 32768,
		DRAWS = 1000000,
	};
	struct bench bench = begin(TIDS);
	uint32_t *seen = calloc(TIDS, sizeof(*seen));
	double expected = (double)DRAWS / TIDS;
	double chi = 0;

	(void)state;
	assert_non_null(seen);
	for (int i = 0; i < DRAWS; i++) {
		uint32_t index = add(&bench, 1, 1);

		seen[index]++;
		tftp_table_remove(&bench.table, index);
	}
	for (int i = 0; i < TIDS; i++)
		chi += (seen[i] - expected) * (seen[i] - expected) / expected;
	assert_true(chi > 32767 - 6 * 256 && chi < 32767 + 6 * 256);
	free(seen);
	end(&bench);
}

static void another_seed_gives_other_tids(void **state) {
	struct bench a = begin(4096);
	struct bench b = begin(4096);
	int same = 0;

	(void)state;
	b.table.seed[1]++;
	for (uint16_t i = 0; i < 1000; i++)
		same += add(&a, 1, i) == add(&b, 1, i);
	assert_in_range(same, 0, 10);
	end(&a);
	end(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_table_finds_nothing),
		cmocka_unit_test(a_full_table_says_so_and_recovers),
		cmocka_unit_test(address_and_port_are_the_key),
		cmocka_unit_test(half_open_ones_keep_their_order),
		cmocka_unit_test(strangers_and_known_ones_are_apart),
		cmocka_unit_test(records_are_adopted),
		cmocka_unit_test(tids_are_uniform),
		cmocka_unit_test(another_seed_gives_other_tids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
