// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Reads and replaces a configuration file; the only part of the configuration that does I/O.

#include "config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "config_tree.h"
#include "text.h"

// Reads at most size bytes of a file. Returns how many, or -errno.
static ssize_t read_file(const char *path, char *out, size_t size) {
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while (len < size && (n = read(fd, out + len, size - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		n = -errno;
	close(fd);
	return n < 0 ? n : (ssize_t)len;
}

static struct config *load(const char *path, struct config_errors *errors,
	struct config *(*parse)(const char *text, size_t len, struct config_errors *errors)) {
	// One byte more than allowed, so that a larger file is refused and not cut.
	size_t size = CONFIG_SIZE_MAX + 1;
	char *text = mem_alloc(size);
	ssize_t len = read_file(path, text, size);
	struct config *config = NULL;

	if (len == -ENOENT)
		config_error_add(errors, 0, "",
			"there is no such file: write it (see rouse.yaml(5)), or name another");
	else if (len < 0)
		config_error_add(errors, 0, "", "cannot be read: %s", strerror((int)-len));
	else
		config = parse(text, (size_t)len, errors);
	free(text);
	return config;
}

static void load_secrets(struct config *config, struct vars *vars, const char *section,
	const char *name, struct config_errors *errors) {
	char path[96];

	if (!vars)
		return;
	snprintf(path, sizeof(path), name ? "%s[%s].vars" : "%s", section, name);
	vars_load_secrets(&config->arena, vars, path, errors);
}

// {secret_file: PATH} of all variables.
static void load_all_secrets(struct config *config, struct config_errors *errors) {
	char network[TEXT_IP_SIZE];

	load_secrets(config, config->brain.vars, "vars", NULL, errors);
	load_secrets(config, config->brain.unknown.vars, "unknown.vars", NULL, errors);
	for (uint32_t i = 0; i < config->brain.role_count; i++)
		load_secrets(config, config->brain.roles[i].vars, "roles",
			config->brain.roles[i].name, errors);
	for (uint32_t i = 0; i < config->subnet_count; i++)
		load_secrets(config, config->subnets[i].vars, "subnets",
			text_ip(config->subnets[i].network, network), errors);
	for (uint32_t i = 0; i < config->host_count; i++)
		load_secrets(config, config->hosts[i].vars, "hosts", config->hosts[i].name, errors);
}

struct config *config_load(const char *path, struct config_errors *errors) {
	struct config *config = load(path, errors, config_parse);

	if (!config)
		return NULL;
	load_all_secrets(config, errors);
	if (!errors->count)
		return config;
	config_free(config);
	return NULL;
}

struct config *config_load_where(const char *path, struct config_errors *errors) {
	return load(path, errors, config_parse_where);
}

char *config_file_read(const char *path, size_t *len, char why[256]) {
	char *text = mem_alloc(CONFIG_SIZE_MAX + 1);
	ssize_t got = read_file(path, text, CONFIG_SIZE_MAX + 1);

	if (got >= 0 && (size_t)got <= CONFIG_SIZE_MAX) {
		text[got] = '\0';
		*len = (size_t)got;
		return text;
	}
	snprintf(why, 256, "%s: %s", path, got < 0 ? strerror((int)-got) : "too large");
	free(text);
	return NULL;
}

static int write_all(int fd, const char *text, size_t len) {
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int write_beside(
	const char *temporary, const struct stat *like, const char *text, size_t len) {
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return -errno;
	rc = write_all(fd, text, len);
	if (rc == 0 && fchown(fd, like->st_uid, like->st_gid) < 0)
		rc = -errno;
	if (rc == 0 && fchmod(fd, like->st_mode & 07777) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

int config_file_replace(const char *path, const char *text, size_t len) {
	char *target = realpath(path, NULL), temporary[PATH_MAX + 8];
	struct stat like;
	int rc = target && stat(target, &like) == 0 ? 0 : -errno;

	if (rc == 0) {
		snprintf(temporary, sizeof(temporary), "%s.new", target);
		unlink(temporary);
		rc = write_beside(temporary, &like, text, len);
		if (rc == 0 && rename(temporary, target) < 0)
			rc = -errno;
		if (rc < 0)
			unlink(temporary);
	}
	free(target);
	return rc;
}
