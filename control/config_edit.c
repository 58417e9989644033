// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "config_edit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "text.h"

// The code point at text, and how many bytes it takes; 0xfffd for what is not UTF-8.
static uint32_t code_at(const unsigned char *text, int *len) {
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	int count = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : text[0] >= 0xc0 ? 2 : 1;
	uint32_t code = count == 1 ? text[0] : text[0] & (0x7fu >> count);

	for (int i = 1; i < count; i++) {
		if ((text[i] & 0xc0) != 0x80) {
			*len = i;
			return 0xfffd;
		}
		code = code << 6 | (text[i] & 0x3f);
	}
	*len = count;
	if (code < least[count] || code > 0x10ffff || (count == 1 && code > 0x7f))
		return 0xfffd;
	return code;
}

// What YAML has no form for as it is, or would take for the end of a line.
static bool needs_escape(uint32_t code) {
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 ||
	       code == 0xfeff || (code >= 0xd800 && code < 0xe000) || (code & 0xfffe) == 0xfffe;
}

static void put_quoted(FILE *out, const char *text) {
	const unsigned char *at = (const unsigned char *)text;
	int len;

	fputc('"', out);
	for (; *at; at += len) {
		uint32_t code = code_at(at, &len);

		if (code == '"' || code == '\\')
			fprintf(out, "\\%c", (char)code);
		else if (needs_escape(code))
			fprintf(out, "\\U%08X", code);
		else if (code == 0xfffd)
			fputs("\xef\xbf\xbd", out);
		else
			fwrite(at, (size_t)len, 1, out);
	}
	fputc('"', out);
}

static void put_text(FILE *out, const char *key, const char *text) {
	if (!text)
		return;
	fprintf(out, ", %s: ", key);
	put_quoted(out, text);
}

static void put_host(FILE *out, const struct config_new_host *host) {
	char mac[TEXT_MAC_SIZE], ip[TEXT_IP_SIZE];

	fputs("{name: ", out);
	put_quoted(out, host->name);
	fprintf(out, ", mac: \"%s\"", text_mac(host->mac, mac));
	if (host->address)
		fprintf(out, ", address: %s", text_ip(host->address, ip));
	put_text(out, "role", host->role);
	put_text(out, "profile", host->profile);
	for (uint32_t i = 0; i < host->var_count; i++) {
		fprintf(out, "%s%s: ", i ? ", " : ", vars: {", host->vars[i].name);
		put_quoted(out, host->vars[i].value);
	}
	fputs(host->var_count ? "}}" : "}", out);
}

static FILE *open_text(char **text, size_t *len) {
	FILE *out = open_memstream(text, len);

	if (!out)
		abort(); // as when memory is short
	return out;
}

char *config_edit_line(const struct config_new_host *host) {
	char *line;
	size_t len;
	FILE *out = open_text(&line, &len);

	put_host(out, host);
	fclose(out);
	return line;
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

// Where the new hosts go, and what stands around them.
struct place {
	size_t at;     // bytes of the text before them
	size_t behind; // and where the text goes on
	char before[32];
	char between[32];
	const char *after;
};

static struct place at_the_end(const char *text, size_t len) {
	struct place place = {.at = len, .behind = len, .after = "\n"};

	snprintf(place.before, sizeof(place.before), "%shosts:\n  - ",
		len && text[len - 1] != '\n' ? "\n" : "");
	snprintf(place.between, sizeof(place.between), "\n  - ");
	return place;
}

static struct place below(const char *text, const char *key) {
	const char *line = next_line(key);
	struct place place = {.at = (size_t)(line - text), .after = "\n"};

	place.behind = place.at;
	snprintf(place.between, sizeof(place.between), "\n%*s- ", indent_of(line) % 16, "");
	snprintf(place.before, sizeof(place.before), "%s", place.between + (line[-1] == '\n'));
	return place;
}

// "hosts: []" becomes a list; "hosts: [{…}]" gets one more.
static struct place in_brackets(const char *text, const char *bracket) {
	const char *inside = bracket + 1 + strspn(bracket + 1, " \n");
	struct place place = {.at = (size_t)(bracket + 1 - text), .after = ", "};

	place.behind = (size_t)(inside - text);
	snprintf(place.between, sizeof(place.between), ",\n  ");
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

static char *compose(const char *text, const struct place *place,
	const struct config_new_host *hosts, size_t count, size_t *len) {
	char *edited;
	FILE *out = open_text(&edited, len);

	fwrite(text, place->at, 1, out);
	fputs(place->before, out);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? place->between : "", out);
		put_host(out, &hosts[i]);
	}
	fputs(place->after, out);
	fputs(text + place->behind, out);
	fclose(out);
	return edited;
}

// NULL: neither has one. What YAML takes for another text than was meant is noticed.
static bool same(const char *a, const char *b) {
	return a && b ? !strcmp(a, b) : a == b;
}

static bool has_vars(const struct config_host *found, const struct config_new_host *host) {
	if (!found->vars)
		return !host->var_count;
	for (uint32_t i = 0; i < host->var_count; i++) {
		const char *name = host->vars[i].name;
		const struct vars_value *value =
			vars_map_find(&found->vars->map, name, strlen(name));

		if (!value || value->kind != VARS_TEXT || strcmp(value->text, host->vars[i].value))
			return false;
	}
	return found->vars->map.count == host->var_count;
}

static bool has(const struct config *config, const struct config_new_host *host) {
	const struct config_host *found = config_host_by_mac(config, host->mac);

	return found && found->address == host->address && same(found->name, host->name) &&
	       same(found->role, host->role) && same(found->profile, host->profile) &&
	       has_vars(found, host);
}

// What the text says with the new hosts: the same as before, and the hosts.
static bool is_right(const struct config *before, const struct config *after,
	const struct config_new_host *hosts, size_t count) {
	for (size_t i = 0; i < count; i++)
		if (!has(after, &hosts[i]))
			return false;
	return after->host_count == before->host_count + count &&
	       after->rule_count == before->rule_count &&
	       after->subnet_count == before->subnet_count &&
	       after->port_count == before->port_count &&
	       after->brain.profile_count == before->brain.profile_count &&
	       after->brain.role_count == before->brain.role_count;
}

static uint32_t lines_of(const char *text, size_t len) {
	uint32_t count = 0;

	for (const char *at = text; (at = memchr(at, '\n', len - (size_t)(at - text))); at++)
		count++;
	return count;
}

// Lines of the new text become those of the old one, or those of the new hosts.
static void place_errors(struct config_errors *errors, const char *text, const char *edited,
	const struct place *place, size_t count) {
	uint32_t first = lines_of(text, place->at) + lines_of(place->before, strlen(place->before));
	uint32_t more = lines_of(edited, strlen(edited)) - lines_of(text, strlen(text));

	for (size_t i = 0; i < errors->count && i < CONFIG_ERRORS_MAX; i++) {
		uint32_t *line = &errors->list[i].line;

		if (*line > first && *line <= first + count)
			*line = CONFIG_EDIT_NEW + (*line - first - 1);
		else if (*line > first + count)
			*line -= more;
	}
}

static char *add(const char *text, size_t len, const struct config *before,
	const struct config_new_host *hosts, size_t count, struct config_errors *errors) {
	struct place place = find_place(text, len);
	size_t edited_len;
	char *edited = compose(text, &place, hosts, count, &edited_len);
	struct config *after = config_parse(edited, edited_len, errors);
	bool right = after && is_right(before, after, hosts, count);

	if (!after)
		place_errors(errors, text, edited, &place, count);
	else if (!right)
		config_error_add(errors, 0, "hosts", "no place was found for new ones");
	config_free(after);
	if (right)
		return edited;
	free(edited);
	return NULL;
}

static char *edit(const char *text, size_t len, const struct config *before,
	const struct config_new_host *hosts, size_t count, struct config_errors *errors) {
	char *copy = mem_alloc(len + 1), *edited;

	memcpy(copy, text, len);
	edited = add(copy, len, before, hosts, count, errors);
	free(copy);
	return edited;
}

char *config_edit_add_hosts(const char *text, size_t len, const struct config_new_host *hosts,
	size_t count, struct config_errors *errors) {
	struct config *before = config_parse(text, len, errors);
	char *edited = before ? edit(text, len, before, hosts, count, errors) : NULL;

	config_free(before);
	return edited;
}

char *config_edit_add_host(
	const char *text, size_t len, const struct config_new_host *host, char why[256]) {
	struct config_errors *errors = mem_alloc(sizeof(*errors));
	struct config *before = config_parse(text, len, errors);
	char *edited = before ? edit(text, len, before, host, 1, errors) : NULL;

	if (!before)
		snprintf(why, 256, "the file has errors already: see rouse check");
	else if (!edited)
		snprintf(why, 256, "%s: %s", errors->list[0].key, errors->list[0].text);
	config_free(before);
	free(errors);
	return edited;
}
