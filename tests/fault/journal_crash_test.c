// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// kill -9 of a real process on a real disk: a child submits records (leases, and on some slots
// orders that were used) as fast as it can and tells over a pipe which are durable; it is killed at
// a random moment; whatever it told must be recovered. usage: journal_crash_test [ROUNDS]; child:
// journal_crash_test child DIR

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "journal_thread.h"

#define ADDRESSES     65536u
#define SEGMENT_BYTES (1u << 20)
#define WINDOW        4096u // records on their way
#define ROUNDS        20u
#define ROUNDS_FULL   50u // ROUSE_TEST_MODE=full
#define LIFE_MS_MIN   20u
#define LIFE_MS_SPAN  280u

struct told {
	uint32_t address;
	uint32_t pad;
	uint64_t lsn;
};

static void die(const char *what, const char *why) {
	fprintf(stderr, "journal_crash_test: %s: %s\n", what, why);
	exit(1);
}

static void log_line(void *context, const char *sentence) {
	(void)context;
	fprintf(stderr, "%s\n", sentence);
}

static struct hist sync_times;

static struct journal *open_journal(const char *path, struct journal_block *block) {
	struct journal_config config = {.max_leases = ADDRESSES,
		.segment_bytes = SEGMENT_BYTES,
		.block = block,
		.sync = &sync_times,
		.wake_fd = -1,
		.log = log_line};
	int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char why[JOURNAL_WHY_SIZE];
	struct journal *journal;

	if (dir_fd < 0)
		die(path, strerror(errno));
	if (journal_open(dir_fd, &config, &journal_io_system, &journal, why))
		die(path, why);
	return journal;
}

// The child
// -----------------------------------------------------------------------------------------

static int keep_none(void *context, const struct journal_record *record) {
	(void)context;
	(void)record;
	return 0;
}

static uint64_t random_state;

static uint64_t next_random(void) {
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}

static void submit_one(struct journal *journal, uint64_t lsn, uint32_t *address) {
	struct journal_record record = {.lsn = lsn,
		.address = 1 + (uint32_t)(next_random() % (ADDRESSES - 1)),
		.expiry_unix_s = 4000000000,
		.state = 2,
		.hlen = 6,
		.htype = 1};

	journal_seal(&record);
	if (record.address < ORDER_SLOTS && record.address % 4 == 0)
		record = journal_order_used(lsn, record.address, lsn, 1);
	*address = record.address;
	if (journal_submit(journal, &record, 1))
		die("submit", "refused");
}

static void tell(const struct told *told, size_t count) {
	const char *at = (const char *)told;
	size_t left = count * sizeof(*told);

	while (left) {
		ssize_t done = write(STDOUT_FILENO, at, left);

		if (done <= 0)
			exit(1);
		at += done;
		left -= (size_t)done;
	}
}

// Never returns: it is killed.
static void child(const char *path) {
	static struct journal_block block;
	static uint32_t address[WINDOW];
	static struct told told[WINDOW];
	struct journal *journal = open_journal(path, &block);
	struct journal_recovery recovery;
	char why[JOURNAL_WHY_SIZE];
	uint64_t next;
	uint64_t done;

	random_state = (uint64_t)getpid() * 2654435761u + 1;
	if (journal_recover(journal, keep_none, NULL, &recovery, why))
		die("recovery", why);
	if (journal_start(journal))
		die("start", "no thread");
	next = done = recovery.next_lsn;
	for (;;) {
		uint64_t durable = journal_durable(journal);
		struct journal_record failed;
		size_t count = 0;

		if (journal_failed_pop(journal, &failed))
			die("journal", "a record failed");

		for (; done <= durable && done < next; done++)
			told[count++] =
				(struct told){.address = address[done % WINDOW], .lsn = done};
		tell(told, count);
		for (uint64_t burst = next_random() % 64; burst && next - done < WINDOW;
			burst--, next++)
			submit_one(journal, next, &address[next % WINDOW]);
	}
}

// The parent
// ----------------------------------------------------------------------------------------

static uint64_t told_lsn[ADDRESSES];
static uint64_t recovered_lsn[ADDRESSES];
static uint64_t told_count;

static int keep(void *context, const struct journal_record *record) {
	(void)context;
	recovered_lsn[record->address % ADDRESSES] = record->lsn;
	return 0;
}

static int64_t now_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Reads what the child tells, until_ms or the end of file.
static void listen_to(int fd, int64_t until_ms) {
	static struct told told[4096];
	static size_t have;

	for (;;) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		int64_t left = until_ms - now_ms();
		ssize_t got;

		if (left <= 0 || poll(&poll_fd, 1, (int)(left < 60000 ? left : 60000)) <= 0)
			return;
		got = read(fd, (char *)told + have, sizeof(told) - have);
		if (got <= 0)
			break;
		have += (size_t)got;
		for (size_t i = 0; i < have / sizeof(*told); i++, told_count++)
			told_lsn[told[i].address % ADDRESSES] = told[i].lsn;
		memmove(told, (char *)told + have / sizeof(*told) * sizeof(*told),
			have % sizeof(*told));
		have %= sizeof(*told);
	}
	have = 0;
}

static pid_t start_child(char *program, char *path, int *fd) {
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		die("pipe", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("fork", strerror(errno));
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		execl(program, program, "child", path, NULL);
		_exit(127);
	}
	close(ends[1]);
	*fd = ends[0];
	return pid;
}

// Recovers as the next process would, and compares. Returns how many told records are missing.
static unsigned check(const char *path, unsigned round) {
	struct journal_block block = {0};
	struct journal *journal = open_journal(path, &block);
	struct journal_recovery recovery;
	char why[JOURNAL_WHY_SIZE];
	unsigned missing = 0;

	memset(recovered_lsn, 0, sizeof(recovered_lsn));
	if (journal_recover(journal, keep, NULL, &recovery, why))
		die("recovery", why);
	journal_close(journal);
	for (uint32_t i = 0; i < ADDRESSES; i++)
		missing += recovered_lsn[i] < told_lsn[i];
	if (missing || (recovery.fresh && recovery.leases) || recovery.set_aside)
		fprintf(stderr, "round %u: %u acknowledged records lost, %u files set aside%s\n",
			round, missing, recovery.set_aside,
			recovery.fresh ? ", called damaged" : "");
	return missing + recovery.set_aside + (recovery.fresh && recovery.leases);
}

int main(int argc, char **argv) {
	const char *mode = getenv("ROUSE_TEST_MODE");
	unsigned rounds = mode && !strcmp(mode, "full") ? ROUNDS_FULL : ROUNDS;
	char path[] = "/tmp/rouse-crash-XXXXXX";
	char command[64];
	unsigned wrong = 0;

	if (argc == 3 && !strcmp(argv[1], "child"))
		child(argv[2]);
	if (argc == 2)
		rounds = (unsigned)strtoul(argv[1], NULL, 10);
	if (!mkdtemp(path))
		die(path, strerror(errno));
	random_state = (uint64_t)getpid() | 1;
	for (unsigned round = 0; round < rounds; round++) {
		int fd;
		pid_t pid = start_child(argv[0], path, &fd);

		listen_to(fd, now_ms() + LIFE_MS_MIN + (int64_t)(next_random() % LIFE_MS_SPAN));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		listen_to(fd, INT64_MAX);
		close(fd);
		wrong += check(path, round);
	}
	snprintf(command, sizeof(command), "rm -rf %s", path);
	if (system(command))
		fprintf(stderr, "%s is left behind\n", path);
	printf("%u kills, %llu records acknowledged, %u lost or called damaged\n", rounds,
		(unsigned long long)told_count, wrong);
	return wrong || !told_count;
}
