// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Chooses the format, and the small pieces that all formats are made of.

#include "lease_file.h"

#include <errno.h>
#include <stdio.h>

#include "dhcp_select.h"
#include "lease_file_internal.h"
#include "text.h"

#define HTYPE_INFINIBAND 32

static const struct {
	const char *name;
	const char *head;
	int (*next)(struct lease_file *file, struct lease_entry *entry);
	size_t (*write)(const struct lease_entry *entry, char *out);
} formats[LEASE_FORMAT_COUNT] = {
	[LEASE_FORMAT_DNSMASQ] = {"dnsmasq", "", lease_file_next_dnsmasq, lease_file_write_dnsmasq},
	[LEASE_FORMAT_ISC] = {"isc",
		"# The format of this file is documented in the dhcpd.leases(5) manual page.\n",
		lease_file_next_isc, lease_file_write_isc},
	[LEASE_FORMAT_KEA] = {"kea",
		"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,"
		"hostname,state,user_context\n",
		lease_file_next_kea, lease_file_write_kea},
};

enum lease_format lease_format_of(const char *name) {
	enum lease_format format = 0;

	while (format < LEASE_FORMAT_COUNT && strcmp(formats[format].name, name) != 0)
		format++;
	return format;
}

void lease_file_begin(struct lease_file *file, enum lease_format format, const char *text,
	size_t len, int64_t now_unix_s) {
	*file = (struct lease_file){
		.format = format,
		.at = text,
		.end = text + len,
		.line = 1,
		.now_unix_s = now_unix_s,
	};
}

int lease_file_next(struct lease_file *file, struct lease_entry *entry) {
	*entry = (struct lease_entry){0};
	return formats[file->format].next(file, entry);
}

const char *lease_file_head(enum lease_format format) {
	return formats[format].head;
}

size_t lease_file_write(
	enum lease_format format, const struct lease_entry *entry, char out[LEASE_FILE_TEXT_SIZE]) {
	if (!entry->key.hlen && (entry->state == LEASE_BOUND || lease_entry_has_key(entry)))
		return 0;
	return formats[format].write(entry, out);
}

bool span_number(struct span span, uint64_t max, uint64_t *value) {
	uint64_t sum = 0;

	for (size_t i = 0; i < span.len; i++) {
		uint64_t digit = (uint64_t)span.at[i] - '0';

		if (digit > 9 || digit > max || sum > (max - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*value = sum;
	return span.len > 0;
}

bool span_ip(struct span span, uint32_t *address) {
	char text[TEXT_IP_SIZE];

	if (span.len >= sizeof(text) || memchr(span.at, '\0', span.len))
		return false;
	memcpy(text, span.at, span.len);
	text[span.len] = '\0';
	return !text_parse_ip(text, address) && *address;
}

static int hex_digit(char c) {
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int span_bytes(struct span span, uint8_t *out, size_t size) {
	size_t count = 0;

	for (size_t i = 0; i < span.len; i++) {
		int high = hex_digit(span.at[i]);
		int low = i + 1 < span.len ? hex_digit(span.at[i + 1]) : -1;

		if (high < 0 || count == size)
			return -1;
		out[count++] = (uint8_t)(low < 0 ? high : high << 4 | low);
		i += low < 0 ? 1 : 2;
		if (i < span.len && (span.at[i] != ':' || i + 1 == span.len))
			return -1;
	}
	return (int)count;
}

bool lease_file_line(struct lease_file *file, struct span *line) {
	size_t left = (size_t)(file->end - file->at);
	const char *newline = left ? memchr(file->at, '\n', left) : NULL;

	if (!left)
		return false;
	*line = (struct span){file->at, newline ? (size_t)(newline - file->at) : left};
	file->at += line->len + (newline != NULL);
	file->entry_line = file->line++;
	if (line->len && line->at[line->len - 1] == '\r')
		line->len--;
	return true;
}

int lease_file_bad(struct lease_file *file, struct span text, const char *what) {
	char clean[80];

	text_clean(text.at, text.len, clean, sizeof(clean));
	snprintf(file->why, sizeof(file->why), "\"%s\" %s", clean, what);
	return -EINVAL;
}

void lease_entry_hostname(struct lease_entry *entry, const void *name, size_t len) {
	entry->hostname_len =
		(uint8_t)(len < sizeof(entry->hostname) ? len : sizeof(entry->hostname));
	memcpy(entry->hostname, name, entry->hostname_len);
}

struct lease_key lease_key_of_id(const uint8_t *id, size_t len) {
	return dhcp_select_key(
		HTYPE_INFINIBAND, 0, NULL, (struct dhcp_bytes){.data = id, .len = len});
}

bool lease_entry_has_key(const struct lease_entry *entry) {
	static const uint8_t none[LEASE_KEY_MAX];

	return entry->key.hlen || memcmp(entry->key.bytes, none, sizeof(none)) != 0;
}

char *lease_key_text(const struct lease_key *key, char out[LEASE_KEY_TEXT_SIZE]) {
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < key->hlen; i++)
		used += (size_t)snprintf(out + used, LEASE_KEY_TEXT_SIZE - used, "%s%02x",
			i ? ":" : "", key->bytes[i]);
	return out;
}
