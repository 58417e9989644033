// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The same done to many nodes, in one transaction: a request for each would sync the disk for each.
// What one node refuses does no harm to the others.

#include <errno.h>
#include <microhttpd.h>
#include <string.h>

#include "brain_change.h"
#include "daemon.h"
#include "rest_body.h"
#include "rest_nodes.h"

#define NODES_MAX 1000u // the loop does nothing else meanwhile

struct batch {
	struct daemon *daemon;
	struct brain *brain;
	const json_t *nodes; // names or MAC addresses
	const char *profile;
	bool once, replace;
	bool hinted; // which name is near to a wrong one: to find it takes a look at all nodes
};

// What is done to one: a new reference, or NULL with rc and a sentence.
typedef json_t *batch_fn(
	struct batch *batch, const struct store_node *node, int *rc, char why[BRAIN_WHY]);

static json_t *order(
	struct batch *batch, const struct store_node *node, int *rc, char why[BRAIN_WHY]) {
	struct store_order made;

	*rc = brain_batch_order(
		batch->brain, node->mac, batch->profile, batch->replace, &made, why);
	return *rc < 0 ? NULL
		       : json_pack("{s:s, s:I, s:s}", "node", node->name, "id", (json_int_t)made.id,
				 "profile", batch->profile);
}

static json_t *cancel(
	struct batch *batch, const struct store_node *node, int *rc, char why[BRAIN_WHY]) {
	*rc = brain_batch_cancel(batch->brain, node->mac, why);
	return *rc < 0 ? NULL : json_pack("{s:s, s:b}", "node", node->name, "cancelled", 1);
}

static json_t *forget(
	struct batch *batch, const struct store_node *node, int *rc, char why[BRAIN_WHY]) {
	const char *installs = rest_installs_anew(batch->daemon, node);

	*rc = brain_batch_forget(batch->brain, node->mac, why);
	return *rc < 0 ? NULL
		       : json_pack("{s:s, s:b, s:s?}", "node", node->name, "listed", node->listed,
				 "installs", installs);
}

// --- one of them

static json_t *refusal(const char *name, unsigned int status, json_t *error) {
	json_object_set_new(error, "node", json_string(name));
	json_object_set_new(error, "status", json_integer(status));
	return error;
}

static json_t *refuse_unknown(struct batch *batch, const char *name) {
	json_t *error = NULL;
	unsigned int status = MHD_HTTP_NOT_FOUND;

	if (batch->hinted)
		rest_refuse(&error, status, "there is no node %.64s: see rouse node list", name);
	else
		status = rest_refuse_node(batch->brain, name, &error);
	batch->hinted = true;
	return refusal(name, status, error);
}

static json_t *do_one(struct batch *batch, batch_fn *run, const char *name) {
	char why[BRAIN_WHY] = "";
	struct store_node node;
	struct arena arena = {0};
	json_t *result = NULL;
	int rc = brain_find(batch->brain, name, &arena, &node);

	if (rc == -ENOENT)
		result = refuse_unknown(batch, name);
	else if (rc < 0)
		rest_refuse(
			&result, rest_status_of(rc), "%s", store_why(brain_store(batch->brain)));
	else
		result = run(batch, &node, &rc, why);
	if (!result) {
		rest_refuse(&result, rest_status_of(rc), "%s: %s", node.name, why);
		refusal(node.name, rest_status_of(rc), result);
	}
	arena_free(&arena);
	return result;
}

// --- all of them

static unsigned int do_all(struct batch *batch, batch_fn *run, json_t **value) {
	json_t *results, *name;
	char why[BRAIN_WHY];
	size_t i;

	if (brain_batch_begin(batch->brain, why) < 0)
		return rest_refuse(value, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", why);
	results = json_array();
	json_array_foreach(batch->nodes, i, name)
		json_array_append_new(results, do_one(batch, run, json_string_value(name)));
	if (brain_batch_end(batch->brain, why) < 0) {
		json_decref(results);
		return rest_refuse(value, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", why);
	}
	*value = json_pack("{s:o}", "results", results);
	return MHD_HTTP_OK;
}

static unsigned int check_nodes(const json_t *nodes, json_t **value) {
	json_t *name;
	size_t i;

	if (!json_array_size(nodes) || json_array_size(nodes) > NODES_MAX)
		return rest_refuse(value, MHD_HTTP_BAD_REQUEST,
			"nodes is a list of 1 to %u names or MAC addresses", NODES_MAX);
	json_array_foreach(nodes, i, name) if (!json_is_string(name)) return rest_refuse(
		value, MHD_HTTP_BAD_REQUEST, "nodes takes texts: number %zu is none", i + 1);
	return 0;
}

static unsigned int begin(struct daemon *daemon, struct batch *batch, json_t **value) {
	batch->daemon = daemon;
	batch->brain = rest_brain(daemon, value);
	return batch->brain ? check_nodes(batch->nodes, value) : MHD_HTTP_CONFLICT;
}

static unsigned int run_order(struct daemon *daemon, const void *context, json_t **value) {
	const struct rest_request *request = context;
	struct batch batch = {0};
	const struct rest_member members[] = {
		{"nodes", REST_LIST, &batch.nodes},
		{"profile", REST_TEXT, &batch.profile},
		{"once", REST_BOOLEAN, &batch.once},
		{"replace", REST_BOOLEAN, &batch.replace},
		{NULL},
	};
	unsigned int status;

	if (!rest_body_read(request->body, members, value))
		return MHD_HTTP_BAD_REQUEST;
	status = begin(daemon, &batch, value);
	if (!status)
		status = rest_order_check(daemon, batch.profile, batch.once, value);
	return status ? status : do_all(&batch, order, value);
}

static unsigned int run_names(
	struct daemon *daemon, const struct rest_request *request, batch_fn *run, json_t **value) {
	struct batch batch = {0};
	const struct rest_member members[] = {{"nodes", REST_LIST, &batch.nodes}, {NULL}};
	unsigned int status;

	if (!rest_body_read(request->body, members, value))
		return MHD_HTTP_BAD_REQUEST;
	status = begin(daemon, &batch, value);
	return status ? status : do_all(&batch, run, value);
}

static unsigned int run_cancel(struct daemon *daemon, const void *context, json_t **value) {
	return run_names(daemon, context, cancel, value);
}

static unsigned int run_forget(struct daemon *daemon, const void *context, json_t **value) {
	return run_names(daemon, context, forget, value);
}

static unsigned int post_orders(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	return rest_ask(daemon, run_order, request, value);
}

static unsigned int post_cancel(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	return rest_ask(daemon, run_cancel, request, value);
}

static unsigned int post_forget(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	return rest_ask(daemon, run_forget, request, value);
}

const struct rest_route rest_batch_routes[] = {
	{"POST", "/v1/orders", "have many nodes boot a profile once", post_orders, true},
	{"POST", "/v1/orders/cancel", "cancel the orders of many nodes", post_cancel, true},
	{"POST", "/v1/forget", "forget many nodes", post_forget, true},
	{NULL},
};
