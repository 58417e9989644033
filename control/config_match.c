// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The keys of a boot rule's match: each is one value or a list of alternatives, and becomes a group
// of conditions of which one must hold.

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_match.h"
#include "config_read.h"
#include "text.h"

// RFC 4578 section 2.1 and IANA's list of processor architecture types.
static const struct {
	const char *name;
	uint16_t type;
} arch_names[] = {
	{"x86-bios", 0},
	{"ia64-uefi", 2},
	{"ia32-uefi", 6},
	{"x64-uefi", 7},
	{"ebc-uefi", 9},
	{"arm32-uefi", 10},
	{"arm64-uefi", 11},
	{"ia32-uefi-http", 15},
	{"x64-uefi-http", 16},
	{"ebc-uefi-http", 17},
	{"arm32-uefi-http", 18},
	{"arm64-uefi-http", 19},
	{"x86-bios-http", 20},
	{"arm32-uboot", 21},
	{"arm64-uboot", 22},
	{"arm32-uboot-http", 23},
	{"arm64-uboot-http", 24},
	{"riscv32-uefi", 25},
	{"riscv32-uefi-http", 26},
	{"riscv64-uefi", 27},
	{"riscv64-uefi-http", 28},
	{"riscv128-uefi", 29},
	{"riscv128-uefi-http", 30},
	{"mips32-uefi", 33},
	{"mips64-uefi", 34},
	{"sunway32-uefi", 35},
	{"sunway64-uefi", 36},
	{"loongarch32-uefi", 37},
	{"loongarch32-uefi-http", 38},
	{"loongarch64-uefi", 39},
	{"loongarch64-uefi-http", 40},
	{"rpi-boot", 41},
};

#define ARCH_COUNT (sizeof(arch_names) / sizeof(arch_names[0]))

const char *config_arch_name(uint16_t type) {
	for (size_t i = 0; i < ARCH_COUNT; i++)
		if (arch_names[i].type == type)
			return arch_names[i].name;
	return NULL;
}

int config_arch_type(const char *text, uint16_t *type) {
	char *end;
	unsigned long number;

	for (size_t i = 0; i < ARCH_COUNT; i++) {
		if (strcmp(arch_names[i].name, text) != 0)
			continue;
		*type = arch_names[i].type;
		return 0;
	}
	if (!isdigit((unsigned char)text[0]))
		return -1;
	number = strtoul(text, &end, 10);
	if (*end || number > 0xfffe)
		return -1;
	*type = (uint16_t)number;
	return 0;
}

static const char *nearest_arch(const char *text) {
	size_t best = 5;
	const char *nearest = "x64-uefi";

	for (size_t i = 0; i < ARCH_COUNT; i++) {
		size_t distance = config_distance(text, arch_names[i].name, 5);

		if (distance < best) {
			best = distance;
			nearest = arch_names[i].name;
		}
	}
	return nearest;
}

typedef bool condition_fn(struct config_context *c, const struct config_key *key,
	const struct config_node *node, struct config_condition *out);

static bool read_bool(struct config_context *c, const struct config_key *key,
	const struct config_node *node, struct config_condition *out) {
	if (strcmp(node->text, "true") != 0 && strcmp(node->text, "false") != 0) {
		config_bad(c, key, node, "\"%.64s\" is neither true nor false", node->text);
		return false;
	}
	out->value = node->text[0] == 't';
	return true;
}

static bool read_arch(struct config_context *c, const struct config_key *key,
	const struct config_node *node, struct config_condition *out) {
	uint16_t type;

	if (config_arch_type(node->text, &type) < 0) {
		config_bad(c, key, node,
			"\"%.64s\" is no architecture (is it %s?); a type number can be given too",
			node->text, nearest_arch(node->text));
		return false;
	}
	out->value = type;
	return true;
}

static bool read_subnet(struct config_context *c, const struct config_key *key,
	const struct config_node *node, struct config_condition *out) {
	uint32_t address;
	uint8_t len;

	if (text_parse_cidr(node->text, &address, &len) < 0 || address & ~config_mask(len)) {
		config_bad(
			c, key, node, "\"%.64s\" is not a network: write 10.77.0.0/24", node->text);
		return false;
	}
	out->value = address;
	out->mask = config_mask(len);
	return true;
}

static bool read_glob(struct config_context *c, const struct config_key *key,
	const struct config_node *node, struct config_condition *out) {
	if (strlen(node->text) > CONFIG_PATTERN_MAX) {
		config_bad(c, key, node, "is longer than %u characters", CONFIG_PATTERN_MAX);
		return false;
	}
	out->text = node->text;
	return true;
}

// MAC addresses and UUIDs are compared in their lower-case form; a MAC written with dashes is meant
// too.
static bool read_identifier(struct config_context *c, const struct config_key *key,
	const struct config_node *node, struct config_condition *out) {
	char *text;

	if (!read_glob(c, key, node, out))
		return false;
	text = arena_text(c->arena, node->text, strlen(node->text));
	for (char *at = text; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	if (text[strspn(text, "0123456789abcdef:-*?[]!")]) {
		config_bad(c, key, node,
			"\"%.64s\" can match nothing: hexadecimal digits, : or -, and * ? [a-f]",
			text);
		return false;
	}
	if (out->match == POLICY_MATCH_MAC && !strpbrk(text, "[:"))
		for (char *at = text; *at; at++)
			*at = *at == '-' ? ':' : *at;
	out->text = text;
	return true;
}

static const struct match_key {
	const char *name;
	condition_fn *read;
	const char *help; // for the manual
} match_keys[] = {
	[POLICY_MATCH_IPXE] = {"ipxe", read_bool,
		"true or false: whether iPXE asks (its user class, option 77, is iPXE)"},
	[POLICY_MATCH_ARCH] = {"arch", read_arch,
		"the firmware's architecture (option 93), by name or number"},
	[POLICY_MATCH_MAC] = {"mac", read_identifier, "pattern for the MAC address"},
	[POLICY_MATCH_UUID] = {"uuid", read_identifier,
		"pattern for the machine's UUID (option 97), as its firmware prints it"},
	[POLICY_MATCH_VENDOR_CLASS] = {"vendor_class", read_glob,
		"pattern for the vendor class (option 60), for example PXEClient*"},
	[POLICY_MATCH_USER_CLASS] = {"user_class", read_glob,
		"pattern for the user class (option 77)"},
	[POLICY_MATCH_SUBNET] = {"subnet", read_subnet,
		"the network that the machine is in, as address/length"},
	[POLICY_MATCH_HOST] = {"host", read_glob, "pattern for the machine's name in hosts:"},
	[POLICY_MATCH_ROLE] = {"role", read_glob, "pattern for the machine's role in hosts:"},
	[POLICY_MATCH_CIRCUIT_ID] = {"circuit_id", read_glob,
		"pattern for the relay agent's circuit id (option 82.1)"},
	[POLICY_MATCH_REMOTE_ID] = {"remote_id", read_glob,
		"pattern for the relay agent's remote id (option 82.2)"},
	[POLICY_MATCH_LOCAL] = {"local", read_bool,
		"true or false: whether the machine is to boot its own disk now"},
	[POLICY_MATCH_ORDER] = {"order", read_bool,
		"true or false: whether a boot was ordered for the machine that it has yet to do"},
};

#define MATCH_COUNT (sizeof(match_keys) / sizeof(match_keys[0]))

static bool read_memory(struct config_context *c, const struct config_key *key,
	const struct config_node *node, struct config_condition *out) {
	uint64_t bytes;

	if (text_parse_size(node->text, &bytes) < 0 || bytes >> 20 > UINT32_MAX) {
		config_bad(c, key, node, "\"%.64s\" is not a size: write 64G", node->text);
		return false;
	}
	out->value = (uint32_t)(bytes >> 20);
	return true;
}

// What only roles match by: a machine's iPXE or its booted system tells it.
static const struct match_key fact_keys[] = {
	[CONFIG_FACT_SERIAL - CONFIG_FACT_SERIAL] = {"serial", read_glob,
		"pattern for the machine's serial number"},
	[CONFIG_FACT_ASSET -
		CONFIG_FACT_SERIAL] = {"asset", read_glob, "pattern for its asset tag"},
	[CONFIG_FACT_MANUFACTURER -
		CONFIG_FACT_SERIAL] = {"manufacturer", read_glob, "pattern for its manufacturer"},
	[CONFIG_FACT_PRODUCT -
		CONFIG_FACT_SERIAL] = {"product", read_glob, "pattern for its product name"},
	[CONFIG_FACT_MEMORY - CONFIG_FACT_SERIAL] = {"memory", read_memory,
		"a size: it has at least so much memory"},
};

#define FACT_COUNT (CONFIG_FACT_END - CONFIG_FACT_SERIAL)

// What a machine is does not depend on who of it asks.
static bool is_for_roles(enum policy_match match) {
	return match != POLICY_MATCH_IPXE && match != POLICY_MATCH_USER_CLASS &&
	       match != POLICY_MATCH_ROLE && match != POLICY_MATCH_LOCAL &&
	       match != POLICY_MATCH_ORDER;
}

const char *config_match_name(uint16_t match) {
	if (match >= CONFIG_FACT_SERIAL && match < CONFIG_FACT_END)
		return fact_keys[match - CONFIG_FACT_SERIAL].name;
	return match < MATCH_COUNT ? match_keys[match].name : "?";
}

const char *config_match_help(uint16_t match) {
	return match < MATCH_COUNT ? match_keys[match].help : NULL;
}

const char *config_fact_help(uint16_t fact) {
	return fact >= CONFIG_FACT_SERIAL && fact < CONFIG_FACT_END
		       ? fact_keys[fact - CONFIG_FACT_SERIAL].help
		       : NULL;
}

bool config_match_is_for_roles(uint16_t match) {
	return match >= CONFIG_FACT_SERIAL || is_for_roles((enum policy_match)match);
}

static const struct match_key *match_key_of(uint16_t match) {
	return match >= CONFIG_FACT_SERIAL ? &fact_keys[match - CONFIG_FACT_SERIAL]
					   : &match_keys[match];
}

// The number of a match key that a boot rule, or a role, may have; -1: none.
static int find_match(enum config_section_id section, const char *name) {
	bool role = section == CONFIG_ROLE;

	for (size_t i = 0; i < MATCH_COUNT; i++)
		if (!strcmp(match_keys[i].name, name))
			return !role || is_for_roles((enum policy_match)i) ? (int)i : -1;
	for (size_t i = 0; role && i < FACT_COUNT; i++)
		if (!strcmp(fact_keys[i].name, name))
			return (int)(CONFIG_FACT_SERIAL + i);
	return -1;
}

static const char *nearest_match(enum config_section_id section, const char *name) {
	for (size_t i = 0; i < MATCH_COUNT; i++)
		if (find_match(section, match_keys[i].name) >= 0 &&
			config_distance(name, match_keys[i].name, 2) <= 2)
			return match_keys[i].name;
	for (size_t i = 0; i < FACT_COUNT; i++)
		if (find_match(section, fact_keys[i].name) >= 0 &&
			config_distance(name, fact_keys[i].name, 2) <= 2)
			return fact_keys[i].name;
	return NULL;
}

static void refuse_match(
	struct config_context *c, const struct config_key *key, const struct config_node *node) {
	const char *nearest = nearest_match(key->section, node->key);
	struct config_node at = {.line = node->key_line};

	if (find_match(CONFIG_RULE, node->key) >= 0)
		config_bad(c, key, &at,
			"what a machine is does not depend on it: boot rules match by it, roles do "
			"not");
	else if (find_match(CONFIG_ROLE, node->key) >= 0)
		config_bad(c, key, &at, "only roles match by it");
	else
		config_bad(c, key, &at, "nothing can be matched by %.64s%s%s%s", node->key,
			nearest ? "; is it " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static uint32_t count_values(const struct config_node *map) {
	uint32_t count = 0;

	for (const struct config_node *node = map->first; node; node = node->next)
		count += node->kind == CONFIG_LIST ? node->count : 1;
	return count;
}

static void read_group(struct config_context *c, const struct config_key *key,
	const struct config_node *node, uint16_t group, struct config_match *out) {
	int match = find_match(key->section, node->key);
	char path[96];
	struct config_key named = {.section = key->section, .name = path};
	const struct config_node *item;
	int64_t count;

	snprintf(path, sizeof(path), "%s.%.32s", key->name, node->key);
	if (match < 0) {
		refuse_match(c, &named, node);
		return;
	}
	count = config_scalars(c, &named, node, &item);
	if (count == 0)
		config_bad(c, &named, node, "is an empty list, which nothing can match");
	for (; count > 0; count--, item = item->next) {
		struct config_condition *condition = &out->list[out->count];

		condition->match = (uint16_t)match;
		condition->group = group;
		if (match_key_of((uint16_t)match)->read(c, &named, item, condition))
			out->count++;
	}
}

void config_read_match(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	struct config_match *out = config_field(key, record);
	uint16_t group = 0;

	if (node->kind != CONFIG_MAP) {
		config_bad(c, key, node, "takes keys, as in {arch: x64-uefi}");
		return;
	}
	if (count_values(node) > 65535) {
		config_bad(c, key, node, "has too many values");
		return;
	}
	out->list = arena_alloc(c->arena, count_values(node) * sizeof(*out->list));
	for (const struct config_node *item = node->first; item; item = item->next)
		read_group(c, key, item, group++, out);
}

void config_read_archs(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	struct config_match *out = config_field(key, record);
	const struct config_node *item;
	int64_t count = config_scalars(c, key, node, &item);

	if (count < 0)
		return;
	out->list = arena_alloc(c->arena, (size_t)count * sizeof(*out->list));
	for (; count; count--, item = item->next) {
		out->list[out->count].match = POLICY_MATCH_ARCH;
		if (read_arch(c, key, item, &out->list[out->count]))
			out->count++;
	}
}
