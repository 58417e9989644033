// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Turns the stream of events into boots, one record for each time that a machine boots. Pure: time
// comes with the events and with boot_track_tick. Firmware's PXE, the iPXE that it loads and the
// DHCP of what that loads are one boot. A boot ends when its last file has come and the machine is
// quiet (no machine says "I run"), by a callback, when firmware asks anew, or when nothing has come
// of it for too long; each ends once. One thread.
//
// What is counted on of the caller: events of one ring come in their order; those of different
// rings may be late by less than a tick. In each tick: boot_track_event for all that is there,
// boot_track_tick, boot_track_flush into the store, and only then the rings' tails are moved. A
// control that is killed in between sees some events again, which restored boots leave out.

#pragma once

#include "boot_record.h"

#define BOOT_TRACK_MACHINES_MAX 65536u
#define BOOT_TRACK_PHASES_MAX   524288u // of all boots in memory
#define BOOT_TRACK_UNSAVED_MAX  65536u  // ended boots that wait for a flush

enum boot_event_kind {
	BOOT_EVENT_MACHINE,     // DISCOVER of a machine that boots: address, arch, ipxe
	BOOT_EVENT_OFFER,       // address, name: the boot file that it was told
	BOOT_EVENT_ACK,         // address
	BOOT_EVENT_NAK,         // address
	BOOT_EVENT_PROXY,       // address or 0, name: the file that it was told
	BOOT_EVENT_FILE_OPEN,   // bytes: 0; of HTTP: the first byte has left
	BOOT_EVENT_FILE_DONE,   // bytes, duration_ms, retransmitted, last
	BOOT_EVENT_FILE_PROBE,  // the size only: TFTP's tsize, HTTP's HEAD
	BOOT_EVENT_FILE_FAILED, // bytes so far, reason
	BOOT_EVENT_FILE_NOT_FOUND,
	BOOT_EVENT_FILE_REFUSED, // reason
	BOOT_EVENT_SCRIPT,   // a script was made for the machine itself: mac, address, bytes, name
	BOOT_EVENT_CALLBACK, // name: installing, installed or failed; text: the reason given
	BOOT_EVENT_ORDER_USED, // order_id, install
	BOOT_EVENT_KINDS,
};

struct boot_event {
	uint8_t kind; // enum boot_event_kind
	uint8_t carrier;
	uint8_t reason; // enum event_reason
	bool ipxe;
	bool last;    // this file is the last one of the machine's profile
	bool install; // of ORDER_USED
	uint16_t arch;
	uint8_t mac[6];   // zero: unknown, the address says it
	uint32_t address; // host byte order, 0: unknown
	uint32_t duration_ms;
	uint32_t retransmitted;
	int64_t unix_ns; // when it was over
	uint64_t bytes;
	uint64_t order_id;
	const char *name; // NULL or bytes of any kind: cleaned here
	size_t name_len;
	const char *text;
	size_t text_len;
};

struct boot_track_config {
	uint32_t quiet_s;   // after the last file: done. 0: 60
	uint32_t stall_s;   // without any file: failed. 0: 90
	uint32_t open_s;    // nothing heard of a transfer under way: failed. 0: 900
	uint32_t install_s; // an installer that does not report: failed. 0: 7200
	uint64_t seed[2];   // of the hashes, random: machines choose their addresses
	// Called while an event or a tick is handled; may call boot_plan, nothing else of here.
	void (*step)(void *context, struct boot *boot, enum boot_step step);
	void *context;
};

struct boot_track_counts {
	uint64_t events;
	uint64_t strangers; // events of machines that did not ask by DHCP before
	uint64_t late;      // events that belong to no boot that runs
	uint64_t repeated;  // events that a restored boot had already
	uint64_t full;      // machines not followed: BOOT_TRACK_MACHINES_MAX boot
	uint64_t forgotten; // idle machines that made room
	uint64_t phases_left_out;
	uint64_t boots_lost; // ended ones that could not be saved, beyond BOOT_TRACK_UNSAVED_MAX
	uint32_t machines;
	uint32_t running;
	uint32_t phases;
};

struct boot_track;

struct boot_track *boot_track_new(const struct boot_track_config *config);
void boot_track_free(struct boot_track *track);

// A running boot of an earlier process: goes on if an event of its machine comes in time, else ends
// as interrupted. Takes over *boot and its phases. Of two of one machine the older one ends at
// once.
void boot_track_restore(struct boot_track *track, struct boot *boot);

// Who had this address last, so that a file that it asks for is known to be its, and when it was
// heard last: its events until then are known. Before events.
void boot_track_learn(struct boot_track *track, const uint8_t mac[6], uint32_t address, int64_t ns);

void boot_track_event(struct boot_track *track, const struct boot_event *event);

// Ends what is over by now_ns. Call it once a second or more often.
void boot_track_tick(struct boot_track *track, int64_t now_ns);

// Calls save for each boot that has changed since it was saved last, ended ones for the last time.
// save gives boot->id the first time (store_boot_save does) and returns 0 or -errno. Stops at the
// first error, and returns it. boot_track_saved must follow.
int boot_track_flush(
	struct boot_track *track, int (*save)(void *context, struct boot *boot), void *context);

// What the last flush saved is committed, and ended boots are given up; or it is not, and the next
// flush saves it again. A batch that failed has also lost the states and orders that its steps
// wrote: then leave the rings' tails, and make the tracker anew from the store, as after a restart.
void boot_track_saved(struct boot_track *track, bool committed);

// The running boot of a machine, or NULL. Good until the next call that changes anything.
const struct boot *boot_track_find(const struct boot_track *track, const uint8_t mac[6]);

// The machine that has this address. False: none is known.
bool boot_track_who(const struct boot_track *track, uint32_t address, uint8_t mac[6]);

void boot_track_count(const struct boot_track *track, struct boot_track_counts *counts);

struct boot_plan {
	const char *profile; // NULL: unknown
	const char *role;
	uint64_t order_id;  // that waits for it, 0: none
	uint32_t timeout_s; // of the profile, 0: the usual one
	bool local;         // to its own disk: that it asks for no file is no failure
	bool menu;          // drawn, it may be left alone, which is none either
};

// Within step BEGAN: what the machine is to boot.
void boot_plan(struct boot *boot, const struct boot_plan *plan);

// The same later, as when a script is made for it. False: no boot of it runs.
bool boot_track_plan(struct boot_track *track, const uint8_t mac[6], const struct boot_plan *plan);
