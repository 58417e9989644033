// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/capture_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/pcapng.h"
#include "stats.h"

#define BUFFER_BYTES (1u << 20)

int capture_file_open(struct capture_file *file, const char *path) {
	int fd;

	*file = (struct capture_file){.out = stdout};
	if (strcmp(path, "-") != 0) {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		file->out = fd < 0 ? NULL : fdopen(fd, "w");
	}
	if (!file->out)
		return -errno;
	setvbuf(file->out, NULL, _IOFBF, BUFFER_BYTES);
	return 0;
}

static int put(struct capture_file *file, const uint8_t *block, size_t len) {
	if (!len)
		return -EMSGSIZE;
	return fwrite(block, 1, len, file->out) == len ? 0 : -errno;
}

static int put_port(struct capture_file *file, const struct state_port *port) {
	uint8_t block[PCAPNG_BLOCK_MAX];
	char name[sizeof(port->device) + 1] = "";

	memcpy(name, port->device, sizeof(port->device));
	return put(file, block, pcapng_interface(block, sizeof(block), name, CAPTURE_FRAME_MAX));
}

int capture_file_begin(struct capture_file *file, const struct state_view *state) {
	uint8_t block[PCAPNG_BLOCK_MAX];
	int rc = put(
		file, block, pcapng_section(block, sizeof(block), "rouse capture " ROUSE_VERSION));

	file->knows_reasons = state_same_counters(state);
	file->ports = state->port_count < ROUSE_MAX_PORTS ? state->port_count : ROUSE_MAX_PORTS;
	for (uint32_t i = 0; i < file->ports && rc == 0; i++)
		rc = put_port(file, &state->region->port[i]);
	return rc;
}

const char *capture_comment(uint32_t reason, char out[CAPTURE_COMMENT_MAX]) {
	const struct stat_info *info;
	int at;

	if (reason == 0 || reason > STAT_COUNT)
		return NULL;
	info = &stat_info[reason - 1];
	at = snprintf(out, CAPTURE_COMMENT_MAX,
		"%s: ", info->kind == STAT_KIND_DROP ? "dropped" : "not ours");
	for (const char *name = info->name; *name; name++)
		out[at++] = (char)tolower((unsigned char)*name);
	snprintf(out + at, CAPTURE_COMMENT_MAX - (size_t)at, ": %s", info->meaning);
	return out;
}

int capture_file_add(struct capture_file *file, const struct captured *captured) {
	const struct capture_record *record = captured->record;
	uint32_t reason =
		atomic_load_explicit((_Atomic uint32_t *)&record->reason, memory_order_relaxed);
	uint8_t block[PCAPNG_BLOCK_MAX];
	char comment[CAPTURE_COMMENT_MAX];
	struct pcapng_frame frame = {
		.interface = record->port,
		.unix_ns = record->unix_ns,
		.bytes = record->frame,
		.len = record->len,
		.wire_len = record->wire_len,
		.direction = record->direction,
		.queue = captured->worker,
		.lost = captured->lost,
		.comment = file->knows_reasons ? capture_comment(reason, comment) : NULL,
	};

	if (record->port >= file->ports) // of a dataplane that has just begun
		return 0;
	file->frames++;
	file->unanswered += frame.comment != NULL;
	return put(file, block, pcapng_packet(block, sizeof(block), &frame));
}

int capture_file_flush(struct capture_file *file) {
	return fflush(file->out) == 0 ? 0 : -errno;
}

int capture_file_close(struct capture_file *file) {
	int rc = capture_file_flush(file);

	if (file->out != stdout && fclose(file->out) != 0 && rc == 0)
		rc = -errno;
	file->out = NULL;
	return rc;
}
