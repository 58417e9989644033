// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Sets of rendered texts: each text once, found by its names, freed by its last user.

#include "unit.h"

#include "rendered.h"

static const uint8_t one[6] = {0x52, 0x54, 0, 0, 0, 1};
static const uint8_t two[6] = {0x52, 0x54, 0, 0, 0, 2};

static void add(struct rendered_set *set, const uint8_t *mac, const char *name, const char *words) {
	struct rendered_text *text = rendered_text_new(words, strlen(words));

	assert_true(rendered_set_add(set, mac, false, name, text));
	rendered_text_drop(text);
}

static const char *text_of(const struct rendered_set *set, size_t file) {
	return set->texts[set->files[file].text]->bytes;
}

static void equal_texts_are_kept_once(void **state) {
	struct rendered_set *set = rendered_set_new(7);

	(void)state;
	add(set, one, "boot.ipxe", "same");
	add(set, two, "boot.ipxe", "same");
	add(set, NULL, "boot.ipxe", "other");
	add(set, one, "autoexec.ipxe", "same");
	assert_int_equal(set->text_count, 4);
	rendered_set_finish(set);
	assert_int_equal(set->version, 7);
	assert_int_equal(set->text_count, 2);
	assert_int_equal(set->file_count, 4);
	assert_memory_equal(text_of(set, 0), "same", 4);
	assert_memory_equal(text_of(set, 2), "other", 5);
	assert_int_equal(set->files[0].text, set->files[1].text);
	assert_int_equal(set->files[0].text, set->files[3].text);
	assert_true(set->files[2].common && !set->files[0].common);
	assert_true(memcmp(set->texts[0]->sha256, set->texts[1]->sha256, RENDERED_SHA_SIZE) < 0);
	rendered_set_drop(set);
}

// ASan tells what is freed too early or not at all.
static void a_text_lives_as_long_as_somebody_holds_it(void **state) {
	struct rendered_text *text = rendered_text_new("words", 5);
	struct rendered_set *set = rendered_set_new(1), *also;

	(void)state;
	assert_true(rendered_set_add(set, one, true, "a", text));
	rendered_set_finish(set);
	also = rendered_set_hold(set);
	rendered_set_drop(set);
	assert_true(also->files[0].order);
	assert_int_equal(atomic_load(&text->users), 2);
	rendered_set_drop(also);
	assert_int_equal(atomic_load(&text->users), 1);
	assert_memory_equal(text->bytes, "words", 5);
	rendered_text_drop(text);
	assert_null(rendered_text_hold(NULL));
	assert_null(rendered_set_hold(NULL));
	rendered_text_drop(NULL);
	rendered_set_drop(NULL);
}

static void names_have_a_bound(void **state) {
	struct rendered_set *set = rendered_set_new(1);
	struct rendered_text *text = rendered_text_new("", 0);
	char name[RENDERED_NAME_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[RENDERED_NAME_MAX + 1] = '\0';
	assert_false(rendered_set_add(set, NULL, false, name, text));
	name[RENDERED_NAME_MAX] = '\0';
	assert_true(rendered_set_add(set, NULL, false, name, text));
	assert_string_equal(set->files[0].name, name);
	rendered_text_drop(text);
	rendered_set_drop(set);
}

static void files_have_a_bound(void **state) {
	struct rendered_set *set = rendered_set_new(1);
	struct rendered_text *text = rendered_text_new("x", 1);

	(void)state;
	for (size_t i = 0; i < RENDERED_FILES_MAX; i++)
		assert_true(rendered_set_add(set, one, false, "a", text));
	assert_false(rendered_set_add(set, one, false, "a", text));
	rendered_set_finish(set);
	assert_int_equal(set->text_count, 1);
	rendered_text_drop(text);
	rendered_set_drop(set);
}

static void nodes_are_found_by_their_macs(void **state) {
	struct rendered_set *set = rendered_set_new(1);
	char name[16] = "n002";
	struct rendered_node node = {.listed = true, .name = name, .role = "", .order_id = 5};

	(void)state;
	memcpy(node.mac, two, 6);
	rendered_set_add_node(set, &node);
	memcpy(node.mac, one, 6);
	strcpy(name, "n001"); // texts are copied
	node.role = "web";
	rendered_set_add_node(set, &node);
	rendered_set_finish(set);
	assert_string_equal(rendered_set_find(set, two)->name, "n002");
	assert_null(rendered_set_find(set, two)->role);
	assert_string_equal(rendered_set_find(set, one)->role, "web");
	assert_int_equal(rendered_set_find(set, one)->order_id, 5);
	assert_null(rendered_set_find(set, (const uint8_t[6]){1}));
	assert_null(rendered_set_find(NULL, one));
	rendered_set_drop(set);
}

static void an_empty_set_is_one(void **state) {
	struct rendered_set *set = rendered_set_new(1);

	(void)state;
	rendered_set_finish(set);
	assert_int_equal(set->text_count + set->file_count, 0);
	assert_null(rendered_set_find(set, one));
	rendered_set_drop(set);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_are_kept_once),
		cmocka_unit_test(a_text_lives_as_long_as_somebody_holds_it),
		cmocka_unit_test(names_have_a_bound),
		cmocka_unit_test(files_have_a_bound),
		cmocka_unit_test(nodes_are_found_by_their_macs),
		cmocka_unit_test(an_empty_set_is_one),
	};

	return cmocka_run_group_tests_name("rendered", tests, NULL, NULL);
}
