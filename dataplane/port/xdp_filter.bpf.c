// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Takes unfragmented UDP to our address (or broadcast) and our ports into the AF_XDP sockets; all
// else goes to the kernel, which keeps SSH, HTTP, ARP and ICMP on the same interface. What is taken
// and has no socket (the dataplane is away) is dropped: were it passed, the kernel would answer
// "port unreachable", and that ends a client's transfer.

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "xdp_filter.h"

#define IP_FRAGMENT_BITS 0x3fff // more fragments, and the offset
#define XSKS_MAX         128

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
	__uint(max_entries, XSKS_MAX);
} xsks_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct xdp_filter_cfg));
	__uint(max_entries, 1);
} rouse_cfg SEC(".maps");

static __always_inline int our_address(const struct xdp_filter_cfg *cfg, __be32 address) {
	return address == cfg->address || address == cfg->broadcast || address == 0xffffffff;
}

static __always_inline int our_port(const struct xdp_filter_cfg *cfg, __be16 port) {
	__u16 tid = bpf_ntohs(port);

	if (!port)
		return 0;
	if (tid >= cfg->tid_first && tid <= cfg->tid_last)
		return 1;
	return port == cfg->udp_port[0] || port == cfg->udp_port[1] || port == cfg->udp_port[2];
}

// The destination port of the datagram whose IPv4 header has words words, or 0. Without CAP_PERFMON
// the verifier takes no variable offsets into a packet, so each length of the header has code of
// its own.
#define PORT_BEHIND(words)                                                                         \
	case words:                                                                                \
		udp = (void *)ip + (words)*4;                                                      \
		asm volatile("" : "+r"(udp));                                                      \
		return (void *)(udp + 1) > end ? 0 : udp->dest

static __always_inline __be16 destination(const struct iphdr *ip, const void *end) {
	const struct udphdr *udp;

	switch (ip->ihl) {
		PORT_BEHIND(5);
		PORT_BEHIND(6);
		PORT_BEHIND(7);
		PORT_BEHIND(8);
		PORT_BEHIND(9);
		PORT_BEHIND(10);
		PORT_BEHIND(11);
		PORT_BEHIND(12);
		PORT_BEHIND(13);
		PORT_BEHIND(14);
		PORT_BEHIND(15);
	}
	return 0;
}

SEC("xdp")
int rouse_filter(struct xdp_md *ctx) {
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct xdp_filter_cfg *cfg;
	__u32 zero = 0;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	if (ip->version != 4 || ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	if (ip->frag_off & bpf_htons(IP_FRAGMENT_BITS))
		return XDP_PASS;
	cfg = bpf_map_lookup_elem(&rouse_cfg, &zero);
	if (!cfg || !cfg->enabled || !our_address(cfg, ip->daddr))
		return XDP_PASS;
	if (!our_port(cfg, destination(ip, end)))
		return XDP_PASS;
	return bpf_redirect_map(&xsks_map, ctx->rx_queue_index, XDP_DROP);
}

char _license[] SEC("license") = "BSD-3-Clause";
