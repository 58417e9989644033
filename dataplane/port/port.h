// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A port: one DPDK ethdev with what belongs to it (queues, pools, descriptors, XDP program). No
// policy and no log here, so that bench uses the same; a failure explains itself in a sentence.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "eal_args.h"
#include "netdev.h"
#include "xdp_attach.h"

#define PORT_MAX        16
#define PORT_MAX_QUEUES 16
#define PORT_BURST      32u
#define PORT_WHY_SIZE   512

enum port_kind { // the numbers of enum policy_device
	PORT_AF_XDP = 0,
	PORT_AF_PACKET = 1,
	PORT_VDEV = 2,
	PORT_PCI = 3,
};

struct port_config {
	enum port_kind kind;
	char device[256]; // "eth1", "net_memif0,role=server", "0000:01:00.0"
	uint32_t address; // host byte order; 0: none needed
	uint8_t prefix_len;
	uint16_t mtu;                 // 0: the device's
	uint16_t vlan;                // 802.1Q tag of all frames, not on af_xdp; 0: none
	uint16_t workers;             // at most so many queues are of use
	bool sleeps;                  // workers sleep when idle
	struct xdp_filter_cfg filter; // af_xdp
};

struct port {
	struct port_config config;
	char name[64];  // of the ethdev
	uint16_t id;    // of the ethdev
	uint16_t index; // among our ports
	int ifindex;    // of the kernel's interface
	char holder[NETDEV_NAME_SIZE]; // the kernel's interface with our address: the device or,
				       // with a vlan, one on top of it; "": it has none
	uint16_t mtu;
	uint16_t queues; // RX and TX queues, in pairs
	uint8_t mac[6];
	bool probed;
	bool started;
	struct rte_mempool *pool[PORT_MAX_QUEUES]; // of queue i; for RX and, on af_xdp, for TX
	int fd[PORT_MAX_QUEUES];                   // readable when queue i has frames, or -1
	struct xdp_attach xdp;
};

// Checks the configuration against the host before the EAL starts, and decides queues and MTU: is
// the interface there and up, has it the address, does the MTU fit. -errno, why set.
int port_plan(struct port *port, uint16_t index, const struct port_config *config, char *why,
	size_t why_size);

// Memory that the port's pools take, in MiB.
uint32_t port_memory_mb(const struct port *port);

// After rte_eal_init: creates the device, its pools and queues, attaches the XDP program, starts.
// others are the index ports before this one. -errno, why set, everything undone.
int port_start(struct port *port, const struct port *others, const char *runtime_dir, char *why,
	size_t why_size);

// Closes the device and takes the XDP program off.
void port_stop(struct port *port);

// Whether the port is one of the kernel's interfaces.
static inline bool port_is_kernel(const struct port *port) {
	return port->config.kind == PORT_AF_XDP || port->config.kind == PORT_AF_PACKET;
}

// Whether the kernel answers ARP and echo for the port's address. Otherwise we do.
static inline bool port_kernel_answers(const struct port *port) {
	return port->holder[0] != '\0';
}

// Whether there is a carrier; asks the kernel or the driver. Not for workers.
bool port_link_up(const struct port *port);

// Whether the kernel's interface went and another one has its name: the port will never hear of
// that. Not for workers.
bool port_is_replaced(const struct port *port);

// Frames that the driver or the kernel lost on the way in.
uint64_t port_missed(const struct port *port);
