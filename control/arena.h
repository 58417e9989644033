// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Memory that is given back all at once: what a configuration consists of.

#pragma once

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
	size_t used; // of the newest chunk
};

// Zeroed and aligned for any type. Never NULL: a control process without memory ends, and is
// started again, as the design allows at any moment.
void *arena_alloc(struct arena *arena, size_t size);

// A NUL-terminated copy.
char *arena_text(struct arena *arena, const char *text, size_t len);

void arena_free(struct arena *arena);

// malloc and realloc with the same promise, for what lives longer.
void *mem_alloc(size_t size);
void *mem_resize(void *memory, size_t size);
char *mem_text(const char *text);
