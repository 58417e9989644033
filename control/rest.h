// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The REST API over runtime_dir/control.sock, which the rouse command speaks: JSON, errors as
// {"error": sentence}. Whoever may open the socket (its owner and group rouse) may use it.

#pragma once

struct daemon;
struct rest;

#define REST_WHY 320

int rest_start(
	struct rest **rest, struct daemon *daemon, const char *runtime_dir, char why[REST_WHY]);
void rest_stop(struct rest *rest);
