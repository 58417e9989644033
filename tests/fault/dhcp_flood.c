// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// dhcp-flood IF COUNT [RATE]: DISCOVERs from COUNT random MACs through a packet socket, as fast as it
// takes them or RATE a second. Prints how many left and in how many seconds.

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bytes.h"
#include "checksum.h"
#include "dhcp.h"
#include "frame.h"

#define BATCH      64u
#define FRAME_LEN  (FRAME_HEADER_BYTES + DHCP_PAYLOAD_MIN)
#define MAC_OFFSET (FRAME_HEADER_BYTES + 28)

static uint8_t frames[BATCH][FRAME_LEN];
static struct iovec vectors[BATCH];
static struct mmsghdr messages[BATCH];
static uint64_t seed = 88172645463325252ull;

static _Noreturn void die(const char *what) {
	fprintf(stderr, "dhcp-flood: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_s(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t random64(void) {
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void write_template(uint8_t *frame) {
	static const uint8_t options[] = "\x35\x01\x01\x37\x04\x01\x03\x06\x0f\xff";
	const struct frame_to to = {.src_mac = {2},
		.dst_mac = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		.dst = UINT32_MAX,
		.src_port = DHCP_CLIENT_PORT,
		.dst_port = DHCP_SERVER_PORT};
	struct writer w = writer_of(frame + FRAME_HEADER_BYTES, DHCP_PAYLOAD_MIN);

	writer_bytes(&w, (uint8_t[]){DHCP_OP_REQUEST, DHCP_HTYPE_ETHERNET, 6}, 3);
	w.at = DHCP_MAGIC_OFFSET;
	writer_u32(&w, DHCP_MAGIC);
	writer_bytes(&w, options, sizeof(options) - 1);
	frame_write_headers(frame, &to, DHCP_PAYLOAD_MIN, 0);
	memset(frame + FRAME_HEADER_BYTES - 2, 0, 2); // no UDP checksum (RFC 768)
}

// A new machine, with an xid of its own.
static void change(uint8_t *frame) {
	uint64_t mac = random64();

	memcpy(frame + 7, &mac, 5); // behind the 02 of a local address
	memcpy(frame + MAC_OFFSET, frame + 6, 6);
	memcpy(frame + FRAME_HEADER_BYTES + 4, &mac, 4);
}

static int open_socket(const char *interface) {
	struct sockaddr_ll address = {.sll_family = AF_PACKET};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1;

	address.sll_ifindex = (int)if_nametoindex(interface);
	if (fd < 0 || !address.sll_ifindex ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) < 0)
		die(interface);
	return fd;
}

// What the interface does not take is a frame less of the flood.
static uint64_t send_batch(int fd, uint32_t count) {
	int sent;

	for (uint32_t i = 0; i < count; i++)
		change(frames[i]);
	sent = sendmmsg(fd, messages, count, 0);
	if (sent < 0 && errno != ENOBUFS && errno != EAGAIN)
		die("send");
	return sent < 0 ? 0 : (uint64_t)sent;
}

static uint64_t flood(int fd, uint64_t count, double rate) {
	double begun = now_s();
	uint64_t tried = 0, sent = 0;

	while (tried < count) {
		uint64_t due = rate > 0 ? (uint64_t)((now_s() - begun) * rate) : count;
		uint64_t batch = due > tried ? due - tried : 0;

		if (batch > BATCH)
			batch = BATCH;
		if (batch > count - tried)
			batch = count - tried;
		sent += send_batch(fd, (uint32_t)batch);
		tried += batch;
		if (!batch)
			usleep(100);
	}
	return sent;
}

int main(int argc, char **argv) {
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;
	double rate = argc > 3 ? strtod(argv[3], NULL) : 0, begun;

	if (!count) {
		fprintf(stderr, "usage: dhcp-flood IF COUNT [RATE]\n");
		return 2;
	}
	for (uint32_t i = 0; i < BATCH; i++) {
		write_template(frames[i]);
		vectors[i] = (struct iovec){.iov_base = frames[i], .iov_len = FRAME_LEN};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
	}
	begun = now_s();
	count = flood(open_socket(argv[1]), count, rate);
	printf("%llu %.3f\n", (unsigned long long)count, now_s() - begun);
	return 0;
}
