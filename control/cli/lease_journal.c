// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/lease_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "journal_io.h"
#include "probe_mark.h"

static void log_sentence(void *context, const char *sentence) {
	(void)context;
	cli_error("%s", sentence);
}

static int keep(void *context, const struct journal_record *record) {
	if (!journal_is_order(record))
		lease_set_put(context, record);
	return 0;
}

// Files that root makes could not be opened by the unit's user.
static int become_owner(const char *state_dir) {
	struct stat st;

	if (stat(state_dir, &st) < 0)
		return -errno;
	if (geteuid() || !st.st_uid)
		return 0;
	return setegid(st.st_gid) < 0 || seteuid(st.st_uid) < 0 ? -errno : 0;
}

// -ENOENT: there is no journal.
static int open_directory(const char *state_dir, bool write) {
	char path[512];
	int fd;

	if (write)
		return journal_open_directory(state_dir);
	snprintf(path, sizeof(path), "%s/leases", state_dir);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

static int fail(struct lease_journal *journal, const char *state_dir, int err, const char *why) {
	if (err == -EBUSY)
		cli_error(
			"the lease journal in %s/leases is in use: rouse-dataplane runs, and it "
			"alone writes leases then; stop it (systemctl stop rouse-dataplane, or end "
			"rouse up), do this again, and start it",
			state_dir);
	else
		cli_error("cannot open the lease journal in %s/leases: %s", state_dir,
			why[0] ? why : strerror(-err));
	lease_journal_close(journal);
	return CLI_FAILED;
}

int lease_journal_open(struct lease_journal *journal, const struct config *config, bool write) {
	const struct journal_io *io = write ? &journal_io_system : &journal_io_read_only;
	struct journal_config journal_config = {
		.max_leases = config_lease_table(config),
		.block = &journal->block,
		.sync = &journal->sync,
		.wake_fd = -1,
		.log = log_sentence,
	};
	struct journal_recovery recovery;
	char why[JOURNAL_WHY_SIZE] = "";
	int err;

	*journal = (struct lease_journal){.dir_fd = -1};
	err = become_owner(config->state_dir);
	if (err)
		return fail(journal, config->state_dir, err, "");
	journal->dir_fd = open_directory(config->state_dir, write);
	journal->fresh = true;
	if (journal->dir_fd == -ENOENT && !write)
		return CLI_OK;
	if (journal->dir_fd < 0)
		return fail(journal, config->state_dir, journal->dir_fd, "");
	err = journal_open(journal->dir_fd, &journal_config, io, &journal->journal, why);
	if (!err)
		err = journal_recover(journal->journal, keep, &journal->known, &recovery, why);
	if (err)
		return fail(journal, config->state_dir, err, why);
	journal->fresh = recovery.fresh;
	return CLI_OK;
}

// What another server gave does not tell which other addresses are in use. So a journal that begins
// with an import leaves the pools to be probed, as an empty one does; the mark has to be there
// before the journal is.
static int mark_unprobed(const struct lease_journal *journal) {
	int err = journal->fresh ? probe_mark_set(journal->dir_fd) : 0;

	if (err)
		cli_error("cannot note beside the lease journal that addresses have to be probed: "
			  "%s",
			strerror(-err));
	return err ? CLI_FAILED : CLI_OK;
}

int lease_journal_import(
	struct lease_journal *journal, struct journal_record *records, uint32_t count) {
	char why[JOURNAL_WHY_SIZE];
	int rc = mark_unprobed(journal);

	if (rc == CLI_OK && journal_import(journal->journal, records, count, why)) {
		cli_error("%s", why);
		rc = CLI_FAILED;
	}
	return rc;
}

void lease_journal_close(struct lease_journal *journal) {
	journal_close(journal->journal);
	if (journal->dir_fd >= 0)
		close(journal->dir_fd);
	lease_set_free(&journal->known);
	journal->journal = NULL;
	journal->dir_fd = -1;
}
