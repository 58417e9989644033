// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The dataplane as the image thread sees it: its state region, followed while it comes, goes and is
// replaced.

#pragma once

#include <stdbool.h>

#include "state_view.h"

struct image_peer {
	struct state_view state;
	bool attached;
};

// Its state; NULL: there is none to wait for. *wait: there was one until just now, which may come
// back and go on with its transfers, so that nothing may be taken from it.
const struct state_view *image_peer_look(
	struct image_peer *peer, const char *runtime_dir, bool *wait);

void image_peer_close(struct image_peer *peer);
