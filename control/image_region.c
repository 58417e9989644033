// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "image_region.h"

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SHM_DIRECTORY    "/dev/shm"
#define SLOTS_MIN        8192u // 1 MiB: files that are not in memory have a slot, too
#define SLOTS_PER_EXTENT 64u
// What is left of free hugepages for others, the dataplane's buffers first of all.
#define HUGE_SPARE_BYTES (512ULL << 20)

static uint64_t round_up(uint64_t value, uint64_t unit) {
	return (value + unit - 1) / unit * unit;
}

void image_region_plan(uint64_t memory_bytes, struct image_region_plan *plan) {
	uint64_t extents = memory_bytes >> IMAGE_EXTENT_SHIFT;
	uint64_t slots = extents * SLOTS_PER_EXTENT;

	plan->extent_count = (uint32_t)extents;
	plan->slot_count = slots < SLOTS_MIN         ? SLOTS_MIN
			   : slots > IMAGE_MAX_SLOTS ? IMAGE_MAX_SLOTS
						     : (uint32_t)slots;
	plan->map_count = plan->extent_count * IMAGE_MAP_FACTOR;
	plan->slots_offset = sizeof(struct images_region);
	plan->map_offset =
		plan->slots_offset + (uint64_t)plan->slot_count * sizeof(struct image_slot);
	plan->data_offset =
		round_up(plan->map_offset + (uint64_t)plan->map_count * sizeof(uint32_t),
			IMAGE_EXTENT_BYTES);
	plan->total = plan->data_offset + extents * IMAGE_EXTENT_BYTES;
}

bool image_region_fits(const struct images_region *region, const struct image_region_plan *plan) {
	return region->header.total_size == plan->total && region->slot_count == plan->slot_count &&
	       region->extent_count == plan->extent_count && region->map_count == plan->map_count &&
	       region->slots_offset == plan->slots_offset &&
	       region->map_offset == plan->map_offset && region->data_offset == plan->data_offset;
}

char *image_region_path(
	const char *directory, const char *runtime_dir, char path[IMAGE_REGION_PATH]) {
	char *at;

	snprintf(path, IMAGE_REGION_PATH, "%s/rouse%s-images", directory, runtime_dir);
	for (at = path + strlen(directory) + 1; *at; at++)
		if (*at == '/')
			*at = '-';
	return path;
}

// A value of /proc/meminfo, in its own unit; 0 if it is not there.
static uint64_t meminfo(const char *name) {
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long value = 0;
	char line[128];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		size_t len = strlen(name);

		if (strncmp(line, name, len) != 0 || line[len] != ':')
			continue;
		sscanf(line + len + 1, "%llu", &value);
		break;
	}
	fclose(file);
	return value;
}

static void remove_in(const char *directory, const char *runtime_dir) {
	char path[IMAGE_REGION_PATH], unfinished[IMAGE_REGION_PATH + 8];

	image_region_path(directory, runtime_dir, path);
	snprintf(unfinished, sizeof(unfinished), "%s.new", path); // see shm_create_region
	unlink(path);
	unlink(unfinished);
}

void image_region_remove(const char *runtime_dir) {
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *mount;

	remove_in(SHM_DIRECTORY, runtime_dir);
	while (mounts && (mount = getmntent(mounts)))
		if (strcmp(mount->mnt_type, "hugetlbfs") == 0)
			remove_in(mount->mnt_dir, runtime_dir);
	if (mounts)
		endmntent(mounts);
}

// The hugetlbfs mount of the default page size, if free pages cover size bytes and spare some.
static bool find_hugetlbfs(uint64_t size, char directory[IMAGE_REGION_PATH]) {
	uint64_t page = meminfo("Hugepagesize") << 10;
	uint64_t reserved = meminfo("HugePages_Rsvd");
	uint64_t free_pages = meminfo("HugePages_Free");
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *mount;
	bool found = false;

	if (!mounts)
		return false;
	while (page == IMAGE_EXTENT_BYTES && !found && (mount = getmntent(mounts))) {
		if (strcmp(mount->mnt_type, "hugetlbfs") != 0 || hasmntopt(mount, "pagesize=1024M"))
			continue;
		snprintf(directory, IMAGE_REGION_PATH, "%s", mount->mnt_dir);
		found = access(directory, W_OK) == 0;
	}
	endmntent(mounts);
	return found && free_pages > reserved &&
	       (free_pages - reserved) * page >= size + HUGE_SPARE_BYTES;
}

static uint64_t to_mib(uint64_t bytes) {
	return round_up(bytes, 1 << 20) >> 20;
}

// /dev/shm must have the room, and the machine the memory behind it: it is taken at once.
static int check_shm(uint64_t size, char why[IMAGE_REGION_WHY]) {
	uint64_t available = meminfo("MemAvailable") << 10;
	struct statvfs fs;
	uint64_t free_bytes;

	if (statvfs(SHM_DIRECTORY, &fs) < 0) {
		snprintf(why, IMAGE_REGION_WHY, SHM_DIRECTORY ": %s", strerror(errno));
		return -errno;
	}
	if (available && size > available) {
		snprintf(why, IMAGE_REGION_WHY,
			"memory: takes %llu MiB, but the machine has only %llu MiB available: set "
			"a "
			"smaller memory: in the configuration",
			(unsigned long long)to_mib(size), (unsigned long long)(available >> 20));
		return -ENOMEM;
	}
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (size <= free_bytes)
		return 0;
	snprintf(why, IMAGE_REGION_WHY,
		SHM_DIRECTORY " has %llu MiB free, memory: takes %llu MiB; run: "
			      "mount -o remount,size=%lluM " SHM_DIRECTORY,
		(unsigned long long)(free_bytes >> 20), (unsigned long long)to_mib(size),
		(unsigned long long)to_mib(
			size + ((uint64_t)fs.f_blocks - fs.f_bavail) * fs.f_frsize));
	return -ENOSPC;
}

static void write_region(struct shm_map *map, const struct image_region_plan *plan) {
	struct images_region *region = map->base;

	region->slot_count = plan->slot_count;
	region->extent_count = plan->extent_count;
	region->map_count = plan->map_count;
	region->slots_offset = plan->slots_offset;
	region->map_offset = plan->map_offset;
	region->data_offset = plan->data_offset;
}

// Whether link leads to a file that we would have made: nothing else is ever adopted or removed.
static bool is_ours(const char *link, const char *runtime_dir, char target[IMAGE_REGION_PATH]) {
	char name[IMAGE_REGION_PATH], found[IMAGE_REGION_PATH];
	ssize_t len = readlink(link, found, sizeof(found) - 1);
	const char *slash;

	if (len <= 0)
		return false;
	found[len] = '\0';
	memcpy(target, found, (size_t)len + 1);
	slash = strrchr(target, '/');
	image_region_path("", runtime_dir, name);
	return slash && !strcmp(slash, name);
}

static int adopt(const char *link, const struct image_region_plan *plan, struct shm_map *map,
	char why[IMAGE_REGION_WHY]) {
	int rc = shm_open_region(link, ROUSE_REGION_IMAGES, true, map, why);

	if (rc < 0)
		return rc;
	if (map->size == plan->total && image_region_fits(map->base, plan)) {
		shm_take_over(map);
		return 0;
	}
	shm_unmap(map);
	return -EPROTO;
}

static int create(const char *path, const struct image_region_plan *plan, struct shm_map *map,
	char why[IMAGE_REGION_WHY]) {
	int rc = shm_create_region(path, ROUSE_REGION_IMAGES, plan->total, map, why);

	if (rc == 0)
		write_region(map, plan);
	return rc;
}

static int create_somewhere(const char *runtime_dir, const struct image_region_plan *plan,
	struct shm_map *map, char path[IMAGE_REGION_PATH], char why[IMAGE_REGION_WHY]) {
	char directory[IMAGE_REGION_PATH];
	int rc;

	if (find_hugetlbfs(plan->total, directory)) {
		image_region_path(directory, runtime_dir, path);
		// Another process may have taken the pages since: /dev/shm is as good.
		if (create(path, plan, map, why) == 0)
			return 0;
	}
	rc = check_shm(plan->total, why);
	if (rc < 0)
		return rc;
	return create(image_region_path(SHM_DIRECTORY, runtime_dir, path), plan, map, why);
}

int image_region_open(const char *runtime_dir, const struct image_region_plan *plan,
	struct shm_map *map, char path[IMAGE_REGION_PATH], bool *adopted,
	char why[IMAGE_REGION_WHY]) {
	char link[IMAGE_REGION_PATH];
	int rc;

	snprintf(link, sizeof(link), "%s/images", runtime_dir);
	if (is_ours(link, runtime_dir, path)) {
		rc = adopt(link, plan, map, why);
		*adopted = rc == 0;
		if (rc == 0 || rc == -EBUSY)
			return rc;
		// Of another size or version: its memory is needed for the new one. A dataplane
		// that still serves from it keeps its mapping.
		unlink(path);
	}
	*adopted = false;
	rc = create_somewhere(runtime_dir, plan, map, path, why);
	if (rc < 0)
		return rc;
	rc = shm_link_region(link, path, why);
	if (rc < 0) {
		shm_unmap(map);
		unlink(path);
	}
	return rc;
}
