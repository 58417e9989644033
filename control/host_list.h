// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Hosts out of another program's list: what was read of it with the lines it stands in, and what
// could not be taken over. Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "config_edit.h"

#define HOST_LIST_MAX      65536u // as many as hosts: takes
#define HOST_LIST_SIZE_MAX (16u << 20)
#define HOST_VARS_MAX      128u
#define HOST_NOTES_MAX     1000u // more are only counted

struct host_note {
	uint32_t line;
	bool bad; // nothing may be taken over while it is there
	const char *text;
};

struct host_list {
	struct arena arena; // of all texts
	size_t count;
	size_t size;
	struct config_new_host *hosts; // as config_edit.h adds them
	uint32_t *lines;               // where each was read
	size_t note_count;             // may be larger than HOST_NOTES_MAX
	size_t bad_count;              // of them
	size_t passed_over;            // lines that are about something else
	struct host_note notes[HOST_NOTES_MAX];
};

struct host_list *host_list_new(void);
void host_list_free(struct host_list *list);

// Both copy what they are given.
void host_list_add(struct host_list *list, uint32_t line, const struct config_new_host *host);
void host_list_note(struct host_list *list, uint32_t line, bool bad, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

// Notes each MAC address, name and address that is there twice, in the list or in the list and in
// the configuration, with both lines.
void host_list_check(struct host_list *list, const struct config *config);

// Sorts the notes by their lines.
void host_list_sort_notes(struct host_list *list);

// A MAC address however it is written: 52:54:00:00:01:01, 52-54-00-00-01-01, 5254.0000.0101,
// 525400000101. 0 or -EINVAL.
int host_list_parse_mac(const char *text, uint8_t mac[6]);

// UTF-8 without a NUL byte, as a configuration may hold it.
bool host_list_is_text(const char *text, size_t len);
