// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a file that arrives must contain: the bytes of a local file, a SHA-256, or, when nothing is
// given, the same as the first client that got it whole.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nettle/sha2.h>

struct storm_content {
	const uint8_t *map; // of the local file, or NULL
	uint64_t size;
	bool has_sha256;
	uint8_t sha256[32];
	bool absent; // there must be no such file
	bool agreed; // a first transfer has set size and crc
	uint32_t crc;
};

// Bytes that came before those that stand in front of them.
struct storm_piece;

// The state of one transfer.
struct storm_check {
	const struct storm_content *content; // NULL: nothing is checked
	bool bad;
	uint32_t crc;
	uint64_t len; // in order; with a local file: in all
	struct storm_piece *early;
	struct sha256_ctx sha256;
};

// Maps a file to compare with. 0 or -errno.
int storm_content_map(struct storm_content *content, const char *path);
// 64 hexadecimal digits, else -EINVAL.
int storm_content_sha256(struct storm_content *content, const char *hex);
void storm_content_close(struct storm_content *content);

// content NULL: anything is right.
void storm_check_begin(struct storm_check *check, const struct storm_content *content);
// The bytes behind those that came before.
void storm_check_feed(struct storm_check *check, const uint8_t *data, size_t len);
// The bytes at offset, each of the file once; those that come early are kept, but where there is a
// local file.
void storm_check_feed_at(
	struct storm_check *check, uint64_t offset, const uint8_t *data, size_t len);
// Whether the whole was right. content is the one that the check began with.
bool storm_check_end(struct storm_check *check, struct storm_content *content);
// After a transfer that came to nothing.
void storm_check_drop(struct storm_check *check);
