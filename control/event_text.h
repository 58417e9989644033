// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// An event of the dataplane as a sentence for the log. What a client sent is cleaned before it is
// printed.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "shm_abi.h"

#define EVENT_SENTENCE_SIZE 512

// host: the configured name of the machine, or NULL. file: the name of the image in the event's
// slot, or NULL. False for events that the log leaves out, because another one tells the same.
bool event_text(const struct event_record *event, const char *host, const char *file,
	char out[EVENT_SENTENCE_SIZE]);

// Whether it tells of something that went wrong.
bool event_is_trouble(const struct event_record *event);
