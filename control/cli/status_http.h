// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The lines of rouse status about HTTP and HTTPS.

#pragma once

#include <jansson.h>

// http: as /v1/status has it. Nothing without http: in the configuration.
void status_http_print(const json_t *http);
