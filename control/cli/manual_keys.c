// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The manual's list of configuration keys: type, bounds and default are those that reading checks.

#include <inttypes.h>
#include <stdio.h>

#include "cli/manual.h"
#include "config_keys.h"
#include "config_match.h"
#include "config_read.h"
#include "human.h"
#include "option_value.h"

#define TYPE_SIZE 160

static const char *const type_names[] = {
	[CONFIG_TYPE_TEXT] = "text",
	[CONFIG_TYPE_NAME] = "name",
	[CONFIG_TYPE_DIRECTORY] = "absolute path",
	[CONFIG_TYPE_FILE] = "file below boot_root, or a URI",
	[CONFIG_TYPE_BOOL] = "true or false",
	[CONFIG_TYPE_NUMBER] = "number",
	[CONFIG_TYPE_NUMBER16] = "number",
	[CONFIG_TYPE_DURATION] = "duration",
	[CONFIG_TYPE_SIZE] = "size",
	[CONFIG_TYPE_RATE] = "bits per second",
	[CONFIG_TYPE_CHOICE] = "",
	[CONFIG_TYPE_TID_RANGE] = "FIRST-LAST, at least 16 ports between 1024 and 65535",
	[CONFIG_TYPE_DEVICE] = "device",
	[CONFIG_TYPE_CIDR] = "address/length",
	[CONFIG_TYPE_ADDRESS] = "address",
	[CONFIG_TYPE_ADDRESSES] = "address, or list of addresses",
	[CONFIG_TYPE_MAC] = "MAC address",
	[CONFIG_TYPE_POOLS] = "list of FIRST-LAST",
	[CONFIG_TYPE_TEXTS] = "pattern, or list of patterns",
	[CONFIG_TYPE_OPTIONS] = "map from option number to TYPE:VALUE",
	[CONFIG_TYPE_MATCH] = "map",
	[CONFIG_TYPE_ARCHS] = "architecture, or list of architectures",
	[CONFIG_TYPE_FILES] = "file, or list of files",
	[CONFIG_TYPE_VARS] = "map of names to values",
	[CONFIG_TYPE_MAP] = "map",
	[CONFIG_TYPE_RECORDS] = "list",
	[CONFIG_TYPE_LATER] = "",
};

// As one would write it in the file: 8M, 1T; 60s, 365d; 1M, 400G.
static const char *bound_text(enum config_type type, uint64_t value, char out[HUMAN_SIZE]) {
	static const struct {
		enum config_type type;
		uint64_t factor;
		const char *unit;
	} units[] = {
		{CONFIG_TYPE_SIZE, 1ULL << 40, "T"},
		{CONFIG_TYPE_SIZE, 1 << 30, "G"},
		{CONFIG_TYPE_SIZE, 1 << 20, "M"},
		{CONFIG_TYPE_DURATION, 86400, "d"},
		{CONFIG_TYPE_DURATION, 1, "s"},
		{CONFIG_TYPE_RATE, 1000000000, "G"},
		{CONFIG_TYPE_RATE, 1000000, "M"},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].type != type || value % units[i].factor)
			continue;
		snprintf(out, HUMAN_SIZE, "%" PRIu64 "%s", value / units[i].factor, units[i].unit);
		return out;
	}
	snprintf(out, HUMAN_SIZE, "%" PRIu64, value);
	return out;
}

static const char *type_text(const struct config_key *key, char out[TYPE_SIZE]) {
	char low[HUMAN_SIZE], high[HUMAN_SIZE];

	switch (key->type) {
	case CONFIG_TYPE_CHOICE:
		return config_choices_text(key->choices, out, TYPE_SIZE);
	case CONFIG_TYPE_NUMBER:
	case CONFIG_TYPE_NUMBER16:
	case CONFIG_TYPE_DURATION:
	case CONFIG_TYPE_SIZE:
	case CONFIG_TYPE_RATE:
		snprintf(out, TYPE_SIZE, "%s from %s to %s", type_names[key->type],
			bound_text(key->type, key->min, low),
			bound_text(key->type, key->max, high));
		return out;
	case CONFIG_TYPE_TEXT:
	case CONFIG_TYPE_NAME:
	case CONFIG_TYPE_DIRECTORY:
	case CONFIG_TYPE_FILE:
	case CONFIG_TYPE_BOOL:
	case CONFIG_TYPE_TID_RANGE:
	case CONFIG_TYPE_DEVICE:
	case CONFIG_TYPE_CIDR:
	case CONFIG_TYPE_ADDRESS:
	case CONFIG_TYPE_ADDRESSES:
	case CONFIG_TYPE_MAC:
	case CONFIG_TYPE_POOLS:
	case CONFIG_TYPE_TEXTS:
	case CONFIG_TYPE_OPTIONS:
	case CONFIG_TYPE_MATCH:
	case CONFIG_TYPE_ARCHS:
	case CONFIG_TYPE_FILES:
	case CONFIG_TYPE_VARS:
	case CONFIG_TYPE_MAP:
	case CONFIG_TYPE_RECORDS:
	case CONFIG_TYPE_LATER:
		break;
	}
	return type_names[key->type];
}

static void put_key(const struct config_key *key) {
	char type[TYPE_SIZE];

	putchar('*');
	manual_put(key->name);
	fputs("* (", stdout);
	manual_put(type_text(key, type));
	if (key->flags & CONFIG_REQUIRED)
		fputs("; required", stdout);
	if (key->fallback) {
		fputs("; default _", stdout);
		manual_put(key->fallback);
		putchar('_');
	}
	if (key->flags & CONFIG_RESTART)
		fputs("; a change needs a restart", stdout);
	fputs(")\n\t", stdout);
	manual_put_sentence(key->help);
	fputs("\n\n", stdout);
}

static void put_section(enum config_section_id section) {
	const struct config_section *info = &config_sections[section];

	printf("## %s\n\n", info->path[0] ? info->path : "Top of the file");
	if (info->max > 1)
		printf("At most %u entries.\n\n", info->max);
	for (size_t i = 0; i < config_key_count; i++)
		if (config_keys[i].section == section && config_keys[i].type != CONFIG_TYPE_LATER)
			put_key(&config_keys[i]);
}

static void put_later(void) {
	fputs("## Keys of later versions\n\nThese are refused, with a sentence:\n\n", stdout);
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];

		if (key->type != CONFIG_TYPE_LATER)
			continue;
		putchar('*');
		manual_put(config_sections[key->section].path);
		fputs(config_sections[key->section].path[0] ? "\\." : "", stdout);
		manual_put(key->name);
		fputs("*\n\t", stdout);
		manual_put_sentence(key->later);
		fputs("\n\n", stdout);
	}
}

void manual_print_keys(void) {
	for (int section = 0; section < CONFIG_SECTION_COUNT; section++)
		put_section((enum config_section_id)section);
	put_later();
}

static void put_term(const char *name, const char *help) {
	putchar('*');
	manual_put(name);
	fputs("*\n\t", stdout);
	manual_put_sentence(help);
	fputs("\n\n", stdout);
}

void manual_print_match(void) {
	const char *help;

	for (uint16_t match = 0; (help = config_match_help(match)); match++)
		put_term(config_match_name(match), help);
}

// Of a boot rule's keys the names only, as they mean the same.
void manual_print_facts(void) {
	bool first = true;

	for (uint16_t match = 0; config_match_help(match); match++) {
		if (!config_match_is_for_roles(match))
			continue;
		printf("%s*", first ? "" : ", ");
		manual_put(config_match_name(match));
		putchar('*');
		first = false;
	}
	puts(" as in a boot rule, and:\n");
	for (uint16_t fact = CONFIG_FACT_SERIAL; fact < CONFIG_FACT_END; fact++)
		put_term(config_match_name(fact), config_fact_help(fact));
}

void manual_print_archs(void) {
	bool first = true;

	for (uint16_t type = 0; type < CONFIG_ARCH_NAMED_MAX; type++) {
		const char *name = config_arch_name(type);

		if (!name)
			continue;
		printf("%s*", first ? "" : ", ");
		manual_put(name);
		printf("* (%u)", type);
		first = false;
	}
	fputs("\n\n", stdout);
}

void manual_print_option_types(void) {
	const char *example, *help;

	for (size_t i = 0; (example = option_value_example(i, &help)); i++)
		put_term(example, help);
}
