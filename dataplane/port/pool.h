// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Packet buffer pools. An af_xdp queue's pool is also its UMEM, which puts conditions on its memory
// that rte_pktmbuf_pool_create does not meet; this module alone makes pools.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rte_mempool;

#define POOL_XDP_MTU_MAX 3500u // so that an object fits a page, with the kernel's headroom in it

// Buffers of an af_xdp queue: 2,048 stand in its fill ring, up to 4,096 in its TX and completion
// rings, the rest is in our hands.
#define POOL_XDP_COUNT 8191u

// Bytes of data room that a frame of mtu needs on af_xdp.
uint16_t pool_xdp_room(uint16_t mtu);

// Bytes of memory that a pool of count buffers with this data room takes.
size_t pool_bytes(uint32_t count, uint16_t room);

// One pool for RX and TX of one af_xdp queue: one chunk of memory, every object inside it and no
// larger than a page. NULL: why says what does not hold.
struct rte_mempool *pool_create_xdp(const char *name, uint16_t mtu, char *why, size_t why_size);

// A pool for any other port. NULL: why says what failed.
struct rte_mempool *pool_create(
	const char *name, uint32_t count, uint16_t room, char *why, size_t why_size);
