// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The af_xdp driver registers only the first memory chunk of a pool as UMEM, without a word when
// there are others: frames whose buffers lie outside vanish. rte_pktmbuf_pool_create leaves such
// gaps without hugepages, because it wants each object contiguous in IOVA. So the pool is made by
// hand without that wish, and what the driver takes for granted is checked.

#include "pool.h"

#include <stdio.h>

#include <linux/bpf.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#define POOL_CACHE      256u
#define POOL_PAGE       4096u
#define XDP_KERNEL_ROOM 256u // XDP_PACKET_HEADROOM, kept free in front of each frame

uint16_t pool_xdp_room(uint16_t mtu) {
	uint32_t room =
		RTE_PKTMBUF_HEADROOM + XDP_KERNEL_ROOM + RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

	return (uint16_t)RTE_ALIGN_CEIL(room + mtu, RTE_CACHE_LINE_SIZE);
}

size_t pool_bytes(uint32_t count, uint16_t room) {
	size_t object = RTE_CACHE_LINE_SIZE + sizeof(struct rte_mbuf) + room;

	return count * RTE_ALIGN_CEIL(object, RTE_CACHE_LINE_SIZE) + (2u << 20);
}

// The ends of the memory that the objects take, headers included.
struct span {
	uintptr_t first;
	uintptr_t end;
};

static void widen_span(struct rte_mempool *pool, void *arg, void *object, unsigned int index) {
	uintptr_t start = (uintptr_t)object - pool->header_size;
	struct span *span = arg;

	span->first = index == 0 || start < span->first ? start : span->first;
	span->end = RTE_MAX(span->end, (uintptr_t)object + pool->elt_size + pool->trailer_size);
}

// What the driver takes for granted: it registers populated_size objects from the first chunk on.
static int check_umem(struct rte_mempool *pool, char *why, size_t why_size) {
	const struct rte_mempool_memhdr *chunk = STAILQ_FIRST(&pool->mem_list);
	size_t object = pool->header_size + pool->elt_size + pool->trailer_size;
	struct span span = {0};

	if (pool->nb_mem_chunks != 1) {
		snprintf(why, why_size, "pool %s lies in %u pieces of memory, not in one",
			pool->name, pool->nb_mem_chunks);
		return -EFAULT;
	}
	if (object > POOL_PAGE) {
		snprintf(why, why_size, "pool %s has objects of %zu bytes, more than %u",
			pool->name, object, POOL_PAGE);
		return -EMSGSIZE;
	}
	rte_mempool_obj_iter(pool, widen_span, &span);
	if (span.first < (uintptr_t)chunk->addr ||
		span.end > (uintptr_t)chunk->addr + pool->populated_size * object) {
		snprintf(why, why_size, "objects of pool %s lie outside of its UMEM", pool->name);
		return -EFAULT;
	}
	return 0;
}

struct rte_mempool *pool_create_xdp(const char *name, uint16_t mtu, char *why, size_t why_size) {
	struct rte_pktmbuf_pool_private priv = {.mbuf_data_room_size = pool_xdp_room(mtu)};
	uint32_t element = sizeof(struct rte_mbuf) + priv.mbuf_data_room_size;
	struct rte_mempool *pool;
	int rc;

	pool = rte_mempool_create_empty(name, POOL_XDP_COUNT, element, POOL_CACHE, sizeof(priv),
		SOCKET_ID_ANY, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
	if (!pool) {
		snprintf(why, why_size, "cannot make pool %s: %s", name, rte_strerror(rte_errno));
		return NULL;
	}
	rte_pktmbuf_pool_init(pool, &priv);
	rc = rte_mempool_populate_default(pool);
	if (rc < 0) {
		snprintf(why, why_size, "no memory for pool %s: %s", name, rte_strerror(-rc));
		goto err_free;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	if (check_umem(pool, why, why_size) < 0)
		goto err_free;
	return pool;

err_free:
	rte_mempool_free(pool);
	return NULL;
}

struct rte_mempool *pool_create(
	const char *name, uint32_t count, uint16_t room, char *why, size_t why_size) {
	struct rte_mempool *pool =
		rte_pktmbuf_pool_create(name, count, POOL_CACHE, 0, room, SOCKET_ID_ANY);

	if (!pool)
		snprintf(why, why_size, "cannot make pool %s: %s", name, rte_strerror(rte_errno));
	return pool;
}
