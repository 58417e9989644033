// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Makes and unmakes a journal: its directory, its lock, its memory. All before the thread runs or
// after it has ended.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal_internal.h"

int journal_open_directory(const char *state_dir) {
	int state_fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (state_fd < 0)
		return -errno;
	fd = mkdirat(state_fd, "leases", 0750) < 0 && errno != EEXIST
		     ? -1
		     : openat(state_fd, "leases", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		fd = -errno;
	close(state_fd);
	return fd;
}

static int take_lock(struct journal *journal, char why[JOURNAL_WHY_SIZE]) {
	int err;

	journal->lock_fd =
		openat(journal->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (journal->lock_fd < 0) {
		err = -errno;
		snprintf(why, JOURNAL_WHY_SIZE, "cannot open the lock of the lease journal: %s",
			strerror(-err));
		return err;
	}
	if (flock(journal->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		err = errno == EWOULDBLOCK ? -EBUSY : -errno;
		snprintf(why, JOURNAL_WHY_SIZE,
			"cannot lock the lease journal: %s: another rouse-dataplane uses this "
			"state_dir",
			strerror(-err));
		return err;
	}
	return 0;
}

static int allocate(struct journal *journal) {
	size_t ring_bytes = (size_t)JOURNAL_RING_RECORDS * JOURNAL_RECORD_BYTES;

	journal->ring = aligned_alloc(ROUSE_CACHE_LINE, ring_bytes);
	journal->failed = aligned_alloc(ROUSE_CACHE_LINE, ring_bytes);
	journal->zeroes = calloc(1, JOURNAL_SLICE_BYTES);
	journal->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!journal->ring || !journal->failed || !journal->zeroes || journal->event_fd < 0)
		return -ENOMEM;
	// Its pages are taken now, and not by the worker while it answers.
	memset(journal->ring, 0, ring_bytes);
	// Twice: the policy can move pools while old leases still run.
	return journal_mirror_reserve(journal, 2 * journal->config.max_leases + JOURNAL_BATCH_MAX);
}

static bool config_good(const struct journal_config *config) {
	return config->segment_bytes % ROUSE_PAGE == 0 && config->gather_us < 1000000 &&
	       config->max_leases <= JOURNAL_MIRROR_MAX / 4 && config->block;
}

int journal_open(int dir_fd, const struct journal_config *config, const struct journal_io *io,
	struct journal **journal, char why[JOURNAL_WHY_SIZE]) {
	struct journal *opened;
	int err;

	*journal = NULL;
	snprintf(why, JOURNAL_WHY_SIZE,
		"cannot open the lease journal: its configuration is invalid");
	if (!config_good(config))
		return -EINVAL;
	snprintf(why, JOURNAL_WHY_SIZE, "cannot open the lease journal: out of memory");
	opened = aligned_alloc(ROUSE_CACHE_LINE, sizeof(*opened));
	if (!opened)
		return -ENOMEM;
	memset(opened, 0, sizeof(*opened));
	opened->config = *config;
	if (!config->segment_bytes)
		opened->config.segment_bytes = JOURNAL_SEGMENT_BYTES;
	opened->segment_records = opened->config.segment_bytes / JOURNAL_RECORD_BYTES;
	opened->io = io;
	opened->dir_fd = dir_fd;
	opened->lock_fd = opened->event_fd = -1;
	opened->segment.fd = opened->spare.fd = opened->checkpoint.fd = -1;
	opened->first_lsn = opened->next_lsn = 1;
	err = allocate(opened);
	if (!err)
		err = take_lock(opened, why);
	if (err) {
		journal_close(opened);
		return err;
	}
	why[0] = '\0';
	*journal = opened;
	return 0;
}

void journal_close(struct journal *journal) {
	if (!journal)
		return;
	journal_stop(journal);
	journal_segment_close(journal);
	journal_upkeep_close(journal);
	if (journal->event_fd >= 0)
		close(journal->event_fd);
	if (journal->lock_fd >= 0)
		close(journal->lock_fd);
	free(journal->mirror_memory);
	free(journal->zeroes);
	free(journal->failed);
	free(journal->ring);
	free(journal);
}
