// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The transport of simulated clients: each has an address and a port of its own. The UDP transport
// (storm_udp.c) gives each a kernel socket; a packet port can stand behind the same five calls.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "storm_tftp_client.h"

struct storm_net;

// A packet for a client. bytes are valid during the call.
typedef void storm_net_receive(void *arg, uint32_t client, struct storm_peer from,
	const uint8_t *bytes, size_t len, uint64_t now_us);

struct storm_net_ops {
	// Gives the client a fresh port. -EADDRINUSE, -EMFILE ...
	int (*open)(struct storm_net *net, uint32_t client);
	void (*close)(struct storm_net *net, uint32_t client);
	// Hands copies of a packet to the wire. A full queue counts as loss on the wire does.
	void (*send)(struct storm_net *net, uint32_t client, struct storm_peer to,
		const uint8_t *bytes, size_t len, unsigned copies);
	// Also gives the client what is sent to a multicast group, until it is closed. NULL: this
	// transport cannot. 0 or -errno.
	int (*join)(struct storm_net *net, uint32_t client, struct storm_peer group);
	// Waits at most wait_us and gives what has arrived, one batch.
	void (*poll)(
		struct storm_net *net, uint64_t wait_us, storm_net_receive *receive, void *arg);
	void (*destroy)(struct storm_net *net);
};

struct storm_net {
	const struct storm_net_ops *ops;
	uint64_t send_failures;
	uint64_t group_packets; // of all groups, each once
};
