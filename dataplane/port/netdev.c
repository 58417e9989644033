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
#include <linux/if_vlan.h>
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

static bool has_address(const struct ifaddrs *entry, uint32_t address) {
	const struct sockaddr_in *in = (const void *)entry->ifa_addr;

	return in && in->sin_family == AF_INET && ntohl(in->sin_addr.s_addr) == address;
}

bool netdev_has_address(const char *name, uint32_t address) {
	struct ifaddrs *list, *entry;
	bool found = false;

	if (getifaddrs(&list) < 0)
		return false;
	for (entry = list; entry && !found; entry = entry->ifa_next)
		found = has_address(entry, address) && strcmp(entry->ifa_name, name) == 0;
	freeifaddrs(list);
	return found;
}

bool netdev_holder(uint32_t address, char name[NETDEV_NAME_SIZE]) {
	struct ifaddrs *list, *entry;

	name[0] = '\0';
	if (getifaddrs(&list) < 0)
		return false;
	for (entry = list; entry && !name[0]; entry = entry->ifa_next)
		if (has_address(entry, address))
			snprintf(name, NETDEV_NAME_SIZE, "%s", entry->ifa_name);
	freeifaddrs(list);
	return name[0];
}

static int ask_vlan(int fd, int what, const char *name, struct vlan_ioctl_args *args) {
	*args = (struct vlan_ioctl_args){.cmd = what};
	snprintf(args->device1, sizeof(args->device1), "%s", name);
	return ioctl(fd, SIOCGIFVLAN, args) < 0 ? -errno : 0;
}

bool netdev_is_vlan(const char *name, const char *device, uint16_t vlan) {
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct vlan_ioctl_args id, below;
	bool is;

	if (fd < 0)
		return false;
	is = ask_vlan(fd, GET_VLAN_VID_CMD, name, &id) == 0 && id.u.VID == vlan &&
	     ask_vlan(fd, GET_VLAN_REALDEV_NAME_CMD, name, &below) == 0 &&
	     strcmp(below.u.device2, device) == 0;
	close(fd);
	return is;
}
