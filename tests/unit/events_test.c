// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "events.h"

#include "unit.h"

// A ring with its worker and consumer.
struct ends {
	struct worker_block worker;
	struct event_record ring[EVENT_RING_SIZE];
	_Atomic uint64_t published_tail; // what the worker sees
	struct events events;
	uint64_t tail;
	uint64_t lost;
};

static int set_up(void **state) {
	struct ends *e = calloc(1, sizeof(*e));

	e->events =
		(struct events){.worker = &e->worker, .ring = e->ring, .tail = &e->published_tail};
	*state = e;
	return 0;
}

static int tear_down(void **state) {
	free(*state);
	return 0;
}

static void push(struct ends *e, uint64_t value) {
	struct event_record event = {.kind = EVENT_TFTP_DONE, .value = value};

	events_push(&e->events, &event, "name", 4);
}

static bool pop(struct ends *e, struct event_record *event) {
	bool got = events_pop(&e->worker, e->ring, &e->tail, &e->lost, event);

	atomic_store(&e->published_tail, e->tail);
	return got;
}

static void an_empty_ring_gives_nothing(void **state) {
	struct event_record event;

	assert_false(pop(*state, &event));
}

static void text_is_cut_at_its_bound(void **state) {
	static const size_t lens[] = {
		0, 1, EVENT_TEXT_MAX - 1, EVENT_TEXT_MAX, EVENT_TEXT_MAX + 1, 65536, 65536 + 5};
	struct ends *e = *state;
	char *text = malloc(65536 + 5);
	struct event_record event = {.kind = EVENT_TFTP_NOT_FOUND};

	memset(text, 'x', 65536 + 5);
	for (size_t i = 0; i < COUNT_OF(lens); i++) {
		size_t expected = lens[i] < EVENT_TEXT_MAX ? lens[i] : EVENT_TEXT_MAX;

		event.kind = EVENT_TFTP_NOT_FOUND;
		events_push(&e->events, &event, lens[i] ? text : NULL, lens[i]);
		assert_true(pop(e, &event));
		assert_int_equal(event.kind, EVENT_TFTP_NOT_FOUND);
		assert_int_equal(event.text_len, expected);
		assert_memory_equal(event.text, text, expected);
	}
	free(text);
}

static void events_come_in_order_over_the_wrap(void **state) {
	struct ends *e = *state;
	struct event_record event;

	for (uint64_t i = 0; i < 3 * EVENT_RING_SIZE; i++) {
		push(e, i);
		if (i % 2 == 0)
			continue;
		assert_true(pop(e, &event));
		assert_int_equal(event.value, i - 1);
		assert_true(pop(e, &event));
		assert_int_equal(event.value, i);
		assert_int_equal(event.sequence, i + 1);
	}
	assert_int_equal(e->lost, 0);
	assert_int_equal(atomic_load(&e->worker.event_lost), 0);
}

static void a_full_ring_loses_the_new_event(void **state) {
	struct ends *e = *state;
	struct event_record event;

	for (uint64_t i = 0; i < EVENT_RING_SIZE + 10; i++)
		push(e, i);
	assert_int_equal(atomic_load(&e->worker.event_lost), 10);
	assert_true(pop(e, &event));
	assert_int_equal(event.value, 0);
	push(e, 777);
	assert_int_equal(atomic_load(&e->worker.event_lost), 10);
	for (uint64_t i = 1; i < EVENT_RING_SIZE; i++)
		assert_true(pop(e, &event) && event.value == i);
	assert_true(pop(e, &event));
	assert_int_equal(event.value, 777);
	assert_false(pop(e, &event));
	assert_int_equal(e->lost, 0);
}

static void without_a_consumer_the_ring_turns(void **state) {
	struct ends *e = *state;
	struct event_record event;

	e->events.tail = NULL;
	for (uint64_t i = 0; i < 2 * EVENT_RING_SIZE + 5; i++)
		push(e, i);
	assert_int_equal(atomic_load(&e->worker.event_lost), 0);
	assert_true(pop(e, &event));
	assert_int_equal(event.value, EVENT_RING_SIZE + 5);
	assert_int_equal(e->lost, EVENT_RING_SIZE + 5);
}

// Control comes back with an empty page while the worker is far on.
static void a_tail_that_makes_no_sense_does_not_stop_the_worker(void **state) {
	static const uint64_t tails[] = {0, UINT64_MAX, 1ull << 40};
	struct ends *e = *state;
	struct event_record event;

	e->events.tail = NULL;
	for (uint64_t i = 0; i < EVENT_RING_SIZE * 4; i++)
		push(e, i);
	e->events.tail = &e->published_tail;
	for (size_t i = 0; i < COUNT_OF(tails); i++) {
		atomic_store(&e->published_tail, tails[i]);
		push(e, 5);
	}
	assert_int_equal(atomic_load(&e->worker.event_lost), 0);
	e->tail = 0;
	assert_true(pop(e, &event));
	assert_int_equal(e->lost, EVENT_RING_SIZE * 3 + 3);
	assert_int_equal(event.value, EVENT_RING_SIZE * 3 + 3);
}

static void a_worker_that_began_anew_is_followed(void **state) {
	struct ends *e = *state;
	struct event_record event;

	e->tail = 1000;
	push(e, 1);
	push(e, 2);
	assert_true(pop(e, &event));
	assert_int_equal(event.value, 1);
	assert_true(pop(e, &event));
	assert_int_equal(event.value, 2);
	assert_false(pop(e, &event));
}

static void a_record_in_change_is_skipped(void **state) {
	struct ends *e = *state;
	struct event_record event;

	for (uint64_t i = 0; i < 3; i++)
		push(e, i);
	atomic_store(&e->ring[1].sequence, 0);
	assert_true(pop(e, &event) && event.value == 0);
	assert_true(pop(e, &event) && event.value == 2);
	assert_int_equal(e->lost, 1);
}

static void what_the_ring_says_is_bounded(void **state) {
	struct ends *e = *state;
	struct event_record event;

	push(e, 1);
	e->ring[0].text_len = 65535;
	assert_true(pop(e, &event));
	assert_int_equal(event.text_len, EVENT_TEXT_MAX);
	// A head without any record behind it ends, too.
	atomic_store(&e->worker.event_head, UINT64_MAX);
	assert_false(pop(e, &event));
}

static void the_older_ones_can_be_passed_over(void **state) {
	struct ends *e = *state;
	struct event_record event;

	for (uint64_t i = 0; i < 10; i++)
		push(e, i);
	assert_int_equal(events_skip(&e->worker, &e->tail, 10), 0);
	assert_int_equal(events_skip(&e->worker, &e->tail, 3), 7);
	assert_true(pop(e, &event) && event.value == 7);
	assert_int_equal(events_skip(&e->worker, &e->tail, 0), 2);
	assert_false(pop(e, &event));
	e->tail = 100; // a worker that has begun anew
	assert_int_equal(events_skip(&e->worker, &e->tail, 0), 0);
	assert_int_equal(e->tail, 100);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_empty_ring_gives_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(text_is_cut_at_its_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			events_come_in_order_over_the_wrap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_ring_loses_the_new_event, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			without_a_consumer_the_ring_turns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_tail_that_makes_no_sense_does_not_stop_the_worker, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_worker_that_began_anew_is_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_record_in_change_is_skipped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_the_ring_says_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_older_ones_can_be_passed_over, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
