// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// AF_PACKET with a TPACKET_V2 ring: each frame is seen as soon as it is there (V3 would hold it
// until its block is full or old).

#include "storm_interface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define RING_FRAMES 32768u // a thousand windows, while the scheduler has us wait
#define RING_BLOCK  (1u << 20)
#define RING_BYTES  ((size_t)RING_FRAMES * STORM_FRAME_SIZE)

struct interface {
	struct storm_packet packet; // first
	int rx;
	int tx;
	int index;
	uint8_t *ring;
	uint32_t ring_next;
	uint8_t *queue;
};

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

static int make_ring(struct interface *p) {
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

static int open_rx(struct interface *p, bool all_udp) {
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

static int open_tx(struct interface *p) {
	int yes = 1;
	int bytes = 8 << 20;

	p->tx = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (p->tx < 0 || setsockopt(p->tx, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) < 0)
		return -errno;
	setsockopt(p->tx, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	return bind_to(p->tx, p->index, 0);
}

static int read_mac(struct interface *p, const char *name) {
	struct ifreq request = {0};

	memcpy(request.ifr_name, name, strlen(name));
	if (ioctl(p->tx, SIOCGIFHWADDR, &request) < 0)
		return -errno;
	memcpy(p->packet.mac, request.ifr_hwaddr.sa_data, 6);
	return 0;
}

static void interface_close(struct storm_packet *packet) {
	struct interface *p = (struct interface *)packet;

	if (p->ring)
		munmap(p->ring, RING_BYTES);
	if (p->rx >= 0)
		close(p->rx);
	if (p->tx >= 0)
		close(p->tx);
	free(p->queue);
	free(p);
}

static void interface_flush(struct storm_packet *packet) {
	struct interface *p = (struct interface *)packet;
	struct mmsghdr headers[STORM_PACKET_QUEUE];
	struct iovec vectors[STORM_PACKET_QUEUE];
	int sent;

	for (uint32_t i = 0; i < packet->queued; i++) {
		vectors[i] = (struct iovec){packet->frame[i], packet->len[i]};
		headers[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &vectors[i], .msg_iovlen = 1}};
	}
	sent = sendmmsg(p->tx, headers, packet->queued, MSG_DONTWAIT);
	packet->sent += sent > 0 ? (unsigned)sent : 0;
	packet->send_failures += packet->queued - (sent > 0 ? (unsigned)sent : 0);
}

static struct tpacket2_hdr *slot(struct interface *p) {
	return (struct tpacket2_hdr *)(p->ring + (size_t)p->ring_next * STORM_FRAME_SIZE);
}

static bool is_ready(struct tpacket2_hdr *header) {
	return __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER;
}

static void interface_poll(
	struct storm_packet *packet, uint64_t wait_us, storm_packet_receive *receive, void *arg) {
	struct interface *p = (struct interface *)packet;
	struct timespec wait = {(time_t)(wait_us / 1000000), (long)(wait_us % 1000000) * 1000};
	struct pollfd fd = {.fd = p->rx, .events = POLLIN};
	struct tpacket2_hdr *header;

	if (wait_us && !is_ready(slot(p)))
		ppoll(&fd, 1, &wait, NULL);
	for (uint32_t i = 0; i < STORM_PACKET_POLL_MAX && is_ready(header = slot(p)); i++) {
		receive(arg, (uint8_t *)header + header->tp_mac, header->tp_snaplen);
		__atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		p->ring_next = (p->ring_next + 1) % RING_FRAMES;
	}
}

static uint64_t interface_drops(struct storm_packet *packet) {
	struct interface *p = (struct interface *)packet;
	struct tpacket_stats stats = {0};
	socklen_t len = sizeof(stats);

	if (getsockopt(p->rx, SOL_PACKET, PACKET_STATISTICS, &stats, &len) < 0)
		return 0;
	return stats.tp_drops;
}

static const struct storm_packet_ops INTERFACE_OPS = {
	.flush = interface_flush,
	.poll = interface_poll,
	.drops = interface_drops,
	.close = interface_close,
};

static int open_both(struct interface *p, const char *name, bool all_udp) {
	int err;

	p->index = (int)if_nametoindex(name);
	if (!p->index || strlen(name) >= IFNAMSIZ)
		return -ENODEV;
	p->queue = malloc((size_t)STORM_PACKET_QUEUE * STORM_FRAME_SIZE);
	if (!p->queue)
		return -ENOMEM;
	for (uint32_t i = 0; i < STORM_PACKET_QUEUE; i++)
		p->packet.frame[i] = p->queue + (size_t)i * STORM_FRAME_SIZE;
	err = open_rx(p, all_udp);
	if (!err)
		err = open_tx(p);
	return err ? err : read_mac(p, name);
}

struct storm_packet *storm_interface_open(
	const char *interface, bool all_udp, char why[STORM_PACKET_WHY_SIZE]) {
	struct interface *p = calloc(1, sizeof(*p));
	int err = -ENOMEM;

	if (p) {
		p->packet.ops = &INTERFACE_OPS;
		p->rx = p->tx = -1;
		err = open_both(p, interface, all_udp);
	}
	if (!err)
		return &p->packet;
	snprintf(why, STORM_PACKET_WHY_SIZE, "%.64s: %s%s", interface, strerror(-err),
		err == -EPERM ? "; run as root or with CAP_NET_RAW" : "");
	if (p)
		interface_close(&p->packet);
	return NULL;
}
