// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// How many connections there are, in all and of each client. Pure; whoever calls it from several
// threads holds a lock.

#pragma once

#include <stdint.h>

#define HTTP_CONNECTIONS_MAX 65536u // what max_connections may be

enum http_admission {
	HTTP_ADMITTED,
	HTTP_ALL_FULL,
	HTTP_CLIENT_FULL,
};

struct http_client_count {
	uint32_t address;
	uint32_t count; // 0: the place is free
};

struct http_limits {
	uint32_t max_connections;
	uint32_t max_per_client;
	uint32_t connections;
	struct http_client_count clients[2 * HTTP_CONNECTIONS_MAX]; // by hash, linear probing
};

// Counts a connection that is admitted. After a reload the bounds may be below what there is.
enum http_admission http_limits_enter(struct http_limits *limits, uint32_t address);

// Takes back one that was admitted.
void http_limits_leave(struct http_limits *limits, uint32_t address);

uint32_t http_limits_of(const struct http_limits *limits, uint32_t address);
