// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The lease log: written as it happens, read by verify and by --from.

#include "storm_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

FILE *storm_log_open(const char *path) {
	FILE *log = fopen(path, "ae");

	if (log)
		setvbuf(log, NULL, _IOLBF, 4096);
	return log;
}

void storm_log_write(FILE *log, const struct storm_log_entry *entry) {
	char mac[TEXT_MAC_SIZE], address[TEXT_IP_SIZE];

	fprintf(log, "%" PRIu64 ".%06" PRIu64 " %s %s %u %08x\n", entry->unix_us / 1000000,
		entry->unix_us % 1000000, text_mac(entry->mac, mac),
		text_ip(entry->address, address), entry->lease_s, entry->xid);
}

int storm_log_close(FILE *log) {
	int err = 0;

	if (fflush(log) || ferror(log) || (fsync(fileno(log)) < 0 && errno != EINVAL))
		err = -EIO;
	if (fclose(log))
		err = -errno;
	return err;
}

int storm_log_parse(const char *line, struct storm_log_entry *entry) {
	char mac[TEXT_MAC_SIZE], address[TEXT_IP_SIZE];
	uint64_t seconds, us;
	int end = -1;

	if (strlen(line) >= STORM_LOG_LINE_SIZE)
		return -EINVAL;
	if (sscanf(line, "%11" SCNu64 ".%6" SCNu64 " %17s %15s %10u %8x%n", &seconds, &us, mac,
		    address, &entry->lease_s, &entry->xid, &end) != 6)
		return -EINVAL;
	if (end < 0 || line[end] || text_parse_mac(mac, entry->mac) < 0)
		return -EINVAL;
	entry->unix_us = seconds * 1000000 + us;
	return text_parse_ip(address, &entry->address);
}

static int append(
	struct storm_log_entry **entries, size_t *count, const struct storm_log_entry *e) {
	// Grown at each power of two.
	if ((*count & (*count - 1)) == 0) {
		size_t room = *count ? 2 * *count : 1;
		void *more = realloc(*entries, room * sizeof(**entries));

		if (!more)
			return -ENOMEM;
		*entries = more;
	}
	(*entries)[(*count)++] = *e;
	return 0;
}

int storm_log_read(
	const char *path, struct storm_log_entry **entries, size_t *count, unsigned long *line) {
	char text[STORM_LOG_LINE_SIZE + 2];
	FILE *file = fopen(path, "re");
	int err = 0;

	if (!file)
		return -errno;
	for (*line = 1; !err && fgets(text, sizeof(text), file); (*line)++) {
		struct storm_log_entry entry;
		size_t len = strlen(text);

		if (text[len - 1] != '\n' && feof(file))
			break;
		text[len - 1] = 0;
		err = storm_log_parse(text, &entry) < 0 ? -EBADMSG : append(entries, count, &entry);
	}
	if (err)
		(*line)--;
	else if (ferror(file))
		err = -EIO;
	fclose(file);
	return err;
}
