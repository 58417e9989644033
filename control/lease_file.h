// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The files in which other DHCP servers keep their leases: dnsmasq's leasefile, dhcpd.leases of
// ISC's server, Kea's memfile. Pure: bytes in and one lease at a time out, and back again. What
// these programs were seen to write is tolerated, and the test that shows it names the program.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lease.h"

#define LEASE_FILE_WHY_SIZE  160
#define LEASE_FILE_TEXT_SIZE 1024 // for one lease that is written

// 9999-12-31 23:59:59: the end of a lease that has none, in these files, in the journal and in
// memory.
#define LEASE_NEVER_UNIX_S INT64_C(253402300799)

enum lease_format {
	LEASE_FORMAT_DNSMASQ,
	LEASE_FORMAT_ISC,
	LEASE_FORMAT_KEA,
	LEASE_FORMAT_COUNT,
};

enum lease_kea_column {
	LEASE_KEA_ADDRESS,
	LEASE_KEA_HWADDR,
	LEASE_KEA_CLIENT_ID,
	LEASE_KEA_VALID_LIFETIME,
	LEASE_KEA_EXPIRE,
	LEASE_KEA_HOSTNAME,
	LEASE_KEA_STATE,
	LEASE_KEA_COLUMNS,
};

struct lease_entry {
	uint32_t address;
	struct lease_key key; // all zero: nobody's
	// enum lease_state: BOUND, also when its time has passed; RELEASED: given back or expired;
	// DECLINED: another machine answered on it
	uint8_t state;
	uint8_t hostname_len;
	char hostname[LEASE_HOSTNAME_MAX]; // the beginning of it
	int64_t since_unix_s;              // 0: the file does not tell
	int64_t expiry_unix_s;
	uint32_t subnet_id; // of Kea's configuration; only written
};

struct lease_file {
	enum lease_format format;
	const char *at; // what is left of the text
	const char *end;
	uint32_t line;                     // of at, from 1
	int64_t now_unix_s;                // ends that are written as durations count from here
	uint32_t entry_line;               // where the last lease, or the last error, begins
	uint64_t passed_over;              // entries that are no leases of IPv4 addresses
	int kea_column[LEASE_KEA_COLUMNS]; // from the header line; -1: not there
	int kea_columns;                   // all of the header line; 0: none was read
	char why[LEASE_FILE_WHY_SIZE];
};

// "dnsmasq", "isc", "kea". LEASE_FORMAT_COUNT: none is called so.
enum lease_format lease_format_of(const char *name);

// text: stays the caller's, and as it is while the file is read.
void lease_file_begin(struct lease_file *file, enum lease_format format, const char *text,
	size_t len, int64_t now_unix_s);

// 1: a lease; one address may come several times, and the last one counts. 0: the end. -EINVAL:
// what begins at entry_line is wrong, why says how; the next call goes on behind it.
int lease_file_next(struct lease_file *file, struct lease_entry *entry);

// What stands above all leases of a file that is written.
const char *lease_file_head(enum lease_format format);

// Writes one lease. Its length; 0: the format has no form for it (a client of which only the hash
// of its id is known; in dnsmasq's, an address in quarantine).
size_t lease_file_write(
	enum lease_format format, const struct lease_entry *entry, char out[LEASE_FILE_TEXT_SIZE]);
