// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// One boot of one machine: what boot_track.c makes of events, store_boots.c keeps and boot_text.c
// tells.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOT_PHASES_MAX  64u
#define BOOT_NAME_SIZE   64u // of a profile or a role, with its NUL
#define BOOT_FILE_SIZE   88u // of a file's name, with its NUL: of a longer one the end is kept
#define BOOT_REASON_SIZE 192u

// Numbers are in the database: they never change.
enum boot_state {
	BOOT_RUNNING = 0,
	BOOT_DONE = 1,
	BOOT_FAILED = 2,
	BOOT_INTERRUPTED = 3, // control was away, and nothing came of the machine afterwards
};

enum boot_phase_kind {
	BOOT_PHASE_DISCOVER = 0, // of firmware, or of iPXE: from there to the OFFER
	BOOT_PHASE_OFFER = 1,    // from the OFFER to the ACK; without one it is open
	BOOT_PHASE_ACK = 2,      // an address was given or confirmed
	BOOT_PHASE_NAK = 3,
	BOOT_PHASE_PROXY = 4, // told its boot file by ProxyDHCP
	BOOT_PHASE_FILE = 5,
	BOOT_PHASE_SCRIPT = 6, // a script that is made for the machine
	BOOT_PHASE_CALLBACK = 7,
	BOOT_PHASE_ORDER = 8, // its order is used up
	BOOT_PHASE_KINDS = 9,
};

enum boot_result {
	BOOT_RESULT_OPEN = 0, // has not ended yet
	BOOT_RESULT_OK = 1,
	BOOT_RESULT_FAILED = 2,
	BOOT_RESULT_NOT_FOUND = 3,
	BOOT_RESULT_REFUSED = 4,
	BOOT_RESULT_SIZE_ONLY = 5, // asked for the size, not for the file
	BOOT_RESULTS = 6,
};

enum boot_carrier {
	BOOT_CARRIER_TFTP = 0,
	BOOT_CARRIER_HTTP = 1,
	BOOT_CARRIER_HTTPS = 2,
	BOOT_CARRIERS = 3,
};

// What whoever follows a node's life is told of its boots.
enum boot_step {
	BOOT_STEP_BEGAN, // the time to say by boot_plan what it is to boot
	BOOT_STEP_FILE,  // a file has been got
	BOOT_STEP_ORDER, // its order was used
	BOOT_STEP_ENDED, // state, reason and summary are final
};

struct boot_phase {
	uint8_t kind;    // enum boot_phase_kind
	uint8_t result;  // enum boot_result
	uint8_t carrier; // enum boot_carrier, of FILE and SCRIPT
	uint8_t reason;  // enum event_reason, of a FILE that FAILED or was REFUSED
	uint16_t times;  // how often this came in a row, 1 and more
	uint16_t arch;   // of DISCOVER: option 93, UINT16_MAX unknown
	bool ipxe;       // of DISCOVER: iPXE asked, not firmware
	uint32_t at_ms;  // since the boot began; of a file its first byte
	uint32_t duration_ms;
	uint32_t retransmitted; // blocks sent again
	uint32_t address;       // of OFFER, ACK, NAK: host byte order
	uint64_t bytes;
	char name[BOOT_FILE_SIZE]; // file, script, or the callback's state; clean ASCII
};

struct boot {
	uint64_t id; // 0 until store_boot_save has given it one, never used again
	uint8_t mac[6];
	uint8_t state; // enum boot_state
	bool asked;    // it began with a DISCOVER of firmware or iPXE, not with a file
	bool ipxe;     // an iPXE has asked in it
	bool local;    // the machine was to go to its own disk
	bool menu;     // it was to draw a menu
	bool install;  // it has used an order of a profile that installs
	bool last;     // the last file of its profile has been acknowledged
	bool resumed;  // control was restarted meanwhile
	uint16_t arch; // UINT16_MAX unknown
	uint32_t address;
	int64_t started_ns; // Unix
	int64_t last_ns;    // of the last event
	int64_t ended_ns;   // 0: not yet
	uint64_t order_id;  // 0: none
	uint32_t timeout_s; // of its profile: with no progress for so long it has failed. 0: usual
	uint32_t phase_count;
	uint32_t phases_left_out; // beyond BOOT_PHASES_MAX, or for want of memory
	uint32_t phase_room;      // of phases
	uint32_t saved_from;      // phases from here on have changed since they were saved
	struct boot_phase *phases;
	char profile[BOOT_NAME_SIZE]; // "": unknown
	char role[BOOT_NAME_SIZE];
	char reason[BOOT_REASON_SIZE];  // of FAILED and INTERRUPTED, a clause in plain words
	char summary[BOOT_REASON_SIZE]; // of DONE: "got 3 files, 41 MiB, by TFTP"
};
