// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Roles by where a machine is plugged in: what its relay agent says, byte by byte as boot rules
// match it.

#include "node_match.h"
#include "text.h"
#include "unit.h"

static bool matches(uint16_t match, const char *pattern, const void *bytes, size_t len) {
	char text[4 * 255 + 1];
	const char *clean = bytes ? text_clean(bytes, len, text, sizeof(text)) : NULL;
	bool circuit = match == POLICY_MATCH_CIRCUIT_ID;
	struct node_facts facts = {.arch = STORE_UNKNOWN_ARCH,
		.circuit_id = circuit ? clean : "other",
		.remote_id = circuit ? "other" : clean};
	struct machine machine = {
		.mac = (const uint8_t[6]){0x52, 0x54}, .name = "n1", .facts = &facts};
	struct config_condition condition = {.match = match, .text = (char *)pattern};
	struct config_match list = {.list = &condition, .count = 1};

	return node_matches(&list, &machine, NULL);
}

static void a_place_matches_by_its_bytes(void **state) {
	static const uint16_t keys[] = {POLICY_MATCH_CIRCUIT_ID, POLICY_MATCH_REMOTE_ID};
	static const struct {
		const char *pattern, *bytes;
		size_t len;
		bool matches;
	} cases[] = {
		{"*", NULL, 0, false},
		{"*", "", 0, false},
		{"port7", "port7", 5, true},
		{"port7", "port70", 6, false},
		{"PORT7", "port7", 5, false}, // bytes, not words
		{"port*", "port70", 6, true},
		{"?\4", "\0\4", 2, true}, // VLAN and port as numbers
		{"??", "\0\4", 2, true},
		{"?????", "\\x41", 4, false},
		{"????", "\\x41", 4, true}, // and not an A
		{"\xe4*", "\xe4\xff", 2, true},
		{"???", "\\\\x", 3, true},
	};

	(void)state;
	for (size_t k = 0; k < COUNT_OF(keys); k++)
		for (size_t i = 0; i < COUNT_OF(cases); i++)
			assert_case(cases[i].pattern,
				matches(keys[k], cases[i].pattern, cases[i].bytes, cases[i].len) ==
					cases[i].matches);
}

static void all_of_a_long_one_counts(void **state) {
	char bytes[255];

	(void)state;
	memset(bytes, 1, sizeof(bytes));
	bytes[254] = 'x';
	assert_true(matches(POLICY_MATCH_REMOTE_ID, "*x", bytes, sizeof(bytes)));
	assert_false(matches(POLICY_MATCH_REMOTE_ID, "*y", bytes, sizeof(bytes)));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_matches_by_its_bytes),
		cmocka_unit_test(all_of_a_long_one_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
