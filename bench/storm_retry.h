// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The waits between the tries of a client. Real clients have short tables: iPXE's TFTP waits 0.25,
// 0.5, 1, 2, 4 and 8 seconds, EDK2's DHCP 4, 8, 16 and 32.

#pragma once

#include <stdint.h>

#define STORM_RETRY_MAX 32u

struct storm_retry {
	uint32_t count;
	uint64_t wait_us[STORM_RETRY_MAX];
};

// The wait after the try number n (from 0); the last entry repeats.
static inline uint64_t storm_retry_wait(const struct storm_retry *retry, uint32_t n) {
	return retry->wait_us[n < retry->count ? n : retry->count - 1];
}

// The patience of a client that only follows its table.
static inline uint64_t storm_retry_sum(const struct storm_retry *retry) {
	uint64_t sum = 0;

	for (uint32_t i = 0; i < retry->count; i++)
		sum += retry->wait_us[i];
	return sum;
}
