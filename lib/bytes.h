// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A cursor to read and one to write big-endian fields, each with a sticky error: read ten fields,
// check once. A read beyond the end gives 0 and sets failed; a write beyond the capacity writes
// nothing and sets failed.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
	const uint8_t *data;
	size_t len;
	size_t at;
	bool failed;
};

struct writer {
	uint8_t *data;
	size_t size;
	size_t at;
	bool failed;
};

static inline struct reader reader_of(const void *data, size_t len) {
	return (struct reader){.data = data, .len = len};
}

static inline size_t reader_left(const struct reader *r) {
	return r->failed ? 0 : r->len - r->at;
}

// The next len bytes, or NULL.
static inline const uint8_t *reader_take(struct reader *r, size_t len) {
	if (r->failed || len > r->len - r->at) {
		r->failed = true;
		return NULL;
	}
	r->at += len;
	return r->data + r->at - len;
}

static inline uint8_t reader_u8(struct reader *r) {
	const uint8_t *p = reader_take(r, 1);

	return p ? p[0] : 0;
}

static inline uint16_t reader_u16(struct reader *r) {
	const uint8_t *p = reader_take(r, 2);

	return p ? (uint16_t)((uint32_t)p[0] << 8 | p[1]) : 0;
}

static inline uint32_t reader_u32(struct reader *r) {
	const uint8_t *p = reader_take(r, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline struct writer writer_of(void *data, size_t size) {
	return (struct writer){.data = data, .size = size};
}

// Room for len bytes, or NULL.
static inline uint8_t *writer_room(struct writer *w, size_t len) {
	if (w->failed || len > w->size - w->at) {
		w->failed = true;
		return NULL;
	}
	w->at += len;
	return w->data + w->at - len;
}

static inline void writer_bytes(struct writer *w, const void *data, size_t len) {
	uint8_t *p = writer_room(w, len);

	if (p && len)
		memcpy(p, data, len);
}

static inline void writer_fill(struct writer *w, uint8_t value, size_t len) {
	uint8_t *p = writer_room(w, len);

	if (p)
		memset(p, value, len);
}

static inline void writer_u8(struct writer *w, uint8_t value) {
	writer_bytes(w, &value, 1);
}

static inline void writer_u16(struct writer *w, uint16_t value) {
	writer_bytes(w, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

static inline void writer_u32(struct writer *w, uint32_t value) {
	writer_u16(w, (uint16_t)(value >> 16));
	writer_u16(w, (uint16_t)value);
}
