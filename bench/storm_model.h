// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Real clients as data: what each puts into its messages, what it reads and with which options, how
// long it waits and when it gives up. Where a client does something that the others do not, that is
// a field of storm_dhcp_settings or storm_tftp_settings.

#pragma once

#include "storm_dhcp_client.h"
#include "storm_list.h"
#include "storm_tftp_client.h"

#define STORM_MODEL_NAME_SIZE 24u
#define STORM_FILE_NAME_SIZE  401u

enum storm_read_what {
	STORM_READ_NAMED, // by name
	STORM_READ_BOOT,  // the file of the ACK
	STORM_READ_FILES, // each file of --file; without it the file of the ACK, if nothing else
			  // has read that
};

// One file that a model reads, or asks for.
struct storm_read {
	enum storm_read_what what;
	const char *name;    // for NAMED; see storm_step_name
	bool may_be_absent;  // ERROR 1 is as good as the file
	bool spared;         // left out when DHCP told the file's size (option 13)
	bool no_checksum;    // UDP checksum 0
	uint16_t port_first; // of its source port, which goes up by one with every read
	uint16_t port_count;
	struct storm_tftp_settings tftp; // name and server are the machine's
};

struct storm_model {
	const char *name;
	const char *summary;
	struct storm_dhcp_settings dhcp;
	const struct storm_read *reads;
	uint32_t read_count; // 0: an address is all it wants
};

// The models that --model knows, in the order of the manual.
extern const struct storm_model STORM_MODELS[];
extern const uint32_t STORM_MODEL_COUNT;

// By name; NULL.
const struct storm_model *storm_model_find(const char *name, size_t len);

// Where a machine is in what it reads.
struct storm_step {
	uint32_t read; // of the model
	uint32_t file; // of --file, for STORM_READ_FILES
};

// The read at or behind step that is to be done, NULL if nothing is left; step is moved to it.
// Reads of --file go by file: all of the model's reads of one, then those of the next.
const struct storm_read *storm_step_at(const struct storm_model *model,
	const struct storm_list *files, bool size_known, struct storm_step *step);
// Behind the read that step stands at.
void storm_step_done(
	const struct storm_model *model, const struct storm_list *files, struct storm_step *step);

// The name that the read at step asks for, written to text where it is not a constant: %M is the
// MAC as 01-02-..., %U the machine's UUID, %1 to %8 so many digits of its address in hex. boot is
// the file of the ACK. Empty: there is none.
const char *storm_step_name(const struct storm_read *read, const struct storm_list *files,
	const struct storm_step *step, const char *boot, const struct storm_dhcp_client *machine,
	char text[STORM_FILE_NAME_SIZE]);
