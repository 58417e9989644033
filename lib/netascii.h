// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Text as TFTP's mode netascii carries it (RFC 764, RFC 1350 §1): a line ends with CR LF, a CR that
// ends none is CR NUL. Local lines end with LF. Piece by piece, so that neither side of a
// conversion need be in one place.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Between two pieces: the second byte of a pair for which there was no room. Begins as zero.
struct netascii {
	bool pending;
	uint8_t byte;
};

// Converts as much of in as out has room for. Returns how many bytes are in out; *taken: how many
// of in are done with. All of in is in out when *taken is in_len and nothing is pending.
size_t netascii_encode(struct netascii *state, const uint8_t *in, size_t in_len, uint8_t *out,
	size_t out_size, size_t *taken);

// How many bytes in becomes.
uint64_t netascii_len(const uint8_t *in, size_t len);
