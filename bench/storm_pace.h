// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Holds requests and ACKs back, so that all clients together ask for no more than a given rate: the
// load of a comparison is then the same for a fast server and for a slow one. A token bucket, and a
// queue in which each client has one place: what it sends later takes the place of what still
// waits, as a later ACK stands for the earlier ones.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "storm_tftp_client.h"

struct storm_pace_held {
	uint64_t cost_bits; // what the server may send for it
	struct storm_peer to;
	uint16_t copies;
	uint16_t len; // 0: taken back
	bool queued;
	uint8_t bytes[STORM_TFTP_SEND_SIZE];
};

struct storm_pace {
	uint64_t rate; // bits per second
	int64_t level; // millionths of a bit; below 0 is debt
	uint64_t filled_us;
	struct storm_pace_held *held; // by client, the caller's
	uint32_t *queue;              // ring of clients, the caller's
	uint32_t count;               // of clients
	uint32_t head, tail;
};

// held and queue have count elements and live as long as pace; held is zeroed. rate is 1 to 10^12.
void storm_pace_init(struct storm_pace *pace, uint64_t rate, struct storm_pace_held *held,
	uint32_t *queue, uint32_t count, uint64_t now_us);

// out->send waits its turn.
void storm_pace_hold(struct storm_pace *pace, uint32_t client, const struct storm_tftp_out *out,
	uint64_t cost_bits);

// The client sends nothing any more.
void storm_pace_forget(struct storm_pace *pace, uint32_t client);

// What may leave now, paid for; NULL if nothing. Valid until the next call.
const struct storm_pace_held *storm_pace_next(
	struct storm_pace *pace, uint64_t now_us, uint32_t *client);

bool storm_pace_waits(const struct storm_pace *pace);

// The bits of DATA that the client's next packet lets the server send. A request is free: what
// answers it is an OACK, or one block.
uint64_t storm_pace_cost(const struct storm_tftp_client *client);
