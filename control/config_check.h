// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the values of a configuration mean together: overlaps, addresses outside of their networks,
// values of features that come later, what a reload cannot change.

#pragma once

#include "config.h"

void config_check(const struct config *config, struct config_errors *errors);
// http: and tls:, a part of the above.
void config_check_http(const struct config *config, struct config_errors *errors);

// Notes each key that takes effect at a restart only and differs between the running configuration
// and next. leases: the size of the running lease table. The number of them.
size_t config_check_reload(const struct config *running, const struct config *next, uint32_t leases,
	struct config_errors *errors);

// The same of profiles, roles, unknown:, menus and what hosts say of them.
void config_check_brain(const struct config *config, struct config_errors *errors);
