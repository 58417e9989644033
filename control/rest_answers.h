// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What each path of the REST API answers.

#pragma once

#include <jansson.h>
#include <stddef.h>

struct daemon;

struct rest_route {
	const char *method;
	const char *path; // one * stands for any text without a slash: the argument
	const char *help;
	// Called by a REST thread. Returns the HTTP status; *value is a new reference.
	unsigned int (*answer)(struct daemon *daemon, const char *argument, json_t **value);
};

// Has the daemon's loop answer.
unsigned int rest_ask(struct daemon *daemon,
	unsigned int (*run)(struct daemon *, const void *, json_t **), const void *context,
	json_t **value);

extern const struct rest_route rest_routes[];
extern const size_t rest_route_count;
