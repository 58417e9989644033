// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The journal's thread on a working disk: refusals, restarts, rotation, checkpoints, what is set
// aside.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "journal_rig.h"
#include "unit.h"

#define SMALL (64u << 10) // 1,023 records in a segment

static void overwrite(
	const struct rig *rig, const char *name, const void *data, size_t len, off_t at) {
	int fd = openat(rig->dir_fd, name, O_WRONLY | O_CREAT, 0640);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, len, at), (ssize_t)len);
	close(fd);
}

static void read_at(const struct rig *rig, const char *name, void *data, size_t len, off_t at) {
	int fd = openat(rig->dir_fd, name, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, data, len, at), (ssize_t)len);
	close(fd);
}

static void submit_and_settle(struct rig *rig, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		rig_submit(rig, i);
	assert_int_equal(rig_settle(rig, 10000), 0);
}

static void bad_configurations_are_refused(void **state) {
	static const struct {
		const char *name;
		uint32_t segment_bytes;
		uint32_t max_leases;
		uint32_t gather_us;
	} cases[] = {
		{"segment not of whole pages", 5000, 10},
		{"too many leases", SMALL, UINT32_MAX},
		{"gathers for a second", SMALL, 10, 1000000},
	};
	struct rig *rig = rig_new(SMALL, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct journal_config config = {.segment_bytes = cases[i].segment_bytes,
			.max_leases = cases[i].max_leases,
			.gather_us = cases[i].gather_us,
			.block = &rig->block,
			.sync = &rig->sync,
			.wake_fd = -1};
		struct journal *journal;

		assert_case(cases[i].name, journal_open(rig->dir_fd, &config, &journal_io_system,
						   &journal, rig->why) == -EINVAL);
		assert_case(cases[i].name, !journal && rig->why[0]);
	}
	rig_free(rig);
}

static void one_process_has_the_directory(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);
	struct journal_config config = {
		.max_leases = 1, .block = &rig->block, .sync = &rig->sync, .wake_fd = -1};
	struct journal *other;

	(void)state;
	rig_start(rig);
	assert_int_equal(
		journal_open(rig->dir_fd, &config, &journal_io_system, &other, rig->why), -EBUSY);
	assert_non_null(strstr(rig->why, "another rouse-dataplane"));
	rig_free(rig);
}

static void records_that_do_not_rise_are_refused(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);
	struct journal_record records[2];

	(void)state;
	rig_start(rig);
	records[0] = rig_record(rig->next_lsn, 1);
	records[1] = rig_record(rig->next_lsn, 2);
	assert_int_equal(journal_submit(rig->journal, records, 2), -EINVAL);
	records[1] = rig_record(rig->next_lsn + 1, 2);
	assert_int_equal(journal_submit(rig->journal, records, 2), 0);
	assert_int_equal(journal_submit(rig->journal, &records[1], 1), -EINVAL);
	rig_wait(rig, journal_durable(rig->journal) == rig->next_lsn + 1);
	rig_free(rig);
}

// The lease table used up numbers for records that never came here.
static void gaps_begin_a_segment(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);

	(void)state;
	rig_start(rig);
	for (uint32_t i = 0; i < 10; i++) {
		rig_submit(rig, 2 * i);
		rig_submit(rig, 2 * i + 1);
		rig->lsn_address[rig->next_lsn] = RIG_ADDRESSES;
		rig->next_lsn += 1 + i % 2;
		rig->lsn_address[rig->next_lsn - 1] = RIG_ADDRESSES;
	}
	assert_int_equal(rig_settle(rig, 10000), 0);
	rig_stop(rig);
	rig_start(rig);
	rig_check_recovered(rig, "gaps");
	assert_int_equal(rig->recovery.leases + rig->recovery.orders, 20);
	assert_false(rig->recovery.fresh);
	rig_free(rig);
}

static void an_empty_directory_is_fresh(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);

	(void)state;
	rig_start(rig);
	assert_true(rig->recovery.fresh);
	assert_int_equal(rig->recovery.next_lsn, 1);
	assert_int_equal(rig->recovery.leases, 0);
	assert_true(rig->recovery.complete_since_unix_s > 0);
	rig_wait(rig, rig_files(rig, "segment-") == 1);
	rig_stop(rig);
	rig_start(rig);
	assert_false(rig->recovery.fresh);
	rig_free(rig);
}

static void what_was_durable_comes_back(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);
	int64_t since;

	(void)state;
	rig_start(rig);
	since = rig->recovery.complete_since_unix_s;
	submit_and_settle(rig, 100);
	assert_int_equal(journal_durable(rig->journal), 100);
	rig_stop(rig);
	rig_start(rig);
	rig_check_recovered(rig, "restart");
	assert_int_equal(rig->recovery.leases, 87);
	assert_int_equal(rig->recovery.orders, 13);
	assert_int_equal(rig->recovery.next_lsn, 101);
	assert_int_equal(rig->recovery.dropped, 0);
	assert_int_equal(rig->recovery.complete_since_unix_s, since);
	assert_int_equal(rig->block.recovered_leases, 87);
	rig_free(rig);
}

static void stop_writes_what_was_submitted(void **state) {
	struct rig *rig = rig_new(1u << 20, NULL);

	(void)state;
	rig_start(rig);
	for (uint32_t i = 0; i < 5000; i++)
		rig_submit(rig, i);
	journal_stop(rig->journal);
	assert_int_equal(journal_durable(rig->journal), 5000);
	rig_free(rig);
}

// Ten segments' worth: old ones go when a checkpoint covers them, two spares are kept.
static void segments_follow_each_other(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);

	(void)state;
	rig_start(rig);
	for (uint32_t i = 0; i < 10000; i++)
		rig_submit(rig, i * 7);
	assert_int_equal(rig_settle(rig, 10000), 0);
	assert_true(rig->block.segments >= 10);
	rig_wait(rig, rig_files(rig, "segment-") == 1 && rig_files(rig, "checkpoint-") == 1);
	rig_wait(rig, rig_files(rig, "spare-") == 2);
	assert_true(rig->block.checkpoints >= 1);
	rig_stop(rig);
	rig_start(rig);
	rig_check_recovered(rig, "rotation");
	assert_false(rig->recovery.fresh);
	assert_int_equal(rig->recovery.next_lsn, 10001);
	assert_string_equal(rig->log, "");
	rig_free(rig);
}

static void the_worker_is_woken(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);
	struct journal_config config = {.max_leases = 8,
		.segment_bytes = SMALL,
		.block = &rig->block,
		.sync = &rig->sync,
		.wake_fd = eventfd(0, EFD_NONBLOCK)};
	struct pollfd woken = {.fd = config.wake_fd, .events = POLLIN};
	struct journal_record record = rig_record(1, 1);
	struct journal *journal;

	(void)state;
	assert_int_equal(
		journal_open(rig->dir_fd, &config, &journal_io_system, &journal, rig->why), 0);
	assert_int_equal(journal_start(journal), 0);
	assert_int_equal(journal_submit(journal, &record, 1), 0);
	assert_int_equal(poll(&woken, 1, 10000), 1);
	assert_int_equal(journal_durable(journal), 1);
	journal_close(journal);
	close(config.wake_fd);
	rig_free(rig);
}

// Two times as many addresses as the mirror was made for: old released ones go, and it grows.
static void more_addresses_than_leases(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);
	struct journal_config config = {
		.max_leases = 16,
		.segment_bytes = SMALL,
		.block = &rig->block,
		.sync = &rig->sync,
		.wake_fd = -1,
	};
	struct journal_record record;
	struct journal *journal;

	(void)state;
	assert_int_equal(
		journal_open(rig->dir_fd, &config, &journal_io_system, &journal, rig->why), 0);
	assert_int_equal(journal_start(journal), 0);
	for (uint32_t i = 1; i <= 4000; i++) {
		record = rig_record(i, i & (RIG_ADDRESSES - 1));
		record.state = i < 2000 ? 3 : 2;
		journal_seal(&record);
		assert_int_equal(journal_submit(journal, &record, 1), 0);
	}
	journal_close(journal);
	assert_int_equal(rig_recover(rig), 0);
	for (uint32_t i = 2000; i <= 4000; i++)
		assert_int_equal(rig->recovered[i], i);
	rig_free(rig);
}

static void another_version_is_refused(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);
	uint32_t version = 7;

	(void)state;
	rig_start(rig);
	submit_and_settle(rig, 10);
	rig_stop(rig);
	overwrite(rig, "segment-0000000000000001", &version, 4, 8);
	assert_int_equal(rig_recover(rig), -EPROTO);
	assert_non_null(strstr(rig->why, "version 7"));
	assert_non_null(strstr(rig->why, "version 1"));
	assert_int_equal(rig_files(rig, "segment-0000000000000001.bad"), 0);
	version = 1;
	overwrite(rig, "segment-0000000000000001", &version, 4, 8);
	assert_int_equal(rig_recover(rig), 0);
	rig_check_recovered(rig, "version restored");
	rig_free(rig);
}

static void garbage_is_set_aside(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);

	(void)state;
	overwrite(rig, "segment-0000000000000003",
		"garbage, long enough to be looked at; more of it "
		"so that two records of sixty-four bytes can be read from the file, and some.",
		125, 3);
	overwrite(rig, "checkpoint-0000000000000004", "x", 1, 0);
	overwrite(rig, "README", "not ours", 8, 0);
	assert_int_equal(symlinkat("/etc/passwd", rig->dir_fd, "segment-0000000000000005"), 0);
	rig_start(rig);
	assert_true(rig->recovery.fresh);
	assert_int_equal(rig->recovery.set_aside, 3);
	assert_int_equal(rig_files(rig, "segment-0000000000000003.bad"), 1);
	assert_int_equal(rig_files(rig, "checkpoint-0000000000000004.bad"), 1);
	assert_int_equal(rig_files(rig, "README"), 1);
	assert_non_null(strstr(rig->log, "segment-0000000000000003.bad"));
	submit_and_settle(rig, 10);
	rig_stop(rig);
	// Newer than what was set aside, in spite of its name.
	assert_int_equal(rig_files(rig, "segment-0000000000000006"), 1);
	overwrite(rig, "segment-0000000000000003", "again", 5, 0);
	rig_start(rig);
	assert_int_equal(rig_files(rig, "segment-0000000000000003.bad2"), 1);
	rig_check_recovered(rig, "beside garbage");
	rig_free(rig);
}

// The segment's records up to the damage count; it is kept as *.bad once a checkpoint has them.
static void a_damaged_segment_is_kept(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);
	uint8_t byte;

	(void)state;
	rig_start(rig);
	for (uint32_t i = 0; i < 20; i++) {
		rig_submit(rig, i);
		rig_settle(rig, 10000);
	}
	rig_stop(rig);
	read_at(rig, "segment-0000000000000001", &byte, 1, 11 * 64 + 20);
	byte ^= 0x10;
	overwrite(rig, "segment-0000000000000001", &byte, 1, 11 * 64 + 20);
	rig_start(rig);
	assert_true(rig->recovery.fresh);
	assert_int_equal(rig->recovery.leases + rig->recovery.orders, 10);
	assert_true(rig->recovery.next_lsn > 20);
	rig_wait(rig, rig_files(rig, "segment-0000000000000001.bad") == 1);
	assert_int_equal(rig_files(rig, "segment-"), 2);
	rig_stop(rig);
	rig_start(rig);
	assert_false(rig->recovery.fresh);
	assert_int_equal(rig->recovery.leases + rig->recovery.orders, 10);
	rig_free(rig);
}

// Every byte of a checkpoint, damaged: never half of it; the segments alone are too little, and say
// so.
static void a_damaged_checkpoint_is_not_believed(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);
	char name[] = "checkpoint-0000000000000000";
	uint64_t epoch = 0;
	uint8_t byte;

	(void)state;
	rig_start(rig);
	for (uint32_t i = 0; i < 1100; i++)
		rig_submit(rig, i & 31);
	rig_settle(rig, 10000);
	rig_wait(rig, rig->block.checkpoints && rig_files(rig, "segment-") == 1);
	rig_stop(rig);
	while (!rig_files(rig, name) && epoch++ < 100)
		snprintf(name, sizeof(name), "checkpoint-%016x", (unsigned)epoch);
	read_at(rig, name, &byte, 1, 64 * 20);
	byte ^= 1;
	overwrite(rig, name, &byte, 1, 64 * 20);
	rig_start(rig);
	assert_true(rig->recovery.fresh);
	assert_int_equal(rig->recovery.set_aside, 1);
	assert_non_null(strstr(rig->log, "missing or damaged"));
	rig_free(rig);
}

static void a_killed_rotation_leaves_nothing_behind(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);
	uint8_t zeroes[SMALL] = {0};

	(void)state;
	rig_start(rig);
	submit_and_settle(rig, 10);
	rig_wait(rig, rig_files(rig, "spare-") == 2);
	rig_stop(rig);
	overwrite(rig, "segment-0000000000000009", zeroes, sizeof(zeroes), 0);
	overwrite(rig, "spare.tmp", zeroes, 100, 0);
	overwrite(rig, "checkpoint.tmp", zeroes, 100, 0);
	overwrite(rig, "spare-0", zeroes, 1, sizeof(zeroes)); // of another size
	assert_int_equal(rig_recover(rig), 0);
	assert_false(rig->recovery.fresh);
	assert_int_equal(rig->recovery.leases + rig->recovery.orders, 10);
	assert_int_equal(rig_files(rig, "segment-"), 1);
	assert_int_equal(rig_files(rig, "spare"), 1);
	assert_int_equal(rig_files(rig, "spare-0"), 1);
	assert_int_equal(rig_files(rig, "checkpoint.tmp"), 0);
	rig_free(rig);
}

// A disk that takes its time: no sync ends while gate is shut.
static atomic_bool gate_shut;
static atomic_uint syncs_begun;

static int slow_sync(int fd) {
	atomic_fetch_add(&syncs_begun, 1);
	while (atomic_load(&gate_shut))
		usleep(100);
	return fdatasync(fd);
}

static int no_sync(int fd) {
	(void)fd;
	atomic_fetch_add(&syncs_begun, 1);
	return 0;
}

static uint64_t now_us(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

// 300,000 records a second come while one sync takes 5 ms, of which there are 200 a second: what
// has gathered must go in one batch, or the journal falls behind for good.
static void what_gathers_during_a_sync_is_one_batch(void **state) {
	struct journal_io io = journal_io_system;
	struct rig *rig;
	uint64_t batches;

	(void)state;
	io.fdatasync = slow_sync;
	rig = rig_new(0, &io);
	rig_start(rig);
	submit_and_settle(rig, 1);
	batches = rig->block.batches;
	atomic_store(&syncs_begun, 0);
	atomic_store(&gate_shut, true);
	rig_submit(rig, 1);
	rig_wait(rig, atomic_load(&syncs_begun));
	for (uint32_t i = 0; i < 1500; i++)
		rig_submit(rig, i);
	atomic_store(&gate_shut, false);
	assert_int_equal(rig_settle(rig, 10000), 0);
	assert_int_equal(rig->block.batches - batches, 2);
	rig_free(rig);
}

// Several thousand leases a second, one by one, on a disk whose sync takes no time: a sync for each
// would cost the machine more than the leases. Where making the spare segment holds the thread up,
// all of them may be one batch.
static void small_batches_gather(void **state) {
	struct journal_io io = journal_io_system;
	struct rig *rig;
	uint64_t began_us;
	unsigned elapsed_ms;

	(void)state;
	io.fdatasync = no_sync;
	rig = rig_new(0, &io);
	rig->gather_us = JOURNAL_GATHER_US;
	rig_start(rig);
	submit_and_settle(rig, 1);
	usleep(3 * JOURNAL_GATHER_US);
	atomic_store(&syncs_begun, 0);
	began_us = now_us();
	for (uint32_t i = 0; i < 300; i++) {
		rig_submit(rig, i);
		rig_sweep(rig);
		usleep(100);
	}
	assert_int_equal(rig_settle(rig, 10000), 0);
	elapsed_ms = (unsigned)((now_us() - began_us) / 1000);
	assert_in_range(atomic_load(&syncs_begun), 1, elapsed_ms + 2);
	rig_free(rig);
}

// What waits is the second batch: a client that comes after a quiet millisecond finds no delay. The
// best of several, since the machine may be busy.
static void the_first_after_a_pause_is_not_held(void **state) {
	struct journal_io io = journal_io_system;
	uint64_t best_us = UINT64_MAX;
	struct rig *rig;

	(void)state;
	io.fdatasync = no_sync;
	rig = rig_new(0, &io);
	rig->gather_us = JOURNAL_GATHER_US;
	rig_start(rig);
	for (uint32_t i = 0; i < 50; i++) {
		uint64_t began_us;

		usleep(3 * JOURNAL_GATHER_US);
		began_us = now_us();
		rig_submit(rig, i);
		while (journal_durable(rig->journal) + 1 < rig->next_lsn)
			usleep(20);
		if (now_us() - began_us < best_us)
			best_us = now_us() - began_us;
	}
	rig_settle(rig, 1000);
	assert_in_range(best_us, 0, JOURNAL_GATHER_US / 2);
	rig_free(rig);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_gathers_during_a_sync_is_one_batch),
		cmocka_unit_test(small_batches_gather),
		cmocka_unit_test(the_first_after_a_pause_is_not_held),
		cmocka_unit_test(bad_configurations_are_refused),
		cmocka_unit_test(one_process_has_the_directory),
		cmocka_unit_test(records_that_do_not_rise_are_refused),
		cmocka_unit_test(gaps_begin_a_segment),
		cmocka_unit_test(another_version_is_refused),
		cmocka_unit_test(garbage_is_set_aside),
		cmocka_unit_test(a_damaged_segment_is_kept),
		cmocka_unit_test(a_damaged_checkpoint_is_not_believed),
		cmocka_unit_test(a_killed_rotation_leaves_nothing_behind),
		cmocka_unit_test(an_empty_directory_is_fresh),
		cmocka_unit_test(what_was_durable_comes_back),
		cmocka_unit_test(stop_writes_what_was_submitted),
		cmocka_unit_test(segments_follow_each_other),
		cmocka_unit_test(the_worker_is_woken),
		cmocka_unit_test(more_addresses_than_leases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
