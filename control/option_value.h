// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The value of a DHCP option from its text form "TYPE:VALUE". Pure.
//
//   ip:10.77.0.1            one IPv4 address
//   ips:10.77.0.1,10.77.0.2 one or more
//   domains:a.example,b.c   names as in RFC 1035 section 3.1, compressed as RFC 3397 allows
//   routes:10.0.0.0/8 via 10.77.0.254, 0.0.0.0/0 via 10.77.0.1    RFC 3442
//   u8:1  u16:0x1234  u32:86400    numbers, one or more, big-endian
//   text:words              the bytes after the colon
//   hex:0102ff or hex:01:02:ff

#pragma once

#include <stddef.h>
#include <stdint.h>

#define OPTION_WHY_SIZE 160

// Writes the value (without code and length) to out. Its length, or -EINVAL with a sentence in why.
int64_t option_value(const char *text, uint8_t *out, size_t size, char why[OPTION_WHY_SIZE]);

// The types in their order, each by an example and what it means; NULL beyond the last.
const char *option_value_example(size_t index, const char **help);
