// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Prints what Rouse would give a machine, for tests with real machines:
// render_text CONFIG ipxe|pxelinux|grub PROFILE SERVER [HTTP [NODE [ORDER]]]
// Variables are the environment's VAR_name.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "policy.h"
#include "render_world.h"

extern char **environ;

static void take_variables(struct render_world *world) {
	int count = 0;

	for (char **at = environ; *at && count < RENDER_VARS_MAX - 1; at++)
		if (!strncmp(*at, "VAR_", 4))
			world->vars[count++] = *at + 4;
}

static struct config *load(const char *path) {
	struct config_errors errors = {0};
	struct config *config = config_load(path, &errors);

	if (!config)
		fprintf(stderr, "%s:%u: %s: %s\n", path, errors.list[0].line, errors.list[0].key,
			errors.list[0].text);
	return config;
}

static enum render_loader loader_of(const char *word) {
	if (!strcmp(word, "grub"))
		return RENDER_GRUB;
	return strcmp(word, "pxelinux") ? RENDER_IPXE : RENDER_PXELINUX;
}

static const char *optional(int argc, char **argv, int index) {
	return argc > index && *argv[index] ? argv[index] : NULL;
}

int main(int argc, char **argv) {
	struct config *config = argc > 4 ? load(argv[1]) : NULL;
	struct render_world world = {.root = config ? config->boot_root : NULL};
	struct render_input input = {.arch = POLICY_ARCH_UNKNOWN,
		.expand = render_world_expand,
		.has_file = render_world_has_file,
		.context = &world};
	char why[256], *text;
	size_t len;

	if (!config)
		return 1;
	take_variables(&world);
	input.brain = &config->brain;
	input.profile = config_profile_find(&config->brain, argv[3]);
	input.server = argv[4];
	input.http = optional(argc, argv, 5);
	input.node = optional(argc, argv, 6);
	input.order_id = argc > 7 ? strtoull(argv[7], NULL, 16) : 0;
	if (!input.profile || render(loader_of(argv[2]), &input, &text, &len, why)) {
		fprintf(stderr, "render_text: %s\n", input.profile ? why : "no such profile");
		return 1;
	}
	fwrite(text, 1, len, stdout);
	free(text);
	config_free(config);
	return 0;
}
