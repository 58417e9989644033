// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Order within a class, what replaces what, what a full class refuses, and a long random run against
// a model that keeps everything in one array.

#include "dhcp_queue.h"

#include "dhcp.h"
#include "unit.h"

static struct dhcp_queue queue;

// Few hashes, so that machines share buckets.
static struct dhcp_sender sender_of(uint32_t machine, uint8_t type) {
	struct dhcp_sender sender = {.key = {.htype = 1, .hlen = 6},
		.type = type,
		.replaces = type == DHCP_DISCOVER || type == DHCP_REQUEST,
		.hash = machine % 7};

	memcpy(sender.key.bytes, &machine, sizeof(machine));
	return sender;
}

static enum dhcp_queued push(
	enum dhcp_class class, uint32_t machine, uint8_t type, uint16_t *place) {
	struct dhcp_sender sender = sender_of(machine, type);

	return dhcp_queue_push(&queue, class, &sender, place);
}

static void empty_has_nothing(void **state) {
	uint16_t place;

	(void)state;
	dhcp_queue_init(&queue);
	assert_true(dhcp_queue_is_empty(&queue));
	assert_false(dhcp_queue_pop(&queue, DHCP_CLASS_KNOWN, &place));
	assert_false(dhcp_queue_pop(&queue, DHCP_CLASS_UNKNOWN, &place));
}

static void what_replaces_what(void **state) {
	static const struct {
		const char *name;
		uint32_t machine;
		uint8_t type;
		enum dhcp_queued expected;
	} cases[] = {
		{"the first one", 1, DHCP_DISCOVER, DHCP_QUEUED_NEW},
		{"sent again", 1, DHCP_DISCOVER, DHCP_QUEUED_INSTEAD},
		{"another type", 1, DHCP_REQUEST, DHCP_QUEUED_NEW},
		{"another machine in its bucket", 8, DHCP_DISCOVER, DHCP_QUEUED_NEW},
		{"DECLINE", 1, DHCP_DECLINE, DHCP_QUEUED_NEW},
		{"a second DECLINE", 1, DHCP_DECLINE, DHCP_QUEUED_NEW},
		{"RELEASE", 1, DHCP_RELEASE, DHCP_QUEUED_NEW},
		{"rubbish", 1, 0, DHCP_QUEUED_NEW},
		{"more rubbish", 1, 0, DHCP_QUEUED_NEW},
		{"REQUEST sent again", 1, DHCP_REQUEST, DHCP_QUEUED_INSTEAD},
	};
	uint16_t place;

	(void)state;
	dhcp_queue_init(&queue);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_case(cases[i].name, push(DHCP_CLASS_UNKNOWN, cases[i].machine, cases[i].type,
						   &place) == cases[i].expected);
}

// Of two agents of two subnets only one brings a REQUEST that can be granted.
static void what_two_agents_bring_waits_twice(void **state) {
	struct dhcp_sender first = sender_of(1, DHCP_REQUEST), second = first;
	uint16_t place[2], again;

	(void)state;
	dhcp_queue_init(&queue);
	first.agent = 3;
	second.agent = 5;
	assert_int_equal(
		dhcp_queue_push(&queue, DHCP_CLASS_KNOWN, &first, &place[0]), DHCP_QUEUED_NEW);
	assert_int_equal(
		dhcp_queue_push(&queue, DHCP_CLASS_KNOWN, &second, &place[1]), DHCP_QUEUED_NEW);
	assert_int_equal(
		dhcp_queue_push(&queue, DHCP_CLASS_KNOWN, &first, &again), DHCP_QUEUED_INSTEAD);
	assert_int_equal(again, place[0]);
	assert_int_equal(
		dhcp_queue_push(&queue, DHCP_CLASS_KNOWN, &second, &again), DHCP_QUEUED_INSTEAD);
	assert_int_equal(again, place[1]);
}

// A machine that becomes known while it waits keeps its one place.
static void a_repetition_keeps_its_turn(void **state) {
	uint16_t first, second, place;

	(void)state;
	dhcp_queue_init(&queue);
	push(DHCP_CLASS_UNKNOWN, 1, DHCP_DISCOVER, &first);
	push(DHCP_CLASS_UNKNOWN, 2, DHCP_DISCOVER, &second);
	assert_int_equal(push(DHCP_CLASS_KNOWN, 1, DHCP_DISCOVER, &place), DHCP_QUEUED_INSTEAD);
	assert_int_equal(place, first);
	assert_false(dhcp_queue_pop(&queue, DHCP_CLASS_KNOWN, &place));
	assert_true(dhcp_queue_pop(&queue, DHCP_CLASS_UNKNOWN, &place));
	assert_int_equal(place, first);
	assert_int_equal(push(DHCP_CLASS_KNOWN, 1, DHCP_DISCOVER, &place), DHCP_QUEUED_NEW);
	assert_true(dhcp_queue_pop(&queue, DHCP_CLASS_UNKNOWN, &place));
	assert_int_equal(place, second);
}

// Nothing changes by looking.
static void what_comes_next_is_told_in_order(void **state) {
	uint16_t place[8], pushed[5], popped;

	(void)state;
	dhcp_queue_init(&queue);
	assert_int_equal(dhcp_queue_next(&queue, DHCP_CLASS_KNOWN, place, 8), 0);
	for (uint32_t i = 0; i < 5; i++)
		push(DHCP_CLASS_KNOWN, i, DHCP_DISCOVER, &pushed[i]);
	assert_int_equal(dhcp_queue_next(&queue, DHCP_CLASS_UNKNOWN, place, 8), 0);
	assert_int_equal(dhcp_queue_next(&queue, DHCP_CLASS_KNOWN, place, 3), 3);
	assert_int_equal(dhcp_queue_next(&queue, DHCP_CLASS_KNOWN, place, 8), 5);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(place[i], pushed[i]);
		assert_true(dhcp_queue_pop(&queue, DHCP_CLASS_KNOWN, &popped));
		assert_int_equal(popped, pushed[i]);
	}
}

// A flood of unknown machines fills its own class only; what waits stays, in its order.
static void a_full_class_refuses_the_newest(void **state) {
	uint16_t place, first, i;

	(void)state;
	dhcp_queue_init(&queue);
	push(DHCP_CLASS_UNKNOWN, 0, DHCP_DISCOVER, &first);
	for (i = 1; i < DHCP_QUEUE_UNKNOWN; i++)
		assert_int_equal(
			push(DHCP_CLASS_UNKNOWN, i, DHCP_DISCOVER, &place), DHCP_QUEUED_NEW);
	assert_int_equal(
		push(DHCP_CLASS_UNKNOWN, 1u << 20, DHCP_DISCOVER, &place), DHCP_QUEUED_FULL);
	assert_int_equal(push(DHCP_CLASS_UNKNOWN, 3, DHCP_DISCOVER, &place), DHCP_QUEUED_INSTEAD);
	for (i = 0; i < DHCP_QUEUE_KNOWN; i++)
		assert_int_equal(push(DHCP_CLASS_KNOWN, 1000000u + i, DHCP_DISCOVER, &place),
			DHCP_QUEUED_NEW);
	assert_int_equal(
		push(DHCP_CLASS_KNOWN, 1u << 21, DHCP_DISCOVER, &place), DHCP_QUEUED_FULL);
	assert_true(dhcp_queue_pop(&queue, DHCP_CLASS_UNKNOWN, &place));
	assert_int_equal(place, first);
	assert_int_equal(
		push(DHCP_CLASS_UNKNOWN, 1u << 20, DHCP_DISCOVER, &place), DHCP_QUEUED_NEW);
}

// Told once, and of the class that it happened to.
static void an_overflow_is_told_once(void **state) {
	uint16_t place, i;

	(void)state;
	dhcp_queue_init(&queue);
	for (i = 0; i < DHCP_QUEUE_UNKNOWN; i++)
		push(DHCP_CLASS_UNKNOWN, i, DHCP_DISCOVER, &place);
	push(DHCP_CLASS_UNKNOWN, 3, DHCP_DISCOVER, &place); // in its own place
	assert_false(dhcp_queue_overflowed(&queue, DHCP_CLASS_UNKNOWN));
	push(DHCP_CLASS_UNKNOWN, 1u << 20, DHCP_DISCOVER, &place);
	assert_false(dhcp_queue_overflowed(&queue, DHCP_CLASS_KNOWN));
	assert_true(dhcp_queue_overflowed(&queue, DHCP_CLASS_UNKNOWN));
	assert_false(dhcp_queue_overflowed(&queue, DHCP_CLASS_UNKNOWN));
}

struct model {
	uint32_t machine[DHCP_CLASSES][DHCP_QUEUE_PLACES];
	uint16_t place[DHCP_CLASSES][DHCP_QUEUE_PLACES];
	uint32_t count[DHCP_CLASSES];
};

static int model_find(const struct model *model, uint32_t machine, uint16_t *place) {
	for (int class = 0; class < DHCP_CLASSES; class++)
		for (uint32_t i = 0; i < model->count[class]; i++)
			if (model->machine[class][i] == machine) {
				*place = model->place[class][i];
				return class;
			}
	return -1;
}

static void model_push(struct model *model, enum dhcp_class class, uint32_t machine) {
	static const uint32_t size[] = {DHCP_QUEUE_KNOWN, DHCP_QUEUE_UNKNOWN};
	uint16_t place, old;
	enum dhcp_queued queued = push(class, machine, DHCP_DISCOVER, &place);

	if (model_find(model, machine, &old) >= 0) {
		assert_int_equal(queued, DHCP_QUEUED_INSTEAD);
		assert_int_equal(place, old);
		return;
	}
	if (model->count[class] == size[class]) {
		assert_int_equal(queued, DHCP_QUEUED_FULL);
		return;
	}
	assert_int_equal(queued, DHCP_QUEUED_NEW);
	assert_true(place < DHCP_QUEUE_PLACES);
	model->machine[class][model->count[class]] = machine;
	model->place[class][model->count[class]++] = place;
}

static void model_pop(struct model *model, enum dhcp_class class) {
	uint16_t place;
	uint32_t left;

	assert_int_equal(dhcp_queue_pop(&queue, class, &place), model->count[class] > 0);
	if (!model->count[class])
		return;
	assert_int_equal(place, model->place[class][0]);
	left = --model->count[class];
	memmove(model->machine[class], model->machine[class] + 1, left * sizeof(uint32_t));
	memmove(model->place[class], model->place[class] + 1, left * sizeof(uint16_t));
}

static void as_the_model_whatever_happens(void **state) {
	static struct model model;
	uint64_t random = 3;

	(void)state;
	dhcp_queue_init(&queue);
	for (uint32_t i = 0; i < 60000; i++) {
		enum dhcp_class class = unit_random(&random) % 2;

		// Rather more in, then rather more out.
		if (unit_random(&random) % 8 < (i / 10000 % 2 ? 2 : 6))
			model_push(&model, class, (uint32_t)(unit_random(&random) % 5000));
		else
			model_pop(&model, class);
		assert_int_equal(dhcp_queue_is_empty(&queue), !model.count[0] && !model.count[1]);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_has_nothing),
		cmocka_unit_test(what_replaces_what),
		cmocka_unit_test(what_two_agents_bring_waits_twice),
		cmocka_unit_test(a_repetition_keeps_its_turn),
		cmocka_unit_test(what_comes_next_is_told_in_order),
		cmocka_unit_test(a_full_class_refuses_the_newest),
		cmocka_unit_test(an_overflow_is_told_once),
		cmocka_unit_test(as_the_model_whatever_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
