// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Kernel sockets under epoll. With a window several blocks wait in a socket and come in one
// recvmmsg; in lock-step there is exactly one, and a plain recvfrom is cheaper.

#include "storm_udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "storm_clock.h"

#define EVENTS      256
#define BATCH_MAX   64u
#define PACKET_SIZE 65536u
#define COPIES_MAX  64u
#define GROUPS_MAX  16u
#define GROUP_BYTES (4 << 20) // what waits in the socket of a group

// One socket hears what is sent to a group, for all clients that have joined it.
struct group {
	struct storm_peer address;
	int fd;
	uint32_t count;
	uint32_t *members; // room for every client
};

struct storm_udp {
	struct storm_net net;
	struct storm_udp_settings settings;
	int epoll;
	int *fds; // by client, -1: closed
	uint32_t group_count;
	struct group groups[GROUPS_MAX];
	uint32_t batch;
	uint8_t *buffers; // batch packets
	struct mmsghdr headers[BATCH_MAX];
	struct iovec vectors[BATCH_MAX];
	struct sockaddr_in froms[BATCH_MAX];
};

static int bind_source(const struct storm_udp *udp, int fd, uint32_t client) {
	const struct storm_udp_settings *s = &udp->settings;
	struct sockaddr_in own = {.sin_family = AF_INET};

	own.sin_addr.s_addr = htonl(s->source + (s->source_count ? client % s->source_count : 0));
	return bind(fd, (struct sockaddr *)&own, sizeof(own));
}

// Room for a window and what a retransmission puts behind it.
static void size_buffer(const struct storm_udp *udp, int fd) {
	int bytes = 2 * udp->settings.window * (udp->settings.blksize + 800);

	if (bytes > 100000)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
}

static int udp_open(struct storm_net *net, uint32_t client) {
	struct storm_udp *udp = (struct storm_udp *)net;
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = client};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	size_buffer(udp, fd);
	if (bind_source(udp, fd, client) < 0 ||
		epoll_ctl(udp->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	udp->fds[client] = fd;
	return 0;
}

static void leave(struct group *group, uint32_t client) {
	for (uint32_t i = 0; i < group->count; i++)
		if (group->members[i] == client)
			group->members[i--] = group->members[--group->count];
}

static void udp_close(struct storm_net *net, uint32_t client) {
	struct storm_udp *udp = (struct storm_udp *)net;

	for (uint32_t i = 0; i < udp->group_count; i++)
		leave(&udp->groups[i], client);
	if (udp->fds[client] >= 0)
		close(udp->fds[client]);
	udp->fds[client] = -1;
}

static void udp_send(struct storm_net *net, uint32_t client, struct storm_peer to,
	const uint8_t *bytes, size_t len, unsigned copies) {
	struct storm_udp *udp = (struct storm_udp *)net;
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(to.port),
		.sin_addr.s_addr = htonl(to.address)};
	struct iovec vector = {.iov_base = (void *)bytes, .iov_len = len};
	struct mmsghdr headers[COPIES_MAX];
	int fd = udp->fds[client];

	if (copies == 1) {
		if (sendto(fd, bytes, len, 0, (struct sockaddr *)&address, sizeof(address)) < 0)
			net->send_failures++;
		return;
	}
	copies = copies < COPIES_MAX ? copies : COPIES_MAX;
	for (unsigned i = 0; i < copies; i++)
		headers[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &address,
						      .msg_namelen = sizeof(address),
						      .msg_iov = &vector,
						      .msg_iovlen = 1}};
	if (sendmmsg(fd, headers, copies, 0) != (int)copies)
		net->send_failures++;
}

static struct storm_peer peer_of(const struct sockaddr_in *address) {
	return (struct storm_peer){ntohl(address->sin_addr.s_addr), ntohs(address->sin_port)};
}

static void receive_one(
	struct storm_udp *udp, uint32_t client, storm_net_receive *receive, void *arg) {
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(udp->fds[client], udp->buffers, PACKET_SIZE, 0,
		(struct sockaddr *)&from, &from_len);

	if (len >= 0)
		receive(arg, client, peer_of(&from), udp->buffers, (size_t)len, storm_clock_us());
}

// The last one.
static void close_group(struct storm_udp *udp) {
	struct group *group = &udp->groups[--udp->group_count];

	if (group->fd >= 0)
		close(group->fd);
	free(group->members);
}

static int hear_group(const struct storm_udp *udp, const struct group *group) {
	const struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(group->address.port),
		.sin_addr.s_addr = htonl(group->address.address)};
	const struct ip_mreq join = {.imr_multiaddr = address.sin_addr,
		.imr_interface.s_addr = htonl(udp->settings.source)};
	const int yes = 1, bytes = GROUP_BYTES;
	int fd = group->fd;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
		bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)) < 0)
		return -errno;
	return 0;
}

static int open_group(struct storm_udp *udp, struct storm_peer address) {
	struct group *group = &udp->groups[udp->group_count];
	// Behind the clients' numbers.
	struct epoll_event event = {
		.events = EPOLLIN, .data.u32 = udp->settings.clients + udp->group_count};
	int err;

	if (udp->group_count == GROUPS_MAX)
		return -ENOSPC;
	group->address = address;
	group->members = calloc(udp->settings.clients, sizeof(*group->members));
	group->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	err = !group->members || group->fd < 0 ? -ENOMEM : hear_group(udp, group);
	if (!err && epoll_ctl(udp->epoll, EPOLL_CTL_ADD, group->fd, &event) < 0)
		err = -errno;
	udp->group_count++;
	if (err)
		close_group(udp);
	return err;
}

static int udp_join(struct storm_net *net, uint32_t client, struct storm_peer address) {
	struct storm_udp *udp = (struct storm_udp *)net;
	uint32_t i = 0;
	int err;

	while (i < udp->group_count && (udp->groups[i].address.address != address.address ||
					       udp->groups[i].address.port != address.port))
		i++;
	err = i < udp->group_count ? 0 : open_group(udp, address);
	if (!err)
		udp->groups[i].members[udp->groups[i].count++] = client;
	return err;
}

static void receive_group(
	struct storm_udp *udp, const struct group *group, storm_net_receive *receive, void *arg) {
	uint64_t now_us;
	int count;

	for (uint32_t i = 0; i < udp->batch; i++)
		udp->headers[i].msg_hdr.msg_namelen = sizeof(udp->froms[i]);
	count = recvmmsg(group->fd, udp->headers, udp->batch, 0, NULL);
	now_us = storm_clock_us();
	for (int i = 0; i < count; i++) {
		udp->net.group_packets++;
		for (uint32_t k = 0; k < group->count; k++)
			receive(arg, group->members[k], peer_of(&udp->froms[i]),
				udp->vectors[i].iov_base, udp->headers[i].msg_len, now_us);
	}
}

static void receive_batch(
	struct storm_udp *udp, uint32_t client, storm_net_receive *receive, void *arg) {
	uint64_t now_us;
	int count;

	for (uint32_t i = 0; i < udp->batch; i++)
		udp->headers[i].msg_hdr.msg_namelen = sizeof(udp->froms[i]);
	count = recvmmsg(udp->fds[client], udp->headers, udp->batch, 0, NULL);
	now_us = storm_clock_us();
	for (int i = 0; i < count && udp->fds[client] >= 0; i++)
		receive(arg, client, peer_of(&udp->froms[i]), udp->vectors[i].iov_base,
			udp->headers[i].msg_len, now_us);
}

static void udp_poll(
	struct storm_net *net, uint64_t wait_us, storm_net_receive *receive, void *arg) {
	struct storm_udp *udp = (struct storm_udp *)net;
	struct timespec wait = {
		(time_t)(wait_us / STORM_SECOND_US), (long)(wait_us % STORM_SECOND_US) * 1000};
	struct epoll_event events[EVENTS];
	int count = epoll_pwait2(udp->epoll, events, EVENTS, &wait, NULL);

	for (int i = 0; i < count; i++) {
		uint32_t client = events[i].data.u32;

		if (client >= udp->settings.clients) {
			receive_group(
				udp, &udp->groups[client - udp->settings.clients], receive, arg);
			continue;
		}
		if (udp->fds[client] < 0)
			continue;
		if (udp->batch == 1)
			receive_one(udp, client, receive, arg);
		else
			receive_batch(udp, client, receive, arg);
	}
}

static void udp_destroy(struct storm_net *net) {
	struct storm_udp *udp = (struct storm_udp *)net;

	for (uint32_t i = 0; i < udp->settings.clients; i++)
		udp_close(net, i);
	while (udp->group_count)
		close_group(udp);
	close(udp->epoll);
	free(udp->buffers);
	free(udp->fds);
	free(udp);
}

static const struct storm_net_ops UDP_OPS = {
	.open = udp_open,
	.close = udp_close,
	.send = udp_send,
	.join = udp_join,
	.poll = udp_poll,
	.destroy = udp_destroy,
};

static int raise_limit(uint32_t clients) {
	struct rlimit limit;
	rlim_t wanted = (rlim_t)clients + 64;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	if (limit.rlim_cur >= wanted)
		return 0;
	limit.rlim_cur = wanted;
	if (limit.rlim_max < wanted)
		limit.rlim_max = wanted;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

static void prepare_vectors(struct storm_udp *udp) {
	for (uint32_t i = 0; i < udp->batch; i++) {
		udp->vectors[i] =
			(struct iovec){udp->buffers + (size_t)i * PACKET_SIZE, PACKET_SIZE};
		udp->headers[i].msg_hdr = (struct msghdr){
			.msg_name = &udp->froms[i], .msg_iov = &udp->vectors[i], .msg_iovlen = 1};
	}
}

struct storm_net *storm_udp_create(const struct storm_udp_settings *settings) {
	struct storm_udp *udp = calloc(1, sizeof(*udp));
	int err = raise_limit(settings->clients);

	if (err || !udp) {
		errno = err ? -err : ENOMEM;
		goto err_free;
	}
	udp->net.ops = &UDP_OPS;
	udp->settings = *settings;
	udp->batch = settings->window <= 1          ? 1
		     : settings->window < BATCH_MAX ? settings->window
						    : BATCH_MAX;
	udp->fds = malloc(settings->clients * sizeof(*udp->fds));
	udp->buffers = malloc((size_t)udp->batch * PACKET_SIZE);
	udp->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!udp->fds || !udp->buffers || udp->epoll < 0)
		goto err_parts;
	for (uint32_t i = 0; i < settings->clients; i++)
		udp->fds[i] = -1;
	prepare_vectors(udp);
	return &udp->net;
err_parts:
	if (udp->epoll >= 0)
		close(udp->epoll);
	free(udp->buffers);
	free(udp->fds);
err_free:
	free(udp);
	return NULL;
}
