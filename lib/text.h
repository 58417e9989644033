// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Text forms of addresses, identifiers and sizes, both ways, and globs. Output is always
// NUL-terminated.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_IP_SIZE   16
#define TEXT_MAC_SIZE  18
#define TEXT_UUID_SIZE 37

// Whole strings only: nothing may follow. 0 or -EINVAL.
int text_parse_ip(const char *text, uint32_t *address);
int text_parse_mac(const char *text, uint8_t mac[6]);
// Whether it is one machine's: no group's, and not zeros.
bool text_mac_is_machine(const uint8_t mac[6]);
// "10.0.0.0/8"; host bits may be set. prefix_len 0 to 32.
int text_parse_cidr(const char *text, uint32_t *address, uint8_t *prefix_len);
// "12h", "90s", "2d", "3600"; "2G", "64M", "1468"; "1G", "100M" (decimal, bits per second).
int text_parse_duration(const char *text, uint64_t *seconds);
int text_parse_size(const char *text, uint64_t *bytes);
int text_parse_rate(const char *text, uint64_t *bits_per_second);

char *text_ip(uint32_t address, char out[TEXT_IP_SIZE]);
char *text_mac(const uint8_t mac[6], char out[TEXT_MAC_SIZE]);
// 16 bytes of DHCP option 97 after its type byte: the first three fields are little-endian.
char *text_uuid(const uint8_t uuid[16], char out[TEXT_UUID_SIZE]);
// Whether it names a machine: firmware that was never given one sends zeros, or ones.
bool text_uuid_is_set(const uint8_t uuid[16]);

// Copies what the network sent so that it can be printed: bytes outside of 0x20..0x7e, and the
// backslash, become \xNN. Cuts at size - 1, never in the middle of an escape. Returns out.
char *text_clean(const void *data, size_t len, char *out, size_t size);
// The same for what people wrote: characters of UTF-8 stay as they are, but for control characters,
// and are not cut either.
char *text_clean_utf8(const void *data, size_t len, char *out, size_t size);
// In place: each control character, and each byte that is no UTF-8, as of a character that was cut,
// becomes a question mark. Returns text.
char *text_hush(char *text);

bool text_ends_with(const char *text, const char *end);

// * any run, ? one byte, [a-z] and [!a-z] sets; no recursion, linear in practice and at most
// pattern_len * text_len steps. fold: ASCII case is ignored.
bool text_glob(
	const char *pattern, size_t pattern_len, const char *text, size_t text_len, bool fold);
