// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "turn.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "unit.h"

#define NOW 5000000u

// Passes and sleeps of so long in turn, for a while. Returns the time after.
static uint64_t work(
	struct turn *turn, uint64_t now_us, uint32_t pass_us, uint32_t sleep_us, unsigned passes) {
	for (unsigned i = 0; i < passes; i++) {
		turn_check(turn, 0, now_us);
		now_us += pass_us;
		if (!sleep_us)
			continue;
		turn_sleep(turn);
		turn_slept(turn, sleep_us);
		now_us += sleep_us;
	}
	return now_us;
}

static void expect_turn(const char *name, const struct turn *turn, bool first) {
	assert_case(name, turn->first == first);
	assert_case(name, sched_getscheduler(0) == (first ? SCHED_FIFO : SCHED_OTHER));
}

static void who_sleeps_goes_first(void **state) {
	struct turn turn = {.may = true};
	uint64_t now_us;

	(void)state;
	if (turn_probe() < 0) {
		print_message("SCHED_FIFO is refused here\n");
		skip();
	}
	expect_turn("probed", &turn, false);
	now_us = work(&turn, NOW, 10, 90, 100);
	expect_turn("mostly asleep", &turn, true);
	now_us = work(&turn, now_us, 100, 40, 100);
	expect_turn("asleep for more than a quarter", &turn, true);
	now_us = work(&turn, now_us, 100, 30, 100);
	expect_turn("asleep for less than a quarter", &turn, false);
	now_us = work(&turn, now_us, 10, 90, 100);
	expect_turn("again", &turn, true);
	work(&turn, now_us, 100, 0, TURN_SPAN_US * 2 / 100 + 1);
	expect_turn("never asleep", &turn, false);
}

static void a_long_sleep_earns_it(void **state) {
	struct turn turn = {.may = true};
	uint64_t now_us = work(&turn, NOW, 100, 0, 1000);

	(void)state;
	if (turn_probe() < 0)
		skip();
	turn_slept(&turn, 1000000);
	work(&turn, now_us + 1000000, 10, 90, 1);
	expect_turn("a second", &turn, true);
	turn_yield(&turn);
	expect_turn("yielded", &turn, false);
}

// See turn.h: with a window of one block a late worker is a faster one.
static void not_while_transfers_run(void **state) {
	struct turn turn = {.may = true};
	uint64_t now_us;

	(void)state;
	if (turn_probe() < 0)
		skip();
	now_us = work(&turn, NOW, 10, 90, 100);
	expect_turn("no transfer", &turn, true);
	turn_check(&turn, 1, now_us + TURN_SPAN_US);
	expect_turn("a transfer", &turn, false);
	work(&turn, now_us + TURN_SPAN_US, 10, 90, 100);
	expect_turn("it is over", &turn, true);
	turn_yield(&turn);
}

static void who_may_not_never_does(void **state) {
	struct turn turn = {.may = false};

	(void)state;
	work(&turn, NOW, 10, 90, 1000);
	expect_turn("may not", &turn, false);
}

// As a user without the capability, and with the limit instead of it.
static void a_user_needs_the_limit(void **state) {
	struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
	struct rlimit one = {.rlim_cur = 1, .rlim_max = 1};

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(setrlimit(RLIMIT_RTPRIO, &none), 0);
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(turn_probe(), -EPERM);
	assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
	assert_int_equal(seteuid(0), 0);
	if (setrlimit(RLIMIT_RTPRIO, &one) != 0)
		return; // a root without CAP_SYS_RESOURCE
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(turn_probe(), 0);
	assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
	assert_int_equal(seteuid(0), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_sleeps_goes_first),
		cmocka_unit_test(a_long_sleep_earns_it),
		cmocka_unit_test(not_while_transfers_run),
		cmocka_unit_test(who_may_not_never_does),
		cmocka_unit_test(a_user_needs_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
