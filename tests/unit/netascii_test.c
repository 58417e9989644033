// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "netascii.h"
#include "unit.h"

#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char *name;
	const char *in;
	size_t in_len;
	const char *out;
	size_t out_len;
} cases[] = {
	{"nothing", BYTES(""), BYTES("")},
	{"a NUL is a byte like any other", BYTES("\0"), BYTES("\0")},
	{"no line end", BYTES("abc"), BYTES("abc")},
	{"a line", BYTES("abc\n"), BYTES("abc\r\n")},
	{"empty lines", BYTES("\n\n"), BYTES("\r\n\r\n")},
	{"a CR alone", BYTES("\r"), BYTES("\r\0")},
	{"a line of DOS", BYTES("abc\r\n"), BYTES("abc\r\0\r\n")},
	{"LF CR", BYTES("\n\r"), BYTES("\r\n\r\0")},
	{"not ASCII", BYTES("\xff\x8d\x8a\n"), BYTES("\xff\x8d\x8a\r\n")},
};

// In pieces of every size, on both sides.
static void check(size_t i, size_t in_piece, size_t out_piece) {
	const uint8_t *in = (const uint8_t *)cases[i].in;
	struct netascii state = {0};
	uint8_t out[64];
	size_t at = 0, len = 0, taken;

	while (at < cases[i].in_len || state.pending) {
		size_t left = cases[i].in_len - at;

		len += netascii_encode(&state, in + at, left < in_piece ? left : in_piece,
			out + len, out_piece, &taken);
		at += taken;
	}
	assert_case(cases[i].name, len == cases[i].out_len);
	assert_case(cases[i].name, memcmp(out, cases[i].out, len) == 0);
}

static void lines_end_with_cr_lf(void **state) {
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_case(cases[i].name, netascii_len((const uint8_t *)cases[i].in,
						   cases[i].in_len) == cases[i].out_len);
		for (size_t in = 1; in <= 8; in++)
			for (size_t out = 1; out <= 8; out++)
				check(i, in, out);
	}
}

static void no_room_takes_nothing(void **state) {
	struct netascii encoder = {0};
	size_t taken = 99;

	(void)state;
	assert_int_equal(netascii_encode(&encoder, (const uint8_t *)"a", 1, NULL, 0, &taken), 0);
	assert_int_equal(taken, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_with_cr_lf),
		cmocka_unit_test(no_room_takes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
