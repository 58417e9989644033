// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Leases that another server gave, put into a journal while no dataplane runs. The next dataplane
// recovers them as its own.

#pragma once

#include "journal_thread.h"

// For a journal that is open and recovered, and never started. Makes all records part of it by one
// checkpoint, or none of them; lsn, flags and crc are set here. One of an address that the journal
// has takes its place. 0 when they are on disk; -EINVAL: a record is not sane, -EOVERFLOW, -ENOMEM,
// or what the disk gave. why: a sentence. After an error close the journal. Only if the very last
// sync fails can they be there nevertheless; to do it again does no harm.
int journal_import(struct journal *journal, struct journal_record *records, uint32_t count,
	char why[JOURNAL_WHY_SIZE]);
