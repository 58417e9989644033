// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The open segment: made from a spare, appended to batch by batch, given up at the first error. A
// failed sync is never repeated: the kernel marks the pages clean, and a second one would report
// success for data that is not on disk.

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "journal_internal.h"

int journal_write(
	const struct journal *journal, int fd, const void *data, size_t len, uint64_t at) {
	ssize_t written = journal->io->pwrite(fd, data, len, (off_t)at);

	if (written < 0)
		return -errno;
	return (size_t)written == len ? 0 : -EIO;
}

void journal_file_name(char name[JOURNAL_NAME_SIZE], uint32_t kind, uint64_t epoch) {
	snprintf(name, JOURNAL_NAME_SIZE, "%s-%016" PRIx64,
		kind == JOURNAL_SEGMENT ? "segment" : "checkpoint", epoch);
}

int journal_file_add(struct journal *journal, uint32_t kind, uint64_t epoch, bool damaged) {
	if (journal->file_count == JOURNAL_FILES_MAX)
		return -ENFILE;
	journal->file[journal->file_count++] =
		(struct journal_file){.epoch = epoch, .kind = kind, .damaged = damaged};
	return 0;
}

int journal_set_aside(struct journal *journal, const char *name, const char *why) {
	char bad[JOURNAL_NAME_SIZE + 16];

	snprintf(bad, sizeof(bad), "%s.bad", name);
	for (unsigned n = 2; !faccessat(journal->dir_fd, bad, F_OK, AT_SYMLINK_NOFOLLOW); n++)
		snprintf(bad, sizeof(bad), "%s.bad%u", name, n);
	if (journal->io->renameat(journal->dir_fd, name, journal->dir_fd, bad) < 0)
		return -errno;
	journal_count(&journal->config.block->set_aside, 1);
	journal_say(journal, "lease journal: set aside as %s: %s", bad, why);
	return 0;
}

static int write_header(struct journal *journal, int fd) {
	struct journal_header header = {
		.kind = JOURNAL_SEGMENT,
		.epoch = journal->epoch,
		.first_lsn = journal->first_lsn,
		.durable_lsn = journal->durable_lsn,
		.count = (uint64_t)journal->segment_records * JOURNAL_RECORD_BYTES,
		.complete_since_unix_s = journal->complete_since_unix_s,
	};
	int err;

	journal_seal_header(&header);
	err = journal_write(journal, fd, &header, sizeof(header), 0);
	if (!err && journal->io->fdatasync(fd) < 0)
		err = -errno;
	if (!err && journal->io->fsync(journal->dir_fd) < 0)
		err = -errno;
	return err;
}

// Gives the last spare its final name and opens it.
static int adopt_spare(struct journal *journal, char name[JOURNAL_NAME_SIZE]) {
	char spare[JOURNAL_NAME_SIZE];
	int fd;
	int err;

	journal_spare_name(spare, --journal->spare.ready);
	journal_file_name(name, JOURNAL_SEGMENT, ++journal->epoch);
	fd = journal->io->openat(journal->dir_fd, spare, O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0);
	if (fd < 0) {
		err = -errno;
		goto err_unlink;
	}
	if (journal->io->renameat(journal->dir_fd, spare, journal->dir_fd, name) < 0) {
		err = -errno;
		goto err_close;
	}
	return fd;

err_close:
	close(fd);
err_unlink:
	journal->io->unlinkat(journal->dir_fd, spare, 0);
	return err;
}

int journal_segment_open(struct journal *journal) {
	char name[JOURNAL_NAME_SIZE];
	int fd;
	int err = 0;

	if (journal->file_count == JOURNAL_FILES_MAX)
		return -ENFILE;
	if (!journal->spare.ready)
		err = journal_spare_make(journal);
	if (err)
		return err;
	fd = adopt_spare(journal, name);
	if (fd < 0)
		return fd;
	err = write_header(journal, fd);
	if (err)
		goto err_close;
	journal_file_add(journal, JOURNAL_SEGMENT, journal->epoch, false);
	journal->segment = (struct journal_segment){.fd = fd, .epoch = journal->epoch, .at = 1};
	journal_count(&journal->config.block->segments, 1);
	return 0;

err_close:
	close(fd);
	// Without a record in it; if it stays, its header says nothing wrong, and recovery clears
	// it.
	if (journal->io->unlinkat(journal->dir_fd, name, 0) < 0)
		journal_file_add(journal, JOURNAL_SEGMENT, journal->epoch, false);
	return err;
}

int journal_segment_append(struct journal *journal, uint32_t count) {
	struct journal_segment *segment = &journal->segment;
	struct journal_block *block = journal->config.block;
	uint64_t began_us, took_us;
	int err;

	journal->batch[0].flags |= JOURNAL_BATCH_FIRST;
	journal_seal(&journal->batch[0]);
	err = journal_write(journal, segment->fd, journal->batch,
		(size_t)count * JOURNAL_RECORD_BYTES, (uint64_t)segment->at * JOURNAL_RECORD_BYTES);
	began_us = journal_now_us();
	if (!err && journal->io->fdatasync(segment->fd) < 0)
		err = -errno;
	if (err) {
		journal_segment_close(journal);
		return err;
	}
	segment->at += count;
	took_us = journal_now_us() - began_us;
	hist_add(journal->config.sync, took_us);
	journal_count(&block->sync_us_total, took_us);
	if (took_us > atomic_load_explicit(&block->sync_us_max, memory_order_relaxed))
		atomic_store_explicit(&block->sync_us_max, took_us, memory_order_relaxed);
	return 0;
}

void journal_segment_close(struct journal *journal) {
	if (journal->segment.fd >= 0)
		close(journal->segment.fd);
	journal->segment.fd = -1;
}
