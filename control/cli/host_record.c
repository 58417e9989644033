// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Lines of "key value", in the order in which they are written; written to a new file that is then
// renamed, before anything of the host is changed.

#include "cli/host_record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD_VERSION 1

static int read_boot_id(char boot_id[40]) {
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	int rc = file && fscanf(file, "%39s", boot_id) == 1 ? 0 : -EIO;

	if (file)
		fclose(file);
	return rc;
}

int host_record_init(struct host_record *record) {
	struct stat st;

	memset(record, 0, sizeof(*record));
	if (stat("/proc/self/ns/net", &st) < 0)
		return -errno;
	record->netns = st.st_ino;
	return read_boot_id(record->boot_id);
}

static void record_path(const char *runtime_dir, const char *suffix, char *path, size_t size) {
	snprintf(path, size, "%s/" HOST_RECORD_NAME "%s", runtime_dir, suffix);
}

static bool parse_ports(const char *value, struct port_set *set) {
	return port_set_parse(value, set) == 0;
}

static bool parse_line(const char *key, const char *value, struct host_record *record) {
	unsigned long long number = strtoull(value, NULL, 10);

	if (!strcmp(key, "version"))
		return number == RECORD_VERSION;
	if (!strcmp(key, "boot_id"))
		return snprintf(record->boot_id, sizeof(record->boot_id), "%s", value) <
		       (int)sizeof(record->boot_id);
	if (!strcmp(key, "netns"))
		record->netns = number;
	else if (!strcmp(key, "ports_before"))
		return parse_ports(value, &record->ports_before);
	else if (!strcmp(key, "ports_after")) {
		record->ports_changed = true;
		return parse_ports(value, &record->ports_after);
	} else if (!strcmp(key, "hugepages_before"))
		record->hugepages_before = number;
	else if (!strcmp(key, "hugepages_after")) {
		record->hugepages_changed = true;
		record->hugepages_after = number;
	} else if (!strcmp(key, "made_runtime_dir"))
		record->made_runtime_dir = true;
	else
		return false;
	return true;
}

static int read_lines(FILE *file, struct host_record *record) {
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	while (rc == 0 && getline(&line, &size, file) > 0) {
		char *value = strchr(line, ' ');

		if (value)
			*value++ = '\0';
		if (value)
			value[strcspn(value, "\n")] = '\0';
		if (!value || !parse_line(line, value, record))
			rc = -EPROTO;
	}
	free(line);
	return rc ? rc : record->boot_id[0] ? 0 : -EPROTO;
}

int host_record_load(const char *runtime_dir, struct host_record *record) {
	char path[4200];
	FILE *file;
	int rc;

	memset(record, 0, sizeof(*record));
	record_path(runtime_dir, "", path, sizeof(path));
	file = fopen(path, "re");
	if (!file)
		return -errno;
	rc = read_lines(file, record);
	fclose(file);
	return rc;
}

static void write_ports(FILE *file, const char *key, const struct port_set *set) {
	char *text = malloc(PORT_SET_TEXT_MAX);

	// Without memory the file stays short of a line, and fflush's caller sees the error flag.
	if (text && port_set_format(set, text, PORT_SET_TEXT_MAX) >= 0)
		fprintf(file, "%s %s\n", key, text);
	free(text);
}

static void write_lines(FILE *file, const struct host_record *record) {
	fprintf(file, "version %d\nboot_id %s\nnetns %" PRIu64 "\n", RECORD_VERSION,
		record->boot_id, record->netns);
	if (record->ports_changed) {
		write_ports(file, "ports_before", &record->ports_before);
		write_ports(file, "ports_after", &record->ports_after);
	}
	if (record->hugepages_changed)
		fprintf(file, "hugepages_before %" PRIu64 "\nhugepages_after %" PRIu64 "\n",
			record->hugepages_before, record->hugepages_after);
	if (record->made_runtime_dir)
		fprintf(file, "made_runtime_dir 1\n");
}

int host_record_save(const char *runtime_dir, const struct host_record *record) {
	char path[4200], temporary[4200];
	int fd, rc = 0;
	FILE *file;

	record_path(runtime_dir, "", path, sizeof(path));
	record_path(runtime_dir, ".new", temporary, sizeof(temporary));
	unlink(temporary);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	file = fdopen(fd, "w");
	if (!file) {
		rc = -errno;
		close(fd);
		goto err_file;
	}
	write_lines(file, record);
	if (fflush(file) != 0 || ferror(file))
		rc = -EIO;
	fclose(file);
	if (rc == 0 && rename(temporary, path) < 0)
		rc = -errno;
	if (rc == 0)
		return 0;
err_file:
	unlink(temporary);
	return rc;
}

int host_record_remove(const char *runtime_dir) {
	char path[4200];

	record_path(runtime_dir, "", path, sizeof(path));
	return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}
