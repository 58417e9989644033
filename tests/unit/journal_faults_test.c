// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Disks that refuse: EIO and short writes at each of the first thousand calls, disks that stay full
// for a while. Always: what is acknowledged comes back, what is not durable is handed back, and the
// journal works again when the disk does.

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "journal_disk.h"
#include "journal_rig.h"
#include "unit.h"

#define SMALL  8192u // 127 records in a segment
#define POINTS 1000u

// Small batches, so that there are many.
static uint32_t work(struct rig *rig, uint32_t count) {
	uint32_t failed = 0;

	for (uint32_t i = 0; i < count; i++) {
		rig_submit(rig, i * 37);
		if (i % 16 == 0)
			failed += rig_settle(rig, 5000);
	}
	return failed + rig_settle(rig, 5000);
}

static void one_fault_at(uint64_t at, int err, uint32_t mask) {
	struct rig *rig = rig_new(SMALL, &disk_io);
	char name[64];

	snprintf(name, sizeof(name), "fault at call %llu", (unsigned long long)at);
	disk_reset(at);
	rig_start(rig);
	// The thread's own upkeep must not be the call between the count and the mark.
	atomic_store(&disk_faults.mask, 0);
	atomic_store(&disk_faults.err, err);
	atomic_store(&disk_faults.fail_at, disk_calls() + at);
	atomic_store(&disk_faults.mask, mask);
	for (unsigned n = 0; n < 1000 && !disk_failures(); n++)
		work(rig, 48);
	assert_case(name, disk_failures() == 1);
	assert_case(name, journal_room(rig->journal) == JOURNAL_RING_RECORDS);
	disk_heal();
	// It works: at once, or when the second try is due.
	rig_wait(rig, !journal_degraded(rig->journal));
	assert_case(name, work(rig, 3) == 0);
	rig_stop(rig);
	assert_case(name, rig_recover(rig) == 0);
	rig_check_recovered(rig, name);
	assert_case(name, !rig->recovery.fresh && !rig->recovery.set_aside);
	rig_free(rig);
}

static void eio_at_each_call(void **state) {
	(void)state;
	for (uint64_t at = 1; at <= POINTS; at++)
		one_fault_at(at, EIO, DISK_ALL & ~DISK_PREAD);
}

static void short_write_at_each_pwrite(void **state) {
	(void)state;
	for (uint64_t at = 1; at <= POINTS / 4; at++)
		one_fault_at(at, 0, DISK_PWRITE);
}

static void enospc_at_each_fallocate_and_write(void **state) {
	(void)state;
	for (uint64_t at = 1; at <= POINTS / 4; at++)
		one_fault_at(at, ENOSPC, DISK_PWRITE | DISK_FALLOCATE);
}

// The disk fails from some call on, and for a while: records are handed back, nothing is
// acknowledged, then it goes on. Twice one after the other.
static void disks_that_come_back(void **state) {
	static const struct {
		const char *name;
		uint64_t at;
		int err;
		uint32_t mask;
	} cases[] = {
		{"first sync", 1, EIO, DISK_FDATASYNC},
		{"everything", 1, EIO, DISK_ALL},
		{"full after a while", 40, ENOSPC, DISK_PWRITE | DISK_FALLOCATE | DISK_OPENAT},
		{"read-only", 20, EROFS, DISK_ALL & ~DISK_PREAD},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct rig *rig = rig_new(SMALL, &disk_io);

		disk_reset(i);
		rig_start(rig);
		work(rig, 10);
		for (unsigned round = 0; round < 2; round++) {
			uint64_t durable;

			atomic_store(&disk_faults.mask, cases[i].mask);
			atomic_store(&disk_faults.err, cases[i].err);
			atomic_store(&disk_faults.fail_until, UINT64_MAX);
			atomic_store(&disk_faults.fail_at, disk_calls() + cases[i].at);
			for (unsigned n = 0; n < 20000 && !journal_degraded(rig->journal); n++)
				work(rig, 1);
			assert_case(cases[i].name, journal_degraded(rig->journal));
			assert_case(cases[i].name, rig->block.last_errno == (uint64_t)cases[i].err);
			durable = rig->block.durable_lsn;
			assert_case(cases[i].name, work(rig, 50) == 50);
			assert_case(cases[i].name, rig->block.durable_lsn == durable);
			disk_heal();
			rig_wait(rig, !journal_degraded(rig->journal));
			assert_case(cases[i].name, work(rig, 50) == 0);
		}
		rig_wait(rig, rig_files(rig, "segment-") == 1); // the given-up ones are cleared
		assert_case(cases[i].name, strstr(rig->log, "works again"));
		rig_stop(rig);
		rig_start(rig);
		rig_check_recovered(rig, cases[i].name);
		rig_free(rig);
	}
}

// Nothing but checkpoints and spares fails: leases go on while there is a spare left.
static void upkeep_that_fails_stops_nobody(void **state) {
	struct rig *rig = rig_new(SMALL, &disk_io);

	(void)state;
	disk_reset(1);
	rig_start(rig);
	rig_wait(rig, rig_files(rig, "spare-") == 2);
	atomic_store(&disk_faults.mask, DISK_FALLOCATE | DISK_UNLINKAT);
	atomic_store(&disk_faults.fail_until, UINT64_MAX);
	atomic_store(&disk_faults.fail_at, 1);
	assert_int_equal(work(rig, 300), 0);
	assert_true(rig->block.upkeep_errors > 0);
	assert_false(journal_degraded(rig->journal));
	disk_heal();
	rig_wait(rig, rig_files(rig, "segment-") == 1 && rig_files(rig, "spare-") == 2);
	assert_non_null(strstr(rig->log, "work again"));
	rig_free(rig);
}

// A start on a disk that cannot be written: degraded, not dead.
static void a_start_on_a_full_disk(void **state) {
	struct rig *rig = rig_new(SMALL, &disk_io);

	(void)state;
	disk_reset(1);
	rig_start(rig);
	work(rig, 100);
	rig_stop(rig);
	atomic_store(&disk_faults.mask, DISK_PWRITE | DISK_FALLOCATE | DISK_RENAMEAT);
	atomic_store(&disk_faults.err, ENOSPC);
	atomic_store(&disk_faults.fail_until, UINT64_MAX);
	atomic_store(&disk_faults.fail_at, 1);
	rig_start(rig);
	rig_check_recovered(rig, "full disk");
	rig_wait(rig, journal_degraded(rig->journal));
	assert_int_equal(work(rig, 10), 10);
	disk_heal();
	rig_wait(rig, !journal_degraded(rig->journal));
	assert_int_equal(work(rig, 10), 0);
	rig_free(rig);
}

// Each call of a recovery fails once. It may refuse, or say that something is missing; if it does
// neither, everything is there; and it never deletes a segment or checkpoint that has something in
// it.
static void recovery_with_faults(void **state) {
	unsigned complete = 0;
	unsigned told = 0;

	(void)state;
	for (uint64_t at = 1; at <= 100; at++) {
		struct rig *rig = rig_new(SMALL, &disk_io);
		char name[64];
		unsigned files;

		snprintf(name, sizeof(name), "fault at recovery's call %llu",
			(unsigned long long)at);
		disk_reset(at);
		rig_start(rig);
		work(rig, 200);
		rig_stop(rig);
		files = rig_files(rig, "segment-") + rig_files(rig, "checkpoint-");
		atomic_store(&disk_faults.fail_at, disk_calls() + at);
		if (!rig_recover(rig) && !rig->recovery.fresh) {
			rig_check_recovered(rig, name);
			complete++;
		} else {
			told++;
		}
		assert_case(
			name, rig_files(rig, "segment-") + rig_files(rig, "checkpoint-") == files);
		rig_free(rig);
	}
	assert_true(complete > 0 && told > 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eio_at_each_call),
		cmocka_unit_test(short_write_at_each_pwrite),
		cmocka_unit_test(enospc_at_each_fallocate_and_write),
		cmocka_unit_test(disks_that_come_back),
		cmocka_unit_test(upkeep_that_fails_stops_nobody),
		cmocka_unit_test(a_start_on_a_full_disk),
		cmocka_unit_test(recovery_with_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
