// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The server's transfer ports are taken from the wire before the kernel sees them. A program of the
// host that got one of them as its ephemeral port would lose its answers, so the range must be
// reserved, and free already.

#include "start_check.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESERVED_PATH "/proc/sys/net/ipv4/ip_local_reserved_ports"
#define RESERVED_SIZE 65536

// Whether text, "8080,32768-49151", has all ports from first to last. The kernel merges and sorts
// it.
static bool list_covers(const char *text, unsigned first, unsigned last) {
	while (*text && first <= last) {
		char *end;
		unsigned long from = strtoul(text, &end, 10), to = from;

		if (end == text)
			return false;
		if (*end == '-')
			to = strtoul(end + 1, &end, 10);
		if (from <= first && first <= to)
			first = (unsigned)to + 1;
		text = *end == ',' ? end + 1 : end + strlen(end);
	}
	return first > last;
}

static int check_reserved(uint16_t first, uint16_t last, char *why, size_t why_size) {
	char *text = calloc(1, RESERVED_SIZE);
	FILE *file = fopen(RESERVED_PATH, "re");
	bool covered = false;

	if (text && file)
		covered = fread(text, 1, RESERVED_SIZE - 1, file) > 0 &&
			  list_covers(text, first, last);
	if (file)
		fclose(file);
	free(text);
	if (covered)
		return 0;
	snprintf(why, why_size,
		"tid_range %u-%u is not reserved; run: rouse host up, or add it to the sysctl "
		"net.ipv4.ip_local_reserved_ports of this network namespace",
		first, last);
	return -EADDRINUSE;
}

// The first bound port from first to last by a table of the kernel, 0 for none. Its lines are
// "  sl: LOCAL:PORT REMOTE:PORT ...", in hexadecimal.
static unsigned bound_port(const char *path, uint16_t first, uint16_t last) {
	FILE *file = fopen(path, "re");
	unsigned found = 0;
	char line[512];

	if (!file)
		return 0; // no IPv6 in this kernel
	while (!found && fgets(line, sizeof(line), file)) {
		unsigned port;

		if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x", &port) == 1 && port >= first &&
			port <= last)
			found = port;
	}
	fclose(file);
	return found;
}

static int check_bound(
	const char *path, uint16_t first, uint16_t last, char *why, size_t why_size) {
	unsigned port = bound_port(path, first, last);

	if (!port)
		return 0;
	snprintf(why, why_size,
		"UDP port %u of tid_range %u-%u is in use by another program (%s); end it, or "
		"choose another tid_range",
		port, first, last, path);
	return -EADDRINUSE;
}

int start_check_tids(uint16_t first, uint16_t last, char *why, size_t why_size) {
	int rc = check_reserved(first, last, why, why_size);

	if (rc == 0)
		rc = check_bound("/proc/net/udp", first, last, why, why_size);
	if (rc == 0)
		rc = check_bound("/proc/net/udp6", first, last, why, why_size);
	return rc;
}

int start_check_server(uint16_t port, const char *name, char *why, size_t why_size) {
	if (!bound_port("/proc/net/udp", port, port) && !bound_port("/proc/net/udp6", port, port))
		return 0;
	snprintf(why, why_size,
		"another %s server is bound to UDP port %u of this host: it gets nothing on "
		"Rouse's "
		"ports; end it if it serves no other network (ss -lunp shows it)",
		name, port);
	return -EADDRINUSE;
}
