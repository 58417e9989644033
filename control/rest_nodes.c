// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "rest_nodes.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "brain_change.h"
#include "daemon.h"
#include "node_plan.h"
#include "rest_body.h"
#include "text.h"

struct brain *rest_brain(struct daemon *daemon, json_t **value) {
	if (!daemon->brain)
		rest_refuse(value, MHD_HTTP_CONFLICT,
			"no nodes are kept, as the configuration has no profiles: add unknown: {} "
			"to it");
	return daemon->brain;
}

// --- finding one

static bool offer(void *context, const struct store_node *node) {
	rest_near_offer(context, node->name);
	return true;
}

unsigned int rest_refuse_node(struct brain *brain, const char *name, json_t **value) {
	struct rest_near near = rest_near_begin(name);
	uint8_t mac[6];

	if (text_parse_mac(name, mac) == 0)
		return rest_refuse(value, MHD_HTTP_NOT_FOUND,
			"no node has the MAC address %s: see rouse node list, or make it known: "
			"rouse node add NAME --mac %s",
			name, name);
	store_nodes_each(brain_store(brain), offer, &near);
	return rest_near_refuse(&near, "node", "rouse node list", value);
}

struct node_call {
	const struct rest_request *request;
	rest_node_fn *run;
};

static unsigned int run_with_node(struct daemon *daemon, const void *context, json_t **value) {
	const struct node_call *call = context;
	struct brain *brain = rest_brain(daemon, value);
	const char *name = call->request->argument;
	struct store_node node;
	struct arena arena = {0};
	unsigned int status;
	int rc;

	if (!brain)
		return MHD_HTTP_CONFLICT;
	rc = brain_find(brain, name, &arena, &node);
	if (rc == 0)
		status = call->run(daemon, &node, call->request, value);
	else if (rc == -ENOENT)
		status = rest_refuse_node(brain, name, value);
	else
		status =
			rest_refuse(value, rest_status_of(rc), "%s", store_why(brain_store(brain)));
	arena_free(&arena);
	return status;
}

unsigned int rest_with_node(struct daemon *daemon, const struct rest_request *request,
	rest_node_fn *run, json_t **value) {
	return rest_ask(daemon, run_with_node, &(struct node_call){request, run}, value);
}

// --- reading

// Each node is written before the next one is read: a tree of 10,000 would take twice the time.
struct listing {
	const struct brain *brain;
	char *text;
	size_t len;
	size_t size;
};

static int put(const char *bytes, size_t len, void *context) {
	struct listing *listing = context;

	if (listing->len + len >= listing->size) {
		listing->size = 2 * (listing->size + len) + 4096;
		listing->text = mem_resize(listing->text, listing->size);
	}
	memcpy(listing->text + listing->len, bytes, len);
	listing->len += len;
	listing->text[listing->len] = '\0';
	return 0;
}

static void put_text(struct listing *listing, const char *text) {
	put(text, strlen(text), listing);
}

static bool add_node(void *context, const struct store_node *node, const struct node_plan *plan,
	const struct store_order *order) {
	struct listing *listing = context;
	json_t *json = rest_node_json(listing->brain, node, plan, order);

	if (listing->text[listing->len - 1] == '}')
		put_text(listing, ",");
	json_dump_callback(json, put, listing, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(json);
	return true;
}

static unsigned int run_list(struct daemon *daemon, const void *context, json_t **value) {
	const struct rest_request *request = context;
	struct brain *brain = rest_brain(daemon, value);
	struct listing listing = {.brain = brain};
	int rc;

	if (!brain)
		return MHD_HTTP_CONFLICT;
	put_text(&listing, "{\"nodes\":[");
	rc = brain_each_node(brain, add_node, &listing);
	put_text(&listing, "]}");
	if (rc < 0) {
		free(listing.text);
		return rest_refuse(value, rest_status_of(rc), "%s", store_why(brain_store(brain)));
	}
	*request->text = listing.text;
	return MHD_HTTP_OK;
}

static unsigned int get_nodes(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	return rest_ask(daemon, run_list, request, value);
}

static unsigned int show(struct daemon *daemon, const struct store_node *node,
	const struct rest_request *request, json_t **value) {
	(void)request;
	*value = rest_node_json_whole(daemon->brain, node);
	return MHD_HTTP_OK;
}

static unsigned int get_node(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	return rest_with_node(daemon, request, show, value);
}

// --- changing

static unsigned int patch_node(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	return rest_with_node(daemon, request, rest_node_set, value);
}

const char *rest_installs_anew(const struct daemon *daemon, const struct store_node *node) {
	struct store_node anew = *node;
	struct node_plan plan;

	anew.role = anew.profile = NULL;
	anew.life = (struct node_life){.state = NODE_DISCOVERED};
	node_plan_make(&plan, daemon->config, &anew, NULL);
	return plan.wants_install ? plan.assigned->name : NULL;
}

static unsigned int forget(struct daemon *daemon, const struct store_node *node,
	const struct rest_request *request, json_t **value) {
	const char *installs = rest_installs_anew(daemon, node);
	char why[BRAIN_WHY];
	int rc = brain_change_forget(daemon->brain, node->mac, why);

	(void)request;
	if (rc < 0)
		return rest_refuse(value, rest_status_of(rc), "%s", why);
	*value = json_pack("{s:s, s:b, s:s?}", "name", node->name, "listed", node->listed,
		"installs", installs);
	return MHD_HTTP_OK;
}

static unsigned int delete_node(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	return rest_with_node(daemon, request, forget, value);
}

// --- rendering

static const struct {
	const char *name;
	enum render_loader loader;
} loaders[] = {
	{"ipxe", RENDER_IPXE},
	{"pxelinux", RENDER_PXELINUX},
	{"grub", RENDER_GRUB},
};

static int render_what(struct brain *brain, const struct store_node *node,
	const struct rest_request *request, char **text, size_t *len, char why[BRAIN_WHY]) {
	const char *private = rest_query(request, "private");

	for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
		if (!strcmp(loaders[i].name, request->second))
			return brain_render(brain, node, loaders[i].loader, text, len, why);
	return brain_template(
		brain, node, request->second, private && !strcmp(private, "1"), text, len, why);
}

static unsigned int render_text(struct daemon *daemon, const struct store_node *node,
	const struct rest_request *request, json_t **value) {
	char *text = NULL, why[BRAIN_WHY] = "";
	size_t len = 0;
	int rc = render_what(daemon->brain, node, request, &text, &len, why);
	json_t *json;

	if (rc < 0) {
		free(text);
		return rest_refuse(value,
			rc == -ENOENT || rc == -EPERM ? rest_status_of(rc)
						      : MHD_HTTP_UNPROCESSABLE_CONTENT,
			"%s", why);
	}
	// JSON can have NULs, but readers refuse them.
	json = memchr(text, 0, len) ? NULL : json_stringn(text, len);
	free(text);
	if (!json)
		return rest_refuse(value, MHD_HTTP_UNPROCESSABLE_CONTENT,
			"%s for %s is no text of UTF-8, so it cannot be shown", request->second,
			node->name);
	*value = json_pack(
		"{s:s, s:s, s:o}", "node", node->name, "what", request->second, "text", json);
	return MHD_HTTP_OK;
}

static unsigned int get_render(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	return rest_with_node(daemon, request, render_text, value);
}

const struct rest_route rest_node_routes[] = {
	{"GET", "/v1/nodes", "all nodes: state, role, profile, order, address", get_nodes},
	{"POST", "/v1/nodes", "add a node", rest_node_add, true},
	{"GET", "/v1/nodes/*", "a node, with its variables and its last boots", get_node},
	{"PATCH", "/v1/nodes/*", "set what is told of a node", patch_node, true},
	{"DELETE", "/v1/nodes/*", "forget a node", delete_node},
	{"GET", "/v1/nodes/*/render/**", "what a node's boot loader or installer gets", get_render},
	{NULL},
};
