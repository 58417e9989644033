// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// AF_PACKET with a TPACKET_V2 ring: each frame is seen as soon as it is there (V3 would hold it
// until its block is full or old).

#include "storm_packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define RING_FRAMES 8192u
#define RING_BLOCK  (1u << 20)
#define RING_BYTES  ((size_t)RING_FRAMES * STORM_FRAME_SIZE)
#define QUEUE_SIZE  64u
#define POLL_MAX    1024u

// ARP, or unfragmented UDP over IPv4 to port 68 (or to any port).
static int attach_filter(int fd, bool all_udp) {
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 8, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 8),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 4, 0),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16),
		BPF_JUMP(BPF_JMP | (all_udp ? BPF_JGE : BPF_JEQ) | BPF_K, all_udp ? 0 : 68, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int make_ring(struct storm_packet *p) {
	int version = TPACKET_V2;
	struct tpacket_req request = {
		.tp_block_size = RING_BLOCK,
		.tp_block_nr = (unsigned)(RING_BYTES / RING_BLOCK),
		.tp_frame_size = STORM_FRAME_SIZE,
		.tp_frame_nr = RING_FRAMES,
	};
	void *ring;

	if (setsockopt(p->rx, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
		setsockopt(p->rx, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0)
		return -errno;
	ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, p->rx, 0);
	if (ring == MAP_FAILED)
		return -errno;
	p->ring = ring;
	return 0;
}

static int bind_to(int fd, int index, uint16_t protocol) {
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = index};

	return bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

static int open_rx(struct storm_packet *p, bool all_udp) {
	struct packet_mreq all = {.mr_ifindex = p->index, .mr_type = PACKET_MR_PROMISC};
	int yes = 1;
	int err;

	p->rx = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (p->rx < 0 || attach_filter(p->rx, all_udp) < 0 ||
		setsockopt(p->rx, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) < 0 ||
		setsockopt(p->rx, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0)
		return -errno;
	err = make_ring(p);
	return err ? err : bind_to(p->rx, p->index, ETH_P_ALL);
}

static int open_tx(struct storm_packet *p) {
	int yes = 1;
	int bytes = 8 << 20;

	p->tx = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (p->tx < 0 || setsockopt(p->tx, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) < 0)
		return -errno;
	setsockopt(p->tx, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	return bind_to(p->tx, p->index, 0);
}

static int read_mac(struct storm_packet *p, const char *interface) {
	struct ifreq request = {0};

	memcpy(request.ifr_name, interface, strlen(interface));
	if (ioctl(p->tx, SIOCGIFHWADDR, &request) < 0)
		return -errno;
	memcpy(p->mac, request.ifr_hwaddr.sa_data, 6);
	return 0;
}

int storm_packet_open(struct storm_packet *p, const char *interface, bool all_udp) {
	int err = 0;

	*p = (struct storm_packet){.rx = -1, .tx = -1};
	p->index = (int)if_nametoindex(interface);
	if (!p->index || strlen(interface) >= IFNAMSIZ)
		return -ENODEV;
	p->queue = malloc((size_t)QUEUE_SIZE * STORM_FRAME_SIZE);
	p->queued_len = calloc(QUEUE_SIZE, sizeof(*p->queued_len));
	if (!p->queue || !p->queued_len)
		err = -ENOMEM;
	if (!err)
		err = open_rx(p, all_udp);
	if (!err)
		err = open_tx(p);
	if (!err)
		err = read_mac(p, interface);
	if (err)
		storm_packet_close(p);
	return err;
}

void storm_packet_close(struct storm_packet *p) {
	if (p->ring)
		munmap(p->ring, RING_BYTES);
	if (p->rx >= 0)
		close(p->rx);
	if (p->tx >= 0)
		close(p->tx);
	free(p->queue);
	free(p->queued_len);
	*p = (struct storm_packet){.rx = -1, .tx = -1};
}

uint8_t *storm_packet_room(struct storm_packet *p) {
	if (p->queued == QUEUE_SIZE)
		storm_packet_flush(p);
	return p->queue + (size_t)p->queued * STORM_FRAME_SIZE;
}

void storm_packet_push(struct storm_packet *p, size_t len) {
	p->queued_len[p->queued++] = (uint16_t)len;
}

void storm_packet_flush(struct storm_packet *p) {
	struct mmsghdr headers[QUEUE_SIZE];
	struct iovec vectors[QUEUE_SIZE];
	int sent;

	if (!p->queued)
		return;
	for (uint32_t i = 0; i < p->queued; i++) {
		vectors[i] =
			(struct iovec){p->queue + (size_t)i * STORM_FRAME_SIZE, p->queued_len[i]};
		headers[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &vectors[i], .msg_iovlen = 1}};
	}
	sent = sendmmsg(p->tx, headers, p->queued, MSG_DONTWAIT);
	p->sent += sent > 0 ? (unsigned)sent : 0;
	p->send_failures += p->queued - (sent > 0 ? (unsigned)sent : 0);
	p->queued = 0;
}

static struct tpacket2_hdr *slot(struct storm_packet *p) {
	return (struct tpacket2_hdr *)(p->ring + (size_t)p->ring_next * STORM_FRAME_SIZE);
}

static bool is_ready(struct tpacket2_hdr *header) {
	return __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER;
}

void storm_packet_poll(
	struct storm_packet *p, uint64_t wait_us, storm_packet_receive *receive, void *arg) {
	struct timespec wait = {(time_t)(wait_us / 1000000), (long)(wait_us % 1000000) * 1000};
	struct pollfd fd = {.fd = p->rx, .events = POLLIN};
	struct tpacket2_hdr *header;

	storm_packet_flush(p);
	if (wait_us && !is_ready(slot(p)))
		ppoll(&fd, 1, &wait, NULL);
	for (uint32_t i = 0; i < POLL_MAX && is_ready(header = slot(p)); i++) {
		receive(arg, (uint8_t *)header + header->tp_mac, header->tp_snaplen);
		__atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		p->ring_next = (p->ring_next + 1) % RING_FRAMES;
	}
	storm_packet_flush(p);
}

uint64_t storm_packet_drops(struct storm_packet *p) {
	struct tpacket_stats stats = {0};
	socklen_t len = sizeof(stats);

	if (getsockopt(p->rx, SOL_PACKET, PACKET_STATISTICS, &stats, &len) < 0)
		return 0;
	return stats.tp_drops;
}
