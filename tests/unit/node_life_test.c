// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The life of a node: what becomes of each state by each event, and whole installations.

#include "unit.h"

#include "node_life.h"

#define SAME NODE_STATES

// For the event of an installation, with a retry left.
static const uint8_t becomes[NODE_STATES][NODE_EVENT_KINDS] = {
	[NODE_DISCOVERED] = {[NODE_BOOT_BEGAN] = NODE_BOOTING,
		[NODE_BOOT_FILE] = NODE_BOOTING,
		[NODE_BOOT_DONE] = SAME,
		[NODE_BOOT_FAILED] = NODE_FAILED,
		[NODE_ORDER_USED] = NODE_INSTALLING,
		[NODE_CALLBACK_INSTALLING] = NODE_INSTALLING,
		[NODE_CALLBACK_INSTALLED] = NODE_INSTALLED,
		[NODE_CALLBACK_FAILED] = NODE_FAILED,
		[NODE_TIMED_OUT] = SAME},
	[NODE_BOOTING] = {[NODE_BOOT_BEGAN] = SAME,
		[NODE_BOOT_FILE] = SAME,
		[NODE_BOOT_DONE] = SAME,
		[NODE_BOOT_FAILED] = NODE_FAILED,
		[NODE_ORDER_USED] = NODE_INSTALLING,
		[NODE_CALLBACK_INSTALLING] = NODE_INSTALLING,
		[NODE_CALLBACK_INSTALLED] = NODE_INSTALLED,
		[NODE_CALLBACK_FAILED] = NODE_FAILED,
		[NODE_TIMED_OUT] = SAME},
	[NODE_INSTALLING] = {[NODE_BOOT_BEGAN] = NODE_BOOTING,
		[NODE_BOOT_FILE] = SAME,
		[NODE_BOOT_DONE] = SAME,
		[NODE_BOOT_FAILED] = NODE_BOOTING,
		[NODE_ORDER_USED] = NODE_INSTALLING,
		[NODE_CALLBACK_INSTALLING] = SAME,
		[NODE_CALLBACK_INSTALLED] = NODE_INSTALLED,
		[NODE_CALLBACK_FAILED] = NODE_BOOTING,
		[NODE_TIMED_OUT] = NODE_BOOTING},
	[NODE_INSTALLED] = {[NODE_BOOT_BEGAN] = SAME,
		[NODE_BOOT_FILE] = SAME,
		[NODE_BOOT_DONE] = SAME,
		[NODE_BOOT_FAILED] = SAME,
		[NODE_ORDER_USED] = NODE_INSTALLING,
		[NODE_CALLBACK_INSTALLING] = NODE_INSTALLING,
		[NODE_CALLBACK_INSTALLED] = SAME,
		[NODE_CALLBACK_FAILED] = NODE_FAILED,
		[NODE_TIMED_OUT] = SAME},
	[NODE_FAILED] = {[NODE_BOOT_BEGAN] = NODE_BOOTING,
		[NODE_BOOT_FILE] = NODE_BOOTING,
		[NODE_BOOT_DONE] = SAME,
		[NODE_BOOT_FAILED] = SAME,
		[NODE_ORDER_USED] = NODE_INSTALLING,
		[NODE_CALLBACK_INSTALLING] = NODE_INSTALLING,
		[NODE_CALLBACK_INSTALLED] = NODE_INSTALLED,
		[NODE_CALLBACK_FAILED] = NODE_FAILED,
		[NODE_TIMED_OUT] = SAME},
};

static struct node_step step_of(struct node_life *life, uint8_t kind, uint32_t retries) {
	struct node_event event = {
		.kind = kind, .install = true, .retries = retries, .unix_ms = 5000};
	struct node_step step = node_life_event(life, &event);

	*life = step.life;
	return step;
}

static void each_state_heeds_each_event(void **state) {
	(void)state;
	for (uint8_t from = 0; from < NODE_STATES; from++) {
		for (uint8_t kind = 0; kind < NODE_EVENT_KINDS; kind++) {
			struct node_life life = {.state = from, .since_ms = 1000};
			struct node_step step = step_of(&life, kind, 1);
			uint8_t to = becomes[from][kind];
			char name[64];

			snprintf(name, sizeof(name), "state %u, event %u", from, kind);
			assert_case(name, step.changed == (to != SAME));
			assert_case(name, life.state == (to == SAME ? from : to));
			assert_case(name, life.since_ms == (to == SAME ? 1000 : 5000));
			assert_case(name, (life.state == NODE_FAILED && to != SAME) ==
						  (life.reason[0] != '\0'));
			assert_case(name, !!(step.todo & NODE_MAKE_RETRY) ==
						  (from == NODE_INSTALLING && to == NODE_BOOTING));
			assert_case(name, !!(step.todo & NODE_GO_LOCAL) == (to == NODE_INSTALLED));
		}
	}
}

static void an_installation_is_retried_and_then_fails(void **state) {
	struct node_life life = {.state = NODE_BOOTING};

	(void)state;
	for (uint32_t attempt = 1; attempt <= 3; attempt++) {
		struct node_event used = {
			.kind = NODE_ORDER_USED, .install = true, .retry = attempt > 1};
		struct node_step step = node_life_event(&life, &used);

		life = step.life;
		assert_int_equal(life.state, NODE_INSTALLING);
		step = step_of(&life, NODE_BOOT_BEGAN, 2);
		assert_int_equal(life.attempts, attempt);
		assert_int_equal(!!(step.todo & NODE_MAKE_RETRY), attempt <= 2);
	}
	assert_int_equal(life.state, NODE_FAILED);
	assert_string_equal(
		life.reason, "its installation was cut off: it booted from the network again");
}

static void a_failed_installation_is_not_forgotten_by_the_next_boot(void **state) {
	struct node_life life = {.state = NODE_INSTALLING};

	(void)state;
	step_of(&life, NODE_CALLBACK_FAILED, 0);
	assert_int_equal(life.state, NODE_FAILED);
	step_of(&life, NODE_BOOT_BEGAN, 0);
	step_of(&life, NODE_BOOT_FILE, 0);
	step_of(&life, NODE_BOOT_FAILED, 0);
	step_of(&life, NODE_CALLBACK_FAILED, 0);
	assert_int_equal(life.state, NODE_FAILED);
	assert_string_equal(life.reason, "its installer reported a failure");
	step_of(&life, NODE_ORDER_USED, 0);
	assert_int_equal(life.state, NODE_INSTALLING);
	assert_int_equal(life.attempts, 0);
	step_of(&life, NODE_CALLBACK_INSTALLED, 0);
	assert_int_equal(life.state, NODE_INSTALLED);
}

static void a_rescue_order_installs_nothing(void **state) {
	struct node_life life = {.state = NODE_INSTALLED};
	struct node_event event = {.kind = NODE_ORDER_USED};

	(void)state;
	assert_false(node_life_event(&life, &event).changed);
	life.state = NODE_DISCOVERED;
	assert_int_equal(node_life_event(&life, &event).life.state, NODE_BOOTING);
}

static void the_reason_is_what_was_told(void **state) {
	struct node_life life = {.state = NODE_BOOTING};
	struct node_event event = {.kind = NODE_BOOT_FAILED, .reason = "asked for x"};

	(void)state;
	assert_string_equal(node_life_event(&life, &event).life.reason, "asked for x");
}

static void an_installation_has_a_time(void **state) {
	struct node_life life = {.state = NODE_INSTALLING, .since_ms = 1000};

	(void)state;
	assert_false(node_life_expired(&life, 0, 1000000));
	assert_false(node_life_expired(&life, 60, 60999));
	assert_true(node_life_expired(&life, 60, 61000));
	life.state = NODE_BOOTING;
	assert_false(node_life_expired(&life, 60, 1000000));
}

static void boots_tell_their_nodes(void **state) {
	struct boot_phase reported = {.kind = BOOT_PHASE_CALLBACK, .name = "installed"};
	struct boot boot = {.asked = true, .last_ns = 7000000000, .state = BOOT_FAILED};
	struct node_event event;

	(void)state;
	assert_true(node_event_of_boot(&boot, BOOT_STEP_BEGAN, &event));
	assert_int_equal(event.kind, NODE_BOOT_BEGAN);
	assert_int_equal(event.unix_ms, 7000);
	boot.asked = false;
	assert_true(node_event_of_boot(&boot, BOOT_STEP_BEGAN, &event));
	assert_int_equal(event.kind, NODE_BOOT_FILE);
	assert_true(node_event_of_boot(&boot, BOOT_STEP_ENDED, &event));
	assert_int_equal(event.kind, NODE_BOOT_FAILED);
	boot.phases = &reported;
	boot.phase_count = 1;
	assert_false(node_event_of_boot(&boot, BOOT_STEP_ENDED, &event));
	boot.phase_count = 0;
	boot.state = BOOT_INTERRUPTED;
	assert_false(node_event_of_boot(&boot, BOOT_STEP_ENDED, &event));
}

static void states_have_names(void **state) {
	(void)state;
	assert_string_equal(node_state_text(NODE_BOOTING, true), "booting");
	assert_string_equal(node_state_text(NODE_BOOTING, false), "booted");
	assert_string_equal(node_state_text(NODE_INSTALLED, false), "installed");
	assert_string_equal(node_state_text(99, false), "unknown");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_heeds_each_event),
		cmocka_unit_test(an_installation_is_retried_and_then_fails),
		cmocka_unit_test(a_failed_installation_is_not_forgotten_by_the_next_boot),
		cmocka_unit_test(a_rescue_order_installs_nothing),
		cmocka_unit_test(the_reason_is_what_was_told),
		cmocka_unit_test(an_installation_has_a_time),
		cmocka_unit_test(boots_tell_their_nodes),
		cmocka_unit_test(states_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
