// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "tftp_park.h"

#include "unit.h"

static int set_up(void **state) {
	*state = calloc(1, sizeof(struct tftp_park));
	return *state ? 0 : -1;
}

static int tear_down(void **state) {
	free(*state);
	return 0;
}

static enum tftp_park_result add(struct tftp_park *park, uint32_t address, uint16_t port,
	uint64_t want, bool known, size_t len) {
	uint8_t *payload = malloc(len ? len : 1);
	enum tftp_park_result result;
	struct tftp_parked request = {
		.since_us = 1000 + park->count,
		.want = want,
		.frame = {.src = address, .src_port = port, .payload = payload},
		.known = known,
	};

	assert_non_null(payload);
	memset(payload, (int)port, len);
	request.frame.payload_len = (uint16_t)len;
	result = tftp_park_add(park, &request);
	free(payload);
	return result;
}

static void what_is_too_long_is_not_taken(void **state) {
	struct tftp_park *park = *state;

	assert_int_equal(add(park, 1, 1, 9, true, TFTP_PARK_BYTES + 1), TFTP_PARK_FULL);
	assert_int_equal(park->count, 0);
	assert_int_equal(add(park, 1, 1, 9, true, TFTP_PARK_BYTES), TFTP_PARK_NEW);
}

static void a_request_comes_out_as_it_went_in(void **state) {
	struct tftp_park *park = *state;
	struct tftp_parked request;
	struct frame_view frame;

	add(park, 0x0a000001, 7, 9, true, 33);
	tftp_park_take(park, 0, &request);
	frame = tftp_park_frame(&request);
	assert_int_equal(frame.src, 0x0a000001);
	assert_int_equal(frame.payload_len, 33);
	for (int i = 0; i < 33; i++)
		assert_int_equal(frame.payload[i], 7);
	assert_int_equal(park->count, 0);
}

// A client has one place, by address and port; how long it has waited stays.
static void a_client_waits_once(void **state) {
	struct tftp_park *park = *state;

	assert_int_equal(add(park, 1, 1, 8, false, 10), TFTP_PARK_NEW);
	assert_int_equal(add(park, 1, 2, 8, false, 10), TFTP_PARK_NEW);
	assert_int_equal(add(park, 2, 1, 8, false, 10), TFTP_PARK_NEW);
	assert_int_equal(add(park, 1, 1, 9, true, 20), TFTP_PARK_AGAIN);
	assert_int_equal(park->count, 3);
	assert_int_equal(park->strangers, 2);
	assert_int_equal(park->entry[0].since_us, 1000);
	assert_int_equal(park->entry[0].frame.payload_len, 20);
	assert_int_equal(park->want[0], 9);
}

static void strangers_have_half_of_the_places(void **state) {
	struct tftp_park *park = *state;
	struct tftp_parked request;
	uint32_t i;

	for (i = 0; i < TFTP_PARK_MAX / 2; i++)
		assert_int_equal(add(park, i, 1, 8, false, 4), TFTP_PARK_NEW);
	assert_int_equal(add(park, i, 1, 8, false, 4), TFTP_PARK_FULL);
	assert_int_equal(add(park, 5, 1, 8, false, 4), TFTP_PARK_AGAIN);
	for (; i < TFTP_PARK_MAX; i++)
		assert_int_equal(add(park, i, 1, 8, true, 4), TFTP_PARK_NEW);
	assert_int_equal(add(park, i, 1, 8, true, 4), TFTP_PARK_FULL);
	tftp_park_take(park, 3, &request);
	assert_int_equal(park->strangers, TFTP_PARK_MAX / 2 - 1);
	assert_int_equal(park->entry[3].frame.src, TFTP_PARK_MAX - 1); // the last one's new place
	assert_int_equal(add(park, 3, 1, 8, false, 4), TFTP_PARK_NEW);
}

static void those_who_wait_for_the_same_ask_together(void **state) {
	struct tftp_park *park = *state;

	for (uint32_t i = 0; i < 10; i++)
		add(park, i, 1, 8 + i % 2, true, 4);
	assert_int_equal(tftp_park_wanted(park, 8), 0);
	tftp_park_set_wanted(park, 8, 777);
	assert_int_equal(tftp_park_wanted(park, 8), 777);
	assert_int_equal(tftp_park_wanted(park, 9), 0);
	assert_int_equal(tftp_park_wanted(park, 10), 0);
	assert_int_equal(park->entry[6].wanted_us, 777);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_too_long_is_not_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_request_comes_out_as_it_went_in, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_client_waits_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			strangers_have_half_of_the_places, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			those_who_wait_for_the_same_ask_together, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
