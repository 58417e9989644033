// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A file of boot_root in netascii.

#pragma once

#include "image_load.h"

// Of a file that is converted: netascii is for text, and a binary file asked for in it a mistake.
#define IMAGE_CONVERT_MAX (16u << 20)

struct image_converted {
	uint8_t *bytes; // to be freed
	uint64_t len;
};

// Reads and converts the file if it is this version, before and after. IMAGE_LOADED;
// IMAGE_CHANGING: it is another one; IMAGE_NO_MEMORY: it is larger than IMAGE_CONVERT_MAX;
// IMAGE_UNREADABLE.
enum image_load_result image_convert(int root_fd, const char *path,
	const struct image_identity *version, struct image_converted *converted);
