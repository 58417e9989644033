// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "rest_body.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#include "config_keys.h"

static bool take_text(const json_t *json, const char **out) {
	if (!json_is_string(json) && !json_is_null(json))
		return false;
	*out = json_is_null(json) ? "" : json_string_value(json);
	return true;
}

static bool take(const json_t *json, const struct rest_member *member) {
	switch (member->kind) {
	case REST_TEXT:
		return take_text(json, member->out);
	case REST_BOOLEAN:
		*(bool *)member->out = json_is_true(json);
		return json_is_boolean(json);
	case REST_OBJECT:
		*(const json_t **)member->out = json;
		return json_is_object(json);
	case REST_LIST:
		*(const json_t **)member->out = json;
		return json_is_array(json);
	}
	return false;
}

static const char *kind_name(enum rest_member_kind kind) {
	switch (kind) {
	case REST_TEXT:
		return "a text or null";
	case REST_BOOLEAN:
		return "true or false";
	case REST_OBJECT:
		return "an object";
	case REST_LIST:
		return "a list";
	}
	return "";
}

bool rest_body_read(const json_t *body, const struct rest_member *members, json_t **value) {
	const char *name;
	json_t *item;

	json_object_foreach((json_t *)body, name, item) {
		const struct rest_member *member = members;

		while (member->name && strcmp(member->name, name) != 0)
			member++;
		if (!member->name) {
			rest_refuse(value, MHD_HTTP_BAD_REQUEST,
				"%.64s cannot be given here: see the manual of rouse-control",
				name);
			return false;
		}
		if (!take(item, member)) {
			rest_refuse(value, MHD_HTTP_BAD_REQUEST, "%s takes %s", name,
				kind_name(member->kind));
			return false;
		}
	}
	return true;
}

unsigned int rest_status_of(int rc) {
	switch (rc) {
	case -ENOENT:
		return MHD_HTTP_NOT_FOUND;
	case -EEXIST:
	case -EBUSY:
		return MHD_HTTP_CONFLICT;
	case -EINVAL:
		return MHD_HTTP_BAD_REQUEST;
	case -EPERM:
		return MHD_HTTP_FORBIDDEN;
	default:
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	}
}

struct rest_near rest_near_begin(const char *wanted) {
	return (struct rest_near){.wanted = wanted, .best = strlen(wanted) > 3 ? 3 : 2};
}

void rest_near_offer(struct rest_near *near, const char *name) {
	size_t distance = config_distance(near->wanted, name, near->best);

	if (distance >= near->best)
		return;
	near->best = distance;
	snprintf(near->name, sizeof(near->name), "%s", name);
}

unsigned int rest_near_refuse(
	const struct rest_near *near, const char *kind, const char *hint, json_t **value) {
	bool found = near->name[0] != '\0';

	return rest_refuse(value, MHD_HTTP_NOT_FOUND, "there is no %s %.64s: %s%s%s", kind,
		near->wanted, found ? "is it " : "see ", found ? near->name : hint,
		found ? "?" : "");
}
