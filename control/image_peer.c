// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "image_peer.h"

#define DEAD_MS 60000u // after this time nobody waits for a dataplane that died

const struct state_view *image_peer_look(
	struct image_peer *peer, const char *runtime_dir, bool *wait) {
	char why[SHM_WHY_SIZE];
	uint64_t age_ms;

	*wait = false;
	if (peer->attached && state_view_replaced(&peer->state, runtime_dir))
		image_peer_close(peer);
	if (!peer->attached)
		peer->attached = state_view_open(&peer->state, runtime_dir, why) == 0;
	if (!peer->attached)
		return NULL;
	if (state_health(&peer->state.region->header, &age_ms) != STATE_DEAD)
		return &peer->state;
	*wait = age_ms < DEAD_MS;
	return NULL;
}

void image_peer_close(struct image_peer *peer) {
	if (peer->attached)
		state_view_close(&peer->state);
	peer->attached = false;
}
