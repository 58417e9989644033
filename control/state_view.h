// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The dataplane's state region as its readers see it. The dataplane may come, go and be replaced: a
// view is renewed from time to time. All counts and offsets are copies, checked against the file's
// size.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm.h"
#include "shm_abi.h"

struct state_view {
	struct shm_map map;
	const struct state_region *region;
	uint32_t worker_count;
	uint32_t port_count;
	uint32_t lease_count;
	uint32_t session_count;
	uint32_t image_slot_count;
	uint16_t tid_first;
	const struct worker_block *workers;
	const struct phase_block *phases;  // one per worker
	const struct hist *sync;           // the journal's
	const struct event_record *events; // EVENT_RING_SIZE per worker
	const struct lease_record *leases;
	const struct tftp_session *sessions;
	const _Atomic uint32_t *pins; // image_slot_count per worker
	const _Atomic uint64_t *last_use;
	const _Atomic uint64_t *wants;       // WANT_RING_SIZE per worker
	const _Atomic uint64_t *hits;        // image_slot_count per worker
	const struct capture_ring *captures; // one per worker
	const _Atomic uint64_t *order_used;  // ORDER_SLOTS
};

// Maps runtime_dir/state. 0; -ENOENT: the dataplane never ran; -EPROTO: another version or not to
// be believed, why says.
int state_view_open(struct state_view *view, const char *runtime_dir, char why[SHM_WHY_SIZE]);
void state_view_close(struct state_view *view);

// Whether the file at runtime_dir/state is another one by now.
bool state_view_replaced(const struct state_view *view, const char *runtime_dir);

// The dataplane's boot id; false while it is being written.
bool state_view_boot_id(const struct state_view *view, uint8_t boot_id[16]);

// How the writer of a region does: it runs; it runs but its heartbeat is older than STATE_STALE_MS;
// it is gone.
enum state_health {
	STATE_ALIVE,
	STATE_STALE,
	STATE_DEAD,
};

#define STATE_STALE_MS 5000u

enum state_health state_health(const struct shm_header *header, uint64_t *heartbeat_age_ms);

// The record of the multicast group that a session is a member of, or NULL.
const struct tftp_session *state_group_of(
	const struct state_view *view, const struct tftp_session *session);

// The bytes of its file that a session is through with: what its client has acknowledged, of a
// group what was sent, and of its members, who say nothing, the same.
uint64_t state_session_bytes(const struct state_view *view, const struct tftp_session *session);

// CLOCK_BOOTTIME in nanoseconds.
uint64_t state_boottime_ns(void);

static inline const struct event_record *state_ring(
	const struct state_view *view, uint32_t worker) {
	return view->events + (size_t)worker * EVENT_RING_SIZE;
}

// The pins of one slot by all workers together.
uint32_t state_pins(const struct state_view *view, uint32_t slot);

// How often transfers of a version of a file have begun.
uint64_t state_hits(const struct state_view *view, uint32_t slot, uint64_t generation);

// The id of the order that was used last in a slot; 0: none was, or there is no such slot.
uint64_t state_order_used(const struct state_view *view, uint32_t slot);

// The generation that every worker has adopted at least.
uint64_t state_adopted(const struct state_view *view);

// Whether the dataplane was built with our counters; those of others would get wrong names.
bool state_same_counters(const struct state_view *view);

// A phase's durations in microseconds, of all workers together.
void state_phase(const struct state_view *view, enum rouse_phase phase, struct hist *sum);

// A counter's sum over all workers.
uint64_t state_counter(const struct state_view *view, enum rouse_stat stat);
