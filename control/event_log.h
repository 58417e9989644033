// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Consumes the dataplane's event rings and writes them to the log. The dataplane may come, go and
// be replaced. Main thread only.

#pragma once

#include "config.h"
#include "image_table.h"
#include "shm.h"
#include "state_view.h"

struct event_log {
	struct shm_map map; // the control region
	struct control_region *region;
	char *runtime_dir;
	struct state_view state;
	bool attached;
	bool told_dead;
	uint64_t lost[ROUSE_MAX_WORKERS]; // event_lost as told last
	char *files[IMAGE_MAX_SLOTS];     // last known name of each slot
	uint32_t credit;                  // lines that may still be written
	uint32_t lines;                   // written in this run
	uint64_t tail[ROUSE_MAX_WORKERS]; // how far the rings were read
	uint64_t told[ROUSE_MAX_WORKERS]; // how far their events were written into the log
	uint64_t told_ms;                 // when the number of those not written was told
	uint64_t held_back; // events not written for want of credit, or lost in a full ring
	// Gets each event, if it is not NULL; file as in event_text.
	void (*follow)(void *context, const struct event_record *event, const char *file);
	void *follow_context;
};

// Adopts or makes runtime_dir/control. 0, or -errno with a sentence.
int event_log_open(struct event_log *log, const char *runtime_dir, char why[SHM_WHY_SIZE]);
void event_log_close(struct event_log *log);

// Notes which file is in which slot, for the sentences.
void event_log_images(struct event_log *log, const struct image_table *images);

// Takes what is in the rings. Call it ten times a second. That it has been taken is told to the
// dataplane by event_log_done only, when what follows from it is kept: a process that is killed in
// between is followed by one that sees it again.
void event_log_run(struct event_log *log, const struct config *config);
void event_log_done(struct event_log *log);

// The running dataplane's state, or NULL; good until the next event_log_run.
const struct state_view *event_log_state(const struct event_log *log);

void event_log_beat(struct event_log *log);
