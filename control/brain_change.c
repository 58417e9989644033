// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "brain_change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "brain_internal.h"

static int say(const struct brain *brain, int rc, char why[BRAIN_WHY]) {
	snprintf(why, BRAIN_WHY, "%s", store_why(brain->store));
	return rc;
}

// What waits for the tick is committed first: the change is undone alone.
static int begin(struct brain *brain, char why[BRAIN_WHY]) {
	bool kept = brain_commit(brain);

	brain->now_ms = brain_now_ms();
	brain_write(brain);
	return kept && !brain->batch_failed ? 0 : say(brain, -EIO, why);
}

// What the change makes of the node's own order is done with it: who asks next sees it.
static void make(struct brain *brain, const uint8_t mac[6]) {
	struct brain_node *node = brain_node_find(brain, mac);

	if (!node || !brain->daemon->table || !brain->daemon->config->brain.given)
		return;
	brain_node_make(brain, node);
	brain_commit(brain);
}

// rc: of what was done; why is set when it failed. What is in memory follows the store.
static int end(struct brain *brain, const uint8_t mac[6], int rc, char why[BRAIN_WHY]) {
	if (rc < 0) {
		store_rollback(brain->store);
		brain->batch = brain->batch_failed = false;
	} else if (!brain_commit(brain)) {
		rc = say(brain, -EIO, why);
	}
	brain_node_changed(brain, mac);
	if (rc == 0)
		make(brain, mac);
	return rc;
}

int brain_change_add(struct brain *brain, const uint8_t mac[6], const char *name,
	const struct store_node_set *set, char why[BRAIN_WHY]) {
	struct store_node_set rest = *set;
	int rc = begin(brain, why);

	if (rc < 0)
		return rc;
	rest.name = NULL;
	rc = store_node_add(brain->store, mac, name, brain->now_ms);
	if (rc == 0)
		rc = store_node_set(brain->store, mac, &rest);
	if (rc < 0)
		say(brain, rc, why);
	return end(brain, mac, rc, why);
}

// As when it was discovered: what installs it is ordered with its next texts.
static int set_anew(struct brain *brain, const uint8_t mac[6], char why[BRAIN_WHY]) {
	struct node_life life = {.state = NODE_DISCOVERED, .since_ms = brain->now_ms};
	struct store_node node;
	struct node_plan plan;
	struct arena arena = {0};
	int rc = store_node_get(brain->store, mac, &arena, &node);

	if (rc < 0) {
		say(brain, rc, why);
	} else {
		node_plan_make(&plan, brain->daemon->config, &node, NULL);
		if (!plan.assigned || !plan.assigned->install) {
			snprintf(why, BRAIN_WHY,
				"%s cannot be installed anew: its profile %s is none with "
				"install: true",
				node.name, plan.assigned ? plan.assigned->name : "(none)");
			rc = -EINVAL;
		}
	}
	if (rc == 0 && (rc = store_node_life(brain->store, mac, &life)) < 0)
		say(brain, rc, why);
	arena_free(&arena);
	return rc;
}

// Whoever gives a node something else to become wants no further try of what it was to be.
static int drop_retry(struct brain *brain, const uint8_t mac[6], char why[BRAIN_WHY]) {
	struct store_node node;
	struct store_order order;
	struct node_plan plan;
	struct arena arena = {0};
	int rc = 0;

	if (store_node_get(brain->store, mac, &arena, &node) == 0 &&
		store_order_of(brain->store, mac, true, &arena, &order) == 0 &&
		order.origin == STORE_ORDER_RETRY) {
		node_plan_make(&plan, brain->daemon->config, &node, NULL);
		if (!plan.assigned || strcmp(plan.assigned->name, order.profile) != 0)
			rc = store_order_cancel(brain->store, mac, brain->now_ms);
	}
	arena_free(&arena);
	return rc < 0 ? say(brain, rc, why) : 0;
}

int brain_change_set(struct brain *brain, const uint8_t mac[6], const struct store_node_set *set,
	bool reinstall, char why[BRAIN_WHY]) {
	int rc = begin(brain, why);

	if (rc < 0)
		return rc;
	rc = store_node_set(brain->store, mac, set);
	if (rc < 0)
		say(brain, rc, why);
	if (rc == 0 && (set->role || set->profile))
		rc = drop_retry(brain, mac, why);
	if (rc == 0 && reinstall)
		rc = set_anew(brain, mac, why);
	return end(brain, mac, rc, why);
}

int brain_change_forget(struct brain *brain, const uint8_t mac[6], char why[BRAIN_WHY]) {
	int rc = begin(brain, why);

	if (rc < 0)
		return rc;
	rc = store_node_forget(brain->store, mac);
	if (rc < 0)
		say(brain, rc, why);
	return end(brain, mac, rc, why);
}

int brain_change_order(struct brain *brain, const uint8_t mac[6], const char *profile, bool replace,
	struct store_order *order, char why[BRAIN_WHY]) {
	int rc = begin(brain, why);

	if (rc < 0)
		return rc;
	rc = brain_order(brain, mac, profile, STORE_ORDER_OPERATOR, replace, order, why);
	return end(brain, mac, rc, why);
}

// Whether the same order would be made again at once.
static bool is_for_good(struct brain *brain, const uint8_t mac[6], char why[BRAIN_WHY]) {
	struct store_node node;
	struct store_order order;
	struct node_plan plan;
	struct arena arena = {0};
	bool again = false;

	if (store_node_get(brain->store, mac, &arena, &node) == 0 &&
		store_order_of(brain->store, mac, true, &arena, &order) == 0) {
		node_plan_make(&plan, brain->daemon->config, &node, NULL);
		again = plan.wants_install && order.origin != STORE_ORDER_OPERATOR;
	}
	if (again)
		snprintf(why, BRAIN_WHY,
			"it is to be installed by %s, which would be ordered again: give it "
			"another profile",
			plan.assigned->name);
	arena_free(&arena);
	return again;
}

static int cancel(struct brain *brain, const uint8_t mac[6], char why[BRAIN_WHY]) {
	int rc;

	if (is_for_good(brain, mac, why))
		return -EBUSY;
	rc = store_order_cancel(brain->store, mac, brain->now_ms);
	if (rc == -ENOENT)
		snprintf(why, BRAIN_WHY, "no order waits for it: it was used, or there was none");
	else if (rc < 0)
		say(brain, rc, why);
	return rc;
}

// One that the dataplane has marked meanwhile is used, and cannot be cancelled.
int brain_change_cancel(struct brain *brain, const uint8_t mac[6], char why[BRAIN_WHY]) {
	int rc;

	brain_orders_check(brain);
	rc = begin(brain, why);
	return rc < 0 ? rc : end(brain, mac, cancel(brain, mac, why), why);
}

// --- many

int brain_batch_begin(struct brain *brain, char why[BRAIN_WHY]) {
	brain_orders_check(brain);
	return begin(brain, why);
}

int brain_batch_order(struct brain *brain, const uint8_t mac[6], const char *profile, bool replace,
	struct store_order *order, char why[BRAIN_WHY]) {
	return brain_order(brain, mac, profile, STORE_ORDER_OPERATOR, replace, order, why);
}

int brain_batch_cancel(struct brain *brain, const uint8_t mac[6], char why[BRAIN_WHY]) {
	int rc = cancel(brain, mac, why);

	if (rc == 0)
		brain_node_changed(brain, mac);
	return rc;
}

int brain_batch_forget(struct brain *brain, const uint8_t mac[6], char why[BRAIN_WHY]) {
	int rc = store_node_forget(brain->store, mac);

	if (rc == 0)
		brain_node_changed(brain, mac);
	return rc < 0 ? say(brain, rc, why) : 0;
}

// A commit that fails has all nodes read again with the next tick.
int brain_batch_end(struct brain *brain, char why[BRAIN_WHY]) {
	return brain_commit(brain) ? 0 : say(brain, -EIO, why);
}
