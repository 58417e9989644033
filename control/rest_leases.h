// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the REST API does to leases.

#pragma once

#include <jansson.h>

struct daemon;

// POST /v1/leases/ADDRESS/release: the dataplane ends the lease, the offer or the quarantine of an
// address, and is waited for. 200 with what it was; 400, 404, 503, 504 with a sentence.
unsigned int rest_release_lease(struct daemon *daemon, const char *address, json_t **value);
