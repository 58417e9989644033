// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A configuration of pxelinux. It boots kernels and the local disk; a menu needs menu.c32 in
// boot_root, else the machine's user types a name. A file that does not come is told by pxelinux;
// then the local disk follows. Passwords would have to be in the text, so what they guard is left
// out.
//
// menu.c32 (6.04) takes no notice of ONERROR, and would choose what fails again at each time-out:
// its time-out leads to a text of its own, which has no menu.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "render_internal.h"

#define TIMEOUT_MAX_DS 35990u // tenths of a second
#define AFTER_ERROR_DS 100u
#define FAILED_NAME    "pxelinux.cfg/rouse-failed"

// pxelinux puts the words that failed behind those of a label, where CONFIG has the directory to
// change to: the label's own comes first, and what follows a blank is not read.
static const char on_error[] = "ONERROR rouse-failed\n"
			       "LABEL rouse-failed\n"
			       "  MENU HIDE\n"
			       "  CONFIG /" FAILED_NAME "\n"
			       "  APPEND /\n";

static const char on_timeout[] = "ONTIMEOUT rouse-timeout\n"
				 "LABEL rouse-timeout\n"
				 "  MENU HIDE\n"
				 "  CONFIG /" RENDER_PXELINUX_TIMEOUT_NAME "\n"
				 "  APPEND /\n";

static const char failed[] =
	"SAY Rouse: this cannot be booted: the lines above say why.\n"
	"SAY What to do: mend it on the server (rouse boot-log tells more), then press\n"
	"SAY Enter to choose again. The local disk follows in 30 seconds.\n"
	"PROMPT 1\n"
	"TIMEOUT 300\n"
	"DEFAULT again\n"
	"ONTIMEOUT local\n"
	"LABEL again\n"
	"  CONFIG /pxelinux.cfg/default\n"
	"  APPEND /\n"
	"LABEL local\n"
	"  LOCALBOOT -1\n";

const struct render_page render_pxelinux_failed = {FAILED_NAME, failed, sizeof(failed) - 1};

static bool has(const struct render_job *job, const char *path) {
	return job->in->has_file && job->in->has_file(job->in->context, path);
}

// Menu labels have a key behind ^.
static void put_label_text(struct render_job *job, const char *text) {
	for (; *text; text++)
		render_put(&job->out, *text == '^' ? "'" : text, 1);
}

static void put_path(struct render_job *job, const struct config_profile *profile, const char *what,
	const char *text) {
	char *path = render_expand(job, profile, what, text);

	if (path && strpbrk(path, " ,"))
		render_bad(job, "profile %.63s: %s: pxelinux takes no blank or comma in %.100s",
			profile->name, what, path);
	if (path)
		render_add(&job->out, "%s%s", strstr(path, "://") ? "" : "/", path);
	free(path);
}

static void put_kernel(struct render_job *job, const struct config_profile *profile,
	const struct config_load *load) {
	char *cmdline =
		load->cmdline ? render_expand(job, profile, "cmdline", load->cmdline) : NULL;

	render_add(&job->out, "  KERNEL ");
	put_path(job, profile, "kernel", load->kernel);
	for (uint32_t i = 0; i < load->initrd.count; i++) {
		render_add(&job->out, i ? "," : "\n  INITRD ");
		put_path(job, profile, "initrd", load->initrd.list[i]);
	}
	if (cmdline && *cmdline)
		render_add(&job->out, "\n  APPEND %s", cmdline);
	render_add(&job->out, "\n");
	free(cmdline);
}

// iPXE as a kernel runs its command line.
static void put_script(struct render_job *job, const struct config_profile *profile,
	const struct config_load *load) {
	char *path = render_expand(job, profile, "script", load->script);

	render_add(&job->out, "  KERNEL /ipxe.lkrn\n  APPEND dhcp && chain ");
	if (path && !strstr(path, "://")) {
		render_add(&job->out, "tftp://%s/",
			job->in->server ? job->in->server : "${next-server}");
		render_url_path(&job->out, path);
	} else if (path) {
		render_add(&job->out, "%s", path);
	}
	render_add(&job->out, "\n");
	free(path);
}

// pxelinux is of BIOS machines.
static struct config_load load_of(const struct config_profile *profile) {
	return config_load_for(profile, 0);
}

static bool can_boot(const struct render_job *job, const struct config_profile *profile) {
	struct config_load load = load_of(profile);

	if (profile->verify)
		return false;
	return profile->local || load.kernel || (load.script && has(job, "ipxe.lkrn"));
}

static void put_boot(struct render_job *job, const struct config_profile *profile) {
	struct config_load load = load_of(profile);

	if (profile->local)
		render_add(&job->out, "  LOCALBOOT -1\n");
	else if (load.kernel)
		put_kernel(job, profile, &load);
	else
		put_script(job, profile, &load);
}

// What cannot be written becomes a comment.
static bool put_item_boot(
	struct render_job *job, size_t begin, const struct config_profile *profile) {
	put_boot(job, profile);
	if (!job->why[0])
		return true;
	render_cut(&job->out, begin);
	render_add(&job->out, "# left out: %s\n", job->why);
	job->why[0] = '\0';
	return false;
}

static const struct config_profile *profile_of(
	const struct render_job *job, const struct config_entry *entry) {
	return entry->profile ? config_profile_find(job->in->brain, entry->profile) : NULL;
}

// The menu to which an entry leads, or RENDER_NO_MENU.
static uint32_t menu_of(const struct render_job *job, const struct config_entry *entry) {
	const struct config_profile *profile = profile_of(job, entry);

	return render_menu_index(job, profile ? profile->menu : entry->menu);
}

// The program of syslinux that does what an entry says, if it is there.
static const char *program_of(const struct render_job *job, const struct config_entry *entry) {
	const char *program = entry->action == CONFIG_ACTION_REBOOT     ? "reboot.c32"
			      : entry->action == CONFIG_ACTION_POWEROFF ? "poweroff.c32"
									: NULL;

	return program && has(job, program) ? program : NULL;
}

static bool is_offered(const struct render_job *job, const struct config_menu *menu,
	const struct config_entry *entry) {
	const struct config_profile *profile = profile_of(job, entry);

	if (entry->password || !(render_offered(job, menu, entry) & 1u))
		return false;
	if (program_of(job, entry))
		return true;
	return menu_of(job, entry) != RENDER_NO_MENU || (profile && can_boot(job, profile));
}

static void put_text(struct render_job *job, const struct config_entry *entry, const char *key) {
	render_add(&job->out, "  MENU LABEL ");
	if (key)
		render_add(&job->out, "[^%c] ", *key);
	put_label_text(job, render_entry_text(job, entry));
	render_add(&job->out, "\n");
}

static void put_menu(struct render_job *job, uint32_t menu);

static void put_submenu(struct render_job *job, uint32_t menu, uint32_t index, uint32_t to) {
	const struct config_entry *entry = &job->in->brain->menus[menu].entries[index];

	if (job->parents[to] != menu || job->menus[to] == false) {
		render_add(&job->out, "LABEL m%u_%u\n", menu, index);
		put_text(job, entry, entry->key);
		if (job->parents[to] == RENDER_NO_MENU)
			render_add(&job->out, "  MENU GOTO .top\n");
		else
			render_add(&job->out, "  MENU GOTO m%u\n", to);
		return;
	}
	job->menus[to] = false; // it is written once
	render_add(&job->out, "MENU BEGIN m%u\n", to);
	put_text(job, entry, entry->key);
	put_menu(job, to);
	render_add(&job->out, "LABEL m%u_back\n  MENU LABEL Back\n  MENU EXIT\nMENU END\n", to);
}

static void put_item(struct render_job *job, uint32_t menu, uint32_t index) {
	const struct config_entry *entry = &job->in->brain->menus[menu].entries[index];
	uint32_t timeout_s;
	size_t begin = job->out.len;

	render_add(&job->out, "LABEL m%u_%u\n", menu, index);
	put_text(job, entry, entry->key);
	if (entry == render_preset(job, menu, &timeout_s))
		render_add(&job->out, "  MENU DEFAULT\n");
	if (program_of(job, entry))
		render_add(&job->out, "  COM32 /%s\n", program_of(job, entry));
	else
		put_item_boot(job, begin, profile_of(job, entry));
}

static void put_entry(struct render_job *job, uint32_t menu, uint32_t index) {
	const struct config_menu *of = &job->in->brain->menus[menu];
	const struct config_entry *entry = &of->entries[index];

	if (entry->separator) {
		render_add(&job->out, "MENU SEPARATOR\n");
	} else if (entry->group) {
		if (!render_group_offered(job, of, index))
			return;
		render_add(&job->out, "MENU SEPARATOR\nLABEL m%u_%u\n  MENU LABEL ", menu, index);
		put_label_text(job, entry->group);
		render_add(&job->out, "\n  MENU DISABLE\n");
	} else if (!is_offered(job, of, entry)) {
		render_add(&job->out, "# left out: %s (%s)\n", render_entry_text(job, entry),
			entry->password ? "a password guards it" : "not with pxelinux");
	} else if (menu_of(job, entry) != RENDER_NO_MENU) {
		put_submenu(job, menu, index, menu_of(job, entry));
	} else {
		put_item(job, menu, index);
	}
}

static void put_menu(struct render_job *job, uint32_t menu) {
	const struct config_menu *of = &job->in->brain->menus[menu];

	render_add(&job->out, "MENU TITLE %s\n", of->title);
	for (uint32_t i = 0; i < of->entry_count && !job->out.full; i++)
		put_entry(job, menu, i);
}

static uint32_t timeout_ds(uint32_t timeout_s) {
	return timeout_s < TIMEOUT_MAX_DS / 10 ? timeout_s * 10 : TIMEOUT_MAX_DS;
}

// Without menu.c32: all profiles that the menus offer, by their names.
static void put_names(struct render_job *job, const struct config_profile *preset) {
	const struct config_brain *brain = job->in->brain;

	render_add(&job->out, "SAY Type a name and Enter:\n");
	for (uint32_t i = 0; i < brain->profile_count && !job->out.full; i++) {
		const struct config_profile *profile = &brain->profiles[i];
		size_t begin = job->out.len;

		if (!job->profiles[i] || !can_boot(job, profile))
			continue;
		render_add(&job->out, "SAY   %s: %s\nLABEL %s\n", profile->name,
			render_profile_title(profile), profile->name);
		if (put_item_boot(job, begin, profile) && profile == preset)
			render_add(&job->out, "DEFAULT %s\n", profile->name);
	}
	render_add(&job->out, "PROMPT 1\n");
}

// What a menu boots by itself, or NULL: nothing, another menu, a program.
static const struct config_profile *timeout_profile(const struct render_job *job, uint32_t menu) {
	uint32_t timeout_s;
	const struct config_entry *preset = render_preset(job, menu, &timeout_s);

	if (!timeout_s || !is_offered(job, &job->in->brain->menus[menu], preset) ||
		program_of(job, preset) || menu_of(job, preset) != RENDER_NO_MENU)
		return NULL;
	return profile_of(job, preset);
}

static void menus(struct render_job *job, uint32_t menu) {
	uint32_t timeout_s;
	const struct config_entry *preset = render_preset(job, menu, &timeout_s);

	if (timeout_s && is_offered(job, &job->in->brain->menus[menu], preset))
		render_add(&job->out, "TIMEOUT %u\n", timeout_ds(timeout_s));
	if (has(job, "menu.c32") && has(job, "libutil.c32")) {
		render_add(&job->out, "UI menu.c32\nPROMPT 0\n");
		put_menu(job, menu);
		if (timeout_profile(job, menu))
			render_add(&job->out, "%s", on_timeout);
		return;
	}
	render_add(&job->out, "%s", on_error);
	put_names(job, preset ? profile_of(job, preset) : NULL);
}

// One profile, at once; when it fails, pxelinux says so and waits at its prompt for the time-out.
static void single(struct render_job *job, const struct config_profile *profile) {
	render_add(&job->out, "PROMPT 0\nTIMEOUT %u\n", AFTER_ERROR_DS);
	if (!can_boot(job, profile)) {
		render_add(&job->out, "SAY Rouse: pxelinux cannot boot this: iPXE can. The local "
				      "disk follows.\n");
		render_add(&job->out, "DEFAULT local\n");
	} else {
		render_add(&job->out, "DEFAULT boot\nONTIMEOUT local\nLABEL boot\n");
		put_boot(job, profile);
	}
	render_add(&job->out, "LABEL local\n  LOCALBOOT -1\n");
}

static void put_title(struct render_job *job, const struct config_profile *profile) {
	render_add(&job->out, "SAY Rouse: %s boots %s\n",
		job->in->node ? job->in->node : "a machine", render_profile_title(profile));
}

void render_pxelinux(struct render_job *job) {
	const struct config_profile *profile = job->in->profile;

	put_title(job, profile);
	if (profile->menu)
		menus(job, render_menu_index(job, profile->menu));
	else
		single(job, profile);
}

void render_pxelinux_timeout(struct render_job *job) {
	const char *menu = job->in->profile->menu;
	const struct config_profile *profile =
		menu ? timeout_profile(job, render_menu_index(job, menu)) : job->in->profile;

	if (profile) {
		put_title(job, profile);
		render_add(&job->out, "%s", on_error);
		single(job, profile);
	} else {
		render_add(&job->out, "%s", failed);
	}
}
