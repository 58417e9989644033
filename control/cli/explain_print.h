// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What dhcp_explain found out, for people and as JSON.

#pragma once

#include <jansson.h>

#include "cli/explain.h"

void explain_print(const struct explain *explain, const struct dhcp_explanation *result);
json_t *explain_json(const struct explain *explain, const struct dhcp_explanation *result);
