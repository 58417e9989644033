// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "dhcp_explain.h"

#include "dhcp_fixture.h"

static struct dhcp_explanation explanation;
static uint32_t failed[16];

static void explain(struct world *w, const uint8_t *message, size_t len, uint32_t src) {
	struct frame_view frame = {
		.src = src, .dst = UINT32_MAX, .payload = message, .payload_len = (uint16_t)len};
	struct dhcp_input input = {.frame = &frame, .journal_room = 2};

	dhcp_explain(&w->server, &input, w->now, failed, &explanation);
}

static void ask(struct world *w, const struct dhcp_question *question) {
	uint8_t message[DHCP_PAYLOAD_MAX];
	size_t len = dhcp_explain_ask(question, message);
	const char *complaint;

	explain(w, message, len, question->giaddr);
	if (!explanation.output.len)
		return;
	complaint = dhcp_lint(message, len, explanation.output.payload, explanation.output.len, 0);
	if (complaint)
		fail_msg("%s", complaint);
}

static bool file_is(const char *file) {
	const struct dhcp_bytes *got = &explanation.exchange.selection.boot_file;

	return got->len == strlen(file) && (!got->len || memcmp(got->data, file, got->len) == 0);
}

static void rubbish_is_explained(void **state) {
	struct world *w = *state;

	explain(w, (const uint8_t *)"abc", 3, 0);
	assert_int_equal(explanation.verdict, DHCP_SILENT);
	assert_int_equal(explanation.exchange.dropped, STAT_DHCP_MALFORMED_SHORT);
	assert_false(explanation.parsed);
	assert_false(explanation.place_known);
}

static void unknown_relay_is_explained(void **state) {
	struct world *w = *state;

	ask(w, &(struct dhcp_question){
		       .mac = {2, 0, 0, 0, 0, 1}, .arch = 7, .giaddr = fixture_ip("10.88.0.9")});
	assert_int_equal(explanation.verdict, DHCP_SILENT);
	assert_int_equal(explanation.exchange.dropped, STAT_DHCP_HOSTILE_RELAY);
	assert_true(explanation.parsed);
	assert_false(explanation.place_known);
}

static void relays_words_are_asked_with(void **state) {
	struct world *w = *state;
	struct dhcp_question question = {.mac = {2, 0, 0, 0, 0, 1},
		.arch = 7,
		.giaddr = fixture_ip("10.88.0.1"),
		.link = fixture_ip("10.88.0.0"),
		.circuit_id = "port 7",
		.remote_id = "switch 3"};
	const struct dhcp_view *view = &explanation.exchange.view;

	ask(w, &question);
	assert_int_equal(explanation.verdict, DHCP_REPLY);
	assert_int_equal(view->circuit_id.len, 6);
	assert_memory_equal(view->circuit_id.data, "port 7", 6);
	assert_int_equal(view->remote_id.len, 8);
	assert_memory_equal(view->remote_id.data, "switch 3", 8);
	question.link = fixture_ip("10.77.0.0");
	ask(w, &question);
	assert_int_equal(explanation.exchange.dropped, STAT_DHCP_HOSTILE_RELAY);
	question.giaddr = 0; // no agent, no words of it
	ask(w, &question);
	assert_int_equal(explanation.verdict, DHCP_REPLY);
	assert_null(view->agent.data);
}

static void machines_and_their_files(void **state) {
	static const struct {
		const char *name;
		uint16_t arch;
		bool ipxe;
		const char *file; // "": none
		uint32_t tried;
	} cases[] = {
		{"BIOS", 0, false, "undionly.kpxe", 2},
		{"x64 UEFI", 7, false, "ipxe.efi", 1},
		{"EBC counts as x64", 9, false, "ipxe.efi", 1},
		{"iPXE on BIOS", 0, true, "menu.ipxe", 0},
		{"iPXE on UEFI", 7, true, "menu.ipxe", 0},
		{"arm64 UEFI", 11, false, "", 3},
		{"x64 HTTP boot", 16, false, "", 3},
		{"Linux", POLICY_ARCH_UNKNOWN, false, "", 0},
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		ask(w, &(struct dhcp_question){.mac = {2, 0, 0, 0, 1, (uint8_t)i},
			       .arch = cases[i].arch,
			       .ipxe = cases[i].ipxe});
		assert_case(cases[i].name, explanation.verdict == DHCP_REPLY);
		assert_case(cases[i].name, file_is(cases[i].file));
		assert_case(cases[i].name, explanation.rules_tried == cases[i].tried);
		assert_case(cases[i].name, explanation.exchange.source == LEASE_SOURCE_POOL);
	}
}

static void each_source_of_an_address_has_a_sentence(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);

	ask(w, &(struct dhcp_question){.mac = {0x52, 0x54, 0, 0, 0, 1}, .arch = 7});
	assert_int_equal(explanation.exchange.source, LEASE_SOURCE_LEASE);
	assert_int_equal(explanation.exchange.record->address, address);
	ask(w, &(struct dhcp_question){.mac = {0x52, 0x54, 0, 0, 1, 1}, .arch = 7});
	assert_int_equal(explanation.exchange.source, LEASE_SOURCE_RESERVATION);
	assert_int_equal(explanation.exchange.selection.host->address, fixture_ip("10.77.0.11"));
	for (int source = LEASE_SOURCE_NONE; source <= LEASE_SOURCE_POOL; source++)
		assert_true(strlen(dhcp_explain_source((enum lease_source)source)) > 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(rubbish_is_explained),
		TEST(unknown_relay_is_explained),
		TEST(relays_words_are_asked_with),
		TEST(machines_and_their_files),
		TEST(each_source_of_an_address_has_a_sentence),
	};

	return cmocka_run_group_tests_name("dhcp_explain", tests, NULL, NULL);
}
