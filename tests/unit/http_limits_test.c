// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "http_limits.h"
#include "http_types.h"

static struct http_limits *make(uint32_t max_connections, uint32_t max_per_client) {
	struct http_limits *limits = calloc(1, sizeof(*limits));

	assert_non_null(limits);
	limits->max_connections = max_connections;
	limits->max_per_client = max_per_client;
	return limits;
}

static void per_client(void **state) {
	struct http_limits *limits = make(10, 2);

	(void)state;
	assert_int_equal(http_limits_enter(limits, 1), HTTP_ADMITTED);
	assert_int_equal(http_limits_enter(limits, 1), HTTP_ADMITTED);
	assert_int_equal(http_limits_enter(limits, 1), HTTP_CLIENT_FULL);
	assert_int_equal(http_limits_enter(limits, 2), HTTP_ADMITTED);
	http_limits_leave(limits, 1);
	assert_int_equal(http_limits_enter(limits, 1), HTTP_ADMITTED);
	assert_int_equal(limits->connections, 3);
	free(limits);
}

static void in_all(void **state) {
	struct http_limits *limits = make(3, 2);

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(http_limits_enter(limits, i), HTTP_ADMITTED);
	assert_int_equal(http_limits_enter(limits, 9), HTTP_ALL_FULL);
	limits->max_connections = 1; // a reload
	http_limits_leave(limits, 0);
	assert_int_equal(http_limits_enter(limits, 9), HTTP_ALL_FULL);
	http_limits_leave(limits, 1);
	http_limits_leave(limits, 2);
	http_limits_leave(limits, 2); // of nobody
	assert_int_equal(http_limits_enter(limits, 9), HTTP_ADMITTED);
	free(limits);
}

// Against a plain count, with addresses that fall on few places.
static void many_clients(void **state) {
	struct http_limits *limits = make(HTTP_CONNECTIONS_MAX, 8);
	static uint32_t counts[512];
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 400000; i++) {
		uint32_t which, address;

		seed = seed * 1664525 + 1013904223;
		which = seed >> 8 & 511;
		address = (which & 31) << 24 | which >> 5;
		if (seed >> 31 && counts[which]) {
			http_limits_leave(limits, address);
			counts[which]--;
		} else if (http_limits_enter(limits, address) == HTTP_ADMITTED) {
			counts[which]++;
		}
		assert_in_range(counts[which], 0, 8);
		assert_int_equal(http_limits_of(limits, address), counts[which]);
	}
	for (uint32_t which = 0; which < 512; which++)
		for (; counts[which]; counts[which]--)
			http_limits_leave(limits, (which & 31) << 24 | which >> 5);
	assert_int_equal(limits->connections, 0);
	for (uint32_t i = 0; i < 2 * HTTP_CONNECTIONS_MAX; i++)
		assert_int_equal(limits->clients[i].count, 0);
	free(limits);
}

static void full(void **state) {
	struct http_limits *limits = make(HTTP_CONNECTIONS_MAX, 1);

	(void)state;
	for (uint32_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		assert_int_equal(http_limits_enter(limits, i << 8), HTTP_ADMITTED);
	assert_int_equal(http_limits_enter(limits, 1), HTTP_ALL_FULL);
	free(limits);
}

static const struct {
	const char *path;
	bool uefi;
	const char *type;
} types[] = {
	{"", false, "application/octet-stream"},
	{"vmlinuz", false, "application/octet-stream"},
	{"a.unknown", true, "application/octet-stream"},
	{"a.", false, "application/octet-stream"},
	{"boot/BOOTX64.EFI", true, "application/efi"},
	{"a.iso", false, "application/octet-stream"},
	{"a.iso", true, "application/vnd.efi-iso"},
	{"a.img", true, "application/vnd.efi-img"},
	{"menu.ipxe", false, "text/plain; charset=utf-8"},
	{"n001.ign", false, "application/json"},
	{"x.tar.gz", false, "application/gzip"},
};

static void content_types(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_string_equal(http_types_of(types[i].path, types[i].uefi), types[i].type);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(per_client),
		cmocka_unit_test(in_all),
		cmocka_unit_test(many_clients),
		cmocka_unit_test(full),
		cmocka_unit_test(content_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
