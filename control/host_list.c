// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "host_list.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text.h"

struct host_list *host_list_new(void) {
	return mem_alloc(sizeof(struct host_list));
}

void host_list_free(struct host_list *list) {
	if (!list)
		return;
	arena_free(&list->arena);
	free(list->hosts);
	free(list->lines);
	free(list);
}

static const char *copy(struct host_list *list, const char *text) {
	return text ? arena_text(&list->arena, text, strlen(text)) : NULL;
}

static void make_room(struct host_list *list) {
	if (list->count < list->size)
		return;
	list->size = list->size ? 2 * list->size : 64;
	list->hosts = mem_resize(list->hosts, list->size * sizeof(*list->hosts));
	list->lines = mem_resize(list->lines, list->size * sizeof(*list->lines));
}

void host_list_add(struct host_list *list, uint32_t line, const struct config_new_host *host) {
	struct config_new_host *added;
	struct config_new_var *vars;

	if (list->count == HOST_LIST_MAX) {
		host_list_note(list, line, true, "is one more than %u hosts, which is the most",
			HOST_LIST_MAX);
		return;
	}
	make_room(list);
	added = &list->hosts[list->count];
	list->lines[list->count++] = line;
	*added = *host;
	added->name = copy(list, host->name);
	added->role = copy(list, host->role);
	added->profile = copy(list, host->profile);
	vars = arena_alloc(&list->arena, host->var_count * sizeof(*vars));
	for (uint32_t i = 0; i < host->var_count; i++)
		vars[i] = (struct config_new_var){
			copy(list, host->vars[i].name), copy(list, host->vars[i].value)};
	added->vars = vars;
}

void host_list_note(struct host_list *list, uint32_t line, bool bad, const char *format, ...) {
	char text[300];
	va_list arguments;

	list->bad_count += bad;
	if (list->note_count++ >= HOST_NOTES_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	list->notes[list->note_count - 1] =
		(struct host_note){.line = line, .bad = bad, .text = copy(list, text_hush(text))};
}

static int by_line(const void *a, const void *b) {
	const struct host_note *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

void host_list_sort_notes(struct host_list *list) {
	size_t kept = list->note_count < HOST_NOTES_MAX ? list->note_count : HOST_NOTES_MAX;

	qsort(list->notes, kept, sizeof(list->notes[0]), by_line);
}

static int hex_digit(char c) {
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

int host_list_parse_mac(const char *text, uint8_t mac[6]) {
	unsigned int digits = 0;

	if (text_parse_mac(text, mac) == 0)
		return 0;
	for (; *text; text++) {
		int value = hex_digit(*text);

		if (value < 0 && (!strchr(":-.", *text) || digits % 2))
			return -EINVAL;
		if (value < 0)
			continue;
		if (digits == 12)
			return -EINVAL;
		mac[digits / 2] = (uint8_t)(digits % 2 ? mac[digits / 2] << 4 | value : value);
		digits++;
	}
	return digits == 12 ? 0 : -EINVAL;
}

// jansson takes nothing but UTF-8.
bool host_list_is_text(const char *text, size_t len) {
	json_t *json = memchr(text, 0, len) ? NULL : json_stringn(text, len);

	json_decref(json);
	return json != NULL;
}

// --- what each host must have alone

enum own_key { OWN_MAC, OWN_NAME, OWN_ADDRESS, OWN_KEYS };

static const char *const key_names[OWN_KEYS] = {"MAC address", "name", "address"};

struct own {
	enum own_key key;
	bool configured; // by the configuration, which stands first
	uint32_t line;
	uint8_t mac[6];
	uint32_t address;
	const char *name;
};

static int compare(const struct own *a, const struct own *b) {
	switch (a->key) {
	case OWN_MAC:
		return memcmp(a->mac, b->mac, sizeof(a->mac));
	case OWN_NAME:
		return strcasecmp(a->name, b->name);
	case OWN_ADDRESS:
		return a->address < b->address ? -1 : a->address > b->address;
	case OWN_KEYS:
		break;
	}
	return 0;
}

static int by_value(const void *a, const void *b) {
	const struct own *x = a, *y = b;
	int order = compare(x, y);

	if (order)
		return order;
	if (x->configured != y->configured)
		return x->configured ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static const char *value_text(const struct own *own, char out[80]) {
	char text[TEXT_MAC_SIZE];

	if (own->key == OWN_NAME)
		snprintf(out, 80, "%.64s", own->name);
	else
		snprintf(out, 80, "%s",
			own->key == OWN_MAC ? text_mac(own->mac, text)
					    : text_ip(own->address, text));
	return out;
}

// first: the one that was there before.
static void refuse(struct host_list *list, const struct own *own, const struct own *first) {
	char text[80];

	if (first->configured)
		host_list_note(list, own->line, true,
			"the %s %s is %.64s's in line %u of the configuration: remove one of them",
			key_names[own->key], value_text(own, text), first->name, first->line);
	else
		host_list_note(list, own->line, true,
			"the %s %s stands in line %u already: remove one of them",
			key_names[own->key], value_text(own, text), first->line);
}

static size_t collect(const struct host_list *list, const struct config *config, enum own_key key,
	struct own *out) {
	size_t count = 0;

	for (uint32_t i = 0; i < config->host_count; i++) {
		const struct config_host *host = &config->hosts[i];

		if (key == OWN_ADDRESS && !host->address)
			continue;
		out[count] = (struct own){
			key, true, host->line, .name = host->name, .address = host->address};
		memcpy(out[count++].mac, host->mac, sizeof(host->mac));
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct config_new_host *host = &list->hosts[i];

		if (key == OWN_ADDRESS && !host->address)
			continue;
		out[count] = (struct own){
			key, false, list->lines[i], .name = host->name, .address = host->address};
		memcpy(out[count++].mac, host->mac, sizeof(host->mac));
	}
	return count;
}

void host_list_check(struct host_list *list, const struct config *config) {
	struct own *own = mem_alloc((config->host_count + list->count) * sizeof(*own));

	for (int key = 0; key < OWN_KEYS; key++) {
		size_t count = collect(list, config, (enum own_key)key, own), first = 0;

		qsort(own, count, sizeof(*own), by_value);
		for (size_t i = 1; i < count; i++) {
			if (compare(&own[i], &own[first]) != 0)
				first = i;
			else if (!own[i].configured)
				refuse(list, &own[i], &own[first]);
		}
	}
	free(own);
}
