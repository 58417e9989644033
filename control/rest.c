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
#include "rest_answers.h"

#define BODY_MAX        (1u << 20)
#define THREADS         2u
#define CONNECTIONS_MAX 64u
#define TIMEOUT_S       30u
#define ARGUMENT_SIZE   64u

struct rest {
	struct daemon *daemon;
	struct MHD_Daemon *http;
	char path[108];
};

// One request while its body arrives.
struct request {
	size_t body_len;
};

static enum MHD_Result send_json(
	struct MHD_Connection *connection, unsigned int status, json_t *value) {
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII);
	struct MHD_Response *response;
	enum MHD_Result result;

	json_decref(value);
	if (!text)
		return MHD_NO;
	response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	MHD_add_response_header(response, "Content-Type", "application/json");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result send_error(
	struct MHD_Connection *connection, unsigned int status, const char *sentence) {
	return send_json(connection, status, json_pack("{s:s}", "error", sentence));
}

// The part of url that stands for the path's *, into argument.
static bool matches(const char *path, const char *url, char argument[ARGUMENT_SIZE]) {
	size_t before = strcspn(path, "*"), len;

	argument[0] = '\0';
	if (!path[before])
		return !strcmp(path, url);
	if (strncmp(path, url, before) != 0)
		return false;
	len = strcspn(url + before, "/");
	if (len == 0 || len >= ARGUMENT_SIZE || strcmp(path + before + 1, url + before + len) != 0)
		return false;
	memcpy(argument, url + before, len);
	argument[len] = '\0';
	return true;
}

static enum MHD_Result answer(
	struct rest *rest, struct MHD_Connection *connection, const char *method, const char *url) {
	const struct rest_route *route = NULL;
	char argument[ARGUMENT_SIZE] = "";
	bool known = false;
	json_t *value = NULL;
	unsigned int status;

	for (size_t i = 0; i < rest_route_count && !route; i++) {
		if (!matches(rest_routes[i].path, url, argument))
			continue;
		known = true;
		if (!strcmp(rest_routes[i].method, method))
			route = &rest_routes[i];
	}
	if (!route)
		return known ? send_error(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
				       "this path takes another method")
			     : send_error(connection, MHD_HTTP_NOT_FOUND,
				       "there is no such path, see the manual of rouse-control");
	status = route->answer(rest->daemon, argument, &value);
	return send_json(connection, status, value);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *data_size,
	void **state) {
	struct request *request = *state;

	(void)version;
	(void)data;
	if (!request) {
		*state = mem_alloc(sizeof(*request));
		return MHD_YES;
	}
	if (*data_size) { // no route takes a body: it is read, bounded, and not looked at
		request->body_len += *data_size;
		*data_size = 0;
		return MHD_YES;
	}
	if (request->body_len > BODY_MAX)
		return send_error(connection, MHD_HTTP_CONTENT_TOO_LARGE,
			"the request's body is larger than 1 MiB");
	return answer(context, connection, method, url);
}

static void completed(void *context, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode code) {
	(void)context;
	(void)connection;
	(void)code;
	free(*state);
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
		MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		TIMEOUT_S, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
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
