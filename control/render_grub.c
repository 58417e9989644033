// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A configuration of GRUB, as its network builds read it. Files are named without a device: they
// come from where GRUB itself came from. What fails is said, tried again, and then the local disk
// follows. Passwords would have to be in the text, so what they guard is left out.

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "render_internal.h"

// In single quotes GRUB reads nothing but the quote.
static void put_quoted(struct render_job *job, const char *text, size_t len) {
	render_put(&job->out, "'", 1);
	for (size_t i = 0; i < len; i++)
		render_put(
			&job->out, text[i] == '\'' ? "'\\''" : text + i, text[i] == '\'' ? 4 : 1);
	render_put(&job->out, "'", 1);
}

static void put_text(struct render_job *job, const char *text) {
	put_quoted(job, text, strlen(text));
}

// A command line's words. GRUB puts those with blanks into double quotes again.
static void put_words(struct render_job *job, const char *text) {
	while (*(text += strspn(text, " "))) {
		char *word = mem_text(text);
		size_t len = 0;
		bool quoted = false;

		for (; *text && (quoted || *text != ' '); text++)
			if (*text == '"')
				quoted = !quoted;
			else
				word[len++] = *text;
		render_put(&job->out, " ", 1);
		put_quoted(job, word, len);
		free(word);
	}
}

// "http://HOST/PATH" is (http,HOST)/PATH.
static void put_file(struct render_job *job, const struct config_profile *profile, const char *what,
	const char *text) {
	const char *base = profile->fetch == CONFIG_FETCH_HTTP ? job->in->http : NULL;
	char *path = render_expand(job, profile, what, text);
	const char *host = path ? strstr(path, "://") : NULL;

	render_put(&job->out, " ", 1);
	if (host) {
		size_t len = strcspn(host + 3, "/");

		render_add(&job->out, "(%.*s,%.*s)", (int)(host - path), path, (int)len, host + 3);
		put_text(job, host + 3 + len);
	} else if (path) {
		if (base && !strncmp(base, "http://", 7))
			render_add(&job->out, "(http,%s)", base + 7);
		render_put(&job->out, "/", 1);
		put_text(job, path);
	}
	free(path);
}

// For the sentence about a failure.
static void put_what(struct render_job *job, const char *what) {
	render_add(&job->out, "set what=");
	put_text(job, what);
	render_add(&job->out, "\n");
}

static void put_initrds(struct render_job *job, const struct config_profile *profile,
	const struct config_texts *initrd) {
	render_add(&job->out, "\t\t\t");
	put_what(job, initrd->list[0]);
	render_add(&job->out, "\t\t\tif initrd");
	for (uint32_t i = 0; i < initrd->count; i++)
		put_file(job, profile, "initrd", initrd->list[i]);
	render_add(&job->out, "; then boot; fi\n\t\tfi\n");
}

static void put_commands(struct render_job *job, const struct config_profile *profile,
	const struct config_load *load) {
	char *cmdline =
		load->cmdline ? render_expand(job, profile, "cmdline", load->cmdline) : NULL;
	const char *file = load->kernel ? load->kernel : load->efi;

	render_add(&job->out, "\t\t");
	put_what(job, file);
	render_add(&job->out, load->kernel ? "\t\tif linux" : "\t\tif chainloader");
	put_file(job, profile, load->kernel ? "kernel" : "efi", file);
	if (load->kernel && cmdline)
		put_words(job, cmdline);
	free(cmdline);
	render_add(&job->out, load->initrd.count ? "; then\n" : "; then boot; fi\n");
	if (load->initrd.count)
		put_initrds(job, profile, &load->initrd);
}

// "if it is one of these", or "if it is none of the others", whichever is shorter.
static void put_condition(struct render_job *job, uint32_t machines) {
	uint32_t others = job->machines & ~machines;
	bool negated = __builtin_popcount(others) < __builtin_popcount(machines);
	uint32_t named = negated ? others : machines;
	const char *between = "";

	render_add(&job->out, "if [");
	for (uint32_t i = 0; i < RENDER_MACHINES; i++) {
		if (!(named & 1u << i))
			continue;
		render_add(&job->out, "%s \"$machine\" %s %s", between, negated ? "!=" : "=",
			render_machines[i].efi ? render_machines[i].grub : "bios");
		between = negated ? " -a" : " -o";
	}
	render_add(&job->out, " ]; then\n");
}

static void put_load(struct render_job *job, const struct config_profile *profile,
	const struct render_load *load) {
	bool all = load->machines == job->machines;

	if (!all) {
		render_add(&job->out, "\t\t");
		put_condition(job, load->machines);
	}
	render_add(&job->out, "\t\tset fit=1\n");
	put_commands(job, profile, &load->load);
	if (!all)
		render_add(&job->out, "\t\tfi\n");
}

// The body of an entry.
static void put_boot(struct render_job *job, const struct config_profile *profile) {
	struct render_load loads[RENDER_MACHINES];
	uint32_t count = render_loads(job, profile, loads);

	if (profile->local) {
		render_add(&job->out, "\trouse_local\n");
		return;
	}
	render_add(&job->out, "\tset fit=0\n\tfor try in 1 2 3 4; do\n");
	for (uint32_t i = 0; i < count; i++)
		put_load(job, profile, &loads[i]);
	render_add(&job->out, "\t\trouse_failed $try\n\tdone\n\trouse_local\n");
}

static const struct config_profile *profile_of(
	const struct render_job *job, const struct config_entry *entry) {
	return entry->profile ? config_profile_find(job->in->brain, entry->profile) : NULL;
}

static void put_action(struct render_job *job, const struct config_entry *entry) {
	switch ((enum config_entry_action)entry->action) {
	case CONFIG_ACTION_INFO:
		render_add(&job->out, "\trouse_info\n");
		return;
	case CONFIG_ACTION_RETRY:
		render_add(&job->out, "\tconfigfile \"$prefix/grub.cfg\"\n");
		return;
	case CONFIG_ACTION_REBOOT:
		render_add(&job->out, "\treboot\n");
		return;
	case CONFIG_ACTION_POWEROFF:
		render_add(&job->out, "\thalt\n");
		return;
	case CONFIG_ACTION_SHELL:
		render_add(&job->out, "\techo 'Press c in the menu for the command line.'\n"
				      "\tsleep --interruptible 5\n");
		return;
	case CONFIG_ACTION_NONE:
		return;
	}
}

static void begin_entry(struct render_job *job, const char *kind, uint32_t menu, uint32_t index) {
	const struct config_entry *entry = &job->in->brain->menus[menu].entries[index];

	render_add(&job->out, "%s ", kind);
	put_text(job, render_entry_text(job, entry));
	render_add(&job->out, " --id m%u_%u", menu, index);
	if (entry->key) {
		render_add(&job->out, " --hotkey=");
		put_text(job, entry->key);
	}
	render_add(&job->out, " {\n");
}

static void put_menu(struct render_job *job, uint32_t menu);

static void put_submenu(struct render_job *job, uint32_t menu, uint32_t index, uint32_t to) {
	if (job->parents[to] != menu || !job->menus[to]) {
		render_add(&job->out, "# menu %s is written once, where it is reached first\n",
			job->in->brain->menus[to].name);
		return;
	}
	job->menus[to] = false;
	begin_entry(job, "submenu", menu, index);
	put_menu(job, to);
	render_add(&job->out, "}\n");
}

static void put_item(struct render_job *job, uint32_t menu, uint32_t index) {
	const struct config_entry *entry = &job->in->brain->menus[menu].entries[index];
	size_t begin = job->out.len;

	begin_entry(job, "menuentry", menu, index);
	if (entry->profile)
		put_boot(job, profile_of(job, entry));
	else
		put_action(job, entry);
	render_add(&job->out, "}\n");
	if (!job->why[0])
		return;
	render_cut(&job->out, begin);
	render_add(&job->out, "# left out: %s\n", job->why);
	job->why[0] = '\0';
}

// Whether any kind of machine can boot it.
static bool is_possible(const struct render_job *job, const struct config_profile *profile) {
	struct render_load loads[RENDER_MACHINES];

	return !profile || profile->local || render_loads(job, profile, loads);
}

static void put_item_for(struct render_job *job, uint32_t menu, uint32_t index, uint32_t machines) {
	const struct config_entry *entry = &job->in->brain->menus[menu].entries[index];
	bool all = machines == job->machines;

	if (!is_possible(job, profile_of(job, entry)))
		render_add(&job->out, "# left out: %s (not with GRUB)\n",
			render_entry_text(job, entry));
	if (!machines || !is_possible(job, profile_of(job, entry)))
		return;
	if (!all)
		put_condition(job, machines);
	put_item(job, menu, index);
	if (!all)
		render_add(&job->out, "fi\n");
}

// A line that only stands there: choosing it comes back at once.
static void put_line(struct render_job *job, const char *text) {
	render_add(&job->out, "menuentry ");
	put_text(job, text);
	render_add(&job->out, " { true; }\n");
}

static void put_entry(struct render_job *job, uint32_t menu, uint32_t index) {
	const struct config_menu *of = &job->in->brain->menus[menu];
	const struct config_entry *entry = &of->entries[index];
	const struct config_profile *profile = profile_of(job, entry);
	uint32_t to = render_menu_index(job, profile ? profile->menu : entry->menu);

	if (entry->separator)
		put_line(job, " ");
	else if (entry->group && render_group_offered(job, of, index))
		put_line(job, entry->group);
	else if (entry->password)
		render_add(&job->out, "# left out: %s (a password guards it)\n",
			render_entry_text(job, entry));
	else if (to != RENDER_NO_MENU)
		put_submenu(job, menu, index, to);
	else
		put_item_for(job, menu, index, render_offered(job, of, entry));
}

static void put_menu(struct render_job *job, uint32_t menu) {
	for (uint32_t i = 0; i < job->in->brain->menus[menu].entry_count && !job->out.full; i++)
		put_entry(job, menu, i);
}

// chainloader tells the program that it comes from root, where shim then looks for its GRUB.
//
// A serial port that is not there is an error of `serial`, and nothing else. UEFI has it in its own
// console, if at all: with both, each word came twice.
static const char frame[] =
	"if [ \"$grub_platform\" = efi ]; then set machine=$grub_cpu; else set machine=bios; fi\n"
	"export machine\n"
	"if [ $machine = bios ]; then\n"
	"\tif serial --unit=0 --speed=115200; then\n"
	"\t\tterminal_input --append serial\n"
	"\t\tterminal_output --append serial\n"
	"\tfi\n"
	"fi\n"
	"\n"
	"function rouse_chain {\n"
	"\tif search --no-floppy --file --set=disk \"$1\"; then\n"
	"\t\tset from=\"$root\"\n"
	"\t\tset root=\"$disk\"\n"
	"\t\tif chainloader \"$1\"; then boot; fi\n"
	"\t\tset root=\"$from\"\n"
	"\tfi\n"
	"}\n"
	"function rouse_local {\n"
	"\tif [ \"$machine\" = bios ]; then\n"
	"\t\tset root='(hd0)'\n"
	"\t\tif chainloader +1; then boot; fi\n"
	"\telif [ \"$machine\" = x86_64 ]; then\n"
	"\t\trouse_chain /EFI/debian/shimx64.efi\n"
	"\t\trouse_chain /EFI/BOOT/BOOTX64.EFI\n"
	"\telif [ \"$machine\" = arm64 ]; then\n"
	"\t\trouse_chain /EFI/debian/shimaa64.efi\n"
	"\t\trouse_chain /EFI/BOOT/BOOTAA64.EFI\n"
	"\telse\n"
	"\t\trouse_chain /EFI/BOOT/BOOTIA32.EFI\n"
	"\tfi\n"
	"\techo 'Rouse: no disk boots, the next boot device of the firmware follows in 10 s'\n"
	"\tsleep --interruptible 10\n"
	"\texit\n"
	"}\n"
	"function rouse_failed {\n"
	"\tif [ \"$fit\" = 0 ]; then\n"
	"\t\techo \"Rouse: there is nothing for this kind of machine ($machine)\"\n"
	"\t\tsleep --interruptible 10\n"
	"\t\trouse_local\n"
	"\telif [ \"$1\" = 4 ]; then\n"
	"\t\techo 'Rouse: given up, the local disk follows in 10 s'\n"
	"\t\tsleep --interruptible 10\n"
	"\telse\n"
	"\t\techo \"Rouse: $what could not be loaded. Trying again in 5 s ($1 of 3)\"\n"
	"\t\tsleep --interruptible 5\n"
	"\tfi\n"
	"}\n"
	"function rouse_info {\n"
	"\techo \"Kind     $grub_platform $grub_cpu\"\n"
	"\techo \"Address  $net_default_mac $net_default_ip\"\n"
	"\techo \"Server   $net_default_server\"\n"
	"\techo 'The menu comes back in 60 s, or with Escape.'\n"
	"\tsleep --interruptible 60\n"
	"}\n"
	"\n";

static void menus(struct render_job *job, uint32_t menu) {
	const struct config_menu *of = &job->in->brain->menus[menu];
	uint32_t timeout_s;
	const struct config_entry *preset = render_preset(job, menu, &timeout_s);

	if (preset && !preset->password)
		render_add(
			&job->out, "set default=m%u_%u\n", menu, (unsigned)(preset - of->entries));
	if (timeout_s && render_offered(job, of, preset) == job->machines)
		render_add(&job->out, "set timeout=%u\n", timeout_s);
	put_menu(job, menu);
}

static void single(struct render_job *job, const struct config_profile *profile) {
	render_add(&job->out, "set timeout=0\nmenuentry ");
	put_text(job, render_profile_title(profile));
	render_add(&job->out, " {\n");
	put_boot(job, profile);
	render_add(&job->out, "}\n");
}

void render_grub(struct render_job *job) {
	const struct config_profile *profile = job->in->profile;

	render_put(&job->out, frame, strlen(frame));
	render_add(&job->out, "echo Rouse: ");
	put_text(job, job->in->node ? job->in->node : "this machine");
	render_add(&job->out, " boots ");
	put_text(job, render_profile_title(profile));
	render_add(&job->out, "\n");
	if (profile->menu)
		menus(job, render_menu_index(job, profile->menu));
	else
		single(job, profile);
}
