// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "token.h"

static const struct token_claim claim = {.purpose = TOKEN_CALLBACK,
	.mac = {0x52, 0x54, 0, 0x77, 0, 1},
	.serial = 7,
	.expiry_unix_s = 1700000000};

// 0, 1, 2 ...
static void count_up(uint8_t key[TOKEN_KEY_SIZE]) {
	for (size_t i = 0; i < TOKEN_KEY_SIZE; i++)
		key[i] = (uint8_t)i;
}

static void what_is_no_token_is_wrong(void **state) {
	uint8_t key[TOKEN_KEY_SIZE];
	char good[TOKEN_SIZE], text[64];
	static const char *const bad[] = {"", "a", "aaaaaaaaaaaaaaaaaaaaaaaaaa",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaa", "%61aaaaaaaaaaaaaaaaaaaaaaaaa"};

	(void)state;
	count_up(key);
	token_make(key, &claim, good);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_case(bad[i], token_check(key, &claim, 0, bad[i]) == TOKEN_WRONG);
	for (size_t len = 0; len < TOKEN_SIZE - 1; len++) {
		snprintf(text, sizeof(text), "%.*s", (int)len, good);
		assert_case(text, token_check(key, &claim, 0, text) == TOKEN_WRONG);
	}
	snprintf(text, sizeof(text), "%sa", good);
	assert_int_equal(token_check(key, &claim, 0, text), TOKEN_WRONG);
	snprintf(text, sizeof(text), "%s=", good);
	assert_int_equal(token_check(key, &claim, 0, text), TOKEN_WRONG);
}

static void every_bit_of_a_token_counts(void **state) {
	uint8_t key[TOKEN_KEY_SIZE];
	char token[TOKEN_SIZE];

	(void)state;
	count_up(key);
	token_make(key, &claim, token);
	for (size_t bit = 0; bit < 8 * (TOKEN_SIZE - 1); bit++) {
		token[bit / 8] ^= (char)(1u << bit % 8);
		assert_int_equal(token_check(key, &claim, 0, token), TOKEN_WRONG);
		token[bit / 8] ^= (char)(1u << bit % 8);
	}
	assert_int_equal(token_check(key, &claim, 0, token), TOKEN_GOOD);
}

static void every_bit_of_key_and_claim_counts(void **state) {
	uint8_t key[TOKEN_KEY_SIZE];
	char token[TOKEN_SIZE];

	(void)state;
	count_up(key);
	token_make(key, &claim, token);
	for (size_t bit = 0; bit < 8 * TOKEN_KEY_SIZE; bit++) {
		key[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(token_check(key, &claim, 0, token), TOKEN_WRONG);
		key[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t bit = 0; bit < 64; bit++) {
		struct token_claim other = claim;

		other.serial ^= 1ull << bit;
		assert_int_equal(token_check(key, &other, 0, token), TOKEN_WRONG);
		other = claim;
		other.expiry_unix_s ^= (int64_t)(1ull << bit);
		assert_int_equal(token_check(key, &other, 0, token), TOKEN_WRONG);
		other = claim;
		other.mac[bit / 8 % 6] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(token_check(key, &other, 0, token), TOKEN_WRONG);
	}
	for (enum token_purpose purpose = TOKEN_TEMPLATE; purpose <= TOKEN_MENU; purpose++) {
		struct token_claim other = claim;

		other.purpose = purpose;
		assert_int_equal(token_check(key, &other, 0, token),
			purpose == claim.purpose ? TOKEN_GOOD : TOKEN_WRONG);
	}
}

static void tokens_end(void **state) {
	static const struct {
		int64_t now_unix_s;
		enum token_verdict verdict;
	} cases[] = {
		{0, TOKEN_GOOD},
		{1699999999, TOKEN_GOOD},
		{1700000000, TOKEN_GOOD},
		{1700000001, TOKEN_EXPIRED},
		{INT64_MAX, TOKEN_EXPIRED},
	};
	uint8_t key[TOKEN_KEY_SIZE];
	char token[TOKEN_SIZE];

	(void)state;
	count_up(key);
	token_make(key, &claim, token);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(
			token_check(key, &claim, cases[i].now_unix_s, token), cases[i].verdict);
	token[0] ^= 1;
	assert_int_equal(token_check(key, &claim, 1700000001, token), TOKEN_WRONG);
}

// Made by another program: HMAC-SHA256 and base32 of Python's library over
// 0d "rouse token 1" 01 PURPOSE 06 MAC 08 SERIAL 08 EXPIRY.
static void tokens_are_as_written_down(void **state) {
	static const struct {
		bool zero_key;
		struct token_claim claim;
		const char *token;
	} cases[] = {
		{false, {TOKEN_TEMPLATE, {0x52, 0x54, 0, 0x77, 0, 1}, 1, 1700000000},
			"ou5nkehjxzjh2a4wklhqbcxite"},
		{false, {TOKEN_CALLBACK, {0x52, 0x54, 0, 0x77, 0, 1}, UINT64_MAX, -1},
			"3sdswsc7baoi7zvvpjwl5qpxoe"},
		{true, {TOKEN_MENU, {0}, 0, 0}, "rlc6lk5mioc757ocdlrbomj4ly"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint8_t key[TOKEN_KEY_SIZE] = {0};
		char token[TOKEN_SIZE];

		if (!cases[i].zero_key)
			count_up(key);
		token_make(key, &cases[i].claim, token);
		assert_string_equal(token, cases[i].token);
	}
}

static char directory[] = "/tmp/token_test.XXXXXX";

static void path_of(const char *name, char out[128]) {
	snprintf(out, 128, "%s/%s", directory, name);
}

static void write_file(const char *path, size_t len, mode_t mode) {
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	char data[64] = "";

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void bad_key_files_are_refused(void **state) {
	static const struct {
		size_t len;
		mode_t mode;
		int rc;
		const char *why;
	} cases[] = {
		{32, 0644, -EPERM, "has mode 0644: remove it if others could read it"},
		{32, 0640, -EPERM, "has mode 0640"},
		{32, 0700, -EPERM, "has mode 0700"},
		{32, 04600, -EPERM, "has mode 4600"},
		{0, 0600, -EINVAL, "is not a key of 32 bytes: remove it"},
		{31, 0600, -EINVAL, "is not a key of 32 bytes"},
		{33, 0600, -EINVAL, "is not a key of 32 bytes"},
	};
	uint8_t key[TOKEN_KEY_SIZE];
	char path[128], why[TOKEN_WHY_SIZE];

	(void)state;
	path_of("bad", path);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		write_file(path, cases[i].len, cases[i].mode);
		assert_int_equal(token_key_load(path, key, why), cases[i].rc);
		if (!strstr(why, cases[i].why) || strncmp(why, path, strlen(path)) != 0)
			fail_msg("case %zu: %s", i, why);
	}
	unlink(path);
	assert_int_equal(symlink("elsewhere", path), 0);
	assert_int_equal(token_key_load(path, key, why), -ELOOP);
	unlink(path);
	assert_int_equal(token_key_load(directory, key, why), -EINVAL);
	assert_non_null(strstr(why, "is not a regular file"));
	path_of("absent/key", path);
	assert_int_equal(token_key_load(path, key, why), -ENOENT);
	assert_non_null(strstr(why, "No such file or directory"));
}

static void a_key_is_made_once(void **state) {
	uint8_t first[TOKEN_KEY_SIZE] = {0}, again[TOKEN_KEY_SIZE] = {0};
	static const uint8_t zero[TOKEN_KEY_SIZE];
	char path[128], beside[128], why[TOKEN_WHY_SIZE];
	struct stat st;
	mode_t mask = umask(0277);

	(void)state;
	path_of("key", path);
	path_of("key.new", beside);
	umask(0);
	write_file(beside, 5, 0600); // left by a crash
	umask(0277);
	assert_int_equal(token_key_load(path, first, why), 0);
	umask(mask);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, TOKEN_KEY_SIZE);
	assert_int_equal(access(beside, F_OK), -1);
	assert_memory_not_equal(first, zero, TOKEN_KEY_SIZE);
	assert_int_equal(token_key_load(path, again, why), 0);
	assert_memory_equal(first, again, TOKEN_KEY_SIZE);
	unlink(path);
	assert_int_equal(token_key_load(path, again, why), 0);
	assert_memory_not_equal(first, again, TOKEN_KEY_SIZE);
	unlink(path);
}

static int make_directory(void **state) {
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state) {
	(void)state;
	return rmdir(directory);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_token_is_wrong),
		cmocka_unit_test(every_bit_of_a_token_counts),
		cmocka_unit_test(every_bit_of_key_and_claim_counts),
		cmocka_unit_test(tokens_end),
		cmocka_unit_test(tokens_are_as_written_down),
		cmocka_unit_test(bad_key_files_are_refused),
		cmocka_unit_test(a_key_is_made_once),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
