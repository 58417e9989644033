// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Kea's memfile, kea-leases4.csv: a header line that names the columns, which have become more from
// version to version, then a line for each change of a lease. While Kea cleans up there are several
// files (.completed, .2, .1): they may stand one after the other in a text, each with its header.

#include <errno.h>
#include <stdio.h>

#include "lease_file_internal.h"

#define CELLS_MAX 32
#define INFINITE  UINT32_MAX // valid_lifetime

// Lease::STATE_*
enum kea_state { KEA_ASSIGNED, KEA_DECLINED, KEA_RECLAIMED, KEA_RELEASED, KEA_STATES };

static const char *const column_names[LEASE_KEA_COLUMNS] = {
	[LEASE_KEA_ADDRESS] = "address",
	[LEASE_KEA_HWADDR] = "hwaddr",
	[LEASE_KEA_CLIENT_ID] = "client_id",
	[LEASE_KEA_VALID_LIFETIME] = "valid_lifetime",
	[LEASE_KEA_EXPIRE] = "expire",
	[LEASE_KEA_HOSTNAME] = "hostname",
	[LEASE_KEA_STATE] = "state",
};

// How many there are, also those beyond CELLS_MAX.
static int split(struct span line, struct span cells[CELLS_MAX]) {
	const char *end = line.at + line.len;
	int count = 0;

	for (const char *at = line.at;; at++) {
		const char *comma = at < end ? memchr(at, ',', (size_t)(end - at)) : NULL;
		const char *stop = comma ? comma : end;

		if (count < CELLS_MAX)
			cells[count] = (struct span){at, (size_t)(stop - at)};
		count++;
		if (!comma)
			return count;
		at = comma;
	}
}

static int read_header(
	struct lease_file *file, struct span line, const struct span cells[], int count) {
	if (count > CELLS_MAX)
		return lease_file_bad(file, line, "has more columns than any Kea writes");
	for (int i = 0; i < LEASE_KEA_COLUMNS; i++) {
		file->kea_column[i] = -1;
		for (int cell = 0; cell < count; cell++)
			if (span_is(cells[cell], column_names[i]))
				file->kea_column[i] = cell;
	}
	file->kea_columns = count;
	if (file->kea_column[LEASE_KEA_HWADDR] >= 0 && file->kea_column[LEASE_KEA_EXPIRE] >= 0 &&
		file->kea_column[LEASE_KEA_VALID_LIFETIME] >= 0)
		return 0;
	file->kea_columns = 0;
	return lease_file_bad(file, line,
		"is no header of Kea's DHCPv4 leases: it lacks hwaddr, valid_lifetime or expire");
}

static struct span cell_of(
	const struct lease_file *file, const struct span cells[], enum lease_kea_column column) {
	int at = file->kea_column[column];

	return at < 0 ? (struct span){"", 0} : cells[at];
}

// An end of 0 seconds after the start is how Kea writes that a lease was deleted.
static int read_times(
	struct lease_file *file, const struct span cells[], struct lease_entry *entry) {
	struct span lifetime = cell_of(file, cells, LEASE_KEA_VALID_LIFETIME);
	struct span expire = cell_of(file, cells, LEASE_KEA_EXPIRE);
	uint64_t seconds, end;

	if (!span_number(lifetime, UINT32_MAX, &seconds))
		return lease_file_bad(file, lifetime, "is not a valid_lifetime");
	if (!span_number(expire, INT64_MAX, &end))
		return lease_file_bad(file, expire, "is not a time of expiry");
	if (end > seconds && end - seconds < (uint64_t)LEASE_NEVER_UNIX_S)
		entry->since_unix_s = (int64_t)(end - seconds);
	if (seconds == INFINITE || end > (uint64_t)LEASE_NEVER_UNIX_S)
		end = (uint64_t)LEASE_NEVER_UNIX_S;
	entry->expiry_unix_s = (int64_t)end;
	if (!seconds)
		entry->state = LEASE_RELEASED;
	return 0;
}

static int read_state(
	struct lease_file *file, const struct span cells[], struct lease_entry *entry) {
	static const uint8_t states[KEA_STATES] = {
		[KEA_ASSIGNED] = LEASE_BOUND,
		[KEA_DECLINED] = LEASE_DECLINED,
		[KEA_RECLAIMED] = LEASE_RELEASED,
		[KEA_RELEASED] = LEASE_RELEASED,
	};
	struct span text = cell_of(file, cells, LEASE_KEA_STATE);
	uint64_t state = KEA_ASSIGNED;

	if (text.len && !span_number(text, KEA_STATES - 1, &state))
		return lease_file_bad(file, text, "is not a state of a lease");
	entry->state = states[state];
	return 0;
}

// Leases that ended, and addresses that were declined, may be nobody's.
static int read_client(
	struct lease_file *file, const struct span cells[], struct lease_entry *entry) {
	struct span text = cell_of(file, cells, LEASE_KEA_HWADDR);
	struct span id = cell_of(file, cells, LEASE_KEA_CLIENT_ID);
	int hlen = span_bytes(text, entry->key.bytes, sizeof(entry->key.bytes));
	uint8_t id_bytes[255];
	int id_len = span_bytes(id, id_bytes, sizeof(id_bytes));

	if (hlen < 0)
		return lease_file_bad(file, text, "is not a hardware address");
	if (id_len < 0)
		return lease_file_bad(file, id, "is not a client id");
	entry->key.hlen = (uint8_t)hlen;
	entry->key.htype = hlen ? 1 : 0;
	if (!hlen && id_len)
		entry->key = lease_key_of_id(id_bytes, (size_t)id_len);
	if (!hlen && !id_len && entry->state == LEASE_BOUND)
		return lease_file_bad(file, cell_of(file, cells, LEASE_KEA_ADDRESS),
			"is leased to nobody: hwaddr and client_id are empty");
	return 0;
}

// Kea writes a comma, and what else it must not, as "&#x2c".
static void read_hostname(struct span text, struct lease_entry *entry) {
	char name[LEASE_HOSTNAME_MAX];
	size_t len = 0;

	for (size_t i = 0; i < text.len && len < sizeof(name); i++) {
		uint8_t byte;

		if (text.len - i >= 5 && !memcmp(text.at + i, "&#x", 3) &&
			span_bytes((struct span){text.at + i + 3, 2}, &byte, 1) == 1) {
			name[len++] = (char)byte;
			i += 4;
		} else {
			name[len++] = text.at[i];
		}
	}
	lease_entry_hostname(entry, name, len);
}

static int read_lease(struct lease_file *file, struct span line, const struct span cells[],
	int count, struct lease_entry *entry) {
	struct span address = cell_of(file, cells, LEASE_KEA_ADDRESS);
	int err;

	if (count != file->kea_columns)
		return lease_file_bad(file, line, "has another number of cells than the header");
	if (!span_ip(address, &entry->address))
		return lease_file_bad(file, address, "is not an IPv4 address");
	err = read_state(file, cells, entry);
	if (!err)
		err = read_times(file, cells, entry);
	if (!err)
		err = read_client(file, cells, entry);
	if (err)
		return err;
	read_hostname(cell_of(file, cells, LEASE_KEA_HOSTNAME), entry);
	return 1;
}

int lease_file_next_kea(struct lease_file *file, struct lease_entry *entry) {
	struct span line, cells[CELLS_MAX];

	while (lease_file_line(file, &line)) {
		int count = split(line, cells);
		int err = 0;

		if (!line.len)
			continue;
		if (span_is(cells[0], "address"))
			err = read_header(file, line, cells, count);
		else if (!file->kea_columns)
			err = lease_file_bad(file, line,
				"stands where Kea's header, address,hwaddr,..., should");
		else
			return read_lease(file, line, cells, count, entry);
		if (err)
			return err;
	}
	return 0;
}

// Bytes that a line of a table cannot hold, as Kea itself does; and '&', so that a name which looks
// like that is not taken for it.
static void write_hostname(const struct lease_entry *entry, char out[5 * LEASE_HOSTNAME_MAX + 1]) {
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < entry->hostname_len; i++) {
		uint8_t byte = (uint8_t)entry->hostname[i];
		bool plain = byte > ' ' && byte <= '~' && byte != ',' && byte != '&';

		used += (size_t)sprintf(out + used, plain ? "%c" : "&#x%02x", byte);
	}
}

static uint32_t lifetime_of(const struct lease_entry *entry) {
	int64_t seconds = entry->expiry_unix_s - entry->since_unix_s;

	if (entry->expiry_unix_s >= LEASE_NEVER_UNIX_S)
		return INFINITE;
	if (seconds < 1) // 0 would delete it
		return 1;
	return seconds < INFINITE ? (uint32_t)seconds : INFINITE - 1;
}

size_t lease_file_write_kea(const struct lease_entry *entry, char *out) {
	char key[LEASE_KEY_TEXT_SIZE], ip[TEXT_IP_SIZE], name[5 * LEASE_HOSTNAME_MAX + 1];
	uint32_t lifetime = lifetime_of(entry);
	bool endless = lifetime == INFINITE;
	long long expire = endless ? entry->since_unix_s + INFINITE : entry->expiry_unix_s;

	if (entry->key.hlen && entry->key.htype != 1) // there is no column for it
		return 0;
	write_hostname(entry, name);
	return (size_t)snprintf(out, LEASE_FILE_TEXT_SIZE, "%s,%s,,%u,%lld,%u,0,0,%s,%d,\n",
		text_ip(entry->address, ip), lease_key_text(&entry->key, key), lifetime, expire,
		entry->subnet_id, name,
		entry->state == LEASE_DECLINED   ? KEA_DECLINED
		: entry->state == LEASE_RELEASED ? KEA_RECLAIMED
						 : KEA_ASSIGNED);
}
