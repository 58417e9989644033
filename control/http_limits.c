// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "http_limits.h"

#include <stddef.h>

#define PLACES (2 * HTTP_CONNECTIONS_MAX)

static uint32_t home(uint32_t address) {
	return address * 2654435761u >> 15 & (PLACES - 1);
}

// The client's place, or the free one where it would be. Half of all places are always free.
static uint32_t find(const struct http_limits *limits, uint32_t address) {
	uint32_t at = home(address);

	while (limits->clients[at].count && limits->clients[at].address != address)
		at = (at + 1) & (PLACES - 1);
	return at;
}

enum http_admission http_limits_enter(struct http_limits *limits, uint32_t address) {
	struct http_client_count *client;

	if (limits->connections >= limits->max_connections ||
		limits->connections >= HTTP_CONNECTIONS_MAX)
		return HTTP_ALL_FULL;
	client = &limits->clients[find(limits, address)];
	if (client->count >= limits->max_per_client)
		return HTTP_CLIENT_FULL;
	client->address = address;
	client->count++;
	limits->connections++;
	return HTTP_ADMITTED;
}

// Whether what belongs at wanted may not stay at place behind a hole at hole.
static int must_move(uint32_t wanted, uint32_t hole, uint32_t place) {
	return ((place - wanted) & (PLACES - 1)) >= ((place - hole) & (PLACES - 1));
}

// Closes the gap, so that what stands behind it is still found.
static void remove_place(struct http_limits *limits, uint32_t hole) {
	uint32_t place = hole;

	for (;;) {
		place = (place + 1) & (PLACES - 1);
		if (!limits->clients[place].count)
			break;
		if (!must_move(home(limits->clients[place].address), hole, place))
			continue;
		limits->clients[hole] = limits->clients[place];
		hole = place;
	}
	limits->clients[hole].count = 0;
}

void http_limits_leave(struct http_limits *limits, uint32_t address) {
	uint32_t at = find(limits, address);

	if (!limits->clients[at].count)
		return;
	limits->connections--;
	if (!--limits->clients[at].count)
		remove_place(limits, at);
}

uint32_t http_limits_of(const struct http_limits *limits, uint32_t address) {
	return limits->clients[find(limits, address)].count;
}
