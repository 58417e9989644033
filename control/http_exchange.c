// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// One request, from the line that names its target to the last byte of its answer. Everything that
// can be refused before a body is read is refused then.

#include "http_internal.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define BODY_CUT (8u << 20) // a body of unknown length that goes on for so long is cut

void *http_exchange_begin(void *context, const char *target, struct MHD_Connection *http) {
	struct http_exchange *x = mem_alloc(sizeof(*x));
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(http, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	x->server = context;
	x->connection = info ? info->socket_context : NULL;
	x->target = mem_text(target);
	x->started_ms = http_now_ms();
	return x;
}

// --- what is asked for

// Whatever its case and slashes, nothing of it is ever a file.
static bool is_dynamic(const char *path) {
	return !strncasecmp(path, "rouse", 5) && (!path[5] || path[5] == '/' || path[5] == '\\');
}

static unsigned int read_target(struct http_exchange *x) {
	const char *query = http_path_query(x->target);
	int rc = http_path_decode(x->target, x->path);

	if (rc == -ENAMETOOLONG)
		return MHD_HTTP_URI_TOO_LONG;
	if (rc < 0)
		return MHD_HTTP_BAD_REQUEST;
	x->dynamic = is_dynamic(x->path);
	if (!*query || !x->dynamic) // a file is the same whatever is asked of it
		return 0;
	rc = http_path_arguments(x->target + (query - x->target), x->arguments);
	if (rc < 0)
		return MHD_HTTP_BAD_REQUEST;
	x->request.arguments = x->arguments;
	x->request.argument_count = rc;
	return 0;
}

static bool is_allowed(const struct http_exchange *x, const char *method) {
	if (!strcmp(method, MHD_HTTP_METHOD_GET) || !strcmp(method, MHD_HTTP_METHOD_HEAD))
		return true;
	return x->dynamic &&
	       (!strcmp(method, MHD_HTTP_METHOD_POST) || !strcmp(method, MHD_HTTP_METHOD_PUT));
}

static uint64_t content_length(struct MHD_Connection *http) {
	const char *text =
		MHD_lookup_connection_value(http, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return text ? strtoull(text, NULL, 10) : 0;
}

static bool has_body(struct MHD_Connection *http) {
	return content_length(http) || MHD_lookup_connection_value(http, MHD_HEADER_KIND,
					       MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

static unsigned int judge(struct http_exchange *x, struct MHD_Connection *http, const char *method,
	const char *version) {
	const union MHD_ConnectionInfo *size =
		MHD_get_connection_info(http, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	unsigned int status = read_target(x), unclear = http_framing_judge(http, version);

	x->request.path = x->path;
	x->unclear = unclear != 0;
	if (unclear || status)
		return unclear ? unclear : status;
	if (size && size->header_size > HTTP_HEADERS_MAX)
		return MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
	if (content_length(http) > HTTP_BODY_MAX)
		return MHD_HTTP_CONTENT_TOO_LARGE;
	return is_allowed(x, method) ? 0 : MHD_HTTP_METHOD_NOT_ALLOWED;
}

static uint64_t acknowledged(const struct http_connection *connection) {
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	if (getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		return 0;
	return info.tcpi_bytes_acked;
}

static enum MHD_Result start(struct http_exchange *x, struct MHD_Connection *http,
	const char *method, const char *version) {
	const struct http_connection *connection = x->connection;

	x->begun = true;
	x->head = !strcmp(method, MHD_HTTP_METHOD_HEAD);
	x->request.method = method;
	x->request.client = connection->client;
	x->request.server = connection->server;
	x->request.port = connection->port;
	x->request.tls = connection->tls;
	x->refused = judge(x, http, method, version);
	// Without a body the refusal can wait for the call that answers: the connection stays.
	return x->refused && has_body(http) ? http_exchange_refuse(x, http, x->refused) : MHD_YES;
}

// Only what is under /rouse/ takes one; elsewhere it is read and not looked at.
static enum MHD_Result take_body(struct http_exchange *x, const char *data, size_t len) {
	x->body_len += len;
	if (x->body_len > HTTP_BODY_MAX) {
		free(x->body);
		x->body = NULL;
		x->body_too_large = true;
		return x->body_len > BODY_CUT ? MHD_NO : MHD_YES;
	}
	if (!x->dynamic)
		return MHD_YES;
	if (x->body_len >= x->body_size) {
		x->body_size = 2 * x->body_len + 1;
		x->body = mem_resize(x->body, x->body_size);
	}
	memcpy(x->body + x->body_len - len, data, len);
	x->body[x->body_len] = '\0';
	return MHD_YES;
}

// --- answers

enum MHD_Result http_exchange_queue(struct http_exchange *x, struct MHD_Connection *http,
	unsigned int status, struct MHD_Response *response) {
	enum MHD_Result result;

	x->status = status;
	x->acked = acknowledged(x->connection);
	x->connection->answering = true;
	MHD_add_response_header(response, "Server", "rouse");
	result = MHD_queue_response(http, status, response);
	MHD_destroy_response(response);
	return result;
}

static const char *allowed(const struct http_exchange *x) {
	if (x->allow)
		return x->allow;
	return x->dynamic ? "GET, HEAD, POST, PUT" : "GET, HEAD";
}

static enum MHD_Result send_text(struct http_exchange *x, struct MHD_Connection *http,
	unsigned int status, const char *type, char *body, size_t len) {
	struct MHD_Response *response = MHD_create_response_from_buffer(len,
		body ? body : (char *)"", body ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);

	if (!response) {
		free(body);
		return MHD_NO;
	}
	x->len = len;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	// Made for this client, at this moment.
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (x->unclear) // what follows may be anything
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allowed(x));
	return http_exchange_queue(x, http, status, response);
}

enum MHD_Result http_exchange_send(
	struct http_exchange *x, struct MHD_Connection *http, const struct http_answer *answer) {
	x->allow = answer->allow;
	return send_text(x, http, answer->status,
		answer->content_type ? answer->content_type : "text/plain; charset=utf-8",
		answer->body, answer->body ? answer->body_len : 0);
}

static const char *reason(const struct http_exchange *x, unsigned int status) {
	switch (status) {
	case MHD_HTTP_BAD_REQUEST:
		return x->unclear
			       ? "it is not clear where the request ends, or for which Host it is"
			       : "this is no path that can be asked for";
	case MHD_HTTP_NOT_IMPLEMENTED:
		return "of transfer codings only chunked is known";
	case MHD_HTTP_NOT_FOUND:
		return "there is no such file";
	case MHD_HTTP_METHOD_NOT_ALLOWED:
		return "this path takes another method";
	case MHD_HTTP_CONTENT_TOO_LARGE:
		return "the request's body is larger than 1 MiB";
	case MHD_HTTP_URI_TOO_LONG:
		return "the path is longer than 1,023 bytes";
	case MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE:
		return "the request's headers are larger than 16 KiB";
	}
	return "this cannot be answered";
}

enum MHD_Result http_exchange_refuse(
	struct http_exchange *x, struct MHD_Connection *http, unsigned int status) {
	char text[128];
	int len = snprintf(text, sizeof(text), "%s\n", reason(x, status));

	return send_text(x, http, status, "text/plain", mem_text(text), (size_t)len);
}

static enum MHD_Result answer_dynamic(struct http_exchange *x, struct MHD_Connection *http) {
	const struct http_hooks *hooks = &x->server->hooks;
	struct http_answer answer = {.status = MHD_HTTP_NOT_FOUND};

	if (!hooks->answer)
		return http_exchange_refuse(x, http, MHD_HTTP_NOT_FOUND);
	x->request.body = x->body ? x->body : "";
	x->request.body_len = x->body ? x->body_len : 0;
	x->connection->answering = true; // however long it takes
	hooks->answer(hooks->context, &x->request, &answer);
	return http_exchange_send(x, http, &answer);
}

enum MHD_Result http_exchange_handle(void *context, struct MHD_Connection *http, const char *url,
	const char *method, const char *version, const char *data, size_t *data_size,
	void **state) {
	struct http_exchange *x = *state;
	size_t len = *data_size;

	(void)context;
	(void)url;
	if (!x || !x->connection)
		return MHD_NO;
	if (!x->begun)
		return start(x, http, method, version);
	if (len) {
		*data_size = 0;
		return take_body(x, data, len);
	}
	if (x->body_too_large)
		x->refused = MHD_HTTP_CONTENT_TOO_LARGE;
	if (x->refused)
		return http_exchange_refuse(x, http, x->refused);
	return x->dynamic ? answer_dynamic(x, http) : http_files_answer(x, http);
}

// --- its end

static uint64_t sent(const struct http_exchange *x, bool whole) {
	uint64_t acked;

	if (x->head)
		return 0;
	if (whole)
		return x->len;
	acked = acknowledged(x->connection) - x->acked;
	return acked < x->len ? acked : x->len;
}

static void tell(struct http_exchange *x, bool whole) {
	const struct http_hooks *hooks = &x->server->hooks;
	struct http_file_event event = {
		.client = x->request.client,
		.server = x->request.server,
		.path = x->path,
		.bytes = sent(x, whole),
		.total = x->total,
		.started_ms = x->started_ms,
		.duration_ms = http_now_ms() - x->started_ms,
		.status = x->status,
		.head = x->head,
		.ranged = x->ranged,
		.whole = whole,
		.tls = x->request.tls,
	};

	http_tell_file(x, &event);
	if (x->is_file && hooks->file_done)
		hooks->file_done(hooks->context, &event);
}

void http_exchange_end(void *context, struct MHD_Connection *http, void **state,
	enum MHD_RequestTerminationCode code) {
	struct http_exchange *x = *state;

	(void)context;
	(void)http;
	if (!x)
		return;
	*state = NULL;
	if (x->connection) {
		bool whole = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;

		if (x->status)
			tell(x, whole);
		x->connection->requests++;
		x->connection->clean = whole && x->status < 400;
		x->connection->since_ms = http_now_ms();
		x->connection->answering = false;
	}
	free(x->body);
	free(x->target);
	free(x);
}
