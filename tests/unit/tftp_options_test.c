// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "tftp_options.h"

#include "unit.h"

#define BYTES(text) text, sizeof(text) - 1

enum {
	B = TFTP_OPTION_BLKSIZE,
	S = TFTP_OPTION_TSIZE,
	T = TFTP_OPTION_TIMEOUT,
	W = TFTP_OPTION_WINDOWSIZE,
};

#define ORDER(a, b, c, d) (a | b << 4 | c << 8 | d << 12)

struct row {
	const char *name;
	const char *bytes;
	size_t len;
	uint32_t order;
	uint16_t blksize;
	uint16_t windowsize;
	uint8_t timeout_s;
};

static void check_row(const struct row *row, const struct tftp_limits *limits, uint64_t size) {
	uint8_t *copy = unit_exact(row->bytes, row->len);
	struct tftp_asked asked = tftp_options_read(copy, row->len);
	struct tftp_granted granted = tftp_options_grant(&asked, limits, size);

	assert_case(row->name, granted.order == row->order);
	assert_case(row->name, granted.blksize == row->blksize);
	assert_case(row->name, granted.windowsize == row->windowsize);
	assert_case(row->name, granted.timeout_s == row->timeout_s);
	free(copy);
}

static void check(const struct row *rows, size_t count, uint64_t size) {
	static const struct tftp_limits limits = {.blksize = 1468, .windowsize = 64};

	for (size_t i = 0; i < count; i++)
		check_row(&rows[i], &limits, size);
}

static void values_out_of_range_are_left_out(void **state) {
	static const struct row rows[] = {
		{"blksize 7", BYTES("blksize\0007\0"), 0, 512, 1, 0},
		{"blksize 0", BYTES("blksize\0000\0"), 0, 512, 1, 0},
		{"blksize 65465", BYTES("blksize\00065465\0"), 0, 512, 1, 0},
		{"blksize 2^32 + 512", BYTES("blksize\0004294967808\0"), 0, 512, 1, 0},
		{"blksize 2^64 + 512", BYTES("blksize\00018446744073709552128\0"), 0, 512, 1, 0},
		{"blksize negative", BYTES("blksize\000-512\0"), 0, 512, 1, 0},
		{"blksize signed", BYTES("blksize\000+512\0"), 0, 512, 1, 0},
		{"blksize with a space", BYTES("blksize\000 512\0"), 0, 512, 1, 0},
		{"blksize hexadecimal", BYTES("blksize\0000x200\0"), 0, 512, 1, 0},
		{"blksize empty", BYTES("blksize\000\0"), 0, 512, 1, 0},
		{"windowsize 0", BYTES("windowsize\0000\0"), 0, 512, 1, 0},
		{"windowsize 65536", BYTES("windowsize\00065536\0"), 0, 512, 1, 0},
		{"timeout 0", BYTES("timeout\0000\0"), 0, 512, 1, 0},
		{"timeout 256", BYTES("timeout\000256\0"), 0, 512, 1, 0},
		{"one bad, one good", BYTES("blksize\0007\0windowsize\0004\0"), ORDER(W, 0, 0, 0),
			512, 4, 0},
	};

	(void)state;
	check(rows, COUNT_OF(rows), 1000);
}

static void unknown_options_are_not_echoed(void **state) {
	static const struct row rows[] = {
		{"multicast", BYTES("multicast\0\0blksize\000512\0"), ORDER(B, 0, 0, 0), 512, 1, 0},
		{"a prefix", BYTES("blksiz\000512\0"), 0, 512, 1, 0},
		{"longer", BYTES("blksizes\000512\0"), 0, 512, 1, 0},
		{"rollover, utimeout", BYTES("rollover\0001\0utimeout\00010000\0"), 0, 512, 1, 0},
	};

	(void)state;
	check(rows, COUNT_OF(rows), 1000);
}

static struct tftp_granted grant_to_group(
	const char *options, size_t len, bool may, uint64_t size) {
	struct tftp_limits limits = {.blksize = 1468, .windowsize = 64, .multicast = may};
	struct tftp_asked asked = tftp_options_read((const uint8_t *)options, len);

	return tftp_options_grant(&asked, &limits, size);
}

static void groups_are_granted_alone(void **state) {
	static const struct {
		const char *name;
		const char *options;
		size_t len;
		bool may;
		uint64_t size;
		bool granted;
		uint16_t windowsize;
	} rows[] = {
		{"as RFC 2090 has it", BYTES("multicast\0\0blksize\0001000\0"), true, 1000, true,
			1},
		{"in capitals", BYTES("MULTICAST\0\0"), true, 1000, true, 1},
		{"with a value", BYTES("multicast\0001\0"), true, 1000, false, 1},
		{"where there are none", BYTES("multicast\0\0"), false, 1000, false, 1},
		{"with a window", BYTES("multicast\0\0windowsize\0008\0"), true, 1000, false, 8},
		{"an empty file", BYTES("multicast\0\0"), true, 0, true, 1},
		{"65,535 blocks", BYTES("multicast\0\0blksize\0008\0"), true, 65535 * 8 - 1, true,
			1},
		{"65,536 blocks", BYTES("multicast\0\0blksize\0008\0"), true, 65535 * 8, false, 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct tftp_granted granted =
			grant_to_group(rows[i].options, rows[i].len, rows[i].may, rows[i].size);

		assert_case(rows[i].name, granted.multicast == rows[i].granted);
		assert_case(rows[i].name, granted.windowsize == rows[i].windowsize);
		assert_case(rows[i].name,
			((granted.order & 15) == TFTP_OPTION_MULTICAST) == rows[i].granted);
	}
}

static void the_first_of_repeated_options_counts(void **state) {
	static const struct row rows[] = {
		{"twice", BYTES("blksize\0001024\0blksize\000512\0"), ORDER(B, 0, 0, 0), 1024, 1,
			0},
		{"in other case", BYTES("BLKSIZE\0001024\0blksize\000512\0"), ORDER(B, 0, 0, 0),
			1024, 1, 0},
		{"the first is bad", BYTES("blksize\0007\0blksize\000512\0"), 0, 512, 1, 0},
	};

	(void)state;
	check(rows, COUNT_OF(rows), 1000);
}

static void clients_get_what_they_know(void **state) {
	static const struct row rows[] = {
		{"iPXE", BYTES("blksize\0001432\0tsize\0000\0"), ORDER(B, S, 0, 0), 1432, 1, 0},
		{"EDK2, first request", BYTES("tsize\0000\0blksize\0001468\0windowsize\0004\0"),
			ORDER(S, B, W, 0), 1468, 4, 0},
		{"EDK2, second request", BYTES("blksize\0001468\0windowsize\0004\0"),
			ORDER(B, W, 0, 0), 1468, 4, 0},
		{"U-Boot: the timeout must be 5, the tsize is its own guess",
			BYTES("timeout\0005\0tsize\0004711\0blksize\0001468\0"), ORDER(T, S, B, 0),
			1468, 1, 5},
		{"GRUB", BYTES("blksize\0001024\0tsize\0000\0"), ORDER(B, S, 0, 0), 1024, 1, 0},
		{"syslinux: no option but its two", BYTES("tsize\0000\0blksize\0001408\0"),
			ORDER(S, B, 0, 0), 1408, 1, 0},
		{"Windows: no msftwindow",
			BYTES("tsize\0000\0blksize\0001456\0windowsize\0004\0msftwindow\00031416"
			      "\0"),
			ORDER(S, B, W, 0), 1456, 4, 0},
		{"curl", BYTES("tsize\0000\0blksize\000512\0timeout\0006\0"), ORDER(S, B, T, 0),
			512, 1, 6},
		{"atftp", BYTES("blksize\0001428\0windowsize\00016\0"), ORDER(B, W, 0, 0), 1428, 16,
			0},
		{"SCCM asks for much", BYTES("blksize\00016384\0windowsize\00065535\0"),
			ORDER(B, W, 0, 0), 1468, 64, 0},
		{"all four, in no usual order",
			BYTES("WindowSize\0008\0TSIZE\0000\0timeout\000255\0BlkSize\0008\0"),
			ORDER(W, S, T, B), 8, 8, 255},
	};

	(void)state;
	check(rows, COUNT_OF(rows), 1000);
}

static void curl_gets_no_tsize_of_an_empty_file(void **state) {
	static const struct row rows[] = {
		{"curl", BYTES("tsize\0000\0blksize\000512\0timeout\0006\0"), ORDER(B, T, 0, 0),
			512, 1, 6},
		{"tsize alone", BYTES("tsize\0000\0"), 0, 512, 1, 0},
	};

	(void)state;
	check(rows, COUNT_OF(rows), 0);
}

static void many_options_are_cut(void **state) {
	char bytes[200];
	size_t len = 0;
	struct tftp_asked asked;

	(void)state;
	for (int i = 0; i < TFTP_OPTIONS_MAX; i++, len += 4)
		memcpy(bytes + len, "x\0y", 4);
	memcpy(bytes + len, "tsize\0000", 8);
	asked = tftp_options_read((const uint8_t *)bytes, len);
	assert_false(asked.cut);
	asked = tftp_options_read((const uint8_t *)bytes, len + 8);
	assert_true(asked.cut);
	assert_int_equal(asked.order, 0);
}

static void requests_for_multicast_are_told_apart(void **state) {
	static const struct {
		const char *name;
		const char *bytes;
		size_t len;
		bool wants;
	} rows[] = {
		{"empty", "", 0, false},
		{"without options", "\0\1file\0octet", 13, false},
		{"as RFC 2090 has it", "\0\1file\0octet\0multicast\0", 24, true},
		{"the second, in capitals", "\0\1file\0octet\0tsize\0000\0MULTICAST\0", 32, true},
		{"without its value", "\0\1file\0octet\0multicast", 23, false},
		{"another name", "\0\1file\0octet\0multicasts\0", 25, false},
		{"the name of a file", "\0\1multicast\0octet\0", 19, false},
		{"with a value", "\0\1file\0octet\0multicast\0001\0", 25, false},
		{"a write request", "\0\2file\0octet\0multicast\0", 24, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint8_t *bytes = unit_exact(rows[i].bytes, rows[i].len);

		assert_case(
			rows[i].name, tftp_options_want_group(bytes, rows[i].len) == rows[i].wants);
		free(bytes);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_for_multicast_are_told_apart),
		cmocka_unit_test(values_out_of_range_are_left_out),
		cmocka_unit_test(unknown_options_are_not_echoed),
		cmocka_unit_test(groups_are_granted_alone),
		cmocka_unit_test(the_first_of_repeated_options_counts),
		cmocka_unit_test(clients_get_what_they_know),
		cmocka_unit_test(curl_gets_no_tsize_of_an_empty_file),
		cmocka_unit_test(many_options_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
