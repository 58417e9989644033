// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a machine reads next. Pure; boot runs rely on it.

#include <stdio.h>
#include <string.h>

#include "storm_model.h"

static bool reads_boot_file(const struct storm_model *model) {
	for (uint32_t i = 0; i < model->read_count; i++) {
		if (model->reads[i].what == STORM_READ_BOOT)
			return true;
	}
	return false;
}

static bool is_wanted(const struct storm_model *model, const struct storm_read *read,
	const struct storm_list *files, const struct storm_step *step, bool size_known) {
	if (read->spared && size_known && step->file == 0)
		return false;
	return read->what != STORM_READ_FILES || files->count || !reads_boot_file(model);
}

const struct storm_read *storm_step_at(const struct storm_model *model,
	const struct storm_list *files, bool size_known, struct storm_step *step) {
	while (step->read < model->read_count) {
		const struct storm_read *read = &model->reads[step->read];

		if (is_wanted(model, read, files, step, size_known))
			return read;
		storm_step_done(model, files, step);
	}
	return NULL;
}

// The first of the reads of --file that stand together with this one.
static uint32_t group_begin(const struct storm_model *model, uint32_t read) {
	while (read > 0 && model->reads[read - 1].what == STORM_READ_FILES)
		read--;
	return read;
}

void storm_step_done(
	const struct storm_model *model, const struct storm_list *files, struct storm_step *step) {
	bool was_file = model->reads[step->read].what == STORM_READ_FILES;
	bool ends = step->read + 1 == model->read_count ||
		    model->reads[step->read + 1].what != STORM_READ_FILES;

	if (was_file && ends && step->file + 1 < files->count) {
		step->file++;
		step->read = group_begin(model, step->read);
		return;
	}
	if (was_file && ends)
		step->file = 0;
	step->read++;
}

#define FIELD_MAX 37 // a UUID and its NUL

static void put_mac(char *text, const uint8_t mac[6]) {
	snprintf(text, FIELD_MAX, "01-%02x-%02x-%02x-%02x-%02x-%02x", mac[0], mac[1], mac[2],
		mac[3], mac[4], mac[5]);
}

// That of option 97: all zero but for the MAC.
static void put_uuid(char *text, const uint8_t mac[6]) {
	snprintf(text, FIELD_MAX, "00000000-0000-0000-0000-%02x%02x%02x%02x%02x%02x", mac[0],
		mac[1], mac[2], mac[3], mac[4], mac[5]);
}

// What a letter or a digit after % stands for. False: for nothing.
static bool put_field(char *text, char field, const struct storm_dhcp_client *machine) {
	if (field == 'M')
		put_mac(text, machine->mac);
	else if (field == 'U')
		put_uuid(text, machine->mac);
	else if (field >= '1' && field <= '8')
		snprintf(text, FIELD_MAX, "%0*X", field - '0',
			machine->address >> 4 * (8 - (field - '0')));
	else
		return false;
	return true;
}

static const char *fill_in(const char *name, const struct storm_dhcp_client *machine,
	char text[STORM_FILE_NAME_SIZE]) {
	size_t at = 0;

	for (; *name && at < STORM_FILE_NAME_SIZE - FIELD_MAX; name++) {
		if (name[0] == '%' && put_field(text + at, name[1], machine))
			name++;
		else
			snprintf(text + at, 2, "%c", *name);
		at += strlen(text + at);
	}
	text[at] = 0;
	return text;
}

const char *storm_step_name(const struct storm_read *read, const struct storm_list *files,
	const struct storm_step *step, const char *boot, const struct storm_dhcp_client *machine,
	char text[STORM_FILE_NAME_SIZE]) {
	switch (read->what) {
	case STORM_READ_NAMED:
		return strchr(read->name, '%') ? fill_in(read->name, machine, text) : read->name;
	case STORM_READ_BOOT:
		return boot;
	case STORM_READ_FILES:
		return files->count ? files->items[step->file] : boot;
	}
	return "";
}
