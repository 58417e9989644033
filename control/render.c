// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "render.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render_internal.h"

// One that boots by HTTP is of the same kind as one that boots by TFTP.
const struct render_machine render_machines[RENDER_MACHINES] = {
	{"bios", "i386", 0, false},
	{"i386", "i386", 6, true},
	{"x86_64", "x86_64", 7, true},
	{"arm32", "arm", 10, true},
	{"arm64", "arm64", 11, true},
	{"riscv32", "riscv32", 25, true},
	{"riscv64", "riscv64", 27, true},
	{"loong64", "loongarch64", 39, true},
};

uint32_t render_machines_of(uint16_t arch) {
	static const struct {
		uint16_t arch;
		uint16_t kind;
	} same[] = {{9, 7}, {16, 7}, {17, 7}, {15, 6}, {18, 10}, {19, 11}, {20, 0}, {26, 25},
		{28, 27}, {40, 39}};

	for (uint32_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (same[i].arch == arch)
			arch = same[i].kind;
	for (uint32_t i = 0; i < RENDER_MACHINES; i++)
		if (render_machines[i].arch == arch)
			return 1u << i;
	return RENDER_ALL;
}

void render_bad(struct render_job *job, const char *format, ...) {
	va_list arguments;

	if (job->why[0])
		return;
	va_start(arguments, format);
	vsnprintf(job->why, sizeof(job->why), format, arguments);
	va_end(arguments);
}

static bool is_one_line(const char *text) {
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

char *render_expand(struct render_job *job, const struct config_profile *profile, const char *what,
	const char *text) {
	char why[RENDER_WHY_SIZE] = "";
	char *out;

	if (!job->in->expand)
		return mem_text(text);
	out = job->in->expand(job->in->context, profile, what, text, why);
	if (!out) {
		render_bad(job, "profile %.63s: %s: %.170s", profile->name, what, why);
		return NULL;
	}
	if (is_one_line(out))
		return out;
	render_bad(job, "profile %.63s: %s has a character that a boot loader cannot read",
		profile->name, what);
	free(out);
	return NULL;
}

const char *render_profile_title(const struct config_profile *profile) {
	return profile->title ? profile->title : profile->name;
}

bool *render_flags(uint32_t count) {
	bool *flags = mem_alloc(count + 1);

	memset(flags, 0, count + 1);
	return flags;
}

static void start_job(struct render_job *job) {
	const struct config_brain *brain = job->in->brain;

	job->profiles = render_flags(brain->profile_count);
	job->menus = render_flags(brain->menu_count);
	job->parents = mem_alloc((brain->menu_count + 1) * sizeof(*job->parents));
	render_reach(job);
}

static void write_text(struct render_job *job) {
	switch (job->loader) {
	case RENDER_IPXE:
		render_ipxe(job);
		return;
	case RENDER_PXELINUX:
		render_pxelinux(job);
		return;
	case RENDER_GRUB:
		render_grub(job);
		return;
	case RENDER_PXELINUX_TIMEOUT:
		render_pxelinux_timeout(job);
		return;
	}
}

int render(enum render_loader loader, const struct render_input *input, char **text, size_t *len,
	char why[256]) {
	struct render_job job = {
		.in = input, .loader = loader, .machines = render_machines_of(input->arch)};

	if (loader == RENDER_PXELINUX || loader == RENDER_PXELINUX_TIMEOUT)
		job.machines = 1; // it is of BIOS machines
	start_job(&job);
	write_text(&job);
	if (job.out.full)
		render_bad(&job, "the text is longer than 1 MiB: divide the menu");
	free(job.profiles);
	free(job.menus);
	free(job.parents);
	memcpy(why, job.why, sizeof(job.why));
	if (job.why[0]) {
		free(job.out.data);
		return -EINVAL;
	}
	*text = job.out.data;
	*len = job.out.len;
	return 0;
}

static size_t name_for(char name[RENDER_NAME_SIZE], const char *start, const uint8_t *mac) {
	char id[20] = "";

	if (mac)
		snprintf(id, sizeof(id), "%02x-%02x-%02x-%02x-%02x-%02x", mac[0], mac[1], mac[2],
			mac[3], mac[4], mac[5]);
	snprintf(name, RENDER_NAME_SIZE, "%s%s", start, id);
	return 1;
}

size_t render_names(enum render_loader loader, const uint8_t *mac,
	char names[RENDER_NAMES_MAX][RENDER_NAME_SIZE]) {
	switch (loader) {
	case RENDER_IPXE:
		name_for(names[0], "boot.ipxe", NULL);
		return 1 + name_for(names[1], "autoexec.ipxe", NULL);
	case RENDER_PXELINUX:
		// Who asks by its MAC is led back by a text that is the same for all.
		name_for(names[0], "pxelinux.cfg/default", NULL);
		return mac ? 1 + name_for(names[1], "pxelinux.cfg/01-", mac) : 1;
	case RENDER_GRUB:
		// Debian's signed build looks for no other name than this one.
		name_for(names[0], "grub/grub.cfg", NULL);
		return mac ? 1 + name_for(names[1], "grub/grub.cfg-01-", mac) : 1;
	case RENDER_PXELINUX_TIMEOUT:
		return name_for(names[0], RENDER_PXELINUX_TIMEOUT_NAME, NULL);
	}
	return 0;
}
