// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// libmicrohttpd with a thread pool of its own; what concerns the daemon's state is asked of its
// loop.

#include "rest.h"

#include <errno.h>
#include <grp.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "arena.h"
#include "json_depth.h"
#include "rest_answers.h"
#include "rest_path.h"
#include "text.h"

#define BODY_MAX        (1u << 20)
#define BODY_READ_MAX   (8u << 20) // of one without a length: then the connection ends
#define BODY_DEPTH_MAX  32u
#define HEADERS_MAX     32768u // with what libmicrohttpd itself keeps of a connection
#define THREADS         2u
#define CONNECTIONS_MAX 64u
#define TIMEOUT_S       30u

struct rest {
	struct daemon *daemon;
	struct MHD_Daemon *http;
	char path[108];
};

// One request while its body arrives.
struct request {
	size_t body_len;
	char *body; // what was kept of it: nothing beyond BODY_MAX
	size_t size;
};

static enum MHD_Result send_text(
	struct MHD_Connection *connection, unsigned int status, char *text) {
	struct MHD_Response *response;
	enum MHD_Result result;

	if (!text)
		return MHD_NO;
	response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	MHD_add_response_header(response, "Content-Type", "application/json");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result send_json(
	struct MHD_Connection *connection, unsigned int status, json_t *value) {
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII);

	json_decref(value);
	return send_text(connection, status, text);
}

static enum MHD_Result send_error(
	struct MHD_Connection *connection, unsigned int status, const char *sentence) {
	return send_json(connection, status, json_pack("{s:s}", "error", sentence));
}

static enum MHD_Result refuse_body(
	struct MHD_Connection *connection, const char *what, const json_error_t *error) {
	char clean[JSON_ERROR_TEXT_LENGTH * 4], sentence[sizeof(clean) + 128];

	if (!error)
		return send_error(connection, MHD_HTTP_BAD_REQUEST, what);
	snprintf(sentence, sizeof(sentence), "%s: line %d: %s", what, error->line,
		text_clean(error->text, strlen(error->text), clean, sizeof(clean)));
	return send_error(connection, MHD_HTTP_BAD_REQUEST, sentence);
}

// jansson calls itself for each level, so how many there are is looked at first.
static enum MHD_Result call_with_body(const struct rest *rest, const struct request *request,
	const struct rest_route *route, struct rest_request *call) {
	json_t *body = NULL, *value = NULL;
	json_error_t error;
	unsigned int status;

	if (json_is_deeper(request->body, request->body_len, BODY_DEPTH_MAX))
		return refuse_body(call->connection,
			"the request's body is nested deeper than 32: flatten it", NULL);
	body = json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, &error);
	if (!body)
		return refuse_body(call->connection, "the request's body is not JSON", &error);
	if (!json_is_object(body)) {
		json_decref(body);
		return refuse_body(call->connection,
			"the request's body is no JSON object: write {\"name\": ...}", NULL);
	}
	call->body = body;
	status = route->answer(rest->daemon, call, &value);
	json_decref(body);
	return send_json(call->connection, status, value);
}

static const struct rest_route *find_route(
	const char *method, const char *url, struct rest_arguments *arguments, bool *known) {
	for (size_t i = 0; rest_tables[i]; i++) {
		for (const struct rest_route *route = rest_tables[i]; route->path; route++) {
			if (!rest_path_matches(route->path, url, arguments))
				continue;
			*known = true;
			if (!strcmp(route->method, method))
				return route;
		}
	}
	return NULL;
}

static enum MHD_Result answer(const struct rest *rest, const struct request *request,
	struct MHD_Connection *connection, const char *method, const char *url) {
	struct rest_arguments arguments;
	struct rest_request call = {.connection = connection};
	const struct rest_route *route;
	bool known = false;
	json_t *value = NULL;
	char *text = NULL;
	unsigned int status;

	call.text = &text;
	route = find_route(method, url, &arguments, &known);
	if (!route)
		return known ? send_error(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
				       "this path takes another method")
			     : send_error(connection, MHD_HTTP_NOT_FOUND,
				       "there is no such path, see the manual of rouse-control");
	call.argument = arguments.text[0];
	call.second = arguments.text[1];
	if (route->takes_body && request->body_len)
		return call_with_body(rest, request, route, &call);
	status = route->answer(rest->daemon, &call, &value);
	return text ? send_text(connection, status, text) : send_json(connection, status, value);
}

static enum MHD_Result too_large(struct MHD_Connection *connection) {
	return send_error(
		connection, MHD_HTTP_CONTENT_TOO_LARGE, "the request's body is larger than 1 MiB");
}

// A body that says beforehand that it is too large is not read at all.
static enum MHD_Result begin(struct MHD_Connection *connection, void **state) {
	const char *length = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	*state = mem_alloc(sizeof(struct request));
	if (length && strtoull(length, NULL, 10) > BODY_MAX)
		return too_large(connection);
	return MHD_YES;
}

static enum MHD_Result take_body(struct request *request, const char *data, size_t *data_size) {
	size_t len = request->body_len + *data_size;

	if (len > BODY_READ_MAX)
		return MHD_NO;
	if (len <= BODY_MAX && len > request->size) {
		request->size = len > 2 * request->size ? len : 2 * request->size;
		request->body = mem_resize(request->body, request->size);
	}
	if (len <= BODY_MAX)
		memcpy(request->body + request->body_len, data, *data_size);
	request->body_len = len;
	*data_size = 0;
	return MHD_YES;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *data_size,
	void **state) {
	struct request *request = *state;

	(void)version;
	if (!request)
		return begin(connection, state);
	if (*data_size)
		return take_body(request, data, data_size);
	if (request->body_len > BODY_MAX)
		return too_large(connection);
	return answer(context, request, connection, method, url);
}

static void completed(void *context, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode code) {
	struct request *request = *state;

	(void)context;
	(void)connection;
	(void)code;
	if (request)
		free(request->body);
	free(request);
	*state = NULL;
}

static int refuse(const char *path, char why[REST_WHY]) {
	int error = errno;

	snprintf(why, REST_WHY, "%s: %s", path, strerror(error));
	return -error;
}

// A listening socket, 0660 and of group rouse before anybody can connect. We hold the instance's
// lock, so a socket that is there is nobody's.
static int open_socket(const char *path, char why[REST_WHY]) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct group *group = getgrnam("rouse");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask;
	int rc;

	if (fd < 0)
		return refuse(path, why);
	memcpy(address.sun_path, path, strlen(path) + 1);
	unlink(path);
	mask = umask(0117);
	rc = bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (rc == 0 && group && chown(path, (uid_t)-1, group->gr_gid) < 0 && errno != EPERM)
		rc = -1;
	if (rc == 0)
		rc = listen(fd, 64);
	if (rc == 0)
		return fd;
	rc = refuse(path, why);
	close(fd);
	return rc;
}

static struct MHD_Daemon *start_http(struct rest *rest, int fd) {
	struct MHD_Daemon *http;
	sigset_t all, old;

	// Signals are the main thread's.
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	http = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, handle, rest,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE, THREADS,
		MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)HEADERS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
		MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return http;
}

int rest_start(
	struct rest **rest, struct daemon *daemon, const char *runtime_dir, char why[REST_WHY]) {
	struct rest *r = mem_alloc(sizeof(*r));
	int fd;

	r->daemon = daemon;
	snprintf(r->path, sizeof(r->path), "%s/control.sock", runtime_dir);
	fd = open_socket(r->path, why);
	if (fd < 0) {
		free(r);
		return fd;
	}
	r->http = start_http(r, fd);
	if (!r->http) {
		snprintf(why, REST_WHY, "%s: libmicrohttpd does not start", r->path);
		close(fd);
		free(r);
		return -ENOMEM;
	}
	*rest = r;
	return 0;
}

void rest_stop(struct rest *rest) {
	if (!rest)
		return;
	MHD_stop_daemon(rest->http);
	unlink(rest->path);
	free(rest);
}
