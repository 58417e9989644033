// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Between the parts that answer the paths under /rouse/; for brain_web*.c only. Loop thread.

#pragma once

#include "brain_internal.h"
#include "brain_web_unlock.h"
#include "http_server.h"

struct web_call {
	const struct http_request *request;
	struct http_answer *answer;
	const char *rest; // of the path, behind the route's
	unsigned int (*run)(struct brain *brain, const struct web_call *call);
};

// An answer of 200 that owns text (malloc'd). Returns 200.
unsigned int brain_web_give(struct http_answer *answer, char *text, size_t len, const char *type);

// Into the machine's boot: that it got a text that was made for it.
void brain_web_tell_script(struct brain *brain, const uint8_t mac[6], const char *name, size_t len);

// The routes. Each fills call->answer and returns its status.
unsigned int brain_web_script(struct brain *brain, const struct web_call *call);
unsigned int brain_web_facts(struct brain *brain, const struct web_call *call);
unsigned int brain_web_template(struct brain *brain, const struct web_call *call);
unsigned int brain_web_callback(struct brain *brain, const struct web_call *call);
