// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What machines do: events become boots, boots and callbacks move the life of nodes, and orders
// that the dataplane has marked are used.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "brain_internal.h"
#include "control_log.h"
#include "text.h"

// --- facts

// What DHCP tells of a machine that boots.
static void take_machine(struct brain *brain, const struct event_record *event) {
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

// What a relay agent says of where the machine is plugged in.
static void take_relay_port(struct brain *brain, const struct event_record *event) {
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

// --- events

static bool convert_kind(const struct event_record *event, struct boot_event *out) {
	switch ((enum event_kind)event->kind) {
	case EVENT_DHCP_MACHINE:
		out->kind = BOOT_EVENT_MACHINE;
		out->arch = event->port;
		out->ipxe = event->value & EVENT_MACHINE_IPXE;
		return true;
	case EVENT_DHCP_OFFER:
		out->kind = BOOT_EVENT_OFFER;
		return true;
	case EVENT_DHCP_ACK:
		out->kind = BOOT_EVENT_ACK;
		return true;
	case EVENT_DHCP_NAK:
		out->kind = BOOT_EVENT_NAK;
		return true;
	case EVENT_DHCP_PROXY:
		out->kind = BOOT_EVENT_PROXY;
		return true;
	case EVENT_TFTP_OPEN:
		out->kind = BOOT_EVENT_FILE_OPEN;
		return true;
	case EVENT_TFTP_DONE:
		out->kind = BOOT_EVENT_FILE_DONE;
		return true;
	case EVENT_TFTP_PROBE:
		out->kind = BOOT_EVENT_FILE_PROBE;
		return true;
	case EVENT_TFTP_FAILED:
		out->kind = BOOT_EVENT_FILE_FAILED;
		return true;
	case EVENT_TFTP_NOT_FOUND:
		out->kind = BOOT_EVENT_FILE_NOT_FOUND;
		return true;
	case EVENT_TFTP_REFUSED:
		out->kind = BOOT_EVENT_FILE_REFUSED;
		return true;
	case EVENT_ORDER_USED:
		out->kind = BOOT_EVENT_ORDER_USED;
		out->order_id = event->value;
		return true;
	case EVENT_DHCP_RELAYED: // take_relay_port
	case EVENT_DHCP_RELEASE:
	case EVENT_DHCP_DECLINE:
	case EVENT_POOL_EXHAUSTED:
	case EVENT_JOURNAL_DEGRADED:
	case EVENT_JOURNAL_OK:
	case EVENT_POLICY_ADOPTED:
		return false;
	}
	return false;
}

static bool tells_file(uint8_t kind) {
	return kind >= BOOT_EVENT_FILE_OPEN && kind <= BOOT_EVENT_FILE_REFUSED;
}

// What was rendered before control was started again is not known by name.
static void name_file(struct boot_event *out, const struct event_record *event, const char *file) {
	if (!file && !event->text_len && tells_file(out->kind))
		file = "a file";
	if (file) {
		out->name = file;
		out->name_len = strlen(file);
	} else if (tells_file(out->kind) || out->kind == BOOT_EVENT_PROXY) {
		out->name = event->text;
		out->name_len = event->text_len < EVENT_TEXT_MAX ? event->text_len : EVENT_TEXT_MAX;
	}
}

// As boot_track does: whose MAC it is only where nobody is known by the address.
static struct brain_node *node_of(const struct brain *brain, const struct boot_event *event) {
	uint8_t mac[6];

	if (event->address && boot_track_who(brain->track, event->address, mac))
		return brain_node_find(brain, mac);
	return brain_node_find(brain, event->mac);
}

static void judge_file(const struct brain *brain, struct boot_event *event) {
	const struct brain_node *node = tells_file(event->kind) ? node_of(brain, event) : NULL;

	event->last = node && node->last[0] && event->name_len == strlen(node->last) &&
		      !memcmp(event->name, node->last, event->name_len);
}

void brain_boots_event(struct brain *brain, struct boot_event *event) {
	judge_file(brain, event);
	boot_track_event(brain->track, event);
}

static bool order_installs(struct brain *brain, uint64_t id) {
	const struct config_profile *profile = NULL;
	struct store_order order;
	struct arena arena = {0};

	if (store_order_get(brain->store, id, &arena, &order) == 0)
		profile = config_profile_find(&brain->daemon->config->brain, order.profile);
	arena_free(&arena);
	return profile && profile->install;
}

static void check_order(struct brain *brain, struct brain_node *node);

void brain_event(struct brain *brain, const struct event_record *event, const char *file) {
	struct boot_event out = {
		.address = event->address,
		.arch = STORE_UNKNOWN_ARCH,
		.duration_ms = event->duration_ms,
		.retransmitted = event->retransmitted,
		.reason = (uint8_t)event->reason,
		.bytes = event->bytes,
		.unix_ns = event->unix_ns,
		.carrier = BOOT_CARRIER_TFTP,
	};

	if (!brain->daemon->config->brain.given)
		return;
	if (event->kind == EVENT_DHCP_RELAYED)
		take_relay_port(brain, event);
	if (!convert_kind(event, &out))
		return;
	// Where nothing tells who is behind a router a file's MAC is the router's.
	if (!tells_file(out.kind) || brain_node_find(brain, event->mac))
		memcpy(out.mac, event->mac, sizeof(out.mac));
	name_file(&out, event, file);
	if (event->kind == EVENT_DHCP_MACHINE)
		take_machine(brain, event);
	if (event->kind == EVENT_DHCP_ACK)
		brain_acked(brain, event->mac, event->address);
	if (event->kind == EVENT_ORDER_USED)
		out.install = order_installs(brain, event->value);
	brain_boots_event(brain, &out);
	// Before what follows: its next boot is another one.
	if (event->kind == EVENT_ORDER_USED)
		check_order(brain, brain_node_find(brain, event->mac));
}

// --- the life of nodes

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

// --- boots

static void plan_boot(struct brain *brain, struct boot *boot) {
	struct store_node record;
	struct store_order order;
	struct node_plan plan;
	struct arena arena = {0};

	if (store_node_get(brain->store, boot->mac, &arena, &record) == 0) {
		brain_plan(brain, &record, &arena, &plan, &order);
		boot_plan(boot, &(struct boot_plan){
					.profile = plan.boots ? plan.boots->name : NULL,
					.role = plan.role_name,
					.order_id = order.id,
					.local = plan.boots && plan.boots->local,
					.menu = plan.boots && plan.boots->menu,
				});
	}
	arena_free(&arena);
}

static void tell_end(const struct brain *brain, const struct boot *boot) {
	const struct brain_node *node = brain_node_find(brain, boot->mac);

	if (node && boot->state == BOOT_FAILED)
		control_log(CONTROL_WARNING, "node %s: its boot failed: %s (rouse boot-log %s)",
			node->name, boot->reason, node->name);
}

static void on_step(void *context, struct boot *boot, enum boot_step step) {
	struct brain *brain = context;
	struct node_event event = {0};

	if (step == BOOT_STEP_BEGAN)
		plan_boot(brain, boot);
	if (step == BOOT_STEP_ENDED)
		tell_end(brain, boot);
	// That an order is used is taken from the dataplane's table, which loses nothing.
	if (!node_event_of_boot(boot, step, &event) || event.kind == NODE_ORDER_USED)
		return;
	event.unix_ms = brain->now_ms;
	brain_life(brain, boot->mac, &event);
}

static void restore(void *context, struct boot *boot) {
	boot_track_restore(((struct brain *)context)->track, boot);
}

static bool learn(void *context, const struct store_node *node) {
	struct brain *brain = context;

	if (node->address)
		boot_track_learn(
			brain->track, node->mac, node->address, node->last_seen_ms * 1000000);
	return true;
}

int brain_boots_start(struct brain *brain) {
	struct boot_track_config config = {.step = on_step, .context = brain};
	int rc;

	if (getrandom(config.seed, sizeof(config.seed), 0) < 0)
		memset(config.seed, 1, sizeof(config.seed));
	brain->track = boot_track_new(&config);
	rc = store_nodes_each(brain->store, learn, brain);
	if (rc == 0)
		rc = store_boots_running(brain->store, restore, brain);
	return rc;
}

void brain_boots_tick(struct brain *brain) {
	boot_track_tick(brain->track, brain->now_ms * 1000000);
	brain_write(brain);
	brain->flushed = true;
	if (boot_track_flush(brain->track, store_boot_save, brain->store) < 0)
		brain_store_failed(brain);
}

// --- orders

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
		event.install = order_installs(brain, order.id);
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

static void check_order(struct brain *brain, struct brain_node *node) {
	const struct state_view *state = event_log_state(&brain->daemon->events);

	if (state && node && node->order_id &&
		state_order_used(state, node->order_slot) == node->order_id)
		use_order(brain, node);
}

void brain_orders_check(struct brain *brain) {
	for (size_t i = 0; i < brain->node_count; i++)
		check_order(brain, brain->nodes[i]);
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
