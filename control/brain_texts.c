// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Texts of nodes: made again when something that they depend on has changed, a bounded number in
// each tick, then handed to the image thread as one set.

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brain_internal.h"
#include "control_log.h"

#define TEXTS_PER_TICK 400u // nodes: about 20 ms

// --- one text

#define NO_PXELINUX                                                                                \
	"# %s\nSAY Rouse: nothing can be booted: %s\nDEFAULT local\nLABEL local\nLOCALBOOT -1\n"

// What the machine shows when its text cannot be made, in place of nothing.
static char *apology(struct brain *brain, enum render_loader loader, const char *name,
	const char *why, size_t *len) {
	static const char *const forms[] = {
		[RENDER_IPXE] = "#!ipxe\necho\necho Rouse: nothing can be booted on %s:\necho %s\n"
				"echo What to do: mend it on the server (rouse check), then start "
				"the machine again\nprompt --timeout 60000 Press a key to go on "
				"||\n%s",
		[RENDER_PXELINUX] = NO_PXELINUX,
		[RENDER_GRUB] = "# %s\necho 'Rouse: nothing can be booted: %s'\nsleep 60\nexit\n",
		[RENDER_PXELINUX_TIMEOUT] = NO_PXELINUX,
	};
	char clean[256], *text = mem_alloc(1024), *ending = brain_render_ending(brain);
	size_t at = 0;

	for (; *why && at < sizeof(clean) - 1; why++)
		clean[at++] = strchr("${}'\"\\|&\n", *why) ? ' ' : *why;
	clean[at] = '\0';
	*len = (size_t)snprintf(text, 1024, forms[loader], name, clean, ending);
	free(ending);
	return text;
}

static struct rendered_text *text_of(char *bytes, size_t len) {
	struct rendered_text *text = rendered_text_new(bytes, len);

	free(bytes);
	return text;
}

static void replace(struct brain *brain, struct rendered_text **place, struct rendered_text *next) {
	bool same = *place && next && (*place)->len == next->len &&
		    !memcmp((*place)->sha256, next->sha256, RENDERED_SHA_SIZE);

	if (same || (!*place && !next)) {
		rendered_text_drop(next);
		return;
	}
	rendered_text_drop(*place);
	*place = next;
	brain->set_due = true;
}

static bool is_wanted(const struct brain *brain, enum render_loader loader,
	const struct config_profile *profile) {
	if (!profile || (loader == RENDER_PXELINUX_TIMEOUT && !profile->menu))
		return false;
	return brain->loaders & 1u << loader;
}

// --- a node's texts

struct making {
	struct brain *brain;
	struct brain_node *node;
	struct arena arena;
	struct store_node record;
	struct node_plan plan;
	struct store_order order; // id 0: none waits
	const struct vars_merged *vars;
};

static void tell_failure(struct making *m, const char *why) {
	if (!m->node->told)
		control_log(CONTROL_WARNING, "%s: what it boots cannot be written: %s",
			m->node->name, why);
	m->node->told = true;
}

static void make_text(struct making *m, enum render_loader loader,
	const struct config_profile *profile, const struct store_order *order,
	struct rendered_text **place) {
	char *bytes, why[256];
	size_t len;

	if (!is_wanted(m->brain, loader, profile)) {
		replace(m->brain, place, NULL);
		return;
	}
	if (brain_render_as(m->brain, &m->record, &m->plan, profile, order, m->vars, loader, &bytes,
		    &len, why) < 0) {
		tell_failure(m, why);
		bytes = apology(m->brain, loader, m->node->name, why, &len);
	}
	replace(m->brain, place, text_of(bytes, len));
}

// A machine of which nothing is told but that it was seen boots as all strangers do.
static bool is_common(const struct making *m) {
	return !m->plan.host && !m->plan.role_name && m->plan.assigned_source == NODE_BY_UNKNOWN &&
	       !m->order.id && !m->record.vars && !m->record.listed;
}

static const char *last_of(const struct config_load *load) {
	if (load->files.count)
		return load->files.list[load->files.count - 1];
	if (load->initrd.count)
		return load->initrd.list[load->initrd.count - 1];
	return load->kernel ? load->kernel : load->efi ? load->efi : load->script;
}

// The file with which a machine has all of a profile; "" where it cannot be told. What is expanded
// and what lies elsewhere cannot be.
static void set_last(char out[256], const struct config_profile *profile, uint16_t arch) {
	struct config_load load;
	const char *last;

	out[0] = '\0';
	if (!profile)
		return;
	load = config_load_for(profile, arch);
	last = last_of(&load);
	if (last && !strstr(last, "://") && !strstr(last, "{{"))
		snprintf(out, 256, "%s", last);
}

static void note(struct brain *brain, struct brain_node *node, const struct making *m) {
	bool local = m->plan.standing && m->plan.standing->local;
	const char *role = m->plan.role_name ? m->plan.role_name : "";
	uint16_t arch = m->record.facts.arch;
	char last[256];

	set_last(last, m->order.id ? m->plan.boots : NULL, arch);
	brain->set_due |= node->local != local || strcmp(node->role, role) != 0 ||
			  strcmp(node->order_last, last) != 0;
	node->local = local;
	snprintf(node->role, sizeof(node->role), "%s", role);
	snprintf(node->order_last, sizeof(node->order_last), "%s", last);
	set_last(node->last, m->plan.boots, arch);
}

static bool mentions(const struct rendered_text *text, const char *serial) {
	return text && memmem(text->bytes, text->len, serial, strlen(serial));
}

// Whether a ticket stands in the texts, so that it has to be renewed.
static void note_ticket(struct brain_node *node) {
	char serial[48];

	node->tickets = false;
	snprintf(serial, sizeof(serial), "/%" PRIx64 "-", node->ticket.serial);
	for (size_t i = 0; node->ticket.serial && i < BRAIN_LOADERS; i++)
		node->tickets |=
			mentions(node->standing[i], serial) || mentions(node->ordered[i], serial);
}

static struct rendered_text *used_text(uint64_t id) {
	char text[64];

	snprintf(text, sizeof(text), "order %" PRIu64 " is used\n", id);
	return rendered_text_new(text, strlen(text));
}

static void make_all(struct making *m) {
	struct brain_node *node = m->node;
	bool common = is_common(m);
	const struct brain_ticket none = {0},
				  *ticket = common ? &none : brain_ticket_of(m->brain, node);

	m->vars = brain_vars_of(m->brain, &m->record, &m->plan, &m->order, ticket, &m->arena);
	node->told = false;
	for (enum render_loader i = 0; i < BRAIN_LOADERS; i++) {
		make_text(m, i, common ? NULL : m->plan.standing, NULL, &node->standing[i]);
		make_text(m, i, m->order.id ? m->plan.boots : NULL, &m->order, &node->ordered[i]);
	}
	if (m->order.id && node->used_id != m->order.id) {
		node->used_id = m->order.id;
		replace(m->brain, &node->used, used_text(m->order.id));
	}
	note(m->brain, node, m);
	note_ticket(node);
}

// An installation that was ordered by itself, of what the node is no longer to become. A retry is
// of what ran, which somebody may have ordered.
static bool is_outdated(const struct making *m) {
	const struct config_profile *assigned = m->plan.assigned;

	return m->order.id && m->order.origin == STORE_ORDER_INSTALL &&
	       (!assigned || !assigned->install || strcmp(assigned->name, m->order.profile) != 0);
}

static void drop_outdated(struct making *m) {
	if (!is_outdated(m))
		return;
	brain_write(m->brain);
	if (store_order_cancel(m->brain->store, m->node->mac, m->brain->now_ms) < 0) {
		brain_store_failed(m->brain);
		return;
	}
	control_log(CONTROL_NOTICE, "order %" PRIu64 ": %s is not to be installed by %s any more",
		m->order.id, m->node->name, m->order.profile);
	m->node->order_id = 0;
	brain_plan(m->brain, &m->record, &m->arena, &m->plan, &m->order);
}

// A node that is to be installed gets its order with its first texts.
static void order_install(struct making *m) {
	char why[BRAIN_WHY];

	if (!m->plan.wants_install)
		return;
	if (brain_order(m->brain, m->node->mac, m->plan.assigned->name, STORE_ORDER_INSTALL, false,
		    &m->order, why) < 0)
		control_log(CONTROL_WARNING, "%s cannot be installed: %s", m->node->name, why);
	else
		brain_plan(m->brain, &m->record, &m->arena, &m->plan, &m->order);
}

void brain_node_make(struct brain *brain, struct brain_node *node) {
	struct making m = {.brain = brain, .node = node};

	if (!node->dirty)
		return;
	node->dirty = false;
	brain->dirty_count--;
	if (store_node_get(brain->store, node->mac, &m.arena, &m.record) == 0) {
		brain_node_take(brain, &m.record);
		brain_plan(brain, &m.record, &m.arena, &m.plan, &m.order);
		drop_outdated(&m);
		order_install(&m);
		make_all(&m);
	}
	// What its own order has changed is in its texts.
	if (node->dirty)
		brain->dirty_count--;
	node->dirty = false;
	arena_free(&m.arena);
}

void brain_text_free(struct brain_node *node) {
	for (size_t i = 0; i < BRAIN_LOADERS; i++) {
		rendered_text_drop(node->standing[i]);
		rendered_text_drop(node->ordered[i]);
	}
	rendered_text_drop(node->used);
}

// --- the text of all others

static void make_common(struct brain *brain, enum render_loader loader) {
	char *bytes, why[256];
	size_t len;
	int rc = brain_render_common(brain, loader, &bytes, &len, why);

	if (rc < 0 && !brain->common_told[loader])
		control_log(CONTROL_WARNING, "what unknown machines boot: %s", why);
	brain->common_told[loader] = rc < 0;
	if (rc < 0)
		bytes = apology(brain, loader, "unknown machines", why, &len);
	replace(brain, &brain->common[loader], text_of(bytes, len));
}

static void make_commons(struct brain *brain) {
	const struct config_brain *config = &brain->daemon->config->brain;

	brain->common_dirty = false;
	for (enum render_loader i = 0; i < BRAIN_LOADERS; i++) {
		if (is_wanted(brain, i, config_profile_find(config, config->unknown.profile)))
			make_common(brain, i);
		else
			replace(brain, &brain->common[i], NULL);
	}
}

// --- the set

static void add_names(struct rendered_set *set, const uint8_t *mac, bool order,
	struct rendered_text *const texts[BRAIN_LOADERS]) {
	char names[RENDER_NAMES_MAX][RENDER_NAME_SIZE];

	for (enum render_loader i = 0; i < BRAIN_LOADERS; i++) {
		size_t count = texts[i] ? render_names(i, mac, names) : 0;

		for (size_t k = 0; k < count; k++)
			rendered_set_add(set, mac, order, names[k], texts[i]);
	}
}

static void add_node(struct rendered_set *set, const struct brain_node *node) {
	struct rendered_node out = {
		.listed = node->listed,
		.named = !store_node_name_is_usual(node->mac, node->name),
		.local = node->local,
		.name = node->name,
		.role = node->role,
		.order_id = node->ordered[0] ? node->order_id : 0,
		.order_slot = node->order_slot,
		.order_last = node->order_last,
	};
	char name[RENDER_NAME_SIZE];

	memcpy(out.mac, node->mac, sizeof(out.mac));
	rendered_set_add_node(set, &out);
	add_names(set, node->mac, false, node->standing);
	if (out.order_id)
		add_names(set, node->mac, true, node->ordered);
	// Also when the order is used already: by the last of its files, before iPXE says so.
	snprintf(name, sizeof(name), "rouse/used/%016" PRIx64, node->used_id);
	if (node->used)
		rendered_set_add(set, node->mac, false, name, node->used);
}

static void add_page(struct rendered_set *set, const struct render_page *page) {
	struct rendered_text *text = rendered_text_new(page->text, page->len);

	rendered_set_add(set, NULL, false, page->name, text);
	rendered_text_drop(text);
}

static void add_all(const struct brain *brain, struct rendered_set *set) {
	add_names(set, NULL, false, brain->common);
	if (brain->loaders & 1u << RENDER_PXELINUX)
		add_page(set, &render_pxelinux_failed);
	for (size_t i = 0; i < brain->node_count; i++)
		add_node(set, brain->nodes[i]);
}

// An empty one when there are no profiles any more.
static void hand_out(struct brain *brain) {
	struct rendered_set *set = rendered_set_new(++brain->set_version);

	if (brain->daemon->config->brain.given)
		add_all(brain, set);
	rendered_set_finish(set);
	image_service_render(brain->daemon->images, set);
	rendered_set_drop(set);
	brain->set_due = brain->set_ready = false;
}

void brain_texts_all_dirty(struct brain *brain) {
	brain->common_dirty = brain->set_due = true;
	for (size_t i = 0; i < brain->node_count; i++)
		brain_node_dirty(brain, brain->nodes[i]);
}

static void make_some(struct brain *brain) {
	size_t made = 0;

	for (size_t n = 0; n < brain->node_count && brain->dirty_count && made < TEXTS_PER_TICK;
		n++) {
		struct brain_node *node = brain->nodes[brain->next_dirty++ % brain->node_count];

		if (!node->dirty)
			continue;
		brain_node_make(brain, node);
		made++;
	}
	brain->next_dirty = brain->node_count ? brain->next_dirty % brain->node_count : 0;
}

// A change of one node is out at once; of many, together when all are made.
void brain_texts_tick(struct brain *brain) {
	if (!brain->daemon->table || !brain->daemon->config->brain.given) {
		brain->set_ready |= brain->set_due;
		return;
	}
	if (brain->common_dirty)
		make_commons(brain);
	make_some(brain);
	brain->set_ready = brain->set_due && !brain->dirty_count && !brain->batch_failed;
}

// After the orders that are in it are on the disk.
void brain_texts_publish(struct brain *brain) {
	if (brain->set_ready)
		hand_out(brain);
}
