// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Records of the lease table: their life from free to free, and everything that must follow when
// one changes (both indexes, lists, time, bitmap). The rules of DHCP are in lease.c and
// lease_bind.c.

#include "lease_table.h"

#include <errno.h>
#include <string.h>

#include "hash.h"

// A wall clock that was wrong by years must not make leases of years.
#define WALL_CARRY_MAX_S 86400

static size_t aligned(size_t size) {
	return (size + 63) & ~(size_t)63;
}

size_t lease_table_size(uint32_t count) {
	size_t slots = lease_index_slots(count);

	return aligned(sizeof(struct lease_table)) + aligned(count * sizeof(struct lease_private)) +
	       2 * aligned(slots * sizeof(struct lease_slot)) +
	       aligned(count * sizeof(struct lease_due)) + aligned(count * sizeof(uint32_t)) +
	       aligned(count);
}

static void *carve(uint8_t **at, size_t size) {
	void *result = *at;

	*at += aligned(size);
	return result;
}

struct lease_table *lease_table_init(void *memory, struct lease_record *records, uint32_t count,
	const uint64_t seed[2], _Atomic uint64_t *lease_high) {
	uint32_t slots = lease_index_slots(count);
	uint8_t *at = memory;
	struct lease_table *table = carve(&at, sizeof(*table));

	memset(table, 0, offsetof(struct lease_table, pools)); // lease_pools_init does the rest
	table->pools.count = 0;
	memset(records, 0, count * sizeof(*records));
	table->records = records;
	table->count = count;
	table->lease_high = lease_high;
	memcpy(table->seed, seed, sizeof(table->seed));
	table->private = carve(&at, count * sizeof(*table->private));
	lease_index_init(&table->by_key, carve(&at, slots * sizeof(struct lease_slot)), slots);
	lease_index_init(&table->by_address, carve(&at, slots * sizeof(struct lease_slot)), slots);
	table->heap.due = carve(&at, count * sizeof(struct lease_due));
	table->heap.place = carve(&at, count * sizeof(uint32_t));
	table->bears_no_ahead = carve(&at, count);
	memset((void *)table->bears_no_ahead, 0, count);
	memset(table->private, 0, count * sizeof(*table->private));
	memset(table->heap.place, 0, count * sizeof(uint32_t));
	table->restamp_at = UINT32_MAX;
	table->free = table->offered = table->released =
		(struct lease_list){LEASE_NO_RECORD, LEASE_NO_RECORD};
	atomic_store_explicit(lease_high, 0, memory_order_release);
	return table;
}

void lease_write_begin(struct lease_record *record) {
	uint32_t seq = atomic_load_explicit(&record->seq, memory_order_relaxed);

	atomic_store_explicit(&record->seq, seq + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

void lease_write_end(struct lease_record *record) {
	uint32_t seq = atomic_load_explicit(&record->seq, memory_order_relaxed);

	atomic_store_explicit(&record->seq, seq + 1, memory_order_release);
}

int lease_read(const struct lease_record *record, struct lease_record *copy) {
	for (int i = 0; i < 1000; i++) {
		uint32_t before = atomic_load_explicit(&record->seq, memory_order_acquire);

		if (before & 1)
			continue;
		memcpy(copy, (const void *)record, sizeof(*copy));
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&record->seq, memory_order_relaxed) != before)
			continue;
		return copy->state == LEASE_FREE ? -ENOENT : 0;
	}
	return -EAGAIN;
}

static void list_add(struct lease_table *table, struct lease_list *list, uint32_t record) {
	struct lease_private *private = &table->private[record];

	private->next = LEASE_NO_RECORD;
	private->prev = list->last;
	if (list->last == LEASE_NO_RECORD)
		list->first = record;
	else
		table->private[list->last].next = record;
	list->last = record;
}

static void list_remove(struct lease_table *table, struct lease_list *list, uint32_t record) {
	struct lease_private *private = &table->private[record];

	if (private->prev == LEASE_NO_RECORD)
		list->first = private->next;
	else
		table->private[private->prev].next = private->next;
	if (private->next == LEASE_NO_RECORD)
		list->last = private->prev;
	else
		table->private[private->next].prev = private->prev;
}

static struct lease_list *list_of(struct lease_table *table, uint8_t state) {
	if (state == LEASE_OFFERED)
		return &table->offered;
	if (state == LEASE_RELEASED)
		return &table->released;
	return NULL;
}

static uint32_t address_hash(const struct lease_table *table, uint32_t address) {
	return (uint32_t)hash_mix(table->seed[0] ^ address);
}

uint32_t lease_hash(const struct lease_table *table, const struct lease_key *key) {
	return (uint32_t)hash_sip(table->seed, key, sizeof(*key));
}

static struct lease_key key_of(const struct lease_record *record) {
	struct lease_key key = {.htype = record->htype, .hlen = record->hlen};

	memcpy(key.bytes, record->key, sizeof(key.bytes));
	return key;
}

static bool has_owner(const struct lease_record *record) {
	static const uint8_t none[LEASE_KEY_MAX];

	return record->hlen || memcmp(record->key, none, sizeof(none)) != 0;
}

bool lease_owned_by(const struct lease_record *record, const struct lease_key *key) {
	return record->hlen == key->hlen && record->htype == key->htype &&
	       memcmp(record->key, key->bytes, sizeof(key->bytes)) == 0;
}

uint64_t lease_due_ms(const struct lease_record *record) {
	return record->expiry_boot_ms + (record->state == LEASE_BOUND ? LEASE_GRACE_MS : 0);
}

int64_t lease_wall_s(const struct lease_table *table, struct rouse_now now) {
	int64_t carried = (int64_t)(now.us / 1000000) + table->wall_ahead_s;

	if (!table->wall_known || carried <= now.unix_s)
		return now.unix_s;
	return carried < now.unix_s + WALL_CARRY_MAX_S ? carried : now.unix_s + WALL_CARRY_MAX_S;
}

void lease_see_wall(struct lease_table *table, struct rouse_now now) {
	int64_t ahead = now.unix_s - (int64_t)(now.us / 1000000);

	if (!table->wall_known || ahead < table->wall_stamped_s)
		table->wall_stamped_s = ahead;
	if (ahead > table->wall_stamped_s + LEASE_WALL_STEP_S) {
		table->restamp_at = 0;
		table->wall_stamped_s = ahead;
	}
	if (!table->wall_known || ahead > table->wall_ahead_s)
		table->wall_ahead_s = ahead;
	table->wall_known = true;
}

struct lease_record *lease_find_address(struct lease_table *table, uint32_t address) {
	uint32_t hash = address_hash(table, address);
	uint32_t at = 0, number;

	while ((number = lease_index_next(&table->by_address, hash, &at)) != LEASE_NO_RECORD)
		if (table->records[number].address == address)
			return &table->records[number];
	return NULL;
}

#define PEEK_MAX 64 // entries that a reader beside the writer looks at

static bool is_at(const struct lease_record *record, uint32_t address) {
	return record->address == address && record->htype == 1 && record->hlen == 6 &&
	       (record->state == LEASE_BOUND || record->state == LEASE_OFFERED);
}

bool lease_machine_at(
	const struct lease_table *table, uint32_t address, struct lease_machine *machine) {
	uint32_t hash = address_hash(table, address);
	struct lease_record copy;

	for (uint32_t i = 0; i < PEEK_MAX; i++) {
		struct lease_slot slot = lease_index_peek(&table->by_address, hash + i);

		if (!slot.record)
			return false;
		if (slot.hash != hash || slot.record > table->count ||
			lease_read(&table->records[slot.record - 1], &copy) < 0 ||
			!is_at(&copy, address))
			continue;
		machine->record = slot.record - 1;
		machine->bound = copy.state == LEASE_BOUND;
		memcpy(machine->mac, copy.key, sizeof(machine->mac));
		machine->send_ahead = copy.flags & LEASE_SEND_AHEAD &&
				      !atomic_load_explicit(&table->bears_no_ahead[machine->record],
					      memory_order_relaxed);
		return true;
	}
	return false;
}

void lease_machine_stop_ahead(const struct lease_table *table, uint32_t record) {
	if (record < table->count)
		atomic_store_explicit(&table->bears_no_ahead[record], 1, memory_order_relaxed);
}

static int rank(const struct lease_record *record) {
	switch ((enum lease_state)record->state) {
	case LEASE_BOUND:
		return 3;
	case LEASE_OFFERED:
		return 2;
	case LEASE_RELEASED:
		return 1;
	case LEASE_FREE:
	case LEASE_DECLINED:
		break;
	}
	return 0;
}

struct lease_record *lease_find_key(
	struct lease_table *table, const struct lease_key *key, uint32_t subnet) {
	struct lease_record *best = NULL;
	uint32_t hash = lease_hash(table, key), at = 0, number;

	while ((number = lease_index_next(&table->by_key, hash, &at)) != LEASE_NO_RECORD) {
		struct lease_record *record = &table->records[number];

		if (record->subnet != subnet || !lease_owned_by(record, key))
			continue;
		if (!best || rank(record) > rank(best) ||
			(rank(record) == rank(best) && record->lsn > best->lsn))
			best = record;
	}
	return best;
}

bool lease_seen(const struct lease_table *table, const struct lease_key *key, uint32_t hash) {
	uint32_t at = 0, number;

	while ((number = lease_index_next(&table->by_key, hash, &at)) != LEASE_NO_RECORD) {
		const struct lease_record *record = &table->records[number];

		if (lease_owned_by(record, key) && (record->lsn || record->state != LEASE_OFFERED))
			return true;
	}
	return false;
}

void lease_prefetch_slot(const struct lease_table *table, uint32_t hash) {
	__builtin_prefetch(&table->by_key.slot[hash & table->by_key.mask]);
}

// The first record of this hash, or what stands in its way: nearly always the one looked for.
void lease_prefetch_record(const struct lease_table *table, uint32_t hash) {
	struct lease_slot slot = lease_index_peek(&table->by_key, hash);

	if (!slot.record)
		return;
	__builtin_prefetch(&table->records[slot.record - 1]);
	__builtin_prefetch((const uint8_t *)&table->records[slot.record - 1] + 64);
	__builtin_prefetch(&table->private[slot.record - 1]);
	__builtin_prefetch(&table->heap.place[slot.record - 1]);
}

static struct lease_record *unused(struct lease_table *table) {
	struct lease_record *record;

	if (table->free.first == LEASE_NO_RECORD && table->high < table->count) {
		record = &table->records[table->high++];
		atomic_store_explicit(table->lease_high, table->high, memory_order_release);
		return record;
	}
	if (table->free.first == LEASE_NO_RECORD && table->released.first != LEASE_NO_RECORD)
		lease_record_drop(table, &table->records[table->released.first]);
	if (table->free.first == LEASE_NO_RECORD)
		return NULL;
	record = &table->records[table->free.first];
	list_remove(table, &table->free, table->free.first);
	return record;
}

struct lease_record *lease_record_new(struct lease_table *table, uint32_t address) {
	struct lease_record *record = unused(table);

	if (!record)
		return NULL;
	lease_write_begin(record);
	record->address = address;
	record->subnet = LEASE_NO_SUBNET;
	record->arch = POLICY_ARCH_UNKNOWN;
	lease_write_end(record);
	lease_index_add(
		&table->by_address, address_hash(table, address), lease_number(table, record));
	return record;
}

void lease_record_own(
	struct lease_table *table, struct lease_record *record, const struct lease_key *key) {
	static const struct lease_key nobody;
	uint32_t number = lease_number(table, record);
	struct lease_private *private = &table->private[number];

	if (has_owner(record))
		lease_index_remove(&table->by_key, private->key_hash, number);
	if (!key)
		key = &nobody;
	lease_write_begin(record);
	memcpy(record->key, key->bytes, sizeof(record->key));
	record->htype = key->htype;
	record->hlen = key->hlen;
	record->reserved = 0;
	record->arch = POLICY_ARCH_UNKNOWN;
	record->flags = 0;
	record->hostname_len = 0;
	memset(record->hostname, 0, sizeof(record->hostname));
	record->expiry_unix_s = 0;
	record->durable_unix_s = 0;
	record->since_unix_s = 0;
	record->lsn = 0;
	lease_write_end(record);
	atomic_store_explicit(&table->bears_no_ahead[number], 0, memory_order_relaxed);
	private->floor_lsn = 0;
	private->safe_boot_ms = 0;
	if (!has_owner(record))
		return;
	private->key_hash = lease_hash(table, key);
	lease_index_add(&table->by_key, private->key_hash, number);
}

static enum lease_use use_of(enum lease_state state) {
	switch (state) {
	case LEASE_OFFERED:
	case LEASE_BOUND:
	case LEASE_DECLINED:
		return LEASE_USE_HELD;
	case LEASE_RELEASED:
		return LEASE_USE_REMEMBERED;
	case LEASE_FREE:
		break;
	}
	return LEASE_USE_FREE;
}

static void count_declined(struct lease_table *table, uint32_t address, bool more) {
	struct lease_pool *pool = lease_pools_of(&table->pools, address);

	if (pool && more)
		pool->declined++;
	else if (pool)
		pool->declined--;
}

void lease_record_state(struct lease_table *table, struct lease_record *record,
	enum lease_state state, uint64_t due_ms) {
	uint32_t number = lease_number(table, record);
	struct lease_list *list = list_of(table, record->state);

	if (list)
		list_remove(table, list, number);
	if ((record->state == LEASE_DECLINED) != (state == LEASE_DECLINED))
		count_declined(table, record->address, state == LEASE_DECLINED);
	lease_write_begin(record);
	record->state = (uint8_t)state;
	record->expiry_boot_ms = due_ms;
	lease_write_end(record);
	list = list_of(table, record->state);
	if (list)
		list_add(table, list, number);
	lease_pools_mark(&table->pools, record->address, use_of(state));
	if (use_of(state) == LEASE_USE_HELD)
		lease_heap_set(&table->heap, number, lease_due_ms(record));
	else
		lease_heap_remove(&table->heap, number);
}

void lease_record_drop(struct lease_table *table, struct lease_record *record) {
	uint32_t number = lease_number(table, record);

	lease_record_state(table, record, LEASE_FREE, 0);
	lease_record_own(table, record, NULL);
	lease_index_remove(&table->by_address, address_hash(table, record->address), number);
	lease_write_begin(record);
	record->address = 0;
	lease_write_end(record);
	list_add(table, &table->free, number);
}

// The next record of the same owner in the same subnet.
static struct lease_record *sibling(
	struct lease_table *table, const struct lease_record *record, uint32_t *at) {
	uint32_t hash = lease_private_of(table, record)->key_hash, number;
	struct lease_key key = key_of(record);

	while ((number = lease_index_next(&table->by_key, hash, at)) != LEASE_NO_RECORD) {
		struct lease_record *other = &table->records[number];

		if (other != record && other->subnet == record->subnet &&
			lease_owned_by(other, &key))
			return other;
	}
	return NULL;
}

void lease_record_keep_only(struct lease_table *table, const struct lease_record *keep) {
	struct lease_record *other;
	uint32_t at = 0;

	while ((other = sibling(table, keep, &at))) {
		if (other->state == LEASE_BOUND)
			continue;
		lease_record_drop(table, other);
		at = 0; // the index has closed the hole
	}
}

struct lease_record *lease_record_other(
	struct lease_table *table, const struct lease_record *record) {
	struct lease_record *other;
	uint32_t at = 0;

	while ((other = sibling(table, record, &at)))
		if (other->state == LEASE_BOUND)
			return other;
	return NULL;
}

void lease_record_expire(struct lease_table *table, struct lease_record *record) {
	bool was_leased = record->state == LEASE_BOUND || record->lsn;

	if (record->state == LEASE_DECLINED || !was_leased) {
		lease_record_drop(table, record);
		return;
	}
	lease_record_state(table, record, LEASE_RELEASED, record->expiry_boot_ms);
	lease_write_begin(record);
	record->durable_unix_s = 0;
	lease_write_end(record);
}

static void count_swept(struct lease_swept *swept, uint8_t state) {
	if (state == LEASE_OFFERED)
		swept->offers++;
	else if (state == LEASE_BOUND)
		swept->leases++;
	else
		swept->quarantines++;
}

struct lease_swept lease_sweep(struct lease_table *table, struct rouse_now now, uint32_t budget) {
	struct lease_swept swept = {0};
	uint32_t number;

	lease_see_wall(table, now);
	while (budget-- && lease_heap_due(&table->heap, lease_ms(now), &number)) {
		struct lease_record *record = &table->records[number];

		if (lease_due_ms(record) > lease_ms(now)) {
			lease_heap_put_off(&table->heap, number, lease_due_ms(record));
			continue;
		}
		count_swept(&swept, record->state);
		lease_record_expire(table, record);
	}
	return swept;
}
