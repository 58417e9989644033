// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What it costs to hand a frame over to another worker (dataplane/handover.c), in cycles of both: a
// frame is taken from a pool, written, parsed and given back, all by one thread; then parsed and
// given back by another, which got it over the ring. usage: handover_measure [FRAMES], on two CPUs.

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_pause.h>

#include "checksum.h"
#include "frame.h"
#include "handover.h"

#define BURST       32u
#define POOL_COUNT  8191u
#define POOL_CACHE  256u
#define FRAME_BYTES 60u

struct end {
	struct handover *handover;
	struct rte_mempool *pool;
	uint64_t frames;
	uint64_t cycles; // while frames were worked at
	unsigned cpu;
};

static const uint8_t ACK[4] = {0, 4, 0, 1};
static const struct frame_to TO = {.src_mac = {2},
	.dst_mac = {2, 1},
	.src = 0x0a4d000b,
	.dst = 0x0a4d0001,
	.src_port = 2000,
	.dst_port = 40000};

static void die(const char *what) {
	fprintf(stderr, "handover_measure: %s\n", what);
	exit(1);
}

static void pin(unsigned cpu) {
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus))
		die("needs two CPUs");
}

// As if it had just been received.
static void make(struct rte_mbuf *mbuf) {
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);

	memcpy(frame + FRAME_HEADER_BYTES, ACK, sizeof(ACK));
	frame_write_headers(frame, &TO, sizeof(ACK), checksum_add(0, ACK, sizeof(ACK)));
	mbuf->data_len = FRAME_BYTES;
	mbuf->pkt_len = FRAME_BYTES;
}

static void parse(struct rte_mbuf *mbuf) {
	struct frame_view view;

	if (frame_parse(rte_pktmbuf_mtod(mbuf, uint8_t *), mbuf->data_len, TO.dst, &view))
		die("a frame was not parsed");
}

static void take_buffers(const struct end *end, struct rte_mbuf **mbufs) {
	while (rte_pktmbuf_alloc_bulk(end->pool, mbufs, BURST))
		rte_pause();
	for (uint32_t i = 0; i < BURST; i++)
		make(mbufs[i]);
}

static void *work_alone(void *arg) {
	struct end *end = arg;
	struct rte_mbuf *mbufs[BURST];
	uint64_t begin;

	if (rte_thread_register())
		die("rte_thread_register");
	pin(end->cpu);
	begin = rte_rdtsc();
	for (uint64_t done = 0; done < end->frames; done += BURST) {
		take_buffers(end, mbufs);
		for (uint32_t i = 0; i < BURST; i++) {
			parse(mbufs[i]);
			rte_pktmbuf_free(mbufs[i]);
		}
	}
	end->cycles = rte_rdtsc() - begin;
	rte_thread_unregister();
	return NULL;
}

// A full ring is waited for: that is not the cost of handing over.
static void give(struct end *end, struct rte_mbuf *mbuf, uint64_t *begin) {
	uint64_t waits;

	if (handover_give(end->handover, 0, 1, mbuf))
		return;
	waits = rte_rdtsc();
	while (!handover_give(end->handover, 0, 1, mbuf))
		rte_pause();
	*begin += rte_rdtsc() - waits;
}

static void *work_giving(void *arg) {
	struct end *end = arg;
	struct rte_mbuf *mbufs[BURST];
	uint64_t begin;

	if (rte_thread_register())
		die("rte_thread_register");
	pin(end->cpu);
	for (uint64_t done = 0; done < end->frames; done += BURST) {
		while (rte_pktmbuf_alloc_bulk(end->pool, mbufs, BURST))
			rte_pause();
		begin = rte_rdtsc();
		for (uint32_t i = 0; i < BURST; i++) {
			make(mbufs[i]);
			give(end, mbufs[i], &begin);
		}
		end->cycles += rte_rdtsc() - begin;
	}
	rte_thread_unregister();
	return NULL;
}

static void *work_taking(void *arg) {
	struct end *end = arg;
	struct rte_mbuf *mbufs[BURST];
	uint64_t begin, done = 0;
	uint16_t count;

	if (rte_thread_register())
		die("rte_thread_register");
	pin(end->cpu);
	while (done < end->frames) {
		begin = rte_rdtsc();
		count = handover_take(end->handover, 1, mbufs, BURST);
		for (uint16_t i = 0; i < count; i++) {
			parse(mbufs[i]);
			rte_pktmbuf_free(mbufs[i]);
		}
		if (count)
			end->cycles += rte_rdtsc() - begin;
		done += count;
	}
	rte_thread_unregister();
	return NULL;
}

static double per_frame(const struct end *end) {
	return (double)end->cycles / (double)end->frames;
}

static double alone(struct end end) {
	pthread_t thread;

	if (pthread_create(&thread, NULL, work_alone, &end))
		die("thread");
	pthread_join(thread, NULL);
	return per_frame(&end);
}

static void handed(struct end giver, struct end taker, double *giving, double *taking) {
	pthread_t first, second;

	if (pthread_create(&first, NULL, work_taking, &taker) ||
		pthread_create(&second, NULL, work_giving, &giver))
		die("thread");
	pthread_join(second, NULL);
	pthread_join(first, NULL);
	*giving = per_frame(&giver);
	*taking = per_frame(&taker);
}

int main(int argc, char **argv) {
	char *eal[] = {"handover_measure", "--no-huge", "-m", "64", "--no-pci", "--no-telemetry",
		"--no-shconf", "--lcores", "0", "--log-level", "error", NULL};
	struct end end = {.frames = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000};
	struct end other;
	struct handover handover;
	double giving, taking;

	end.frames -= end.frames % BURST;
	if (end.frames == 0 || rte_eal_init(11, eal) < 0)
		die("usage: handover_measure [FRAMES]");
	end.pool = rte_pktmbuf_pool_create(
		"frames", POOL_COUNT, POOL_CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (!end.pool || handover_init(&handover, 2))
		die("no memory");
	end.handover = &handover;
	other = end;
	other.cpu = 1;
	for (int run = 0; run < 3; run++) {
		double one = alone(end);

		handed(end, other, &giving, &taking);
		printf("alone %.0f cycles a frame; handed over: giver %.0f, taker %.0f; the "
		       "hand-over costs %.0f\n",
			one, giving, taking, giving + taking - one);
	}
	handover_fini(&handover);
	rte_mempool_free(end.pool);
	rte_eal_cleanup();
	return 0;
}
