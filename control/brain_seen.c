// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Machines that were heard of: what they are, and whether that is news.

#include <errno.h>
#include <string.h>

#include "brain_internal.h"
#include "control_log.h"
#include "text.h"

void brain_seen_booting(struct brain *brain, const struct event_record *event) {
	struct node_facts facts = {.arch = event->port};
	size_t len = event->text_len < EVENT_TEXT_MAX ? event->text_len : EVENT_TEXT_MAX, at = 0;
	char vendor_class[EVENT_TEXT_MAX + 1];

	if (event->value & EVENT_MACHINE_HAS_UUID && len >= sizeof(facts.uuid)) {
		facts.has_uuid = true;
		memcpy(facts.uuid, event->text, sizeof(facts.uuid));
		at = sizeof(facts.uuid);
	}
	memcpy(vendor_class, event->text + at, len - at);
	vendor_class[len - at] = '\0';
	facts.vendor_class = vendor_class[0] ? vendor_class : NULL;
	if (!event->bytes) // no agent brought it, so that what one said of it once is over
		facts.circuit_id = facts.remote_id = "";
	brain_seen(brain, event->mac, event->address, &facts);
}

#define RELAY_ID_SIZE (4 * EVENT_TEXT_MAX + 1) // text_clean may make four characters of a byte

void brain_seen_relayed(struct brain *brain, const struct event_record *event) {
	size_t len = event->text_len < EVENT_TEXT_MAX ? event->text_len : EVENT_TEXT_MAX, circuit;
	const uint8_t *text = (const uint8_t *)event->text;
	char circuit_id[RELAY_ID_SIZE], remote_id[RELAY_ID_SIZE];
	struct node_facts facts = {
		.arch = STORE_UNKNOWN_ARCH, .circuit_id = circuit_id, .remote_id = remote_id};

	if (!len || text[0] >= len)
		return;
	circuit = text[0];
	text_clean(text + 1, circuit, circuit_id, sizeof(circuit_id));
	text_clean(text + 1 + circuit, len - 1 - circuit, remote_id, sizeof(remote_id));
	brain_seen(brain, event->mac, 0, &facts);
}

static bool is_other(const char *said, const char *known) {
	return said && strcmp(said, known ? known : "") != 0;
}

// Whether what is known of a node is other than before, so that another role may be its.
static bool tells_news(
	const struct store_node *before, uint32_t address, const struct node_facts *facts) {
	const struct node_facts *known = &before->facts;

	return (address && address != before->address) ||
	       (facts->arch != STORE_UNKNOWN_ARCH && facts->arch != known->arch) ||
	       (facts->has_uuid && memcmp(facts->uuid, known->uuid, sizeof(facts->uuid)) != 0) ||
	       (facts->memory_mb && facts->memory_mb != known->memory_mb) ||
	       (facts->serial && (!known->serial || strcmp(facts->serial, known->serial) != 0)) ||
	       (facts->product &&
		       (!known->product || strcmp(facts->product, known->product) != 0)) ||
	       (facts->manufacturer &&
		       (!known->manufacturer ||
			       strcmp(facts->manufacturer, known->manufacturer) != 0)) ||
	       (facts->asset && (!known->asset || strcmp(facts->asset, known->asset) != 0)) ||
	       (facts->vendor_class && !known->vendor_class) ||
	       is_other(facts->circuit_id, known->circuit_id) ||
	       is_other(facts->remote_id, known->remote_id);
}

// No failure of the store: all others go on.
static void tell_strangers(struct brain *brain) {
	if (!brain->strangers_told)
		control_log(CONTROL_WARNING, "a machine is not kept as a node: %s",
			store_why(brain->store));
	brain->strangers_told = true;
}

struct brain_node *brain_seen(struct brain *brain, const uint8_t mac[6], uint32_t address,
	const struct node_facts *facts) {
	struct brain_node *node = NULL;
	struct store_node before, after;
	struct arena arena = {0};
	bool known, is_new;
	int rc;

	brain_write(brain);
	known = store_node_get(brain->store, mac, &arena, &before) == 0;
	rc = store_node_seen(brain->store, mac, address, facts, brain->now_ms, &is_new);
	if (rc == 0 && store_node_get(brain->store, mac, &arena, &after) == 0) {
		node = brain_node_take(brain, &after);
		brain_addresses_set(brain, node, after.address);
		if (!known || tells_news(&before, address, facts))
			brain_node_dirty(brain, node);
		if (!known)
			brain->strangers_told = false;
	} else if (rc == -ENOBUFS) {
		tell_strangers(brain);
	} else if (rc < 0) {
		brain_store_failed(brain);
	}
	arena_free(&arena);
	return node;
}

// A booted system renews its address, too: only what is new is kept.
void brain_acked(struct brain *brain, const uint8_t mac[6], uint32_t address) {
	struct node_facts nothing = {.arch = STORE_UNKNOWN_ARCH};
	struct brain_node *node = brain_node_find(brain, mac);

	if (node && address && node->address != address)
		brain_seen(brain, mac, address, &nothing);
}
