// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// storm_hist: quantiles of known distributions.

#include "storm_hist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct storm_hist *fresh(void) {
	struct storm_hist *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	return h;
}

static void empty_gives_zero(void **state) {
	struct storm_hist *h = fresh();

	(void)state;
	assert_int_equal(storm_hist_quantile(h, 0.5), 0);
	free(h);
}

static void small_values_are_exact(void **state) {
	struct storm_hist *h = fresh();

	(void)state;
	for (uint64_t v = 1; v <= 60; v++)
		storm_hist_add(h, v);
	assert_int_equal(storm_hist_quantile(h, 0.5), 30);
	assert_int_equal(storm_hist_quantile(h, 0), 1);
	assert_int_equal(storm_hist_quantile(h, 1), 60);
	free(h);
}

static void error_stays_below_1_6_percent(void **state) {
	(void)state;
	for (uint64_t v = 64; v < 1ull << 40; v = v * 5 / 3 + 7) {
		struct storm_hist *h = fresh();
		uint64_t q;

		storm_hist_add(h, v);
		storm_hist_add(h, 1ull << 40); // so that max does not hide the bucket's edge
		q = storm_hist_quantile(h, 0.5);
		if (q < v || (double)(q - v) > 0.016 * (double)v)
			fail_msg("%llu became %llu", (unsigned long long)v, (unsigned long long)q);
		free(h);
	}
}

static void quantile_never_exceeds_max(void **state) {
	struct storm_hist *h = fresh();

	(void)state;
	storm_hist_add(h, 1000001);
	assert_int_equal(storm_hist_quantile(h, 0.999), 1000001);
	storm_hist_add(h, UINT64_MAX);
	assert_int_equal(h->max, UINT64_MAX);
	free(h);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_gives_zero),
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(error_stays_below_1_6_percent),
		cmocka_unit_test(quantile_never_exceeds_max),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
