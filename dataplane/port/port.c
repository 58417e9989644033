// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Starts and stops ports. Every kind differs in what it asks of the host (port_plan.c) and in the
// device it makes (device_args); queues, pools and start are the same for all.

#include "port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_xdp.h>

#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "netdev.h"
#include "own_fds.h"
#include "packet_filter.h"
#include "pool.h"
#include "port_plan.h"

#define RING_XDP          2048u // what the driver reserves in the fill ring in any case
#define RING_OTHER        1024u
#define POOL_COUNT        8191u
#define PACKET_BLOCK      (1u << 18)
// A ring of af_packet holds 4,096 frames of 1,500 bytes: at 200,000 a second the worker may be away
// for 20 ms. Of jumbo frames it holds fewer, and never less than RING_OTHER.
#define PACKET_RING_BYTES (8u << 20)

// The ring's frame holds its own header of 66 bytes beside ours, which has up to 18 with a tag.
static uint32_t packet_frame_size(uint16_t mtu) {
	uint32_t size = 2048;

	while (size < mtu + 128u)
		size *= 2;
	return size;
}

static uint32_t packet_frame_count(uint32_t frame) {
	return RTE_MAX(PACKET_RING_BYTES / frame, RING_OTHER);
}

static uint16_t plain_room(const struct port *port) {
	if (port->config.kind == PORT_AF_PACKET)
		return (uint16_t)(packet_frame_size(port->mtu) + RTE_PKTMBUF_HEADROOM);
	return (uint16_t)(RTE_MAX((uint32_t)port->mtu + 64, 2048u) + RTE_PKTMBUF_HEADROOM);
}

uint32_t port_memory_mb(const struct port *port) {
	size_t one = port->config.kind == PORT_AF_XDP
			     ? pool_bytes(POOL_XDP_COUNT, pool_xdp_room(port->mtu))
			     : pool_bytes(POOL_COUNT, plain_room(port));

	return (uint32_t)((port->queues * one) >> 20) + 8;
}

// With busy polling the driver makes a system call at each empty poll, and without it none on a
// device that needs no wake-up, as those in software do. On a NIC without it the driver would block
// for a second in poll() when the fill ring wants a wake-up: there the driver's default stays.
static const char *busy_budget(const struct port *port) {
	struct netdev dev = {0};

	netdev_query(port->config.device, &dev);
	return port->config.sleeps && !dev.physical ? ",busy_budget=0" : "";
}

static int device_args(struct port *port, const char *xdp_path, char *args, size_t size) {
	const struct port_config *config = &port->config;
	uint32_t frame = packet_frame_size(port->mtu);
	int len = 0;

	switch (config->kind) {
	case PORT_AF_XDP:
		len = snprintf(args, size, "iface=%s,start_queue=0,queue_count=%u,xdp_prog=%s%s",
			config->device, port->queues, xdp_path, busy_budget(port));
		break;
	case PORT_AF_PACKET:
		len = snprintf(args, size,
			"iface=%s,qpairs=%u,qdisc_bypass=1,framesz=%u,blocksz=%u,framecnt=%u",
			config->device, port->queues, frame, PACKET_BLOCK,
			packet_frame_count(frame));
		break;
	case PORT_VDEV:
		len = port_vdev_args(port, args, size);
		break;
	case PORT_PCI:
		args[0] = '\0'; // the EAL has probed it
		break;
	}
	return (size_t)len < size ? 0 : -ENAMETOOLONG;
}

static int probe(struct port *port, const char *xdp_path, char *why, size_t why_size) {
	char args[512];
	int rc;

	rc = device_args(port, xdp_path, args, sizeof(args));
	if (rc == 0 && port->config.kind != PORT_PCI)
		rc = rte_eal_hotplug_add("vdev", port->name, args);
	if (rc < 0 || rte_eth_dev_get_port_by_name(port->name, &port->id) < 0) {
		snprintf(why, why_size, "the driver cannot open %s (%s); its reason stands above",
			port->config.device, port->name);
		return rc < 0 ? rc : -ENODEV;
	}
	port->probed = true;
	return 0;
}

// On devices of the kernel the number of queues is settled; others offer what they have, and only
// hardware spreads by itself.
static int configure(struct port *port, char *why, size_t why_size) {
	struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;
	int rc;

	rc = rte_eth_dev_info_get(port->id, &info);
	if (rc == 0 && port->config.kind == PORT_PCI) {
		uint16_t most = RTE_MIN(info.max_rx_queues, info.max_tx_queues);

		most = RTE_MIN(most, PORT_MAX_QUEUES);
		port->queues = RTE_MIN(port->config.workers, most);
		conf.rxmode.mq_mode = port->queues > 1 ? RTE_ETH_MQ_RX_RSS : RTE_ETH_MQ_RX_NONE;
		conf.rx_adv_conf.rss_conf.rss_hf =
			(RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP) & info.flow_type_rss_offloads;
	}
	if (rc == 0 && !port_is_kernel(port))
		conf.rxmode.mtu = port->mtu;
	if (rc == 0)
		rc = rte_eth_dev_configure(port->id, port->queues, port->queues, &conf);
	if (rc < 0)
		snprintf(why, why_size, "cannot configure %s with %u queues: %s",
			port->config.device, port->queues, strerror(-rc));
	return rc;
}

static int make_pool(struct port *port, uint16_t queue, char *why, size_t why_size) {
	char name[32];

	snprintf(name, sizeof(name), "port%u-queue%u", port->index, queue);
	if (port->config.kind == PORT_AF_XDP)
		port->pool[queue] = pool_create_xdp(name, port->mtu, why, why_size);
	else
		port->pool[queue] = pool_create(name, POOL_COUNT, plain_room(port), why, why_size);
	return port->pool[queue] ? 0 : -ENOMEM;
}

// One socket appears with each queue of af_xdp; that is how it is told which is whose.
static int setup_queue(struct port *port, uint16_t queue, char *why, size_t why_size) {
	bool xdp = port->config.kind == PORT_AF_XDP;
	uint16_t rx = xdp ? RING_XDP : RING_OTHER, tx = rx;
	struct own_fds before = {0}, now = {0};
	int rc;

	rc = make_pool(port, queue, why, why_size);
	if (rc < 0)
		return rc;
	if (xdp)
		own_fds_sockets(AF_XDP, &before);
	rc = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx, &tx);
	if (rc == 0 || rc == -ENOTSUP)
		rc = rte_eth_rx_queue_setup(
			port->id, queue, rx, SOCKET_ID_ANY, NULL, port->pool[queue]);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(port->id, queue, tx, SOCKET_ID_ANY, NULL);
	if (rc < 0) {
		snprintf(why, why_size, "cannot set up queue %u of %s: %s%s", queue,
			port->config.device, strerror(-rc),
			xdp ? "; it takes the capabilities NET_RAW, NET_ADMIN, BPF and IPC_LOCK, "
			      "and on "
			      "kernels before about 6.1.53 PERFMON too"
			    : "");
		return rc;
	}
	if (xdp)
		own_fds_sockets(AF_XDP, &now);
	own_fds_added(&before, &now, &port->fd[queue], 1);
	return 0;
}

static int setup_queues(struct port *port, char *why, size_t why_size) {
	uint16_t queue;
	int rc = 0;

	for (queue = 0; queue < port->queues && rc == 0; queue++)
		rc = setup_queue(port, queue, why, why_size);
	return rc;
}

static int start(struct port *port, char *why, size_t why_size) {
	struct rte_ether_addr mac;
	int rc;

	rc = rte_eth_dev_start(port->id);
	if (rc < 0) {
		snprintf(why, why_size, "cannot start %s: %s", port->config.device, strerror(-rc));
		return rc;
	}
	port->started = true;
	if (port_is_kernel(port))
		return 0;
	rte_eth_promiscuous_enable(port->id);
	rc = rte_eth_macaddr_get(port->id, &mac);
	memcpy(port->mac, mac.addr_bytes, sizeof(port->mac));
	return rc;
}

static int adopt_program(struct port *port, const struct port *others, char *why, size_t why_size) {
	struct xdp_attach attached[PORT_MAX];
	uint16_t i;
	int rc;

	for (i = 0; i < port->index; i++)
		attached[i] = others[i].xdp;
	rc = xdp_attach_adopt(&port->xdp, attached, port->index, why, why_size);
	if (rc < 0)
		return rc;
	rc = xdp_attach_configure(&port->xdp, &port->config.filter);
	if (rc < 0)
		snprintf(why, why_size, "cannot write the parameters of the XDP program on %s: %s",
			port->config.device, strerror(-rc));
	return rc;
}

static int filter_sockets(struct port *port, int count, char *why, size_t why_size) {
	const struct packet_filter filter = {
		.udp = &port->config.filter,
		.vlan = port->config.vlan,
		.neighbours = !port_kernel_answers(port),
	};
	int i, rc = 0;

	if (port->config.kind != PORT_AF_PACKET)
		return 0; // net_pcap on an interface: ARP and ICMP are ours to answer there
	for (i = 0; i < count && rc == 0; i++)
		rc = packet_filter_attach(port->fd[i], &filter);
	if (rc < 0)
		snprintf(why, why_size, "cannot filter what %s receives: %s", port->config.device,
			strerror(-rc));
	return rc;
}

// af_packet opens all its sockets when the device is made.
static int open_device(struct port *port, const char *runtime_dir, char *why, size_t why_size) {
	struct own_fds before = {0}, now = {0};
	struct netdev dev = {0};
	char xdp_path[64] = "";
	int rc = 0;

	if (port->config.kind == PORT_AF_XDP) {
		netdev_query(port->config.device, &dev);
		rc = xdp_attach_prepare(&port->xdp, runtime_dir, port->config.device, dev.index,
			xdp_path, why, why_size);
		if (rc < 0)
			return rc;
	}
	own_fds_sockets(AF_PACKET, &before);
	rc = probe(port, xdp_path, why, why_size);
	if (rc < 0)
		return rc;
	own_fds_sockets(AF_PACKET, &now);
	return filter_sockets(
		port, own_fds_added(&before, &now, port->fd, port->queues), why, why_size);
}

int port_start(struct port *port, const struct port *others, const char *runtime_dir, char *why,
	size_t why_size) {
	int rc;

	rc = open_device(port, runtime_dir, why, why_size);
	if (rc == 0)
		rc = configure(port, why, why_size);
	if (rc == 0)
		rc = setup_queues(port, why, why_size);
	if (rc == 0)
		rc = start(port, why, why_size);
	if (rc == 0 && port->config.kind == PORT_AF_XDP)
		rc = adopt_program(port, others, why, why_size);
	if (rc < 0)
		port_stop(port);
	return rc;
}

void port_stop(struct port *port) {
	uint16_t i;

	if (port->started)
		rte_eth_dev_stop(port->id);
	if (port->probed)
		rte_eth_dev_close(port->id);
	port->started = port->probed = false;
	if (port->xdp.ifindex)
		xdp_attach_release(&port->xdp);
	for (i = 0; i < port->queues; i++) {
		rte_mempool_free(port->pool[i]);
		port->pool[i] = NULL;
		port->fd[i] = -1;
	}
}

bool port_link_up(const struct port *port) {
	struct rte_eth_link link = {0};
	struct netdev dev;

	if (port_is_kernel(port))
		return netdev_query(port->config.device, &dev) == 0 && dev.running;
	return rte_eth_link_get_nowait(port->id, &link) == 0 && link.link_status;
}

bool port_is_replaced(const struct port *port) {
	struct netdev dev;

	return port_is_kernel(port) && netdev_query(port->config.device, &dev) == 0 &&
	       dev.index != port->ifindex;
}

uint64_t port_missed(const struct port *port) {
	struct rte_eth_stats stats = {0};

	return rte_eth_stats_get(port->id, &stats) == 0 ? stats.imissed : 0;
}
