// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// /rouse/unlock: whether somebody at a machine's menu knows the password of an item.

#pragma once

#include "http_server.h"

struct daemon;

// In a thread of the server, which it may occupy for as long as a password's hash takes.
void brain_web_unlock(
	struct daemon *daemon, const struct http_request *request, struct http_answer *answer);

// Answers with a sentence.
unsigned int brain_web_say(struct http_answer *answer, unsigned int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
