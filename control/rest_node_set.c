// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the operator tells of a node: POST /v1/nodes, PATCH /v1/nodes/NAME.

#include <ctype.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "brain_change.h"
#include "daemon.h"
#include "rest_body.h"
#include "rest_nodes.h"
#include "text.h"
#include "vars_json.h"

bool rest_profile_is_there(struct daemon *daemon, const char *name, json_t **value) {
	const struct config_brain *config = &daemon->config->brain;
	struct rest_near near = rest_near_begin(name);

	if (config_profile_find(config, name))
		return true;
	for (uint32_t i = 0; i < config->profile_count; i++)
		rest_near_offer(&near, config->profiles[i].name);
	rest_near_refuse(&near, "profile", "rouse profile list", value);
	return false;
}

bool rest_role_is_there(struct daemon *daemon, const char *name, json_t **value) {
	const struct config_brain *config = &daemon->config->brain;
	struct rest_near near = rest_near_begin(name);

	if (config_role_find(config, name))
		return true;
	for (uint32_t i = 0; i < config->role_count; i++)
		rest_near_offer(&near, config->roles[i].name);
	rest_near_refuse(&near, "role", "rouse role list", value);
	return false;
}

// It stands in URLs, in names of files and on command lines, and DHCP tells it to the machine.
static bool name_is_good(const char *name) {
	uint8_t mac[6];

	if (!isalnum((unsigned char)name[0]) || text_parse_mac(name, mac) == 0)
		return false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && !strchr(".-_", *name))
			return false;
		if (*name == '.' && (name[1] == '.' || !name[1]))
			return false;
	}
	return true;
}

struct wanted {
	struct store_node_set set;
	const char *mac;
	const char *state;
	const json_t *vars;
	char *text; // of vars, malloc'd
};

// Names that are given must be there. 0, or a status with the error.
static unsigned int check(struct daemon *daemon, const struct wanted *wanted, json_t **value) {
	const struct store_node_set *set = &wanted->set;

	if (set->name && !name_is_good(set->name))
		return rest_refuse(value, MHD_HTTP_BAD_REQUEST,
			"a node's name has letters, digits, - and _, parts divided by single dots, "
			"begins with a letter or digit, and is no MAC address");
	if (set->role && set->role[0] && !rest_role_is_there(daemon, set->role, value))
		return MHD_HTTP_NOT_FOUND;
	if (set->profile && set->profile[0] && !rest_profile_is_there(daemon, set->profile, value))
		return MHD_HTTP_NOT_FOUND;
	if (wanted->state && strcmp(wanted->state, "discovered") != 0)
		return rest_refuse(value, MHD_HTTP_BAD_REQUEST,
			"state can be set to discovered only, which has a node installed anew");
	return 0;
}

// What is given replaces what the node has of this name; null takes it away.
static json_t *merge(const char *former, const json_t *given) {
	json_t *vars = former ? json_loads(former, 0, NULL) : NULL, *item;
	const char *name;

	if (!vars)
		vars = json_object();
	json_object_foreach((json_t *)given, name, item) {
		if (json_is_null(item))
			json_object_del(vars, name);
		else
			json_object_set(vars, name, item);
	}
	return vars;
}

static unsigned int refuse_vars(const struct config_errors *errors, json_t **value) {
	const struct config_error *error = &errors->list[0];

	return rest_refuse(value, MHD_HTTP_BAD_REQUEST, "%s: %s", error->key, error->text);
}

static unsigned int take_vars(struct wanted *wanted, const char *former, json_t **value) {
	struct config_errors *errors;
	struct arena arena = {0};
	unsigned int status = 0;
	json_t *vars;

	if (!wanted->vars)
		return 0;
	vars = merge(former, wanted->vars);
	errors = mem_alloc(sizeof(*errors));
	vars_from_json(&arena, vars, "vars", errors);
	if (errors->count)
		status = refuse_vars(errors, value);
	else if (json_object_size(vars))
		wanted->text = json_dumps(vars, JSON_COMPACT);
	wanted->set.vars = wanted->text ? wanted->text : "";
	json_decref(vars);
	free(errors);
	arena_free(&arena);
	return status;
}

static unsigned int answer_node(struct daemon *daemon, const uint8_t mac[6], json_t **value) {
	struct store_node node;
	struct store_order order;
	struct node_plan plan;
	struct arena arena = {0};
	int rc = store_node_get(brain_store(daemon->brain), mac, &arena, &node);

	if (rc == 0) {
		brain_plan(daemon->brain, &node, &arena, &plan, &order);
		*value = rest_node_json(daemon->brain, &node, &plan, &order);
	} else {
		rest_refuse(value, rest_status_of(rc), "%s", store_why(brain_store(daemon->brain)));
	}
	arena_free(&arena);
	return rc == 0 ? MHD_HTTP_OK : rest_status_of(rc);
}

static unsigned int read_wanted(struct daemon *daemon, const struct rest_request *request, bool add,
	struct wanted *wanted, const char *former, json_t **value) {
	const struct rest_member members[] = {
		{"name", REST_TEXT, &wanted->set.name},
		{"role", REST_TEXT, &wanted->set.role},
		{"profile", REST_TEXT, &wanted->set.profile},
		{"notes", REST_TEXT, &wanted->set.notes},
		{"vars", REST_OBJECT, &wanted->vars},
		{add ? "mac" : "state", REST_TEXT, add ? &wanted->mac : &wanted->state},
		{NULL},
	};
	unsigned int status;

	if (!rest_body_read(request->body, members, value))
		return MHD_HTTP_BAD_REQUEST;
	status = check(daemon, wanted, value);
	return status ? status : take_vars(wanted, former, value);
}

// --- adding

static unsigned int run_add(struct daemon *daemon, const void *context, json_t **value) {
	const struct rest_request *request = context;
	struct wanted wanted = {0};
	char why[BRAIN_WHY];
	unsigned int status;
	uint8_t mac[6];
	int rc;

	if (!rest_brain(daemon, value))
		return MHD_HTTP_CONFLICT;
	status = read_wanted(daemon, request, true, &wanted, NULL, value);
	if (!status && (!wanted.mac || text_parse_mac(wanted.mac, mac) < 0))
		status = rest_refuse(value, MHD_HTTP_BAD_REQUEST,
			"a node is known by its mac: write 52:54:00:77:00:01");
	else if (!status && !text_mac_is_machine(mac))
		status = rest_refuse(value, MHD_HTTP_BAD_REQUEST,
			"%s cannot be the address of one machine", wanted.mac);
	if (!status) {
		rc = brain_change_add(daemon->brain, mac, wanted.set.name, &wanted.set, why);
		status = rc < 0 ? rest_refuse(value, rest_status_of(rc), "%s", why)
				: answer_node(daemon, mac, value);
	}
	free(wanted.text);
	return status;
}

unsigned int rest_node_add(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	return rest_ask(daemon, run_add, request, value);
}

// --- setting

unsigned int rest_node_set(struct daemon *daemon, const struct store_node *node,
	const struct rest_request *request, json_t **value) {
	struct wanted wanted = {0};
	char why[BRAIN_WHY];
	unsigned int status = read_wanted(daemon, request, false, &wanted, node->vars, value);
	int rc;

	if (!status) {
		rc = brain_change_set(
			daemon->brain, node->mac, &wanted.set, wanted.state != NULL, why);
		status = rc < 0 ? rest_refuse(value, rest_status_of(rc), "%s", why)
				: answer_node(daemon, node->mac, value);
	}
	free(wanted.text);
	return status;
}
