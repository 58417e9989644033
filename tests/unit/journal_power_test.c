// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Power cuts and kills at random calls, one after the other on the same directory, with and without
// calls that fail on the way. After each: everything acknowledged is there, nothing is called
// damaged, and what had failed before something later was acknowledged does not come back.

#include <unistd.h>

#include "journal_disk.h"
#include "journal_rig.h"
#include "unit.h"

#define SMALL   8192u // 127 records in a segment
#define LIVES   200u
#define PER_DIR 20u // lives in one directory

// One life of the dataplane: recovers, works until it dies.
static void live(struct rig *rig, uint64_t *seed, bool power) {
	rig_start(rig);
	atomic_store(&disk_faults.die_at, disk_calls() + 1 + unit_random(seed) % 300);
	for (unsigned n = 0; n < 20000 && !disk_is_dead(); n++) {
		rig_submit(rig, (uint32_t)unit_random(seed));
		if (unit_random(seed) % 16 == 0)
			rig_settle(rig, 1000);
	}
	rig_stop(rig);
	if (power)
		disk_cut();
	else
		disk_heal();
}

// What came back although it had failed may only be newer than all that was acknowledged.
static void check_no_ghosts(struct rig *rig, uint64_t durable_lsn, const char *name) {
	for (uint32_t i = 0; i < RIG_ADDRESSES; i++) {
		uint64_t lsn = rig->recovered[i];

		if (lsn && lsn < durable_lsn && rig->lsn_address[lsn] == RIG_ADDRESSES)
			fail_msg(
				"%s: lsn %llu failed, then %llu was acknowledged, and it came back",
				name, (unsigned long long)lsn, (unsigned long long)durable_lsn);
	}
}

// From here on what was recovered is the truth.
static void adopt(struct rig *rig) {
	for (uint32_t i = 0; i < RIG_ADDRESSES; i++) {
		rig->acknowledged[i] = rig->recovered[i];
		if (rig->recovered[i])
			rig->lsn_address[rig->recovered[i]] = i;
	}
}

static void one_directory(uint64_t number, uint32_t one_in, bool power) {
	struct rig *rig = rig_new(SMALL, &disk_io);
	uint64_t seed = number * 977 + 1;
	char name[64];

	disk_reset(seed);
	for (unsigned life = 0; life < PER_DIR; life++) {
		uint64_t durable_lsn;

		snprintf(name, sizeof(name), "directory %llu, life %u, %s",
			(unsigned long long)number, life, power ? "power cut" : "killed");
		atomic_store(&disk_faults.one_in, one_in);
		atomic_store(&disk_faults.mask, DISK_ALL & ~(DISK_PREAD | DISK_OPENAT));
		live(rig, &seed, power);
		durable_lsn = rig->block.durable_lsn;
		assert_case(name, rig_recover(rig) == 0);
		rig_check_recovered(rig, name);
		check_no_ghosts(rig, durable_lsn, name);
		assert_case(name, !rig->recovery.fresh || !rig->recovery.leases);
		assert_case(name, !rig->recovery.set_aside && !rig->recovery.dropped);
		adopt(rig);
		journal_close(rig->journal);
		rig->journal = NULL;
	}
	rig_free(rig);
}

static void power_cuts(void **state) {
	(void)state;
	for (uint64_t i = 0; i < LIVES / PER_DIR; i++)
		one_directory(i, 0, true);
}

static void power_cuts_on_a_bad_disk(void **state) {
	(void)state;
	for (uint64_t i = 0; i < LIVES / PER_DIR; i++)
		one_directory(1000 + i, 50, true);
}

static void kills_on_a_bad_disk(void **state) {
	(void)state;
	for (uint64_t i = 0; i < LIVES / PER_DIR / 2; i++)
		one_directory(2000 + i, 50, false);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_cuts),
		cmocka_unit_test(power_cuts_on_a_bad_disk),
		cmocka_unit_test(kills_on_a_bad_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
