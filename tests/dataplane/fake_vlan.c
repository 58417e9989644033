// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Preloaded into a process, makes an interface by the name of eth0.7 tell that it is VLAN 7 of
// eth0: for tests on kernels without VLANs.

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/if_vlan.h>
#include <linux/sockios.h>

static int tell(struct vlan_ioctl_args *args) {
	if (strcmp(args->device1, "eth0.7") != 0) {
		errno = EINVAL;
		return -1;
	}
	if (args->cmd == GET_VLAN_VID_CMD)
		args->u.VID = 7;
	else
		strcpy(args->u.device2, "eth0");
	return 0;
}

int ioctl(int fd, unsigned long request, ...) {
	int (*next)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
	va_list list;
	void *arg;

	va_start(list, request);
	arg = va_arg(list, void *);
	va_end(list);
	return request == SIOCGIFVLAN ? tell(arg) : next(fd, request, arg);
}
