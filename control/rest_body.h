// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What routes share: reading a body's members, statuses of errors, names that are near to one that
// is not there.

#pragma once

#include "rest_answers.h"

enum rest_member_kind {
	REST_TEXT,    // const char **: null is ""
	REST_BOOLEAN, // bool *
	REST_OBJECT,  // const json_t **
	REST_LIST,    // const json_t **: an array
};

struct rest_member {
	const char *name; // NULL ends the list
	enum rest_member_kind kind;
	void *out; // left alone when the body does not have it
};

// Reads a body (NULL: an empty one). False: it has other members, or values of another kind; *value
// is the error.
bool rest_body_read(const json_t *body, const struct rest_member *members, json_t **value);

// 404 for -ENOENT, 409 -EEXIST and -EBUSY, 400 -EINVAL, 403 -EPERM, 503 for what the store says.
unsigned int rest_status_of(int rc);

struct rest_near {
	const char *wanted;
	size_t best;
	char name[64];
};

struct rest_near rest_near_begin(const char *wanted);
void rest_near_offer(struct rest_near *near, const char *name);
// 404: "there is no KIND WANTED: is it NAME?", or "...: see HINT".
unsigned int rest_near_refuse(
	const struct rest_near *near, const char *kind, const char *hint, json_t **value);
