// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What each path of the REST API answers.

#pragma once

#include <jansson.h>
#include <stdbool.h>

struct MHD_Connection;
struct daemon;

struct rest_request {
	const char *argument; // what stands in place of the path's first *, "" without one
	const char *second;   // of its second
	const json_t *body;   // an object; NULL: none came, or the route takes none
	struct MHD_Connection *connection;
	// For an answer of 200 that is long: JSON text, malloc'd, in place of *value, so that no
	// tree of it is ever made.
	char **text;
};

struct rest_route {
	const char *method; // a table ends with NULL
	const char *path;   // see rest_path.h
	const char *help;
	// Called by a REST thread. Returns the HTTP status; *value is a new reference.
	unsigned int (*answer)(
		struct daemon *daemon, const struct rest_request *request, json_t **value);
	bool takes_body;
};

// Has the daemon's loop answer.
unsigned int rest_ask(struct daemon *daemon,
	unsigned int (*run)(struct daemon *, const void *, json_t **), const void *context,
	json_t **value);

// {"error": sentence}; returns status.
unsigned int rest_refuse(json_t **value, unsigned int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

// What ?name=VALUE says, or NULL.
const char *rest_query(const struct rest_request *request, const char *name);

extern const struct rest_route rest_node_routes[];    // rest_nodes.c
extern const struct rest_route rest_boot_routes[];    // rest_boots.c
extern const struct rest_route rest_batch_routes[];   // rest_batch.c
extern const struct rest_route rest_profile_routes[]; // rest_profiles.c

// All tables, up to NULL.
extern const struct rest_route *const rest_tables[];
