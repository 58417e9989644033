// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "capture_lease.h"

#include <stdbool.h>
#include <stddef.h>

// The machine's, or one that is over; NULL: others hold all.
static struct capture_lease *find(struct capture_leases *leases, uint64_t now_us, uint64_t mac) {
	struct capture_lease *over = NULL;

	for (uint32_t i = 0; i < CAPTURE_LEASES; i++) {
		struct capture_lease *lease = &leases->lease[i];

		if (lease->until_us <= now_us)
			over = lease;
		else if (lease->mac == mac)
			return lease;
	}
	return over;
}

// The one machine of all leases that hold; 0: there are several.
static uint64_t machine_of(const struct capture_leases *leases, uint64_t now_us) {
	uint64_t mac = 0;
	bool found = false;

	for (uint32_t i = 0; i < CAPTURE_LEASES; i++) {
		const struct capture_lease *lease = &leases->lease[i];

		if (lease->until_us <= now_us)
			continue;
		if (found && lease->mac != mac)
			return 0;
		mac = lease->mac;
		found = true;
	}
	return mac;
}

void capture_lease_grant(struct capture_leases *leases, struct capture_request *request,
	uint64_t now_us, uint64_t mac) {
	struct capture_lease *lease = find(leases, now_us, mac);
	uint64_t until_us = now_us + CAPTURE_LEASE_MS * 1000ull;

	if (!lease) {
		lease = &leases->lease[0];
		mac = 0;
	}
	*lease = (struct capture_lease){.mac = mac, .until_us = until_us};
	atomic_store_explicit(&request->mac, machine_of(leases, now_us), memory_order_relaxed);
	atomic_store_explicit(&request->until_us, until_us, memory_order_release);
}
