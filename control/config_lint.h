// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What rouse check looks at beside the configuration's own text: the templates of template_dir, and
// whether the files that profiles name are in boot_root. Reads files, changes nothing.

#pragma once

#include "config.h"
#include "config_errors.h"

// Errors: templates that are wrong; secrets in a command line, or in a template that a profile's
// machines get by plain HTTP. Notes: files that are not there, variables that nothing sets.
void config_lint(
	const struct config *config, struct config_errors *errors, struct config_errors *notes);
