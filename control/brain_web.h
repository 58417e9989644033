// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the HTTP(S) server asks of the brain: texts of nodes, and all under /rouse/.

#pragma once

#include "http_server.h"

struct daemon;

// Called in the server's threads.

// Whether a path names a text that is rendered for the client.
bool brain_web_text(
	struct daemon *daemon, const struct http_request *request, struct http_answer *answer);

// Answers all under /rouse/.
void brain_web_answer(
	struct daemon *daemon, const struct http_request *request, struct http_answer *answer);

// Notes a file that was sent, or not, for the boot of its machine.
void brain_web_file_done(struct daemon *daemon, const struct http_file_event *event);
