// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Parsing of a command's options and operands by the table in cli_commands.c.

#include "cli/cli.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"

const struct cli_command *cli_find(const char *name) {
	for (size_t i = 0; cli_commands[i]; i++)
		if (!strcmp(cli_commands[i]->name, name))
			return cli_commands[i];
	return NULL;
}

// Index of the option whose name is the first len bytes of name, -1 for none.
static int find_option(const struct cli_command *command, const char *name, size_t len) {
	const struct cli_option *options = command->options;

	for (int i = 0; options && options[i].name; i++) {
		assert(i < CLI_OPTIONS_MAX);
		if (strlen(options[i].name) == len && !memcmp(options[i].name, name, len))
			return i;
	}
	return -1;
}

// "-w"
static int find_letter(const struct cli_command *command, const char *word) {
	const struct cli_option *options = command->options;

	for (int i = 0; options && options[i].name; i++)
		if (options[i].letter && options[i].letter == word[1] && !word[2])
			return i;
	return -1;
}

// The second value of an option and those after it.
static int parse_more(const struct cli_option *option, int index, int argc, char **argv,
	struct cli_args *args, char *why) {
	const char *equals = argv[0][1] == '-' ? strchr(argv[0], '=') : NULL;
	const char *value = equals ? equals + 1 : argc > 1 ? argv[1] : NULL;

	if (!value)
		snprintf(why, CLI_WHY_SIZE, "--%s needs a value: %s", option->name, option->value);
	else if (args->more_count == CLI_MORE_MAX)
		snprintf(why, CLI_WHY_SIZE, "--%s is given more than %d times", option->name,
			CLI_MORE_MAX);
	if (!value || args->more_count == CLI_MORE_MAX)
		return -EINVAL;
	args->more[args->more_count].option = index;
	args->more[args->more_count++].value = value;
	return equals ? 1 : 2;
}

// One option at argv[0]. Returns how many words it took, or -EINVAL.
static int parse_option(const struct cli_command *command, int argc, char **argv,
	struct cli_args *args, char *why) {
	bool is_letter = argv[0][1] != '-';
	const char *name = argv[0] + 2;
	const char *equals = is_letter ? NULL : strchr(name, '=');
	int i = is_letter ? find_letter(command, argv[0])
			  : find_option(
				    command, name, equals ? (size_t)(equals - name) : strlen(name));

	if (i < 0) {
		snprintf(why, CLI_WHY_SIZE, "there is no option %s: see rouse help %s", argv[0],
			command->name);
		return -EINVAL;
	}
	if (args->value[i] && command->options[i].many)
		return parse_more(&command->options[i], i, argc, argv, args, why);
	if (args->value[i]) {
		snprintf(why, CLI_WHY_SIZE, "--%s is given twice", command->options[i].name);
		return -EINVAL;
	}
	if (!command->options[i].value) {
		args->value[i] = "";
		if (equals)
			snprintf(
				why, CLI_WHY_SIZE, "--%s takes no value", command->options[i].name);
		return equals ? -EINVAL : 1;
	}
	args->value[i] = equals ? equals + 1 : argc > 1 ? argv[1] : NULL;
	if (!args->value[i]) {
		snprintf(why, CLI_WHY_SIZE, "--%s needs a value: %s", command->options[i].name,
			command->options[i].value);
		return -EINVAL;
	}
	return equals ? 1 : 2;
}

static int check_operands(const struct cli_command *command, int count, char *why) {
	if (count >= command->operands_min && count <= command->operands_max)
		return 0;
	if (count > command->operands_max)
		snprintf(why, CLI_WHY_SIZE, "too many words after %s: see rouse help %s",
			command->name, command->name);
	else
		snprintf(why, CLI_WHY_SIZE, "%s needs %s", command->name, command->operands);
	return -EINVAL;
}

int cli_parse(const struct cli_command *command, int argc, char **argv, struct cli_args *args,
	char why[CLI_WHY_SIZE]) {
	bool options = true;

	assert(command->operands_max < CLI_OPERANDS_MAX);
	*args = (struct cli_args){.command = command};
	for (int at = 0; at < argc;) {
		if (options && !strcmp(argv[at], "--")) {
			options = false;
			at++;
		} else if (options && argv[at][0] == '-' && argv[at][1]) {
			int taken = parse_option(command, argc - at, argv + at, args, why);

			if (taken < 0)
				return taken;
			at += taken;
		} else {
			if (args->operand_count <= command->operands_max)
				args->operand[args->operand_count++] = argv[at];
			at++;
		}
	}
	return check_operands(command, args->operand_count, why);
}

const char *cli_value(const struct cli_args *args, const char *name) {
	int i = find_option(args->command, name, strlen(name));

	assert(i >= 0);
	return i < 0 ? NULL : args->value[i];
}

bool cli_flag(const struct cli_args *args, const char *name) {
	return cli_value(args, name) != NULL;
}

const char *cli_value_at(const struct cli_args *args, const char *name, int at) {
	int option = find_option(args->command, name, strlen(name));

	if (at == 0)
		return cli_value(args, name);
	for (int i = 0; i < args->more_count; i++)
		if (args->more[i].option == option && --at == 0)
			return args->more[i].value;
	return NULL;
}

// --- verbs

static bool is_listed(const char *name, const char *const *names) {
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static bool verb_has(const struct cli_verb *verb, const char *option) {
	static const char *const all[] = {"config", "runtime-dir", NULL};

	return is_listed(option, all) || is_listed(option, verb->options);
}

static int refuse_verb(const struct cli_args *args, const struct cli_verb *verbs) {
	const char *command = args->command->name;
	char names[CLI_WHY_SIZE] = "";
	size_t len = 0;

	for (const struct cli_verb *verb = verbs; verb->name && len < sizeof(names); verb++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s",
			verb == verbs  ? ""
			: verb[1].name ? ", "
				       : " or ",
			verb->name);
	if (args->operand_count)
		cli_error("\"%s\" is no verb of %s, which are %s: see rouse help %s",
			args->operand[0], command, names, command);
	else
		cli_error("say what to do: %s; see rouse help %s", names, command);
	return CLI_USAGE;
}

static int check_verb(const struct cli_args *args, const struct cli_verb *verb) {
	const char *command = args->command->name;
	int count = args->operand_count - 1;

	for (int i = 0; args->command->options[i].name; i++) {
		if (!args->value[i] || verb_has(verb, args->command->options[i].name))
			continue;
		cli_error("--%s means nothing to %s %s: see rouse help %s",
			args->command->options[i].name, command, verb->name, command);
		return CLI_USAGE;
	}
	if (count >= verb->operands_min && count <= verb->operands_max)
		return CLI_OK;
	if (count > verb->operands_max)
		cli_error("too many words after %s %s: see rouse help %s", command, verb->name,
			command);
	else
		cli_error("%s %s needs %s", command, verb->name, verb->operands);
	return CLI_USAGE;
}

int cli_run_verb(const struct cli_args *args, const struct cli_verb *verbs) {
	for (const struct cli_verb *verb = verbs; args->operand_count && verb->name; verb++) {
		int rc;

		if (strcmp(verb->name, args->operand[0]) != 0)
			continue;
		rc = check_verb(args, verb);
		return rc == CLI_OK ? verb->run(args) : rc;
	}
	return refuse_verb(args, verbs);
}

// Sentences quote what was typed, and what files and machines say.
void cli_error(const char *format, ...) {
	char *sentence, *clean;
	va_list list;

	va_start(list, format);
	if (vasprintf(&sentence, format, list) < 0)
		abort();
	va_end(list);
	clean = output_clean(sentence);
	fprintf(stderr, "rouse: %s\n", clean);
	free(clean);
	free(sentence);
}
