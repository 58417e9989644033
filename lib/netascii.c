// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "netascii.h"

// The byte that follows in a pair; UINT16_MAX: the byte stands alone.
static uint16_t second_of(uint8_t byte) {
	switch (byte) {
	case '\n':
		return '\n';
	case '\r':
		return '\0';
	}
	return UINT16_MAX;
}

size_t netascii_encode(struct netascii *state, const uint8_t *in, size_t in_len, uint8_t *out,
	size_t out_size, size_t *taken) {
	size_t len = 0, at = 0;

	while (len < out_size) {
		uint16_t second;

		if (state->pending) {
			out[len++] = state->byte;
			state->pending = false;
			continue;
		}
		if (at == in_len)
			break;
		second = second_of(in[at]);
		state->pending = second != UINT16_MAX;
		state->byte = (uint8_t)second;
		out[len++] = state->pending ? '\r' : in[at];
		at++;
	}
	*taken = at;
	return len;
}

uint64_t netascii_len(const uint8_t *in, size_t len) {
	uint64_t sum = len;

	for (size_t i = 0; i < len; i++)
		sum += second_of(in[i]) != UINT16_MAX;
	return sum;
}
