// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brain_internal.h"
#include "control_log.h"

static size_t place_of(const struct brain *brain, const uint8_t mac[6]) {
	uint64_t hash = 0;

	memcpy(&hash, mac, 6);
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(hash >> 32) & (brain->by_mac_size - 1);
}

static void index_node(struct brain *brain, size_t index) {
	size_t place = place_of(brain, brain->nodes[index]->mac);

	while (brain->by_mac[place])
		place = (place + 1) & (brain->by_mac_size - 1);
	brain->by_mac[place] = (uint32_t)index + 1;
}

static void index_all(struct brain *brain, size_t size) {
	free(brain->by_mac);
	brain->by_mac_size = size;
	brain->by_mac = mem_alloc(size * sizeof(*brain->by_mac));
	for (size_t i = 0; i < brain->node_count; i++)
		index_node(brain, i);
}

// Where a MAC stands in the hash table, or the free place that ends the search for it.
static size_t find_place(const struct brain *brain, const uint8_t mac[6]) {
	size_t place = place_of(brain, mac);

	while (brain->by_mac[place] && memcmp(brain->nodes[brain->by_mac[place] - 1]->mac, mac, 6))
		place = (place + 1) & (brain->by_mac_size - 1);
	return place;
}

// Those behind it move up, so that no search for one of them ends at the free place.
static void clear_place(struct brain *brain, size_t hole) {
	size_t mask = brain->by_mac_size - 1;

	for (size_t at = (hole + 1) & mask; brain->by_mac[at]; at = (at + 1) & mask) {
		size_t home = place_of(brain, brain->nodes[brain->by_mac[at] - 1]->mac);

		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		brain->by_mac[hole] = brain->by_mac[at];
		hole = at;
	}
	brain->by_mac[hole] = 0;
}

struct brain_node *brain_node_find(const struct brain *brain, const uint8_t mac[6]) {
	uint32_t number = brain->by_mac_size ? brain->by_mac[find_place(brain, mac)] : 0;

	return number ? brain->nodes[number - 1] : NULL;
}

static struct brain_node *add(struct brain *brain, const uint8_t mac[6]) {
	struct brain_node *node = mem_alloc(sizeof(*node));

	memcpy(node->mac, mac, 6);
	if (brain->node_count == brain->node_size) {
		brain->node_size = brain->node_size ? 2 * brain->node_size : 64;
		brain->nodes =
			mem_resize(brain->nodes, brain->node_size * sizeof(struct brain_node *));
	}
	brain->nodes[brain->node_count++] = node;
	if (2 * brain->node_count > brain->by_mac_size)
		index_all(brain, brain->by_mac_size ? 2 * brain->by_mac_size : 128);
	else
		index_node(brain, brain->node_count - 1);
	brain_node_dirty(brain, node);
	return node;
}

void brain_node_dirty(struct brain *brain, struct brain_node *node) {
	if (node->dirty)
		return;
	node->dirty = true;
	brain->dirty_count++;
}

struct brain_node *brain_node_take(struct brain *brain, const struct store_node *record) {
	struct brain_node *node = brain_node_find(brain, record->mac);

	if (!node)
		node = add(brain, record->mac);
	node->gone = false;
	node->state = record->life.state;
	node->listed = record->listed;
	node->since_ms = record->life.since_ms;
	node->address = record->address;
	snprintf(node->name, sizeof(node->name), "%s", record->name);
	return node;
}

static void free_node(struct brain *brain, struct brain_node *node) {
	brain->dirty_count -= node->dirty;
	brain_text_free(node);
	free(node);
	brain->set_due = true;
}

// The last one takes its place.
void brain_node_forget(struct brain *brain, const uint8_t mac[6]) {
	size_t place = brain->by_mac_size ? find_place(brain, mac) : 0, last;
	uint32_t number = brain->by_mac_size ? brain->by_mac[place] : 0;
	struct brain_node *node;

	if (!number)
		return;
	node = brain->nodes[number - 1];
	clear_place(brain, place);
	last = --brain->node_count;
	if (number - 1 != last) {
		brain->by_mac[find_place(brain, brain->nodes[last]->mac)] = number;
		brain->nodes[number - 1] = brain->nodes[last];
	}
	free_node(brain, node);
}

// --- start and reload

static bool take_record(void *context, const struct store_node *record) {
	struct brain_node *node = brain_node_take(context, record);
	const struct config *config = ((struct brain *)context)->daemon->config;
	const struct config_host *host = config_host_by_mac(config, record->mac);

	node->order_id = 0;
	brain_addresses_set(context, node, host && host->address ? host->address : record->address);
	return true;
}

static bool take_order(void *context, const struct store_order *order) {
	struct brain_node *node = brain_node_find(context, order->mac);

	if (!node)
		return true;
	node->order_id = order->id;
	node->order_slot = order->slot;
	snprintf(node->order_profile, sizeof(node->order_profile), "%s", order->profile);
	return true;
}

static int list_hosts(struct brain *brain) {
	const struct config *config = brain->daemon->config;
	struct store_host *hosts = mem_alloc(config->host_count * sizeof(*hosts));
	int rc;

	for (uint32_t i = 0; i < config->host_count; i++) {
		memcpy(hosts[i].mac, config->hosts[i].mac, 6);
		hosts[i].name = config->hosts[i].name;
	}
	rc = store_nodes_list(brain->store, hosts, config->host_count);
	free(hosts);
	return rc;
}

// What the store has forgotten by age, or never kept as a commit failed.
static void drop_gone(struct brain *brain) {
	size_t kept = 0;

	for (size_t i = 0; i < brain->node_count; i++) {
		struct brain_node *node = brain->nodes[i];

		if (!node->gone) {
			brain->nodes[kept++] = node;
			continue;
		}
		free_node(brain, node);
	}
	if (kept == brain->node_count)
		return;
	brain->node_count = kept;
	index_all(brain, brain->by_mac_size);
}

int brain_nodes_load(struct brain *brain) {
	int rc = list_hosts(brain);

	for (size_t i = 0; i < brain->node_count; i++)
		brain->nodes[i]->gone = true;
	if (rc == 0)
		rc = store_nodes_each(brain->store, take_record, brain);
	if (rc == 0)
		drop_gone(brain);
	if (rc == 0)
		rc = store_orders_waiting(brain->store, take_order, brain);
	if (rc < 0)
		control_log(CONTROL_ERROR, "%s", store_why(brain->store));
	return rc;
}

void brain_nodes_free(struct brain *brain) {
	for (size_t i = 0; i < brain->node_count; i++) {
		brain_text_free(brain->nodes[i]);
		free(brain->nodes[i]);
	}
	free(brain->nodes);
	free(brain->by_mac);
}
