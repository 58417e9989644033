// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "http_alert.h"

#define HELLO                                                                                      \
	"\x16\x03\x01\x00\x04"                                                                     \
	"abcd"
#define CCS     "\x14\x03\x03\x00\x01\x01"
#define UNKNOWN "\x15\x03\x03\x00\x02\x02\x30"

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	bool broken;
	bool seen;
} cases[] = {
	{"plain HTTP", "GET / HTTP/1.0\r\n", 16, true, false},
	{"another version", "\x16\x02\x01\x00\x04", 5, true, false},
	{"too long", "\x16\x03\x01\xff\x04", 5, true, false},
	{"nothing", "", 0, false, false},
	{"half a header", "\x15\x03", 2, false, false},
	{"half an alert", "\x15\x03\x03\x00\x02\x02", 6, false, false},
	{"a warning", "\x15\x03\x03\x00\x02\x01\x00", 7, false, false},
	{"an encrypted alert", "\x15\x03\x03\x00\x03\x02\x30\x00", 8, false, false},
	{"an empty record", "\x16\x03\x03\x00\x00" UNKNOWN, 12, false, true},
	{"an alert at once", UNKNOWN, 7, false, true},
	{"an alert after the hello", HELLO CCS UNKNOWN, 9 + 6 + 7, false, true},
	{"an alert within a hello", "\x16\x03\x01\x00\x07" UNKNOWN, 12, false, false},
	{"the first of two", UNKNOWN "\x15\x03\x03\x00\x02\x02\x28", 14, false, true},
};

static void check(size_t i, const struct http_alert *alert, size_t cut) {
	if (alert->broken != cases[i].broken || alert->seen != cases[i].seen ||
		(alert->seen && alert->description != 48))
		fail_msg("%s, in pieces of %zu: broken %d, seen %d, %u", cases[i].name, cut,
			alert->broken, alert->seen, alert->description);
}

static void streams(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t cut = 1; cut <= 23; cut++) {
			struct http_alert alert = {0};

			for (size_t at = 0; at < cases[i].len; at += cut)
				http_alert_feed(&alert, cases[i].bytes + at,
					cases[i].len - at < cut ? cases[i].len - at : cut);
			check(i, &alert, cut);
		}
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
