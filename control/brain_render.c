// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// One text of a node: with its variables, and with what is in boot_root.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "brain_internal.h"
#include "template_dir.h"
#include "text.h"

// --- what is there

static bool has_file(void *context, const char *path) {
	const struct brain *brain = context;
	const struct image_entry *entry = image_table_find(brain->daemon->table, path);

	return entry && entry->served;
}

// GRUB's image for the network has many names; its configuration and modules are none of it.
static bool is_grub(const char *path) {
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	return strstr(name, "grub") && (strstr(name, ".efi") || strstr(name, "core"));
}

static uint32_t loaders_of(const struct image_table *table) {
	uint32_t loaders = 1u << RENDER_IPXE;

	for (size_t i = 0; table && i < table->count; i++) {
		const char *path = table->entries[i].path;

		if (text_ends_with(path, "pxelinux.0"))
			loaders |= 1u << RENDER_PXELINUX | 1u << RENDER_PXELINUX_TIMEOUT;
		else if (is_grub(path))
			loaders |= 1u << RENDER_GRUB;
	}
	return loaders;
}

static uint64_t look_at(const struct brain *brain, uint64_t seen, const char *file) {
	return file ? seen * 31 + 1 + has_file((void *)(uintptr_t)brain, file) : seen;
}

// Which of the files of profiles that come with Rouse are there: its menu follows them.
static uint64_t files_seen(const struct brain *brain) {
	const struct config_brain *config = &brain->daemon->config->brain;
	uint64_t seen = 17;

	for (uint32_t i = 0; i < config->profile_count; i++) {
		const struct config_profile *profile = &config->profiles[i];

		if (profile->line)
			continue;
		seen = look_at(brain, seen, profile->load.kernel);
		for (uint32_t k = 0; k < profile->variant_count; k++)
			seen = look_at(brain, seen, profile->variants[k].load.kernel);
	}
	for (const struct render_starter *starter = render_starters; starter->file; starter++)
		seen = look_at(brain, seen, starter->file);
	return look_at(brain, look_at(brain, seen, "menu.c32"), "ipxe.lkrn");
}

bool brain_texts_look(struct brain *brain) {
	uint32_t loaders = loaders_of(brain->daemon->table);
	uint64_t seen = files_seen(brain);
	bool news = loaders != brain->loaders || seen != brain->files_seen;

	brain->loaders = loaders;
	brain->files_seen = seen;
	return news;
}

// --- rendering

struct expander {
	struct brain *brain;
	const struct vars_merged *vars;
};

static char *expand(void *context, const struct config_profile *profile, const char *what,
	const char *text, char why[256]) {
	const struct expander *expander = context;
	struct template_output output;
	const char *sentence;

	(void)profile; // whoever asks tells profile and key
	if (template_render(&(struct template_input){.name = what,
				    .text = text,
				    .len = strlen(text),
				    .vars = expander->vars},
		    &output) == 0)
		return output.text;
	// "cmdline:1: {{x}} is not set": a command line has one line.
	sentence = strstr(output.error, ":1: ");
	snprintf(why, 256, "%.255s", sentence ? sentence + 4 : output.error);
	return NULL;
}

static bool expander_has_file(void *context, const char *path) {
	return has_file(((const struct expander *)context)->brain, path);
}

// What a text is rendered from; the pointers in it live as long as it does.
struct source {
	struct expander expander;
	struct brain_where where;
	struct render_input input;
};

static const struct render_input *source_of(struct source *source, struct brain *brain,
	const struct store_node *record, const struct node_plan *plan,
	const struct config_profile *profile, const struct store_order *order,
	const struct vars_merged *vars) {
	uint32_t address =
		plan->host && plan->host->address ? plan->host->address : record->address;

	source->expander = (struct expander){brain, vars};
	brain_where(brain, address, &source->where);
	source->input = (struct render_input){
		.brain = &brain->daemon->config->brain,
		.profile = profile,
		.menu_default = plan->menu_default,
		.menu_timeout_s = plan->menu_timeout_s,
		.node = record->name,
		.mac = record->mac,
		.arch = record->facts.arch,
		.server = source->where.server,
		.http = source->where.http[0] ? source->where.http : NULL,
		.https = source->where.https[0] ? source->where.https : NULL,
		.order_id = order ? order->id : 0,
		.report = source->where.http[0] != '\0',
		.expand = expand,
		.has_file = expander_has_file,
		.context = &source->expander,
	};
	return &source->input;
}

int brain_render_as(struct brain *brain, const struct store_node *record,
	const struct node_plan *plan, const struct config_profile *profile,
	const struct store_order *order, const struct vars_merged *vars, enum render_loader loader,
	char **text, size_t *len, char why[256]) {
	struct source source;

	return render(loader, source_of(&source, brain, record, plan, profile, order, vars), text,
		len, why);
}

int brain_render_common(
	struct brain *brain, enum render_loader loader, char **text, size_t *len, char why[256]) {
	const struct config_brain *config = &brain->daemon->config->brain;
	struct arena arena = {0};
	struct expander expander = {brain, brain_vars_common(brain, loader, &arena)};
	const struct vars_entry *server = vars_find(expander.vars, "server", strlen("server"));
	const struct vars_value *map = server->value;
	const struct vars_value *address = vars_map_find(map, "address", 7),
				*http = vars_map_find(map, "http", 4),
				*https = vars_map_find(map, "https", 5);
	bool one = brain->daemon->config->port_count == 1;
	int rc = render(loader,
		&(struct render_input){
			.brain = config,
			.profile = config_profile_find(config, config->unknown.profile),
			.menu_default = config->unknown.menu_default,
			.menu_timeout_s = config->unknown.menu_timeout_s,
			.arch = POLICY_ARCH_UNKNOWN,
			.server = one ? address->text : NULL,
			.http = http ? http->text : NULL,
			.https = https ? https->text : NULL,
			.report = http != NULL,
			.expand = expand,
			.has_file = expander_has_file,
			.context = &expander,
		},
		text, len, why);

	arena_free(&arena);
	return rc;
}

char *brain_render_ending(struct brain *brain) {
	return render_ipxe_ending(&(struct render_input){.has_file = has_file, .context = brain});
}

int brain_render(struct brain *brain, const struct store_node *node, enum render_loader loader,
	char **text, size_t *len, char why[BRAIN_WHY]) {
	struct brain_node *own = brain_node_find(brain, node->mac);
	struct arena arena = {0};
	struct store_order order;
	struct node_plan plan;
	const struct vars_merged *vars;
	int rc;

	brain_plan(brain, node, &arena, &plan, &order);
	vars = brain_vars_of(
		brain, node, &plan, &order, own ? brain_ticket_of(brain, own) : NULL, &arena);
	rc = brain_render_as(brain, node, &plan, plan.boots, order.id ? &order : NULL, vars, loader,
		text, len, why);
	arena_free(&arena);
	return rc;
}

// A machine that is no node asks by its address only: its script is that of all.
int brain_render_menu(struct brain *brain, uint32_t client, const struct config_menu *menu,
	const struct config_entry *opened, const char *notice, char **text, size_t *len,
	char why[BRAIN_WHY]) {
	char name[STORE_NODE_NAME_SIZE];
	struct store_node record;
	struct store_order order;
	struct node_plan plan;
	struct source source;
	struct arena arena = {0};
	uint8_t mac[6];
	int rc = -ENOENT;

	snprintf(why, BRAIN_WHY, "the machine at this address is not known: start it again");
	if (brain_who(brain, client, mac, name) &&
		store_node_get(brain->store, mac, &arena, &record) == 0) {
		brain_plan(brain, &record, &arena, &plan, &order);
		source_of(&source, brain, &record, &plan, plan.boots, order.id ? &order : NULL,
			brain_vars(brain, &record, &plan, &arena));
		source.input.from_menu = menu;
		source.input.opened = opened;
		source.input.notice = notice;
		rc = render(RENDER_IPXE, &source.input, text, len, why);
	}
	arena_free(&arena);
	return rc;
}

int brain_template(struct brain *brain, const struct store_node *node, const char *name,
	bool private_carrier, char **text, size_t *len, char why[BRAIN_WHY]) {
	const char *directory = brain->daemon->config->brain.template_dir;
	struct template_output output;
	struct arena arena = {0};
	struct node_plan plan;
	struct template_input input = {.name = name, .private_carrier = private_carrier};
	int fd, rc;

	if (!directory) {
		snprintf(why, BRAIN_WHY, "there are no templates: set template_dir:");
		return -ENOENT;
	}
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = fd < 0 ? -errno : template_dir_read(fd, name, &arena, &input.text, &input.len);
	if (rc < 0) {
		snprintf(why, BRAIN_WHY, "template %.100s of %.200s: %s", name, directory,
			strerror(-rc));
	} else {
		brain_plan(brain, node, &arena, &plan, NULL);
		input.vars = brain_vars(brain, node, &plan, &arena);
		input.load = template_dir_load;
		input.load_context = &fd;
		rc = template_render(&input, &output);
		if (rc < 0)
			snprintf(why, BRAIN_WHY, "%s", output.error);
		*text = output.text;
		*len = output.len;
	}
	if (fd >= 0)
		close(fd);
	arena_free(&arena);
	return rc;
}
