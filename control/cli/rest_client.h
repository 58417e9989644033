// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Asks rouse-control over its unix socket.

#pragma once

#include <jansson.h>

// Sends a request without a body. *status gets the HTTP status, *answer the JSON (a new reference).
// CLI_OK: there is an answer, whatever its status; CLI_NOT_RUNNING or CLI_FAILED after a sentence
// on stderr.
int rest_client_call(const char *runtime_dir, const char *method, const char *path, long *status,
	json_t **answer);

// The same with a body, an object, which is given back; NULL: none. An answer other than 200 is
// printed as an error: CLI_FAILED.
int rest_client_send(const char *runtime_dir, const char *method, const char *path, json_t *body,
	json_t **answer);

// A part of a path, in which what is no letter, digit, or one of -._~:/ is written as %XX.
#define REST_CLIENT_PART_SIZE 768
char *rest_client_part(const char *text, char out[REST_CLIENT_PART_SIZE]);

// As rest_client_call, and an answer other than 200 is printed as an error: CLI_FAILED.
int rest_client_get(const char *runtime_dir, const char *path, json_t **answer);

// The same, for those who would rather have no answer than wait longer for one.
int rest_client_get_within(
	const char *runtime_dir, const char *path, long timeout_s, json_t **answer);
int rest_client_post_within(
	const char *runtime_dir, const char *path, long timeout_s, json_t **answer);
