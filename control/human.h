// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Quantities as people read them.

#pragma once

#include <stddef.h>
#include <stdint.h>

#define HUMAN_SIZE 32

// "512 B", "1.5 kB", "20 MB", "3.2 GB": decimal, two digits at least.
char *human_bytes(uint64_t bytes, char out[HUMAN_SIZE]);

// "256 MiB": binary, as memory: is configured.
char *human_memory(uint64_t bytes, char out[HUMAN_SIZE]);

// "12 s", "5 min", "2 h 30 min", "3 d 4 h": two units at most.
char *human_duration(uint64_t seconds, char out[HUMAN_SIZE]);

// "0.3 s", "12 s".
char *human_ms(uint64_t ms, char out[HUMAN_SIZE]);

// "2026-11-22 10:31:16", local time.
char *human_time(int64_t unix_s, char out[HUMAN_SIZE]);
