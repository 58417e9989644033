// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Leases from elsewhere in the journal: all of them or none, whatever the disk does.

#include "journal_import.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "journal_disk.h"
#include "journal_rig.h"
#include "unit.h"

#define SMALL 8192u // 127 records in a segment
#define COUNT 300u

static struct journal_record records[COUNT];

// Records for the addresses from first on, with whatever rubbish the caller left in lsn and crc.
static void fill(uint32_t first) {
	for (uint32_t i = 0; i < COUNT; i++) {
		records[i] = rig_record(9999, first + i);
		records[i].flags = 0x80;
		records[i].crc = 7;
	}
}

static int import(struct rig *rig) {
	char why[JOURNAL_WHY_SIZE];
	int err = journal_import(rig->journal, records, COUNT, why);

	assert_int_equal(err != 0, why[0] != '\0');
	journal_close(rig->journal);
	rig->journal = NULL;
	return err;
}

static uint32_t recovered(const struct rig *rig, uint32_t first) {
	uint32_t count = 0;

	for (uint32_t i = 0; i < COUNT; i++)
		count += rig->recovered[first + i] != 0;
	return count;
}

static void insane_records_change_nothing(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);

	(void)state;
	fill(0);
	records[COUNT - 1].state = LEASE_OFFERED;
	assert_int_equal(rig_recover(rig), 0);
	assert_int_equal(import(rig), -EINVAL);
	assert_int_equal(rig_files(rig, "checkpoint"), 0);
	assert_int_equal(rig_recover(rig), 0);
	assert_true(rig->recovery.fresh);
	assert_int_equal(rig->recovery.leases, 0);
	rig_free(rig);
}

static void journal_with_a_thread_is_refused(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);

	(void)state;
	fill(0);
	rig_start(rig);
	assert_int_equal(import(rig), -EBUSY);
	rig_free(rig);
}

static void imported_into_nothing(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);

	(void)state;
	fill(0);
	assert_int_equal(rig_recover(rig), 0);
	assert_int_equal(import(rig), 0);
	rig_start(rig);
	assert_false(rig->recovery.fresh);
	assert_int_equal(rig->recovery.leases, COUNT);
	assert_int_equal(rig->recovery.next_lsn, COUNT + 1);
	assert_int_equal(recovered(rig, 0), COUNT);
	rig_free(rig);
}

// What the journal had, in closed segments and an open one, stays; the import is newer than all of
// it; and the next dataplane goes on behind both.
static void imported_beside_what_was_there(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);
	uint64_t before;

	(void)state;
	rig_start(rig);
	rig_submit(rig, 4091); // an order
	rig->leases_only = true;
	for (uint32_t i = 0; i < 500; i++)
		rig_submit(rig, i);
	rig_settle(rig, 5000);
	rig_stop(rig);
	fill(400);
	assert_int_equal(rig_recover(rig), 0);
	before = rig->recovery.next_lsn;
	assert_int_equal(import(rig), 0);
	rig_start(rig);
	assert_false(rig->recovery.fresh);
	assert_int_equal(rig->recovery.set_aside, 0);
	assert_int_equal(rig->recovery.leases, 700);
	for (uint32_t i = 0; i < 700; i++)
		assert_true(i < 400 ? rig->recovered[i] < before : rig->recovered[i] >= before);
	rig_submit(rig, 650);
	assert_int_equal(rig_settle(rig, 5000), 0);
	rig_stop(rig);
	assert_int_equal(rig_recover(rig), 0);
	assert_int_equal(rig->recovery.leases, 700);
	assert_int_equal(rig->recovery.orders, 1);
	assert_int_equal(rig->recovered[4091], 1);
	assert_int_equal(rig->recovered[650], before + COUNT);
	rig_free(rig);
}

static void one_fault_at(uint64_t at, bool *failed) {
	struct rig *rig = rig_new(SMALL, &disk_io);
	char name[64];
	int err;

	snprintf(name, sizeof(name), "fault at call %llu", (unsigned long long)at);
	disk_reset(at);
	rig->leases_only = true;
	rig_start(rig);
	for (uint32_t i = 0; i < 100; i++)
		rig_submit(rig, i);
	rig_settle(rig, 5000);
	rig_stop(rig);
	fill(50);
	assert_case(name, rig_recover(rig) == 0);
	atomic_store(&disk_faults.mask, DISK_ALL);
	atomic_store(&disk_faults.err, EIO);
	atomic_store(&disk_faults.fail_at, disk_calls() + at);
	err = import(rig);
	*failed = disk_failures() != 0;
	assert_case(name, (err != 0) == *failed);
	disk_heal();
	disk_cut();
	assert_case(name, rig_recover(rig) == 0);
	rig_check_recovered(rig, name);
	assert_case(name, recovered(rig, 50) == COUNT || (err && recovered(rig, 50) == 50));
	rig_free(rig);
}

// The power goes behind each fault: nothing is left by halves, and what was promised is there.
static void all_or_nothing_at_each_call(void **state) {
	bool failed = true;
	uint64_t at;

	(void)state;
	for (at = 1; failed; at++)
		one_fault_at(at, &failed);
	assert_true(at > 6); // open, header, records, trailer, two syncs, rename
}

static void looking_changes_nothing(void **state) {
	struct rig *rig = rig_new(SMALL, NULL);
	int fd;

	(void)state;
	rig->leases_only = true;
	rig_start(rig);
	for (uint32_t i = 0; i < 200; i++)
		rig_submit(rig, i);
	rig_settle(rig, 5000);
	rig_stop(rig);
	fd = openat(rig->dir_fd, "checkpoint-00000000000000ff", O_WRONLY | O_CREAT, 0640);
	assert_int_equal(write(fd, "rubbish", 7), 7);
	close(fd);
	rig->io = &journal_io_read_only;
	assert_int_equal(rig_recover(rig), 0);
	assert_int_equal(rig->recovery.leases, 200);
	assert_int_equal(rig_files(rig, "checkpoint-00000000000000ff.bad"), 0);
	assert_int_equal(rig_files(rig, "checkpoint-00000000000000ff"), 1);
	fill(0);
	assert_int_equal(import(rig), -EROFS);
	rig->io = &journal_io_system;
	assert_int_equal(rig_recover(rig), 0);
	assert_int_equal(rig->recovery.leases, 200);
	assert_int_equal(rig_files(rig, "checkpoint-00000000000000ff.bad"), 1);
	rig_free(rig);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(insane_records_change_nothing),
		cmocka_unit_test(journal_with_a_thread_is_refused),
		cmocka_unit_test(imported_into_nothing),
		cmocka_unit_test(imported_beside_what_was_there),
		cmocka_unit_test(all_or_nothing_at_each_call),
		cmocka_unit_test(looking_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
