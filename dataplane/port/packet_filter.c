// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Classic BPF. The kernel takes a VLAN tag out of the frame before it comes here, so a tagged frame
// must be told by the tag beside it: it would be answered into the wrong network. The driver puts
// it back into the frame.

#include "packet_filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#define AT_ETHERTYPE 12
#define AT_IP        14
#define AT_FRAGMENT  (AT_IP + 6)
#define AT_PROTOCOL  (AT_IP + 9)
#define AT_UDP_DEST  (AT_IP + 2) // and as many bytes more as the IPv4 header has
#define FRAGMENT     0x3fff
#define VLAN_ID      0x0fff
#define AUX(what)    ((__u32)(SKF_AD_OFF + SKF_AD_##what))

// Jumps count from the next instruction. The last ones: is it of our VLAN; DROP; TAKE.
#define LENGTH     30
#define OURS(here) (LENGTH - 4 - (here)-1)
#define DROP(here) (LENGTH - 2 - (here)-1)
#define TAKE(here) (LENGTH - 1 - (here)-1)
#define NEXT       0

#define LOAD(size, at)         BPF_STMT(BPF_LD | (size) | BPF_ABS, at)
#define JUMP(test, k, yes, no) BPF_JUMP(BPF_JMP | (test) | BPF_K, k, yes, no)

int packet_filter_attach(int fd, const struct packet_filter *filter) {
	const struct xdp_filter_cfg *cfg = filter->udp;
	const __u32 port[XDP_FILTER_PORTS] = {
		ntohs(cfg->udp_port[0]),
		ntohs(cfg->udp_port[1]),
		ntohs(cfg->udp_port[2]),
	};
	const bool tags = filter->vlan != 0, others = filter->neighbours;
	struct sock_filter code[LENGTH] = {
		[0] = LOAD(BPF_W, AUX(PKTTYPE)),
		[1] = JUMP(BPF_JEQ, PACKET_OUTGOING, DROP(1), NEXT),
		[2] = LOAD(BPF_W, AUX(VLAN_TAG_PRESENT)),
		[3] = JUMP(BPF_JEQ, 0, 8 - 3 - 1, NEXT), // and 0 is the VLAN
		[4] = LOAD(BPF_W, AUX(VLAN_TPID)),
		[5] = JUMP(BPF_JEQ, ETH_P_8021Q, NEXT, DROP(5)),
		[6] = LOAD(BPF_W, AUX(VLAN_TAG)),
		[7] = BPF_STMT(BPF_ALU | BPF_AND | BPF_K, VLAN_ID),
		[8] = BPF_STMT(BPF_ST, 0),
		[9] = JUMP(BPF_JEQ, filter->vlan, NEXT, tags ? NEXT : DROP(9)),
		[10] = LOAD(BPF_H, AT_ETHERTYPE),
		[11] = JUMP(BPF_JEQ, ETHERTYPE_IP, 13 - 11 - 1, NEXT),
		[12] = JUMP(BPF_JEQ, ETHERTYPE_ARP, others ? OURS(12) : DROP(12), DROP(12)),
		[13] = LOAD(BPF_B, AT_PROTOCOL),
		[14] = JUMP(BPF_JEQ, IPPROTO_UDP, 16 - 14 - 1, NEXT),
		[15] = JUMP(BPF_JEQ, IPPROTO_ICMP, others ? OURS(15) : DROP(15), DROP(15)),
		[16] = LOAD(BPF_H, AT_FRAGMENT),
		[17] = JUMP(BPF_JSET, FRAGMENT, DROP(17), NEXT),
		[18] = BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, AT_IP),
		[19] = BPF_STMT(BPF_LD | BPF_H | BPF_IND, AT_UDP_DEST),
		[20] = JUMP(BPF_JEQ, 0, DROP(20), NEXT),
		[21] = JUMP(BPF_JEQ, port[0], TAKE(21), NEXT),
		[22] = JUMP(BPF_JEQ, port[1], TAKE(22), NEXT),
		[23] = JUMP(BPF_JEQ, port[2], TAKE(23), NEXT),
		[24] = JUMP(BPF_JGE, cfg->tid_first, NEXT, DROP(24)),
		[25] = JUMP(BPF_JGT, cfg->tid_last, DROP(25), NEXT),
		[26] = BPF_STMT(BPF_LD | BPF_MEM, 0),
		[27] = JUMP(BPF_JEQ, filter->vlan, TAKE(27), DROP(27)),
		[28] = BPF_STMT(BPF_RET | BPF_K, 0),
		[29] = BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = {.len = LENGTH, .filter = code};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return -errno;
	return 0;
}
