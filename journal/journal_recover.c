// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Recovery: lists the directory, reads the newest whole checkpoint and the segments after it, hands
// each address to the caller. What is believed is decided by lib/journal_replay.c.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal_internal.h"
#include "journal_replay.h"

#define CHUNK_RECORDS 16384u // 1 MiB

// A file of the directory that recovery looks at.
struct found {
	uint64_t epoch;
	uint32_t kind;
	uint64_t records; // whole ones that fit the file, header included
	struct journal_header header;
	int err;   // why it cannot be used
	bool used; // something in it counts
};

struct recover {
	struct journal *journal;
	struct journal_replay replay;
	struct journal_record *chunk; // [CHUNK_RECORDS]
	struct found *found;          // ascending by epoch
	size_t count;
	size_t size;
	uint32_t spares;     // names spare-0 and spare-1: bits
	uint64_t last_epoch; // highest in any name, *.bad too
	uint32_t set_aside;
	char *why;
};

// Listing -----------------------------------------------------------------------------------------

static int add_found(struct recover *recover, uint32_t kind, uint64_t epoch) {
	if (recover->count == recover->size) {
		size_t size = recover->size ? 2 * recover->size : 16;
		struct found *more = realloc(recover->found, size * sizeof(*more));

		if (!more)
			return -ENOMEM;
		recover->found = more;
		recover->size = size;
	}
	recover->found[recover->count++] = (struct found){.kind = kind, .epoch = epoch};
	return 0;
}

// Names that are not the journal's are left alone.
static int list_name(struct recover *recover, const char *name) {
	static const struct {
		const char *format;
		uint32_t kind;
	} kinds[] = {
		{"segment-%16" SCNx64 "%n", JOURNAL_SEGMENT},
		{"checkpoint-%16" SCNx64 "%n", JOURNAL_CHECKPOINT},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char again[JOURNAL_NAME_SIZE];
		uint64_t epoch = 0;
		int len = 0;

		if (sscanf(name, kinds[i].format, &epoch, &len) != 1 || epoch > JOURNAL_LSN_MAX)
			continue;
		if (epoch > recover->last_epoch)
			recover->last_epoch = epoch;
		journal_file_name(again, kinds[i].kind, epoch);
		return strcmp(name, again) ? 0 : add_found(recover, kinds[i].kind, epoch);
	}
	for (uint32_t n = 0; n < JOURNAL_SPARES; n++) {
		char spare[JOURNAL_NAME_SIZE];

		journal_spare_name(spare, n);
		if (!strcmp(name, spare))
			recover->spares |= 1u << n;
	}
	return 0;
}

static int by_epoch(const void *a, const void *b) {
	const struct found *left = a;
	const struct found *right = b;

	return (left->epoch > right->epoch) - (left->epoch < right->epoch);
}

static int list_directory(struct recover *recover) {
	int fd = openat(recover->journal->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int err = 0;

	if (!directory) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (entry = readdir(directory)))
		err = list_name(recover, entry->d_name);
	closedir(directory);
	if (recover->count)
		qsort(recover->found, recover->count, sizeof(*recover->found), by_epoch);
	return err;
}

// Spares that an earlier process made are used if they are whole; they are numbered from 0 again.
static void adopt_spares(struct recover *recover) {
	struct journal *journal = recover->journal;
	const struct journal_io *io = journal->io;

	io->unlinkat(journal->dir_fd, "spare.tmp", 0);
	io->unlinkat(journal->dir_fd, "checkpoint.tmp", 0);
	for (uint32_t n = 0; n < JOURNAL_SPARES; n++) {
		char name[JOURNAL_NAME_SIZE];
		char wanted[JOURNAL_NAME_SIZE];
		struct stat st;

		if (!(recover->spares & 1u << n))
			continue;
		journal_spare_name(name, n);
		journal_spare_name(wanted, journal->spare.ready);
		if (fstatat(journal->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			!S_ISREG(st.st_mode) || st.st_size != (off_t)journal->config.segment_bytes)
			io->unlinkat(journal->dir_fd, name, 0);
		else if (!io->renameat(journal->dir_fd, name, journal->dir_fd, wanted))
			journal->spare.ready++;
	}
}

// Reading -----------------------------------------------------------------------------------------

static int read_records(
	const struct recover *recover, int fd, void *records, size_t count, uint64_t at) {
	size_t want = count * JOURNAL_RECORD_BYTES;
	size_t have = 0;

	while (have < want) {
		ssize_t got = recover->journal->io->pread(fd, (char *)records + have, want - have,
			(off_t)(at * JOURNAL_RECORD_BYTES + have));

		if (got <= 0)
			return got < 0 ? -errno : -EBADMSG;
		have += (size_t)got;
	}
	return 0;
}

// The descriptor or -errno. What a killed process wrote without a sync is synced first; then the
// pages are dropped, because after a failed sync they can differ from the disk. So what is read is
// what a power cut would leave, whatever this sync says.
static int open_file(const struct recover *recover, const struct found *found) {
	char name[JOURNAL_NAME_SIZE];
	int fd;

	journal_file_name(name, found->kind, found->epoch);
	fd = recover->journal->io->openat(
		recover->journal->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	recover->journal->io->fdatasync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return fd;
}

static int check_header(const struct recover *recover, struct found *found, int fd) {
	struct journal_record head[2];
	struct stat st;
	int err = fstat(fd, &st) < 0 ? -errno : 0;

	if (err)
		return err;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	found->records = (uint64_t)st.st_size / JOURNAL_RECORD_BYTES;
	err = read_records(recover, fd, head, 2, 0);
	if (err)
		return err;
	memcpy(&found->header, &head[0], sizeof(found->header));
	err = journal_check_header(&found->header, found->kind);
	if (err == -ENODATA && journal_whole(&head[1]))
		return -EBADMSG;
	return !err && found->header.epoch != found->epoch ? -EBADMSG : err;
}

static void set_aside(struct recover *recover, const struct found *found) {
	char name[JOURNAL_NAME_SIZE];
	const char *reason =
		found->err == -EBADMSG ? "it is not a whole journal file" : strerror(-found->err);

	journal_file_name(name, found->kind, found->epoch);
	if (!journal_set_aside(recover->journal, name, reason))
		recover->set_aside++;
	// A lost segment may have held anything; whether a lost checkpoint is missed, the segments
	// tell.
	if (found->kind == JOURNAL_SEGMENT)
		recover->replay.damaged = true;
}

static int refuse(struct recover *recover, const struct found *found) {
	char name[JOURNAL_NAME_SIZE];

	journal_file_name(name, found->kind, found->epoch);
	if (found->err == -EPROTO)
		snprintf(recover->why, JOURNAL_WHY_SIZE,
			"%s has journal format version %u, this program reads version %u: start "
			"the version "
			"that wrote it, or move state_dir/leases away and lose its leases",
			name, found->header.version, JOURNAL_VERSION);
	else
		snprintf(recover->why, JOURNAL_WHY_SIZE, "cannot read %s of the lease journal: %s",
			name, strerror(-found->err));
	return found->err;
}

// Whether the file itself is at fault, not this process's limits or rights.
static bool unreadable(int err) {
	return err == -EBADMSG || err == -EIO || err == -ELOOP || err == -ENXIO || err == -EISDIR;
}

// Looks at all headers before anything is changed: a format that we do not know is not touched.
static int check_headers(struct recover *recover) {
	for (size_t i = 0; i < recover->count; i++) {
		struct found *found = &recover->found[i];
		int fd = open_file(recover, found);

		found->err = fd < 0 ? fd : check_header(recover, found, fd);
		if (fd >= 0)
			close(fd);
		if (found->err && found->err != -ENODATA && !unreadable(found->err))
			return refuse(recover, found);
	}
	return 0;
}

// An all-zero segment was renamed when its process died; nothing is in it.
static void sort_out(struct recover *recover) {
	for (size_t i = 0; i < recover->count; i++) {
		struct found *found = &recover->found[i];
		char name[JOURNAL_NAME_SIZE];

		journal_file_name(name, found->kind, found->epoch);
		if (found->err == -ENODATA && found->kind == JOURNAL_SEGMENT)
			recover->journal->io->unlinkat(recover->journal->dir_fd, name, 0);
		else if (found->err)
			set_aside(recover, found);
		else
			found->used = true;
	}
}

// Replaying ---------------------------------------------------------------------------------------

// Feeds count records from the second on, a piece at a time.
static int feed(struct recover *recover, int fd, uint64_t count,
	int (*eat)(struct journal_replay *, const struct journal_record *, size_t)) {
	for (uint64_t at = 0; at < count;) {
		uint64_t left = count - at;
		uint32_t piece = (uint32_t)(left < CHUNK_RECORDS ? left : CHUNK_RECORDS);
		int err = journal_mirror_reserve(recover->journal, piece);

		if (!err)
			err = read_records(recover, fd, recover->chunk, piece, at + 1);
		if (!err)
			err = eat(&recover->replay, recover->chunk, piece);
		if (err)
			return err;
		at += piece;
	}
	return 0;
}

static int replay_checkpoint(struct recover *recover, const struct found *found) {
	struct journal_header trailer;
	uint64_t count = found->header.count;
	int fd;
	int err;

	if (found->records < 2 || count != found->records - 2)
		return -EBADMSG;
	fd = open_file(recover, found);
	if (fd < 0)
		return fd;
	journal_replay_checkpoint(&recover->replay, &found->header);
	err = feed(recover, fd, count, journal_replay_checkpoint_feed);
	if (!err)
		err = read_records(recover, fd, &trailer, 1, count + 1);
	if (!err)
		err = journal_replay_checkpoint_end(&recover->replay, &trailer);
	close(fd);
	return err;
}

// Takes the newest whole checkpoint. Those that are not whole are set aside.
static int replay_checkpoints(struct recover *recover) {
	for (size_t i = recover->count; i-- > 0;) {
		struct found *found = &recover->found[i];

		if (!found->used || found->kind != JOURNAL_CHECKPOINT)
			continue;
		found->err = replay_checkpoint(recover, found);
		if (!found->err)
			return 0;
		if (!unreadable(found->err))
			return refuse(recover, found);
		found->used = false;
		set_aside(recover, found);
		journal_mirror_clear(&recover->journal->mirror);
		recover->replay.applied = 0;
	}
	return 0;
}

// A segment that cannot be read to its end counts as damaged from there.
static int replay_segment(struct recover *recover, struct found *found, uint64_t end_lsn) {
	bool damaged;
	int fd;
	int err;

	journal_replay_segment(&recover->replay, &found->header, end_lsn);
	damaged = recover->replay.damaged;
	recover->replay.damaged = false;
	fd = open_file(recover, found);
	err = fd < 0 ? fd : feed(recover, fd, found->records - 1, journal_replay_segment_feed);
	if (fd >= 0)
		close(fd);
	if (err && !unreadable(err)) {
		found->err = err;
		return refuse(recover, found);
	}
	if (err)
		recover->replay.damaged = true;
	journal_file_add(recover->journal, JOURNAL_SEGMENT, found->epoch, recover->replay.damaged);
	recover->replay.damaged |= damaged;
	return 0;
}

static int replay_segments(struct recover *recover) {
	size_t size = recover->count ? recover->count : 1;
	struct journal_header *headers = calloc(size, sizeof(*headers));
	uint64_t *end_lsn = calloc(size, sizeof(*end_lsn));
	size_t count = 0;
	size_t at = 0;
	int err = headers && end_lsn ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < recover->count; i++)
		if (recover->found[i].used && recover->found[i].kind == JOURNAL_SEGMENT)
			headers[count++] = recover->found[i].header;
	if (!err)
		journal_replay_limits(headers, count, end_lsn);
	for (size_t i = 0; !err && i < recover->count; i++)
		if (recover->found[i].used && recover->found[i].kind == JOURNAL_SEGMENT)
			err = replay_segment(recover, &recover->found[i], end_lsn[at++]);
	free(end_lsn);
	free(headers);
	return err;
}

// Result ------------------------------------------------------------------------------------------

// What the newest file said; a start without a journal, or with a part of it missing, begins anew.
static void judge(struct recover *recover, struct journal_recovery *recovery) {
	recovery->fresh = true;
	recovery->complete_since_unix_s = journal_unix_s();
	for (size_t i = 0; i < recover->count; i++) {
		const struct found *found = &recover->found[i];

		if (!found->used || recover->replay.damaged)
			continue;
		recovery->fresh = false;
		recovery->complete_since_unix_s = found->header.complete_since_unix_s;
	}
	if (recover->replay.damaged)
		journal_say(recover->journal,
			"lease journal: a part of it is missing or damaged: %llu leases and used "
			"orders were recovered, others may be lost",
			(unsigned long long)recover->journal->mirror.count);
}

static void hand_over(struct journal *journal,
	int (*restore)(void *context, const struct journal_record *record), void *context,
	struct journal_recovery *recovery) {
	for (uint32_t i = 0; i < journal->mirror.count; i++) {
		const struct journal_record *record = &journal->mirror.records[i];

		if (journal_is_order(record))
			recovery->orders++;
		else
			recovery->leases++;
		if (restore(context, record))
			recovery->refused++;
	}
}

static int replay_all(struct recover *recover) {
	struct journal *journal = recover->journal;
	int err;

	recover->chunk = malloc((size_t)CHUNK_RECORDS * JOURNAL_RECORD_BYTES);
	err = recover->chunk ? list_directory(recover) : -ENOMEM;
	if (!err)
		err = check_headers(recover);
	if (err)
		return err;
	adopt_spares(recover);
	sort_out(recover);
	err = replay_checkpoints(recover);
	if (!err)
		err = replay_segments(recover);
	for (size_t i = 0; !err && i < recover->count; i++)
		if (recover->found[i].used && recover->found[i].kind == JOURNAL_CHECKPOINT)
			journal_file_add(
				journal, JOURNAL_CHECKPOINT, recover->found[i].epoch, false);
	return err;
}

static void publish(struct recover *recover, struct journal_recovery *recovery) {
	struct journal *journal = recover->journal;
	struct journal_block *block = journal->config.block;

	recovery->next_lsn = recover->replay.seen_lsn + 1;
	recovery->dropped = recover->replay.dropped;
	recovery->set_aside = recover->set_aside;
	journal->epoch = recover->last_epoch;
	journal->first_lsn = journal->next_lsn = recovery->next_lsn;
	journal->durable_lsn = recover->replay.last_lsn;
	journal->complete_since_unix_s = recovery->complete_since_unix_s;
	atomic_store_explicit(&journal->settled_lsn, recovery->next_lsn - 1, memory_order_release);
	atomic_store_explicit(&block->durable_lsn, journal->durable_lsn, memory_order_release);
	atomic_store_explicit(&block->recovered_leases, recovery->leases, memory_order_relaxed);
	atomic_store_explicit(&block->recovery_dropped, recovery->dropped, memory_order_relaxed);
}

int journal_recover(struct journal *journal,
	int (*restore)(void *context, const struct journal_record *record), void *context,
	struct journal_recovery *recovery, char why[JOURNAL_WHY_SIZE]) {
	struct recover recover = {.journal = journal, .why = why};
	uint64_t began_us = journal_now_us();
	int err;

	*recovery = (struct journal_recovery){0};
	why[0] = '\0';
	journal_replay_init(&recover.replay, &journal->mirror);
	err = replay_all(&recover);
	if (!err) {
		judge(&recover, recovery);
		hand_over(journal, restore, context, recovery);
		publish(&recover, recovery);
	} else if (!why[0]) {
		snprintf(
			why, JOURNAL_WHY_SIZE, "cannot read the lease journal: %s", strerror(-err));
	}
	free(recover.found);
	free(recover.chunk);
	atomic_store_explicit(&journal->config.block->recovery_us, journal_now_us() - began_us,
		memory_order_relaxed);
	return err;
}
