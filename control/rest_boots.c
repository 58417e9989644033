// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Boots in the REST API: one-shot ones that are ordered, and those that were.

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "boot_text.h"
#include "brain_change.h"
#include "config_match.h"
#include "daemon.h"
#include "rest_body.h"
#include "rest_nodes.h"
#include "store_boots.h"
#include "text.h"

#define LIMIT_USUAL 10u
#define LIMIT_MAX   1000u

// --- orders

unsigned int rest_order_check(
	struct daemon *daemon, const char *profile, bool once, json_t **value) {
	if (!profile || !profile[0])
		return rest_refuse(value, MHD_HTTP_BAD_REQUEST, "say which profile it is to boot");
	if (!once)
		return rest_refuse(value, MHD_HTTP_BAD_REQUEST,
			"a boot is ordered once: true; to have a node boot %.60s for good, set its "
			"profile",
			profile);
	return rest_profile_is_there(daemon, profile, value) ? 0 : MHD_HTTP_NOT_FOUND;
}

static unsigned int order(struct daemon *daemon, const struct store_node *node,
	const struct rest_request *request, json_t **value) {
	const char *profile = NULL;
	bool once = false, replace = false;
	const struct rest_member members[] = {
		{"profile", REST_TEXT, &profile},
		{"once", REST_BOOLEAN, &once},
		{"replace", REST_BOOLEAN, &replace},
		{NULL},
	};
	struct store_order made;
	char why[BRAIN_WHY];
	unsigned int status;
	int rc;

	if (!rest_body_read(request->body, members, value))
		return MHD_HTTP_BAD_REQUEST;
	status = rest_order_check(daemon, profile, once, value);
	if (status)
		return status;
	rc = brain_change_order(daemon->brain, node->mac, profile, replace, &made, why);
	if (rc < 0)
		return rest_refuse(value, rest_status_of(rc), "%s: %s", node->name, why);
	*value = json_pack("{s:s, s:I, s:s}", "node", node->name, "id", (json_int_t)made.id,
		"profile", profile);
	return MHD_HTTP_OK;
}

static unsigned int post_boot(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	return rest_with_node(daemon, request, order, value);
}

static unsigned int cancel(struct daemon *daemon, const struct store_node *node,
	const struct rest_request *request, json_t **value) {
	char why[BRAIN_WHY];
	int rc = brain_change_cancel(daemon->brain, node->mac, why);

	(void)request;
	if (rc < 0)
		return rest_refuse(value, rest_status_of(rc), "%s: %s", node->name, why);
	*value = json_pack("{s:s, s:b}", "node", node->name, "cancelled", 1);
	return MHD_HTTP_OK;
}

static unsigned int delete_boot(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	return rest_with_node(daemon, request, cancel, value);
}

// --- records

static const char *kind_name(uint8_t kind) {
	static const char *const names[BOOT_PHASE_KINDS] = {
		[BOOT_PHASE_DISCOVER] = "discover",
		[BOOT_PHASE_OFFER] = "offer",
		[BOOT_PHASE_ACK] = "ack",
		[BOOT_PHASE_NAK] = "nak",
		[BOOT_PHASE_PROXY] = "proxy",
		[BOOT_PHASE_FILE] = "file",
		[BOOT_PHASE_SCRIPT] = "script",
		[BOOT_PHASE_CALLBACK] = "callback",
		[BOOT_PHASE_ORDER] = "order",
	};

	return kind < BOOT_PHASE_KINDS ? names[kind] : "unknown";
}

static const char *result_name(uint8_t result) {
	static const char *const names[BOOT_RESULTS] = {
		[BOOT_RESULT_OPEN] = "open",
		[BOOT_RESULT_OK] = "ok",
		[BOOT_RESULT_FAILED] = "failed",
		[BOOT_RESULT_NOT_FOUND] = "not found",
		[BOOT_RESULT_REFUSED] = "refused",
		[BOOT_RESULT_SIZE_ONLY] = "size only",
	};

	return result < BOOT_RESULTS ? names[result] : "unknown";
}

static const char *carrier_name(uint8_t carrier) {
	static const char *const names[BOOT_CARRIERS] = {
		[BOOT_CARRIER_TFTP] = "tftp",
		[BOOT_CARRIER_HTTP] = "http",
		[BOOT_CARRIER_HTTPS] = "https",
	};

	return carrier < BOOT_CARRIERS ? names[carrier] : "unknown";
}

static json_t *address_json(uint32_t address) {
	char text[TEXT_IP_SIZE];

	return address ? json_string(text_ip(address, text)) : json_null();
}

static json_t *phase_json(const struct boot_phase *phase) {
	json_t *object = json_pack("{s:s, s:s, s:I, s:I, s:i}", "kind", kind_name(phase->kind),
		"result", result_name(phase->result), "at_ms", (json_int_t)phase->at_ms,
		"duration_ms", (json_int_t)phase->duration_ms, "times", phase->times);

	if (phase->name[0])
		json_object_set_new(object, "name", json_string(phase->name));
	if (phase->address)
		json_object_set_new(object, "address", address_json(phase->address));
	if (phase->kind == BOOT_PHASE_DISCOVER)
		json_object_set_new(object, "ipxe", json_boolean(phase->ipxe));
	if (phase->kind != BOOT_PHASE_FILE && phase->kind != BOOT_PHASE_SCRIPT)
		return object;
	json_object_set_new(object, "carrier", json_string(carrier_name(phase->carrier)));
	json_object_set_new(object, "bytes", json_integer((json_int_t)phase->bytes));
	json_object_set_new(object, "retransmitted", json_integer(phase->retransmitted));
	return object;
}

static json_t *phases_json(const struct boot *boot) {
	json_t *phases = json_array();

	for (uint32_t i = 0; i < boot->phase_count; i++)
		json_array_append_new(phases, phase_json(&boot->phases[i]));
	return phases;
}

struct history {
	const char *node;
	json_t *boots;
	char text[BOOT_TEXT_SIZE];
};

static bool add_boot(void *context, const struct boot *boot) {
	struct history *history = context;
	const char *arch = config_arch_name(boot->arch);

	boot_text(boot, history->node, history->text);
	json_array_append_new(history->boots,
		json_pack("{s:I, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s?, s:o, s:I, s:b, s:o, s:I, "
			  "s:s}",
			"id", (json_int_t)boot->id, "state", boot_state_text(boot->state),
			"started_unix_ms", (json_int_t)(boot->started_ns / 1000000),
			"ended_unix_ms", (json_int_t)(boot->ended_ns / 1000000), "profile",
			boot->profile, "role", boot->role, "reason", boot->reason, "summary",
			boot->summary, "arch", arch, "address", address_json(boot->address),
			"order_id", (json_int_t)boot->order_id, "resumed", boot->resumed, "phases",
			phases_json(boot), "phases_left_out", (json_int_t)boot->phases_left_out,
			"text", history->text));
	return true;
}

// How many: 0 when it is no number in the bounds.
static uint32_t limit_of(const struct rest_request *request) {
	const char *text = rest_query(request, "limit");
	unsigned long limit;
	char *end;

	if (!text)
		return LIMIT_USUAL;
	limit = strtoul(text, &end, 10);
	return *end || text[0] == '-' || limit > LIMIT_MAX ? 0 : (uint32_t)limit;
}

static unsigned int list(struct daemon *daemon, const struct store_node *node,
	const struct rest_request *request, json_t **value) {
	struct store *store = brain_store(daemon->brain);
	uint32_t limit = limit_of(request);
	struct history *history;
	int rc;

	if (!limit)
		return rest_refuse(
			value, MHD_HTTP_BAD_REQUEST, "limit is a number from 1 to %u", LIMIT_MAX);
	history = mem_alloc(sizeof(*history));
	history->node = node->name;
	history->boots = json_array();
	rc = store_boots_of(store, node->mac, limit, add_boot, history);
	*value = json_pack("{s:s, s:o}", "node", node->name, "boots", history->boots);
	free(history);
	if (rc == 0)
		return MHD_HTTP_OK;
	json_decref(*value);
	return rest_refuse(value, rest_status_of(rc), "%s", store_why(store));
}

static unsigned int get_boots(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	return rest_with_node(daemon, request, list, value);
}

const struct rest_route rest_boot_routes[] = {
	{"POST", "/v1/nodes/*/boot", "have a node boot a profile once", post_boot, true},
	{"DELETE", "/v1/nodes/*/boot", "cancel the order that waits for a node", delete_boot},
	{"GET", "/v1/nodes/*/boots", "the last boots of a node, newest first", get_boots},
	{NULL},
};
