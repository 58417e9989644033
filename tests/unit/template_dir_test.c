// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "template.h"
#include "template_dir.h"

static char directory[] = "/tmp/template_dir_test.XXXXXX";
static int dir_fd;

static void write_at(const char *name, const char *text, size_t len) {
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static int make_files(void **state) {
	char *large = calloc(1, TEMPLATE_INPUT_MAX + 1);

	(void)state;
	assert_non_null(large);
	assert_non_null(mkdtemp(directory));
	dir_fd = open(directory, O_RDONLY | O_DIRECTORY);
	assert_true(dir_fd >= 0);
	assert_int_equal(mkdirat(dir_fd, "sub", 0700), 0);
	write_at("preseed.cfg", "a {{> sub/more}}", 16);
	write_at("sub/more", "more\n", 5);
	write_at("empty", "", 0);
	write_at(".hidden", "x", 1);
	write_at("with space", "x", 1);
	write_at("largest", large, TEMPLATE_INPUT_MAX);
	write_at("too-large", large, TEMPLATE_INPUT_MAX + 1);
	assert_int_equal(symlinkat("sub/more", dir_fd, "inside"), 0);
	assert_int_equal(symlinkat("/etc/passwd", dir_fd, "outside"), 0);
	assert_int_equal(symlinkat("../../etc/passwd", dir_fd, "sub/above"), 0);
	assert_int_equal(mkfifoat(dir_fd, "fifo", 0600), 0);
	free(large);
	return 0;
}

static int remove_files(void **state) {
	static const char *const names[] = {"preseed.cfg", "sub/more", "empty", ".hidden",
		"with space", "largest", "too-large", "inside", "outside", "sub/above", "fifo"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(unlinkat(dir_fd, names[i], 0), 0);
	assert_int_equal(unlinkat(dir_fd, "sub", AT_REMOVEDIR), 0);
	close(dir_fd);
	return rmdir(directory);
}

static void what_is_no_template_is_refused(void **state) {
	static const struct {
		const char *name;
		int rc;
	} cases[] = {
		{"", -ENOENT},
		{".", -ENOENT},
		{"..", -ENOENT},
		{"../preseed.cfg", -ENOENT},
		{"/etc/passwd", -ENOENT},
		{"sub/../preseed.cfg", -ENOENT},
		{"sub//more", -ENOENT},
		{".hidden", -ENOENT},
		{"with space", -ENOENT},
		{"absent", -ENOENT},
		{"preseed.cfg/x", -ENOTDIR},
		{"sub", -EINVAL},
		{"fifo", -EINVAL},
		{"outside", -EXDEV},
		{"sub/above", -EXDEV},
		{"too-large", -EFBIG},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = {0};
		const char *text;
		size_t len;

		assert_case(cases[i].name, template_dir_read(dir_fd, cases[i].name, &arena, &text,
						   &len) == cases[i].rc);
		arena_free(&arena);
	}
}

static void templates_are_read(void **state) {
	static const struct {
		const char *name;
		size_t len;
		const char *text;
	} cases[] = {
		{"preseed.cfg", 16, "a {{> sub/more}}"},
		{"sub/more", 5, "more\n"},
		{"inside", 5, "more\n"},
		{"empty", 0, ""},
		{"largest", TEMPLATE_INPUT_MAX, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = {0};
		const char *text = "";
		size_t len = 0;

		assert_case(cases[i].name,
			template_dir_read(dir_fd, cases[i].name, &arena, &text, &len) == 0);
		assert_case(cases[i].name, len == cases[i].len);
		assert_case(cases[i].name, !strcmp(text, cases[i].text));
		arena_free(&arena);
	}
}

static void one_template_includes_another(void **state) {
	static const struct vars_merged none;
	struct template_input input = {.name = "preseed.cfg",
		.vars = &none,
		.load = template_dir_load,
		.load_context = &dir_fd};
	struct template_output out;
	struct arena arena = {0};

	(void)state;
	assert_int_equal(template_dir_read(dir_fd, input.name, &arena, &input.text, &input.len), 0);
	assert_int_equal(template_render(&input, &out), 0);
	assert_string_equal(out.text, "a more\n");
	free(out.text);
	arena_free(&arena);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_template_is_refused),
		cmocka_unit_test(templates_are_read),
		cmocka_unit_test(one_template_includes_another),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
