// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/lease_find.h"

#include <string.h>
#include <strings.h>

#include "text.h"

struct wanted {
	const char *who;
	bool is_ip;
	bool is_mac;
	uint32_t ip;
	uint8_t mac[6];
};

static bool calls_itself(const struct lease_record *record, const char *name) {
	return record->hostname_len == strlen(name) && record->hostname_len &&
	       !strncasecmp(record->hostname, name, record->hostname_len);
}

static bool is_meant(const struct lease_record *record, const struct instance *instance,
	const struct wanted *wanted) {
	char host[256];

	if (wanted->is_ip)
		return record->address == wanted->ip;
	if (record->hlen != 6)
		return !wanted->is_mac && calls_itself(record, wanted->who);
	if (wanted->is_mac)
		return !memcmp(record->key, wanted->mac, sizeof(wanted->mac));
	return !strcasecmp(instance_host_name(instance, record->key, host), wanted->who) ||
	       calls_itself(record, wanted->who);
}

int64_t lease_find(
	const struct lease_list *list, const struct instance *instance, const char *who) {
	struct wanted wanted = {.who = who};
	char ip[TEXT_IP_SIZE], other[TEXT_IP_SIZE];
	int64_t found = -1;

	wanted.is_ip = text_parse_ip(who, &wanted.ip) == 0;
	wanted.is_mac = text_parse_mac(who, wanted.mac) == 0;
	for (size_t i = 0; i < list->count; i++) {
		if (!is_meant(&list->records[i], instance, &wanted))
			continue;
		if (found >= 0) {
			cli_error("%s has %s and %s: say which address", who,
				text_ip(list->records[found].address, ip),
				text_ip(list->records[i].address, other));
			return -1;
		}
		found = (int64_t)i;
	}
	if (found < 0)
		cli_error("no lease belongs to %s: see rouse leases", who);
	return found;
}
