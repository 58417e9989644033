// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The lease journal while no dataplane runs: `rouse leases` then takes its lock, reads it, and
// writes it as the dataplane does, with the same library.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi_state.h"
#include "config.h"
#include "hist.h"
#include "journal_import.h"
#include "lease_import.h"

struct lease_journal {
	struct journal *journal; // NULL: only looked for, and there is none
	int dir_fd;
	struct lease_set known; // what it holds
	bool fresh;             // there was none, or a part of it is missing
	struct journal_block block;
	struct hist sync;
};

// Opens the journal in config's state_dir and reads it. write false: only looks, changes nothing,
// and takes a journal that is not there for an empty one. root acts as the owner of state_dir from
// then on, so that the dataplane may use what is made. An enum cli_exit, after a sentence on
// stderr.
int lease_journal_open(struct lease_journal *journal, const struct config *config, bool write);

// Puts them in, all or none. An enum cli_exit, after a sentence on stderr.
int lease_journal_import(
	struct lease_journal *journal, struct journal_record *records, uint32_t count);

void lease_journal_close(struct lease_journal *journal);
