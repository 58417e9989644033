// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the items of iPXE menus do beside booting: the page about the hardware, the shell, asking
// the server again, the password.

#include <string.h>

#include "render_ipxe.h"

static const char info_page[] =
	":info\n"
	"echo\n"
	"echo Machine: ${manufacturer} ${product}\n"
	"echo Serial: ${serial} asset: ${asset}\n"
	"echo UUID: ${uuid}\n"
	"echo Kind: ${platform} ${buildarch} memory: ${memsize} MiB\n"
	"echo Address: ${ip} netmask: ${netmask} gateway: ${gateway} DNS: ${dns}\n"
	"echo Server: ${next-server} file: ${filename}\n"
	"echo iPXE: ${version}\n"
	"set nic:int32 0\n"
	":info_nic\n"
	"isset ${net${nic}/mac} || goto info_end\n"
	"echo net${nic}: ${net${nic}/mac} ${net${nic}/chip} ${net${nic}/ip}\n"
	"inc nic\n"
	"iseq ${nic} 8 || goto info_nic\n"
	":info_end\n"
	"prompt Rouse: press a key for the menu ||\n"
	"goto ${home}\n\n";

static const char shell[] = ":shell\n"
			    "echo\n"
			    "echo Rouse: the menu comes back after exit\n"
			    "shell ||\n"
			    "goto ${home}\n\n";

static const char reboot[] = ":reboot\n"
			     "reboot ||\n"
			     "goto ${home}\n\n";

static const char poweroff[] = ":poweroff\n"
			       "poweroff ||\n"
			       "set notice this iPXE cannot switch the machine off\n"
			       "goto ${home}\n\n";

static void retry(struct render_job *job) {
	render_add(&job->out, ":retry\n"
			      "dhcp ||\n"
			      "clear rouse-asked\n"
			      "chain --autofree --replace ");
	render_ipxe_tftp(job);
	render_add(&job->out, "/boot.ipxe ||\n"
			      "set notice the server did not answer (error ${errno})\n"
			      "goto ${home}\n\n");
}

static void ask_to_unlock(struct render_job *job, const char *base, const char *rest) {
	if (base)
		render_add(&job->out, "chain --autofree --replace %s/rouse/unlock?${unlock}%s ||\n",
			base, rest);
}

// The password goes by https where the server has it and this build can, else as the
// configuration's http: allows. In hex digits: iPXE decodes a query before it sends it, and an &
// would end the password. The script that answers forgets it.
static void unlock(struct render_job *job) {
	static const char query[] =
		"&username_hex=${username:hexraw}&password_hex=${password:hexraw}";

	render_add(&job->out, ":unlock\n"
			      "login || goto ${home}\n"
			      "params || goto unlock_query\n"
			      "param username_hex ${username:hexraw}\n"
			      "param password_hex ${password:hexraw}\n");
	ask_to_unlock(job, job->in->https, "##params");
	ask_to_unlock(job, job->in->http, "##params");
	render_add(&job->out, "goto unlock_failed\n"
			      ":unlock_query\n");
	ask_to_unlock(job, job->in->http ? job->in->http : job->in->https, query);
	render_add(&job->out, ":unlock_failed\n"
			      "set notice the server did not answer (error ${errno})\n"
			      "clear password\n"
			      "goto ${home}\n\n");
}

static bool is_locked(const struct render_job *job, const struct config_entry *entry) {
	return entry->password && entry != job->in->opened;
}

static bool has_action(const struct render_job *job, uint8_t action) {
	const struct config_brain *brain = job->in->brain;

	for (uint32_t i = 0; i < brain->menu_count; i++)
		for (uint32_t j = 0; job->menus[i] && j < brain->menus[i].entry_count; j++)
			if (brain->menus[i].entries[j].action == action &&
				!is_locked(job, &brain->menus[i].entries[j]))
				return true;
	return false;
}

static bool has_lock(const struct render_job *job) {
	const struct config_brain *brain = job->in->brain;

	for (uint32_t i = 0; i < brain->menu_count; i++)
		for (uint32_t j = 0; job->menus[i] && j < brain->menus[i].entry_count; j++)
			if (is_locked(job, &brain->menus[i].entries[j]))
				return true;
	return false;
}

static void put_action(struct render_job *job, uint8_t action, const char *text) {
	if (has_action(job, action))
		render_put(&job->out, text, strlen(text));
}

void render_ipxe_actions(struct render_job *job) {
	put_action(job, CONFIG_ACTION_INFO, info_page);
	put_action(job, CONFIG_ACTION_SHELL, shell);
	put_action(job, CONFIG_ACTION_REBOOT, reboot);
	put_action(job, CONFIG_ACTION_POWEROFF, poweroff);
	if (has_action(job, CONFIG_ACTION_RETRY))
		retry(job);
	if (has_lock(job) && (job->in->http || job->in->https))
		unlock(job);
}
