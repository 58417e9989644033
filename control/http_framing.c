// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Where a request ends, and for whom it is. libmicrohttpd takes the first of several lengths, and
// goes on with the rest of the bytes as the next request, which a proxy between may see otherwise.

#include "http_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct framing {
	uint32_t hosts;
	uint32_t codings; // fields Transfer-Encoding
	bool other;       // one of them is not "chunked"
	bool has_length;
	uint64_t length;
	bool bad;
};

static void take_length(struct framing *framing, const char *value) {
	uint64_t length = strtoull(value, NULL, 10); // libmicrohttpd has looked at the first

	if (framing->has_length && framing->length != length)
		framing->bad = true;
	framing->has_length = true;
	framing->length = length;
}

// A blank before the colon would make another field of it (RFC 9112, section 5.1).
static enum MHD_Result take_field(
	void *context, enum MHD_ValueKind kind, const char *name, const char *value) {
	struct framing *framing = context;
	size_t len = name ? strlen(name) : 0;

	(void)kind;
	if (!len || strcspn(name, " \t") < len)
		framing->bad = true;
	else if (!strcasecmp(name, MHD_HTTP_HEADER_HOST))
		framing->hosts++;
	else if (!strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH))
		take_length(framing, value ? value : "");
	else if (!strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING)) {
		framing->codings++;
		framing->other |= !value || strcasecmp(value, "chunked") != 0;
	}
	return MHD_YES;
}

// RFC 9112, sections 3.2 and 6.3.
unsigned int http_framing_judge(struct MHD_Connection *http, const char *version) {
	struct framing framing = {0};
	bool is_1_0 = !strcmp(version, MHD_HTTP_VERSION_1_0);

	MHD_get_connection_values(http, MHD_HEADER_KIND, take_field, &framing);
	if (framing.bad || framing.hosts > 1 || (!framing.hosts && !is_1_0))
		return MHD_HTTP_BAD_REQUEST;
	if (framing.codings && (framing.has_length || framing.codings > 1 || is_1_0))
		return MHD_HTTP_BAD_REQUEST;
	return framing.other ? MHD_HTTP_NOT_IMPLEMENTED : 0;
}
