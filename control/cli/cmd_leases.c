// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse leases: which machine has which address, for how long.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "cli/cli.h"
#include "cli/instance.h"
#include "cli/output.h"
#include "config_match.h"
#include "human.h"
#include "lease.h"
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

	if (record->state != LEASE_RELEASED && record->expiry_unix_s > now)
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

// Copies of all records in use, by address. busy counts those that kept changing.
static size_t read_all(
	const struct state_view *state, bool ended, struct lease_record **list, size_t *busy) {
	uint64_t high = atomic_load_explicit(
		(_Atomic uint64_t *)&state->region->lease_high, memory_order_acquire);
	size_t count = 0;

	if (high > state->lease_count)
		high = state->lease_count;
	*list = mem_alloc(high * sizeof(**list));
	*busy = 0;
	for (uint64_t i = 0; i < high; i++) {
		int rc = lease_read(&state->leases[i], &(*list)[count]);

		*busy += rc == -EAGAIN;
		if (rc == 0 && (ended || (*list)[count].state != LEASE_RELEASED))
			count++;
	}
	qsort(*list, count, sizeof(**list), by_address);
	return count;
}

static void print_json(const struct instance *instance, const struct lease_record *list,
	size_t count, size_t busy) {
	json_t *leases = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(leases, lease_json(instance, &list[i]));
	output_json(json_pack("{s:o, s:I, s:I}", "leases", leases, "table_size",
		(json_int_t)instance->state.lease_count, "busy", (json_int_t)busy));
}

static void print_table(const struct instance *instance, const struct lease_record *list,
	size_t count, size_t busy) {
	struct table table;

	table_init(&table,
		(const char *const[]){"address", "client", "state", "expires in", "host",
			"calls itself", "firmware"},
		7);
	for (size_t i = 0; i < count; i++)
		add_row(&table, instance, &list[i]);
	table_print(&table, stdout, output_width());
	table_free(&table);
	printf("\n%zu leases, room for %u\n", count, instance->state.lease_count);
	if (busy)
		printf("%zu more were changing too fast to be read\n", busy);
}

static int run(const struct cli_args *args) {
	struct instance instance;
	struct lease_record *list;
	size_t count, busy;
	int rc = instance_find(args, &instance);

	if (rc == CLI_OK)
		rc = instance_need_state(&instance);
	if (rc == CLI_OK) {
		instance_try_policy(&instance);
		count = read_all(&instance.state, cli_flag(args, "all"), &list, &busy);
		if (cli_flag(args, "json"))
			print_json(&instance, list, count, busy);
		else
			print_table(&instance, list, count, busy);
		free(list);
	}
	instance_close(&instance);
	return rc;
}

static const struct cli_option options[] = {INSTANCE_OPTIONS,
	{"all", NULL, "print leases that have ended, too"}, CLI_OPTION_JSON, CLI_OPTION_END};

const struct cli_command cmd_leases = {
	.name = "leases",
	.operands = "",
	.help = "which machine has which address, and for how long",
	.detail = "host is the name in hosts:, \"calls itself\" what the machine's system says. A "
		  "declined\naddress is in quarantine, because another machine answered on it.",
	.options = options,
	.run = run,
};
