// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Preloaded into a process, makes a veth tell of its queues as a NIC does (combined), which is all
// that the af_xdp driver misses to open several of them.

#include <dlfcn.h>
#include <net/if.h>
#include <stdarg.h>
#include <sys/ioctl.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>

static void combine(struct ethtool_channels *channels) {
	if (channels->cmd != ETHTOOL_GCHANNELS || channels->max_combined)
		return;
	channels->max_combined = channels->max_rx;
	channels->combined_count = channels->rx_count;
}

int ioctl(int fd, unsigned long request, ...) {
	int (*next)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
	va_list list;
	void *arg;
	int rc;

	va_start(list, request);
	arg = va_arg(list, void *);
	va_end(list);
	rc = next(fd, request, arg);
	if (rc == 0 && request == SIOCETHTOOL)
		combine((void *)((struct ifreq *)arg)->ifr_data);
	return rc;
}
