// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse host up and down, which rouse up and the systemd units call. Nothing is changed before the
// record of what was there is saved.

#include "cli/host.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/host_dhcp.h"
#include "cli/host_leftovers.h"
#include "cli/host_nft.h"
#include "cli/host_record.h"
#include "cli/host_settings.h"
#include "cli/run_program.h"

#define LOCK_STEP_MS 10u
#define LOCK_WAIT_MS 1500u

// The group that may read the region files. It is not removed by host_down: files in state_dir bear
// its number. Without it the programs work, for their own user.
static void make_group(void) {
	char *argv[] = {"groupadd", "--system", "rouse", NULL};
	char output[256];

	if (getgrnam("rouse"))
		return;
	if (run_program(argv, NULL, output, sizeof(output)) != 0)
		cli_error(
			"group rouse could not be made, only root can read what runs: %s", output);
}

// The units run both programs as user rouse, which has to write there; rouse up runs them as root.
static int give_to_rouse(const char *path) {
	struct passwd *user = getpwnam("rouse");
	struct group *group = getgrnam("rouse");

	return chown(path, user ? user->pw_uid : (uid_t)-1, group ? group->gr_gid : (gid_t)-1);
}

// mkdir -p. made: whether the last one was missing.
static int make_directory(const char *path, bool *made, char *why, size_t why_size) {
	char part[4096];

	*made = false;
	for (size_t i = 1; path[i - 1] && i < sizeof(part); i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		*made = mkdir(part, 0755) == 0;
		if (!*made && errno != EEXIST) {
			snprintf(why, why_size, "cannot make directory %s: %s", part,
				strerror(errno));
			return -errno;
		}
	}
	if (!*made)
		return 0;
	if (chmod(path, 0750) < 0 || give_to_rouse(path) < 0) {
		snprintf(why, why_size, "cannot set owner and mode of %s: %s", path,
			strerror(errno));
		return -errno;
	}
	return 0;
}

static uint64_t hugepages_free_bytes(void) {
	FILE *file = fopen("/proc/meminfo", "re");
	uint64_t pages = 0, kb = 0;
	char line[128];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		sscanf(line, "HugePages_Free: %" SCNu64, &pages);
		sscanf(line, "Hugepagesize: %" SCNu64, &kb);
	}
	fclose(file);
	return pages * kb * 1024;
}

// memory: must fit into hugepages or into /dev/shm; told here rather than when control has started.
static int check_memory(const struct config *config, char *why, size_t why_size) {
	uint64_t leftover = host_leftovers_images_size(config->runtime_dir), room = leftover;
	struct statvfs shm;

	if (hugepages_free_bytes() + leftover >= config->memory_bytes)
		return 0;
	if (statvfs("/dev/shm", &shm) == 0)
		room += (uint64_t)shm.f_bavail * shm.f_frsize;
	if (room >= config->memory_bytes)
		return 0;
	snprintf(why, why_size,
		"memory: %" PRIu64 "M does not fit: %" PRIu64 "M of hugepages and %" PRIu64
		"M of /dev/shm are free; make room with "
		"\"mount -o remount,size=%" PRIu64 "M /dev/shm\", or lower memory:",
		config->memory_bytes >> 20, hugepages_free_bytes() >> 20, room >> 20,
		(config->memory_bytes >> 20) + 64);
	return -ENOSPC;
}

// The earlier run's record, if what it says still holds here: same boot, same network namespace.
static struct host_record *load_valid(
	const char *runtime_dir, const struct host_record *now, struct host_record *old) {
	if (host_record_load(runtime_dir, old) < 0)
		return NULL;
	if (strcmp(old->boot_id, now->boot_id) != 0)
		return NULL;
	if (old->netns == now->netns)
		return old;
	cli_error("%s was in use in another network namespace, whose settings stay as they are",
		runtime_dir);
	return NULL;
}

// Works out and saves what will be changed. again: an earlier run's changes still hold.
static int plan(const struct config *config, uint64_t hugepages, struct host_record *record,
	bool *again, char *why, size_t why_size) {
	struct host_record former, *old = load_valid(config->runtime_dir, record, &former);
	int rc = host_ports_set(
		old, config->tid_range[0], config->tid_range[1], record, why, why_size);

	if (rc == 0)
		rc = host_hugepages_set(old, hugepages, record, why, why_size);
	*again = old;
	if (old)
		record->made_runtime_dir |= old->made_runtime_dir;
	if (rc < 0)
		return rc;
	rc = host_record_save(config->runtime_dir, record);
	if (rc < 0)
		snprintf(why, why_size, "cannot write in %s: %s", config->runtime_dir,
			strerror(-rc));
	return rc;
}

static int apply(
	const struct config *config, const struct host_record *record, char *why, size_t why_size) {
	int rc = host_ports_apply(record, why, why_size);

	if (rc == 0)
		rc = host_hugepages_apply(record, why, why_size);
	if (rc == 0)
		rc = check_memory(config, why, why_size);
	if (rc == 0)
		rc = host_nft_apply(config, why, why_size);
	return rc;
}

static int restore(
	const char *runtime_dir, const struct host_record *record, char *why, size_t why_size) {
	int ports = host_ports_restore(record, why, why_size);
	int pages = host_hugepages_restore(record, why, why_size);
	int nft = host_nft_remove(runtime_dir, why, why_size);

	return ports < 0 ? ports : pages < 0 ? pages : nft;
}

static int refuse_unprivileged(char *why, size_t why_size) {
	if (geteuid() == 0)
		return 0;
	snprintf(why, why_size, "only root can set the host up: nft rules, sysctl, group");
	return -EPERM;
}

static int refuse_dhcp_beside(const struct config *config, char *why, size_t why_size) {
	static struct config_errors errors;

	errors.count = 0;
	host_dhcp_check(config, &errors);
	if (!errors.count)
		return 0;
	snprintf(why, why_size, "%s: %s", errors.list[0].key, errors.list[0].text);
	return -EADDRINUSE;
}

int host_up(const struct config *config, uint64_t hugepages, char *why, size_t why_size) {
	struct host_record record;
	char ignored[HOST_WHY_SIZE];
	bool made, again = false;
	int rc = refuse_unprivileged(why, why_size);

	if (rc == 0)
		rc = refuse_dhcp_beside(config, why, why_size);
	if (rc == 0)
		rc = host_record_init(&record);
	if (rc < 0)
		return rc;
	make_group();
	rc = make_directory(config->state_dir, &made, why, why_size);
	if (rc == 0)
		rc = make_directory(config->runtime_dir, &record.made_runtime_dir, why, why_size);
	if (rc == 0)
		rc = plan(config, hugepages, &record, &again, why, why_size);
	if (rc < 0)
		return rc;
	rc = apply(config, &record, why, why_size);
	// What an earlier up has set may be in use: it stays, and its record too.
	if (rc < 0 && !again) {
		restore(config->runtime_dir, &record, ignored, sizeof(ignored));
		host_record_remove(config->runtime_dir);
	}
	return rc;
}

// A process that was killed holds its lock until the kernel has taken it apart: one that holds it
// longer runs.
static const char *still_running(const char *runtime_dir) {
	const struct timespec step = {.tv_nsec = LOCK_STEP_MS * 1000000L};
	const char *running = host_running(runtime_dir);

	for (unsigned waited = 0; running && waited < LOCK_WAIT_MS; waited += LOCK_STEP_MS) {
		nanosleep(&step, NULL);
		running = host_running(runtime_dir);
	}
	return running;
}

int host_down(const char *runtime_dir, char *why, size_t why_size) {
	struct host_record now, record;
	const char *running = still_running(runtime_dir);
	int rc = refuse_unprivileged(why, why_size);

	if (rc == 0 && running) {
		snprintf(why, why_size, "%s runs in %s: end it first", running, runtime_dir);
		rc = -EBUSY;
	}
	if (rc == 0)
		rc = host_record_init(&now);
	if (rc < 0)
		return rc;
	host_leftovers_remove(runtime_dir);
	if (!load_valid(runtime_dir, &now, &record))
		memset(&record, 0, sizeof(record));
	rc = restore(runtime_dir, &record, why, why_size);
	if (rc < 0)
		return rc;
	rc = host_record_remove(runtime_dir);
	if (record.made_runtime_dir)
		rmdir(runtime_dir); // stays if somebody put a file there
	return rc;
}
