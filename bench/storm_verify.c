// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Sorted by address and then by time, the holders of one address stand together, and one pass finds
// every overlap.

#include "storm_verify.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int by_address_and_time(const void *a, const void *b) {
	const struct storm_log_entry *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->unix_us != y->unix_us)
		return x->unix_us < y->unix_us ? -1 : 1;
	return memcmp(x->mac, y->mac, 6);
}

static int by_mac(const void *a, const void *b) {
	return memcmp(a, b, 6);
}

static int count_machines(const struct storm_log_entry *entries, size_t count, size_t *machines) {
	uint8_t(*macs)[6] = malloc(count * 6 + 1);

	if (!macs)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		memcpy(macs[i], entries[i].mac, 6);
	qsort(macs, count, 6, by_mac);
	*machines = count ? 1 : 0;
	for (size_t i = 1; i < count; i++)
		*machines += memcmp(macs[i], macs[i - 1], 6) != 0;
	free(macs);
	return 0;
}

static bool holds(const struct storm_log_entry *holder, uint64_t unix_us, uint64_t slack_us) {
	if (holder->lease_s == UINT32_MAX)
		return true;
	return unix_us + slack_us < holder->unix_us + holder->lease_s * 1000000ull;
}

int64_t storm_verify(struct storm_log_entry *entries, size_t count, uint64_t slack_us,
	struct storm_conflict *conflicts, size_t size, size_t *addresses, size_t *machines) {
	const struct storm_log_entry *holder = NULL;
	size_t found = 0;

	*addresses = 0;
	if (count_machines(entries, count, machines) < 0)
		return -ENOMEM;
	if (count)
		qsort(entries, count, sizeof(*entries), by_address_and_time);
	for (size_t i = 0; i < count; i++) {
		const struct storm_log_entry *e = &entries[i];
		bool same_address = holder && holder->address == e->address;
		bool same_machine = same_address && !memcmp(holder->mac, e->mac, 6);

		*addresses += i == 0 || entries[i - 1].address != e->address;
		// Who gives back what another holds by now ends nothing.
		if (same_address && !same_machine && e->lease_s == 0)
			continue;
		if (same_address && !same_machine && holds(holder, e->unix_us, slack_us)) {
			if (found < size)
				conflicts[found] = (struct storm_conflict){*holder, *e};
			found++;
		}
		holder = e;
	}
	return (int64_t)found;
}
