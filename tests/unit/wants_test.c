// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "wants.h"

#include "unit.h"

// A ring with its worker and consumer.
struct ends {
	struct worker_block worker;
	_Atomic uint64_t ring[WANT_RING_SIZE];
	_Atomic uint64_t published_tail; // what the worker sees
	struct wants wants;
	uint64_t tail;
};

static int set_up(void **state) {
	struct ends *e = aligned_alloc(64, (sizeof(*e) + 63) & ~(size_t)63);

	memset(e, 0, sizeof(*e));
	e->wants =
		(struct wants){.worker = &e->worker, .ring = e->ring, .tail = &e->published_tail};
	*state = e;
	return 0;
}

static int tear_down(void **state) {
	free(*state);
	return 0;
}

static int64_t pop(struct ends *e) {
	uint64_t want;

	if (!wants_pop(&e->worker, e->ring, &e->tail, &want))
		return -1;
	assert_int_equal(WANT_GENERATION(want), WANT_SLOT(want) + 1000ull * 1000 * 1000 * 1000);
	assert_int_equal(want >> 63, WANT_SLOT(want) % 2);
	return WANT_SLOT(want);
}

static bool push(struct ends *e, uint32_t slot) {
	return wants_push(&e->wants, IMAGE_LINK(slot, slot + 1000ull * 1000 * 1000 * 1000) |
					     (slot % 2 ? WANT_NETASCII : 0));
}

static void wants_come_in_order(void **state) {
	struct ends *e = *state;

	assert_int_equal(pop(e), -1);
	assert_true(push(e, 7) && push(e, IMAGE_MAX_SLOTS - 1) && push(e, 0));
	assert_int_equal(pop(e), 7);
	assert_int_equal(pop(e), IMAGE_MAX_SLOTS - 1);
	assert_int_equal(pop(e), 0);
	assert_int_equal(pop(e), -1);
}

static void a_full_ring_takes_no_more(void **state) {
	struct ends *e = *state;

	for (uint32_t i = 0; i < WANT_RING_SIZE; i++)
		assert_true(push(e, i));
	assert_false(push(e, 5000));
	assert_int_equal(pop(e), 0);
	e->published_tail = e->tail;
	assert_true(push(e, 5000));
	assert_false(push(e, 5001));
	for (uint32_t i = 1; i < WANT_RING_SIZE; i++)
		assert_int_equal(pop(e), i);
	assert_int_equal(pop(e), 5000);
	assert_int_equal(pop(e), -1);
}

// Control was killed: the next one goes on at the tail in its region.
static void the_next_consumer_goes_on(void **state) {
	struct ends *e = *state;

	push(e, 1);
	push(e, 2);
	assert_int_equal(pop(e), 1);
	e->published_tail = e->tail;
	push(e, 3);
	e->tail = e->published_tail;
	assert_int_equal(pop(e), 2);
	assert_int_equal(pop(e), 3);
}

// A control region made anew: nobody is held up, and the last wants are there.
static void a_tail_that_cannot_be_is_not_believed(void **state) {
	struct ends *e = *state;

	for (uint32_t i = 0; i < 3 * WANT_RING_SIZE; i++) {
		e->published_tail = i % 2 ? UINT64_MAX - 7 : i + 1;
		assert_true(push(e, i));
	}
	for (uint32_t i = 2 * WANT_RING_SIZE; i < 3 * WANT_RING_SIZE; i++)
		assert_int_equal(pop(e), i);
	assert_int_equal(pop(e), -1);
}

// A worker whose region was made anew begins at 0.
static void a_worker_that_begins_anew_is_followed(void **state) {
	struct ends *e = *state;

	e->tail = 123456;
	push(e, 4);
	assert_int_equal(pop(e), 4);
	assert_int_equal(pop(e), -1);
}

static void nobody_need_listen(void **state) {
	struct ends *e = *state;

	e->wants.tail = NULL;
	for (uint32_t i = 0; i < 2 * WANT_RING_SIZE; i++)
		assert_true(push(e, i));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(wants_come_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_ring_takes_no_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_next_consumer_goes_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_tail_that_cannot_be_is_not_believed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_worker_that_begins_anew_is_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_need_listen, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
