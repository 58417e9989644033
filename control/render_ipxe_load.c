// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// How iPXE boots one profile. All images get names of our own: files of the same name in different
// directories stay apart, and the kernel's command line can name its initrds, as UEFI kernels want.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render_ipxe.h"

static const char *url_base(struct render_job *job, const struct config_profile *profile) {
	switch ((enum config_fetch)profile->fetch) {
	case CONFIG_FETCH_TFTP:
		return "";
	case CONFIG_FETCH_HTTP:
		if (!job->in->http)
			render_bad(job,
				"profile %.63s: fetch: http needs http: in the configuration",
				profile->name);
		return job->in->http;
	case CONFIG_FETCH_HTTPS:
		if (!job->in->https)
			render_bad(job,
				"profile %.63s: fetch: https needs tls: in the configuration",
				profile->name);
		return job->in->https;
	}
	return "";
}

static void put_url(
	struct render_job *job, const struct config_profile *profile, const char *path) {
	const char *base = url_base(job, profile);

	if (strstr(path, "://")) {
		render_ipxe_text(&job->out, path, strlen(path));
		return;
	}
	if (base && *base)
		render_add(&job->out, "%s", base);
	else
		render_ipxe_tftp(job);
	render_add(&job->out, "/");
	render_url_path(&job->out, path);
}

// Begins a command that loads a file under a name, up to the file's URL. NULL: the file's name
// cannot be made; else it is malloc'd.
static char *begin_file(struct render_job *job, const struct config_profile *profile,
	const char *verb, const char *what, const char *name, const char *text) {
	char *path = render_expand(job, profile, what, text);

	if (!path)
		return NULL;
	render_add(&job->out, "set what ");
	render_ipxe_text(&job->out, path, 254);
	render_add(&job->out, "\n%s --name %s ", verb, name);
	put_url(job, profile, path);
	return path;
}

// Ends it. A build without imgverify must not boot what was to be verified, and fails here, too.
static void end_file(struct render_job *job, const struct config_profile *profile, const char *name,
	char *path) {
	render_add(&job->out, " || goto failed\n");
	if (profile->verify) {
		render_add(&job->out, "imgverify %s ", name);
		put_url(job, profile, path);
		render_add(&job->out, ".sig || goto unverified\n");
	}
	free(path);
}

static void load_file(struct render_job *job, const struct config_profile *profile,
	const char *verb, const char *what, const char *name, const char *text) {
	char *path = begin_file(job, profile, verb, what, name, text);

	if (path)
		end_file(job, profile, name, path);
}

// The server learns by this file's transfer that the order is used up. It must not stay: a kernel
// would get it as an initrd.
static void use_order(struct render_job *job) {
	if (!job->in->order_id)
		return;
	for (int i = 0; i < 2; i++) {
		render_add(&job->out, "%simgfetch --name used ", i ? " || " : "");
		render_ipxe_tftp(job);
		render_add(&job->out, "/rouse/used/%016" PRIx64, job->in->order_id);
	}
	render_add(&job->out, " ||\nimgfree used ||\n");
}

static void boot(struct render_job *job, const char *image) {
	use_order(job);
	render_add(&job->out, "imgselect %s ||\nboot || goto failed\ngoto ended\n", image);
}

static void load_kernel(struct render_job *job, const struct config_profile *profile,
	const struct config_load *load) {
	char *path = begin_file(job, profile, "kernel", "kernel", "kernel", load->kernel);
	char *cmdline =
		load->cmdline ? render_expand(job, profile, "cmdline", load->cmdline) : NULL;
	char name[16];

	if (!path) {
		free(cmdline);
		return;
	}
	for (uint32_t i = 0; i < load->initrd.count; i++)
		render_add(&job->out, " initrd=initrd%u", i + 1);
	if (cmdline && *cmdline) {
		render_add(&job->out, " ");
		render_ipxe_words(&job->out, cmdline);
	}
	free(cmdline);
	end_file(job, profile, "kernel", path);
	for (uint32_t i = 0; i < load->initrd.count; i++) {
		snprintf(name, sizeof(name), "initrd%u", i + 1);
		load_file(job, profile, "initrd", "initrd", name, load->initrd.list[i]);
	}
	boot(job, "kernel");
}

static void load_script(struct render_job *job, const struct config_profile *profile,
	const struct config_load *load) {
	load_file(job, profile, "imgfetch", "script", "script", load->script);
	use_order(job);
	render_add(&job->out, "imgexec --autofree script ||\ngoto ended\n");
}

// wimboot's files have names that Windows looks for: the last part of the path. BIOS takes them
// from the argument, UEFI from the image's name.
static void load_wim_file(
	struct render_job *job, const struct config_profile *profile, const char *text) {
	char *path = render_expand(job, profile, "files", text);
	const char *name;

	if (!path)
		return;
	name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	if (name[strcspn(name, " ${}#|&;")])
		render_bad(job, "profile %.63s: files: %.63s has a character that iPXE cannot take",
			profile->name, name);
	render_add(&job->out, "set what ");
	render_ipxe_text(&job->out, path, 254);
	render_add(&job->out, "\ninitrd --name %s ", name);
	put_url(job, profile, path);
	render_add(&job->out, " %s", name);
	end_file(job, profile, name, path);
}

static void load_wimboot(struct render_job *job, const struct config_profile *profile,
	const struct config_load *load) {
	load_file(job, profile, "kernel", "wimboot", "wimboot", load->wimboot);
	for (uint32_t i = 0; i < load->files.count; i++)
		load_wim_file(job, profile, load->files.list[i]);
	boot(job, "wimboot");
}

static void load(struct render_job *job, const struct config_profile *profile,
	const struct config_load *load) {
	render_add(&job->out, "imgfree ||\n");
	if (load->kernel) {
		load_kernel(job, profile, load);
	} else if (load->efi) {
		load_file(job, profile, "kernel", "efi", "program", load->efi);
		boot(job, "program");
	} else if (load->script) {
		load_script(job, profile, load);
	} else {
		load_wimboot(job, profile, load);
	}
}

// The machine's own disk.
static void boot_local(struct render_job *job) {
	render_add(&job->out, "imgfree ||\n");
	use_order(job);
	render_add(&job->out, "iseq ${platform} pcbios || goto firmware\n"
			      "sanboot --no-describe --drive 0x80 ||\n"
			      "echo\n"
			      "echo Rouse: this machine has no disk that boots\n"
			      "goto next_device\n");
}

static void put_labels(struct render_job *job, uint32_t profile, uint32_t machines) {
	for (uint32_t i = 0; i < RENDER_MACHINES; i++)
		if (machines & 1u << i)
			render_add(&job->out, ":p%u_%s\n", profile, render_machines[i].ipxe);
}

static void begin_profile(
	struct render_job *job, uint32_t index, const struct config_profile *profile) {
	render_add(&job->out, ":p%u\nset title ", index);
	render_ipxe_text(&job->out, render_profile_title(profile), RENDER_COLUMNS);
	render_add(&job->out,
		"\necho -- Rouse: ${title}\nset tries:int32 0\nset again p%u_again\n:p%u_again\n",
		index, index);
}

void render_ipxe_profile(struct render_job *job, uint32_t index) {
	const struct config_profile *profile = &job->in->brain->profiles[index];
	struct render_load loads[RENDER_MACHINES];
	uint32_t count = render_loads(job, profile, loads);
	bool dispatched;

	begin_profile(job, index, profile);
	if (profile->local) {
		boot_local(job);
		render_add(&job->out, "\n");
		return;
	}
	dispatched = count != 1 || loads[0].machines != job->machines;
	if (dispatched)
		render_add(&job->out,
			count ? "goto p%u_${machine} || goto unfit\n" : "goto unfit\n", index);
	for (uint32_t i = 0; i < count; i++) {
		if (dispatched)
			put_labels(job, index, loads[i].machines);
		load(job, profile, &loads[i].load);
	}
	render_add(&job->out, "\n");
}
