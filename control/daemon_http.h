// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the HTTP server asks the daemon: which machine has an address, and which files there are.

#pragma once

#include <jansson.h>
#include <stdbool.h>

struct config;
struct daemon;

// 0, or -errno, which is told.
int daemon_start_http(struct daemon *daemon);

// Takes a new configuration, on the loop.
void daemon_reload_http(struct daemon *daemon, const struct config *config);

// Adds {"key", "warning"} to an array for all of http: and tls: that is not in force.
void daemon_http_warnings(const struct daemon *daemon, json_t *warnings);

void daemon_stop_http(struct daemon *daemon);

// Whether the log may have one more line about a request that came by HTTP. From any thread.
bool daemon_http_may_tell(const struct daemon *daemon);

// What the server has counted, for the API. A new reference.
json_t *daemon_http_json(const struct daemon *daemon);
