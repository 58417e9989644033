// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Records from elsewhere go into the mirror, and a checkpoint of it onto the disk. Not through a
// segment: a checkpoint appears under its name only when it is whole, so an import that is killed
// has changed nothing.

#include "journal_import.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "journal_internal.h"

// Numbers and seals the records as the next ones of the history.
static int number(struct journal *journal, struct journal_record *records, uint32_t count) {
	if (count > JOURNAL_LSN_MAX - journal->next_lsn)
		return -EOVERFLOW;
	for (uint32_t i = 0; i < count; i++) {
		records[i].lsn = journal->next_lsn + i;
		records[i].flags = 0;
		journal_seal(&records[i]);
		if (!journal_sane(&records[i]))
			return -EINVAL;
	}
	return 0;
}

static int take(struct journal *journal, const struct journal_record *records, uint32_t count) {
	int err = journal_mirror_reserve(journal, count);

	for (uint32_t i = 0; !err && i < count; i++)
		err = journal_mirror_put(&journal->mirror, &records[i]);
	if (err)
		return err;
	journal->next_lsn += count;
	journal->first_lsn = journal->next_lsn;
	journal->durable_lsn = journal->next_lsn - 1;
	return 0;
}

int journal_import(struct journal *journal, struct journal_record *records, uint32_t count,
	char why[JOURNAL_WHY_SIZE]) {
	int err = journal->started ? -EBUSY : number(journal, records, count);

	if (!err)
		err = take(journal, records, count);
	if (!err)
		err = journal_checkpoint_make(journal);
	why[0] = '\0';
	if (err)
		snprintf(why, JOURNAL_WHY_SIZE,
			"cannot write a checkpoint of the lease journal: %s", strerror(-err));
	return err;
}
