// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The table of all configuration keys: type, bounds, default, whether it is required or takes
// effect at a restart only, what it means. Reading, rouse check and the manual's list come from it.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "config_tree.h"

enum config_section_id {
	CONFIG_TOP,
	CONFIG_PORT,
	CONFIG_SUBNET,
	CONFIG_HOST,
	CONFIG_RULE,
	CONFIG_MULTICAST,
	CONFIG_HTTP,
	CONFIG_TLS,
	CONFIG_MENU_ITEM,
	CONFIG_PROFILE,
	CONFIG_VARIANT,
	CONFIG_ROLE,
	CONFIG_UNKNOWN,
	CONFIG_MENU,
	CONFIG_ENTRY,
	CONFIG_SECTION_COUNT,
};

enum config_type {
	CONFIG_TYPE_TEXT,      // const char *, printable ASCII
	CONFIG_TYPE_NAME,      // const char *, a host or domain name
	CONFIG_TYPE_DIRECTORY, // const char *, absolute; a file's path too
	CONFIG_TYPE_FILE,      // const char *, below boot_root or a URI
	CONFIG_TYPE_BOOL,      // bool
	CONFIG_TYPE_NUMBER,    // uint32_t
	CONFIG_TYPE_NUMBER16,  // uint16_t
	CONFIG_TYPE_DURATION,  // uint32_t, seconds
	CONFIG_TYPE_SIZE,      // uint64_t, bytes
	CONFIG_TYPE_RATE,      // uint64_t, bits per second
	CONFIG_TYPE_CHOICE,    // uint8_t, index in choices
	CONFIG_TYPE_TID_RANGE, // uint16_t[2]
	CONFIG_TYPE_DEVICE,    // device and kind of struct config_port
	CONFIG_TYPE_CIDR,      // uint32_t, and prefix_len of the record; max: enum config_cidr
	CONFIG_TYPE_ADDRESS,   // uint32_t
	CONFIG_TYPE_ADDRESSES, // struct config_addresses
	CONFIG_TYPE_MAC,       // uint8_t[6]
	CONFIG_TYPE_POOLS,     // pools and pool_count of struct config_subnet
	CONFIG_TYPE_TEXTS,     // struct config_texts
	CONFIG_TYPE_OPTIONS,   // struct config_options
	CONFIG_TYPE_MATCH,     // struct config_match
	CONFIG_TYPE_ARCHS,     // struct config_match, of architectures only
	CONFIG_TYPE_FILES,     // struct config_texts, each a CONFIG_TYPE_FILE
	CONFIG_TYPE_VARS,      // struct vars *
	CONFIG_TYPE_MAP, // the struct of another section; offset2: bool, whether it is given, or 0
	CONFIG_TYPE_RECORDS, // an array of another section's records and, elsewhere, their count
	CONFIG_TYPE_LATER,   // refused with the sentence in later
};

// What a CONFIG_TYPE_CIDR may be.
enum config_cidr {
	CONFIG_CIDR_ADDRESS = 0, // an address in a network
	CONFIG_CIDR_NETWORK = 1, // a network, whose host bits are zero
	CONFIG_CIDR_GROUPS = 2,  // the same, of multicast addresses
};

enum config_key_flags {
	CONFIG_REQUIRED = 1,
	CONFIG_RESTART = 2, // a reload that changes it is refused
};

struct config_key {
	enum config_section_id section;
	const char *name;
	enum config_type type;
	uint32_t flags;
	uint32_t offset;  // of the field in the section's struct
	uint32_t offset2; // of the second field, where the type has one
	uint64_t min;
	uint64_t max;
	const char *fallback; // the default as one would write it; NULL: empty
	const char *const *choices;
	enum config_section_id records;
	const char *later; // for CONFIG_TYPE_LATER
	const char *help;
};

extern const struct config_key config_keys[];
extern const size_t config_key_count;

struct config_section {
	const char *path; // "subnets[]", "" for the top
	size_t size;      // of its struct
	uint32_t max;     // records
};

extern const struct config_section config_sections[CONFIG_SECTION_COUNT];

// The key of this name in a section, or NULL.
const struct config_key *config_key_find(enum config_section_id section, const char *name);

// The name that a mistyped key is nearest to, or NULL when none is near.
const char *config_key_nearest(enum config_section_id section, const char *name);

// The better of two candidates for a mistyped word: how many letters apart, at most limit + 1.
size_t config_distance(const char *a, const char *b, size_t limit);
