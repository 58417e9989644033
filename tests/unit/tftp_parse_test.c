// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "tftp_parse.h"

#include <errno.h>

#include "unit.h"

#define BYTES(text) text, sizeof(text) - 1

struct bad {
	const char *name;
	const char *bytes;
	size_t len;
};

static void bad_requests_are_refused(void **state) {
	static const struct bad cases[] = {
		{"nothing", BYTES("")},
		{"half an opcode", BYTES("\0")},
		{"opcode only", BYTES("\0\1")},
		{"name without NUL", BYTES("\0\1menu.ipxe")},
		{"no mode", BYTES("\0\1menu.ipxe\0")},
		{"mode without NUL", BYTES("\0\1menu.ipxe\0octet")},
		{"empty name, no mode", BYTES("\0\1\0")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint8_t *packet = unit_exact(cases[i].bytes, cases[i].len);
		struct tftp_request request = {.name_len = 77};

		assert_case(cases[i].name,
			tftp_parse_request(packet, cases[i].len, &request) == -EBADMSG);
		assert_case(cases[i].name, request.name_len == 77);
		free(packet);
	}
}

static void bad_numbers_are_refused(void **state) {
	(void)state;
	// CVE-2019-11365: an ERROR of three bytes had a length of minus one.
	for (size_t len = 0; len < 4; len++) {
		uint8_t *packet = unit_exact("\0\5\0\10", len);
		uint16_t number = 77;

		assert_int_equal(tftp_parse_ack(packet, len, &number), -EBADMSG);
		assert_int_equal(tftp_parse_error(packet, len, &number), -EBADMSG);
		assert_int_equal(number, 77);
		assert_int_equal(tftp_parse_opcode(packet, len), len < 2 ? -EBADMSG : TFTP_ERROR);
		free(packet);
	}
}

static void every_truncation_of_every_opcode_is_safe(void **state) {
	static const char body[] = "ab\0octet\0blksize\0"
				   "1468\0tsize\0"
				   "0\0windowsize\0"
				   "4\0";

	(void)state;
	for (unsigned opcode = 0; opcode < 65536; opcode += opcode < 16 ? 1 : 4093) {
		char packet[2 + sizeof(body)] = {(char)(opcode >> 8), (char)opcode};

		memcpy(packet + 2, body, sizeof(body));
		for (size_t len = 0; len <= sizeof(packet); len++) {
			uint8_t *copy = unit_exact(packet, len);
			struct tftp_request request;
			uint16_t number;
			int whole = tftp_parse_request(copy, len, &request);

			assert_int_equal(whole, len >= 2 + 9 ? 0 : -EBADMSG);
			assert_int_equal(
				tftp_parse_ack(copy, len, &number), len >= 4 ? 0 : -EBADMSG);
			assert_int_equal(
				tftp_parse_opcode(copy, len), len >= 2 ? (int)opcode : -EBADMSG);
			free(copy);
		}
	}
}

static void a_request_is_taken_apart(void **state) {
	static const char packet[] = "\0\1/boot\\x\0OcTeT\0tsize\0"
				     "0";
	struct tftp_request request;
	struct reader reader;
	struct tftp_option_view option;

	(void)state;
	assert_int_equal(tftp_parse_request((const uint8_t *)packet, sizeof(packet), &request), 0);
	assert_int_equal(request.name_len, 7);
	assert_memory_equal(request.name, "/boot\\x", 7);
	assert_int_equal(request.mode, TFTP_MODE_OCTET);
	reader = reader_of(request.options, request.options_len);
	assert_true(tftp_parse_option(&reader, &option));
	assert_int_equal(option.name_len, 5);
	assert_memory_equal(option.name, "tsize", 5);
	assert_int_equal(option.value_len, 1);
	assert_false(tftp_parse_option(&reader, &option));
}

static void modes_are_told_apart(void **state) {
	static const struct {
		const char *name;
		const char *bytes;
		size_t len;
		enum tftp_mode mode;
	} cases[] = {
		{"octet", BYTES("\0\1a\0octet\0"), TFTP_MODE_OCTET},
		{"upper case", BYTES("\0\1a\0OCTET\0"), TFTP_MODE_OCTET},
		{"netascii (tftp-hpa's default)", BYTES("\0\1a\0netascii\0"), TFTP_MODE_NETASCII},
		{"mail", BYTES("\0\1a\0mail\0"), TFTP_MODE_OTHER},
		{"empty", BYTES("\0\1a\0\0"), TFTP_MODE_OTHER},
		{"prefix", BYTES("\0\1a\0octe\0"), TFTP_MODE_OTHER},
		{"longer", BYTES("\0\1a\0octets\0"), TFTP_MODE_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct tftp_request request;

		assert_case(cases[i].name, tftp_parse_request((const uint8_t *)cases[i].bytes,
						   cases[i].len, &request) == 0);
		assert_case(cases[i].name, request.mode == cases[i].mode);
	}
}

static size_t count_options(const char *bytes, size_t len) {
	uint8_t *copy = unit_exact(bytes, len);
	struct reader reader = reader_of(copy, len);
	struct tftp_option_view option;
	size_t count = 0;

	while (tftp_parse_option(&reader, &option))
		count++;
	free(copy);
	return count;
}

static void options_end_at_the_last_nul(void **state) {
	static const struct {
		const char *name;
		const char *bytes;
		size_t len;
		size_t count;
	} cases[] = {
		{"none", BYTES(""), 0},
		{"name only", BYTES("blksize"), 0},
		{"name with NUL, no value", BYTES("blksize\0"), 0},
		{"value without NUL",
			BYTES("blksize\0"
			      "512"),
			0},
		{"empty value", BYTES("blksize\0\0"), 1},
		{"two, the second cut", BYTES("a\0b\0c\0d"), 1},
		{"HP PA-RISC pads with NULs",
			BYTES("blksize\0"
			      "512\0\0\0\0\0\0\0\0\0"),
			1},
		{"only padding", BYTES("\0\0\0\0"), 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_case(cases[i].name,
			count_options(cases[i].bytes, cases[i].len) == cases[i].count);
}

static void windows_acks_may_be_longer(void **state) {
	uint16_t block;

	(void)state;
	assert_int_equal(tftp_parse_ack((const uint8_t *)"\0\4\1\2\4", 5, &block), 0);
	assert_int_equal(block, 0x102);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_requests_are_refused),
		cmocka_unit_test(bad_numbers_are_refused),
		cmocka_unit_test(every_truncation_of_every_opcode_is_safe),
		cmocka_unit_test(a_request_is_taken_apart),
		cmocka_unit_test(modes_are_told_apart),
		cmocka_unit_test(options_end_at_the_last_nul),
		cmocka_unit_test(windows_acks_may_be_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
