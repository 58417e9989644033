// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The life of our XDP program on an interface. The af_xdp driver loads and attaches it; here is
// what the driver leaves out: telling our own leftover from a foreign program, the program's
// parameters, and proof at the end that it is gone.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "xdp_filter.h"

#define XDP_IFNAME_SIZE 16

// One interface. record is the file in runtime_dir that says which program is ours.
struct xdp_attach {
	char ifname[XDP_IFNAME_SIZE];
	char record[256];
	int ifindex;
	int cfg_fd;     // map rouse_cfg of the attached program; owned by the driver
	int program_fd; // memfd with the program's object file, for the driver to load
	uint32_t program_id;
};

// Before the driver's start: removes our own leftover, refuses a foreign program (-EBUSY, why names
// it), notes that an attachment is under way, and makes the object file available; path gets its
// name.
int xdp_attach_prepare(struct xdp_attach *xdp, const char *runtime_dir, const char *ifname,
	int ifindex, char path[64], char *why, size_t why_size);

// After the driver has attached it: finds the program's id and its map (one that none of the count
// attachments in others has), and writes the record.
int xdp_attach_adopt(struct xdp_attach *xdp, const struct xdp_attach *others, size_t count,
	char *why, size_t why_size);

// From here on the program takes what cfg says.
int xdp_attach_configure(struct xdp_attach *xdp, const struct xdp_filter_cfg *cfg);

// Clean stop, after the driver has closed the port, or a start that failed: detaches what is ours,
// and removes the record.
void xdp_attach_release(struct xdp_attach *xdp);
