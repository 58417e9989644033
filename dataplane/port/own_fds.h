// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Drivers keep their sockets and maps to themselves; they are found again among our own
// descriptors.

#pragma once

#include <stdint.h>

#define OWN_FDS_MAX 256

// Descriptors of one kind, in ascending order.
struct own_fds {
	int fd[OWN_FDS_MAX];
	int count;
};

// The sockets of a domain (AF_XDP, AF_PACKET). 0 or -errno.
int own_fds_sockets(int domain, struct own_fds *fds);

// The BPF maps with this name.
int own_fds_maps(const char *name, struct own_fds *fds);

// The descriptors in now that are not in before, in ascending order. Returns their number, at most
// max.
int own_fds_added(const struct own_fds *before, const struct own_fds *now, int *added, int max);
