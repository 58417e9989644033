// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "config_edit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "text.h"

void config_edit_line(const struct config_new_host *host, char line[CONFIG_HOST_LINE]) {
	char mac[TEXT_MAC_SIZE], ip[TEXT_IP_SIZE];

	snprintf(line, CONFIG_HOST_LINE, "{name: \"%.63s\", mac: \"%s\", address: %s}", host->name,
		text_mac(host->mac, mac), text_ip(host->address, ip));
}

static const char *next_line(const char *at) {
	const char *end = strchr(at, '\n');

	return end ? end + 1 : at + strlen(at);
}

// The line of the key hosts: of the file itself, or NULL.
static const char *find_key(const char *text) {
	for (const char *at = text; *at; at = next_line(at))
		if (!strncmp(at, "hosts:", 6))
			return at;
	return NULL;
}

// How far the first entry of a list stands in; 2 where there is none.
static int indent_of(const char *at) {
	for (; *at; at = next_line(at)) {
		size_t spaces = strspn(at, " ");

		if (at[spaces] == '-')
			return (int)spaces;
		if (at[spaces] != '#' && at[spaces] != '\n')
			break;
	}
	return 2;
}

// Where the new host goes, and what stands around it.
struct place {
	size_t at;     // bytes of the text before it
	size_t behind; // and where the text goes on
	char before[32];
	const char *after;
};

static struct place at_the_end(const char *text, size_t len) {
	struct place place = {.at = len, .behind = len, .after = "\n"};

	snprintf(place.before, sizeof(place.before), "%shosts:\n  - ",
		len && text[len - 1] != '\n' ? "\n" : "");
	return place;
}

static struct place below(const char *text, const char *key) {
	const char *line = next_line(key);
	struct place place = {.at = (size_t)(line - text), .after = "\n"};

	place.behind = place.at;
	snprintf(place.before, sizeof(place.before), "%s%*s- ", line[-1] == '\n' ? "" : "\n",
		indent_of(line) % 16, "");
	return place;
}

// "hosts: []" becomes a list; "hosts: [{…}]" gets one more.
static struct place in_brackets(const char *text, const char *bracket) {
	const char *inside = bracket + 1 + strspn(bracket + 1, " \n");
	struct place place = {.at = (size_t)(bracket + 1 - text), .after = ", "};

	place.behind = (size_t)(inside - text);
	if (*inside == ']')
		place.after = "";
	return place;
}

static struct place find_place(const char *text, size_t len) {
	const char *key = find_key(text), *value;

	if (!key)
		return at_the_end(text, len);
	value = key + 6 + strspn(key + 6, " ");
	return *value == '[' ? in_brackets(text, value) : below(text, key);
}

static char *compose(const char *text, const struct place *place, const char *line) {
	size_t size =
		strlen(text) + strlen(place->before) + strlen(line) + strlen(place->after) + 1;
	char *out = mem_alloc(size);

	snprintf(out, size, "%.*s%s%s%s%s", (int)place->at, text, place->before, line, place->after,
		text + place->behind);
	return out;
}

static bool has(const struct config *config, const struct config_new_host *host) {
	const struct config_host *found = config_host_by_mac(config, host->mac);

	return found && found->address == host->address && !strcmp(found->name, host->name);
}

// What the text says with the new host: the same as before, and the host.
static bool is_right(const char *text, const struct config *before,
	const struct config_new_host *host, char why[256]) {
	static struct config_errors errors;
	struct config *after = config_parse(text, strlen(text), &errors);
	bool right;

	if (!after) {
		snprintf(why, 256, "%s: %s", errors.list[0].key, errors.list[0].text);
		return false;
	}
	right = after->host_count == before->host_count + 1 && has(after, host) &&
		after->rule_count == before->rule_count &&
		after->subnet_count == before->subnet_count &&
		after->port_count == before->port_count;
	if (!right)
		snprintf(why, 256, "no place was found for it in hosts:");
	config_free(after);
	return right;
}

char *config_edit_add_host(
	const char *text, size_t len, const struct config_new_host *host, char why[256]) {
	static struct config_errors errors;
	struct config *before = config_parse(text, len, &errors);
	char line[CONFIG_HOST_LINE], *copy, *out;
	struct place place;

	if (!before) {
		snprintf(why, 256, "the file has errors already: see rouse check");
		return NULL;
	}
	copy = mem_alloc(len + 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	config_edit_line(host, line);
	place = find_place(copy, len);
	out = compose(copy, &place, line);
	if (!is_right(out, before, host, why)) {
		free(out);
		out = NULL;
	}
	free(copy);
	config_free(before);
	return out;
}
