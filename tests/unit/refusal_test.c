// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the dataplane refused: hostile and half-written records first.

#include "unit.h"

#include "refusal.h"

static void nothing_refused(void **state) {
	struct policy_refusal shared = {0};
	struct refusal refusal;

	(void)state;
	assert_false(refusal_read(&shared, &refusal));
}

static void half_written_is_not_read(void **state) {
	struct policy_refusal shared = {0};
	struct refusal refusal;

	(void)state;
	refusal_write(&shared, 7, "no such port");
	atomic_fetch_add(&shared.seq, 1);
	assert_false(refusal_read(&shared, &refusal));
}

static void a_false_length_reads_nothing_beyond(void **state) {
	struct policy_refusal *shared = calloc(1, sizeof(*shared));
	struct refusal refusal;

	(void)state;
	memset(shared->text, 'x', sizeof(shared->text));
	shared->generation = 1;
	shared->text_len = UINT32_MAX;
	assert_true(refusal_read(shared, &refusal));
	assert_int_equal(strlen(refusal.text), POLICY_REFUSAL_TEXT - 1);
	free(shared);
}

static void the_last_one_counts(void **state) {
	struct policy_refusal shared = {0};
	struct refusal refusal;

	(void)state;
	refusal_write(&shared, 7, "ports are others: that needs a restart");
	refusal_write(&shared, 8, "too many");
	assert_true(refusal_read(&shared, &refusal));
	assert_int_equal(refusal.generation, 8);
	assert_string_equal(refusal.text, "too many");
}

// A writer that was killed in the middle leaves an odd number behind.
static void written_again_after_a_crash(void **state) {
	struct policy_refusal shared = {.seq = 5};
	struct refusal refusal;

	(void)state;
	refusal_write(&shared, 9, "why");
	assert_true(refusal_read(&shared, &refusal));
	assert_string_equal(refusal.text, "why");
}

static void a_long_text_is_cut(void **state) {
	struct policy_refusal shared = {0};
	struct refusal refusal;
	char text[2 * POLICY_REFUSAL_TEXT];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	refusal_write(&shared, 1, text);
	assert_true(refusal_read(&shared, &refusal));
	assert_int_equal(strlen(refusal.text), POLICY_REFUSAL_TEXT - 1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_refused),
		cmocka_unit_test(half_written_is_not_read),
		cmocka_unit_test(a_false_length_reads_nothing_beyond),
		cmocka_unit_test(the_last_one_counts),
		cmocka_unit_test(written_again_after_a_crash),
		cmocka_unit_test(a_long_text_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
