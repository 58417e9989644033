// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Profiles and roles in the REST API: as the configuration has them, with the nodes that have them.

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brain.h"
#include "config_match.h"
#include "daemon.h"
#include "policy.h"
#include "rest_nodes.h"
#include "text.h"
#include "vars_json.h"

// --- who has them

struct users {
	const char *profile; // NULL: all
	const char *role;
	json_t *counts; // of nodes by name of the profile or role
	json_t *names;  // of the nodes, or NULL
	bool roles;     // counted, not profiles
};

static bool count_node(void *context, const struct store_node *node, const struct node_plan *plan,
	const struct store_order *order) {
	const struct users *users = context;
	const char *profile = plan->assigned ? plan->assigned->name : NULL;
	const char *has = users->roles ? plan->role_name : profile;
	const char *wanted = users->roles ? users->role : users->profile;
	json_int_t count;

	(void)order;
	if (!has || (wanted && strcmp(has, wanted) != 0))
		return true;
	count = json_integer_value(json_object_get(users->counts, has));
	json_object_set_new(users->counts, has, json_integer(count + 1));
	if (users->names)
		json_array_append_new(users->names, json_string(node->name));
	return true;
}

static void count_users(struct daemon *daemon, struct users *users) {
	users->counts = json_object();
	if (daemon->brain)
		brain_each_node(daemon->brain, count_node, users);
}

static json_t *count_of(const struct users *users, const char *name) {
	return json_integer(json_integer_value(json_object_get(users->counts, name)));
}

// --- profiles

static const char *kind_of(const struct config_profile *profile) {
	const struct config_load *load = &profile->load;

	if (profile->local)
		return "local disk";
	if (profile->menu)
		return "menu";
	for (uint32_t i = 0; i <= profile->variant_count; i++) {
		if (load->wimboot)
			return "wimboot";
		if (load->kernel)
			return "kernel";
		if (load->efi)
			return "efi";
		if (load->script)
			return "script";
		load = i < profile->variant_count ? &profile->variants[i].load : load;
	}
	return "nothing";
}

static json_t *profile_json(const struct config_profile *profile, const struct users *users) {
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:I, s:o}", "name", profile->name, "title",
		profile->title ? profile->title : profile->name, "kind", kind_of(profile),
		"install", profile->install, "builtin", profile->line == 0, "line",
		(json_int_t)profile->line, "nodes", count_of(users, profile->name));
}

static unsigned int run_profiles(struct daemon *daemon, const void *context, json_t **value) {
	const struct config_brain *config = &daemon->config->brain;
	struct users users = {0};
	json_t *list = json_array();

	(void)context;
	count_users(daemon, &users);
	for (uint32_t i = 0; i < config->profile_count; i++)
		json_array_append_new(list, profile_json(&config->profiles[i], &users));
	*value = json_pack("{s:o}", "profiles", list);
	json_decref(users.counts);
	return MHD_HTTP_OK;
}

static void put(json_t *object, const char *name, const char *text) {
	if (text)
		json_object_set_new(object, name, json_string(text));
}

static void put_list(json_t *object, const char *name, const struct config_texts *texts) {
	json_t *list;

	if (!texts->count)
		return;
	list = json_array();
	for (uint32_t i = 0; i < texts->count; i++)
		json_array_append_new(list, json_string(texts->list[i]));
	json_object_set_new(object, name, list);
}

static json_t *load_json(const struct config_load *load) {
	json_t *object = json_object();

	put(object, "kernel", load->kernel);
	put_list(object, "initrd", &load->initrd);
	put(object, "cmdline", load->cmdline);
	put(object, "efi", load->efi);
	put(object, "script", load->script);
	put(object, "wimboot", load->wimboot);
	put_list(object, "files", &load->files);
	return object;
}

static const char *arch_text(uint32_t type, char out[16]) {
	const char *name = config_arch_name((uint16_t)type);

	if (name)
		return name;
	snprintf(out, 16, "%u", type);
	return out;
}

static json_t *variants_json(const struct config_profile *profile) {
	json_t *variants = json_array();

	for (uint32_t i = 0; i < profile->variant_count; i++) {
		const struct config_variant *variant = &profile->variants[i];
		json_t *archs = json_array();
		char text[16];

		for (uint32_t k = 0; k < variant->match.count; k++)
			json_array_append_new(
				archs, json_string(arch_text(variant->match.list[k].value, text)));
		json_array_append_new(variants,
			json_pack("{s:o, s:o}", "archs", archs, "load", load_json(&variant->load)));
	}
	return variants;
}

static unsigned int run_profile(struct daemon *daemon, const void *context, json_t **value) {
	static const char *const carriers[] = {
		[CONFIG_FETCH_TFTP] = "tftp",
		[CONFIG_FETCH_HTTP] = "http",
		[CONFIG_FETCH_HTTPS] = "https",
	};
	const char *name = context;
	const struct config_profile *profile;
	struct users users = {.profile = name, .names = json_array()};

	if (!rest_profile_is_there(daemon, name, value)) {
		json_decref(users.names);
		return MHD_HTTP_NOT_FOUND;
	}
	profile = config_profile_find(&daemon->config->brain, name);
	users.profile = profile->name;
	count_users(daemon, &users);
	*value = profile_json(profile, &users);
	json_object_set_new(*value, "load", load_json(&profile->load));
	json_object_set_new(*value, "variants", variants_json(profile));
	put(*value, "menu", profile->menu);
	json_object_set_new(*value, "verify", json_boolean(profile->verify));
	put(*value, "fetch", carriers[profile->fetch]);
	json_object_set_new(*value, "timeout_s", json_integer(profile->timeout_s));
	json_object_set_new(*value, "retries", json_integer(profile->retries));
	json_object_set_new(*value, "node_names", users.names);
	json_decref(users.counts);
	return MHD_HTTP_OK;
}

// --- roles

static json_t *role_json(const struct config_role *role, const struct users *users) {
	return json_pack("{s:s, s:s?, s:s, s:I, s:b, s:o}", "name", role->name, "profile",
		role->profile, "notes", role->notes ? role->notes : "", "line",
		(json_int_t)role->line, "matches", role->match.count != 0, "nodes",
		count_of(users, role->name));
}

static unsigned int run_roles(struct daemon *daemon, const void *context, json_t **value) {
	const struct config_brain *config = &daemon->config->brain;
	struct users users = {.roles = true};
	json_t *list = json_array();

	(void)context;
	count_users(daemon, &users);
	for (uint32_t i = 0; i < config->role_count; i++)
		json_array_append_new(list, role_json(&config->roles[i], &users));
	*value = json_pack("{s:o}", "roles", list);
	json_decref(users.counts);
	return MHD_HTTP_OK;
}

static json_t *condition_json(const struct config_condition *condition) {
	char text[48], address[TEXT_IP_SIZE];

	if (condition->text)
		return json_string(condition->text);
	if (condition->match == POLICY_MATCH_ARCH)
		return json_string(arch_text(condition->value, text));
	if (condition->match == POLICY_MATCH_SUBNET)
		snprintf(text, sizeof(text), "%s/%d", text_ip(condition->value, address),
			__builtin_popcount(condition->mask));
	else if (condition->match == CONFIG_FACT_MEMORY)
		snprintf(text, sizeof(text), "%uM", condition->value);
	else
		snprintf(text, sizeof(text), "%u", condition->value);
	return json_string(text);
}

// {"mac": ["52:54:*"]}: one of each has to hold.
static json_t *match_json(const struct config_match *match) {
	json_t *object = json_object();

	for (uint32_t i = 0; i < match->count; i++) {
		const char *name = config_match_name(match->list[i].match);
		json_t *list = json_object_get(object, name);

		if (!list) {
			list = json_array();
			json_object_set_new(object, name, list);
		}
		json_array_append_new(list, condition_json(&match->list[i]));
	}
	return object;
}

static unsigned int run_role(struct daemon *daemon, const void *context, json_t **value) {
	const char *name = context;
	const struct config_role *role;
	struct users users = {.role = name, .names = json_array(), .roles = true};

	if (!rest_role_is_there(daemon, name, value)) {
		json_decref(users.names);
		return MHD_HTTP_NOT_FOUND;
	}
	role = config_role_find(&daemon->config->brain, name);
	users.role = role->name;
	count_users(daemon, &users);
	*value = role_json(role, &users);
	json_object_set_new(*value, "match", match_json(&role->match));
	json_object_set_new(
		*value, "vars", role->vars ? vars_json(role->vars, false) : json_object());
	put(*value, "menu_default", role->menu_default);
	json_object_set_new(*value, "node_names", users.names);
	json_decref(users.counts);
	return MHD_HTTP_OK;
}

// --- routes

static unsigned int get_profiles(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	(void)request;
	return rest_ask(daemon, run_profiles, NULL, value);
}

static unsigned int get_profile(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	return rest_ask(daemon, run_profile, request->argument, value);
}

static unsigned int get_roles(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	(void)request;
	return rest_ask(daemon, run_roles, NULL, value);
}

static unsigned int get_role(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	return rest_ask(daemon, run_role, request->argument, value);
}

const struct rest_route rest_profile_routes[] = {
	{"GET", "/v1/profiles", "what machines can boot", get_profiles},
	{"GET", "/v1/profiles/*", "a profile, with the nodes that it is for", get_profile},
	{"GET", "/v1/roles", "what machines can be", get_roles},
	{"GET", "/v1/roles/*", "a role, with the nodes that have it", get_role},
	{NULL},
};
