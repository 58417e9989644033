// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// All formats together: names, rubbish, and that what is written is read again.

#include "lease_file_fixture.h"

#define ROUNDS 20000

static void names_of_formats(void **state) {
	(void)state;
	assert_int_equal(lease_format_of("dhcpd"), LEASE_FORMAT_COUNT);
	assert_int_equal(lease_format_of(""), LEASE_FORMAT_COUNT);
	assert_int_equal(lease_format_of("dnsmasq"), LEASE_FORMAT_DNSMASQ);
	assert_int_equal(lease_format_of("isc"), LEASE_FORMAT_ISC);
	assert_int_equal(lease_format_of("kea"), LEASE_FORMAT_KEA);
}

static void rubbish_comes_to_an_end(void **state) {
	static const char pieces[][24] = {"lease ", "10.77.0.50", " { ", "}", ";", "\n", "\"", "\\",
		"#", ",", "address,", "hwaddr,expire,valid_", "lifetime\n", "ends ", "never", ":",
		"1795640000 ", "52:54", "&#x", "binding state ", "\0\0", "2026/1/1 "};
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		char text[512] = "";
		enum lease_format format = (enum lease_format)(round % LEASE_FORMAT_COUNT);
		struct lease_file file;
		struct lease_entry entry;
		size_t steps = 0;
		char *copy;

		for (int i = 0; i < 20; i++)
			strcat(text, pieces[unit_random(&seed) % COUNT_OF(pieces)]);
		copy = fixture_begin_file(&file, format, text);
		while (lease_file_next(&file, &entry))
			assert_true(++steps <= strlen(text));
		free(copy);
	}
}

static struct lease_entry entry_of(uint64_t *seed, enum lease_format format) {
	static const enum lease_state states[] = {LEASE_BOUND, LEASE_DECLINED, LEASE_RELEASED};
	struct lease_entry entry = {
		.address = 0x0a4d0000 | (uint32_t)(1 + unit_random(seed) % 60000),
		.state =
			(uint8_t)states[format == LEASE_FORMAT_DNSMASQ ? 0 : unit_random(seed) % 3],
		.hostname_len = (uint8_t)(unit_random(seed) % (LEASE_HOSTNAME_MAX + 1)),
		.since_unix_s = FIXTURE_NOW - (int64_t)(unit_random(seed) % 100000),
		.subnet_id = 1,
	};

	entry.expiry_unix_s = unit_random(seed) % 4 ? entry.since_unix_s + 1 +
							      (int64_t)(unit_random(seed) % 100000)
						    : LEASE_NEVER_UNIX_S;
	for (size_t i = 0; i < entry.hostname_len; i++)
		entry.hostname[i] = (char)unit_random(seed);
	if (entry.state == LEASE_DECLINED)
		return entry;
	entry.key.htype = format != LEASE_FORMAT_KEA && unit_random(seed) % 4 == 0 ? 6 : 1;
	entry.key.hlen = unit_random(seed) % 4 ? 6 : (uint8_t)(1 + unit_random(seed) % 16);
	for (size_t i = 0; i < entry.key.hlen; i++)
		entry.key.bytes[i] = (uint8_t)unit_random(seed);
	return entry;
}

// dnsmasq's file has no start, and no names that hold spaces or are "*".
static void forget_what_has_no_form(struct lease_entry *entry, enum lease_format format) {
	if (format != LEASE_FORMAT_DNSMASQ)
		return;
	entry->since_unix_s = 0;
	if (entry->hostname_len == 1 && entry->hostname[0] == '*')
		entry->hostname_len = 0;
	for (size_t i = 0; i < entry->hostname_len; i++)
		if (entry->hostname[i] <= ' ' || entry->hostname[i] > '~')
			entry->hostname_len = 0;
	memset(entry->hostname + entry->hostname_len, 0,
		sizeof(entry->hostname) - entry->hostname_len);
}

static void what_is_written_is_read_again(void **state) {
	uint64_t seed = 3;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		enum lease_format format = (enum lease_format)(round % LEASE_FORMAT_COUNT);
		struct lease_entry entry = entry_of(&seed, format), again;
		char text[2 * LEASE_FILE_TEXT_SIZE], *out;
		struct lease_file file;
		size_t len;

		strcpy(text, lease_file_head(format));
		out = text + strlen(text);
		len = lease_file_write(format, &entry, out);
		assert_true(len > 0 && len < LEASE_FILE_TEXT_SIZE && len == strlen(out));
		lease_file_begin(&file, format, text, strlen(text), FIXTURE_NOW);
		if (lease_file_next(&file, &again) != 1)
			fail_msg("%s in %s", file.why, text);
		forget_what_has_no_form(&entry, format);
		entry.subnet_id = 0;
		if (memcmp(&entry, &again, sizeof(entry)))
			fail_msg("not the same: %s", text);
		assert_int_equal(lease_file_next(&file, &again), 0);
	}
}

static void what_has_no_form_is_not_written(void **state) {
	struct lease_entry hashed = {.address = 1, .state = LEASE_BOUND, .key = {.bytes = {1}}};
	struct lease_entry declined = {.address = 1, .state = LEASE_DECLINED};
	struct lease_entry odd = {.address = 1, .state = LEASE_BOUND, .key = {{1}, 77, 6}};
	char text[LEASE_FILE_TEXT_SIZE];

	(void)state;
	for (int format = 0; format < LEASE_FORMAT_COUNT; format++)
		assert_int_equal(lease_file_write((enum lease_format)format, &hashed, text), 0);
	assert_int_equal(lease_file_write(LEASE_FORMAT_DNSMASQ, &declined, text), 0);
	assert_int_equal(lease_file_write(LEASE_FORMAT_ISC, &odd, text), 0);
	assert_int_equal(lease_file_write(LEASE_FORMAT_KEA, &odd, text), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_formats),
		cmocka_unit_test(rubbish_comes_to_an_end),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(what_has_no_form_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
