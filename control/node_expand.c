// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "node_expand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "template.h"

const char *const node_builtin_names[] = {
	"callback.failed",
	"callback.installed",
	"callback.installing",
	"node.address",
	"node.arch",
	"node.asset",
	"node.mac",
	"node.mac_dashed",
	"node.manufacturer",
	"node.memory_mb",
	"node.name",
	"node.product",
	"node.serial",
	"node.uuid",
	"order.id",
	"profile.name",
	"role.name",
	"server.address",
	"server.http",
	"server.https",
	"subnet.dns",
	"subnet.domain",
	"subnet.netmask",
	"subnet.network",
	"subnet.ntp",
	"subnet.prefix",
	"subnet.router",
	"template.url",
	NULL,
};

const char *node_load_name(enum node_load load) {
	static const char *const names[NODE_LOADS] = {
		"kernel", "initrd", "cmdline", "efi", "script", "wimboot", "files", "menu"};

	return names[load];
}

// Variables whose value is their own tag, with those of the configuration.
static const struct vars_merged *with_tags(const struct vars_merged *vars, struct arena *arena) {
	struct vars *tags = vars_make(arena);
	struct vars_value *map = NULL;
	struct vars_entry *entries;
	struct vars_merged *all = arena_alloc(arena, sizeof(*all));
	const struct vars_merged *builtin;
	struct vars_layer layer = {VARS_BUILTIN, tags};
	size_t i = 0, k = 0;

	for (const char *const *name = node_builtin_names; *name; name++) {
		const char *dot = strchr(*name, '.');
		char of[16], text[64];

		snprintf(of, sizeof(of), "%.*s", (int)(dot - *name), *name);
		snprintf(text, sizeof(text), "{{%s}}", *name);
		if (!map || strcmp(map->name, of) != 0)
			map = vars_add(arena, &tags->map, of, VARS_MAP, NULL);
		vars_add(arena, map, dot + 1, VARS_TEXT, text);
	}
	builtin = vars_merge(arena, &layer, 1);
	entries = arena_alloc(arena, (builtin->count + vars->count) * sizeof(*entries));
	// Both are in the order of names, which are never the same: these are reserved.
	while (i < builtin->count || k < vars->count) {
		bool first = k == vars->count ||
			     (i < builtin->count &&
				     strcmp(builtin->entries[i].name, vars->entries[k].name) < 0);

		entries[all->count++] = first ? builtin->entries[i++] : vars->entries[k++];
	}
	all->entries = entries;
	return all;
}

struct expander {
	struct arena *arena;
	const struct vars_merged *vars;
	const struct vars_merged *all; // NULL: not made yet
};

static const char *expand(struct expander *e, const char *what, const char *text) {
	struct template_input input = {.name = what, .text = text, .len = text ? strlen(text) : 0};
	struct template_output output;
	size_t size;
	char *out;

	if (!text || !strstr(text, "{{"))
		return text;
	if (!e->all)
		e->all = with_tags(e->vars, e->arena);
	input.vars = e->all;
	if (template_render(&input, &output) == 0) {
		out = arena_text(e->arena, output.text, output.len);
		free(output.text);
		return out;
	}
	size = input.len + sizeof(output.error) + 8;
	out = arena_alloc(e->arena, size);
	snprintf(out, size, "%s (%s)", text, output.error);
	return out;
}

static const char *join(struct expander *e, const char *what, const struct config_texts *texts) {
	size_t size = 1, used = 0;
	char *out;

	if (!texts->count)
		return NULL;
	for (uint32_t i = 0; i < texts->count; i++)
		size += strlen(texts->list[i]) + 2;
	out = arena_alloc(e->arena, size);
	for (uint32_t i = 0; i < texts->count; i++)
		used += (size_t)snprintf(
			out + used, size - used, "%s%s", i ? ", " : "", texts->list[i]);
	return expand(e, what, out);
}

void node_expand_loads(const struct config_profile *profile, uint16_t arch,
	const struct vars_merged *vars, struct arena *arena, const char *loads[NODE_LOADS]) {
	struct config_load load = config_load_for(profile, arch);
	struct expander e = {.arena = arena, .vars = vars};

	loads[NODE_LOAD_KERNEL] = expand(&e, "kernel", load.kernel);
	loads[NODE_LOAD_INITRD] = join(&e, "initrd", &load.initrd);
	loads[NODE_LOAD_CMDLINE] = expand(&e, "cmdline", load.cmdline);
	loads[NODE_LOAD_EFI] = expand(&e, "efi", load.efi);
	loads[NODE_LOAD_SCRIPT] = expand(&e, "script", load.script);
	loads[NODE_LOAD_WIMBOOT] = expand(&e, "wimboot", load.wimboot);
	loads[NODE_LOAD_FILES] = join(&e, "files", &load.files);
	loads[NODE_LOAD_MENU] = profile->menu;
}
