// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What machines do: events become boots, and boots move the life of nodes.

#include <string.h>
#include <sys/random.h>

#include "brain_internal.h"
#include "control_log.h"
#include "text.h"

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
		brain_seen_relayed(brain, event);
	if (!convert_kind(event, &out))
		return;
	// Where nothing tells who is behind a router a file's MAC is the router's.
	if (!tells_file(out.kind) || brain_node_find(brain, event->mac))
		memcpy(out.mac, event->mac, sizeof(out.mac));
	name_file(&out, event, file);
	if (event->kind == EVENT_DHCP_MACHINE)
		brain_seen_booting(brain, event);
	if (event->kind == EVENT_DHCP_ACK)
		brain_acked(brain, event->mac, event->address);
	if (event->kind == EVENT_ORDER_USED)
		out.install = brain_order_installs(brain, event->value);
	brain_boots_event(brain, &out);
	// Before what follows: its next boot is another one.
	if (event->kind == EVENT_ORDER_USED)
		brain_order_check(brain, brain_node_find(brain, event->mac));
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
