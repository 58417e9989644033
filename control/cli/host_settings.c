// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Reading and writing /proc/sys: small files, each with one value.

#include "cli/host_settings.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORTS_PATH     "/proc/sys/net/ipv4/ip_local_reserved_ports"
#define HUGEPAGES_PATH "/proc/sys/vm/nr_hugepages"

static int failed(const char *verb, const char *path, int error, char *why, size_t why_size) {
	snprintf(why, why_size, "cannot %s %s: %s%s", verb, path, strerror(error),
		error == EACCES || error == EPERM ? "; run it as root" : "");
	return -error;
}

// The kernel prints nothing rather than a part when the buffer is too small for its list.
static char *read_setting(const char *path, char *why, size_t why_size) {
	char *text = malloc(PORT_SET_TEXT_MAX + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = -1;

	if (text && fd >= 0)
		len = read(fd, text, PORT_SET_TEXT_MAX);
	if (len < 0) {
		failed("read", path, errno, why, why_size);
		free(text);
		text = NULL;
	} else {
		text[len] = '\0';
	}
	if (fd >= 0)
		close(fd);
	return text;
}

static int write_setting(const char *path, const char *text, char *why, size_t why_size) {
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);
	int rc = 0;

	if (fd < 0)
		return failed("open", path, errno, why, why_size);
	if (write(fd, text, len) != (ssize_t)len)
		rc = failed("write", path, errno, why, why_size);
	close(fd);
	return rc;
}

static int read_ports(struct port_set *set, char *why, size_t why_size) {
	char *text = read_setting(PORTS_PATH, why, why_size);
	int rc;

	if (!text)
		return -EIO;
	rc = port_set_parse(text, set);
	free(text);
	if (rc < 0)
		snprintf(why, why_size, "%s holds no list of ports", PORTS_PATH);
	return rc;
}

static int write_ports(const struct port_set *set, char *why, size_t why_size) {
	char *text = malloc(PORT_SET_TEXT_MAX + 1);
	int rc, len;

	if (!text)
		return -ENOMEM;
	len = port_set_format(set, text, PORT_SET_TEXT_MAX);
	// A write of no bytes would not reach the kernel: the empty list is an empty line.
	if (len >= 0)
		memcpy(text + len, "\n", 2);
	rc = len < 0 ? len : write_setting(PORTS_PATH, text, why, why_size);
	free(text);
	return rc;
}

// now without what the record's `up` added: exactly what was there if nobody else changed it.
static void without_ours(const struct host_record *record, struct port_set *now) {
	struct port_set added = record->ports_after;

	port_set_remove(&added, &record->ports_before);
	port_set_remove(now, &added);
}

int host_ports_set(const struct host_record *old, uint16_t first, uint16_t last,
	struct host_record *record, char *why, size_t why_size) {
	int rc = read_ports(&record->ports_before, why, why_size);

	if (rc < 0)
		return rc;
	if (old && old->ports_changed)
		without_ours(old, &record->ports_before);
	record->ports_after = record->ports_before;
	port_set_add_range(&record->ports_after, first, last);
	record->ports_changed = true;
	return 0;
}

int host_ports_apply(const struct host_record *record, char *why, size_t why_size) {
	struct port_set now;
	int rc = read_ports(&now, why, why_size);

	if (rc < 0 || port_set_equal(&now, &record->ports_after))
		return rc;
	return write_ports(&record->ports_after, why, why_size);
}

int host_ports_restore(const struct host_record *record, char *why, size_t why_size) {
	struct port_set now, wanted;
	int rc;

	if (!record->ports_changed)
		return 0;
	rc = read_ports(&now, why, why_size);
	if (rc < 0)
		return rc;
	wanted = now;
	without_ours(record, &wanted);
	return port_set_equal(&now, &wanted) ? 0 : write_ports(&wanted, why, why_size);
}

static int read_hugepages(uint64_t *pages, char *why, size_t why_size) {
	char *text = read_setting(HUGEPAGES_PATH, why, why_size);

	if (!text)
		return -EIO;
	*pages = strtoull(text, NULL, 10);
	free(text);
	return 0;
}

static int write_hugepages(uint64_t pages, char *why, size_t why_size) {
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 "\n", pages);
	return write_setting(HUGEPAGES_PATH, text, why, why_size);
}

int host_hugepages_set(const struct host_record *old, uint64_t pages, struct host_record *record,
	char *why, size_t why_size) {
	uint64_t now;
	int rc;

	if (!pages && !(old && old->hugepages_changed))
		return 0;
	rc = read_hugepages(&now, why, why_size);
	if (rc < 0)
		return rc;
	record->hugepages_changed = true;
	record->hugepages_before = now;
	if (old && old->hugepages_changed && old->hugepages_after == now)
		record->hugepages_before = old->hugepages_before;
	// Asked for before, and not again: they go back to what they were.
	record->hugepages_after = pages ? pages : record->hugepages_before;
	return 0;
}

int host_hugepages_apply(const struct host_record *record, char *why, size_t why_size) {
	uint64_t got = 0;
	int rc;

	if (!record->hugepages_changed)
		return 0;
	rc = write_hugepages(record->hugepages_after, why, why_size);
	if (rc == 0)
		rc = read_hugepages(&got, why, why_size);
	if (rc < 0 || got >= record->hugepages_after)
		return rc;
	snprintf(why, why_size,
		"the kernel gave %" PRIu64 " of %" PRIu64
		" hugepages: memory is short or fragmented",
		got, record->hugepages_after);
	return -ENOMEM;
}

int host_hugepages_restore(const struct host_record *record, char *why, size_t why_size) {
	uint64_t now;
	int rc;

	if (!record->hugepages_changed)
		return 0;
	rc = read_hugepages(&now, why, why_size);
	if (rc < 0 || now != record->hugepages_after)
		return rc; // somebody else has changed them since
	return write_hugepages(record->hugepages_before, why, why_size);
}
