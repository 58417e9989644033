// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the parts of the image thread share: image_service.c (the thread, and what others call),
// image_scan.c (what is below boot_root), image_fill.c (what comes into memory and what leaves it),
// image_variant.c (files in netascii) and image_report.c (what others are told). Nobody else
// includes this.

#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "image_catalog.h"
#include "image_demand.h"
#include "image_evict.h"
#include "image_load.h"
#include "image_peer.h"
#include "image_retire.h"
#include "image_service.h"
#include "image_store.h"
#include "image_watch.h"

// What crosses over between the thread and others.
struct image_shared {
	pthread_mutex_t lock;
	struct image_table *table;
	struct catalog_order order;
	bool reload;
	uint64_t published_version;
	uint64_t published_generation;
	struct rendered_set *rendered; // the next one, NULL: taken already
};

// Rendered texts, the thread's own.
struct image_rendered {
	struct rendered_set *set;
	uint32_t *slots; // of each of its texts, IMAGE_NO_SLOT
	size_t missing;  // texts that are not in memory
	uint64_t due_ms; // of the next try
	bool told;
};

struct image_service {
	pthread_t thread;
	atomic_bool stop;
	int wake_fd;
	int root_fd;
	char *boot_root;
	char *runtime_dir;
	void (*notify)(void *context);
	void *context;
	_Atomic uint64_t *want_tail; // in the control region
	_Atomic uint64_t free_bytes; // thread: rw, others: ro
	struct image_shared shared;
	// the thread's own
	struct image_store store;
	struct image_watch watch;
	struct image_peer peer;
	const struct state_view *dataplane; // NULL: there is none to wait for
	bool dataplane_may_return;          // nothing is taken from it
	uint64_t peer_due_ms;
	uint64_t room_due_ms;
	struct image_retire retire;
	struct image_demand demand;
	struct image_evictor evictor;
	struct catalog catalog;
	uint32_t *owner;      // by slot: index in the catalog, NO_OWNER
	size_t variant_count; // in netascii
	uint64_t variants_dropped;
	struct image_rendered rendered;
	struct image_walk walk;     // the last one: what was left out
	struct catalog_file **fill; // what is still to be loaded without anybody's asking
	size_t fill_count;
	size_t fill_next;
	bool nested; // a load goes on
	uint64_t memory_bytes;
	uint64_t version;     // of the next table
	uint64_t scan_due_ms; // 0: none
	uint64_t last_scan_ms;
	uint64_t watch_due_ms; // of the next look at boot_root itself
	uint64_t last_table_ms;
	bool scanned;
	bool complete;
	bool partial; // files are not in memory: somebody may ask for them
	bool dirty;   // the table is behind the catalog
	bool told_unreliable;
};

#define NO_OWNER UINT32_MAX

uint64_t image_keeper_now_ms(void);

// image_scan.c -----------------------------------------------------------------------------------

void image_scan_schedule(struct image_service *s, uint64_t delay_ms);
bool image_scan_is_due(const struct image_service *s);

// Walks all of boot_root and brings catalog and slots up to date.
void image_scan_run(struct image_service *s);

// Takes what inotify says, and follows boot_root when another directory is put in its place.
void image_scan_watch(struct image_service *s);

// image_fill.c -----------------------------------------------------------------------------------

// After a scan: what is to be loaded anew, and in which order.
void image_fill_begin(struct image_service *s);

// Loads one more file, if it fits. False: there is nothing left to load.
bool image_fill_step(struct image_service *s);

// Loads what somebody waits for and makes room for it.
void image_fill_demands(struct image_service *s);

// Looks after the dataplane: takes what it wants, and frees what it does not need any more.
void image_fill_follow(struct image_service *s);

// Gives a file without a slot one, or refuses it.
void image_fill_assign(struct image_service *s, struct catalog_file *file);

// Lets go of a file's slot when no snapshot names it any more.
void image_fill_release(struct image_service *s, struct catalog_file *file);

// The file cannot be served as it is now. What was served of it until now goes, too: it is not what
// the operator put there. reason: static storage.
void image_fill_refuse(
	struct image_service *s, struct catalog_file *file, uint16_t state, const char *reason);

// image_variant.c --------------------------------------------------------------------------------

// Somebody wants a version in netascii: a slot for that, if there is none, and a place among what
// is wanted.
void image_variant_want(void *service, uint32_t slot, uint64_t generation);

// Converts a file into its variant's slot. IMAGE_CHANGING: it is another version by now.
enum image_load_result image_variant_load(struct image_service *s, struct catalog_file *file);

// Lets go of the variant when nobody can have read of it any more.
void image_variant_release(struct image_service *s, struct catalog_file *file);

// The file's slot may be of another version by now: then it has no variant.
void image_variant_check(struct image_service *s, struct catalog_file *file);

// image_rendered.c -------------------------------------------------------------------------------

// Takes over a set: texts that it shares with the one before keep their slots.
void image_rendered_take(struct image_service *s, struct rendered_set *next);

// Loads what was evicted or had no place.
void image_rendered_check(struct image_service *s);

void image_rendered_report(struct image_service *s, struct image_table *table);

// Whether the slot is a rendered text's, perhaps of the process before.
bool image_rendered_is_text(const struct image_service *s, uint32_t slot);

void image_rendered_close(struct image_service *s);

// image_report.c ---------------------------------------------------------------------------------

// Makes a table and hands it out.
void image_report_table(struct image_service *s);

// The first pass is over: what fits is in memory.
void image_report_complete(struct image_service *s);
