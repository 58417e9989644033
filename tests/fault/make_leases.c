// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Makes a lease journal as a dataplane with that many leases leaves it: usage: make-leases
// STATE_DIR COUNT FIRST_ADDRESS. Machine n, 02:58:xx:xx:xx:xx, has address FIRST_ADDRESS + n for a
// day.

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "abi_state.h"
#include "journal_thread.h"

#define DAY_S 86400

static void die(const char *what, const char *why) {
	fprintf(stderr, "make-leases: %s: %s\n", what, why);
	exit(1);
}

static int keep_none(void *context, const struct journal_record *record) {
	(void)context;
	(void)record;
	return 0;
}

static struct journal_record lease_of(uint32_t n, uint32_t address, uint64_t lsn) {
	struct journal_record record = {
		.lsn = lsn,
		.expiry_unix_s = time(NULL) + DAY_S,
		.address = address,
		.key = {0x02, 0x58, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
			(uint8_t)n},
		.htype = 1,
		.hlen = 6,
		.state = LEASE_BOUND,
		.since_unix_s = (uint32_t)time(NULL),
	};

	journal_seal(&record);
	return record;
}

static void wait_until_durable(const struct journal *journal, uint64_t lsn) {
	while (journal_durable(journal) < lsn)
		usleep(1000);
}

int main(int argc, char **argv) {
	static struct journal_block block;
	static struct hist sync_times;
	struct journal_config config = {.block = &block, .sync = &sync_times, .wake_fd = -1};
	struct journal_recovery recovery;
	char why[JOURNAL_WHY_SIZE];
	struct journal *journal;
	uint32_t count, first;
	int dir_fd;

	if (argc != 4)
		die("usage", "make-leases STATE_DIR COUNT FIRST_ADDRESS");
	count = (uint32_t)strtoul(argv[2], NULL, 10);
	first = ntohl(inet_addr(argv[3]));
	config.max_leases = count;
	dir_fd = journal_open_directory(argv[1]);
	if (dir_fd < 0)
		die(argv[1], strerror(-dir_fd));
	if (journal_open(dir_fd, &config, &journal_io_system, &journal, why) ||
		journal_recover(journal, keep_none, NULL, &recovery, why))
		die(argv[1], why);
	if (journal_start(journal))
		die(argv[1], "no thread");
	for (uint32_t n = 0; n < count; n++) {
		struct journal_record record = lease_of(n, first + n, recovery.next_lsn + n);

		while (journal_submit(journal, &record, 1))
			usleep(100);
	}
	wait_until_durable(journal, recovery.next_lsn + count - 1);
	journal_stop(journal);
	journal_close(journal);
	printf("%u leases, %llu failed\n", count,
		(unsigned long long)atomic_load_explicit(&block.failed, memory_order_relaxed));
	return block.failed != 0;
}
