// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "policy.h"

#include "policy_fixture.h"
#include "unit.h"

struct question {
	const char *name;
	uint32_t node; // with POLICY_NODE_ORDER: its order is pending
	enum policy_lookup lookup;
	uint32_t slot; // when found
};

static void ask_len(const struct fixture *f, const struct question *q, size_t len) {
	const struct policy_name *found;

	assert_case(
		q->name, policy_find_name(&f->policy, q->node & ~POLICY_NODE_ORDER,
				 q->node & POLICY_NODE_ORDER, q->name, len, &found) == q->lookup);
	if (q->lookup == POLICY_FOUND)
		assert_case(q->name, found->slot == q->slot);
	else
		assert_case(q->name, !found);
}

static void ask(const struct fixture *f, const struct question *questions, size_t count) {
	for (size_t i = 0; i < count; i++)
		ask_len(f, &questions[i], strlen(questions[i].name));
}

static void finish(struct fixture *f) {
	if (fixture_finish(f) != 0)
		fail_msg("%s", f->why);
}

static void names_that_leave_the_tree_are_bad(void **state) {
	static const struct question questions[] = {
		{"..", 0, POLICY_BAD_NAME, 0},
		{"../etc/passwd", 0, POLICY_BAD_NAME, 0},
		{"/../menu.ipxe", 0, POLICY_BAD_NAME, 0},
		{"a/../menu.ipxe", 0, POLICY_BAD_NAME, 0},
		{"a\\..\\menu.ipxe", 0, POLICY_BAD_NAME, 0},
		{"a/..", 0, POLICY_BAD_NAME, 0},
		{"a//..//b", 0, POLICY_BAD_NAME, 0},
		{"...", 0, POLICY_NOT_FOUND, 0},
		{"..a", 0, POLICY_NOT_FOUND, 0},
		{"a..", 0, POLICY_NOT_FOUND, 0},
		{"%2e%2e/menu.ipxe", 0, POLICY_NOT_FOUND, 0},
	};
	struct fixture f;

	(void)state;
	fixture_sample(&f);
	finish(&f);
	ask(&f, questions, COUNT_OF(questions));
	fixture_end(&f);
}

static void odd_names_are_not_found(void **state) {
	static char long_name[POLICY_NAME_MAX + 2];
	static const struct question questions[] = {
		{"", 0, POLICY_NOT_FOUND, 0},
		{"/", 0, POLICY_NOT_FOUND, 0},
		{"\\\\//", 0, POLICY_NOT_FOUND, 0},
		{"menu.ipxe/", 0, POLICY_NOT_FOUND, 0},
		{"menu.ipx", 0, POLICY_NOT_FOUND, 0},
		{"menu.ipxe ", 0, POLICY_NOT_FOUND, 0},
		{"\xff\xfe\x80", 0, POLICY_NOT_FOUND, 0},
	};
	struct fixture f;

	(void)state;
	fixture_sample(&f);
	memset(long_name, 'a', sizeof(long_name) - 1);
	finish(&f);
	ask(&f, questions, COUNT_OF(questions));
	ask_len(&f, &(struct question){"menu.ipxe\0x", 0, POLICY_NOT_FOUND, 0}, 11);
	ask_len(&f, &(struct question){long_name, 0, POLICY_NOT_FOUND, 0}, POLICY_NAME_MAX);
	ask_len(&f, &(struct question){long_name, 0, POLICY_BAD_NAME, 0}, POLICY_NAME_MAX + 1);
	fixture_end(&f);
}

static void only_plain_names_can_be_asked_for(void **state) {
	static const char *const bad[] = {
		"", "/a", "\\a", "a//b", "a\\\\b", "a/\\b", "..", "a/../b", "a\\..", "../a"};
	static const char *const good[] = {
		"a", "a/b", "a\\b", "a b", "...", ".a", "a/", "\xc3\xa4"};
	char longest[POLICY_NAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_case(bad[i], !policy_name_is_plain(bad[i], strlen(bad[i])));
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_case(good[i], policy_name_is_plain(good[i], strlen(good[i])));
	memset(longest, 'a', sizeof(longest));
	assert_true(policy_name_is_plain(longest, POLICY_NAME_MAX));
	assert_false(policy_name_is_plain(longest, POLICY_NAME_MAX + 1));
	assert_false(policy_name_is_plain("a\0b", 3));
}

static void grub_absolute_name(void **state) {
	static const struct question questions[] = {
		{"/debian-installer/amd64/grub/grub.cfg", 0, POLICY_FOUND, 7},
		{"/debian-installer/amd64/grub/x86_64-efi/command.lst", 0, POLICY_NOT_FOUND, 0},
	};
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	fixture_name(&f, 0, "debian-installer/amd64/grub/grub.cfg", 7);
	finish(&f);
	ask(&f, questions, COUNT_OF(questions));
	fixture_end(&f);
}

static void shim_doubled_slash(void **state) {
	static const struct question questions[] = {
		{"//grubx64.efi", 0, POLICY_FOUND, 7},
		{"EFI//BOOT//grubx64.efi", 0, POLICY_FOUND, 8},
	};
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	fixture_name(&f, 0, "grubx64.efi", 7);
	fixture_name(&f, 0, "EFI/BOOT/grubx64.efi", 8);
	finish(&f);
	ask(&f, questions, COUNT_OF(questions));
	fixture_end(&f);
}

static void windows_bootmgr_backslash(void **state) {
	static const struct question questions[] = {
		{"\\Boot\\BCD", 0, POLICY_FOUND, 2},
		{"\\boot\\bcd", 0, POLICY_FOUND, 2},
		{"/boot\\BCD", 0, POLICY_FOUND, 2},
		{"\\\\Boot\\\\BCD", 0, POLICY_FOUND, 2},
		{"/Boot/\\BCD", 0, POLICY_FOUND, 2},
		{"\\Boot\\Fonts\\wgl4_boot.ttf", 0, POLICY_NOT_FOUND, 0},
	};
	struct fixture f;

	(void)state;
	fixture_sample(&f);
	finish(&f);
	ask(&f, questions, COUNT_OF(questions));
	fixture_end(&f);
}

static void case_is_ignored_when_unique(void **state) {
	static const struct question questions[] = {
		{"MENU.IPXE", 0, POLICY_FOUND, 1},
		{"BOOT/bcd", 0, POLICY_FOUND, 2},
		{"README", 0, POLICY_FOUND, 4},
		{"readme", 0, POLICY_FOUND, 5},
		{"ReadMe", 0, POLICY_AMBIGUOUS, 0},
	};
	struct fixture f;

	(void)state;
	fixture_sample(&f);
	finish(&f);
	ask(&f, questions, COUNT_OF(questions));
	fixture_end(&f);
}

static void hundreds_of_spellings_stay_ambiguous(void **state) {
	struct question question = {.lookup = POLICY_FOUND};
	struct fixture f;
	char name[] = "abcdefghi";

	(void)state;
	fixture_begin(&f);
	for (uint32_t i = 0; i < 512; i++) {
		for (uint32_t bit = 0; bit < 9; bit++)
			name[bit] = (char)((i >> bit & 1 ? 'A' : 'a') + bit);
		fixture_name(&f, 0, name, i);
	}
	finish(&f);
	question.name = name;
	question.slot = 511;
	ask(&f, &question, 1);
	question.name = "/ABCDEFGHi";
	question.slot = 255;
	ask(&f, &question, 1);
	fixture_end(&f);
}

static void the_nodes_own_comes_first(void **state) {
	static const struct question questions[] = {
		{"menu.ipxe", 0, POLICY_FOUND, 1},
		{"menu.ipxe", 1, POLICY_FOUND, 3},
		{"menu.ipxe", 2, POLICY_FOUND, 1},
		{"/Menu.iPXE", 1, POLICY_FOUND, 3},
		{"/Menu.iPXE", 2, POLICY_FOUND, 1},
		{"Boot/BCD", 1, POLICY_FOUND, 2},
		{"README", 999999, POLICY_FOUND, 4},
		{"ReadMe", 1, POLICY_AMBIGUOUS, 0},
	};
	struct fixture f;

	(void)state;
	fixture_sample(&f);
	finish(&f);
	ask(&f, questions, COUNT_OF(questions));
	fixture_end(&f);
}

// A common name that is exact is what was asked for; an own one in another case is not.
static void exact_common_comes_before_folded_own(void **state) {
	static const struct question questions[] = {
		{"grub.cfg", 1, POLICY_FOUND, 1},
		{"GRUB.cfg", 1, POLICY_FOUND, 2},
		{"Grub.Cfg", 1, POLICY_FOUND, 2},
		{"Grub.Cfg", 2, POLICY_FOUND, 1},
	};
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	fixture_host(&f, "n001", "52:54:00:00:01:01", NULL, "");
	fixture_host(&f, "n002", "52:54:00:00:01:02", NULL, "");
	fixture_name(&f, 0, "grub.cfg", 1);
	fixture_name(&f, 1, "GRUB.cfg", 2);
	finish(&f);
	ask(&f, questions, COUNT_OF(questions));
	fixture_end(&f);
}

// In each form: the order's, the node's, everybody's. Without a pending order its names do not
// exist.
static void a_pending_order_comes_first(void **state) {
	static const struct question questions[] = {
		{"boot.ipxe", 1 | POLICY_NODE_ORDER, POLICY_FOUND, 3},
		{"boot.ipxe", 1, POLICY_FOUND, 2},
		{"boot.ipxe", 2 | POLICY_NODE_ORDER, POLICY_FOUND, 1},
		{"boot.ipxe", POLICY_NODE_ORDER, POLICY_FOUND, 1},
		{"/BOOT.ipxe", 1 | POLICY_NODE_ORDER, POLICY_FOUND, 3},
		{"/BOOT.ipxe", 1, POLICY_FOUND, 2},
		{"\\\\grub\\grub.cfg", 1 | POLICY_NODE_ORDER, POLICY_FOUND, 4},
		{"\\\\grub\\grub.cfg", 1, POLICY_FOUND, 5},
		{"rouse/used/0000000000000001", 1 | POLICY_NODE_ORDER, POLICY_FOUND, 6},
		{"rouse/used/0000000000000001", 1, POLICY_NOT_FOUND, 0},
		{"rouse/used/0000000000000001", 2 | POLICY_NODE_ORDER, POLICY_NOT_FOUND, 0},
		{"other", 1 | POLICY_NODE_ORDER, POLICY_FOUND, 7},
		{"OWN", 1 | POLICY_NODE_ORDER, POLICY_FOUND, 8},
	};
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	fixture_node(&f, "n001", "52:54:00:00:01:01", 1, 0, "boot.ipxe");
	fixture_node(&f, "n002", "52:54:00:00:01:02", 2, 1, "");
	fixture_name(&f, 0, "boot.ipxe", 1);
	fixture_name(&f, 1, "boot.ipxe", 2);
	fixture_name(&f, 1 | POLICY_NODE_ORDER, "boot.ipxe", 3);
	fixture_name(&f, 1 | POLICY_NODE_ORDER, "grub/grub.cfg", 4);
	fixture_name(&f, 0, "grub/grub.cfg", 5);
	fixture_name(&f, 1 | POLICY_NODE_ORDER, "rouse/used/0000000000000001", 6);
	fixture_name(&f, 0, "other", 7);
	fixture_name(&f, 1, "own", 8);
	finish(&f);
	ask(&f, questions, COUNT_OF(questions));
	fixture_end(&f);
}

static void a_file_with_a_backslash_is_found(void **state) {
	static const struct question questions[] = {
		{"a\\b", 0, POLICY_FOUND, 1},
		{"a/b", 0, POLICY_FOUND, 2},
		{"A/b", 0, POLICY_AMBIGUOUS, 0},
		{"c/d", 0, POLICY_FOUND, 3},
		{"C/D", 0, POLICY_FOUND, 3},
	};
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	fixture_name(&f, 0, "a\\b", 1);
	fixture_name(&f, 0, "a/b", 2);
	fixture_name(&f, 0, "c\\d", 3);
	finish(&f);
	ask(&f, questions, COUNT_OF(questions));
	fixture_end(&f);
}

static void the_last_file_of_an_order(void **state) {
	static const struct {
		const char *path;
		bool last;
	} cases[] = {
		{"a/last", true},
		{"a/last2", false},
		{"a/las", false},
		{"A/last", false},
		{"rouse/used/fedcba9876543210", true},
		{"rouse/used/fedcba9876543211", false},
		{"rouse/used/FEDCBA9876543210", false},
		{"rouse/used/fedcba987654321", false},
		{"rouse/used/fedcba98765432100", false},
		{"xouse/used/fedcba9876543210", false},
	};
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	fixture_node(&f, "n1", "52:54:00:00:01:01", 0xfedcba9876543210, 0, "a/last");
	fixture_node(&f, "n2", "52:54:00:00:01:02", 2, 1, "");
	for (uint32_t i = 0; i < COUNT_OF(cases); i++)
		fixture_name(&f, 1, cases[i].path, i);
	fixture_name(&f, 2, "rouse/used/0000000000000002", 20);
	finish(&f);
	for (uint32_t i = 0; i < COUNT_OF(cases); i++)
		assert_case(cases[i].path, policy_order_ends_with(&f.policy, &f.policy.hosts[0],
						   &f.policy.names[i]) == cases[i].last);
	assert_false(policy_order_ends_with(&f.policy, &f.policy.hosts[1], &f.policy.names[0]));
	assert_true(policy_order_ends_with(
		&f.policy, &f.policy.hosts[1], &f.policy.names[COUNT_OF(cases)]));
	assert_int_equal(policy_order_tag(0x0000000500000005), 1); // never 0
	assert_int_not_equal(policy_order_tag(1), policy_order_tag(2));
	fixture_end(&f);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_leave_the_tree_are_bad),
		cmocka_unit_test(odd_names_are_not_found),
		cmocka_unit_test(only_plain_names_can_be_asked_for),
		cmocka_unit_test(grub_absolute_name),
		cmocka_unit_test(shim_doubled_slash),
		cmocka_unit_test(windows_bootmgr_backslash),
		cmocka_unit_test(case_is_ignored_when_unique),
		cmocka_unit_test(hundreds_of_spellings_stay_ambiguous),
		cmocka_unit_test(the_nodes_own_comes_first),
		cmocka_unit_test(exact_common_comes_before_folded_own),
		cmocka_unit_test(a_pending_order_comes_first),
		cmocka_unit_test(the_last_file_of_an_order),
		cmocka_unit_test(a_file_with_a_backslash_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
