// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The thread that accepts: it counts connections per client, hands them to workers, and ends those
// whose request does not come. libmicrohttpd's own time-out begins anew with each byte, so a client
// that sends one every few seconds would stay for ever.

#include "http_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control_log.h"
#include "text.h"

#define TICK_MS     250
#define SWEEP_MS    1000u
#define RETRY_MS    1000u
#define BACKLOG     4096
#define EVENTS_MAX  64
#define ACCEPTS_MAX 64 // of one socket, before others have their turn

// What an event of epoll is about stands above the descriptor.
#define KIND_WAKE   0ull
#define KIND_LISTEN (1ull << 32)

static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\n"
			   "Retry-After: 1\r\n"
			   "Content-Type: text/plain\r\n"
			   "Content-Length: 21\r\n"
			   "Connection: close\r\n"
			   "\r\n"
			   "too many connections\n";

static void watch(struct http_server *server, int fd, uint64_t kind) {
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = kind | (uint32_t)fd};

	epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

// --- connections

struct http_connection *http_listen_find(struct http_server *server, int fd) {
	struct http_connection *connection;

	pthread_mutex_lock(&server->lock);
	connection = fd >= 0 && (uint32_t)fd < HTTP_FDS ? server->by_fd[fd] : NULL;
	pthread_mutex_unlock(&server->lock);
	return connection;
}

static void link_in(struct http_server *server, struct http_connection *connection) {
	connection->after = server->first;
	if (server->first)
		server->first->before = connection;
	server->first = connection;
	server->by_fd[connection->fd] = connection;
}

static void unlink_from(struct http_server *server, struct http_connection *connection) {
	if (connection->before)
		connection->before->after = connection->after;
	else
		server->first = connection->after;
	if (connection->after)
		connection->after->before = connection->before;
	server->by_fd[connection->fd] = NULL;
	http_limits_leave(&server->limits, connection->client);
	if (connection->worker)
		connection->worker->connections--;
}

// Whether the client has neither ended nor been answered in peace.
static bool needs_to_linger(const struct http_connection *connection) {
	char byte;
	ssize_t len = recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	if (len > 0)
		return true;
	return len < 0 && errno == EAGAIN && !connection->clean;
}

void http_listen_closed(struct http_server *server, struct http_connection *connection) {
	int fd = -1;

	if (connection->tls)
		http_tls_ended(server, connection);
	if (!server->ending && needs_to_linger(connection))
		fd = dup(connection->fd);
	pthread_mutex_lock(&server->lock);
	unlink_from(server, connection);
	if (fd >= 0)
		http_linger_add(server, fd);
	pthread_mutex_unlock(&server->lock);
	free(connection);
}

// Whether the client has ended its side. libmicrohttpd waits on for some requests that are cut off.
static bool has_ended(const struct http_connection *connection) {
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	return getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	       info.tcpi_state == TCP_CLOSE_WAIT;
}

// A request that takes too long, or whose rest will never come: its connection is shut down, and
// the worker that has it sees the end. While it is in the list its descriptor is open.
static void sweep_connections(struct http_server *server, uint64_t now_ms) {
	for (struct http_connection *c = server->first; c; c = c->after) {
		bool late = now_ms >= c->since_ms + HTTP_REQUEST_MS;

		if (c->answering || now_ms < c->since_ms + SWEEP_MS || !(late || has_ended(c)))
			continue;
		shutdown(c->fd, SHUT_RDWR);
		c->since_ms = now_ms;
		if (late)
			http_tell_count(&server->tell.timed_out, 1);
	}
}

// --- accepting

static enum http_admission admit(struct http_server *server, const struct http_listener *listener,
	int fd, uint32_t client, struct http_connection **out) {
	enum http_admission admission = http_limits_enter(&server->limits, client);
	struct http_connection *connection;

	if (admission != HTTP_ADMITTED)
		return admission;
	connection = mem_alloc(sizeof(*connection));
	connection->owner = server;
	connection->fd = fd;
	connection->client = client;
	connection->server = listener->address;
	connection->port = listener->port;
	connection->tls = listener->tls;
	connection->since_ms = http_now_ms();
	link_in(server, connection);
	*out = connection;
	return HTTP_ADMITTED;
}

static void refuse(struct http_server *server, const struct http_listener *listener, int fd,
	uint32_t client, enum http_admission why) {
	http_tell_refused(server, client, why);
	if (listener->tls || send(fd, busy, sizeof(busy) - 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		close(fd);
		return;
	}
	http_linger_add(server, fd);
}

static void take(struct http_server *server, const struct http_listener *listener, int fd,
	const struct sockaddr_in *from) {
	uint32_t client = ntohl(from->sin_addr.s_addr);
	struct http_connection *connection = NULL;
	enum http_admission admission;

	if ((uint32_t)fd >= HTTP_FDS) {
		http_tell_count(&server->tell.refused_files, 1);
		close(fd);
		return;
	}
	admission = admit(server, listener, fd, client, &connection);
	if (admission != HTTP_ADMITTED) {
		refuse(server, listener, fd, client, admission);
		return;
	}
	http_tell_count(&server->tell.accepted, 1);
	if (http_server_hand_over(server, connection, from))
		return;
	unlink_from(server, connection); // libmicrohttpd has closed the socket
	free(connection);
}

static struct http_listener *find_listener(struct http_server *server, int fd) {
	for (uint32_t i = 0; i < server->listener_count; i++)
		if (server->listeners[i].fd == fd)
			return &server->listeners[i];
	return NULL;
}

// Without a free descriptor the client waits in the backlog. False: there is nobody more.
static bool accept_one(struct http_server *server, const struct http_listener *listener) {
	struct sockaddr_in from = {0};
	socklen_t len = sizeof(from);
	int fd =
		accept4(listener->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		http_tell_count(&server->tell.refused_files, 1);
		usleep(10000);
	}
	if (fd < 0)
		return errno == ECONNABORTED || errno == EINTR;
	take(server, listener, fd, &from);
	return true;
}

static void on_event(struct http_server *server, const struct epoll_event *event) {
	int fd = (int)(uint32_t)event->data.u64;
	const struct http_listener *listener;
	uint64_t count;

	pthread_mutex_lock(&server->lock);
	listener = find_listener(server, fd);
	if (fd == server->wake_fd) {
		if (read(fd, &count, sizeof(count)) < 0)
			(void)count;
	} else if (!listener) {
		http_linger_read(server, fd);
	}
	for (int i = 0; listener && i < ACCEPTS_MAX && accept_one(server, listener); i++)
		;
	pthread_mutex_unlock(&server->lock);
}

// --- sockets

static int open_socket(const struct http_listener *listener) {
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(listener->port),
		.sin_addr.s_addr = htonl(listener->address),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, error;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	// The address may come later than we do.
	setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

static const char *advice(int error) {
	switch (error) {
	case EADDRINUSE:
		return ": another program listens there; it is tried again";
	case EACCES:
		return ": ports below 1024 need CAP_NET_BIND_SERVICE; it is tried again";
	}
	return "; it is tried again";
}

static void try_listener(struct http_server *server, struct http_listener *listener) {
	const char *name = listener->tls ? "HTTPS" : "HTTP";
	char ip[TEXT_IP_SIZE];

	listener->fd = open_socket(listener);
	if (listener->fd >= 0) {
		watch(server, listener->fd, KIND_LISTEN);
		control_log(CONTROL_NOTICE, "%s is served at %s:%u", name,
			text_ip(listener->address, ip), listener->port);
		listener->told = 0;
		return;
	}
	if (listener->told != -listener->fd)
		control_log(CONTROL_ERROR, "%s cannot be served at %s:%u: %s%s", name,
			text_ip(listener->address, ip), listener->port, strerror(-listener->fd),
			advice(-listener->fd));
	listener->told = -listener->fd;
	listener->fd = -1;
}

// Without a certificate a client would get a connection that ends at once.
static void try_listeners(struct http_server *server) {
	bool secure = http_tls_ready(server) && http_server_start_tls(server);

	for (uint32_t i = 0; i < server->listener_count; i++)
		if (server->listeners[i].fd < 0 && (!server->listeners[i].tls || secure))
			try_listener(server, &server->listeners[i]);
}

static void want(
	struct http_listener *list, uint32_t *count, uint32_t address, uint16_t port, bool tls) {
	if (port)
		list[(*count)++] = (struct http_listener){
			.fd = -1, .address = address, .port = port, .tls = tls};
}

static uint32_t wanted(const struct config *config, struct http_listener list[HTTP_LISTENERS_MAX]) {
	uint32_t count = 0;

	for (uint32_t i = 0; config->http.given && i < config->port_count; i++) {
		const struct config_port *port = &config->ports[i];

		if (port->kind > POLICY_DEVICE_AF_PACKET)
			continue;
		want(list, &count, port->address, config->http.port, false);
		if (config->tls.given)
			want(list, &count, port->address, config->http.tls_port, true);
	}
	return count;
}

static bool same(const struct http_listener *a, const struct http_listener *b) {
	return a->address == b->address && a->port == b->port && a->tls == b->tls;
}

// Takes over the open socket of a listener that stays.
static void keep(struct http_server *server, struct http_listener *next) {
	for (uint32_t i = 0; i < server->listener_count; i++) {
		struct http_listener *former = &server->listeners[i];

		if (!same(former, next))
			continue;
		next->fd = former->fd;
		next->told = former->told;
		former->fd = -1;
	}
}

void http_listen_configure(struct http_server *server, const struct config *config) {
	struct http_listener next[HTTP_LISTENERS_MAX];
	uint32_t count = wanted(config, next);

	pthread_mutex_lock(&server->lock);
	for (uint32_t i = 0; i < count; i++)
		keep(server, &next[i]);
	for (uint32_t i = 0; i < server->listener_count; i++)
		if (server->listeners[i].fd >= 0)
			close(server->listeners[i].fd);
	memcpy(server->listeners, next, count * sizeof(*next));
	server->listener_count = count;
	try_listeners(server);
	pthread_mutex_unlock(&server->lock);
}

uint32_t http_server_places(struct http_server *server, struct http_place places[HTTP_PLACES_MAX]) {
	uint32_t count;

	pthread_mutex_lock(&server->lock);
	count = server->listener_count;
	for (uint32_t i = 0; i < count; i++)
		places[i] = (struct http_place){
			.address = server->listeners[i].address,
			.port = server->listeners[i].port,
			.tls = server->listeners[i].tls,
			.open = server->listeners[i].fd >= 0,
			.error = server->listeners[i].told,
		};
	pthread_mutex_unlock(&server->lock);
	return count;
}

// --- the thread

static void tick(
	struct http_server *server, uint64_t now_ms, uint64_t *swept_ms, uint64_t *tried_ms) {
	bool retry = now_ms >= *tried_ms + RETRY_MS, sweep = now_ms >= *swept_ms + SWEEP_MS;

	if (retry)
		http_tls_check(server);
	pthread_mutex_lock(&server->lock);
	http_linger_sweep(server, now_ms);
	if (sweep)
		sweep_connections(server, now_ms);
	if (retry)
		try_listeners(server);
	pthread_mutex_unlock(&server->lock);
	if (sweep)
		*swept_ms = now_ms;
	if (retry)
		*tried_ms = now_ms;
}

static void *run(void *context) {
	struct http_server *server = context;
	struct epoll_event events[EVENTS_MAX];
	uint64_t swept_ms = 0, tried_ms = http_now_ms();

	while (!server->ending) {
		int count = epoll_wait(server->epoll_fd, events, EVENTS_MAX, TICK_MS);

		for (int i = 0; i < count; i++)
			on_event(server, &events[i]);
		tick(server, http_now_ms(), &swept_ms, &tried_ms);
	}
	return NULL;
}

int http_listen_start(struct http_server *server) {
	sigset_t all, old;
	int rc;

	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (server->epoll_fd < 0 || server->wake_fd < 0) {
		rc = -errno;
		control_log(CONTROL_ERROR, "http: no epoll: %s", strerror(errno));
		return rc;
	}
	watch(server, server->wake_fd, KIND_WAKE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = -pthread_create(&server->thread, NULL, run, server);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	server->has_thread = rc == 0;
	if (rc < 0)
		control_log(CONTROL_ERROR, "http: no thread: %s", strerror(-rc));
	return rc;
}

void http_listen_stop(struct http_server *server) {
	uint64_t one = 1;

	server->ending = true;
	if (server->has_thread && write(server->wake_fd, &one, sizeof(one)) == sizeof(one))
		pthread_join(server->thread, NULL);
	for (uint32_t i = 0; i < server->listener_count; i++)
		if (server->listeners[i].fd >= 0)
			close(server->listeners[i].fd);
	if (server->epoll_fd >= 0)
		close(server->epoll_fd);
	if (server->wake_fd >= 0)
		close(server->wake_fd);
}
