// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "option_value.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "text.h"

#define ITEM_SIZE    256
#define NAMES_MAX    32 // names and their suffixes that compression remembers
#define LABEL_MAX    63
#define NAME_MAX_RFC 255
#define POINTER_MAX  0x3fff

// Copies the next comma-separated item without the spaces around it. False at the end; *text is
// moved. An item that is too long comes out cut, and no form accepts it.
static bool next_item(const char **text, char item[ITEM_SIZE]) {
	const char *at = *text;
	size_t len;

	if (!at)
		return false;
	at += strspn(at, " ");
	len = strcspn(at, ",");
	*text = at[len] ? at + len + 1 : NULL;
	while (len && at[len - 1] == ' ')
		len--;
	snprintf(item, ITEM_SIZE, "%.*s", (int)(len < ITEM_SIZE ? len : ITEM_SIZE - 1), at);
	return true;
}

static int refuse(char *why, const char *item, const char *form) {
	snprintf(why, OPTION_WHY_SIZE, "\"%.48s\" is not %s", item, form);
	return -EINVAL;
}

static int write_ip(struct writer *w, const char *item, char *why) {
	uint32_t address;

	if (text_parse_ip(item, &address) < 0)
		return refuse(why, item, "an IPv4 address");
	writer_u32(w, address);
	return 0;
}

static int encode_ip(struct writer *w, const char *text, char *why) {
	return write_ip(w, text, why);
}

static int encode_ips(struct writer *w, const char *text, char *why) {
	char item[ITEM_SIZE];
	int rc = 0;

	while (rc == 0 && next_item(&text, item))
		rc = write_ip(w, item, why);
	return rc;
}

// Names written so far, and where, for compression pointers.
struct name_memory {
	uint32_t count;
	struct {
		char name[ITEM_SIZE];
		size_t at;
	} seen[NAMES_MAX];
};

// Writes a pointer if name was written before. The caller goes on with the next label otherwise.
static bool write_pointer(struct writer *w, const struct name_memory *memory, const char *name) {
	for (uint32_t i = 0; i < memory->count; i++) {
		if (strcmp(memory->seen[i].name, name) != 0)
			continue;
		writer_u16(w, (uint16_t)(0xc000 | memory->seen[i].at));
		return true;
	}
	return false;
}

static void remember(struct name_memory *memory, const char *name, size_t at) {
	if (memory->count == NAMES_MAX || at > POINTER_MAX)
		return;
	snprintf(memory->seen[memory->count].name, ITEM_SIZE, "%s", name);
	memory->seen[memory->count++].at = at;
}

static int write_name(struct writer *w, struct name_memory *memory, const char *name, char *why) {
	const char *whole = name;

	if (!*name || strlen(name) > NAME_MAX_RFC - 2)
		return refuse(why, name, "a domain name");
	while (*name) {
		size_t len = strcspn(name, ".");

		if (!len || len > LABEL_MAX)
			return refuse(why, whole, "a domain name");
		if (write_pointer(w, memory, name))
			return 0;
		remember(memory, name, w->at);
		writer_u8(w, (uint8_t)len);
		writer_bytes(w, name, len);
		name += len + (name[len] == '.');
	}
	writer_u8(w, 0);
	return 0;
}

static int encode_domains(struct writer *w, const char *text, char *why) {
	struct name_memory memory = {0};
	char item[ITEM_SIZE];
	int rc = 0;

	while (rc == 0 && next_item(&text, item))
		rc = write_name(w, &memory, item, why);
	return rc;
}

static int write_route(struct writer *w, const char *item, char *why) {
	const char *via = strstr(item, " via ");
	char network[24];
	uint32_t address, gateway;
	uint8_t len;

	if (!via)
		return refuse(why, item, "a route: write 10.0.0.0/8 via 10.77.0.254");
	snprintf(network, sizeof(network), "%.*s", (int)(via - item), item);
	via += 5;
	via += strspn(via, " ");
	if (text_parse_cidr(network, &address, &len) < 0 || text_parse_ip(via, &gateway) < 0)
		return refuse(why, item, "a route: write 10.0.0.0/8 via 10.77.0.254");
	if (len < 32 && address << len)
		return refuse(why, network, "a network: bits beyond its length are set");
	writer_u8(w, len);
	for (uint8_t bits = 0; bits < len; bits += 8)
		writer_u8(w, (uint8_t)(address >> (24 - bits)));
	writer_u32(w, gateway);
	return 0;
}

static int encode_routes(struct writer *w, const char *text, char *why) {
	char item[ITEM_SIZE];
	int rc = 0;

	while (rc == 0 && next_item(&text, item))
		rc = write_route(w, item, why);
	return rc;
}

static int write_numbers(struct writer *w, const char *text, unsigned int bytes, char *why) {
	uint64_t max = bytes == 4 ? UINT32_MAX : (1u << (8 * bytes)) - 1;
	char item[ITEM_SIZE];

	while (next_item(&text, item)) {
		bool hex = item[0] == '0' && (item[1] == 'x' || item[1] == 'X');
		const char *digits = hex ? item + 2 : item;
		char *end;
		unsigned long long value = strtoull(digits, &end, hex ? 16 : 10);

		if (end == digits || *end || digits[0] == '-' || digits[0] == '+' ||
			digits[0] == ' ' || value > max) {
			snprintf(why, OPTION_WHY_SIZE, "\"%.48s\" is not a number from 0 to %llu",
				item, (unsigned long long)max);
			return -EINVAL;
		}
		for (unsigned int i = bytes; i-- > 0;)
			writer_u8(w, (uint8_t)(value >> (8 * i)));
	}
	return 0;
}

static int encode_u8(struct writer *w, const char *text, char *why) {
	return write_numbers(w, text, 1, why);
}

static int encode_u16(struct writer *w, const char *text, char *why) {
	return write_numbers(w, text, 2, why);
}

static int encode_u32(struct writer *w, const char *text, char *why) {
	return write_numbers(w, text, 4, why);
}

static int encode_text(struct writer *w, const char *text, char *why) {
	(void)why;
	writer_bytes(w, text, strlen(text));
	return 0;
}

static int hex_digit(char c) {
	const char *digits = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) % 16 : -1;
}

static int encode_hex(struct writer *w, const char *text, char *why) {
	for (const char *at = text; *at;) {
		int high = hex_digit(at[0]);
		int low = high < 0 ? -1 : hex_digit(at[1]);

		if (low < 0)
			return refuse(why, text, "pairs of hexadecimal digits");
		writer_u8(w, (uint8_t)(high << 4 | low));
		at += 2;
		if (*at == ':' && at[1])
			at++;
	}
	return 0;
}

static const struct {
	const char *name;
	int (*encode)(struct writer *w, const char *text, char *why);
	const char *example;
	const char *help;
} types[] = {
	{"ip:", encode_ip, "ip:10.77.0.1", "one IPv4 address"},
	{"ips:", encode_ips, "ips:10.77.0.1,10.77.0.2", "one or more IPv4 addresses"},
	{"domains:", encode_domains, "domains:a.example,b.a.example",
		"domain names as in a DNS message, as option 119 wants them"},
	{"routes:", encode_routes, "routes:10.0.0.0/8 via 10.77.0.254, 0.0.0.0/0 via 10.77.0.1",
		"classless routes, as option 121 wants them"},
	{"u8:", encode_u8, "u8:1", "one or more numbers of 8 bits"},
	{"u16:", encode_u16, "u16:0x1234", "one or more numbers of 16 bits"},
	{"u32:", encode_u32, "u32:86400", "one or more numbers of 32 bits"},
	{"text:", encode_text, "text:words", "the characters after the colon"},
	{"hex:", encode_hex, "hex:01:02:ff", "bytes as pairs of hexadecimal digits"},
};

int64_t option_value(const char *text, uint8_t *out, size_t size, char why[OPTION_WHY_SIZE]) {
	struct writer w = writer_of(out, size);
	size_t i = 0;

	while (i < sizeof(types) / sizeof(types[0]) &&
		strncmp(text, types[i].name, strlen(types[i].name)) != 0)
		i++;
	if (i == sizeof(types) / sizeof(types[0])) {
		snprintf(why, OPTION_WHY_SIZE,
			"\"%.48s\" needs a type before it: ip, ips, domains, routes, u8, u16, u32, "
			"text or hex, as in \"ip:10.77.0.1\"",
			text);
		return -EINVAL;
	}
	if (types[i].encode(&w, text + strlen(types[i].name), why) < 0)
		return -EINVAL;
	if (w.failed) {
		snprintf(why, OPTION_WHY_SIZE, "is longer than %zu bytes", size);
		return -EINVAL;
	}
	if (!w.at) {
		snprintf(why, OPTION_WHY_SIZE, "has no value after %s", types[i].name);
		return -EINVAL;
	}
	return (int64_t)w.at;
}

const char *option_value_example(size_t index, const char **help) {
	if (index >= sizeof(types) / sizeof(types[0]))
		return NULL;
	*help = types[index].help;
	return types[index].example;
}
