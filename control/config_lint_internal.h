// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Between the files of config_lint.

#pragma once

#include "config_lint.h"

struct lint {
	const struct config *config;
	struct config_errors *errors;
	struct config_errors *notes;
	int template_fd; // -1: there is no template_dir
};

// Where a machine of a profile can have a secret variable of this name from: the line of the
// configuration, 0: from nowhere.
uint32_t config_lint_secret(const struct lint *lint, const struct config_profile *profile,
	const char *name, size_t len);

// Whether vars: anywhere gives a variable of this name, or an item that has it inside.
bool config_lint_is_set(const struct config *config, const char *name, size_t len);
