// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "host_dnsmasq.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text.h"

#define LINE_MAX_BYTES 1024u // dnsmasq's own bound
#define MACS_MAX       16u

// One line.
struct reader {
	struct host_list *list;
	bool role_from_tag;
	uint32_t line;
	uint32_t mac_count;
	uint8_t macs[MACS_MAX][6];
	struct config_new_host host;
	bool has_id;
	bool left_out; // after a note
};

#define note(r, format, ...) host_list_note((r)->list, (r)->line, false, format, ##__VA_ARGS__)

#define leave_out(r, ...) ((r)->left_out = true, note(r, __VA_ARGS__))

// --- words of a line

// "45m", "12h", "infinite", "3600"
static bool is_time(const char *word) {
	size_t digits = strspn(word, "0123456789");

	if (!strcmp(word, "infinite"))
		return true;
	return digits &&
	       (!word[digits] || (strchr("smhdwSMHDW", word[digits]) && !word[digits + 1]));
}

static bool is_hardware(const char *word) {
	return strchr(word, ':') && !word[strspn(word, "0123456789abcdefABCDEF:*-")];
}

// "52:54:00:00:01:01", and as dnsmasq takes it "52:54:0:0:1:1", "1-52:54:00:00:01:01" and
// "06-00:20:e0:3b:13:af" with the type of hardware before it.
static bool parse_mac(const char *word, uint8_t mac[6]) {
	size_t type = strspn(word, "0123456789abcdefABCDEF"), digits;

	word += type && word[type] == '-' ? type + 1 : 0;
	for (int i = 0; i < 6; i++) {
		digits = strspn(word, "0123456789abcdefABCDEF");
		if (digits < 1 || digits > 2 || word[digits] != (i < 5 ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)strtoul(word, NULL, 16);
		word += digits + 1;
	}
	return true;
}

// Those above, and "52:54:00:*:*:*".
static void take_hardware(struct reader *r, const char *word) {
	if (strchr(word, '*'))
		leave_out(r,
			"%.64s stands for many machines: left out; a role's match takes patterns",
			word);
	else if (r->mac_count == MACS_MAX)
		note(r, "more than 16 MAC addresses: %.64s is not taken over", word);
	else if (parse_mac(word, r->macs[r->mac_count]))
		r->mac_count++;
	else
		note(r, "%.64s is not a MAC address of Ethernet: not taken over", word);
}

static void take_tag(struct reader *r, const char *tag) {
	if (!r->role_from_tag)
		note(r, "set:%.64s is not taken over: --role-from-tag makes it the role", tag);
	else if (r->host.role)
		note(r, "a machine has one role: set:%.64s is not taken over", tag);
	else if (!tag[0])
		note(r, "an empty tag is not taken over");
	else
		r->host.role = tag;
}

static void take_address(struct reader *r, uint32_t address, const char *word) {
	if (r->host.address)
		note(r, "a machine has one address: %.64s is not taken over", word);
	else
		r->host.address = address;
}

static void take_name(struct reader *r, const char *word) {
	if (r->host.name)
		note(r, "a machine has one name: %.64s is not taken over", word);
	else
		r->host.name = word;
}

// Words that begin with a keyword. False: it is none.
static bool take_keyword(struct reader *r, const char *word) {
	if (!strncmp(word, "set:", 4) || !strncmp(word, "net:", 4)) {
		take_tag(r, word + 4);
	} else if (!strncmp(word, "id:", 3)) {
		r->has_id = true;
		if (strcmp(word, "id:*") != 0) // the id is ignored, as Rouse does beside a MAC
			note(r, "%.64s is not taken over: hosts: knows machines by their MAC",
				word);
	} else if (!strncmp(word, "tag:", 4)) {
		leave_out(r, "%.64s: left out, as a host has no conditions", word);
	} else if (!strcmp(word, "ignore")) {
		leave_out(r, "%s: left out, as no machine is ignored", word);
	} else if (word[0] == '[') {
		note(r, "%.64s is not taken over: only IPv4 is served", word);
	} else {
		return false;
	}
	return true;
}

static void take_word(struct reader *r, const char *word) {
	uint32_t address;

	if (!*word || take_keyword(r, word))
		return;
	if (text_parse_ip(word, &address) == 0)
		take_address(r, address, word);
	else if (is_hardware(word))
		take_hardware(r, word);
	else if (is_time(word))
		note(r, "the lease time %.32s is not taken over: lease_time is a subnet's", word);
	else
		take_name(r, word);
}

// --- a line

// A name for the machine with this MAC: the line's, with -2, -3 ... for further ones; or as it is
// called without one.
static const char *name_of(const struct reader *r, uint32_t index, char out[300]) {
	const uint8_t *mac = r->macs[index];

	if (!r->host.name)
		snprintf(out, 300, "m-%02x%02x%02x%02x%02x%02x", mac[0], mac[1], mac[2], mac[3],
			mac[4], mac[5]);
	else if (index)
		snprintf(out, 300, "%.256s-%u", r->host.name, index + 1);
	else
		snprintf(out, 300, "%.256s", r->host.name);
	return out;
}

static void add_hosts(struct reader *r) {
	char name[300], mac[TEXT_MAC_SIZE];

	for (uint32_t i = 0; i < r->mac_count; i++) {
		struct config_new_host host = r->host;

		memcpy(host.mac, r->macs[i], sizeof(host.mac));
		host.name = name_of(r, i, name);
		if (i) {
			host.address = 0;
			host_list_note(r->list, r->line, false,
				"one address for several MAC addresses: %s becomes %s, with an "
				"address of a pool",
				text_mac(host.mac, mac), name);
		}
		host_list_add(r->list, r->line, &host);
	}
}

static void finish(struct reader *r) {
	if (r->left_out)
		return;
	if (r->mac_count)
		add_hosts(r);
	else if (r->has_id)
		leave_out(r, "a machine that is known by its client id only: left out");
	else
		leave_out(r, "names no MAC address: left out");
}

// Blanks around a word mean nothing.
static char *trim(char *word) {
	char *end = word + strlen(word);

	while (end > word && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return word + strspn(word, " \t");
}

// value: what stands behind dhcp-host=.
static void read_host(struct host_list *list, uint32_t line, char *value, bool role_from_tag) {
	struct reader r = {.list = list, .role_from_tag = role_from_tag, .line = line};
	char *word;

	while ((word = strsep(&value, ",")) && !r.left_out)
		take_word(&r, trim(word));
	finish(&r);
}

// A # at the beginning, or behind a blank, begins a comment.
static void cut_comment(char *line) {
	for (char *at = line; *at; at++) {
		if (*at != '#' || (at != line && !isspace((unsigned char)at[-1])))
			continue;
		*at = '\0';
		return;
	}
}

// A line of dhcp-hostsfile= has the words only.
static bool is_bare(const char *line) {
	char first[64];

	snprintf(first, sizeof(first), "%.*s", (int)strcspn(line, ","), line);
	return strchr(line, ',') && (is_hardware(trim(first)) || !strncmp(first, "id:", 3) ||
					    !strncmp(first, "set:", 4));
}

static char *unquoted(char *value) {
	size_t len;

	value = trim(value);
	len = strlen(value);
	if (len < 2 || value[0] != '"' || value[len - 1] != '"')
		return value;
	value[len - 1] = '\0';
	return value + 1;
}

// NULL: the line is about something else.
static char *value_of(char *line) {
	char *equals = strchr(line, '=');

	if (!equals)
		return is_bare(trim(line)) ? trim(line) : NULL;
	*equals = '\0';
	line = trim(line);
	line += strncmp(line, "--", 2) ? 0 : 2; // as on its command line
	return strcmp(line, "dhcp-host") ? NULL : unquoted(equals + 1);
}

static void read_line(
	struct host_list *list, uint32_t number, const char *text, size_t len, bool role_from_tag) {
	char line[LINE_MAX_BYTES + 1], *value;

	if (len > LINE_MAX_BYTES) {
		host_list_note(list, number, true, "is longer than %u bytes", LINE_MAX_BYTES);
		return;
	}
	if (!host_list_is_text(text, len)) {
		host_list_note(list, number, true, "is not UTF-8 text");
		return;
	}
	memcpy(line, text, len);
	line[len] = '\0';
	cut_comment(line);
	value = value_of(line);
	if (value)
		read_host(list, number, value, role_from_tag);
	else
		list->passed_over += trim(line)[0] != '\0';
}

void host_dnsmasq_read(struct host_list *list, const char *text, size_t len, bool role_from_tag) {
	const char *end = text + len;

	for (uint32_t number = 1; text < end; number++) {
		const char *feed = memchr(text, '\n', (size_t)(end - text));
		const char *stop = feed ? feed : end;

		read_line(list, number, text, (size_t)(stop - text), role_from_tag);
		text = feed ? feed + 1 : end;
	}
}
