// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The clients' own log of every lease: one line per ACK received, and one with a lease of 0 seconds
// for each RELEASE or DECLINE sent. It is the oracle that a server's own records are held against.
//
//   1763806000.123456 52:54:00:00:00:01 10.77.0.50 43200 1a2b3c4d
//
// Unix time with microseconds, MAC, address, lease time in seconds, xid.

#pragma once

#include <stdint.h>
#include <stdio.h>

#define STORM_LOG_LINE_SIZE 160u

struct storm_log_entry {
	uint64_t unix_us;
	uint8_t mac[6];
	uint32_t address; // host byte order
	uint32_t lease_s; // 0: given back
	uint32_t xid;
};

// Opens for appending, line by line. NULL with errno set.
FILE *storm_log_open(const char *path);
void storm_log_write(FILE *log, const struct storm_log_entry *entry);
// On disk when it returns 0; else -errno.
int storm_log_close(FILE *log);

// One line without its newline. 0 or -EINVAL.
int storm_log_parse(const char *line, struct storm_log_entry *entry);

// All whole lines of a file, appended to *entries (malloc, grown). A last line without a newline
// was cut by a kill and is left out. 0, -errno, or -EBADMSG with *line set to the number of a bad
// line.
int storm_log_read(
	const char *path, struct storm_log_entry **entries, size_t *count, unsigned long *line);
