// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A server that closes a socket with bytes unread makes the kernel send a reset, on which the
// client's kernel throws away what it had not read yet: the very answer that says what was wrong.

#include "http_internal.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGER_MS   2000u
#define KIND_LINGER (2ull << 32)

static void drop(struct http_server *server, uint32_t i) {
	close(server->lingering[i].fd);
	server->lingering[i] = server->lingering[--server->lingering_count];
}

void http_linger_add(struct http_server *server, int fd) {
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLRDHUP, .data.u64 = KIND_LINGER | (uint32_t)fd};

	shutdown(fd, SHUT_WR);
	if (server->lingering_count >= HTTP_LINGERING_MAX ||
		epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		close(fd);
		return;
	}
	server->lingering[server->lingering_count++] =
		(struct http_lingering){fd, http_now_ms() + LINGER_MS};
}

// Reads little at a time: what is not read slows the sender down.
void http_linger_read(struct http_server *server, int fd) {
	static char scratch[1 << 16]; // nobody looks at it
	ssize_t len;

	for (uint32_t i = 0; i < server->lingering_count; i++) {
		if (server->lingering[i].fd != fd)
			continue;
		len = recv(fd, scratch, sizeof(scratch), MSG_DONTWAIT);
		if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))
			drop(server, i);
		return;
	}
}

void http_linger_sweep(struct http_server *server, uint64_t now_ms) {
	for (uint32_t i = server->lingering_count; i-- > 0;)
		if (now_ms >= server->lingering[i].until_ms)
			drop(server, i);
}
