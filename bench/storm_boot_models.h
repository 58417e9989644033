// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the machines of `rouse-storm boot` are: models by name, the clients of a capture, or the one
// that options describe.

#pragma once

#include "storm_args.h"
#include "storm_capture.h"
#include "storm_mix.h"
#include "storm_retry.h"

// The options; those behind pcap are the plain machine's.
struct storm_boot_kinds {
	const char *model;
	const char *pcap;
	uint32_t arch; // UINT32_MAX: not given
	uint32_t blksize;
	uint32_t windowsize;
	struct storm_retry dhcp_retry;
	struct storm_retry tftp_retry;
	bool broadcast;
	bool ipxe;
};

// What a mix points to while it is used.
struct storm_boot_models {
	struct storm_read plain_read;
	struct storm_model plain;
	struct storm_capture *capture;
};

// NULL, or a sentence about options that contradict each other.
const char *storm_boot_kinds_wrong(const struct storm_boot_kinds *kinds);

// 0, or a negative number after a sentence on stderr.
int storm_boot_set_mix(const struct storm_command *command, const struct storm_boot_kinds *kinds,
	struct storm_boot_models *models, struct storm_mix *mix);
void storm_boot_models_free(struct storm_boot_models *models);
