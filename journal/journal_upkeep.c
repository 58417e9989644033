// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What keeps the journal short and ready: spare segments, checkpoints from the mirror, deletion of
// what a checkpoint covers. Done in slices between batches, written back as they come and synced
// once at the end, so that no batch waits behind a large write. An error here costs nothing at
// once: it is retried every second.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc32c.h"
#include "journal_internal.h"

#define SPARE_TMP      "spare.tmp"
#define CHECKPOINT_TMP "checkpoint.tmp"
#define BEHIND_BYTES   (2u << 20) // of a file that are on their way to the disk
#define TRIM_BYTES     (4 << 20)
#define CREATE_FLAGS   (O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW)

// Lets the disk begin with a slice, and waits for what lies BEHIND_BYTES back: the sync at the end
// has little left to do. A sync of each slice would commit the file system's own journal each time.
// Errors are those of the last sync.
static void write_back(struct journal *journal, int fd, uint64_t at, size_t len) {
	journal->io->sync_file_range(fd, (off_t)at, (off_t)len, SYNC_FILE_RANGE_WRITE);
	if (at >= BEHIND_BYTES)
		journal->io->sync_file_range(fd, (off_t)(at - BEHIND_BYTES), (off_t)len,
			SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				SYNC_FILE_RANGE_WAIT_AFTER);
}

// Spares ------------------------------------------------------------------------------------------

void journal_spare_name(char name[JOURNAL_NAME_SIZE], uint32_t number) {
	snprintf(name, JOURNAL_NAME_SIZE, "spare-%u", number);
}

static void drop_spare(struct journal *journal) {
	if (journal->spare.fd < 0)
		return;
	close(journal->spare.fd);
	journal->spare.fd = -1;
	journal->io->unlinkat(journal->dir_fd, SPARE_TMP, 0);
}

// Takes the space first: a full disk is found before megabytes have been written.
static int begin_spare(struct journal *journal) {
	off_t size = (off_t)journal->segment_records * JOURNAL_RECORD_BYTES;

	journal->spare.fd = journal->io->openat(journal->dir_fd, SPARE_TMP, CREATE_FLAGS, 0640);
	if (journal->spare.fd < 0)
		return -errno;
	journal->spare.at = 0;
	if (journal->io->fallocate(journal->spare.fd, 0, 0, size) < 0 && errno != EOPNOTSUPP &&
		errno != ENOSYS)
		return -errno;
	return 0;
}

static int finish_spare(struct journal *journal) {
	char name[JOURNAL_NAME_SIZE];

	// Not only the data: later appends must not change the file's size or extents.
	if (journal->io->fsync(journal->spare.fd) < 0)
		return -errno;
	journal_spare_name(name, journal->spare.ready);
	if (journal->io->renameat(journal->dir_fd, SPARE_TMP, journal->dir_fd, name) < 0)
		return -errno;
	close(journal->spare.fd);
	journal->spare.fd = -1;
	journal->spare.ready++;
	return 0;
}

// Zeroes are really written: syncing into space that is only reserved would change the file's
// extents with every batch.
static int zero_slice(struct journal *journal) {
	uint64_t size = (uint64_t)journal->segment_records * JOURNAL_RECORD_BYTES;
	uint64_t left = size - journal->spare.at;
	size_t len = left < JOURNAL_SLICE_BYTES ? (size_t)left : JOURNAL_SLICE_BYTES;
	int err =
		journal_write(journal, journal->spare.fd, journal->zeroes, len, journal->spare.at);

	if (err)
		return err;
	write_back(journal, journal->spare.fd, journal->spare.at, len);
	journal->spare.at += len;
	return journal->spare.at == size ? finish_spare(journal) : 0;
}

static int step_spare(struct journal *journal) {
	int err = journal->spare.fd < 0 ? begin_spare(journal) : zero_slice(journal);

	if (err)
		drop_spare(journal);
	return err;
}

int journal_spare_make(struct journal *journal) {
	int err = 0;

	while (!err && !journal->spare.ready)
		err = step_spare(journal);
	return err;
}

// Checkpoints -------------------------------------------------------------------------------------

static void drop_checkpoint(struct journal *journal) {
	if (journal->checkpoint.fd < 0)
		return;
	close(journal->checkpoint.fd);
	journal->checkpoint.fd = -1;
	journal->io->unlinkat(journal->dir_fd, CHECKPOINT_TMP, 0);
}

// Everything that is in the mirror now is durable. Addresses that join it while the checkpoint is
// written come after count; a record that is renewed meanwhile may be in it or not: its lsn is
// higher than durable_lsn, so the segments have it too.
static int begin_checkpoint(struct journal *journal) {
	struct journal_checkpoint *checkpoint = &journal->checkpoint;
	int fd;

	fd = journal->io->openat(journal->dir_fd, CHECKPOINT_TMP, CREATE_FLAGS, 0640);
	if (fd < 0)
		return -errno;
	*checkpoint = (struct journal_checkpoint){
		.fd = fd,
		.header =
			{
				.kind = JOURNAL_CHECKPOINT,
				.epoch = ++journal->epoch,
				.durable_lsn = journal->durable_lsn,
				.count = journal->mirror.count,
				.complete_since_unix_s = journal->complete_since_unix_s,
			},
		.segments_below =
			journal->segment.fd >= 0 ? journal->segment.epoch : journal->epoch,
	};
	journal_seal_header(&checkpoint->header);
	return journal_write(journal, fd, &checkpoint->header, JOURNAL_RECORD_BYTES, 0);
}

static int copy_slice(struct journal *journal) {
	struct journal_checkpoint *checkpoint = &journal->checkpoint;
	const struct journal_record *records = &journal->mirror.records[checkpoint->at];
	uint64_t left = checkpoint->header.count - checkpoint->at;
	uint64_t most = JOURNAL_SLICE_BYTES / JOURNAL_RECORD_BYTES;
	uint32_t count = (uint32_t)(left < most ? left : most);
	size_t len = (size_t)count * JOURNAL_RECORD_BYTES;
	int err = journal_write(journal, checkpoint->fd, records, len,
		(checkpoint->at + 1ULL) * JOURNAL_RECORD_BYTES);

	if (err)
		return err;
	write_back(journal, checkpoint->fd, (checkpoint->at + 1ULL) * JOURNAL_RECORD_BYTES, len);
	checkpoint->sum = crc32c(checkpoint->sum, records, len);
	checkpoint->at += count;
	return 0;
}

static int write_trailer(struct journal *journal) {
	struct journal_checkpoint *checkpoint = &journal->checkpoint;
	struct journal_header trailer = checkpoint->header;
	int err;

	trailer.kind = JOURNAL_CHECKPOINT_END;
	trailer.sum = checkpoint->sum;
	journal_seal_header(&trailer);
	err = journal_write(journal, checkpoint->fd, &trailer, sizeof(trailer),
		(checkpoint->at + 1ULL) * JOURNAL_RECORD_BYTES);
	if (!err && journal->io->fdatasync(checkpoint->fd) < 0)
		err = -errno;
	return err;
}

static int finish_checkpoint(struct journal *journal) {
	struct journal_checkpoint *checkpoint = &journal->checkpoint;
	uint64_t epoch = checkpoint->header.epoch;
	char name[JOURNAL_NAME_SIZE];
	int err = write_trailer(journal);

	if (err)
		return err;
	journal_file_name(name, JOURNAL_CHECKPOINT, epoch);
	if (journal->io->renameat(journal->dir_fd, CHECKPOINT_TMP, journal->dir_fd, name) < 0)
		return -errno;
	close(checkpoint->fd);
	checkpoint->fd = -1;
	// If the list is full, it stays until the next start: an older checkpoint does no harm.
	journal_file_add(journal, JOURNAL_CHECKPOINT, epoch, false);
	// Without this the new name may be lost while the deletions after it are kept.
	if (journal->io->fsync(journal->dir_fd) < 0)
		return -errno;
	journal->segments_below = checkpoint->segments_below;
	journal->checkpoints_below = epoch;
	journal_count(&journal->config.block->checkpoints, 1);
	return 0;
}

static int step_checkpoint(struct journal *journal) {
	struct journal_checkpoint *checkpoint = &journal->checkpoint;
	int err;

	if (checkpoint->fd < 0)
		err = begin_checkpoint(journal);
	else if (checkpoint->at < checkpoint->header.count)
		err = copy_slice(journal);
	else
		err = finish_checkpoint(journal);
	if (err)
		drop_checkpoint(journal);
	return err;
}

int journal_checkpoint_make(struct journal *journal) {
	int err;

	do
		err = step_checkpoint(journal);
	while (!err && journal->checkpoint.fd >= 0);
	return err;
}

// Deletions ---------------------------------------------------------------------------------------

static bool superfluous(const struct journal *journal, const struct journal_file *file) {
	return file->epoch < (file->kind == JOURNAL_SEGMENT ? journal->segments_below
							    : journal->checkpoints_below);
}

// Takes TRIM_BYTES off the end of a large file: to unlink 64 MiB at once takes 17 ms. Returns 1 if
// there is more to take, 0 or -errno. What is left of a segment whose end is missing still has its
// header, and the checkpoint has all its records.
static int trim(struct journal *journal, const char *name) {
	int fd = journal->io->openat(journal->dir_fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0);
	struct stat st;
	int rc = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		rc = -errno;
	else if (st.st_size > 2 * TRIM_BYTES)
		rc = journal->io->ftruncate(fd, st.st_size - TRIM_BYTES) < 0 ? -errno : 1;
	close(fd);
	return rc;
}

// 1 if the file is not yet gone, 0 or -errno.
static int remove_file(struct journal *journal, const struct journal_file *file) {
	char name[JOURNAL_NAME_SIZE];
	int rc;

	journal_file_name(name, file->kind, file->epoch);
	if (file->damaged)
		return journal_set_aside(journal, name, "records in it are damaged");
	rc = trim(journal, name);
	if (rc)
		return rc;
	if (journal->io->unlinkat(journal->dir_fd, name, 0) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

static int step_delete(struct journal *journal) {
	for (uint32_t i = 0; i < journal->file_count; i++) {
		int rc;

		if (!superfluous(journal, &journal->file[i]))
			continue;
		rc = remove_file(journal, &journal->file[i]);
		if (!rc)
			journal->file[i] = journal->file[--journal->file_count];
		return rc < 0 ? rc : 0;
	}
	return 0;
}

// What to do next ---------------------------------------------------------------------------------

static bool delete_wanted(const struct journal *journal) {
	for (uint32_t i = 0; i < journal->file_count; i++)
		if (superfluous(journal, &journal->file[i]))
			return true;
	return false;
}

// A closed segment is one that a checkpoint can replace.
static bool checkpoint_wanted(const struct journal *journal) {
	if (journal->checkpoint.fd >= 0)
		return true;
	for (uint32_t i = 0; i < journal->file_count; i++) {
		const struct journal_file *file = &journal->file[i];

		if (file->kind == JOURNAL_SEGMENT && !superfluous(journal, file) &&
			(journal->segment.fd < 0 || file->epoch != journal->segment.epoch))
			return true;
	}
	return false;
}

// The next step, or NULL. Space is given back before it is taken; a missing spare is more urgent
// than a checkpoint, a second one is not. After a failure the checkpoint comes first: it gives back
// space.
static int (*next_step(const struct journal *journal))(struct journal *) {
	bool checkpoint = checkpoint_wanted(journal);

	if (delete_wanted(journal))
		return step_delete;
	if (checkpoint && journal->upkeep_failing)
		return step_checkpoint;
	if (!journal->spare.ready && journal->segment.fd >= 0)
		return step_spare;
	if (checkpoint)
		return step_checkpoint;
	if (journal->spare.ready < JOURNAL_SPARES && journal->segment.fd >= 0)
		return step_spare;
	return NULL;
}

uint64_t journal_upkeep_due_us(const struct journal *journal) {
	return next_step(journal) ? journal->upkeep_retry_us : UINT64_MAX;
}

static void upkeep_failed(struct journal *journal, int err) {
	journal_count(&journal->config.block->upkeep_errors, 1);
	journal->upkeep_retry_us = journal_now_us() + 1000ULL * JOURNAL_RETRY_MS;
	if (!journal->upkeep_failing)
		journal_say(journal,
			"lease journal: checkpoint or spare segment failed, it grows meanwhile: %s",
			strerror(-err));
	journal->upkeep_failing = true;
}

bool journal_upkeep(struct journal *journal) {
	int (*step)(struct journal *) = next_step(journal);
	int err;

	if (!step || journal->upkeep_retry_us > journal_now_us())
		return false;
	err = step(journal);
	if (err) {
		upkeep_failed(journal, err);
		return false;
	}
	journal->upkeep_retry_us = 0;
	if (journal->upkeep_failing && !next_step(journal)) {
		journal_say(journal, "lease journal: checkpoints and spare segments work again");
		journal->upkeep_failing = false;
	}
	return true;
}

void journal_upkeep_close(struct journal *journal) {
	drop_spare(journal);
	drop_checkpoint(journal);
}

// The mirror --------------------------------------------------------------------------------------

static int grow_mirror(struct journal *journal, uint32_t size) {
	struct journal_mirror grown;
	void *memory;

	if (size > JOURNAL_MIRROR_MAX)
		return -ENOMEM;
	memory = aligned_alloc(
		ROUSE_CACHE_LINE, (journal_mirror_bytes(size) + ROUSE_CACHE_LINE - 1) &
					  ~(size_t)(ROUSE_CACHE_LINE - 1));
	if (!memory)
		return -ENOMEM;
	journal_mirror_init(&grown, memory, size);
	for (uint32_t i = 0; i < journal->mirror.count; i++)
		journal_mirror_put(&grown, &journal->mirror.records[i]);
	free(journal->mirror_memory);
	journal->mirror_memory = memory;
	journal->mirror = grown;
	return 0;
}

// Records keep their places when the mirror grows, so a checkpoint under way goes on; not when it
// is compacted.
int journal_mirror_reserve(struct journal *journal, uint32_t count) {
	struct journal_mirror *mirror = &journal->mirror;

	if (count <= mirror->size - mirror->count)
		return 0;
	if (journal->started) {
		drop_checkpoint(journal);
		journal_mirror_compact(mirror, journal_unix_s());
	}
	if (count <= mirror->size - mirror->count && mirror->count < mirror->size / 4 * 3)
		return 0;
	return grow_mirror(journal, mirror->size * 2 + count);
}
