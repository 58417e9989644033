// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Access points, phones and switches: they boot from their own flash and learn by options where
// their controller or their configuration is. Vendor classes as in their makers' manuals.

#include "dhcp_fixture.h"

static void add_rule(struct world *w, uint32_t line, const char *vendor_class, const char *file,
	const uint8_t *options, size_t len) {
	struct policy_condition condition = {
		.match = POLICY_MATCH_VENDOR_CLASS, .text = fixture_text(&w->f, vendor_class)};

	policy_build_rule(w->f.builder,
		&(struct policy_rule){.line = line,
			.file = file ? fixture_text(&w->f, file) : (struct policy_ref){0},
			.options = policy_build_bytes(w->f.builder, options, len)},
		&condition, 1);
}

#define OPTIONS(bytes) (const uint8_t *)(bytes), sizeof(bytes) - 1

static int set_up(void **state) {
	struct world *w = calloc(1, sizeof(*w));

	world_sample(w);
	add_rule(w, 4, "Cisco AP *", NULL, OPTIONS("\x2b\x06\xf1\x04\x0a\x4d\x00\x07"));
	add_rule(w, 5, "ArubaAP", NULL,
		OPTIONS("\x2b\x09"
			"10.77.0.7"
			"\x3c\x07"
			"ArubaAP"));
	add_rule(w, 6, "Cisco Systems, Inc. IP Phone*", NULL,
		OPTIONS("\x42\x09"
			"10.77.0.8"));
	add_rule(w, 7, "Arista*", "eos.py",
		OPTIONS("\x43\x11"
			"http://10.77.0.9/"));
	policy_build_rule(w->f.builder,
		&(struct policy_rule){.line = 8,
			.file = fixture_text(&w->f, "all.efi"),
			.options = policy_build_bytes(w->f.builder, "\xaf\x01x", 3)},
		NULL, 0);
	world_start(w);
	*state = w;
	return 0;
}

static void ask(struct world *w, const char *vendor_class, const char *parameters) {
	struct message m = message_begin(DHCP_DISCOVER, 7);

	if (vendor_class)
		message_text(&m, DHCP_OPT_VENDOR_CLASS, vendor_class);
	message_text(&m, DHCP_OPT_PARAMETERS, parameters);
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
}

static bool has_file(const struct world *w) {
	return w->output.payload[DHCP_MAGIC_OFFSET - 128];
}

static void cisco_ap_gets_its_controller(void **state) {
	struct world *w = *state;

	ask(w, "Cisco AP c3700", "\x01\x03\x06\x2b");
	assert_true(reply_is(w, 43, "\xf1\x04\x0a\x4d\x00\x07", 6));
	assert_false(has_file(w));
	assert_int_equal(reply_u32(w, 20), 0); // siaddr
}

// It takes 43 only beside a 60 of its own.
static void aruba_ap_gets_its_class_too(void **state) {
	struct world *w = *state;

	w->lint |= DHCP_LINT_ALLOW_CLASS;
	ask(w, "ArubaAP", "\x01\x03\x06\x3c\x2b");
	assert_true(reply_is(w, 43, "10.77.0.7", 9));
	assert_true(reply_is(w, 60, "ArubaAP", 7));
	assert_false(has_file(w));
}

// 150 is the subnet's, 66 its rule's.
static void cisco_phone_gets_66_and_150(void **state) {
	struct world *w = *state;

	ask(w, "Cisco Systems, Inc. IP Phone CP-8841", "\x01\x42\x06\x03\x0f\x96\x23");
	assert_true(reply_is(w, 66, "10.77.0.8", 9));
	assert_true(reply_is(w, 150, "\x0a\x4d\x00\x01", 4));
	assert_false(has_file(w));
}

static void arista_switch_gets_its_script(void **state) {
	struct world *w = *state;

	ask(w, "Arista;DCS-7050S;01.06;JPE12345678", "\x01\x03\x06\x0f\x42\x43");
	assert_true(reply_is(w, 67, "eos.py", 7)); // the rule's file, with its NUL
}

// A rule for all that boot does not speak to whoever only wants an address.
static void systemd_networkd_gets_no_boot_options(void **state) {
	struct world *w = *state;

	ask(w, NULL, "\x01\x03\x06\x0f\x2b\xaf");
	assert_false(reply_has(w, 175));
	ask(w, "MSFT 5.0", "\x01\x03\x06\x0f\x2b\xaf");
	assert_false(reply_has(w, 175));
	assert_false(reply_has(w, 43));
	assert_false(has_file(w));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(cisco_ap_gets_its_controller),
		TEST(aruba_ap_gets_its_class_too),
		TEST(cisco_phone_gets_66_and_150),
		TEST(arista_switch_gets_its_script),
		TEST(systemd_networkd_gets_no_boot_options),
	};

	return cmocka_run_group_tests_name("dhcp_ztp", tests, NULL, NULL);
}
