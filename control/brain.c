// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Start, end and the tick: all that one tick writes is one transaction, and only what is on the
// disk is told to machines.

#include "brain.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "brain_internal.h"
#include "control_log.h"
#include "text.h"

#define SECOND_MS  1000
#define PRUNE_DAYS 90
#define DAY_MS     (86400 * (int64_t)1000)
#define HALF(n)    ((n) / 2)

int64_t brain_now_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// --- transactions

void brain_write(struct brain *brain) {
	if (brain->batch)
		return;
	brain->batch = true;
	if (store_begin(brain->store) < 0)
		brain_store_failed(brain);
}

// Told once until it goes again; rouse status shows it meanwhile.
void brain_store_failed(struct brain *brain) {
	if (!brain->failed)
		control_log(
			CONTROL_ERROR, "the store cannot be written: %s", store_why(brain->store));
	brain->failed = true;
	brain->batch_failed = true;
}

static int64_t steady_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// What is not on the disk is done again, as after a restart: the events since the last commit wait
// in their rings, where nodes and boots are to be as they were at that commit.
static void take_back(struct brain *brain) {
	brain->failed_at_ms = steady_ms();
	brain->reload_nodes = true;
	boot_track_free(brain->track);
	if (brain_boots_start(brain) < 0)
		control_log(CONTROL_ERROR, "boots that run cannot be read: %s",
			store_why(brain->store));
}

bool brain_commit(struct brain *brain) {
	int rc = brain->batch ? store_commit(brain->store) : 0;
	bool good = rc == 0 && !brain->batch_failed;

	if (!good)
		brain_store_failed(brain);
	else if (brain->flushed)
		boot_track_saved(brain->track, true);
	if (good && brain->failed)
		control_log(CONTROL_NOTICE, "the store is written again");
	if (good)
		brain->failed = false;
	brain->batch = brain->batch_failed = brain->flushed = false;
	if (!good)
		take_back(brain);
	return good;
}

bool brain_rests(const struct brain *brain) {
	return brain->failed && steady_ms() - brain->failed_at_ms < SECOND_MS;
}

// --- start and end

static int load_key(struct brain *brain, char why[BRAIN_WHY]) {
	char path[320], reason[TOKEN_WHY_SIZE];
	int rc;

	snprintf(path, sizeof(path), "%s/key", brain->daemon->config->state_dir);
	rc = token_key_load(path, brain->key, reason);
	if (rc < 0)
		snprintf(why, BRAIN_WHY, "%s", reason);
	return rc;
}

static int load(struct brain *brain, char why[BRAIN_WHY]) {
	int rc = brain_nodes_load(brain);

	if (rc == 0)
		rc = brain_boots_start(brain);
	if (rc < 0)
		snprintf(why, BRAIN_WHY, "%s", store_why(brain->store));
	return rc;
}

int brain_open(struct brain **brain, struct daemon *daemon, char why[BRAIN_WHY]) {
	struct brain *b = mem_alloc(sizeof(*b));
	int rc;

	b->daemon = daemon;
	b->now_ms = brain_now_ms();
	b->common_dirty = true;
	pthread_mutex_init(&b->addresses.lock, NULL);
	rc = store_open(&b->store, daemon->config->state_dir, b->now_ms, why);
	if (rc == 0)
		rc = load_key(b, why);
	if (rc == 0)
		rc = load(b, why);
	if (rc < 0) {
		brain_close(b);
		return rc;
	}
	*brain = b;
	return 0;
}

void brain_close(struct brain *brain) {
	if (!brain)
		return;
	if (brain->track) {
		brain->now_ms = brain_now_ms();
		brain_boots_tick(brain);
		brain_commit(brain);
		boot_track_free(brain->track);
	}
	for (size_t i = 0; i < BRAIN_LOADERS; i++)
		rendered_text_drop(brain->common[i]);
	brain_nodes_free(brain);
	brain_addresses_free(brain);
	store_close(brain->store);
	free(brain);
}

// --- changes

void brain_reload(struct brain *brain) {
	brain_texts_look(brain);
	if (brain_nodes_load(brain) < 0) {
		brain_store_failed(brain);
		brain->reload_nodes = true;
	}
	brain_texts_all_dirty(brain);
}

void brain_images(struct brain *brain) {
	if (brain_texts_look(brain))
		brain_texts_all_dirty(brain);
}

static void take_anew(struct brain *brain, const struct store_node *record, struct arena *arena) {
	struct brain_node *node = brain_node_take(brain, record);
	struct store_order order;
	bool waits = store_order_of(brain->store, record->mac, true, arena, &order) == 0;

	node->order_id = waits ? order.id : 0;
	node->order_slot = waits ? order.slot : 0;
	brain_node_dirty(brain, node);
}

void brain_node_changed(struct brain *brain, const uint8_t mac[6]) {
	struct store_node record;
	struct arena arena = {0};
	int rc = store_node_get(brain->store, mac, &arena, &record);

	if (rc == 0)
		take_anew(brain, &record, &arena);
	else if (rc == -ENOENT)
		brain_node_forget(brain, mac);
	arena_free(&arena);
}

bool brain_is_ready(const struct brain *brain) {
	const struct image_table *table = brain->daemon->table;

	return table && table->rendered;
}

struct store *brain_store(struct brain *brain) {
	return brain->store;
}

// --- the tick

// Texts with a ticket in them are made again when half of its time is over.
static void renew_tickets(struct brain *brain) {
	int64_t half = HALF((int64_t)brain->daemon->config->brain.url_lifetime_s);

	for (size_t i = 0; i < brain->node_count; i++) {
		struct brain_node *node = brain->nodes[i];

		if (node->tickets && node->ticket.expires_unix_s - brain->now_ms / 1000 <= half)
			brain_node_dirty(brain, node);
	}
}

static void prune(struct brain *brain) {
	int64_t steady = steady_ms();
	int more;

	if (!upkeep_clock_due(&brain->clock, brain->now_ms, steady))
		return;
	more = store_prune(brain->store, brain->now_ms - PRUNE_DAYS * DAY_MS, brain->now_ms);
	if (more == 0 && upkeep_clock_settled(&brain->clock, steady))
		more = store_redate(brain->store, brain->now_ms);
	if (more > 0)
		upkeep_clock_again(&brain->clock);
	if (store_nodes_pruned(brain->store) && brain_nodes_load(brain) < 0)
		brain->reload_nodes = true;
}

static void each_second(struct brain *brain) {
	if (brain->now_ms < brain->second_ms + SECOND_MS && brain->now_ms >= brain->second_ms)
		return;
	brain->second_ms = brain->now_ms;
	brain_installs_check(brain);
	renew_tickets(brain);
	brain->checkpoint_due = true;
}

// Outside of a transaction.
static void upkeep(struct brain *brain) {
	prune(brain);
	if (!brain->checkpoint_due)
		return;
	brain->checkpoint_due = false;
	store_checkpoint(brain->store);
}

bool brain_tick(struct brain *brain) {
	bool kept;

	brain->now_ms = brain_now_ms();
	if (brain->reload_nodes) {
		brain->reload_nodes = false;
		brain_reload(brain);
	}
	brain_orders_check(brain);
	brain_boots_tick(brain);
	each_second(brain);
	brain_texts_tick(brain);
	kept = brain_commit(brain);
	if (kept)
		brain_texts_publish(brain);
	upkeep(brain);
	return kept;
}

// --- what others ask

void brain_counts(const struct brain *brain, struct brain_counts *counts) {
	*counts = (struct brain_counts){
		.nodes = brain->node_count, .refused = store_nodes_refused(brain->store)};
	for (size_t i = 0; i < brain->node_count; i++)
		counts->orders += brain->nodes[i]->order_id != 0;
}

int brain_find(
	struct brain *brain, const char *name, struct arena *arena, struct store_node *node) {
	uint8_t mac[6];

	if (text_parse_mac(name, mac) == 0)
		return store_node_get(brain->store, mac, arena, node);
	return store_node_find(brain->store, name, arena, node);
}

struct each_context {
	struct brain *brain;
	bool (*each)(void *context, const struct store_node *node, const struct node_plan *plan,
		const struct store_order *order);
	void *context;
};

// Few nodes have an order, which is known here: the store is asked for those only.
static bool plan_each(void *context, const struct store_node *record) {
	const struct each_context *each = context;
	const struct brain_node *node = brain_node_find(each->brain, record->mac);
	struct store_order order = {0};
	struct node_plan plan;
	struct arena arena = {0};
	bool more;

	if (node && node->order_id)
		brain_plan(each->brain, record, &arena, &plan, &order);
	else
		node_plan_make(&plan, each->brain->daemon->config, record, NULL);
	more = each->each(each->context, record, &plan, &order);
	arena_free(&arena);
	return more;
}

int brain_each_node(struct brain *brain,
	bool (*each)(void *context, const struct store_node *node, const struct node_plan *plan,
		const struct store_order *order),
	void *context) {
	struct each_context own = {brain, each, context};

	return store_nodes_each(brain->store, plan_each, &own);
}

bool brain_boot_runs(const struct brain *brain, const uint8_t mac[6]) {
	return boot_track_find(brain->track, mac) != NULL;
}

void brain_plan(struct brain *brain, const struct store_node *node, struct arena *arena,
	struct node_plan *plan, struct store_order *order) {
	const struct brain_node *known = brain_node_find(brain, node->mac);
	struct store_order own, *waiting = order ? order : &own;

	// Most nodes have none, and a list of all asks for each.
	if ((known && !known->order_id) ||
		store_order_of(brain->store, node->mac, true, arena, waiting) < 0)
		*waiting = (struct store_order){0};
	node_plan_make(plan, brain->daemon->config, node, waiting->id ? waiting : NULL);
}

int brain_order(struct brain *brain, const uint8_t mac[6], const char *profile, uint8_t origin,
	bool replace, struct store_order *order, char why[BRAIN_WHY]) {
	struct brain_node *node = brain_node_find(brain, mac);
	int rc;

	if (!config_profile_find(&brain->daemon->config->brain, profile)) {
		snprintf(why, BRAIN_WHY, "there is no profile %.60s: see rouse profile list",
			profile);
		return -ENOENT;
	}
	*order = (struct store_order){
		.profile = profile, .origin = origin, .created_ms = brain->now_ms};
	memcpy(order->mac, mac, sizeof(order->mac));
	brain_write(brain);
	rc = store_order_make(brain->store, order, replace);
	if (rc < 0) {
		snprintf(why, BRAIN_WHY, "%s", store_why(brain->store));
		return rc;
	}
	if (node) {
		node->order_id = order->id;
		node->order_slot = order->slot;
		brain_node_dirty(brain, node);
	}
	return 0;
}

const struct vars_merged *brain_vars(struct brain *brain, const struct store_node *node,
	const struct node_plan *plan, struct arena *arena) {
	struct brain_node *own = brain_node_find(brain, node->mac);
	struct store_order order = {0};

	if (store_order_of(brain->store, node->mac, true, arena, &order) < 0)
		order.id = 0;
	return brain_vars_of(
		brain, node, plan, &order, own ? brain_ticket_of(brain, own) : NULL, arena);
}
