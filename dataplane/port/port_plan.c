// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What each kind of port asks of the host, before DPDK is there.

#include "port_plan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netdev.h"
#include "pool.h"

#define DEFAULT_MTU 1500u
#define JUMBO_MTU   9600u
#define MEMIF       "net_memif"
#define QUEUES      ",queues="

static int plan_packet(struct port *port, char *why, size_t why_size) {
	port->queues = port->config.workers;
	if (port->mtu <= JUMBO_MTU)
		return 0;
	snprintf(why, why_size, "%s has MTU %u; af_packet takes at most %u here: lower it",
		port->config.device, port->mtu, JUMBO_MTU);
	return -EMSGSIZE;
}

static const char *address_text(const struct port_config *config, char ip[INET_ADDRSTRLEN]) {
	struct in_addr in = {.s_addr = htonl(config->address)};

	return inet_ntop(AF_INET, &in, ip, INET_ADDRSTRLEN);
}

static int plan_untagged(struct port *port, char *why, size_t why_size) {
	const struct port_config *config = &port->config;
	char ip[INET_ADDRSTRLEN];

	if (config->address && !netdev_has_address(config->device, config->address)) {
		address_text(config, ip);
		snprintf(why, why_size, "%s has no address %s; run: ip addr add %s/%u dev %s",
			config->device, ip, ip, config->prefix_len, config->device);
		return -EADDRNOTAVAIL;
	}
	snprintf(port->holder, sizeof(port->holder), "%.15s", config->device);
	return 0;
}

// The kernel answers ARP for an address of its own in whatever network it is asked, so it must not
// have ours elsewhere than in the VLAN.
static int plan_vlan(struct port *port, char *why, size_t why_size) {
	const struct port_config *config = &port->config;
	char ip[INET_ADDRSTRLEN];

	if (!netdev_holder(config->address, port->holder) ||
		netdev_is_vlan(port->holder, config->device, config->vlan))
		return 0;
	address_text(config, ip);
	snprintf(why, why_size,
		"%s has the address %s of VLAN %u of %s, to which it does not belong; take it away "
		"there: ip addr del %s/%u dev %s",
		port->holder, ip, config->vlan, config->device, ip, config->prefix_len,
		port->holder);
	return -EADDRINUSE;
}

static int query(const char *name, struct netdev *dev, char *why, size_t why_size) {
	int rc = netdev_query(name, dev);

	if (rc < 0) {
		snprintf(why, why_size,
			"cannot use interface %s: %s; see ip link, and device: in the "
			"configuration's ports:",
			name, strerror(-rc));
		return rc;
	}
	if (dev->up)
		return 0;
	snprintf(why, why_size, "%s is down; run: ip link set %s up", name, name);
	return -ENETDOWN;
}

// *dev becomes the interface whose MTU and MAC are the port's.
static int plan_address(struct port *port, struct netdev *dev, char *why, size_t why_size) {
	int rc;

	if (!port->config.vlan)
		return plan_untagged(port, why, why_size);
	rc = plan_vlan(port, why, why_size);
	if (rc == 0 && port_kernel_answers(port))
		rc = query(port->holder, dev, why, why_size);
	return rc;
}

static int plan_kernel(struct port *port, char *why, size_t why_size) {
	const struct port_config *config = &port->config;
	struct netdev dev;
	int rc;

	rc = query(config->device, &dev, why, why_size);
	if (rc < 0)
		return rc;
	port->ifindex = dev.index;
	rc = plan_address(port, &dev, why, why_size);
	if (rc < 0)
		return rc;
	if (config->mtu && config->mtu != dev.mtu) {
		snprintf(why, why_size, "%s has MTU %u, not %u; run: ip link set %s mtu %u",
			config->device, dev.mtu, config->mtu, config->device, config->mtu);
		return -EINVAL;
	}
	port->mtu = dev.mtu;
	memcpy(port->mac, dev.mac, sizeof(port->mac));
	if (config->kind == PORT_AF_PACKET)
		return plan_packet(port, why, why_size);
	if (dev.mtu > POOL_XDP_MTU_MAX) {
		snprintf(why, why_size,
			"%s has MTU %u; af_xdp takes at most %u: lower it, or use af_packet:%s",
			config->device, dev.mtu, POOL_XDP_MTU_MAX, config->device);
		return -EMSGSIZE;
	}
	if (dev.channels > 1 && !dev.combined) {
		snprintf(why, why_size,
			"%s has %u receive queues of which the af_xdp driver opens one; run: "
			"ethtool "
			"-L %s rx 1, and tx 1 on its peer, or use af_packet:%s",
			config->device, dev.channels, config->device, config->device);
		return -EOPNOTSUPP;
	}
	port->queues = dev.channels;
	return 0;
}

// memif has as many rings as are configured, and both ends must configure the same number: a server
// that polls more than its client made reads the first ring twice. So it is said, as other drivers
// have it, by queues=N among the arguments.
static bool is_memif(const struct port *port) {
	return strncmp(port->config.device, MEMIF, strlen(MEMIF)) == 0;
}

// Where ",queues=N" stands in the device's text, and its length; NULL: it does not.
static const char *find_queues(const struct port *port, size_t *len) {
	const char *at = strstr(port->config.device, QUEUES);

	if (at)
		*len = strlen(QUEUES) + strcspn(at + strlen(QUEUES), ",");
	return at;
}

static int plan_vdev(struct port *port, char *why, size_t why_size) {
	size_t len;
	const char *at = is_memif(port) ? find_queues(port, &len) : NULL;
	unsigned long count;
	char *end;

	if (!at)
		return 0;
	count = strtoul(at + strlen(QUEUES), &end, 10);
	if (end == at + strlen(QUEUES) || end != at + len || count < 1 || count > PORT_MAX_QUEUES) {
		snprintf(why, why_size, "%s: queues= is a number from 1 to %u", port->config.device,
			PORT_MAX_QUEUES);
		return -EINVAL;
	}
	port->queues = (uint16_t)count;
	return 0;
}

// The driver does not know queues=.
int port_vdev_args(const struct port *port, char *args, size_t size) {
	const char *comma = strchr(port->config.device, ',');
	size_t len;
	const char *at = is_memif(port) ? find_queues(port, &len) : NULL;

	if (!at)
		return snprintf(args, size, "%s", comma ? comma + 1 : "");
	if (at == comma)
		return snprintf(args, size, "%s", at[len] ? at + len + 1 : "");
	return snprintf(args, size, "%.*s%s", (int)(at - comma - 1), comma + 1, at + len);
}

int port_plan(struct port *port, uint16_t index, const struct port_config *config, char *why,
	size_t why_size) {
	size_t name_len = strcspn(config->device, ",");
	uint16_t i;
	int rc = 0;

	*port = (struct port){.config = *config, .index = index, .queues = 1};
	port->xdp = (struct xdp_attach){.cfg_fd = -1, .program_fd = -1};
	for (i = 0; i < PORT_MAX_QUEUES; i++)
		port->fd[i] = -1;
	port->mtu = config->mtu ? config->mtu : DEFAULT_MTU;
	switch (config->kind) {
	case PORT_AF_XDP:
		snprintf(port->name, sizeof(port->name), "net_af_xdp%u", index);
		rc = plan_kernel(port, why, why_size);
		break;
	case PORT_AF_PACKET:
		snprintf(port->name, sizeof(port->name), "net_af_packet%u", index);
		rc = plan_kernel(port, why, why_size);
		break;
	case PORT_VDEV:
		rc = plan_vdev(port, why, why_size);
		snprintf(port->name, sizeof(port->name), "%.*s", (int)name_len, config->device);
		break;
	case PORT_PCI:
		snprintf(port->name, sizeof(port->name), "%.*s", (int)name_len, config->device);
		break;
	}
	if (rc == 0 && port->queues > PORT_MAX_QUEUES) {
		snprintf(why, why_size,
			"%s has %u receive queues, more than %u; run: ethtool -L %s combined %u",
			config->device, port->queues, PORT_MAX_QUEUES, config->device,
			PORT_MAX_QUEUES);
		rc = -E2BIG;
	}
	return rc;
}
