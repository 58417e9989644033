// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Files as answers. The descriptor goes to libmicrohttpd, which has the kernel send from it where
// there is no TLS; a file that is replaced meanwhile is another file.

#include "http_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "http_date.h"
#include "http_types.h"

#define TLS_BLOCK 32768 // two records

static const char *header(struct MHD_Connection *http, const char *name) {
	return MHD_lookup_connection_value(http, MHD_HEADER_KIND, name);
}

static void read_conditions(
	const struct http_exchange *x, struct MHD_Connection *http, struct http_conditions *out) {
	*out = (struct http_conditions){
		.if_match = header(http, MHD_HTTP_HEADER_IF_MATCH),
		.if_unmodified_since = header(http, MHD_HTTP_HEADER_IF_UNMODIFIED_SINCE),
		.if_none_match = header(http, MHD_HTTP_HEADER_IF_NONE_MATCH),
		.if_modified_since = header(http, MHD_HTTP_HEADER_IF_MODIFIED_SINCE),
		.if_range = header(http, MHD_HTTP_HEADER_IF_RANGE),
		.range = header(http, MHD_HTTP_HEADER_RANGE),
		.is_get = !x->head,
	};
}

static void add_validators(struct MHD_Response *response, const struct http_version *version) {
	char etag[HTTP_ETAG_SIZE], date[HTTP_DATE_SIZE];
	int64_t seconds = version->mtime_ns / 1000000000;

	MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, http_range_etag(version, etag));
	MHD_add_response_header(
		response, MHD_HTTP_HEADER_LAST_MODIFIED, http_date_format(seconds, date));
	MHD_add_response_header(response, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
}

static void add_content_range(
	struct MHD_Response *response, const struct http_selection *selection, uint64_t size) {
	char range[96];

	if (selection->status == MHD_HTTP_PARTIAL_CONTENT)
		snprintf(range, sizeof(range), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
			selection->first, selection->first + selection->len - 1, size);
	else
		snprintf(range, sizeof(range), "bytes */%" PRIu64, size);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_RANGE, range);
}

static bool is_uefi(struct MHD_Connection *http) {
	const char *agent = header(http, MHD_HTTP_HEADER_USER_AGENT);

	return agent && !strncasecmp(agent, "UefiHttpBoot", 12);
}

// A part of a file that is read by us: libmicrohttpd would read 4 KiB at a time where the kernel
// cannot send by itself, and each would be a record of TLS.
struct part {
	int fd;
	uint64_t first;
};

static ssize_t read_part(void *context, uint64_t at, char *out, size_t size) {
	const struct part *part = context;
	ssize_t len = pread(part->fd, out, size, (off_t)(part->first + at));

	// A file that has become shorter is a broken connection, not an end.
	return len > 0 ? len : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void free_part(void *context) {
	struct part *part = context;

	close(part->fd);
	free(part);
}

static struct MHD_Response *make_body(bool tls, int fd, uint64_t first, uint64_t len) {
	struct part *part;
	struct MHD_Response *response;

	if (!tls)
		return MHD_create_response_from_fd_at_offset64(len, fd, first);
	part = mem_alloc(sizeof(*part));
	*part = (struct part){fd, first};
	response = MHD_create_response_from_callback(len, TLS_BLOCK, read_part, part, free_part);
	if (!response)
		free(part);
	return response;
}

// The part of the file that is selected. Takes the descriptor.
static struct MHD_Response *make_part(struct http_exchange *x, struct MHD_Connection *http,
	const struct http_file *file, const struct http_selection *selection) {
	struct MHD_Response *response;

	if (selection->len) {
		response = make_body(x->request.tls, file->fd, selection->first, selection->len);
		if (!response)
			close(file->fd);
	} else {
		close(file->fd);
		response = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
	}
	if (!response)
		return NULL;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
		http_types_of(x->request.path, is_uefi(http)));
	x->len = selection->len;
	x->ranged = selection->status == MHD_HTTP_PARTIAL_CONTENT;
	return response;
}

// Without a body. The length of a 304 is that of the file (RFC 9110, section 8.6): libmicrohttpd
// writes it, and sends nothing.
static struct MHD_Response *make_bare(const struct http_file *file, unsigned int status) {
	struct MHD_Response *response;

	if (status == MHD_HTTP_NOT_MODIFIED && file->version.size) {
		response = MHD_create_response_from_fd64(file->version.size, file->fd);
		if (response)
			return response;
	}
	close(file->fd);
	return MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result send_file(
	struct http_exchange *x, struct MHD_Connection *http, const struct http_file *file) {
	struct http_conditions conditions;
	struct http_selection selection;
	struct MHD_Response *response;

	read_conditions(x, http, &conditions);
	http_range_decide(&conditions, &file->version, time(NULL), &selection);
	x->total = file->version.size;
	response = selection.status == MHD_HTTP_OK || selection.status == MHD_HTTP_PARTIAL_CONTENT
			   ? make_part(x, http, file, &selection)
			   : make_bare(file, selection.status);
	if (!response)
		return MHD_NO;
	add_validators(response, &file->version);
	if (selection.status == MHD_HTTP_PARTIAL_CONTENT ||
		selection.status == MHD_HTTP_RANGE_NOT_SATISFIABLE)
		add_content_range(response, &selection, file->version.size);
	return http_exchange_queue(x, http, selection.status, response);
}

// The name of the client's machine, or NULL.
static const char *node_of(const struct http_exchange *x, char name[HTTP_NODE_SIZE]) {
	const struct http_hooks *hooks = &x->server->hooks;
	const char *node =
		hooks->node_of ? hooks->node_of(hooks->context, x->request.client, name) : NULL;

	return node && node[0] && node[0] != '.' && !strchr(node, '/') ? node : NULL;
}

// A file of the operator's comes before a text of the same name, as it does by TFTP.
static bool find(struct http_exchange *x, const char *node, enum http_form form,
	struct http_file *file, struct http_answer *text) {
	const struct http_hooks *hooks = &x->server->hooks;
	const char *path = x->request.path;

	if (node && http_names_open(x->server, node, path, form, file) == 0)
		return true;
	if (http_names_open(x->server, NULL, path, form, file) == 0)
		return true;
	return form == HTTP_EXACTLY && hooks->text_of &&
	       hooks->text_of(hooks->context, &x->request, text);
}

enum MHD_Result http_files_answer(struct http_exchange *x, struct MHD_Connection *http) {
	struct http_answer text = {.status = MHD_HTTP_NOT_FOUND};
	struct http_file file = {.fd = -1};
	char name[HTTP_NODE_SIZE];
	const char *node = node_of(x, name);
	bool found = false;

	x->is_file = true;
	for (int form = 0; form < HTTP_FORMS && !found; form++)
		found = find(x, node, (enum http_form)form, &file, &text);
	if (found && file.fd >= 0)
		return send_file(x, http, &file);
	if (!found)
		return http_exchange_refuse(x, http, MHD_HTTP_NOT_FOUND);
	x->total = text.body_len;
	return http_exchange_send(x, http, &text);
}
