// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Variables that Rouse gives itself: node, server, subnet, template, callback, order, role,
// profile.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brain_internal.h"
#include "config_match.h"
#include "text.h"
#include "vars_json.h"

static const struct config_port *port_for(const struct config *config, uint32_t address) {
	for (uint32_t i = 0; address && i < config->port_count; i++) {
		const struct config_port *port = &config->ports[i];

		if (((address ^ port->address) & config_mask(port->prefix_len)) == 0)
			return port;
	}
	return &config->ports[0];
}

static void base_of(
	char out[96], const char *scheme, const char *server, uint16_t port, uint16_t usual) {
	if (port == usual)
		snprintf(out, 96, "%s://%s", scheme, server);
	else
		snprintf(out, 96, "%s://%s:%u", scheme, server, port);
}

static void set_bases(const struct config *config, struct brain_where *where) {
	where->http[0] = where->https[0] = '\0';
	if (config->http.given && config->http.port)
		base_of(where->http, "http", where->server, config->http.port, 80);
	if (config->http.given && config->tls.given)
		base_of(where->https, "https", where->server, config->http.tls_port, 443);
}

void brain_where(const struct brain *brain, uint32_t address, struct brain_where *where) {
	const struct config *config = brain->daemon->config;

	text_ip(port_for(config, address)->address, where->server);
	set_bases(config, where);
}

// With several ports only the loader knows by which one it came.
static void where_of_all(const struct brain *brain, struct brain_where *where) {
	if (brain->daemon->config->port_count == 1) {
		brain_where(brain, 0, where);
		return;
	}
	snprintf(where->server, sizeof(where->server), "${next-server}");
	set_bases(brain->daemon->config, where);
}

struct maker {
	struct arena *arena;
	struct vars *vars;
	struct vars_value *map;
};

static void begin(struct maker *maker, const char *name) {
	maker->map = vars_add(maker->arena, &maker->vars->map, name, VARS_MAP, NULL);
}

// What is not known is not set: a template that asks for it is told so.
static void put(struct maker *maker, const char *name, const char *text) {
	if (text && text[0])
		vars_add(maker->arena, maker->map, name, VARS_TEXT, text);
}

// "role.name"
static void put_name(struct maker *maker, const char *of, const char *name) {
	begin(maker, of);
	put(maker, "name", name);
}

static void put_address(struct maker *maker, const char *name, uint32_t address) {
	char text[TEXT_IP_SIZE];

	if (address)
		put(maker, name, text_ip(address, text));
}

static void put_facts(struct maker *maker, const struct node_facts *facts) {
	char text[64];

	put(maker, "serial", facts->serial);
	put(maker, "asset", facts->asset);
	put(maker, "manufacturer", facts->manufacturer);
	put(maker, "product", facts->product);
	if (facts->has_uuid)
		put(maker, "uuid", text_uuid(facts->uuid, text));
	if (facts->arch != STORE_UNKNOWN_ARCH)
		put(maker, "arch", config_arch_name(facts->arch));
	if (facts->memory_mb) {
		snprintf(text, sizeof(text), "%u", facts->memory_mb);
		put(maker, "memory_mb", text);
	}
}

static void put_node(struct maker *maker, const struct store_node *node, uint32_t address) {
	char mac[TEXT_MAC_SIZE];

	begin(maker, "node");
	put(maker, "name", node->name);
	put(maker, "mac", text_mac(node->mac, mac));
	for (char *at = mac; *at; at++)
		*at = *at == ':' ? '-' : *at;
	put(maker, "mac_dashed", mac);
	put_address(maker, "address", address);
	put_facts(maker, &node->facts);
}

static void put_subnet(struct maker *maker, const struct config_subnet *subnet) {
	char text[8];

	begin(maker, "subnet");
	if (!subnet)
		return;
	put_address(maker, "network", subnet->network);
	put_address(maker, "netmask", config_mask(subnet->prefix_len));
	snprintf(text, sizeof(text), "%u", subnet->prefix_len);
	put(maker, "prefix", text);
	if (subnet->routers.count)
		put_address(maker, "router", subnet->routers.list[0]);
	if (subnet->dns.count)
		put_address(maker, "dns", subnet->dns.list[0]);
	if (subnet->ntp.count)
		put_address(maker, "ntp", subnet->ntp.list[0]);
	put(maker, "domain", subnet->domain);
}

static void put_server(struct maker *maker, const struct brain_where *where) {
	begin(maker, "server");
	put(maker, "address", where->server);
	put(maker, "http", where->http);
	put(maker, "https", where->https);
}

// By HTTPS where the profile's files come that way, or where there is nothing else.
static const char *base_for(const struct brain_where *where, const struct config_profile *profile) {
	bool secure = profile && profile->fetch == CONFIG_FETCH_HTTPS;

	return (secure || !where->http[0]) && where->https[0] ? where->https : where->http;
}

static void put_url(struct maker *maker, const char *name, const char *base, const char *kind,
	const struct store_node *node, const char *ticket, const char *end) {
	char url[BRAIN_URL_SIZE + 192];

	if (!base[0])
		return;
	snprintf(url, sizeof(url), "%s/rouse/%s/%s/%s%s", base, kind, node->name, ticket, end);
	put(maker, name, url);
}

static void put_urls(struct maker *maker, const struct brain *brain, const struct store_node *node,
	const struct node_plan *plan, const struct brain_ticket *ticket, const char *base) {
	uint32_t longer_s = plan->boots ? plan->boots->timeout_s : 0;
	char path[BRAIN_URL_SIZE];

	brain_ticket_path(brain, node->mac, ticket, TOKEN_TEMPLATE, 0, path);
	begin(maker, "template");
	put_url(maker, "url", base, "template", node, path, "");
	brain_ticket_path(brain, node->mac, ticket, TOKEN_CALLBACK, longer_s, path);
	begin(maker, "callback");
	put_url(maker, "installing", base, "callback", node, path, "/installing");
	put_url(maker, "installed", base, "callback", node, path, "/installed");
	put_url(maker, "failed", base, "callback", node, path, "/failed");
}

static struct vars *builtin_of(struct brain *brain, const struct store_node *node,
	const struct node_plan *plan, const struct store_order *order,
	const struct brain_ticket *ticket, struct arena *arena) {
	struct maker maker = {.arena = arena, .vars = vars_make(arena)};
	uint32_t address = plan->host && plan->host->address ? plan->host->address : node->address;
	struct brain_where where;
	char id[24];

	brain_where(brain, address, &where);
	put_node(&maker, node, address);
	put_subnet(&maker, plan->subnet);
	put_server(&maker, &where);
	put_name(&maker, "role", plan->role_name);
	put_name(&maker, "profile", plan->boots ? plan->boots->name : NULL);
	if (ticket && ticket->serial)
		put_urls(&maker, brain, node, plan, ticket, base_for(&where, plan->boots));
	if (order && order->id) {
		begin(&maker, "order");
		snprintf(id, sizeof(id), "%" PRIu64, order->id);
		put(&maker, "id", id);
	}
	return maker.vars;
}

const struct vars_merged *brain_vars_of(struct brain *brain, const struct store_node *node,
	const struct node_plan *plan, const struct store_order *order,
	const struct brain_ticket *ticket, struct arena *arena) {
	struct vars_layer layers[NODE_LAYERS];
	size_t count = node_plan_layers(plan, brain->daemon->config,
		builtin_of(brain, node, plan, order, ticket, arena),
		vars_from_text(arena, node->vars), layers);

	return vars_merge(arena, layers, count);
}

// A text for every machine has the loader's own variables in place of what only one machine is.
static void put_unknown_node(struct maker *maker, enum render_loader loader) {
	begin(maker, "node");
	if (loader == RENDER_IPXE) {
		put(maker, "name", "m-${net0/mac:hexraw}");
		put(maker, "mac", "${net0/mac}");
		put(maker, "mac_dashed", "${net0/mac:hexhyp}");
		put(maker, "address", "${ip}");
		put(maker, "uuid", "${uuid}");
		put(maker, "serial", "${serial}");
		put(maker, "manufacturer", "${manufacturer}");
		put(maker, "product", "${product}");
	} else if (loader == RENDER_GRUB) {
		put(maker, "mac", "$net_default_mac");
		put(maker, "address", "$net_default_ip");
	}
}

const struct vars_merged *brain_vars_common(
	struct brain *brain, enum render_loader loader, struct arena *arena) {
	struct maker maker = {.arena = arena, .vars = vars_make(arena)};
	const struct config *config = brain->daemon->config;
	struct vars_layer layers[3] = {
		{VARS_BUILTIN, maker.vars},
		{VARS_SITE, config->brain.vars},
		{VARS_ROLE, config->brain.unknown.vars},
	};
	struct brain_where where;

	where_of_all(brain, &where);
	put_unknown_node(&maker, loader);
	put_subnet(&maker, config->subnet_count == 1 ? &config->subnets[0] : NULL);
	put_server(&maker, &where);
	put_name(&maker, "profile", config->brain.unknown.profile);
	return vars_merge(arena, layers, 3);
}
