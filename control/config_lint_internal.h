// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Between the files of config_lint.

#pragma once

#include "config_lint.h"
#include "template.h"

struct lint {
	const struct config *config;
	struct config_errors *errors;
	struct config_errors *notes;
	int template_fd; // -1: there is no template_dir
};

// --- config_lint_secrets.c

#define LINT_LEVELS_MAX (TEMPLATE_SECTIONS_DEPTH * (TEMPLATE_PARTIALS_DEPTH + 1))

// An open section, and what it may walk over.
struct lint_level {
	bool inverted;
	bool opaque; // over what Rouse itself knows
	const struct vars_value **list;
	size_t count;
	size_t size;
};

// Where a text is being read. Zero but for the first two at its beginning.
struct lint_scope {
	const struct lint *lint;
	const struct config_profile *profile; // whose machines get it
	size_t depth;
	struct lint_level levels[LINT_LEVELS_MAX];
};

// Takes all tags of a text in their order. The line of the configuration from which a machine of
// the profile may have a secret in place of this one, 0: there is none.
uint32_t config_lint_secret(struct lint_scope *scope, const struct template_tag *tag);
// Also after a text that has broken off.
void config_lint_scope_end(struct lint_scope *scope);

// --- config_lint_vars.c

// Tells all values that a machine of a profile can have by a variable of this name, some of them
// several times.
void config_lint_values(const struct lint *lint, const struct config_profile *profile,
	const char *name, size_t len, void (*each)(void *context, const struct vars_value *value),
	void *context);

// Whether vars: anywhere gives a variable of this name, or an item that has it inside.
bool config_lint_is_set(const struct config *config, const char *name, size_t len);
