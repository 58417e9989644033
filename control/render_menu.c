// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// iPXE menus, drawn in 80 columns: what a person at the console of a machine can choose.

#include <ctype.h>
#include <string.h>

#include "render_ipxe.h"

#define INDENT     "${space:string}"
#define NAME_WIDTH 26 // of the node, so that the headline fits

static bool has_keys(const struct config_menu *menu) {
	for (uint32_t i = 0; i < menu->entry_count; i++)
		if (menu->entries[i].key)
			return true;
	return false;
}

// A key as iPXE's option takes it: # would begin a comment.
static void put_key(struct render_job *job, const char *key) {
	if (isalnum((unsigned char)*key))
		render_add(&job->out, "--key %c ", *key);
	else
		render_add(&job->out, "--key 0x%02x ", (unsigned char)*key);
}

static void put_text(struct render_job *job, const struct config_menu *menu,
	const struct config_entry *entry, const char *key) {
	if (key)
		render_add(&job->out, INDENT "[%c] ", *key);
	else
		render_add(&job->out, has_keys(menu) ? INDENT INDENT INDENT : INDENT);
	render_ipxe_text(&job->out, render_entry_text(job, entry), RENDER_COLUMNS);
}

static bool is_locked(const struct render_job *job, const struct config_entry *entry) {
	return entry->password && entry != job->in->opened;
}

static void put_item(struct render_job *job, uint32_t menu, const struct config_entry *entry) {
	const struct config_menu *of = &job->in->brain->menus[menu];

	if (is_locked(job, entry) && !job->in->http && !job->in->https) {
		render_add(&job->out, "item --gap -- ");
		put_text(job, of, entry, NULL);
		render_add(&job->out, " (needs http:)\n");
		return;
	}
	render_add(&job->out, "item ");
	if (entry->key)
		put_key(job, entry->key);
	render_add(&job->out, "-- ");
	render_ipxe_target(job, menu, entry);
	render_add(&job->out, " ");
	put_text(job, of, entry, entry->key);
	render_add(&job->out, is_locked(job, entry) ? " (password)\n" : "\n");
}

static void put_item_if(struct render_job *job, uint32_t menu, const struct config_entry *entry,
	uint32_t machine, const char *then) {
	size_t len;

	render_add(&job->out, "iseq ${machine} %s %s ", render_machines[machine].ipxe, then);
	len = job->out.len;
	put_item(job, menu, entry);
	if (job->out.len > len)
		render_cut(&job->out, job->out.len - 1);
	render_add(&job->out, " ||\n");
}

// What only some kinds of machines can boot is shown to those: one line says all but one kind.
static void put_item_for(struct render_job *job, uint32_t menu, const struct config_entry *entry,
	uint32_t machines) {
	uint32_t others = job->machines & ~machines;

	if (!others)
		put_item(job, menu, entry);
	else if (machines && !(others & (others - 1)))
		put_item_if(job, menu, entry, (uint32_t)__builtin_ctz(others), "||");
	else
		for (uint32_t i = 0; i < RENDER_MACHINES; i++)
			if (machines & 1u << i)
				put_item_if(job, menu, entry, i, "&&");
}

static void put_entry(struct render_job *job, uint32_t menu, uint32_t index) {
	const struct config_menu *of = &job->in->brain->menus[menu];
	const struct config_entry *entry = &of->entries[index];

	if (entry->separator) {
		render_add(&job->out, "item --gap\n");
	} else if (entry->group) {
		if (!render_group_offered(job, of, index))
			return;
		render_add(&job->out, "item --gap\nitem --gap -- ");
		render_ipxe_text(&job->out, entry->group, RENDER_COLUMNS);
		render_add(&job->out, "\n");
	} else {
		put_item_for(job, menu, entry, render_offered(job, of, entry));
	}
}

// Only builds with graphics have cpair; the others draw white on blue.
static void put_colours(struct render_job *job, const struct config_menu *menu) {
	if (menu->colours)
		render_add(&job->out, "cpair --foreground 7 --background 0 1 && "
				      "cpair --foreground 0 --background 2 2 && "
				      "cpair --foreground 6 --background 0 3 ||\n");
}

static void put_head(struct render_job *job, uint32_t menu) {
	render_add(&job->out, ":m%u\nset home m%u\n", menu, menu);
	put_colours(job, &job->in->brain->menus[menu]);
	render_add(&job->out, "menu -- ");
	render_ipxe_text(&job->out, job->in->brain->menus[menu].title, RENDER_COLUMNS);
	render_add(&job->out, "\nitem --gap -- ");
	render_ipxe_text(&job->out, job->in->node ? job->in->node : "new machine", NAME_WIDTH);
	render_add(&job->out, " ${netX/mac} ${ip} ${platform} ${buildarch}\n"
			      "isset ${notice} && item --gap -- Rouse: ${notice} ||\n"
			      "item --gap\n");
}

static void put_back(struct render_job *job, uint32_t menu) {
	if (job->parents[menu] != RENDER_NO_MENU)
		render_add(
			&job->out, "item --gap\nitem -- m%u " INDENT "Back\n", job->parents[menu]);
}

static void put_choose(struct render_job *job, uint32_t menu, const struct config_entry *preset,
	uint32_t timeout_s) {
	uint32_t back = job->parents[menu];

	render_add(&job->out, "choose ");
	if (timeout_s)
		render_add(&job->out, "--timeout %u ", timeout_s * 1000);
	if (preset) {
		render_add(&job->out, "--default ");
		render_ipxe_target(job, menu, preset);
		render_add(&job->out, " ");
	}
	render_add(&job->out, "choice || goto m%u\nclear notice\ngoto ${choice} || goto m%u\n",
		back == RENDER_NO_MENU ? menu : back, menu);
}

// Only a menu that nobody has touched chooses by itself, and only what it shows.
static void put_timed_choose(struct render_job *job, uint32_t menu,
	const struct config_entry *preset, uint32_t timeout_s) {
	uint32_t machines = render_offered(job, &job->in->brain->menus[menu], preset);

	render_add(&job->out, "isset ${wait} || goto m%u_ask\nclear wait\n", menu);
	if (machines != job->machines) {
		for (uint32_t i = 0; i < RENDER_MACHINES; i++)
			if (machines & 1u << i)
				render_add(&job->out, "iseq ${machine} %s && goto m%u_wait ||\n",
					render_machines[i].ipxe, menu);
		render_add(&job->out, "goto m%u_ask\n:m%u_wait\n", menu, menu);
	}
	put_choose(job, menu, preset, timeout_s);
	render_add(&job->out, ":m%u_ask\n", menu);
}

// A menu's item that a password guards: the server decides, and its answer takes this script's
// place. A build with params sends a form.
static void put_lock(struct render_job *job, uint32_t menu, uint32_t index) {
	const struct config_menu *of = &job->in->brain->menus[menu];

	render_add(&job->out,
		":u%u_%u\nset unlock menu=%s&item=%u&target=%s&mac=${netX/mac}\ngoto unlock\n",
		menu, index, of->name, index, config_entry_target(&of->entries[index]));
}

static void put_locks(struct render_job *job, uint32_t menu) {
	const struct config_menu *of = &job->in->brain->menus[menu];

	for (uint32_t i = 0; i < of->entry_count; i++)
		if (is_locked(job, &of->entries[i]))
			put_lock(job, menu, i);
}

void render_ipxe_menu(struct render_job *job, uint32_t menu) {
	const struct config_menu *of = &job->in->brain->menus[menu];
	uint32_t timeout_s;
	const struct config_entry *preset = render_preset(job, menu, &timeout_s);

	put_head(job, menu);
	for (uint32_t i = 0; i < of->entry_count; i++)
		put_entry(job, menu, i);
	put_back(job, menu);
	if (timeout_s)
		put_timed_choose(job, menu, preset, timeout_s);
	put_choose(job, menu, preset, 0);
	if (job->in->http || job->in->https)
		put_locks(job, menu);
	render_add(&job->out, "\n");
}
