// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The slowest transfers and what keeps them. Slow is what moved least in the last interval, so a
// transfer that stands still comes first however fast it began. One without an interval behind it
// has no rate to judge by, and comes last.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/top_sample.h"
#include "human.h"

#define SILENT_MS   1000u // a client answers a window within milliseconds
#define AGAIN_SHARE 2u    // of a hundred packets: more than some loss
#define YOUNG_MS    1000

// In the order in which they explain most.
static void explain(struct top_transfer *transfer) {
	const struct tftp_session *s = &transfer->session;
	uint64_t now_us = state_boottime_ns() / 1000;
	uint64_t silent_ms = now_us > s->last_seen_us ? (now_us - s->last_seen_us) / 1000 : 0;
	uint64_t blocks = s->blksize ? transfer->bytes / s->blksize : 0;
	uint64_t sent = blocks + s->retransmitted;
	uint64_t again_percent = sent ? s->retransmitted * (uint64_t)100 / sent : 0;
	uint64_t limit = s->block_ns ? s->blksize * (uint64_t)1000000000 / s->block_ns : 0;
	char text[HUMAN_SIZE];
	char *why = transfer->why;

	why[0] = '\0';
	if (s->state == SESSION_MEMBER && s->role != ROLE_MASTER)
		snprintf(why, TOP_WHY_SIZE, "listens to a group");
	else if (silent_ms >= SILENT_MS)
		snprintf(why, TOP_WHY_SIZE, "client silent for %s", human_ms(silent_ms, text));
	else if (s->state == SESSION_OACK)
		snprintf(why, TOP_WHY_SIZE, "options not yet acknowledged");
	else if (sent >= 50 && again_percent >= AGAIN_SHARE)
		snprintf(why, TOP_WHY_SIZE, "loss: %" PRIu64 " %% sent again", again_percent);
	else if (limit && transfer->bytes_per_s >= limit / 10 * 8)
		snprintf(why, TOP_WHY_SIZE, "at its limit %s/s", human_bytes(limit, text));
	else if (s->windowsize <= 1 && !s->ahead)
		snprintf(why, TOP_WHY_SIZE, "window 1, rtt %" PRIu32 " us", s->srtt_us);
	else if (s->srtt_us)
		snprintf(why, TOP_WHY_SIZE, "rtt %" PRIu32 " us", s->srtt_us);
}

static bool same(const struct top_progress *a, const struct top_progress *b) {
	return a->started_unix_ms == b->started_unix_ms && a->peer_address == b->peer_address &&
	       a->peer_port == b->peer_port;
}

static uint64_t rate_of(const struct top_sample *before, const struct top_sample *now,
	uint32_t index, int64_t age_ms) {
	const struct top_progress *at = &now->progress[index];
	const struct top_progress *was =
		before && index < before->session_count ? &before->progress[index] : NULL;

	if (was && same(was, at) && at->bytes >= was->bytes && now->at_ns > before->at_ns)
		return (uint64_t)((double)(at->bytes - was->bytes) * 1e9 /
				  (double)(now->at_ns - before->at_ns));
	return age_ms > 0 ? at->bytes * 1000 / (uint64_t)age_ms : 0;
}

// A candidate: small, as many are moved on the way to the slowest.
struct rank {
	uint32_t index;
	int64_t age_ms;
	uint64_t bytes_per_s;
};

struct ranking {
	uint32_t count;
	struct rank rank[TOP_TRANSFERS];
};

static bool is_slower(const struct rank *a, const struct rank *b) {
	bool a_young = a->age_ms < YOUNG_MS, b_young = b->age_ms < YOUNG_MS;

	if (a_young != b_young)
		return b_young;
	if (a->bytes_per_s != b->bytes_per_s)
		return a->bytes_per_s < b->bytes_per_s;
	return a->age_ms > b->age_ms;
}

// Keeps the slowest ones in their order.
static void insert(struct ranking *ranking, struct rank rank) {
	uint32_t at = ranking->count;

	if (at == TOP_TRANSFERS && !is_slower(&rank, &ranking->rank[--at]))
		return;
	if (ranking->count < TOP_TRANSFERS)
		ranking->count++;
	for (; at > 0 && is_slower(&rank, &ranking->rank[at - 1]); at--)
		ranking->rank[at] = ranking->rank[at - 1];
	ranking->rank[at] = rank;
}

static int64_t unix_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void describe(const struct instance *instance, const struct top_sample *now,
	const struct rank *rank, struct top_transfer *transfer) {
	const struct tftp_session *s = &transfer->session;

	memcpy(&transfer->session, &instance->state.sessions[rank->index], sizeof(*s));
	transfer->bytes = now->progress[rank->index].bytes;
	transfer->age_ms = rank->age_ms;
	transfer->bytes_per_s = rank->bytes_per_s;
	instance_host_name(instance, s->node_mac, transfer->host);
	instance_file_name(instance, s->slot, s->generation, transfer->file);
	explain(transfer);
}

void top_transfers(const struct instance *instance, const struct top_sample *before,
	const struct top_sample *now, struct top_figures *figures) {
	struct ranking ranking = {0};
	int64_t at_ms = unix_ms();

	figures->sessions = 0;
	figures->session_room = now->session_count;
	for (uint32_t i = 0; i < now->session_count; i++) {
		int64_t age_ms = at_ms - now->progress[i].started_unix_ms;

		if (!now->progress[i].started_unix_ms)
			continue;
		figures->sessions++;
		insert(&ranking, (struct rank){i, age_ms, rate_of(before, now, i, age_ms)});
	}
	figures->transfer_count = ranking.count;
	for (uint32_t i = 0; i < ranking.count; i++)
		describe(instance, now, &ranking.rank[i], &figures->transfer[i]);
}
