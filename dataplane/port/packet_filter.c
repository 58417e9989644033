// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Classic BPF. The kernel takes a VLAN tag out of the frame before it comes here, so a tagged frame
// must be told by the tag beside it: it would be answered into the wrong network.

#include "packet_filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <linux/filter.h>
#include <linux/if_packet.h>

#define AT_ETHERTYPE 12
#define AT_IP        14
#define AT_FRAGMENT  (AT_IP + 6)
#define AT_PROTOCOL  (AT_IP + 9)
#define AT_UDP_DEST  (AT_IP + 2) // and as many bytes more as the IPv4 header has
#define FRAGMENT     0x3fff
#define AUX(what)    ((__u32)(SKF_AD_OFF + SKF_AD_##what))

// Jumps count from the next instruction: DROP and TAKE are the last two of LENGTH.
#define LENGTH     20
#define DROP(here) (LENGTH - 2 - (here)-1)
#define TAKE(here) (LENGTH - 1 - (here)-1)

int packet_filter_attach(int fd, const struct xdp_filter_cfg *cfg) {
	const __u32 port[XDP_FILTER_PORTS] = {
		ntohs(cfg->udp_port[0]),
		ntohs(cfg->udp_port[1]),
		ntohs(cfg->udp_port[2]),
	};
	struct sock_filter code[LENGTH] = {
		[0] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AUX(PKTTYPE)),
		[1] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, DROP(1), 0),
		[2] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AUX(VLAN_TAG_PRESENT)),
		[3] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, DROP(3)),
		[4] = BPF_STMT(BPF_LD | BPF_H | BPF_ABS, AT_ETHERTYPE),
		[5] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IP, 0, DROP(5)),
		[6] = BPF_STMT(BPF_LD | BPF_B | BPF_ABS, AT_PROTOCOL),
		[7] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, DROP(7)),
		[8] = BPF_STMT(BPF_LD | BPF_H | BPF_ABS, AT_FRAGMENT),
		[9] = BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, FRAGMENT, DROP(9), 0),
		[10] = BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, AT_IP),
		[11] = BPF_STMT(BPF_LD | BPF_H | BPF_IND, AT_UDP_DEST),
		[12] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, DROP(12), 0),
		[13] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port[0], TAKE(13), 0),
		[14] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port[1], TAKE(14), 0),
		[15] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port[2], TAKE(15), 0),
		[16] = BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, cfg->tid_first, 0, DROP(16)),
		[17] = BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, cfg->tid_last, DROP(17), TAKE(17)),
		[18] = BPF_STMT(BPF_RET | BPF_K, 0),
		[19] = BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = {.len = LENGTH, .filter = code};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return -errno;
	return 0;
}
