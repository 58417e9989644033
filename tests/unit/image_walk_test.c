// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "image_walk.h"

static void names_of_hidden_and_half_made_files(void **state) {
	static const struct {
		const char *name;
		enum image_choice choice;
	} cases[] = {
		{".git", IMAGE_HIDDEN},
		{".ipxe.efi.swp", IMAGE_HIDDEN},
		{".ipxe.efi.Ab12Cd", IMAGE_HIDDEN}, // rsync
		{"menu.ipxe~", IMAGE_BACKUP},
		{"ipxe.efi", IMAGE_TAKE},
		{"a.b~c", IMAGE_TAKE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (image_walk_choice(cases[i].name) != cases[i].choice)
			fail_msg("%s: %d", cases[i].name, image_walk_choice(cases[i].name));
}

static char root[] = "/tmp/rouse-walk-XXXXXX";

static void put(const char *name, const char *text) {
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void put_link(const char *name, const char *target) {
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(symlink(target, path), 0);
}

static void put_directory(const char *name) {
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static const char *reason_of(const struct image_walk *walk, const char *path) {
	for (size_t i = 0; i < walk->left_out_count; i++)
		if (!strcmp(walk->left_out[i].path, path))
			return walk->left_out[i].reason;
	return "";
}

static void count_directory(void *context, int fd, const char *path) {
	(void)path;
	assert_true(fd >= 0);
	*(unsigned int *)context += 1;
}

static void make_tree(void) {
	assert_non_null(mkdtemp(root));
	put_directory("in");
	put_directory("in/deeper");
	put_directory(".hidden");
	put(".hidden/x", "x");
	put("b.efi", "1234");
	put("in/a", "12");
	put("in/deeper/z", "");
	put("old~", "x");
	put_link("link.efi", "in/a");
	put_link("in/up", "../b.efi");
	put_link("dir", "in/deeper");
	put_link("absolute", root);
	put_link("outside", "../../etc/passwd");
	put_link("passwd", "/etc/passwd");
	put_link("nothing", "none");
	put_link("self", "self");
	put_link("in/deeper/loop", "..");
}

static void a_tree_is_listed_without_what_leads_out_of_it(void **state) {
	static const char *const expected[] = {"b.efi", "dir/loop/a", "dir/loop/up", "dir/z",
		"in/a", "in/deeper/z", "in/up", "link.efi"};
	static const struct {
		const char *path;
		const char *reason;
	} left_out[] = {
		{"absolute", "out of boot_root"},
		{"outside", "out of boot_root"},
		{"passwd", "out of boot_root"},
		{"nothing", "to nothing"},
		{"self", "to itself"},
		{"in/deeper/loop", "that holds it"},
		{"dir/loop/deeper", "that holds it"},
	};
	unsigned int directories = 0;
	struct image_walk walk = {
		.max_files = 100, .directory = count_directory, .context = &directories};
	char command[128];
	int fd;

	(void)state;
	make_tree();
	fd = open(root, O_RDONLY | O_DIRECTORY);
	assert_int_equal(image_walk_run(&walk, fd), 0);
	assert_int_equal(walk.count, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < walk.count; i++)
		assert_string_equal(walk.found[i].path, expected[i]);
	assert_int_equal(walk.found[0].size, 4);
	assert_int_equal(walk.found[6].inode, walk.found[0].inode);
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		if (!strstr(reason_of(&walk, left_out[i].path), left_out[i].reason))
			fail_msg(
				"%s: \"%s\"", left_out[i].path, reason_of(&walk, left_out[i].path));
	assert_int_equal(walk.hidden, 2);
	assert_int_equal(directories, 5); // the root, in, in/deeper, dir, dir/loop
	image_walk_free(&walk);
	walk.max_files = 2;
	assert_int_equal(image_walk_run(&walk, fd), 0);
	assert_int_equal(walk.count, 2);
	image_walk_free(&walk);
	assert_int_equal(image_walk_open(fd, "outside", O_RDONLY), -EXDEV);
	assert_int_equal(image_walk_open(fd, "../x", O_RDONLY), -EXDEV);
	close(fd);
	snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(system(command), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_hidden_and_half_made_files),
		cmocka_unit_test(a_tree_is_listed_without_what_leads_out_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
