// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What becomes of each lease of another server: whether it goes into the journal, by the policy and
// by what the journal already knows. Nothing here writes.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "journal_mirror.h"
#include "lease_file.h"
#include "policy.h"

// Records by address, the newest of each; grows as it has to.
struct lease_set {
	struct journal_mirror mirror;
	void *memory; // NULL: empty
};

// Keeps record if its lsn is not below that of the one kept for its address.
void lease_set_put(struct lease_set *set, const struct journal_record *record);
// NULL if there is none.
const struct journal_record *lease_set_find(const struct lease_set *set, uint32_t address);
void lease_set_free(struct lease_set *set);

enum lease_import_verdict {
	// What goes into the journal
	LEASE_IMPORT_KEPT,     // it runs
	LEASE_IMPORT_CONFLICT, // it runs; the address is reserved for another machine, which waits
	LEASE_IMPORT_QUARANTINED, // another machine answered on the address
	LEASE_IMPORT_ENDED, // it has ended; its machine finds the address again while it is free
	// What does not
	LEASE_IMPORT_FORGOTTEN, // it has ended, and the file does not say whose it was
	LEASE_IMPORT_RESERVED,  // the address is its machine's reservation, which needs no lease
	LEASE_IMPORT_OUTSIDE,   // the address is in no pool
	LEASE_IMPORT_KNOWN,     // the journal has it, with as late an end
	LEASE_IMPORT_TAKEN,     // the journal has a running lease of another machine on the address
	LEASE_IMPORT_VERDICTS,
};

struct lease_import {
	const struct policy *policy;
	const struct lease_set *known; // the journal
	int64_t now_unix_s;
};

static inline bool lease_import_writes(enum lease_import_verdict verdict) {
	return verdict <= LEASE_IMPORT_ENDED;
}

// Whether it keeps the address from others now.
bool lease_import_runs(const struct lease_import *import, const struct journal_record *record);

// A file's lease as a record of the journal, not sealed; line is its lsn.
struct journal_record lease_import_record(
	const struct lease_import *import, const struct lease_entry *entry, uint32_t line);

enum lease_import_verdict lease_import_judge(
	const struct lease_import *import, const struct journal_record *record);
