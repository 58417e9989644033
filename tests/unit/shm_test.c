// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "shm.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#define SIZE (4 * (size_t)ROUSE_PAGE)

// A directory of its own for each test, with a region file in it.
struct place {
	char directory[64];
	char path[128];
	char other[128];
	char why[SHM_WHY_SIZE];
	struct shm_map map;
};

static int set_up(void **state) {
	struct place *p = calloc(1, sizeof(*p));

	strcpy(p->directory, "/dev/shm/rouse-shm-test-XXXXXX");
	assert_non_null(mkdtemp(p->directory));
	snprintf(p->path, sizeof(p->path), "%s/policy", p->directory);
	snprintf(p->other, sizeof(p->other), "%s/other", p->directory);
	assert_int_equal(shm_create_region(p->path, ROUSE_REGION_POLICY, SIZE, &p->map, p->why), 0);
	*state = p;
	return 0;
}

static int tear_down(void **state) {
	struct place *p = *state;

	shm_unmap(&p->map);
	unlink(p->path);
	unlink(p->other);
	assert_int_equal(rmdir(p->directory), 0); // nothing else was left in it
	free(p);
	return 0;
}

static int open_again(struct place *p, struct shm_map *map) {
	return shm_open_region(p->path, ROUSE_REGION_POLICY, false, map, p->why);
}

static void assert_why(const struct place *p, const char *part) {
	if (!strstr(p->why, part))
		fail_msg("\"%s\" does not say \"%s\"", p->why, part);
}

static void what_is_created_can_be_opened(void **state) {
	struct place *p = *state;
	struct shm_map map;
	struct stat st;

	((uint8_t *)p->map.base)[SIZE - 1] = 42;
	assert_int_equal(open_again(p, &map), 0);
	assert_int_equal(map.size, SIZE);
	assert_false(map.writable);
	assert_int_equal(((uint8_t *)map.base)[SIZE - 1], 42);
	shm_unmap(&map);
	assert_null(map.base);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_true((uint64_t)st.st_blocks * 512 >= SIZE); // the space is taken
}

static void a_missing_file_is_enoent(void **state) {
	struct place *p = *state;
	struct shm_map map;

	assert_int_equal(
		shm_open_region(p->other, ROUSE_REGION_POLICY, false, &map, p->why), -ENOENT);
	assert_why(p, p->other);
}

// Fields that a writer of another build would have written, with a CRC that is right.
static void foreign_headers_are_refused(void **state) {
	struct place *p = *state;
	struct shm_header *header = p->map.base;
	const struct shm_header good = *header;
	const struct {
		const char *name;
		size_t offset;
		uint32_t value;
		bool fix_crc;
		const char *why[2];
	} cases[] = {
		{"magic", offsetof(struct shm_header, magic), 7, true, {"00000007", "4f"}},
		{"version", offsetof(struct shm_header, abi_version), 99, true,
			{"ABI version 99", "version 11"}},
		{"region", offsetof(struct shm_header, region), ROUSE_REGION_STATE, true,
			{"state region (3)", "policy region (1)"}},
		{"no region", offsetof(struct shm_header, region), 77, true,
			{"unknown region (77)", "policy"}},
		{"header size", offsetof(struct shm_header, header_size), 256, true,
			{"256", "128"}},
		{"size", offsetof(struct shm_header, total_size), SIZE + 4096, true,
			{"20480", "16384"}},
		{"layout", offsetof(struct shm_header, layout_crc), 0x1234abcd, true,
			{"1234abcd", "layout"}},
		{"boot id", offsetof(struct shm_header, boot_id), 0x1234abcd, false, {"CRC", "0x"}},
		{"crc", offsetof(struct shm_header, header_crc), 0x1234abcd, false,
			{"1234abcd", "0x"}},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct shm_map map;

		*header = good;
		memcpy((uint8_t *)header + cases[i].offset, &cases[i].value, 4);
		if (cases[i].fix_crc)
			header->header_crc = shm_header_crc(header);
		assert_case(cases[i].name, open_again(p, &map) == -EPROTO);
		assert_why(p, cases[i].why[0]);
		assert_why(p, cases[i].why[1]);
	}
	*header = good;
}

static void truncated_files_are_refused(void **state) {
	static const off_t sizes[] = {0, 1, 127, 128, 4095, 4096, SIZE - 4096, SIZE + 4096};
	struct place *p = *state;
	struct shm_map map;

	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		char name[32];

		snprintf(name, sizeof(name), "%lld bytes", (long long)sizes[i]);
		assert_int_equal(
			shm_create_region(p->other, ROUSE_REGION_POLICY, SIZE, &map, p->why), 0);
		shm_unmap(&map);
		assert_int_equal(truncate(p->other, sizes[i]), 0);
		assert_case(name, shm_open_region(p->other, ROUSE_REGION_POLICY, false, &map,
					  p->why) == -EPROTO);
	}
	assert_why(p, "16384");
	assert_why(p, "20480");
}

static void links_are_refused(void **state) {
	struct place *p = *state;
	struct shm_map map;

	assert_int_equal(symlink(p->path, p->other), 0);
	assert_int_equal(
		shm_open_region(p->other, ROUSE_REGION_POLICY, false, &map, p->why), -ELOOP);
	assert_why(p, "symbolic link");
}

static void the_images_link_is_followed_once(void **state) {
	struct place *p = *state;
	char target[256];
	char second[256];
	struct shm_map images;
	struct shm_map map;

	snprintf(target, sizeof(target), "%s/target", p->directory);
	snprintf(second, sizeof(second), "%s/second", p->directory);
	assert_int_equal(shm_create_region(target, ROUSE_REGION_IMAGES, SIZE, &images, p->why), 0);
	assert_int_equal(shm_link_region(p->other, "/nowhere", p->why), 0);
	assert_int_equal(shm_link_region(p->other, target, p->why), 0); // replaces
	assert_int_equal(shm_open_region(p->other, ROUSE_REGION_IMAGES, false, &map, p->why), 0);
	assert_false(shm_replaced(p->other, &map));
	shm_unmap(&map);
	assert_int_equal(shm_open_region(target, ROUSE_REGION_IMAGES, false, &map, p->why), 0);
	shm_unmap(&map);
	assert_int_equal(shm_link_region(second, target, p->why), 0);
	assert_int_equal(shm_link_region(p->other, second, p->why), 0);
	assert_int_equal(
		shm_open_region(p->other, ROUSE_REGION_IMAGES, false, &map, p->why), -ELOOP);
	shm_unmap(&images);
	unlink(second);
	unlink(target);
}

static void files_that_others_may_write_are_refused(void **state) {
	static const mode_t modes[] = {0660, 0642, 0666};
	struct place *p = *state;
	struct shm_map map;

	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		assert_int_equal(chmod(p->path, modes[i]), 0);
		assert_int_equal(open_again(p, &map), -EPROTO);
		assert_why(p, "lets others than its owner write");
	}
}

static void files_of_strangers_are_refused(void **state) {
	struct place *p = *state;
	struct shm_map map;

	if (geteuid() != 0)
		skip(); // only root can give a file away
	assert_int_equal(chown(p->path, 12345, (gid_t)-1), 0);
	assert_int_equal(open_again(p, &map), -EPROTO);
	assert_why(p, "12345");
	// Unless the whole directory is theirs.
	assert_int_equal(chown(p->directory, 12345, (gid_t)-1), 0);
	assert_int_equal(open_again(p, &map), 0);
	shm_unmap(&map);
}

static void directories_and_devices_are_refused(void **state) {
	struct place *p = *state;
	struct shm_map map;

	assert_int_equal(
		shm_open_region(p->directory, ROUSE_REGION_POLICY, false, &map, p->why), -EPROTO);
	assert_why(p, "not a regular file");
	assert_int_equal(
		shm_open_region("/dev/zero", ROUSE_REGION_POLICY, false, &map, p->why), -EPROTO);
}

static void a_create_that_fails_leaves_nothing(void **state) {
	struct place *p = *state;
	struct shm_map map;

	assert_int_equal(
		shm_create_region(p->other, ROUSE_REGION_POLICY, 100, &map, p->why), -EINVAL);
	assert_int_equal(
		shm_create_region(p->other, ROUSE_REGION_POLICY, (size_t)1 << 50, &map, p->why),
		-ENOSPC);
	assert_why(p, "MiB are free");
	assert_int_equal(
		shm_create_region("/nowhere/x", ROUSE_REGION_POLICY, SIZE, &map, p->why), -ENOENT);
}

static void create_replaces_and_the_old_one_stays_mapped(void **state) {
	struct place *p = *state;
	struct shm_map map;

	assert_false(shm_replaced(p->path, &p->map));
	((uint8_t *)p->map.base)[SIZE - 1] = 42;
	assert_int_equal(shm_create_region(p->path, ROUSE_REGION_POLICY, SIZE, &map, p->why), 0);
	assert_true(shm_replaced(p->path, &p->map));
	assert_false(shm_replaced(p->path, &map));
	assert_int_equal(((uint8_t *)p->map.base)[SIZE - 1], 42);
	assert_int_equal(((uint8_t *)map.base)[SIZE - 1], 0);
	shm_unmap(&map);
	unlink(p->path);
	assert_true(shm_replaced(p->path, &p->map));
}

// A writer that died between creating and renaming.
static void a_left_over_temporary_is_no_obstacle(void **state) {
	struct place *p = *state;
	char temporary[160];
	struct shm_map map;
	int fd;

	snprintf(temporary, sizeof(temporary), "%s.new", p->path);
	fd = open(temporary, O_CREAT | O_RDWR, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(shm_create_region(p->path, ROUSE_REGION_POLICY, SIZE, &map, p->why), 0);
	shm_unmap(&map);
	assert_int_equal(access(temporary, F_OK), -1);
}

static void a_take_over_changes_who_writes_only(void **state) {
	struct place *p = *state;
	struct shm_header *header = p->map.base;
	struct shm_header before;
	struct shm_header after;
	struct shm_map map;

	atomic_store(&header->generation, 17);
	assert_true(shm_read_header(header, &before));
	assert_int_equal(before.writer_pid, getpid());
	assert_true(shm_writer_alive(&before));
	assert_int_equal(shm_open_region(p->path, ROUSE_REGION_POLICY, true, &map, p->why), 0);
	shm_take_over(&map);
	assert_true(shm_read_header(header, &after));
	assert_int_equal(after.generation, 17);
	assert_int_equal(after.total_size, SIZE);
	assert_memory_not_equal(after.boot_id, before.boot_id, 16);
	assert_int_equal(shm_check_header(&after, ROUSE_REGION_POLICY, SIZE, p->why), 0);
	shm_unmap(&map);
}

static void a_live_writer_is_not_robbed(void **state) {
	struct place *p = *state;
	struct shm_header header;
	int go[2];
	struct shm_map map;
	int status;
	pid_t child;

	assert_int_equal(pipe(go), 0);
	child = fork();
	if (child == 0) {
		char byte;

		close(go[1]);
		shm_take_over(&p->map);
		_exit(read(go[0], &byte, 1) == 0 ? 0 : 1); // until the parent closes its end
	}
	close(go[0]);
	do {
		assert_true(child > 0);
		memcpy(&header, p->map.base, sizeof(header));
	} while (header.writer_pid != (uint64_t)child || !shm_read_header(p->map.base, &header));
	assert_true(shm_writer_alive(&header));
	assert_int_equal(shm_open_region(p->path, ROUSE_REGION_POLICY, true, &map, p->why), -EBUSY);
	assert_why(p, "still writes");
	assert_int_equal(open_again(p, &map), 0); // readers may
	shm_unmap(&map);
	close(go[1]);
	// A zombie writes nothing any more.
	assert_int_equal(waitid(P_PID, (id_t)child, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
	assert_false(shm_writer_alive(&header));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_false(shm_writer_alive(&header));
	assert_int_equal(shm_open_region(p->path, ROUSE_REGION_POLICY, true, &map, p->why), 0);
	shm_unmap(&map);
}

// A hugetlbfs of our own, in a mount namespace of our own.
static bool mount_hugetlbfs(const char *directory) {
	return mkdir(directory, 0755) == 0 && unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", directory, "hugetlbfs", 0, "pagesize=2M") == 0;
}

// Its pages cannot be filled by write(), and its files have no odd sizes.
static void hugetlbfs_takes_a_region(void **state) {
	const size_t page = 2u << 20;
	struct place *p = *state;
	char directory[128];
	char path[160];
	struct shm_map map;
	struct shm_map again;

	snprintf(directory, sizeof(directory), "%s/huge", p->directory);
	snprintf(path, sizeof(path), "%s/images", directory);
	if (!mount_hugetlbfs(directory) ||
		shm_create_region(path, ROUSE_REGION_IMAGES, 2 * page, &map, p->why) < 0) {
		umount(directory);
		rmdir(directory);
		skip(); // not root, or no page free
	}
	((uint8_t *)map.base)[2 * page - 1] = 42;
	assert_int_equal(shm_link_region(p->other, path, p->why), 0);
	assert_int_equal(shm_open_region(p->other, ROUSE_REGION_IMAGES, false, &again, p->why), 0);
	assert_int_equal(((uint8_t *)again.base)[2 * page - 1], 42);
	shm_unmap(&again);
	shm_unmap(&map);
	assert_int_equal(
		shm_create_region(path, ROUSE_REGION_IMAGES, page + 4096, &map, p->why), -EINVAL);
	assert_why(p, "2097152");
	assert_int_equal(
		shm_create_region(path, ROUSE_REGION_IMAGES, (size_t)1 << 45, &map, p->why),
		-ENOSPC);
	assert_why(p, "MiB are free");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(umount(directory), 0);
	assert_int_equal(rmdir(directory), 0);
}

static void a_reused_pid_is_not_the_writer(void **state) {
	struct place *p = *state;
	struct shm_header header;

	assert_true(shm_read_header(p->map.base, &header));
	header.writer_start_ticks--;
	assert_false(shm_writer_alive(&header));
	header.writer_pid = 0;
	assert_false(shm_writer_alive(&header));
	header.writer_pid = UINT64_MAX;
	assert_false(shm_writer_alive(&header));
}

static void layouts_differ_by_region(void **state) {
	(void)state;
	for (uint32_t a = ROUSE_REGION_POLICY; a <= ROUSE_REGION_CONTROL; a++)
		for (uint32_t b = a + 1; b <= ROUSE_REGION_CONTROL; b++)
			assert_int_not_equal(shm_layout_crc(a), shm_layout_crc(b));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_missing_file_is_enoent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(foreign_headers_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(truncated_files_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(links_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			files_that_others_may_write_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_of_strangers_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			directories_and_devices_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_create_that_fails_leaves_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_created_can_be_opened, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_images_link_is_followed_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			create_replaces_and_the_old_one_stays_mapped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_left_over_temporary_is_no_obstacle, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_take_over_changes_who_writes_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_live_writer_is_not_robbed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hugetlbfs_takes_a_region, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_reused_pid_is_not_the_writer, set_up, tear_down),
		cmocka_unit_test(layouts_differ_by_region),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
