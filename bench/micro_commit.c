// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A lease commit: records through the journal's thread to a file, each batch synced. The figure is
// time that passes, as a client waits for it, and hangs on the disk below $TMPDIR.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal_thread.h"
#include "micro.h"

#define ADDRESSES 65536u

struct commit {
	struct journal *journal;
	struct journal_block block;
	struct hist sync;
	uint64_t next_lsn;
	uint32_t window; // records under way
	int dir_fd;
	char path[256];
};

static void log_line(void *context, const char *sentence) {
	(void)context;
	fprintf(stderr, "rouse-micro: %s\n", sentence);
}

static int no_lease(void *context, const struct journal_record *record) {
	(void)context;
	(void)record;
	return 0;
}

static void make_directory(struct commit *commit) {
	const char *below = getenv("TMPDIR");

	snprintf(commit->path, sizeof(commit->path), "%s/rouse-micro.XXXXXX",
		below && *below ? below : "/tmp");
	if (!mkdtemp(commit->path))
		micro_die(commit->path, strerror(errno));
	commit->dir_fd = open(commit->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (commit->dir_fd < 0)
		micro_die(commit->path, strerror(errno));
}

// The journal's thread runs on any CPU, the measured one is kept on its own.
static void *begin(const struct micro_case *c) {
	struct commit *commit = micro_memory(sizeof(*commit));
	struct journal_config config = {
		.max_leases = ADDRESSES,
		.block = &commit->block,
		.sync = &commit->sync,
		.wake_fd = -1,
		.log = log_line,
	};
	struct journal_recovery recovery;
	char why[JOURNAL_WHY_SIZE] = "";

	commit->window = c->parameter;
	make_directory(commit);
	if (journal_open(commit->dir_fd, &config, &journal_io_system, &commit->journal, why) ||
		journal_recover(commit->journal, no_lease, NULL, &recovery, why))
		micro_die("journal", why);
	commit->next_lsn = recovery.next_lsn;
	if (journal_start(commit->journal))
		micro_die("journal", "its thread cannot be started");
	return commit;
}

static void remove_directory(struct commit *commit) {
	DIR *dir = fdopendir(commit->dir_fd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(commit->dir_fd, entry->d_name, 0);
	if (rmdir(commit->path))
		log_line(NULL, "the directory of the journal was not removed");
	if (dir)
		closedir(dir);
}

static void end(void *state) {
	struct commit *commit = state;
	bool failed = commit->block.failed;

	journal_stop(commit->journal);
	journal_close(commit->journal);
	remove_directory(commit);
	if (failed)
		micro_die("journal", "records could not be made durable");
	free(commit);
}

static void submit(struct commit *commit) {
	struct journal_record record = {.lsn = commit->next_lsn,
		.address = (uint32_t)(commit->next_lsn * 2654435761u % ADDRESSES) + 1,
		.expiry_unix_s = 4000000000,
		.state = 2,
		.hlen = 6,
		.htype = 1};

	journal_seal(&record);
	if (journal_submit(commit->journal, &record, 1))
		micro_die("journal", "a record was refused");
	commit->next_lsn++;
}

static void wait_durable(const struct commit *commit, uint64_t lsn) {
	while (journal_durable(commit->journal) < lsn)
		sched_yield();
}

static void run(void *state, uint32_t steps) {
	struct commit *commit = state;

	for (uint32_t i = 0; i < steps; i++) {
		if (commit->next_lsn > commit->window)
			wait_durable(commit, commit->next_lsn - commit->window);
		submit(commit);
	}
	wait_durable(commit, commit->next_lsn - 1);
}

const struct micro_case MICRO_COMMIT[] = {
	{"lease-commit-1", "a record through the journal, one under way", 1, 16, true, begin, run,
		end},
	{"lease-commit-1024", "the same, 1,024 under way", 1024, 8192, true, begin, run, end},
};
const size_t MICRO_COMMIT_COUNT = sizeof(MICRO_COMMIT) / sizeof(MICRO_COMMIT[0]);
