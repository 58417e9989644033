// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Comparing all of both tables takes some 10 us, which happens once for each order that is used, or
// for several of them together.

#include "order_log.h"

#include <errno.h>

void order_log_init(struct order_log *log, _Atomic uint64_t *used, uint64_t *recorded) {
	*log = (struct order_log){.used = used, .recorded = recorded};
}

int order_log_restore(struct order_log *log, const struct journal_record *record) {
	if (!journal_is_order(record) || record->address >= ORDER_SLOTS)
		return -EINVAL;
	log->recorded[record->address] = journal_order_id(record);
	return 0;
}

static uint64_t load(const struct order_log *log, uint32_t slot) {
	return atomic_load_explicit(&log->used[slot], memory_order_relaxed);
}

static bool has(const uint64_t bits[ORDER_SLOTS / 64], uint32_t slot) {
	return bits[slot / 64] >> slot % 64 & 1;
}

void order_log_merge(struct order_log *log, const struct policy *policy) {
	uint64_t kept[ORDER_SLOTS / 64] = {0};

	for (uint32_t i = 0; i < policy->count[POLICY_HOSTS]; i++) {
		const struct policy_host *host = &policy->hosts[i];

		if (host->order_id && !policy_order_pending(host, log->used))
			kept[host->order_slot / 64] |= UINT64_C(1) << host->order_slot % 64;
	}
	for (uint32_t slot = 0; slot < ORDER_SLOTS; slot++)
		if (!has(kept, slot))
			atomic_store_explicit(
				&log->used[slot], log->recorded[slot], memory_order_relaxed);
	atomic_fetch_add_explicit(&log->changes, 1, memory_order_release);
}

bool order_log_use(struct order_log *log, uint32_t slot, uint64_t id) {
	if (atomic_exchange_explicit(&log->used[slot], id, memory_order_relaxed) == id)
		return false;
	atomic_fetch_add_explicit(&log->changes, 1, memory_order_release);
	return true;
}

// The count is read before the slots: a mark that is made meanwhile, in a slot that was already
// compared, has raised it again.
static void begin(struct order_log *log) {
	if (log->at)
		return;
	log->seen = atomic_load_explicit(&log->changes, memory_order_acquire);
	log->failed = false;
}

bool order_log_take(struct order_log *log, uint32_t *slot, uint64_t *id) {
	begin(log);
	while (log->at < ORDER_SLOTS) {
		uint32_t at = log->at++;

		*id = load(log, at);
		if (*id == log->recorded[at])
			continue;
		log->recorded[at] = *id;
		*slot = at;
		return true;
	}
	log->at = 0;
	return false;
}

void order_log_failed(struct order_log *log, const struct journal_record *record) {
	if (!journal_is_order(record) || record->address >= ORDER_SLOTS)
		return;
	log->recorded[record->address] = 0;
	log->failed = true;
}
