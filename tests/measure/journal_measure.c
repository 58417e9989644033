// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a lease commit costs on this disk: rate and latency by the number of records under way,
// latency at a fixed rate, and recovery of a million leases. usage: journal_measure DIR [SECONDS]

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "journal_thread.h"

#define LEASES  (1u << 20)
#define BUCKETS 100000u // of 1 us

static struct journal_block block;
static struct hist sync_times;
static struct journal *journal;
static uint64_t next_lsn;
static uint32_t histogram[BUCKETS];
static uint64_t sent_ns[JOURNAL_RING_RECORDS];
static int dir_fd;
static int wake_fd;

static uint64_t now_ns(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void die(const char *what, const char *why) {
	fprintf(stderr, "journal_measure: %s: %s\n", what, why);
	exit(1);
}

static void log_line(void *context, const char *sentence) {
	(void)context;
	fprintf(stderr, "%s\n", sentence);
}

static int count_lease(void *context, const struct journal_record *record) {
	(void)record;
	++*(uint64_t *)context;
	return 0;
}

static void open_journal(void) {
	struct journal_config config = {
		.max_leases = LEASES,
		.block = &block,
		.sync = &sync_times,
		.wake_fd = wake_fd,
		.log = log_line,
	};
	struct journal_recovery recovery;
	char why[JOURNAL_WHY_SIZE];
	uint64_t leases = 0;

	memset(&block, 0, sizeof(block));
	if (journal_open(dir_fd, &config, &journal_io_system, &journal, why) ||
		journal_recover(journal, count_lease, &leases, &recovery, why))
		die("journal", why);
	next_lsn = recovery.next_lsn;
	printf("recovered %llu leases in %.3f s\n", (unsigned long long)leases,
		(double)block.recovery_us / 1e6);
}

static void submit(uint32_t address) {
	struct journal_record record = {.lsn = next_lsn,
		.address = address,
		.expiry_unix_s = 4000000000,
		.state = 2,
		.hlen = 6,
		.htype = 1};

	journal_seal(&record);
	sent_ns[next_lsn % JOURNAL_RING_RECORDS] = now_ns();
	if (journal_submit(journal, &record, 1))
		die("submit", "refused");
	next_lsn++;
}

// Notes the latency of what became durable. Returns the first lsn that is not.
static uint64_t note_durable(uint64_t from) {
	uint64_t durable = journal_durable(journal);
	uint64_t now = now_ns();

	for (; from <= durable; from++) {
		uint64_t us = (now - sent_ns[from % JOURNAL_RING_RECORDS]) / 1000;

		histogram[us < BUCKETS ? us : BUCKETS - 1]++;
	}
	return from;
}

static uint32_t quantile_us(double q) {
	uint64_t total = 0;
	uint64_t sum = 0;
	uint32_t i = 0;

	for (uint32_t at = 0; at < BUCKETS; at++)
		total += histogram[at];
	while (i < BUCKETS - 1 && (double)(sum += histogram[i]) < q * (double)total)
		i++;
	return i;
}

// As a worker with nothing to do.
static void nap(void) {
	struct pollfd poll_fd = {.fd = wake_fd, .events = POLLIN};
	uint64_t woken;

	if (poll(&poll_fd, 1, 1) > 0)
		(void)!read(wake_fd, &woken, sizeof(woken));
}

// rate 0: as fast as the window lets it.
static void run(uint32_t window, uint64_t rate, double seconds) {
	uint64_t begin = now_ns();
	uint64_t end = begin + (uint64_t)(seconds * 1e9);
	uint64_t first = next_lsn;
	uint64_t done = next_lsn;
	uint64_t batches = block.batches;
	double took;

	memset(histogram, 0, sizeof(histogram));
	for (uint64_t now = begin; now < end; now = now_ns()) {
		uint64_t due =
			rate ? (uint64_t)((double)(now - begin) / 1e9 * (double)rate) : UINT64_MAX;

		uint32_t n = 0;

		for (; n < 64 && next_lsn - done < window && next_lsn - first < due; n++)
			submit((uint32_t)(next_lsn * 2654435761u % LEASES) + 1);
		done = note_durable(done);
		if (!n)
			nap();
	}
	while (done < next_lsn)
		done = note_durable(done);
	took = (double)(now_ns() - begin) / 1e9;
	printf("window %5u%s: %9.0f records/s, %5.0f a batch, latency p50 %u us, p99 %u us, p99.9 "
	       "%u us\n",
		window, rate ? " at a rate" : "", (double)(next_lsn - first) / took,
		(double)(next_lsn - first) / (double)(block.batches - batches), quantile_us(0.5),
		quantile_us(0.99), quantile_us(0.999));
	fflush(stdout);
}

static void fill(void) {
	uint64_t last = next_lsn + LEASES;

	for (uint32_t address = 1; next_lsn < last;) {
		if (!journal_room(journal))
			usleep(100);
		else
			submit(address++);
	}
	while (journal_durable(journal) + 1 < next_lsn)
		usleep(100);
}

int main(int argc, char **argv) {
	static const uint32_t windows[] = {1, 28, 256, 1024, 4096, 32768, 65536};
	double seconds = argc > 2 ? strtod(argv[2], NULL) : 3;

	dir_fd = argc > 1 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (dir_fd < 0)
		die(argc > 1 ? argv[1] : "usage: journal_measure DIR [SECONDS]",
			argc > 1 ? strerror(errno) : "no directory");
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	open_journal();
	if (journal_start(journal))
		die("start", "no thread");
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
		run(windows[i], 0, seconds);
	run(32768, 150000, seconds);
	run(32768, 300000, seconds);
	run(32768, 500000, seconds);
	fill();
	printf("longest sync %llu us, %llu checkpoints, %llu segments\n",
		(unsigned long long)block.sync_us_max, (unsigned long long)block.checkpoints,
		(unsigned long long)block.segments);
	journal_close(journal);
	open_journal();
	journal_close(journal);
	return 0;
}
