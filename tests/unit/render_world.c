// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "render_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *value_of(const struct render_world *world, const char *name, size_t len) {
	for (int i = 0; i < RENDER_VARS_MAX && world->vars[i]; i++)
		if (!strncmp(world->vars[i], name, len) && world->vars[i][len] == '=')
			return world->vars[i] + len + 1;
	return NULL;
}

// Writes what stands between {{ and }}; returns where the text goes on, NULL for a missing
// variable.
static const char *expand_one(const struct render_world *world, const char *at, FILE *out) {
	const char *end = strstr(at, "}}");
	const char *name = at + (*at == '#' || *at == '/');
	const char *value = value_of(world, name, (size_t)(end - name));

	if (*at == '#' && !value)
		return strstr(strstr(end, "{{/"), "}}") + 2;
	if (*at != '#' && *at != '/') {
		if (!value)
			return NULL;
		fputs(value, out);
	}
	return end + 2;
}

char *render_world_expand(void *context, const struct config_profile *profile, const char *what,
	const char *text, char why[256]) {
	char *result = NULL;
	size_t len;
	FILE *out = open_memstream(&result, &len);

	(void)profile;
	(void)what;
	while (text && *text) {
		size_t plain =
			strstr(text, "{{") ? (size_t)(strstr(text, "{{") - text) : strlen(text);
		const char *next;

		fwrite(text, 1, plain, out);
		text += plain;
		if (!*text)
			break;
		next = expand_one(context, text + 2, out);
		if (!next)
			snprintf(why, 256, "there is no variable %.40s",
				strndupa(text + 2, strcspn(text + 2, "}")));
		text = next;
	}
	fclose(out);
	if (text)
		return result;
	free(result);
	return NULL;
}

bool render_world_has_file(void *context, const char *path) {
	const struct render_world *world = context;
	char name[4096];

	snprintf(name, sizeof(name), "%s/%s", world->root ? world->root : "", path);
	if (world->root)
		return access(name, R_OK) == 0;
	for (int i = 0; i < RENDER_VARS_MAX && world->files[i]; i++)
		if (!strcmp(world->files[i], path))
			return true;
	return !world->files[0];
}
