// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "node_plan.h"

#include <string.h>

static const struct config_subnet *subnet_of(const struct config *config, uint32_t address) {
	for (uint32_t i = 0; address && i < config->subnet_count; i++) {
		const struct config_subnet *subnet = &config->subnets[i];

		if ((address & config_mask(subnet->prefix_len)) == subnet->network)
			return subnet;
	}
	return NULL;
}

static const struct config_role *role_by_match(
	const struct config *config, const struct store_node *node, uint32_t address) {
	struct machine machine = {
		.mac = node->mac, .name = node->name, .address = address, .facts = &node->facts};

	for (uint32_t i = 0; i < config->brain.role_count; i++) {
		const struct config_role *role = &config->brain.roles[i];

		if (role->match.count && node_matches(&role->match, &machine, NULL))
			return role;
	}
	return NULL;
}

static void find_role(struct node_plan *plan, const struct config *config,
	const struct store_node *node, uint32_t address) {
	plan->role_source = NODE_BY_UNKNOWN;
	if (node->role && node->role[0]) {
		plan->role_name = node->role;
		plan->role_source = NODE_BY_HAND;
	} else if (plan->host && plan->host->role) {
		plan->role_name = plan->host->role;
		plan->role_source = NODE_BY_HOSTS;
	} else if ((plan->role = role_by_match(config, node, address))) {
		plan->role_name = plan->role->name;
		plan->role_source = NODE_BY_MATCH;
	}
	if (!plan->role)
		plan->role = config_role_find(&config->brain, plan->role_name);
}

// A profile that is gone from the configuration is passed over.
static bool assign(struct node_plan *plan, const struct config *config, const char *name,
	enum node_source source) {
	const struct config_profile *profile =
		name && name[0] ? config_profile_find(&config->brain, name) : NULL;

	if (!profile)
		return false;
	plan->assigned = profile;
	plan->assigned_source = source;
	return true;
}

static void find_profile(
	struct node_plan *plan, const struct config *config, const struct store_node *node) {
	const struct config_unknown *unknown = &config->brain.unknown;

	plan->menu_default = plan->role ? plan->role->menu_default : unknown->menu_default;
	plan->menu_timeout_s = plan->role ? plan->role->menu_timeout_s : unknown->menu_timeout_s;
	if (assign(plan, config, node->profile, NODE_BY_HAND) ||
		(plan->host && assign(plan, config, plan->host->profile, NODE_BY_HOSTS)) ||
		(plan->role && assign(plan, config, plan->role->profile, NODE_BY_ROLE)))
		return;
	assign(plan, config, unknown->profile, NODE_BY_UNKNOWN);
}

// Each installation is ordered; what a node boots by itself changes nothing on it.
static void find_standing(struct node_plan *plan, const struct config *config) {
	plan->standing = plan->assigned;
	plan->standing_source = plan->assigned_source;
	if (!plan->assigned || !plan->assigned->install)
		return;
	plan->standing = config_profile_find(&config->brain, "local");
	plan->standing_source = NODE_BY_DISK;
}

void node_plan_make(struct node_plan *plan, const struct config *config,
	const struct store_node *node, const struct store_order *order) {
	const struct config_profile *ordered =
		order ? config_profile_find(&config->brain, order->profile) : NULL;
	uint32_t address;

	*plan = (struct node_plan){.host = config_host_by_mac(config, node->mac)};
	address = plan->host && plan->host->address ? plan->host->address : node->address;
	plan->subnet = subnet_of(config, address);
	find_role(plan, config, node, address);
	find_profile(plan, config, node);
	find_standing(plan, config);
	plan->boots = ordered ? ordered : plan->standing;
	plan->wants_install =
		plan->assigned && plan->assigned->install && !order &&
		(node->life.state == NODE_DISCOVERED || node->life.state == NODE_BOOTING);
}

size_t node_plan_layers(const struct node_plan *plan, const struct config *config,
	const struct vars *builtin, const struct vars *own, struct vars_layer layers[NODE_LAYERS]) {
	layers[0] = (struct vars_layer){VARS_BUILTIN, builtin};
	layers[1] = (struct vars_layer){VARS_SITE, config->brain.vars};
	layers[2] = (struct vars_layer){VARS_SUBNET, plan->subnet ? plan->subnet->vars : NULL};
	layers[3] = (struct vars_layer){
		VARS_ROLE, plan->role ? plan->role->vars : config->brain.unknown.vars};
	layers[4] = (struct vars_layer){VARS_HOST, plan->host ? plan->host->vars : NULL};
	layers[5] = (struct vars_layer){VARS_NODE, own};
	return NODE_LAYERS;
}

const char *node_source_text(enum node_source source) {
	switch (source) {
	case NODE_BY_HAND:
		return "set by hand";
	case NODE_BY_HOSTS:
		return "its entry in hosts:";
	case NODE_BY_MATCH:
		return "the role's match";
	case NODE_BY_ROLE:
		return "its role";
	case NODE_BY_UNKNOWN:
		return "unknown:";
	case NODE_BY_ORDER:
		return "an order";
	case NODE_BY_DISK:
		return "between installations";
	}
	return "";
}
