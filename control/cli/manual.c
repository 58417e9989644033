// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/manual.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "stats.h"

void manual_put(const char *text) {
	for (; *text; text++) {
		if (strchr("_*\\~#[]|<>.", *text) && *text)
			putchar('\\');
		putchar(*text);
	}
}

// A sentence begins with a capital, unless its first word is a name: max_leases, af_xdp:IF.
static bool begins_with_name(const char *text) {
	return strcspn(text, "_:-") < strcspn(text, " ");
}

void manual_put_sentence(const char *text) {
	char first[2] = {(char)toupper((unsigned char)text[0]), '\0'};

	manual_put(begins_with_name(text) ? (const char[]){text[0], '\0'} : first);
	if (*text)
		manual_put(text + 1);
	putchar('.');
}

static void put_option(const struct cli_option *option) {
	if (option->letter)
		printf("*-%c*, ", option->letter);
	printf("*--%s*", option->name);
	if (option->value) {
		fputs(" _", stdout);
		manual_put(option->value);
		putchar('_');
	}
	fputs("\n\t", stdout);
	manual_put_sentence(option->help);
	fputs("\n\n", stdout);
}

static void put_command(const struct cli_command *command) {
	// A heading knows no escapes.
	printf("## rouse %s%s%s\n\n", command->name, command->operands[0] ? " " : "",
		command->operands);
	manual_put_sentence(command->help);
	fputs("\n\n", stdout);
	if (command->detail) {
		manual_put(command->detail);
		fputs("\n\n", stdout);
	}
	for (const struct cli_option *option = command->options; option && option->name; option++)
		put_option(option);
}

static void print_commands(void) {
	for (size_t i = 0; cli_commands[i]; i++)
		put_command(cli_commands[i]);
}

static void put_counter(const struct stat_info *info) {
	putchar('*');
	for (const char *at = info->name; *at; at++)
		manual_put((const char[]){(char)tolower((unsigned char)*at), '\0'});
	fputs("*\n\t", stdout);
	manual_put_sentence(info->meaning);
	if (info->action[0]) {
		putchar(' ');
		manual_put_sentence(info->action);
	}
	fputs("\n\n", stdout);
}

static void print_kind(enum stat_kind kind) {
	for (size_t i = 0; i < STAT_COUNT; i++)
		if (stat_info[i].kind == kind)
			put_counter(&stat_info[i]);
}

static void print_counts(void) {
	print_kind(STAT_KIND_COUNT);
}

static void print_drops(void) {
	print_kind(STAT_KIND_DROP);
}

const char *const manual_parts[] = {
	"commands", "counts", "drops", "keys", "match", "facts", "archs", "option-types", NULL};

static void (*const printers[])(void) = {print_commands, print_counts, print_drops,
	manual_print_keys, manual_print_match, manual_print_facts, manual_print_archs,
	manual_print_option_types};

_Static_assert(sizeof(printers) / sizeof(printers[0]) + 1 ==
		       sizeof(manual_parts) / sizeof(manual_parts[0]),
	"one printer for each part");

bool manual_print(const char *part) {
	for (size_t i = 0; manual_parts[i]; i++) {
		if (strcmp(manual_parts[i], part) != 0)
			continue;
		printers[i]();
		return true;
	}
	return false;
}
