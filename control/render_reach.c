// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What of the configuration belongs into one text: the profiles and menus that its machine can
// reach, for which machines each is, and what is left out.

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "render_internal.h"

uint32_t render_menu_index(const struct render_job *job, const char *name) {
	const struct config_menu *menu = config_menu_find(job->in->brain, name);

	return menu ? (uint32_t)(menu - job->in->brain->menus) : RENDER_NO_MENU;
}

uint32_t render_profile_index(const struct render_job *job, const char *name) {
	const struct config_profile *profile = config_profile_find(job->in->brain, name);

	return profile ? (uint32_t)(profile - job->in->brain->profiles) : 0;
}

// Menus wait in a queue: each is looked at once, and its parent is the first that leads to it.
struct queue {
	uint32_t *list;
	uint32_t count;
};

static void reach_menu(
	struct render_job *job, struct queue *queue, const char *name, uint32_t parent) {
	uint32_t index = render_menu_index(job, name);

	if (index == RENDER_NO_MENU || job->menus[index])
		return;
	job->menus[index] = true;
	job->parents[index] = parent;
	queue->list[queue->count++] = index;
}

static void reach_profile(struct render_job *job, struct queue *queue,
	const struct config_profile *profile, uint32_t parent) {
	if (profile->menu)
		reach_menu(job, queue, profile->menu, parent);
	else
		job->profiles[profile - job->in->brain->profiles] = true;
}

static void reach_entry(struct render_job *job, struct queue *queue,
	const struct config_entry *entry, uint32_t parent) {
	if (entry->password && entry != job->in->opened)
		return; // the server makes another text when it is opened
	if (!render_offered(job, &job->in->brain->menus[parent], entry))
		return;
	if (entry->menu)
		reach_menu(job, queue, entry->menu, parent);
	else if (entry->profile)
		reach_profile(
			job, queue, config_profile_find(job->in->brain, entry->profile), parent);
}

void render_reach(struct render_job *job) {
	const struct config_brain *brain = job->in->brain;
	struct queue queue = {mem_alloc((brain->menu_count + 1) * sizeof(*queue.list)), 0};

	reach_profile(job, &queue, job->in->profile, RENDER_NO_MENU);
	if (job->in->from_menu)
		reach_menu(job, &queue, job->in->from_menu->name, RENDER_NO_MENU);
	for (uint32_t i = 0; i < queue.count; i++) {
		const struct config_menu *menu = &brain->menus[queue.list[i]];

		for (uint32_t j = 0; j < menu->entry_count; j++)
			reach_entry(job, &queue, &menu->entries[j], queue.list[i]);
	}
	free(queue.list);
}

static bool same_texts(const struct config_texts *a, const struct config_texts *b) {
	return a->count == b->count && a->list == b->list;
}

static bool same_load(const struct config_load *a, const struct config_load *b) {
	return a->kernel == b->kernel && a->cmdline == b->cmdline && a->efi == b->efi &&
	       a->script == b->script && a->wimboot == b->wimboot &&
	       same_texts(&a->initrd, &b->initrd) && same_texts(&a->files, &b->files);
}

// What is to be verified is left to iPXE: the others cannot.
static bool can_load(enum render_loader loader, const struct config_profile *profile,
	const struct config_load *load, const struct render_machine *machine) {
	if (profile->verify && loader != RENDER_IPXE)
		return false;
	if (load->kernel)
		return true;
	if (load->efi)
		return machine->efi && loader != RENDER_PXELINUX &&
		       loader != RENDER_PXELINUX_TIMEOUT;
	if (load->wimboot)
		return loader == RENDER_IPXE &&
		       (!machine->efi || machine->arch == 6 || machine->arch == 7);
	return load->script && loader == RENDER_IPXE;
}

bool render_can_boot(
	enum render_loader loader, const struct config_profile *profile, uint16_t arch) {
	struct config_load load = config_load_for(profile, arch);

	if (profile->local || profile->menu)
		return true;
	for (uint32_t i = 0; i < RENDER_MACHINES; i++)
		if (render_machines_of(arch) == 1u << i)
			return can_load(loader, profile, &load, &render_machines[i]);
	return load.kernel && !profile->verify;
}

uint32_t render_loads(const struct render_job *job, const struct config_profile *profile,
	struct render_load out[RENDER_MACHINES]) {
	uint32_t count = 0;

	for (uint32_t i = 0; i < RENDER_MACHINES; i++) {
		struct config_load load = config_load_for(profile, render_machines[i].arch);
		uint32_t at = 0;

		if (!(job->machines & 1u << i) ||
			!can_load(job->loader, profile, &load, &render_machines[i]))
			continue;
		while (at < count && !same_load(&out[at].load, &load))
			at++;
		if (at == count)
			out[count++] = (struct render_load){load, 0};
		out[at].machines |= 1u << i;
	}
	return count;
}

bool render_has_file(const struct render_job *job, const char *path) {
	return !path || strstr(path, "://") || strstr(path, "{{") || !job->in->has_file ||
	       job->in->has_file(job->in->context, path);
}

static bool has_files(const struct render_job *job, const struct config_texts *files) {
	for (uint32_t i = 0; i < files->count; i++)
		if (!render_has_file(job, files->list[i]))
			return false;
	return true;
}

static bool has_all(const struct render_job *job, const struct config_load *load) {
	return render_has_file(job, load->kernel) && render_has_file(job, load->efi) &&
	       render_has_file(job, load->script) && render_has_file(job, load->wimboot) &&
	       has_files(job, &load->initrd) && has_files(job, &load->files);
}

// Of Rouse's own profiles nobody has said that their files are there.
static uint32_t with_files(const struct render_job *job, const struct config_profile *profile) {
	struct render_load loads[RENDER_MACHINES];
	uint32_t count = render_loads(job, profile, loads);
	uint32_t machines = 0;

	for (uint32_t i = 0; i < count; i++)
		if (has_all(job, &loads[i].load))
			machines |= loads[i].machines;
	return machines;
}

uint32_t render_offered(const struct render_job *job, const struct config_menu *menu,
	const struct config_entry *entry) {
	const struct config_profile *profile;

	if (!config_entry_target(entry))
		return 0;
	profile = entry->profile ? config_profile_find(job->in->brain, entry->profile) : NULL;
	if (!profile || profile->local || profile->menu || (profile->line && menu->line))
		return job->machines;
	return with_files(job, profile);
}

bool render_group_offered(
	const struct render_job *job, const struct config_menu *menu, uint32_t entry) {
	for (uint32_t i = entry + 1; i < menu->entry_count && !menu->entries[i].group; i++)
		if (render_offered(job, menu, &menu->entries[i]))
			return true;
	return false;
}

const char *render_entry_text(const struct render_job *job, const struct config_entry *entry) {
	if (entry->text)
		return entry->text;
	if (entry->profile)
		return render_profile_title(config_profile_find(job->in->brain, entry->profile));
	return entry->menu ? config_menu_find(job->in->brain, entry->menu)->title : "";
}

// The role's default and timeout are of the menu of its profile.
static bool is_first_menu(const struct render_job *job, uint32_t menu) {
	return job->in->profile->menu && render_menu_index(job, job->in->profile->menu) == menu;
}

const struct config_entry *render_preset(
	const struct render_job *job, uint32_t menu, uint32_t *timeout_s) {
	const struct config_menu *of = &job->in->brain->menus[menu];
	const struct config_entry *entry = NULL;
	bool first = is_first_menu(job, menu);

	*timeout_s = 0;
	if (first && job->in->menu_default)
		entry = config_entry_find(of, job->in->menu_default);
	if (!entry && of->preset)
		entry = config_entry_find(of, of->preset);
	if (!entry || !first || job->in->from_menu || entry->password)
		return entry;
	*timeout_s = job->in->menu_timeout_s ? job->in->menu_timeout_s : of->timeout_s;
	return entry;
}
