// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A socket filter for af_packet ports, which would otherwise see every frame of the interface,
// those that the host sends included. Takes what the XDP filter takes, but for the address.

#pragma once

#include "xdp_filter.h"

// 0 or -errno.
int packet_filter_attach(int fd, const struct xdp_filter_cfg *cfg);
