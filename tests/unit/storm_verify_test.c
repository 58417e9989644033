// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// storm_verify and storm_log: the judge of a kill test must itself be right.

#include "storm_verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void bad_lines_are_refused(void **state) {
	static const char *const CASES[] = {
		"",
		"1.000000",
		"1.000000 02:00:00:00:00:01 1.2.3.4 100",
		"1.000000 02:00:00:00:00:01 1.2.3.4 100 00000001 more",
		"1.000000 02:00:00:00:00 1.2.3.4 100 00000001",
		"1.000000 02:00:00:00:00:01 1.2.3 100 00000001",
		"1.000000 02:00:00:00:00:01 1.2.3.4 x 00000001",
		"x.000000 02:00:00:00:00:01 1.2.3.4 100 00000001",
	};
	struct storm_log_entry e;

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		if (storm_log_parse(CASES[i], &e) == 0)
			fail_msg("accepted: '%s'", CASES[i]);
	}
}

static void a_written_log_reads_back_without_its_cut_line(void **state) {
	struct storm_log_entry in = {.unix_us = 1763806000000042,
		.mac = {2, 0, 0, 0, 0, 1},
		.address = 0x0a4d0032,
		.lease_s = 43200,
		.xid = 0x1a2b3c4d};
	struct storm_log_entry *out = NULL;
	char path[] = "storm_log_XXXXXX";
	int fd = mkstemp(path);
	size_t count = 0;
	unsigned long line;
	FILE *log;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	log = storm_log_open(path);
	assert_non_null(log);
	for (int i = 0; i < 3; i++)
		storm_log_write(log, &in);
	fputs("1763806000.000", log);
	assert_int_equal(storm_log_close(log), 0);
	assert_int_equal(storm_log_read(path, &out, &count, &line), 0);
	unlink(path);
	assert_int_equal(count, 3);
	assert_int_equal(out[2].unix_us, in.unix_us);
	assert_memory_equal(out[2].mac, in.mac, 6);
	assert_int_equal(out[2].address, in.address);
	assert_int_equal(out[2].lease_s, in.lease_s);
	assert_int_equal(out[2].xid, in.xid);
	free(out);
}

// Lines as short as the cases need: seconds, machine, address, lease.
struct line {
	uint32_t s;
	uint8_t machine;
	uint8_t address;
	uint32_t lease;
};

static const struct {
	const char *what;
	struct line lines[4];
	unsigned conflicts;
} CASES[] = {
	{"one machine again and again", {{1, 1, 1, 100}, {5, 1, 1, 100}, {9, 1, 1, 100}}, 0},
	{"two machines, two addresses", {{1, 1, 1, 100}, {1, 2, 2, 100}}, 0},
	{"while it is held", {{1, 1, 1, 100}, {50, 2, 1, 100}}, 1},
	{"out of order in the files", {{50, 2, 1, 100}, {1, 1, 1, 100}}, 1},
	{"after its end", {{1, 1, 1, 100}, {102, 2, 1, 100}}, 0},
	{"within the slack", {{1, 1, 1, 100}, {100, 2, 1, 100}}, 0},
	{"after a renewal moved the end", {{1, 1, 1, 100}, {90, 1, 1, 100}, {120, 2, 1, 100}}, 1},
	{"given back", {{1, 1, 1, 100}, {5, 1, 1, 0}, {6, 2, 1, 100}}, 0},
	{"given back by another", {{1, 1, 1, 100}, {5, 2, 1, 0}, {6, 3, 1, 100}}, 1},
	{"an infinite lease", {{1, 1, 1, UINT32_MAX}, {4000000, 2, 1, 100}}, 1},
	{"the same moment", {{1, 1, 1, 100}, {1, 2, 1, 100}}, 1},
	{"nothing", {{0}}, 0},
};

static void overlaps_are_found(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		struct storm_log_entry entries[4] = {0};
		struct storm_conflict conflict;
		size_t count = 0, addresses, machines;
		int64_t found;

		for (; count < 4 && CASES[i].lines[count].s; count++) {
			const struct line *l = &CASES[i].lines[count];

			entries[count].unix_us = l->s * 1000000ull;
			entries[count].mac[5] = l->machine;
			entries[count].address = l->address;
			entries[count].lease_s = l->lease;
		}
		found = storm_verify(entries, count, 1500000, &conflict, 1, &addresses, &machines);
		if (found != CASES[i].conflicts)
			fail_msg("%s: %lld conflicts", CASES[i].what, (long long)found);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_lines_are_refused),
		cmocka_unit_test(a_written_log_reads_back_without_its_cut_line),
		cmocka_unit_test(overlaps_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
