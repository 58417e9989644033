// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The life of one machine in a boot run: DHCP, then its reads one after the other. storm_boot_run.c
// brings it frames and time.

#pragma once

#include "storm_boot_run.h"
#include "storm_impair.h"
#include "storm_late.h"
#include "storm_owner.h"

enum storm_stage { STORM_STAGE_IDLE, STORM_STAGE_DHCP, STORM_STAGE_TFTP, STORM_STAGE_LINGER };

struct storm_machine {
	enum storm_stage stage;
	uint16_t generation;
	uint16_t port; // of the read that runs
	uint8_t model; // in the mix
	bool checked;
	bool size_known; // DHCP told the boot file's size
	uint32_t reads;  // begun so far
	uint64_t number; // from 0, in the order of power-on
	struct storm_step step;
	const struct storm_read *read;
	struct storm_catalog_file *file; // that is being read, NULL: not in the catalog
	struct storm_dhcp_client dhcp;
	struct storm_tftp_client tftp;
	struct storm_tftp_settings tftp_settings;
	struct storm_check check;
	char boot_file[STORM_DHCP_FILE_SIZE];
	char name[STORM_FILE_NAME_SIZE];
};

struct storm_boot {
	struct storm_boot_settings *settings;
	struct storm_boot_totals *totals;
	struct storm_packet *packet;
	struct storm_impair impair;
	struct storm_late *late; // NULL: nothing is delayed
	struct storm_owner owner;
	struct storm_machine *machines;
	uint64_t *deadlines; // by machine, apart so that a sweep reads little memory
	uint32_t *idle;      // stack
	uint32_t idle_count;
	uint32_t active;
	uint16_t ip_id;
	uint64_t started;
	uint64_t completed, failed; // for the progress line
	uint64_t bytes;
	uint64_t begin_us, end_us, now_us;
	uint64_t next_sweep_us, next_progress_us;
};

// A datagram on its way out.
struct storm_envelope {
	struct frame_to to;
	bool no_checksum;
};

// Of storm_boot_run.c: through the impairment onto the wire.
void storm_boot_send(struct storm_boot *run, const struct storm_envelope *envelope,
	const uint8_t *bytes, size_t len, unsigned copies);

// The machine is idle and has its number; it sends its DISCOVER.
void storm_machine_start(struct storm_boot *run, struct storm_machine *m);
// A reply with its xid, a datagram to its address and port, its deadline, the run's end.
void storm_machine_on_dhcp(struct storm_boot *run, struct storm_machine *m,
	const struct storm_dhcp_reply *reply, const uint8_t from_mac[6]);
void storm_machine_on_tftp(
	struct storm_boot *run, struct storm_machine *m, const struct frame_view *view);
void storm_machine_tick(struct storm_boot *run, struct storm_machine *m);
void storm_machine_stop(struct storm_boot *run, struct storm_machine *m);
