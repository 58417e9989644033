// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The same done to many nodes, with few requests.

#pragma once

#include <jansson.h>

// POSTs body, an object, which is given back, with "nodes": names, an array of any length, to a
// path that answers with the result for each. each gets those that were done; what was refused is
// printed as an error. CLI_OK: all were done; otherwise CLI_FAILED or CLI_NOT_RUNNING, and the
// others may be done nevertheless. On a terminal it tells how far it is.
int node_batch_run(const char *runtime_dir, const char *path, json_t *body, const json_t *names,
	void (*each)(void *context, json_t *result), void *context);
