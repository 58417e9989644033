// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Asks the kernel about an interface by ioctl, as the af_xdp driver does, so that both come to the
// same answers.

#include "netdev.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>

static int ask(int fd, unsigned long request, const char *name, struct ifreq *ifr) {
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", name);
	return ioctl(fd, request, ifr) < 0 ? -errno : 0;
}

// A device that cannot say has one queue. veth counts receiving and sending ones apart.
static void count_channels(int fd, const char *name, struct netdev *dev) {
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	struct ifreq ifr = {.ifr_data = (void *)&channels};

	dev->channels = 1;
	dev->combined = true;
	if (ask(fd, SIOCETHTOOL, name, &ifr) < 0)
		return;
	dev->combined = channels.max_combined > 0;
	dev->channels = (uint16_t)(dev->combined ? channels.combined_count : channels.rx_count);
	if (dev->channels == 0)
		dev->channels = 1;
}

static bool has_device(const char *name) {
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/net/%.15s/device", name);
	return access(path, F_OK) == 0;
}

int netdev_query(const char *name, struct netdev *dev) {
	struct ifreq ifr = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return -errno;
	rc = ask(fd, SIOCGIFINDEX, name, &ifr);
	if (rc < 0)
		goto out;
	dev->index = ifr.ifr_ifindex;
	rc = ask(fd, SIOCGIFMTU, name, &ifr);
	if (rc < 0)
		goto out;
	dev->mtu = ifr.ifr_mtu > UINT16_MAX ? UINT16_MAX : (uint16_t)ifr.ifr_mtu;
	rc = ask(fd, SIOCGIFHWADDR, name, &ifr);
	if (rc < 0)
		goto out;
	memcpy(dev->mac, ifr.ifr_hwaddr.sa_data, sizeof(dev->mac));
	rc = ask(fd, SIOCGIFFLAGS, name, &ifr);
	if (rc < 0)
		goto out;
	dev->up = ifr.ifr_flags & IFF_UP;
	dev->running = dev->up && (ifr.ifr_flags & IFF_RUNNING);
	count_channels(fd, name, dev);
	dev->physical = has_device(name);
out:
	close(fd);
	return rc;
}

bool netdev_has_address(const char *name, uint32_t address) {
	struct ifaddrs *list, *entry;
	bool found = false;

	if (getifaddrs(&list) < 0)
		return false;
	for (entry = list; entry && !found; entry = entry->ifa_next) {
		const struct sockaddr_in *in = (const void *)entry->ifa_addr;

		found = in && in->sin_family == AF_INET && strcmp(entry->ifa_name, name) == 0 &&
			ntohl(in->sin_addr.s_addr) == address;
	}
	freeifaddrs(list);
	return found;
}
