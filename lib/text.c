// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Text forms of addresses and quantities. Parsers take whole strings only and know no locale.

#include "text.h"

#include <errno.h>
#include <string.h>

static const char hex[] = "0123456789abcdef";

static int digit_of(char c, int base) {
	int value = -1;

	if (c >= '0' && c <= '9')
		value = c - '0';
	else if (c >= 'a' && c <= 'f')
		value = c - 'a' + 10;
	else if (c >= 'A' && c <= 'F')
		value = c - 'A' + 10;
	return value < base ? value : -1;
}

// Reads digits at *text up to max, moves *text behind them. False: no digit, or too large.
static bool take_number(const char **text, uint64_t max, uint64_t *value) {
	const char *at = *text;
	uint64_t sum = 0;

	for (int digit; (digit = digit_of(*at, 10)) >= 0; at++) {
		if (sum > (max - (uint64_t)digit) / 10)
			return false;
		sum = sum * 10 + (uint64_t)digit;
	}
	if (at == *text)
		return false;
	*text = at;
	*value = sum;
	return true;
}

// An address at *text; octets of at most three digits without leading zeroes, so that nobody's
// octal is taken for decimal.
static bool take_ip(const char **text, uint32_t *address) {
	uint32_t sum = 0;

	for (int i = 0; i < 4; i++) {
		const char *start = *text;
		uint64_t octet;

		if (!take_number(text, 255, &octet))
			return false;
		if (*text - start > 1 && *start == '0')
			return false;
		sum = sum << 8 | (uint32_t)octet;
		if (i < 3 && *(*text)++ != '.')
			return false;
	}
	*address = sum;
	return true;
}

int text_parse_ip(const char *text, uint32_t *address) {
	uint32_t value;

	if (!take_ip(&text, &value) || *text)
		return -EINVAL;
	*address = value;
	return 0;
}

int text_parse_cidr(const char *text, uint32_t *address, uint8_t *prefix_len) {
	uint32_t value;
	uint64_t len;

	if (!take_ip(&text, &value) || *text++ != '/')
		return -EINVAL;
	if (!take_number(&text, 32, &len) || *text)
		return -EINVAL;
	*address = value;
	*prefix_len = (uint8_t)len;
	return 0;
}

// aa:bb:cc:dd:ee:ff or with dashes, one kind of separator throughout.
int text_parse_mac(const char *text, uint8_t mac[6]) {
	uint8_t value[6];
	char separator = 0;

	for (int i = 0; i < 6; i++) {
		int high = digit_of(text[0], 16);
		int low = high < 0 ? -1 : digit_of(text[1], 16);

		if (low < 0)
			return -EINVAL;
		value[i] = (uint8_t)(high << 4 | low);
		text += 2;
		if (i == 0 && (*text == ':' || *text == '-'))
			separator = *text;
		if (i < 5 && (!separator || *text++ != separator))
			return -EINVAL;
	}
	if (*text)
		return -EINVAL;
	memcpy(mac, value, sizeof(value));
	return 0;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static int parse_quantity(const char *text, const struct unit *units, uint64_t *out) {
	uint64_t value;

	if (!take_number(&text, UINT64_MAX, &value))
		return -EINVAL;
	for (const struct unit *unit = units; unit->name; unit++) {
		if (strcmp(text, unit->name) != 0)
			continue;
		if (value > UINT64_MAX / unit->factor)
			return -EINVAL;
		*out = value * unit->factor;
		return 0;
	}
	return -EINVAL;
}

int text_parse_duration(const char *text, uint64_t *seconds) {
	static const struct unit units[] = {
		{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}, {NULL, 0}};

	return parse_quantity(text, units, seconds);
}

int text_parse_size(const char *text, uint64_t *bytes) {
	static const struct unit units[] = {{"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30},
		{"T", 1ULL << 40}, {NULL, 0}};

	return parse_quantity(text, units, bytes);
}

int text_parse_rate(const char *text, uint64_t *bits_per_second) {
	static const struct unit units[] = {
		{"", 1}, {"K", 1000}, {"M", 1000000}, {"G", 1000000000}, {NULL, 0}};

	return parse_quantity(text, units, bits_per_second);
}

// These three are on the path of each DHCP reply, where printf took a fifth of the time.
static char *put_decimal(char *at, uint32_t byte) {
	if (byte >= 100)
		*at++ = (char)('0' + byte / 100);
	if (byte >= 10)
		*at++ = (char)('0' + byte / 10 % 10);
	*at++ = (char)('0' + byte % 10);
	return at;
}

char *text_ip(uint32_t address, char out[TEXT_IP_SIZE]) {
	char *at = out;

	for (int shift = 24; shift >= 0; shift -= 8) {
		at = put_decimal(at, address >> shift & 255);
		*at++ = shift ? '.' : '\0';
	}
	return out;
}

static char *put_hex(char *at, uint8_t byte) {
	*at++ = hex[byte >> 4];
	*at++ = hex[byte & 15];
	return at;
}

char *text_mac(const uint8_t mac[6], char out[TEXT_MAC_SIZE]) {
	char *at = out;

	for (int i = 0; i < 6; i++) {
		at = put_hex(at, mac[i]);
		*at++ = i < 5 ? ':' : '\0';
	}
	return out;
}

bool text_mac_is_machine(const uint8_t mac[6]) {
	static const uint8_t zeros[6];

	return !(mac[0] & 1) && memcmp(mac, zeros, sizeof(zeros)) != 0;
}

char *text_uuid(const uint8_t uuid[16], char out[TEXT_UUID_SIZE]) {
	static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	char *at = out;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		at = put_hex(at, uuid[order[i]]);
	}
	*at = '\0';
	return out;
}

bool text_uuid_is_set(const uint8_t uuid[16]) {
	uint64_t half[2];

	memcpy(half, uuid, sizeof(half));
	return half[0] != half[1] || (half[0] != 0 && half[0] != UINT64_MAX);
}

// Bytes that print as they are at data, or 0; len is at least 1.
typedef size_t plain_fn(const uint8_t *data, size_t len);

static size_t plain_ascii(const uint8_t *data, size_t len) {
	(void)len;
	return *data >= 0x20 && *data <= 0x7e && *data != '\\';
}

// RFC 3629, section 4: of overlong forms, surrogates and what is past U+10FFFF the second byte
// tells. U+0080 to U+009F are control characters.
static size_t plain_utf8(const uint8_t *data, size_t len) {
	size_t count = *data >= 0xf0 ? 4 : *data >= 0xe0 ? 3 : 2;
	uint8_t least = *data == 0xc2 ? 0xa0 : *data == 0xe0 ? 0xa0 : *data == 0xf0 ? 0x90 : 0x80;
	uint8_t most = *data == 0xed ? 0x9f : *data == 0xf4 ? 0x8f : 0xbf;

	if (*data < 0xc2)
		return plain_ascii(data, len);
	if (*data > 0xf4 || len < count || data[1] < least || data[1] > most)
		return 0;
	for (size_t i = 2; i < count; i++)
		if ((data[i] & 0xc0) != 0x80)
			return 0;
	return count;
}

static char *clean(const uint8_t *at, size_t len, char *out, size_t size, plain_fn *plain) {
	size_t used = 0, count;

	for (size_t i = 0; i < len; i += count ? count : 1) {
		count = plain(at + i, len - i);
		if (used + (count ? count : 4) >= size)
			break;
		if (count) {
			memcpy(out + used, at + i, count);
			used += count;
			continue;
		}
		out[used++] = '\\';
		out[used++] = 'x';
		out[used++] = hex[at[i] >> 4];
		out[used++] = hex[at[i] & 15];
	}
	out[used] = '\0';
	return out;
}

char *text_clean(const void *data, size_t len, char *out, size_t size) {
	return clean(data, len, out, size, plain_ascii);
}

char *text_clean_utf8(const void *data, size_t len, char *out, size_t size) {
	return clean(data, len, out, size, plain_utf8);
}

char *text_hush(char *text) {
	size_t len = strlen(text), count;

	for (size_t i = 0; i < len; i += count ? count : 1) {
		count = text[i] == '\\' ? 1 : plain_utf8((const uint8_t *)text + i, len - i);
		if (!count)
			text[i] = '?';
	}
	return text;
}

bool text_ends_with(const char *text, const char *end) {
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && !strcmp(text + len - end_len, end);
}
