// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Models of TFTP clients: what they do on a gap, on a duplicate, on silence. They check every byte
// that they receive and fail as the real ones do, by giving up.

#pragma once

#include "tftp_world.h"

struct client;

struct client_model {
	const char *name;
	uint32_t blksize;    // asked for; 0: not asked
	uint32_t windowsize; // asked for; 0: not asked
	bool tsize;
	bool tsize_last;     // behind blksize
	uint32_t timeout_us; // of the first try
	uint32_t timeout_max_us;
	uint32_t growth_percent;
	uint32_t tries;
	bool repeats_acks; // when it times out in the data phase
	void (*data)(struct client *client, uint16_t wire_block, const uint8_t *bytes, size_t len);
};

struct client {
	const struct client_model *model;
	const struct world *world;
	void (*send)(struct client *client, uint16_t to_port, const uint8_t *bytes, size_t len);
	void *network;
	const char *file;
	uint64_t size;
	uint32_t blksize;
	uint32_t windowsize;
	uint32_t address;
	uint16_t port;
	uint16_t tid; // 0: no answer yet
	bool has_oack;
	uint64_t received; // blocks in order
	uint64_t blocks;
	uint64_t count;     // since its last ACK
	uint64_t last_nack; // received at its last NACK + 1
	uint16_t highest;   // of the agent: the last block behind a gap
	uint8_t *bitmap;    // of iPXE: blocks received
	uint64_t timer_us;
	uint32_t timeout_us;
	uint32_t tries_left;
	bool done;
	uint64_t begun_us;
	uint64_t done_us;
	const char *failed;
	uint64_t now_us;
};

enum client_kind {
	CLIENT_IPXE,
	CLIENT_EDK2,
	CLIENT_GRUB,
	CLIENT_UBOOT,
	CLIENT_UBOOT_WINDOW,
	CLIENT_ATFTP,
	CLIENT_AGENT,
	CLIENT_BUSYBOX,
	CLIENT_SYSLINUX,
	CLIENT_KINDS,
};

extern const struct client_model client_models[CLIENT_KINDS];

// blksize: instead of the model's own, 0: the model's. send, network, address and port are set.
void client_begin(struct client *client, const struct client_model *model,
	const struct world *world, const char *file, uint64_t size, uint32_t blksize,
	uint64_t now_us);
void client_end(struct client *client);

void client_receive(struct client *client, uint16_t from_port, const uint8_t *bytes, size_t len,
	uint64_t now_us);
void client_timer(struct client *client, uint64_t now_us);
