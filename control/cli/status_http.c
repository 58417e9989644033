// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/status_http.h"

#include <stdio.h>

#include "human.h"

static json_int_t number(const json_t *http, const char *name) {
	return json_integer_value(json_object_get(http, name));
}

static void print_places(const json_t *places) {
	json_t *place;
	size_t i;

	printf("%-16s ", "http");
	json_array_foreach(places, i, place) {
		const char *address = "";
		int port = 0, tls = 0, open = 0;

		json_unpack(place, "{s:s, s:i, s:b, s:b}", "address", &address, "port", &port,
			"tls", &tls, "open", &open);
		printf("%s%s://%s:%d%s", i ? ", " : "", tls ? "https" : "http", address, port,
			open ? "" : " CLOSED, see the log");
	}
	putchar('\n');
}

static void print_refused(const json_t *http) {
	json_int_t refused = number(http, "refused_all") + number(http, "refused_client") +
			     number(http, "refused_files");

	if (refused || number(http, "timed_out"))
		printf("%-16s %lld connections refused, %lld timed out\n", "", (long long)refused,
			(long long)number(http, "timed_out"));
	if (number(http, "tls_failed"))
		printf("%-16s %lld of %lld TLS handshakes failed, the last: %s\n", "",
			(long long)number(http, "tls_failed"),
			(long long)(number(http, "tls_failed") + number(http, "tls_handshakes")),
			json_string_value(json_object_get(http, "tls_last_failure")));
}

void status_http_print(const json_t *http) {
	const json_t *places = json_object_get(http, "listens");
	char sent[HUMAN_SIZE];

	if (!json_array_size(places))
		return;
	print_places(places);
	printf("%-16s %lld connections, %lld requests, %s sent\n", "",
		(long long)number(http, "connections"), (long long)number(http, "requests"),
		human_bytes((uint64_t)number(http, "bytes"), sent));
	print_refused(http);
}
