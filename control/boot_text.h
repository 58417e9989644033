// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A boot in plain words, as rouse boot-log tells it: a head line, then a line for each phase, times
// since the boot began. Pure.

#pragma once

#include "boot_record.h"

#define BOOT_TEXT_SIZE 24576u // always enough: BOOT_PHASES_MAX lines of the longest kind
#define BOOT_HEAD_SIZE 512u

// name: the node's, or NULL. Each line ends with a newline. Returns the length.
size_t boot_text(const struct boot *boot, const char *name, char out[BOOT_TEXT_SIZE]);

// The head line alone, without a newline.
size_t boot_text_head(const struct boot *boot, const char *name, char out[BOOT_HEAD_SIZE]);

// "running", "done", "failed", "interrupted".
const char *boot_state_text(uint8_t state);
