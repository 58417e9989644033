// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The frame of an iPXE script: what it begins with, where it starts, and what happens when
// something fails. It keeps to the commands that a build of 2019 has; a command that a build lacks
// fails, and the script goes on.
//
// How iPXE reads a line (tried): it is divided at blanks, there are no quotes. A word ||, && or ;
// ends the command, a word that begins with # ends the line. Only then ${variables} are put in,
// so an empty variable before such a word makes it a plain one. A word that begins with - is an
// option until -- was seen.

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "render_ipxe.h"

#define PLAIN "${nil}"

static bool is_command_word(const char *word, size_t len) {
	return word[0] == '#' || (len == 1 && word[0] == ';') ||
	       (len == 2 && (!memcmp(word, "||", 2) || !memcmp(word, "&&", 2)));
}

static void put_word(struct render_text *out, const char *word, size_t len, bool variables) {
	if (is_command_word(word, len))
		render_put(out, PLAIN, strlen(PLAIN));
	for (size_t i = 0; i < len; i++) {
		render_put(out, word + i, 1);
		if (!variables && word[i] == '$' && i + 1 < len && word[i + 1] == '{')
			render_put(out, "(", 1), i++;
	}
}

static void put_words(struct render_text *out, const char *text, size_t max, bool variables) {
	const char *end = text + strnlen(text, max);

	text += strspn(text, " ");
	while (text < end) {
		size_t len = strcspn(text, " ");

		if (len > (size_t)(end - text))
			len = (size_t)(end - text);
		put_word(out, text, len, variables);
		text += len;
		text += strspn(text, " ");
		if (text < end)
			render_put(out, " ", 1);
	}
}

void render_ipxe_text(struct render_text *out, const char *text, size_t max) {
	put_words(out, text, max, false);
}

void render_ipxe_words(struct render_text *out, const char *text) {
	put_words(out, text, strlen(text), true);
}

void render_ipxe_tftp(struct render_job *job) {
	render_add(&job->out, "tftp://%s", job->in->server ? job->in->server : "${next-server}");
}

void render_ipxe_facts(struct render_job *job) {
	static const char facts[] =
		"?mac=${netX/mac}&uuid=${uuid}&serial=${serial:uristring}&asset=${asset:uristring}"
		"&manufacturer=${manufacturer:uristring}&product=${product:uristring}"
		"&memsize=${memsize}&arch=${buildarch}&platform=${platform}";

	render_put(&job->out, facts, strlen(facts));
}

// The script for any machine asks for the one that the server makes for this machine alone: who
// has its role by a serial number is known only then. That one may be for any machine, too, so it
// is asked for once.
static void ask_server(struct render_job *job) {
	if (job->in->node || !job->in->http)
		return;
	render_add(&job->out,
		"isset ${rouse-asked} && goto asked ||\n"
		"set rouse-asked 1\n"
		"chain --autofree --replace --timeout 5000 %s/rouse/boot.ipxe",
		job->in->http);
	render_ipxe_facts(job);
	render_add(&job->out, " ||\n:asked\n");
}

static void report(struct render_job *job) {
	if (!job->in->report || !job->in->http || !job->in->node)
		return;
	render_add(&job->out, "imgfetch --name facts --timeout 2000 %s/rouse/facts", job->in->http);
	render_ipxe_facts(job);
	render_add(&job->out, " && imgfree facts ||\n");
}

static void say_what_boots(struct render_job *job) {
	render_add(&job->out, "echo -- Rouse: ");
	render_ipxe_text(&job->out, job->in->node ? job->in->node : "", 63);
	if (!job->in->node)
		render_add(&job->out, "${netX/mac}");
	render_add(&job->out, " boots ");
	render_ipxe_text(&job->out, render_profile_title(job->in->profile), RENDER_COLUMNS);
	render_add(&job->out, "\n");
}

// Variables outlive a script that was replaced by this one.
static void set_variables(struct render_job *job) {
	static const char frame[] = "clear home\n"
				    "clear notice\n"
				    "clear nil\n"
				    "clear password\n"
				    "set wait 1\n"
				    "set space:hex 20:20\n"
				    "iseq ${platform} efi && set machine ${buildarch} || "
				    "set machine bios\n";

	render_put(&job->out, frame, strlen(frame));
	if (!job->in->notice)
		return;
	render_add(&job->out, "set notice ");
	render_ipxe_text(&job->out, job->in->notice, RENDER_COLUMNS);
	render_add(&job->out, "\n");
}

static void put_profile_label(struct render_job *job, const struct config_profile *profile) {
	if (profile->menu)
		render_add(&job->out, "m%u", render_menu_index(job, profile->menu));
	else
		render_add(&job->out, "p%u", (unsigned)(profile - job->in->brain->profiles));
}

void render_ipxe_target(struct render_job *job, uint32_t menu, const struct config_entry *entry) {
	static const char *const actions[] = {[CONFIG_ACTION_INFO] = "info",
		[CONFIG_ACTION_SHELL] = "shell",
		[CONFIG_ACTION_RETRY] = "retry",
		[CONFIG_ACTION_REBOOT] = "reboot",
		[CONFIG_ACTION_POWEROFF] = "poweroff"};

	if (entry->password && entry != job->in->opened)
		render_add(&job->out, "u%u_%u", menu,
			(unsigned)(entry - job->in->brain->menus[menu].entries));
	else if (entry->profile)
		put_profile_label(job, config_profile_find(job->in->brain, entry->profile));
	else if (entry->menu)
		render_add(&job->out, "m%u", render_menu_index(job, entry->menu));
	else
		render_add(&job->out, "%s", actions[entry->action]);
}

static void go(struct render_job *job) {
	const struct config_menu *from = job->in->from_menu;
	uint32_t menu = from ? render_menu_index(job, from->name) : RENDER_NO_MENU;

	if (from)
		render_add(&job->out, "set home m%u\n", menu);
	render_add(&job->out, "goto ");
	if (from && job->in->opened)
		render_ipxe_target(job, menu, job->in->opened);
	else if (from)
		render_add(&job->out, "m%u", menu);
	else
		put_profile_label(job, job->in->profile);
	render_add(&job->out, "\n\n");
}

const struct render_starter render_starters[] = {{"x86_64", "local.efi"},
	{"i386", "local-ia32.efi"}, {"arm64", "local-arm64.efi"}, {NULL, NULL}};

static void end(struct render_job *job) {
	for (const struct render_starter *starter = render_starters; starter->file; starter++) {
		if (!render_has_file(job, starter->file))
			continue;
		render_add(&job->out, "iseq ${platform}/${buildarch} efi/%s && chain --autofree ",
			starter->machine);
		render_ipxe_tftp(job);
		render_add(&job->out, "/%s ||\n", starter->file);
	}
	render_add(&job->out, "exit 1\n");
}

char *render_ipxe_ending(const struct render_input *input) {
	struct render_job job = {.in = input, .loader = RENDER_IPXE};

	end(&job);
	return job.out.data;
}

// Whatever cannot be loaded: said, tried again, given up. A person at the console can stop it for a
// shell; nothing goes on for ever.
static void failures(struct render_job *job) {
	static const char text[] =
		":failed\n"
		"set fault ${errno}\n"
		"echo\n"
		"echo -- Rouse: ${what} could not be loaded (error ${fault})\n"
		"echo Rouse: is it below boot_root on ${rouse-server}, and for this kind of "
		"machine?\n"
		"echo Rouse: there, \"rouse boot-log ${netX/mac}\" tells more\n"
		"imgfree ||\n"
		"inc tries\n"
		"iseq ${tries} 4 && goto given_up ||\n"
		"prompt --key s --timeout 5000 Rouse: trying again in 5 s (${tries} of 3), press s "
		"for a shell && shell ||\n"
		"echo\n"
		"goto ${again}\n"
		"\n"
		":given_up\n"
		"echo Rouse: given up after 3 more tries\n"
		"set notice ${what} could not be loaded (error ${fault})\n"
		"goto leave\n"
		"\n"
		":unfit\n"
		"echo\n"
		"echo -- Rouse: ${title} has nothing for this kind of machine (${platform} "
		"${buildarch})\n"
		"set notice ${title} has nothing for this kind of machine\n"
		"goto leave\n"
		"\n"
		":ended\n"
		"echo\n"
		"echo -- Rouse: ${what} has ended\n"
		"goto leave\n"
		"\n"
		":leave\n"
		"isset ${home} || goto next_device\n"
		"prompt --timeout 10000 Rouse: the menu comes back in 10 s, or by a key ||\n"
		"goto ${home}\n"
		"\n"
		":next_device\n"
		"prompt --key s --timeout 10000 Rouse: the firmware's next boot device follows in "
		"10 s, press s for a shell && shell ||\n"
		"echo\n"
		":firmware\n";

	render_put(&job->out, text, strlen(text));
	end(job);
}

// A build without imgverify says of it what it says of any command that there is not.
static void verification(struct render_job *job) {
	static const char text[] =
		"\n"
		":unverified\n"
		"set fault ${errno}\n"
		"imgfree ||\n"
		"echo\n"
		"set notice ${what} is not signed by whom this iPXE trusts (error ${fault})\n"
		"rouse-none || iseq ${errno} ${fault} && set notice ${what} must be verified, and "
		"this iPXE has no imgverify ||\n"
		"echo -- Rouse: ${notice}, so it is not booted\n"
		"goto leave\n";

	for (uint32_t i = 0; i < job->in->brain->profile_count; i++) {
		if (!job->profiles[i] || !job->in->brain->profiles[i].verify)
			continue;
		render_put(&job->out, text, strlen(text));
		return;
	}
}

// An item whose profile cannot be written: its machine is told.
static void put_broken(struct render_job *job, uint32_t profile) {
	render_add(&job->out, ":p%u\necho\necho -- Rouse: ", profile);
	render_ipxe_text(&job->out, job->why, RENDER_WHY_SIZE);
	render_add(&job->out, "\ngoto leave\n\n");
	job->why[0] = '\0';
}

static void profiles(struct render_job *job) {
	const struct config_brain *brain = job->in->brain;

	for (uint32_t i = 0; i < brain->profile_count && !job->out.full; i++) {
		size_t len = job->out.len;

		if (!job->profiles[i])
			continue;
		render_ipxe_profile(job, i);
		if (!job->why[0])
			continue;
		if (&brain->profiles[i] == job->in->profile)
			return;
		render_cut(&job->out, len);
		put_broken(job, i);
	}
}

void render_ipxe(struct render_job *job) {
	render_add(&job->out, "#!ipxe\n");
	say_what_boots(job);
	ask_server(job);
	report(job);
	set_variables(job);
	render_add(&job->out, "set rouse-server %s\n",
		job->in->server ? job->in->server : "${next-server}");
	go(job);
	for (uint32_t i = 0; i < job->in->brain->menu_count && !job->out.full; i++)
		if (job->menus[i])
			render_ipxe_menu(job, i);
	render_ipxe_actions(job);
	profiles(job);
	failures(job);
	verification(job);
}
