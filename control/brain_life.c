// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The life of nodes: what boots, callbacks and time make of them, and the orders that the dataplane
// has marked as used.

#include <errno.h>

#include "brain_internal.h"
#include "control_log.h"

// The profile by which a node is being installed: that of its last order.
static const struct config_profile *installing_profile(struct brain *brain, const uint8_t mac[6]) {
	const struct config_profile *profile = NULL;
	struct store_order order;
	struct arena arena = {0};

	if (store_order_of(brain->store, mac, false, &arena, &order) == 0)
		profile = config_profile_find(&brain->daemon->config->brain, order.profile);
	arena_free(&arena);
	return profile && profile->install ? profile : NULL;
}

static void retry(struct brain *brain, const uint8_t mac[6]) {
	const struct config_profile *profile = installing_profile(brain, mac);
	struct store_order order;
	char why[BRAIN_WHY];

	if (!profile)
		return;
	if (brain_order(brain, mac, profile->name, STORE_ORDER_RETRY, true, &order, why) < 0)
		control_log(CONTROL_WARNING, "an installation cannot be tried again: %s", why);
}

static void cancel(struct brain *brain, const uint8_t mac[6]) {
	struct brain_node *node = brain_node_find(brain, mac);
	struct store_order order;
	struct arena arena = {0};

	if (node && store_order_of(brain->store, mac, true, &arena, &order) == 0 &&
		order.origin != STORE_ORDER_OPERATOR &&
		store_order_cancel(brain->store, mac, brain->now_ms) == 0)
		node->order_id = 0;
	arena_free(&arena);
}

static void tell_life(const struct store_node *record, const struct node_life *before,
	const struct node_life *life) {
	if (before->state == life->state)
		return;
	control_log(life->state == NODE_FAILED ? CONTROL_WARNING : CONTROL_NOTICE,
		"node %s: %s -> %s%s%s", record->name, node_state_text(before->state, true),
		node_state_text(life->state, true), life->reason[0] ? ": " : "", life->reason);
}

static void carry_out(struct brain *brain, const struct store_node *record,
	const struct node_step *step, struct brain_node *node) {
	if (store_node_life(brain->store, record->mac, &step->life) < 0) {
		brain_store_failed(brain);
		return;
	}
	tell_life(record, &record->life, &step->life);
	if (step->todo & NODE_CANCEL_ORDER)
		cancel(brain, record->mac);
	if (step->todo & NODE_MAKE_RETRY)
		retry(brain, record->mac);
	if (node && (step->todo || record->life.state != step->life.state)) {
		node->state = step->life.state;
		brain_node_dirty(brain, node);
	}
}

void brain_life(struct brain *brain, const uint8_t mac[6], struct node_event *event) {
	const struct config_profile *profile = installing_profile(brain, mac);
	struct brain_node *node = brain_node_find(brain, mac);
	struct store_node record;
	struct node_step step;
	struct arena arena = {0};

	event->retries = profile ? profile->retries : 0;
	brain_write(brain);
	if (store_node_get(brain->store, mac, &arena, &record) == 0) {
		step = node_life_event(&record.life, event);
		if (node)
			node->since_ms = step.life.since_ms;
		if (step.changed)
			carry_out(brain, &record, &step, node);
	}
	arena_free(&arena);
}

// --- orders

bool brain_order_installs(struct brain *brain, uint64_t id) {
	const struct config_profile *profile = NULL;
	struct store_order order;
	struct arena arena = {0};

	if (store_order_get(brain->store, id, &arena, &order) == 0)
		profile = config_profile_find(&brain->daemon->config->brain, order.profile);
	arena_free(&arena);
	return profile && profile->install;
}

static void use_order(struct brain *brain, struct brain_node *node) {
	struct node_event event = {.kind = NODE_ORDER_USED, .unix_ms = brain->now_ms};
	struct store_order order;
	struct arena arena = {0};
	uint8_t was;
	int rc;

	brain_write(brain);
	rc = store_order_use(brain->store, node->order_id, brain->now_ms, &arena, &order, &was);
	if (rc == 0) {
		control_log(CONTROL_NOTICE, "node %s: order %llu is used: it has got %s",
			node->name, (unsigned long long)order.id, order.profile);
		event.install = brain_order_installs(brain, order.id);
		event.retry = order.origin == STORE_ORDER_RETRY;
		node->order_id = 0;
		brain_life(brain, node->mac, &event);
		brain_node_dirty(brain, node);
	} else if (rc == -ENOENT) {
		node->order_id = 0;
		brain_node_dirty(brain, node);
	} else {
		brain_store_failed(brain);
	}
	arena_free(&arena);
}

void brain_order_check(struct brain *brain, struct brain_node *node) {
	const struct state_view *state = event_log_state(&brain->daemon->events);

	if (state && node && node->order_id &&
		state_order_used(state, node->order_slot) == node->order_id)
		use_order(brain, node);
}

void brain_orders_check(struct brain *brain) {
	for (size_t i = 0; i < brain->node_count; i++)
		brain_order_check(brain, brain->nodes[i]);
}

// Once a second.
void brain_installs_check(struct brain *brain) {
	for (size_t i = 0; i < brain->node_count; i++) {
		struct brain_node *node = brain->nodes[i];
		const struct config_profile *profile;
		struct node_life life = {.state = node->state, .since_ms = node->since_ms};

		if (node->state != NODE_INSTALLING)
			continue;
		profile = installing_profile(brain, node->mac);
		if (node_life_expired(&life, profile ? profile->timeout_s : 3600, brain->now_ms))
			brain_life(brain, node->mac,
				&(struct node_event){
					.kind = NODE_TIMED_OUT, .unix_ms = brain->now_ms});
	}
}
