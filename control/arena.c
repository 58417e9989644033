// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES 65536u

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	alignas(max_align_t) char data[];
};

static void *must(void *memory) {
	if (!memory) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return memory;
}

void *mem_alloc(size_t size) {
	return must(calloc(1, size ? size : 1));
}

void *mem_resize(void *memory, size_t size) {
	return must(realloc(memory, size ? size : 1));
}

char *mem_text(const char *text) {
	return must(strdup(text));
}

static void add_chunk(struct arena *arena, size_t size) {
	struct arena_chunk *chunk = mem_alloc(sizeof(*chunk) + size);

	chunk->size = size;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	arena->used = 0;
}

void *arena_alloc(struct arena *arena, size_t size) {
	void *memory;

	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!arena->chunks || size > arena->chunks->size - arena->used)
		add_chunk(arena, size > CHUNK_BYTES ? size : CHUNK_BYTES);
	memory = arena->chunks->data + arena->used;
	arena->used += size;
	return memory;
}

char *arena_text(struct arena *arena, const char *text, size_t len) {
	char *copy = arena_alloc(arena, len + 1);

	memcpy(copy, text, len);
	return copy;
}

void arena_free(struct arena *arena) {
	while (arena->chunks) {
		struct arena_chunk *next = arena->chunks->next;

		free(arena->chunks);
		arena->chunks = next;
	}
	arena->used = 0;
}
