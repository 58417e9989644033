// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Variables as JSON, for the REST interface and the database.

#pragma once

#include <jansson.h>

#include "vars.h"

// An object; the caller owns it. A secret is {"secret": true}, its text only when reveal is set,
// which nothing that stores, logs or answers may do.
json_t *vars_json(const struct vars *vars, bool reveal);
json_t *vars_value_json(const struct vars_value *value, bool reveal);

// Reads an object with the bounds and names of vars_read. Integers and booleans become texts, as
// YAML's do. Secrets are refused: they come from the configuration only, since what is read here
// is stored. Never NULL; what is wrong is in errors, with line 0.
struct vars *vars_from_json(
	struct arena *arena, const json_t *object, const char *path, struct config_errors *errors);

// The same of a node's own variables as the store has them: the text of an object. NULL: none.
const struct vars *vars_from_text(struct arena *arena, const char *text);
