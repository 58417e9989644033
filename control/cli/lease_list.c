// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/lease_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "cli/lease_journal.h"
#include "cli/output.h"
#include "config_match.h"
#include "human.h"
#include "lease.h"
#include "lease_file.h"
#include "text.h"

static const char *state_name(uint8_t state) {
	static const char *const names[] = {
		[LEASE_FREE] = "free",
		[LEASE_OFFERED] = "offered",
		[LEASE_BOUND] = "bound",
		[LEASE_RELEASED] = "ended",
		[LEASE_DECLINED] = "declined",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

static bool has_client(const struct lease_record *record) {
	static const uint8_t none[LEASE_KEY_MAX];

	return record->hlen || memcmp(record->key, none, sizeof(none)) != 0;
}

// "52:54:00:00:01:01", or the hash of a client id; "" for nobody's address, one in quarantine.
static const char *key_text(const struct lease_record *record, char out[48]) {
	size_t len = record->hlen && record->hlen < LEASE_KEY_MAX ? record->hlen : LEASE_KEY_MAX;
	size_t used = record->hlen ? 0 : (size_t)snprintf(out, 48, "id:");

	if (!has_client(record))
		return strcpy(out, "");
	if (record->hlen == 6)
		return text_mac(record->key, out);
	for (size_t i = 0; i < len && used + 3 <= 48; i++)
		used += (size_t)snprintf(out + used, 48 - used, "%02x", record->key[i]);
	return out;
}

static const char *hostname_text(const struct lease_record *record, char out[]) {
	size_t len = record->hostname_len;

	return text_clean(record->hostname, len < LEASE_HOSTNAME_MAX ? len : LEASE_HOSTNAME_MAX,
		out, 4 * LEASE_HOSTNAME_MAX + 1);
}

static const char *arch_text(const struct lease_record *record, char out[32]) {
	const char *name = config_arch_name(record->arch);

	if (record->arch == UINT16_MAX)
		snprintf(out, 32, "%s", (record->flags & LEASE_SAYS_IPXE) ? "ipxe" : "");
	else if (name)
		snprintf(out, 32, "%s%s", name, (record->flags & LEASE_SAYS_IPXE) ? ", ipxe" : "");
	else
		snprintf(out, 32, "%u%s", record->arch,
			(record->flags & LEASE_SAYS_IPXE) ? ", ipxe" : "");
	return out;
}

static json_t *lease_json(const struct instance *instance, const struct lease_record *record) {
	char ip[TEXT_IP_SIZE], key[48], host[256], name[4 * LEASE_HOSTNAME_MAX + 1];
	json_t *object = json_pack("{s:s, s:s, s:i, s:s, s:b, s:s, s:s, s:I, s:I, s:I, s:b}",
		"address", text_ip(record->address, ip), "client", key_text(record, key), "htype",
		record->htype, "state", state_name(record->state), "reserved", record->reserved,
		"host", instance_host_name(instance, record->key, host), "hostname",
		hostname_text(record, name), "since_unix_s", (json_int_t)record->since_unix_s,
		"expiry_unix_s", (json_int_t)record->expiry_unix_s, "durable_unix_s",
		(json_int_t)record->durable_unix_s, "ipxe", (record->flags & LEASE_SAYS_IPXE) != 0);

	json_object_set_new(object, "arch",
		record->arch == UINT16_MAX ? json_null() : json_integer(record->arch));
	return object;
}

static void add_row(
	struct table *table, const struct instance *instance, const struct lease_record *record) {
	char ip[TEXT_IP_SIZE], key[48], host[256], name[4 * LEASE_HOSTNAME_MAX + 1], arch[32];
	char left[HUMAN_SIZE] = "";
	int64_t now = time(NULL);

	if (record->expiry_unix_s >= LEASE_NEVER_UNIX_S)
		snprintf(left, sizeof(left), "never");
	else if (record->state != LEASE_RELEASED && record->expiry_unix_s > now)
		human_duration((uint64_t)(record->expiry_unix_s - now), left);
	table_row(table, (const char *const[]){text_ip(record->address, ip), key_text(record, key),
				 state_name(record->state), left,
				 instance_host_name(instance, record->key, host),
				 hostname_text(record, name), arch_text(record, arch)});
}

static int by_address(const void *a, const void *b) {
	const struct lease_record *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

void lease_list_of_state(const struct state_view *state, bool ended, struct lease_list *list) {
	uint64_t high = atomic_load_explicit(
		(_Atomic uint64_t *)&state->region->lease_high, memory_order_acquire);

	if (high > state->lease_count)
		high = state->lease_count;
	*list = (struct lease_list){.room = state->lease_count};
	list->records = mem_alloc(high * sizeof(*list->records));
	for (uint64_t i = 0; i < high; i++) {
		struct lease_record *record = &list->records[list->count];
		int rc = lease_read(&state->leases[i], record);

		list->busy += rc == -EAGAIN;
		list->count += rc == 0 && (ended || record->state != LEASE_RELEASED);
	}
	qsort(list->records, list->count, sizeof(*list->records), by_address);
}

// As the dataplane will have it at its next start: a lease that ran out is remembered, a quarantine
// that ran out is not.
static bool recover(
	const struct journal_record *from, bool ended, int64_t now, struct lease_record *record) {
	bool runs = from->state != LEASE_RELEASED && from->expiry_unix_s > now;

	*record = (struct lease_record){
		.address = from->address,
		.htype = from->htype,
		.hlen = from->hlen,
		.state = runs ? from->state : LEASE_RELEASED,
		.arch = UINT16_MAX,
		.hostname_len = from->hostname_len,
		.expiry_unix_s = from->expiry_unix_s,
		.durable_unix_s = runs ? from->expiry_unix_s : 0,
		.lsn = from->lsn,
		.since_unix_s = from->since_unix_s,
	};
	memcpy(record->key, from->key, sizeof(record->key));
	memcpy(record->hostname, from->hostname, from->hostname_len);
	return runs || (ended && from->state != LEASE_DECLINED);
}

int lease_list_of_journal(const struct config *config, bool ended, struct lease_list *list) {
	struct lease_journal journal;
	int rc = lease_journal_open(&journal, config, false);

	*list = (struct lease_list){.room = config_lease_table(config)};
	if (rc != CLI_OK)
		return rc;
	list->records = mem_alloc(journal.known.mirror.count * sizeof(*list->records));
	for (uint32_t i = 0; i < journal.known.mirror.count; i++)
		list->count += recover(&journal.known.mirror.records[i], ended, time(NULL),
			&list->records[list->count]);
	lease_journal_close(&journal);
	qsort(list->records, list->count, sizeof(*list->records), by_address);
	return CLI_OK;
}

void lease_list_free(struct lease_list *list) {
	free(list->records);
	*list = (struct lease_list){0};
}

void lease_list_print_json(const struct lease_list *list, const struct instance *instance) {
	json_t *leases = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(leases, lease_json(instance, &list->records[i]));
	output_json(json_pack("{s:o, s:I, s:I}", "leases", leases, "table_size",
		(json_int_t)list->room, "busy", (json_int_t)list->busy));
}

void lease_list_print_table(const struct lease_list *list, const struct instance *instance) {
	struct table table;

	table_init(&table,
		(const char *const[]){"address", "client", "state", "expires in", "host",
			"calls itself", "firmware"},
		7);
	for (size_t i = 0; i < list->count; i++)
		add_row(&table, instance, &list->records[i]);
	table_print(&table, stdout, output_width());
	table_free(&table);
	printf("\n%zu leases, room for %u\n", list->count, list->room);
	if (list->busy)
		printf("%zu more were changing too fast to be read\n", list->busy);
}
