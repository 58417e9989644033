// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The file that `rouse capture` writes: one interface for each port, and with a frame that got no
// answer a comment that says why.

#pragma once

#include <stdio.h>

#include "cli/capture_source.h"

struct capture_file {
	FILE *out;
	bool knows_reasons; // the dataplane was built with our counters
	uint32_t ports;     // of the present section
	uint64_t frames;
	uint64_t unanswered; // of them with a reason
};

// Opens path, "-" for stdout, for its user alone. 0 or -errno.
int capture_file_open(struct capture_file *file, const char *path);

// Begins with the ports of a dataplane; again when another one has taken its place. 0 or -errno.
int capture_file_begin(struct capture_file *file, const struct state_view *state);

// 0 or -errno, perhaps of a frame before it.
int capture_file_add(struct capture_file *file, const struct captured *captured);

// What was added is in the file. 0 or -errno.
int capture_file_flush(struct capture_file *file);
int capture_file_close(struct capture_file *file);

#define CAPTURE_COMMENT_MAX 400u

// "dropped: rx_fragment: IPv4 fragments, ...", by a record's reason; NULL: none, or one that we do
// not know.
const char *capture_comment(uint32_t reason, char out[CAPTURE_COMMENT_MAX]);
