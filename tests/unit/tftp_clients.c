// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The client models. Each data handler is the receiving rule of one client as its source has it;
// the rest (requests, OACK, timers) is common to all.

#include "tftp_clients.h"

static void restart_timer(struct client *client) {
	client->timeout_us = client->model->timeout_us;
	client->tries_left = client->model->tries;
	client->timer_us = client->now_us + client->timeout_us;
}

static void send_ack(struct client *client, uint16_t block) {
	const uint8_t bytes[4] = {0, TFTP_ACK, (uint8_t)(block >> 8), (uint8_t)block};

	client->send(client, client->tid, bytes, sizeof(bytes));
}

// Acknowledges all that has come in order, and begins a window.
static void acknowledge(struct client *client) {
	client->count = 0;
	send_ack(client, (uint16_t)client->received);
	if (client->received != client->blocks)
		return;
	client->done = true;
	client->done_us = client->now_us;
}

static size_t add_option(uint8_t *bytes, size_t len, const char *name, uint32_t value) {
	len += (size_t)sprintf((char *)bytes + len, "%s", name) + 1;
	return len + (size_t)sprintf((char *)bytes + len, "%u", value) + 1;
}

static void send_request(struct client *client) {
	uint8_t bytes[512] = {0, TFTP_RRQ};
	size_t len = 2 + (size_t)sprintf((char *)bytes + 2, "%s%coctet", client->file, 0) + 1;

	if (client->model->tsize && !client->model->tsize_last)
		len = add_option(bytes, len, "tsize", 0);
	if (client->model->blksize)
		len = add_option(bytes, len, "blksize", client->blksize);
	if (client->model->tsize_last)
		len = add_option(bytes, len, "tsize", 0);
	if (client->model->windowsize)
		len = add_option(bytes, len, "windowsize", client->windowsize);
	client->send(client, TFTP_PORT, bytes, len);
}

static bool check_bytes(struct client *client, uint64_t block, const uint8_t *bytes, size_t len) {
	uint64_t offset = (block - 1) * client->blksize;
	uint64_t want =
		client->size - offset < client->blksize ? client->size - offset : client->blksize;

	if (len == want && world_holds(client->world, offset, bytes, len))
		return true;
	client->failed = "got wrong bytes";
	return false;
}

// How far the block is ahead of the one expected.
static int ahead(const struct client *client, uint16_t wire_block) {
	return (int16_t)(wire_block - (uint16_t)(client->received + 1));
}

static bool accept(struct client *client, const uint8_t *bytes, size_t len) {
	if (!check_bytes(client, client->received + 1, bytes, len))
		return false;
	client->received++;
	client->count++;
	restart_timer(client);
	return true;
}

static bool window_is_full(const struct client *client) {
	return client->count == client->windowsize || client->received == client->blocks;
}

// Keeps every block; the high bits of a block's number come from its own first gap.
static void ipxe_data(
	struct client *client, uint16_t wire_block, const uint8_t *bytes, size_t len) {
	uint64_t block = ((client->received + 1) & ~0xffffULL) + wire_block;

	restart_timer(client);
	if (block == 0)
		return;
	if (block <= client->blocks) {
		if (!check_bytes(client, block, bytes, len))
			return;
		client->bitmap[block - 1] = 1;
	}
	while (client->received < client->blocks && client->bitmap[client->received])
		client->received++;
	acknowledge(client);
}

// Takes blocks in order only; acknowledges again for every other packet.
static void edk2_data(
	struct client *client, uint16_t wire_block, const uint8_t *bytes, size_t len) {
	if (ahead(client, wire_block) != 0)
		acknowledge(client);
	else if (accept(client, bytes, len) && window_is_full(client))
		acknowledge(client);
}

// Compares in 16 bits; acknowledges old blocks by their own number, ignores later ones.
static void grub_data(
	struct client *client, uint16_t wire_block, const uint8_t *bytes, size_t len) {
	uint16_t expected = (uint16_t)(client->received + 1);

	if (wire_block == expected) {
		if (accept(client, bytes, len))
			acknowledge(client);
	} else if (wire_block < expected) {
		send_ack(client, wire_block);
	}
}

// One NACK per place in the file.
static void uboot_data(
	struct client *client, uint16_t wire_block, const uint8_t *bytes, size_t len) {
	if (ahead(client, wire_block) == 0) {
		if (accept(client, bytes, len) && window_is_full(client))
			acknowledge(client);
	} else if (client->last_nack != client->received + 1) {
		client->last_nack = client->received + 1;
		acknowledge(client);
	}
}

// One extra ACK on the first packet out of order, whichever it is.
static void atftp_data(
	struct client *client, uint16_t wire_block, const uint8_t *bytes, size_t len) {
	if (ahead(client, wire_block) == 0) {
		client->last_nack = 0;
		if (accept(client, bytes, len) && window_is_full(client))
			acknowledge(client);
	} else if (!client->last_nack) {
		client->last_nack = 1;
		acknowledge(client);
	}
}

// RFC 7440 section 4: one ACK per gap, another when the blocks behind it begin anew, and one for
// the end of a window that comes again.
static void agent_data(
	struct client *client, uint16_t wire_block, const uint8_t *bytes, size_t len) {
	int distance = ahead(client, wire_block);
	bool first = client->last_nack != client->received + 1;
	bool rises = (int16_t)(wire_block - (uint16_t)client->highest) > 0;

	if (distance == 0) {
		if (accept(client, bytes, len) && window_is_full(client))
			acknowledge(client);
	} else if ((distance == -1 && client->count == 0) || (distance > 0 && (first || !rises))) {
		acknowledge(client);
	}
	if (distance <= 0)
		return;
	client->last_nack = client->received + 1;
	client->highest = wire_block;
}

// Acknowledges the last block again, ignores others.
static void busybox_data(
	struct client *client, uint16_t wire_block, const uint8_t *bytes, size_t len) {
	int distance = ahead(client, wire_block);

	if (distance == 0 && accept(client, bytes, len))
		acknowledge(client);
	else if (distance == -1)
		acknowledge(client);
}

// Acknowledges again whatever comes.
static void syslinux_data(
	struct client *client, uint16_t wire_block, const uint8_t *bytes, size_t len) {
	if (ahead(client, wire_block) == 0)
		accept(client, bytes, len);
	acknowledge(client);
}

const struct client_model client_models[CLIENT_KINDS] = {
	[CLIENT_IPXE] = {"iPXE", 1432, 0, true, true, 250000, 8000000, 200, 6, true, ipxe_data},
	[CLIENT_EDK2] = {"EDK2", 1468, 4, false, false, 4000000, 4000000, 100, 6, true, edk2_data},
	[CLIENT_GRUB] = {"GRUB", 1024, 0, true, false, 400000, 1200000, 105, 40, false, grub_data},
	[CLIENT_UBOOT] = {"U-Boot", 1468, 0, true, false, 5000000, 5000000, 100, 10, true,
		uboot_data},
	[CLIENT_UBOOT_WINDOW] = {"U-Boot, window 8", 1468, 8, true, false, 5000000, 5000000, 100,
		10, true, uboot_data},
	[CLIENT_ATFTP] = {"atftp", 1428, 16, false, false, 5000000, 5000000, 100, 5, true,
		atftp_data},
	[CLIENT_AGENT] = {"agent, window 64", 1468, 64, true, false, 250000, 8000000, 200, 6, true,
		agent_data},
	[CLIENT_BUSYBOX] = {"busybox", 0, 0, false, false, 100000, 2000000, 150, 12, true,
		busybox_data},
	[CLIENT_SYSLINUX] = {"syslinux", 1408, 0, true, false, 110000, 3500000, 140, 14, true,
		syslinux_data},
};

void client_begin(struct client *client, const struct client_model *model,
	const struct world *world, const char *file, uint64_t size, uint32_t blksize,
	uint64_t now_us) {
	client->model = model;
	client->world = world;
	client->file = file;
	client->size = size;
	client->blksize = !model->blksize ? 512 : blksize ? blksize : model->blksize;
	client->windowsize = model->windowsize ? model->windowsize : 1;
	client->blocks = size / client->blksize + 1;
	client->bitmap = calloc(client->blocks, 1);
	client->now_us = client->begun_us = now_us;
	restart_timer(client);
	send_request(client);
}

void client_end(struct client *client) {
	free(client->bitmap);
}

static void receive_oack(struct client *client) {
	if (client->received)
		return;
	client->has_oack = true;
	restart_timer(client);
	send_ack(client, 0);
}

void client_receive(struct client *client, uint16_t from_port, const uint8_t *bytes, size_t len,
	uint64_t now_us) {
	uint16_t wire_block = len >= 4 ? (uint16_t)(bytes[2] << 8 | bytes[3]) : 0;

	client->now_us = now_us;
	if (client->done || client->failed)
		return;
	if (client->tid && client->tid != from_port) {
		client->failed = "was answered from two ports";
		return;
	}
	client->tid = from_port;
	if (bytes[1] == TFTP_OACK)
		receive_oack(client);
	else if (bytes[1] != TFTP_DATA)
		client->failed = "got an ERROR";
	else if (client->model->blksize && !client->has_oack)
		client->failed = "got DATA without its OACK";
	else
		client->model->data(client, wire_block, bytes + 4, len - 4);
}

void client_timer(struct client *client, uint64_t now_us) {
	client->now_us = now_us;
	if (client->done || client->failed || now_us < client->timer_us)
		return;
	if (client->tries_left-- == 0) {
		client->failed =
			client->received ? "gave up in the middle" : "gave up at the start";
		return;
	}
	client->timeout_us = client->timeout_us * client->model->growth_percent / 100;
	if (client->timeout_us > client->model->timeout_max_us)
		client->timeout_us = client->model->timeout_max_us;
	client->timer_us = now_us + client->timeout_us;
	if (!client->tid)
		send_request(client);
	else if (client->model->repeats_acks)
		acknowledge(client);
}
