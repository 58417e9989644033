// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// One socket for all clients: requests and ACKs come in batches of 64, and so do the answers leave.

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "storm_clock.h"
#include "storm_impair.h"
#include "storm_reflect.h"
#include "storm_stop.h"

#define BATCH     64u
#define REQUEST   516u
#define SEND_SIZE 256u

struct reflector {
	const struct storm_reflect *settings;
	int fd;
	uint64_t blocks;
	uint8_t *content; // one block, sent again and again
	char oack[STORM_REFLECT_OACK_SIZE];
	size_t oack_len;
	struct mmsghdr in[BATCH];
	struct iovec in_vectors[BATCH];
	struct sockaddr_in froms[BATCH];
	uint8_t packets[BATCH][REQUEST];
	struct mmsghdr out[SEND_SIZE];
	struct iovec out_vectors[SEND_SIZE][2];
	uint8_t headers[SEND_SIZE][4];
	unsigned queued;
};

static void flush(struct reflector *r) {
	unsigned sent = 0;

	while (sent < r->queued) {
		int count = sendmmsg(r->fd, r->out + sent, r->queued - sent, 0);

		if (count <= 0)
			break;
		sent += (unsigned)count;
	}
	r->queued = 0;
}

static void queue(struct reflector *r, struct sockaddr_in *to, const void *head, size_t head_len,
	const void *data, size_t len) {
	unsigned i = r->queued++;

	r->out_vectors[i][0] = (struct iovec){(void *)head, head_len};
	r->out_vectors[i][1] = (struct iovec){(void *)data, len};
	r->out[i].msg_hdr = (struct msghdr){.msg_name = to,
		.msg_namelen = sizeof(*to),
		.msg_iov = r->out_vectors[i],
		.msg_iovlen = len ? 2 : 1};
	if (r->queued == SEND_SIZE)
		flush(r);
}

static void queue_block(struct reflector *r, struct sockaddr_in *to, uint64_t block) {
	uint64_t left = r->settings->size - (block - 1) * r->settings->blksize;
	size_t len = left < r->settings->blksize ? (size_t)left : r->settings->blksize;
	uint8_t *head = r->headers[r->queued];

	memcpy(head, (uint8_t[]){0, 3, (uint8_t)(block >> 8), (uint8_t)block}, 4);
	queue(r, to, head, 4, r->content, len);
}

static void answer(struct reflector *r, const uint8_t *packet, size_t len, struct sockaddr_in *to) {
	uint64_t block;

	if (len > 4 && packet[1] == 1)
		queue(r, to, r->oack, r->oack_len, NULL, 0);
	if (len != 4 || packet[1] != 4)
		return;
	block = (uint64_t)packet[2] << 8 | packet[3];
	for (uint16_t i = 0; (i == 0 || i < r->settings->window) && block < r->blocks; i++)
		queue_block(r, to, ++block);
}

size_t storm_reflect_oack(const struct storm_reflect *s, char oack[STORM_REFLECT_OACK_SIZE]) {
	size_t len =
		1 + (size_t)snprintf(oack, STORM_REFLECT_OACK_SIZE, "%c%cblksize%c%u%ctsize%c%llu",
			    0, 6, 0, s->blksize, 0, 0, (unsigned long long)s->size);

	if (s->window > 1)
		len += 1 + (size_t)snprintf(oack + len, STORM_REFLECT_OACK_SIZE - len,
				   "windowsize%c%u", 0, s->window);
	return len;
}

void storm_reflect_content(const struct storm_reflect *s, uint8_t *content) {
	uint64_t random = 1;

	for (unsigned i = 0; i < s->blksize; i++)
		content[i] = (uint8_t)(storm_random(&random) >> 32);
}

static void prepare(struct reflector *r) {
	for (unsigned i = 0; i < BATCH; i++) {
		r->in_vectors[i] = (struct iovec){r->packets[i], REQUEST};
		r->in[i].msg_hdr = (struct msghdr){
			.msg_name = &r->froms[i], .msg_iov = &r->in_vectors[i], .msg_iovlen = 1};
	}
	storm_reflect_content(r->settings, r->content);
	r->blocks = r->settings->size / r->settings->blksize + 1;
	r->oack_len = storm_reflect_oack(r->settings, r->oack);
}

static int open_socket(struct reflector *r) {
	struct sockaddr_in own = {.sin_family = AF_INET,
		.sin_port = htons(r->settings->port),
		.sin_addr.s_addr = htonl(r->settings->address)};
	struct timeval wait = {.tv_usec = 100000};
	int bytes = 64 << 20;

	r->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (r->fd < 0)
		return -errno;
	setsockopt(r->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	setsockopt(r->fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	if (setsockopt(r->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
		bind(r->fd, (struct sockaddr *)&own, sizeof(own)) < 0)
		return -errno;
	return 0;
}

static void serve(struct reflector *r) {
	uint64_t end_us =
		r->settings->deadline_us ? storm_clock_us() + r->settings->deadline_us : UINT64_MAX;

	while (!storm_stop_wanted() && storm_clock_us() < end_us) {
		int count;

		for (unsigned i = 0; i < BATCH; i++)
			r->in[i].msg_hdr.msg_namelen = sizeof(r->froms[i]);
		count = recvmmsg(r->fd, r->in, BATCH, MSG_WAITFORONE, NULL);
		for (int i = 0; i < count; i++)
			answer(r, r->packets[i], r->in[i].msg_len, &r->froms[i]);
		flush(r);
	}
}

int storm_reflect_socket(const struct storm_reflect *settings) {
	struct reflector *r = calloc(1, sizeof(*r));
	int err = -ENOMEM;

	if (!r)
		return err;
	r->settings = settings;
	r->fd = -1;
	r->content = malloc(settings->blksize);
	if (r->content) {
		prepare(r);
		err = open_socket(r);
	}
	if (!err)
		serve(r);
	if (r->fd >= 0)
		close(r->fd);
	free(r->content);
	free(r);
	return err;
}
