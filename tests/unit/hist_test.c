// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// hist: what a broken or dead writer may leave, then quantiles of known distributions.

#include "hist.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct hist *fresh(void) {
	struct hist *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	return h;
}

static void empty_gives_zero(void **state) {
	struct hist *h = fresh();

	(void)state;
	assert_int_equal(hist_quantile(h, 0.5), 0);
	free(h);
}

static void shares_beyond_the_ends_are_the_ends(void **state) {
	struct hist *h = fresh();

	(void)state;
	hist_add(h, 3);
	hist_add(h, 5);
	assert_int_equal(hist_quantile(h, -1), 3);
	assert_int_equal(hist_quantile(h, 7), 5);
	assert_int_equal(hist_quantile(h, (double)NAN), 3);
	free(h);
}

// A writer of another mind: counts that overflow, and a count that its buckets do not have.
static void a_broken_writer_does_not_break_its_reader(void **state) {
	struct hist *h = fresh(), *copy = fresh();

	(void)state;
	memset(h, 0xff, sizeof(*h));
	hist_copy(h, copy);
	assert_int_equal(copy->count, UINT64_MAX);
	hist_merge(copy, copy);
	assert_int_equal(copy->count, UINT64_MAX);
	assert_int_equal(hist_quantile(copy, 0), 0);
	assert_int_equal(hist_quantile(copy, 1), 0);
	memset(h, 0, sizeof(*h));
	h->count = 1000;
	h->max = 77;
	assert_int_equal(hist_quantile(h, 0.5), 77);
	hist_copy(h, copy);
	assert_int_equal(copy->count, 0);
	assert_int_equal(hist_quantile(copy, 0.5), 0);
	assert_int_equal(hist_mean(copy), 0);
	free(h);
	free(copy);
}

static void a_writer_that_began_anew_is_all_new(void **state) {
	struct hist *before = fresh(), *now = fresh(), *out = fresh();

	(void)state;
	hist_add(before, 10);
	hist_add(before, 10);
	hist_add(now, 500);
	hist_add(now, 600);
	hist_add(now, 700);
	hist_between(now, before, out);
	assert_int_equal(out->count, 3);
	assert_int_equal(hist_quantile(out, 0), 503);
	assert_int_equal(out->max, 700);
	free(before);
	free(now);
	free(out);
}

static void between_two_copies_is_what_came_since(void **state) {
	struct hist *h = fresh(), *before = fresh(), *now = fresh(), *out = fresh();

	(void)state;
	hist_add(h, 100000);
	hist_copy(h, before);
	hist_copy(h, now);
	hist_between(now, before, out);
	assert_int_equal(out->count, 0);
	assert_int_equal(out->max, 0);
	hist_add(h, 20);
	hist_add(h, 30);
	hist_copy(h, now);
	hist_between(now, before, out);
	assert_int_equal(out->count, 2);
	assert_int_equal(out->sum, 50);
	assert_int_equal(out->max, 30); // not that of the sample before
	assert_int_equal(hist_quantile(out, 0.5), 20);
	free(h);
	free(before);
	free(now);
	free(out);
}

static void copies_of_workers_add_up(void **state) {
	struct hist *a = fresh(), *b = fresh();

	(void)state;
	hist_add(a, 1);
	hist_add(b, 9);
	hist_add(b, 4);
	hist_merge(a, b);
	assert_int_equal(a->count, 3);
	assert_int_equal(a->max, 9);
	assert_int_equal(hist_mean(a), 4);
	assert_int_equal(hist_quantile(a, 0.5), 4);
	free(a);
	free(b);
}

static void small_values_are_exact(void **state) {
	struct hist *h = fresh();

	(void)state;
	for (uint64_t v = 1; v <= 60; v++)
		hist_add(h, v);
	assert_int_equal(hist_quantile(h, 0.5), 30);
	assert_int_equal(hist_quantile(h, 0), 1);
	assert_int_equal(hist_quantile(h, 1), 60);
	free(h);
}

static void error_stays_below_1_6_percent(void **state) {
	(void)state;
	for (uint64_t v = 64; v < 1ull << 40; v = v * 5 / 3 + 7) {
		struct hist *h = fresh();
		uint64_t q;

		hist_add(h, v);
		hist_add(h, 1ull << 40); // so that max does not hide the bucket's edge
		q = hist_quantile(h, 0.5);
		if (q < v || (double)(q - v) > 0.016 * (double)v)
			fail_msg("%llu became %llu", (unsigned long long)v, (unsigned long long)q);
		free(h);
	}
}

static void quantile_never_exceeds_max(void **state) {
	struct hist *h = fresh();

	(void)state;
	hist_add(h, 1000001);
	assert_int_equal(hist_quantile(h, 0.999), 1000001);
	hist_add(h, UINT64_MAX);
	assert_int_equal(h->max, UINT64_MAX);
	free(h);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_beyond_the_ends_are_the_ends),
		cmocka_unit_test(a_broken_writer_does_not_break_its_reader),
		cmocka_unit_test(a_writer_that_began_anew_is_all_new),
		cmocka_unit_test(empty_gives_zero),
		cmocka_unit_test(between_two_copies_is_what_came_since),
		cmocka_unit_test(copies_of_workers_add_up),
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(error_stays_below_1_6_percent),
		cmocka_unit_test(quantile_never_exceeds_max),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
