// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Replies that wait for the journal: order, wrap, room, lateness, and the numbers that failed.

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "parked.h"

#define RING_BYTES 8192u

static struct dhcp_output output_of(uint64_t lsn, uint16_t len) {
	struct dhcp_output output = {.len = len, .wait_lsn = lsn, .record_count = 1};

	output.record[0].lsn = lsn;
	memset(output.payload, (int)(lsn & 0xff), len);
	return output;
}

static void check_first(struct parked *parked, uint64_t lsn, uint16_t len) {
	const struct parked_reply *reply = parked_first(parked);
	uint16_t i;

	assert_non_null(reply);
	assert_int_equal(reply->wait_lsn, lsn);
	assert_int_equal(reply->len, len);
	assert_int_equal(reply->record[0].lsn, lsn);
	for (i = 0; i < len; i++)
		assert_int_equal(reply->payload[i], lsn & 0xff);
}

static void empty_has_nothing(void **state) {
	struct parked parked;
	void *memory = malloc(RING_BYTES);

	(void)state;
	parked_init(&parked, memory, RING_BYTES);
	assert_null(parked_first(&parked));
	assert_true(parked_has_room(&parked));
	free(memory);
}

// Never written beyond: the block is exact, and AddressSanitizer watches.
static void full_has_no_room(void **state) {
	struct parked parked;
	void *memory = malloc(RING_BYTES);
	struct dhcp_output output;
	uint64_t in = 0, out = 0;

	(void)state;
	parked_init(&parked, memory, RING_BYTES);
	while (parked_has_room(&parked)) {
		output = output_of(++in, DHCP_REPLY_MAX);
		parked_push(&parked, &output, 0, 1, 1);
	}
	assert_in_range(in, 3, 6);
	while (out < in) {
		check_first(&parked, ++out, DHCP_REPLY_MAX);
		parked_pop(&parked);
	}
	assert_null(parked_first(&parked));
	free(memory);
}

// A queue of changing length and entries of every size, many times around.
static void order_holds_around_the_end(void **state) {
	struct parked parked;
	void *memory = malloc(RING_BYTES);
	uint16_t len_of[65536] = {0};
	uint64_t in = 0, out = 0;
	unsigned step;

	(void)state;
	srand(1);
	parked_init(&parked, memory, RING_BYTES);
	for (step = 0; step < 60000; step++) {
		if (rand() % 2 && parked_has_room(&parked)) {
			uint16_t len = (uint16_t)(rand() % (DHCP_REPLY_MAX + 1));
			struct dhcp_output output = output_of(++in, len);

			len_of[in] = len;
			parked_push(&parked, &output, 0, 1, 1);
		} else if (parked_first(&parked)) {
			++out;
			check_first(&parked, out, len_of[out]);
			parked_pop(&parked);
		}
		assert_int_equal(parked.count, in - out);
	}
	assert_true(out > 20000);
	free(memory);
}

// A client may count its lease from the answer's arrival: a late one could outlive our end of it.
static void replies_become_late(void **state) {
	const uint64_t max_us = DHCP_PARK_MAX_MS * 1000u, start_us = 5000000;
	struct dhcp_output reply = output_of(1, 300), record_only = output_of(2, 0);
	void *memory = malloc(RING_BYTES);
	struct parked parked;

	(void)state;
	parked_init(&parked, memory, RING_BYTES);
	parked_push(&parked, &reply, 0, start_us - 7, start_us);
	parked_push(&parked, &record_only, 0, start_us - 7, start_us);
	assert_int_equal(parked_first(&parked)->received_us, start_us - 7);
	assert_false(parked_is_late(parked_first(&parked), start_us));
	assert_false(parked_is_late(parked_first(&parked), start_us + max_us));
	assert_true(parked_is_late(parked_first(&parked), start_us + max_us + 1));
	parked_pop(&parked);
	assert_false(parked_is_late(parked_first(&parked), start_us + 10 * max_us));
	free(memory);
}

static void failed_numbers_are_found(void **state) {
	struct failed_lsns failed = {0};

	(void)state;
	assert_false(failed_lsns_has(&failed, 0));
	failed_lsns_add(&failed, 5);
	failed_lsns_add(&failed, 6);
	failed_lsns_add(&failed, 9);
	assert_int_equal(failed.count, 2);
	assert_false(failed_lsns_has(&failed, 4));
	assert_true(failed_lsns_has(&failed, 5));
	assert_true(failed_lsns_has(&failed, 6));
	assert_false(failed_lsns_has(&failed, 7));
	assert_true(failed_lsns_has(&failed, 9));
	assert_false(failed_lsns_has(&failed, 10));
}

// Too many runs: some numbers between count as failed, none that failed is forgotten.
// Low at three quarters, wherever in the ring its entries lie.
static void low_is_three_quarters(void **state) {
	struct parked parked;
	void *memory = malloc(RING_BYTES);
	struct dhcp_output output = output_of(1, 100);
	uint32_t entry, turn;

	(void)state;
	parked_init(&parked, memory, RING_BYTES);
	parked_push(&parked, &output, 0, 1, 1);
	entry = parked.head;
	for (turn = 0; turn < 100; turn++) {
		assert_false(parked_is_low(&parked));
		while (!parked_is_low(&parked))
			parked_push(&parked, &output, 0, 1, 1);
		// An entry's space may be lost at the ring's end.
		assert_in_range(parked.count * entry, RING_BYTES / 4 * 3 - entry,
			RING_BYTES / 4 * 3 + entry);
		while (parked.count > 1)
			parked_pop(&parked);
	}
	free(memory);
}

static void too_many_failed_runs_err_to_the_safe_side(void **state) {
	struct failed_lsns failed = {0};
	uint64_t lsn;

	(void)state;
	for (lsn = 1; lsn < 20 * FAILED_RANGES; lsn += 10)
		failed_lsns_add(&failed, lsn);
	assert_int_equal(failed.count, FAILED_RANGES);
	for (lsn = 1; lsn < 20 * FAILED_RANGES; lsn += 10)
		assert_true(failed_lsns_has(&failed, lsn));
	assert_false(failed_lsns_has(&failed, lsn - 15)); // between the last two
}

// The same bytes to the same machine, and nothing for the journal or for the percentiles.
static void a_copy_is_the_reply_alone(void **state) {
	struct parked parked, copies;
	void *memory = malloc(2 * RING_BYTES);
	struct dhcp_output output = output_of(5, 300);
	const struct parked_reply *copy;

	(void)state;
	output.to.dst = 0x0a4d0032;
	output.phase = PHASE_ACK;
	output.again = true;
	parked_init(&parked, memory, RING_BYTES);
	parked_init(&copies, (uint8_t *)memory + RING_BYTES, RING_BYTES);
	parked_push(&parked, &output, 3, 1000, 2000);
	assert_true(parked_first(&parked)->again);
	parked_copy(&copies, parked_first(&parked), 9000);
	parked_pop(&parked);
	copy = parked_first(&copies);
	assert_non_null(copy);
	assert_memory_equal(copy->payload, output.payload, 300);
	assert_memory_equal(&copy->to, &output.to, sizeof(copy->to));
	assert_int_equal(copy->len, 300);
	assert_int_equal(copy->port, 3);
	assert_int_equal(copy->since_us, 9000);
	assert_int_equal(copy->phase, PHASE_COUNT);
	assert_int_equal(copy->record_count, 0);
	assert_false(copy->again);
	free(memory);
}

// ACKs that go at once leave at once, however many; after a stall of the disk they go in portions.
static void after_a_stall_they_leave_in_portions(void **state) {
	struct parked parked;
	struct dhcp_output output = output_of(1, 300);
	void *memory = malloc(PARKED_BYTES);
	uint64_t now_us = 1000000;
	uint32_t i, portion;

	(void)state;
	parked_init(&parked, memory, PARKED_BYTES);
	for (i = 0; i < 2000; i++)
		parked_push(&parked, &output, 0, now_us, now_us);
	now_us += PARKED_STALL_US - 1;
	for (i = 0; i < 400; i++, parked_pop(&parked))
		assert_true(parked_may_leave(&parked, parked_first(&parked), now_us));
	for (now_us++; parked.count; now_us = parked_resume_us(&parked)) {
		uint32_t most =
			parked.count / 8 > PARKED_PORTION ? parked.count / 8 : PARKED_PORTION;

		for (portion = 0;
			parked.count && parked_may_leave(&parked, parked_first(&parked), now_us);
			portion++)
			parked_pop(&parked);
		assert_in_range(portion, 1, most);
		assert_true(!parked.count || portion == most);
	}
	assert_in_range(now_us - 1000000 - PARKED_STALL_US, 10000, 25000);
	free(memory);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_has_nothing),
		cmocka_unit_test(full_has_no_room),
		cmocka_unit_test(order_holds_around_the_end),
		cmocka_unit_test(low_is_three_quarters),
		cmocka_unit_test(replies_become_late),
		cmocka_unit_test(a_copy_is_the_reply_alone),
		cmocka_unit_test(after_a_stall_they_leave_in_portions),
		cmocka_unit_test(failed_numbers_are_found),
		cmocka_unit_test(too_many_failed_runs_err_to_the_safe_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
