// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What decides what each machine becomes: keeps the nodes, their orders and boots in the store,
// follows what machines do, and renders what they boot. It belongs to the daemon's loop; other
// threads ask by daemon_ask.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node_plan.h"
#include "render.h"
#include "rendered.h"
#include "store.h"

struct brain;
struct daemon;
struct event_record;
struct http_file_event;

#define BRAIN_WHY STORE_WHY_SIZE

// Opens the store and takes up all nodes. 0, or -errno with a sentence.
int brain_open(struct brain **brain, struct daemon *daemon, char why[BRAIN_WHY]);
void brain_close(struct brain *brain); // NULL is allowed

// A new configuration is in force, or another table of images.
void brain_reload(struct brain *brain);
void brain_images(struct brain *brain);

// What the dataplane tells: file is the name of a transfer's file, if it is known.
void brain_event(struct brain *brain, const struct event_record *event, const char *file);

// Ten times a second, after the events: nodes, time-outs, the store, new texts. False: what came of
// the events is not on the disk.
bool brain_tick(struct brain *brain);

// The store could not be written a moment ago: the events wait in their rings meanwhile.
bool brain_rests(const struct brain *brain);

// Whether the first set of texts was made: without it no machine finds its own.
bool brain_is_ready(const struct brain *brain);

struct store *brain_store(struct brain *brain);

// Something was changed in the store that a node's texts may depend on.
void brain_node_changed(struct brain *brain, const uint8_t mac[6]);

struct brain_counts {
	uint64_t nodes;
	uint64_t orders;  // that wait
	uint64_t refused; // times that an unknown machine was heard and not kept
};
void brain_counts(const struct brain *brain, struct brain_counts *counts);

// Finds a node by its name or MAC. -ENOENT.
int brain_find(
	struct brain *brain, const char *name_or_mac, struct arena *arena, struct store_node *node);

// All nodes by name, each with what it is and the order that waits for it (order->id 0: none). What
// is given to each is good within the call only; it returns false to stop. 0, or -errno.
int brain_each_node(struct brain *brain,
	bool (*each)(void *context, const struct store_node *node, const struct node_plan *plan,
		const struct store_order *order),
	void *context);

// Whether a boot of this machine is under way.
bool brain_boot_runs(const struct brain *brain, const uint8_t mac[6]);

// What a node is and boots, with the order that waits for it (order->id 0: none). order may be
// NULL.
void brain_plan(struct brain *brain, const struct store_node *node, struct arena *arena,
	struct node_plan *plan, struct store_order *order);

// Orders a one-shot boot. 0; -ENOENT: no such profile; -EEXIST: an order waits and replace is
// false; others as store_order_make.
int brain_order(struct brain *brain, const uint8_t mac[6], const char *profile, uint8_t origin,
	bool replace, struct store_order *order, char why[BRAIN_WHY]);

// All variables of a node, merged, in the arena: as its texts see them now.
const struct vars_merged *brain_vars(struct brain *brain, const struct store_node *node,
	const struct node_plan *plan, struct arena *arena);

// Renders what a node's boot loader gets: its order's text if one waits. 0, or -errno with a
// sentence. *text is malloc'd.
int brain_render(struct brain *brain, const struct store_node *node, enum render_loader loader,
	char **text, size_t *len, char why[BRAIN_WHY]);

// Renders one of template_dir for a node. *text is malloc'd. 0, or -errno with a sentence: -ENOENT:
// no such template, or a variable is missing; -EPERM: a secret, and the carrier is not private.
int brain_template(struct brain *brain, const struct store_node *node, const char *name,
	bool private_carrier, char **text, size_t *len, char why[BRAIN_WHY]);

// The node that has an address. False: none. From any thread.
bool brain_who(
	struct brain *brain, uint32_t address, uint8_t mac[6], char name[STORE_NODE_NAME_SIZE]);
