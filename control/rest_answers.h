// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What each path of the REST API answers.

#pragma once

#include <jansson.h>
#include <stddef.h>

struct daemon;

struct rest_route {
	const char *method;
	const char *path;
	const char *help;
	// Called by a REST thread. Returns the HTTP status; *value is a new reference.
	unsigned int (*answer)(struct daemon *daemon, json_t **value);
};

extern const struct rest_route rest_routes[];
extern const size_t rest_route_count;
