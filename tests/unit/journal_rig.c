// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "journal_rig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

static void append_log(void *context, const char *sentence) {
	struct rig *rig = context;
	size_t len = strlen(rig->log);

	snprintf(rig->log + len, RIG_LOG_SIZE - len, "%s\n", sentence);
}

struct rig *rig_new_in(const char *parent, uint32_t segment_bytes, const struct journal_io *io) {
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	snprintf(rig->path, sizeof(rig->path), "%s/rouse-journal-XXXXXX", parent);
	assert_non_null(mkdtemp(rig->path));
	rig->dir_fd = open(rig->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(rig->dir_fd >= 0);
	rig->segment_bytes = segment_bytes;
	rig->io = io ? io : &journal_io_system;
	return rig;
}

// The fault tests sync many thousand times: in memory.
struct rig *rig_new(uint32_t segment_bytes, const struct journal_io *io) {
	const char *parent = io && !access("/dev/shm", W_OK) ? "/dev/shm" : "/tmp";

	return rig_new_in(parent, segment_bytes, io);
}

static void for_each_file(const struct rig *rig,
	void (*visit)(const struct rig *, const char *, void *), void *context) {
	DIR *directory = opendir(rig->path);
	const struct dirent *entry;

	assert_non_null(directory);
	while ((entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			visit(rig, entry->d_name, context);
	closedir(directory);
}

static void delete_file(const struct rig *rig, const char *name, void *context) {
	(void)context;
	unlinkat(rig->dir_fd, name, 0);
}

void rig_free(struct rig *rig) {
	journal_close(rig->journal);
	for_each_file(rig, delete_file, NULL);
	close(rig->dir_fd);
	rmdir(rig->path);
	free(rig);
}

static int restore(void *context, const struct journal_record *record) {
	struct rig *rig = context;
	uint32_t address = record->address & (RIG_ADDRESSES - 1);

	assert_true(journal_whole(record));
	assert_true(journal_sane(record));
	assert_int_equal(rig->recovered[address], 0);
	if (journal_is_order(record))
		assert_int_equal(journal_order_id(record), record->lsn);
	rig->recovered[address] = record->lsn;
	return 0;
}

int rig_recover(struct rig *rig) {
	struct journal_config config = {
		.max_leases = RIG_ADDRESSES,
		.segment_bytes = rig->segment_bytes,
		.gather_us = rig->gather_us,
		.block = &rig->block,
		.sync = &rig->sync,
		.wake_fd = -1,
		.log = append_log,
		.log_context = rig,
	};
	int err;

	memset(&rig->block, 0, sizeof(rig->block));
	memset(&rig->sync, 0, sizeof(rig->sync));
	memset(rig->recovered, 0, sizeof(rig->recovered));
	err = journal_open(rig->dir_fd, &config, rig->io, &rig->journal, rig->why);
	if (err)
		return err;
	err = journal_recover(rig->journal, restore, rig, &rig->recovery, rig->why);
	if (err) {
		journal_close(rig->journal);
		rig->journal = NULL;
		return err;
	}
	rig->next_lsn = rig->recovery.next_lsn;
	rig->swept = rig->next_lsn - 1;
	return 0;
}

void rig_start(struct rig *rig) {
	int err = rig_recover(rig);

	if (err)
		fail_msg("recovery: %d: %s\n%s", err, rig->why, rig->log);
	assert_int_equal(journal_start(rig->journal), 0);
}

void rig_stop(struct rig *rig) {
	journal_stop(rig->journal);
	rig_sweep(rig);
	journal_close(rig->journal);
	rig->journal = NULL;
}

struct journal_record rig_record(uint64_t lsn, uint32_t address) {
	struct journal_record record = {
		.lsn = lsn,
		.expiry_unix_s = 4000000000,
		.address = 0x0a000000 | address,
		.key = {0x52, 0x54, 0, (uint8_t)(address >> 16), (uint8_t)(address >> 8),
			(uint8_t)address},
		.htype = 1,
		.hlen = 6,
		.state = 2,
	};

	journal_seal(&record);
	return record;
}

void rig_submit(struct rig *rig, uint32_t address) {
	struct journal_record record;

	address &= RIG_ADDRESSES - 1;
	record = address % 8 == 3 && !rig->leases_only
			 ? journal_order_used(rig->next_lsn, address, rig->next_lsn, 1)
			 : rig_record(rig->next_lsn, address);
	rig_wait(rig, journal_room(rig->journal) > 0);
	assert_int_equal(journal_submit(rig->journal, &record, 1), 0);
	assert_true(rig->next_lsn < COUNT_OF(rig->lsn_address));
	rig->lsn_address[rig->next_lsn] = address;
	rig->submitted[address] = rig->next_lsn++;
}

uint32_t rig_sweep(struct rig *rig) {
	uint64_t durable = journal_durable(rig->journal);
	struct journal_record record;
	uint32_t failed = 0;

	for (; journal_failed_pop(rig->journal, &record); failed++) {
		assert_true(journal_whole(&record));
		assert_int_equal(record.flags, 0);
		assert_true(record.lsn > rig->swept);
		rig->lsn_address[record.lsn] = RIG_ADDRESSES; // nobody is told
	}
	for (; rig->swept < durable; rig->swept++) {
		uint64_t address = rig->lsn_address[rig->swept + 1];

		if (address < RIG_ADDRESSES)
			rig->acknowledged[address] = rig->swept + 1;
	}
	return failed;
}

static uint64_t now_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint32_t rig_settle(struct rig *rig, unsigned deadline_ms) {
	uint64_t until = now_ms() + deadline_ms;
	uint32_t failed = 0;

	do {
		failed += rig_sweep(rig);
		if (journal_room(rig->journal) == JOURNAL_RING_RECORDS)
			break;
		usleep(10);
	} while (now_ms() < until);
	return failed + rig_sweep(rig);
}

void rig_check_recovered(const struct rig *rig, const char *name) {
	for (uint32_t i = 0; i < RIG_ADDRESSES; i++)
		if (rig->recovered[i] < rig->acknowledged[i])
			fail_msg("%s: address %u: lsn %llu was acknowledged, %llu came back\nlog: "
				 "%s",
				name, i, (unsigned long long)rig->acknowledged[i],
				(unsigned long long)rig->recovered[i], rig->log);
}

struct count {
	const char *prefix;
	unsigned count;
};

static void count_file(const struct rig *rig, const char *name, void *context) {
	struct count *count = context;

	(void)rig;
	count->count += !strncmp(name, count->prefix, strlen(count->prefix));
}

unsigned rig_files(const struct rig *rig, const char *prefix) {
	struct count count = {.prefix = prefix};

	for_each_file(rig, count_file, &count);
	return count.count;
}
