// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The bucket holds what flows in 5 ms: longer than a busy machine keeps a process waiting, so that
// the rate is reached, and short beside the clients' timers. A packet leaves as long as there is no
// debt, however much it costs: a window may be larger than the bucket.

#include "storm_pace.h"

#include <string.h>

#define BUCKET_US 5000u
#define SECOND_US 1000000u

void storm_pace_init(struct storm_pace *pace, uint64_t rate, struct storm_pace_held *held,
	uint32_t *queue, uint32_t count, uint64_t now_us) {
	*pace = (struct storm_pace){
		.rate = rate, .filled_us = now_us, .held = held, .queue = queue, .count = count};
}

void storm_pace_hold(struct storm_pace *pace, uint32_t client, const struct storm_tftp_out *out,
	uint64_t cost_bits) {
	struct storm_pace_held *h = &pace->held[client];

	if (!h->queued)
		pace->queue[pace->head++ % pace->count] = client;
	h->queued = true;
	h->cost_bits = cost_bits;
	h->to = out->to;
	h->copies = out->copies;
	h->len = out->send_len;
	memcpy(h->bytes, out->send, out->send_len);
}

void storm_pace_forget(struct storm_pace *pace, uint32_t client) {
	pace->held[client].len = 0;
}

static void fill(struct storm_pace *pace, uint64_t now_us) {
	uint64_t passed_us = now_us - pace->filled_us;
	int64_t bucket = (int64_t)(pace->rate * BUCKET_US);

	// Packets of a batch bear the time of their arrival, which may lie before the last look.
	if (now_us <= pace->filled_us)
		return;
	// A caller that looks less often than once a second is no sender; the product stays in
	// range.
	if (passed_us > SECOND_US)
		passed_us = SECOND_US;
	pace->filled_us = now_us;
	pace->level += (int64_t)(pace->rate * passed_us);
	if (pace->level > bucket)
		pace->level = bucket;
}

const struct storm_pace_held *storm_pace_next(
	struct storm_pace *pace, uint64_t now_us, uint32_t *client) {
	fill(pace, now_us);
	while (pace->level > 0 && pace->tail != pace->head) {
		uint32_t id = pace->queue[pace->tail++ % pace->count];
		struct storm_pace_held *h = &pace->held[id];

		h->queued = false;
		if (!h->len)
			continue;
		pace->level -= (int64_t)(h->cost_bits * SECOND_US);
		*client = id;
		return h;
	}
	return NULL;
}

bool storm_pace_waits(const struct storm_pace *pace) {
	return pace->tail != pace->head;
}

uint64_t storm_pace_cost(const struct storm_tftp_client *client) {
	uint64_t bytes = (uint64_t)client->window * client->blksize;

	if (client->state != STORM_TFTP_TRANSFER)
		return 0;
	if (client->tsize_known && client->tsize - client->bytes < bytes)
		bytes = client->tsize - client->bytes;
	return 8 * bytes;
}
