// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The journal on real small file systems, in a mount namespace of its own: somebody else fills the
// disk, the journal degrades, space returns, it goes on. tmpfs, and ext4 on a loop device where
// there is one. Needs root; exit 77 without.

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#include "journal_rig.h"
#include "unit.h"

#define SEGMENT (128u << 10)
#define SKIP    77

static char parent[] = "/tmp/rouse-full-XXXXXX";

// Takes all the space that is left. Returns its descriptor.
static int fill_disk(const char *name) {
	static const uint8_t block[4096];
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		continue;
	assert_int_equal(errno, ENOSPC);
	fsync(fd);
	return fd;
}

static uint64_t now_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void submit_many(struct rig *rig, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		rig_submit(rig, i * 31);
	rig_settle(rig, 10000);
}

// Until then leases are given; from then on none is acknowledged; five seconds after the space has
// returned they are given again.
static void full_and_back(const char *mount_point) {
	struct rig *rig = rig_new_in(mount_point, SEGMENT, NULL);
	char filler[128];
	uint64_t durable;
	uint64_t since;
	int fd;

	snprintf(filler, sizeof(filler), "%s/filler", mount_point);
	rig_start(rig);
	submit_many(rig, 500);
	rig_wait(rig, rig_files(rig, "spare-") == 2);
	fd = fill_disk(filler);
	for (unsigned n = 0; n < 100 && !journal_degraded(rig->journal); n++)
		submit_many(rig, 200);
	assert_true(journal_degraded(rig->journal));
	assert_int_equal(rig->block.last_errno, ENOSPC);
	durable = rig->block.durable_lsn;
	assert_true(durable > 500); // spares were used first
	submit_many(rig, 200);
	assert_int_equal(rig->block.durable_lsn, durable);
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
	since = now_ms();
	rig_wait(rig, !journal_degraded(rig->journal));
	assert_true(now_ms() - since < 5000);
	submit_many(rig, 200);
	assert_true(rig->block.durable_lsn > durable);
	rig_stop(rig);
	rig_start(rig);
	rig_check_recovered(rig, mount_point);
	assert_false(rig->recovery.fresh);
	rig_free(rig);
}

static void tmpfs(void **state) {
	(void)state;
	assert_int_equal(mount("rouse-full", parent, "tmpfs", 0, "size=1200k"), 0);
	full_and_back(parent);
	assert_int_equal(umount(parent), 0);
}

static void ext4(void **state) {
	char command[512];
	char image[64];

	(void)state;
	snprintf(image, sizeof(image), "%s.img", parent);
	snprintf(command, sizeof(command),
		"truncate -s 4M %s && mkfs.ext4 -q -m 0 %s && mount -o loop %s %s 2>&1", image,
		image, image, parent);
	if (system(command)) {
		unlink(image);
		print_message("no loop device here: ext4 is left out\n");
		skip();
	}
	full_and_back(parent);
	snprintf(command, sizeof(command), "umount %s && rm %s", parent, image);
	assert_int_equal(system(command), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tmpfs),
		cmocka_unit_test(ext4),
	};
	int failed;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		printf("skipped: cannot make a mount namespace: %s\n", strerror(errno));
		return SKIP;
	}
	assert_non_null(mkdtemp(parent));
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	umount2(parent, MNT_DETACH);
	rmdir(parent);
	return failed;
}
