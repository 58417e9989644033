// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control_log.h"
#include "option_block.h"
#include "policy_publish.h"
#include "policy_reader.h"
#include "state_view.h"

static struct policy_ref add_text(struct policy_builder *builder, const char *text) {
	return text ? policy_build_bytes(builder, text, strlen(text)) : (struct policy_ref){0};
}

static struct policy_ref add_block(
	struct policy_builder *builder, const struct option_block *block) {
	return policy_build_bytes(builder, block->data, block->len);
}

static void add_globals(
	struct policy_builder *builder, const struct config *config, uint32_t leases) {
	policy_build_globals(builder, &(struct policy_globals){
					      .runtime_dir = config->runtime_dir,
					      .state_dir = config->state_dir,
					      .memory_bytes = config->memory_bytes,
					      .max_leases = leases,
					      .workers = (uint16_t)config->workers,
					      .idle = config->idle,
					      .tid_first = config->tid_range[0],
					      .tid_last = config->tid_range[1],
					      .authoritative = config->authoritative,
					      .multicast = config->multicast.enabled,
					      .multicast_ttl = (uint8_t)config->multicast.ttl,
					      .multicast_prefix = config->multicast.prefix_len,
					      .multicast_port = config->multicast.port,
					      .multicast_groups = config->multicast.groups,
				      });
}

static void add_port(struct policy_builder *builder, const struct config_port *port) {
	policy_build_port(
		builder, &(struct policy_port){
				 .device = add_text(builder, strchr(port->device, ':') + 1),
				 .address = port->address,
				 .prefix_len = port->prefix_len,
				 .kind = port->kind,
				 .dhcp = port->dhcp,
				 .mtu = port->mtu,
				 .vlan = port->vlan,
				 .rate_bps = port->rate_bps,
			 });
}

static void add_subnet(struct policy_builder *builder, const struct config_subnet *subnet) {
	struct policy_pool *pools = mem_alloc(subnet->pool_count * sizeof(*pools));
	struct policy_subnet out = {
		.network = subnet->network,
		.mask = config_mask(subnet->prefix_len),
		.lease_time_s = subnet->lease_time_s,
		.max_blksize = (uint16_t)subnet->max_blksize,
		.max_windowsize = (uint16_t)subnet->max_windowsize,
		.edge_rate_bps = subnet->edge_rate_bps,
	};
	struct option_block block;

	for (uint32_t i = 0; i < subnet->pool_count; i++)
		pools[i] = (struct policy_pool){
			.first = subnet->pools[i].first,
			.last = subnet->pools[i].last,
			.users = subnet->pools[i].users,
		};
	// The configuration's check has refused what does not fit.
	if (option_block_subnet(subnet, &block) == 0)
		out.options = add_block(builder, &block);
	policy_build_subnet(builder, &out, pools, subnet->pool_count, subnet->relays.list,
		subnet->relays.count);
	free(pools);
}

static const struct rendered_set *set_of(const struct image_table *images) {
	return images ? images->rendered : NULL;
}

// What the brain says of it.
static void add_node(
	struct policy_builder *builder, struct policy_host *out, const struct rendered_node *node) {
	if (node->role)
		out->role = add_text(builder, node->role);
	if (node->local)
		out->flags |= POLICY_HOST_LOCAL;
	if (!node->order_id)
		return;
	out->order_id = node->order_id;
	out->order_slot = node->order_slot;
	out->order_last = add_text(builder, node->order_last);
}

static void add_host(struct policy_builder *builder, const struct config_host *host,
	const struct rendered_set *set) {
	const struct rendered_node *node = rendered_set_find(set, host->mac);
	struct policy_host out = {
		.name = add_text(builder, host->name),
		.role = add_text(builder, host->role),
		.address = host->address,
	};
	struct option_block block;

	memcpy(out.mac, host->mac, sizeof(out.mac));
	if (host->options.count && option_block_options(&host->options, &block) == 0)
		out.options = add_block(builder, &block);
	if (node)
		add_node(builder, &out, node);
	policy_build_host(builder, &out);
}

// Nodes that hosts: does not have.
static void add_unlisted(struct policy_builder *builder, const struct config *config,
	const struct rendered_set *set) {
	for (size_t i = 0; set && i < set->node_count; i++) {
		const struct rendered_node *node = &set->nodes[i];
		struct policy_host out = {
			.name = add_text(builder, node->name),
			.flags = POLICY_HOST_UNLISTED | (node->named ? 0 : POLICY_HOST_UNNAMED),
		};

		if (config_host_by_mac(config, node->mac))
			continue;
		memcpy(out.mac, node->mac, sizeof(out.mac));
		add_node(builder, &out, node);
		policy_build_host(builder, &out);
	}
}

static uint32_t add_menu(struct policy_builder *builder, const struct config *config,
	const struct config_rule *rule, const struct image_table *images,
	struct policy_menu_item out[POLICY_MENU_MAX]) {
	for (uint32_t i = 0; i < rule->menu_count; i++) {
		const struct config_menu_item *item = &rule->menu[i];

		out[i] = (struct policy_menu_item){
			.text = add_text(builder, item->text),
			.file = add_text(builder, item->file),
			.next_server = item->next_server,
			.file_blocks =
				publish_file_blocks(config, images, item->file, item->next_server),
		};
	}
	return rule->menu_count;
}

static void add_rule(struct policy_builder *builder, const struct config *config,
	const struct config_rule *rule, const struct image_table *images) {
	struct policy_condition *conditions = mem_alloc(rule->match.count * sizeof(*conditions));
	struct policy_rule out = {
		.file = add_text(builder, rule->file),
		.next_server = rule->next_server,
		.flags = rule->send_ahead ? 0 : POLICY_RULE_NO_SEND_AHEAD,
		.line = rule->line,
		.file_blocks = publish_file_blocks(config, images, rule->file, rule->next_server),
		.menu_prompt = add_text(builder, rule->menu_count ? rule->menu_prompt : NULL),
		.menu_timeout_s = rule->menu_count ? rule->menu_timeout_s : 0,
	};
	struct policy_menu_item items[POLICY_MENU_MAX];
	uint32_t item_count = add_menu(builder, config, rule, images, items);
	struct option_block block;

	for (uint32_t i = 0; i < rule->match.count; i++) {
		const struct config_condition *condition = &rule->match.list[i];

		conditions[i] = (struct policy_condition){
			.match = condition->match,
			.group = condition->group,
			.value = condition->value,
			.mask = condition->mask,
			.text = add_text(builder, condition->text),
		};
	}
	if (rule->options.count && option_block_options(&rule->options, &block) == 0)
		out.options = add_block(builder, &block);
	policy_build_menu(builder, &out, conditions, rule->match.count, items, item_count);
	free(conditions);
}

struct publish_orphans publish_build(struct policy_builder *builder, const struct config *config,
	uint32_t leases, const struct image_table *images) {
	add_globals(builder, config, leases);
	for (uint32_t i = 0; i < config->port_count; i++)
		add_port(builder, &config->ports[i]);
	for (uint32_t i = 0; i < config->subnet_count; i++)
		add_subnet(builder, &config->subnets[i]);
	for (uint32_t i = 0; i < config->host_count; i++)
		add_host(builder, &config->hosts[i], set_of(images));
	add_unlisted(builder, config, set_of(images));
	for (uint32_t i = 0; i < config->rule_count; i++)
		if (publish_rule_applies(images, &config->rules[i]))
			add_rule(builder, config, &config->rules[i], images);
	return publish_names(builder, config, images);
}

int64_t publish_try(const struct config *config, uint32_t leases, const struct image_table *images,
	void *out, char why[256]) {
	size_t work_size = policy_builder_size(POLICY_SNAPSHOT_MAX);
	void *work = mem_alloc(work_size);
	struct policy_builder *builder = policy_builder_init(work, work_size, POLICY_SNAPSHOT_MAX);
	int64_t size;

	publish_build(builder, config, leases, images);
	size = policy_build_finish(builder, 1, 0, out, POLICY_SNAPSHOT_MAX, why);
	free(work);
	return size;
}

// The lease table's size in the snapshot of the process before: a running dataplane keeps it.
static uint32_t read_former_leases(const struct shm_map *map) {
	void *copy = mem_alloc(POLICY_SNAPSHOT_MAX);
	struct policy_reader reader;
	struct policy policy;
	uint64_t generation;
	uint32_t leases = 0;
	char why[256];

	if (policy_reader_attach(map->base, map->size, &reader) == 0 &&
		policy_reader_poll(
			&reader, 0, copy, POLICY_SNAPSHOT_MAX, &policy, &generation, why) == 1)
		leases = policy.snapshot->max_leases;
	free(copy);
	return leases;
}

static int adopt(struct publisher *publisher, const char *path, char why[SHM_WHY_SIZE]) {
	int rc = shm_open_region(path, ROUSE_REGION_POLICY, true, &publisher->map, why);

	if (rc < 0)
		return rc;
	if (policy_publish_check(publisher->map.base, publisher->map.size) < 0) {
		shm_unmap(&publisher->map);
		return -EPROTO;
	}
	shm_take_over(&publisher->map);
	publisher->former_leases = read_former_leases(&publisher->map);
	return 0;
}

int publisher_open(struct publisher *publisher, const char *runtime_dir, char why[SHM_WHY_SIZE]) {
	char path[256];
	int rc;

	*publisher = (struct publisher){.work_size = policy_builder_size(POLICY_SNAPSHOT_MAX)};
	snprintf(path, sizeof(path), "%s/policy", runtime_dir);
	rc = adopt(publisher, path, why);
	if (rc == -EBUSY)
		return rc;
	if (rc < 0) {
		rc = shm_create_region(
			path, ROUSE_REGION_POLICY, POLICY_REGION_SIZE, &publisher->map, why);
		if (rc < 0)
			return rc;
		policy_publish_init(publisher->map.base);
	}
	publisher->work = mem_alloc(publisher->work_size);
	publisher_beat(publisher);
	return 0;
}

void publisher_close(struct publisher *publisher) {
	if (publisher->map.base)
		shm_unmap(&publisher->map);
	free(publisher->work);
	*publisher = (struct publisher){0};
}

// Once for each number of them, not with every change of a file.
static void tell_orphans(struct publisher *publisher, struct publish_orphans orphans) {
	if (orphans.count && orphans.count != publisher->orphans)
		control_log(CONTROL_WARNING,
			"node_dir: nobody is served %s, for no machine of hosts: has the name of "
			"its directory (%zu such files)",
			orphans.first, orphans.count);
	publisher->orphans = orphans.count;
}

int64_t publisher_publish(struct publisher *publisher, const struct config *config, uint32_t leases,
	const struct image_table *images, char why[256]) {
	struct policy_builder *builder =
		policy_builder_init(publisher->work, publisher->work_size, POLICY_SNAPSHOT_MAX);
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	tell_orphans(publisher, publish_build(builder, config, leases, images));
	return policy_publish(publisher->map.base, builder,
		(uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec, why);
}

void publisher_beat(struct publisher *publisher) {
	struct shm_header *header = publisher->map.base;

	atomic_store_explicit(&header->heartbeat_ns, state_boottime_ns(), memory_order_release);
}
