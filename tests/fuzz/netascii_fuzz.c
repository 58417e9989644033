// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Text into netascii in pieces that the input's head chooses, and back by a decoder as a client has
// it: what comes out is what went in, and as long as was foretold.

#include "fuzz.h"
#include "netascii.h"

static void check_decoded(const uint8_t *out, size_t len, const uint8_t *text, size_t text_len) {
	size_t at = 0;

	for (size_t i = 0; i < len; i++, at++) {
		uint8_t byte = out[i];

		FUZZ_ASSERT(byte != '\n');
		if (byte == '\r') {
			FUZZ_ASSERT(++i < len && (out[i] == '\n' || out[i] == '\0'));
			byte = out[i] == '\n' ? '\n' : '\r';
		}
		FUZZ_ASSERT(at < text_len && text[at] == byte);
	}
	FUZZ_ASSERT(at == text_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct netascii state = {0};
	size_t in_piece, out_piece, at = 0, len = 0, text_len, taken;
	uint64_t whole;
	uint8_t *out;

	if (size < 2)
		return 0;
	in_piece = (size_t)data[0] + 1;
	out_piece = (size_t)data[1] + 1;
	data += 2;
	text_len = size - 2;
	whole = netascii_len(data, text_len);
	out = malloc(whole + 1);
	FUZZ_ASSERT(out);
	while (at < text_len || state.pending) {
		size_t left = text_len - at, room = whole - len;

		FUZZ_ASSERT(room > 0);
		len += netascii_encode(&state, data + at, left < in_piece ? left : in_piece,
			out + len, room < out_piece ? room : out_piece, &taken);
		FUZZ_ASSERT(taken <= left);
		at += taken;
	}
	FUZZ_ASSERT(len == whole);
	check_decoded(out, len, data, text_len);
	free(out);
	return 0;
}
