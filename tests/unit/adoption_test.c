// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// When control complains that the dataplane does not go along.

#include "unit.h"

#include "adoption.h"

static const struct adoption_view refusing = {
	.adopted = 3, .refused = 4, .refusal = "ports are others: that needs a restart"};
static const struct adoption_view lagging = {.adopted = 3};
static const struct adoption_view current = {.adopted = 4, .refused = 2, .refusal = "old"};

static bool check(struct adoption *adoption, const struct adoption_view *view, uint64_t published,
	uint64_t now_ms, const char *expected) {
	char out[ADOPTION_TEXT] = "";
	bool said = adoption_check(adoption, view, published, now_ms, out);

	if (said && (!expected || !strstr(out, expected)))
		fail_msg("said: %s", out);
	return said;
}

static void without_dataplane_or_policy_nothing_is_said(void **state) {
	struct adoption adoption = {0};

	(void)state;
	assert_false(check(&adoption, NULL, 4, 1000, NULL));
	assert_false(check(&adoption, NULL, 4, 100000, NULL));
	assert_false(check(&adoption, &lagging, 0, 200000, NULL));
}

static void a_refusal_is_said_once(void **state) {
	struct adoption adoption = {0};

	(void)state;
	assert_true(check(&adoption, &refusing, 4, 1000,
		"refuses policy 4 and goes on with 3: ports are others"));
	assert_false(check(&adoption, &refusing, 4, 1100, NULL));
	assert_false(check(&adoption, &refusing, 4, 100000, NULL));
}

static void many_refusals_are_said_now_and_then(void **state) {
	struct adoption adoption = {0};
	struct adoption_view view = refusing;
	unsigned int said = 0;

	(void)state;
	for (uint64_t i = 0; i < 300; i++) {
		view.refused = 4 + i;
		said += check(&adoption, &view, 4 + i, 1000 + 100 * i, "refuses policy");
	}
	assert_int_equal(said, 3);
}

static void an_old_refusal_is_not_said(void **state) {
	struct adoption adoption = {0};

	(void)state;
	assert_false(check(&adoption, &current, 4, 1000, NULL));
	assert_false(check(&adoption, &current, 4, 10000, NULL));
}

static void a_dataplane_that_hangs_is_said(void **state) {
	struct adoption adoption = {0};

	(void)state;
	assert_false(check(&adoption, &lagging, 4, 1000, NULL));
	assert_false(check(&adoption, &lagging, 4, 2999, NULL));
	assert_true(check(&adoption, &lagging, 4, 3000, "has not taken policy 4 for over 2 s"));
	assert_false(check(&adoption, &lagging, 4, 3100, NULL));
}

// While files are being loaded there is a publication every half second: it may always be behind.
static void a_dataplane_that_moves_on_is_only_late(void **state) {
	struct adoption adoption = {0};

	(void)state;
	for (uint64_t i = 1; i < 100; i++) {
		struct adoption_view view = {.adopted = i};

		assert_false(check(&adoption, &view, i + 1, 1000 * i, NULL));
	}
}

static void its_text_is_cleaned(void **state) {
	struct adoption adoption = {0};
	struct adoption_view view = refusing;

	(void)state;
	view.refusal = "a\033[31m";
	assert_true(check(&adoption, &view, 4, 1000, "a\\x1b[31m"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_dataplane_or_policy_nothing_is_said),
		cmocka_unit_test(a_refusal_is_said_once),
		cmocka_unit_test(many_refusals_are_said_now_and_then),
		cmocka_unit_test(an_old_refusal_is_not_said),
		cmocka_unit_test(a_dataplane_that_hangs_is_said),
		cmocka_unit_test(a_dataplane_that_moves_on_is_only_late),
		cmocka_unit_test(its_text_is_cleaned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
