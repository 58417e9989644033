// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// dnsmasq's leasefile: a line for each lease, "END CLIENT ADDRESS NAME CLIENT-ID". Behind the
// leases of IPv4 come a line with the server's DUID and those of IPv6, whose second field is an
// IAID.

#include <stdio.h>

#include "lease_file_internal.h"

// Older than any lease: a dnsmasq without a real-time clock (HAVE_BROKEN_RTC, as on routers) writes
// how long the lease runs instead of its end.
#define DURATION_BELOW INT64_C(1000000000)

enum field { FIELD_END, FIELD_CLIENT, FIELD_ADDRESS, FIELD_NAME, FIELD_CLIENT_ID, FIELD_COUNT };

// How many there are, also those beyond FIELD_COUNT.
static int split(struct span line, struct span fields[FIELD_COUNT]) {
	int count = 0;

	for (size_t i = 0; i < line.len;) {
		size_t start = i;

		while (i < line.len && line.at[i] != ' ' && line.at[i] != '\t')
			i++;
		if (i > start && count < FIELD_COUNT)
			fields[count] = (struct span){line.at + start, i - start};
		count += i > start;
		i += i < line.len;
	}
	return count;
}

static int read_end(struct lease_file *file, struct span text, struct lease_entry *entry) {
	uint64_t end;

	if (!span_number(text, INT64_MAX, &end))
		return lease_file_bad(file, text, "is not a time: seconds since 1970 are expected");
	if (!end || end == UINT32_MAX || end > (uint64_t)LEASE_NEVER_UNIX_S)
		end = (uint64_t)LEASE_NEVER_UNIX_S;
	entry->expiry_unix_s = (int64_t)end;
	if (entry->expiry_unix_s < DURATION_BELOW)
		entry->expiry_unix_s += file->now_unix_s;
	return 0;
}

// "52:54:00:00:01:01", or with the type of hardware before it if that is not Ethernet:
// "06-00:01:..". Of a machine without an address there is only the type, "20-".
static int read_client(
	struct lease_file *file, struct span text, struct span id, struct lease_entry *entry) {
	struct span address = text;
	uint8_t htype = 1, id_bytes[255];
	int hlen, id_len;

	if (text.len > 2 && text.at[2] == '-') {
		if (span_bytes((struct span){text.at, 2}, &htype, 1) != 1)
			return lease_file_bad(file, text, "is not a hardware address");
		address = (struct span){text.at + 3, text.len - 3};
	}
	hlen = span_bytes(address, entry->key.bytes, sizeof(entry->key.bytes));
	entry->key.htype = htype;
	entry->key.hlen = (uint8_t)hlen;
	if (hlen > 0)
		return 0;
	id_len = span_bytes(id, id_bytes, sizeof(id_bytes));
	if (hlen < 0 || id_len <= 0)
		return lease_file_bad(file, text, "is not a hardware address");
	entry->key = lease_key_of_id(id_bytes, (size_t)id_len);
	return 0;
}

static int read_lease(struct lease_file *file, struct span fields[FIELD_COUNT], int count,
	struct lease_entry *entry) {
	struct span id = count == FIELD_COUNT ? fields[FIELD_CLIENT_ID] : (struct span){0};
	int err = read_end(file, fields[FIELD_END], entry);

	if (!err)
		err = read_client(file, fields[FIELD_CLIENT], id, entry);
	if (err)
		return err;
	if (!span_ip(fields[FIELD_ADDRESS], &entry->address))
		return lease_file_bad(file, fields[FIELD_ADDRESS], "is not an IPv4 address");
	entry->state = LEASE_BOUND;
	if (!span_is(fields[FIELD_NAME], "*"))
		lease_entry_hostname(entry, fields[FIELD_NAME].at, fields[FIELD_NAME].len);
	return 1;
}

static bool is_ipv6(struct span fields[FIELD_COUNT], int count) {
	return count > FIELD_ADDRESS &&
	       memchr(fields[FIELD_ADDRESS].at, ':', fields[FIELD_ADDRESS].len);
}

int lease_file_next_dnsmasq(struct lease_file *file, struct lease_entry *entry) {
	struct span line, fields[FIELD_COUNT];

	while (lease_file_line(file, &line)) {
		int count = split(line, fields);

		if (!count || line.at[0] == '#' || span_is(fields[0], "duid"))
			continue;
		if (is_ipv6(fields, count)) {
			file->passed_over++;
			continue;
		}
		// Files that were made by hand may lack the client id.
		if (count < FIELD_CLIENT_ID || count > FIELD_COUNT)
			return lease_file_bad(file, line,
				"is not a lease of dnsmasq: end, MAC, address, name and client id "
				"are expected");
		return read_lease(file, fields, count, entry);
	}
	return 0;
}

// What stands between spaces, and is not taken for "no name".
static bool is_legal_name(const struct lease_entry *entry) {
	for (size_t i = 0; i < entry->hostname_len; i++)
		if (entry->hostname[i] <= ' ' || entry->hostname[i] > '~')
			return false;
	return entry->hostname_len && !(entry->hostname_len == 1 && entry->hostname[0] == '*');
}

size_t lease_file_write_dnsmasq(const struct lease_entry *entry, char *out) {
	char key[LEASE_KEY_TEXT_SIZE], ip[16], type[4] = "";
	bool named = is_legal_name(entry);

	if (entry->state == LEASE_DECLINED || !entry->key.hlen)
		return 0;
	if (entry->key.htype != 1)
		snprintf(type, sizeof(type), "%02x-", entry->key.htype);
	return (size_t)snprintf(out, LEASE_FILE_TEXT_SIZE, "%lld %s%s %s %.*s *\n",
		entry->expiry_unix_s >= LEASE_NEVER_UNIX_S ? 0LL : (long long)entry->expiry_unix_s,
		type, lease_key_text(&entry->key, key), text_ip(entry->address, ip),
		named ? entry->hostname_len : 1, named ? entry->hostname : "*");
}
