// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the operator changes while Rouse runs. Each brain_change_ is one transaction of its own: 0,
// and it is on the disk; or -errno with a sentence, and nothing has happened. On the daemon's loop.

#pragma once

#include "brain.h"

// Adds a node. set: what is told of it beside its name (set->name is not looked at). -EEXIST: MAC
// or name is taken; -EINVAL: such a name cannot be.
int brain_change_add(struct brain *brain, const uint8_t mac[6], const char *name,
	const struct store_node_set *set, char why[BRAIN_WHY]);

// reinstall: it is to be installed anew, as when it was discovered. -ENOENT, -EEXIST, -EINVAL as
// store_node_set; -EINVAL also: its profile installs nothing.
int brain_change_set(struct brain *brain, const uint8_t mac[6], const struct store_node_set *set,
	bool reinstall, char why[BRAIN_WHY]);

// -ENOENT.
int brain_change_forget(struct brain *brain, const uint8_t mac[6], char why[BRAIN_WHY]);

// Orders a one-shot boot: as brain_order, for the operator.
int brain_change_order(struct brain *brain, const uint8_t mac[6], const char *profile, bool replace,
	struct store_order *order, char why[BRAIN_WHY]);

// -ENOENT: no order waits, or it was used just now. -EBUSY: the node is to be installed, so that
// the order would be made again.
int brain_change_cancel(struct brain *brain, const uint8_t mac[6], char why[BRAIN_WHY]);

// Many changes as one transaction: between the two any number of the calls below. Each of them that
// fails, as the one above of the same name, has changed nothing, and the others go on. All that did
// not fail is on the disk when the end returns 0; otherwise (-EIO) nothing of it has happened.
int brain_batch_begin(struct brain *brain, char why[BRAIN_WHY]);
int brain_batch_order(struct brain *brain, const uint8_t mac[6], const char *profile, bool replace,
	struct store_order *order, char why[BRAIN_WHY]);
int brain_batch_cancel(struct brain *brain, const uint8_t mac[6], char why[BRAIN_WHY]);
int brain_batch_forget(struct brain *brain, const uint8_t mac[6], char why[BRAIN_WHY]);
int brain_batch_end(struct brain *brain, char why[BRAIN_WHY]);
