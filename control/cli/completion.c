// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// `rouse help --completion`: meson installs it where bash looks for completions. It needs no more
// than bash itself, or zsh with its bashcompinit, which has no mapfile.

#include "cli/completion.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

// Whether a placeholder is a word of a usage line: FILE is none of PROFILE.
static bool has_word(const char *operands, const char *word) {
	size_t len = strlen(word);

	for (const char *at = operands; (at = strstr(at, word)); at += len) {
		bool begins = at == operands || strchr("[ |", at[-1]);

		if (begins && !isupper((unsigned char)at[len]))
			return true;
	}
	return false;
}

// What completes a value or an operand that the help calls so; "" for nothing, or for a name that
// is asked for.
static const char *action(const char *placeholder) {
	if (has_word(placeholder, "FILE"))
		return "-f";
	if (has_word(placeholder, "DIR"))
		return "-d";
	return "";
}

// What the help calls so is asked of rouse-control by `rouse KIND list --names`.
static const struct {
	const char *placeholder;
	const char *kind;
} asked[] = {{"NODE", "node"}, {"PROFILE", "profile"}, {"ROLE", "role"}};

#define ASKED (sizeof(asked) / sizeof(asked[0]))

static void put_names(void) {
	for (size_t i = 0; cli_commands[i]; i++)
		printf("%s%s", i ? " " : "", cli_commands[i]->name);
}

// What stands for one of several words in the help.
static const struct {
	const char *placeholder;
	const char *words;
} choices[] = {{"FORMAT", "dnsmasq isc kea json"},
	{"STATE", "discovered booting booted installing installed failed"}};

#define CHOICES (sizeof(choices) / sizeof(choices[0]))

// The words of which an option takes one: "csv|dnsmasq" are themselves. NULL: others.
static const char *words_of(const char *placeholder) {
	for (size_t i = 0; i < CHOICES; i++)
		if (!strcmp(choices[i].placeholder, placeholder))
			return choices[i].words;
	return strchr(placeholder, '|') && islower((unsigned char)placeholder[0]) ? placeholder
										  : NULL;
}

// A word of the usage line: itself if it is to be typed so, or what it stands for.
static void put_word(const char *word, size_t len) {
	if (len == 7 && !memcmp(word, "COMMAND", len))
		put_names();
	else if (word[0] >= 'a' && word[0] <= 'z')
		printf("%.*s ", (int)len, word);
	for (size_t i = 0; i < CHOICES; i++)
		if (len == strlen(choices[i].placeholder) &&
			!memcmp(word, choices[i].placeholder, len))
			printf("%s ", choices[i].words);
}

// "up|down" as words, "[COMMAND]" as the commands, "[FILE]" as files.
static void put_operands(const struct cli_command *command) {
	static const char between[] = "[]| ";

	fputs(" words='", stdout);
	for (const char *at = command->operands; *at;) {
		size_t len = strcspn(at, between);

		put_word(at, len);
		at += len + strspn(at + len, between);
	}
	putchar('\'');
	if (action(command->operands)[0])
		printf(" operand=%s", action(command->operands));
}

// Names that rouse-control knows: past the verb, where the command has verbs.
static void put_asked(const struct cli_command *command) {
	bool verbs = command->operands[0] >= 'a' && command->operands[0] <= 'z';

	for (size_t i = 0; i < ASKED; i++) {
		if (!has_word(command->operands, asked[i].placeholder))
			continue;
		printf("\n\t\t%swords+=\" $(_rouse_names %s)\"",
			verbs ? "[ \"$COMP_CWORD\" -gt 2 ] && " : "", asked[i].kind);
	}
}

static void put_command(const struct cli_command *command) {
	printf("\t%s) options='", command->name);
	for (const struct cli_option *o = command->options; o && o->name; o++)
		printf("--%s ", o->name);
	fputs("--help'", stdout);
	put_operands(command);
	put_asked(command);
	fputs(" ;;\n", stdout);
}

static void put_pattern(
	const struct cli_command *command, const struct cli_option *option, const char **between) {
	printf("%s%s:--%s", *between, command->name, option->name);
	*between = " | ";
	if (option->letter)
		printf("%s%s:-%c", *between, command->name, option->letter);
}

static bool is_asked(const char *placeholder) {
	for (size_t i = 0; i < ASKED; i++)
		if (!strcmp(asked[i].placeholder, placeholder))
			return true;
	return false;
}

// Options that take the same kind of value in every command that has them.
static void put_values(const char *wanted) {
	const char *between = "";

	for (size_t i = 0; cli_commands[i]; i++)
		for (const struct cli_option *o = cli_commands[i]->options; o && o->name; o++)
			if (o->value && !is_asked(o->value) && !words_of(o->value) &&
				!strcmp(action(o->value), wanted))
				put_pattern(cli_commands[i], o, &between);
}

static void put_asked_case(size_t kind) {
	const char *between = "\t";

	for (size_t i = 0; cli_commands[i]; i++) {
		for (const struct cli_option *o = cli_commands[i]->options; o && o->name; o++) {
			if (!o->value || strcmp(o->value, asked[kind].placeholder) != 0)
				continue;
			put_pattern(cli_commands[i], o, &between);
		}
	}
	if (between[0] == '\t') // no option takes this kind
		return;
	printf(") _rouse_reply -W \"$(_rouse_names %s)\" -- \"$word\"; return ;;\n",
		asked[kind].kind);
}

static void put_choice(const struct cli_command *command, const struct cli_option *option) {
	const char *between = "\t";

	put_pattern(command, option, &between);
	fputs(") _rouse_reply -W '", stdout);
	for (const char *at = words_of(option->value); *at; at++)
		putchar(*at == '|' ? ' ' : *at);
	fputs("' -- \"$word\"; return ;;\n", stdout);
}

static void put_choices(void) {
	for (size_t i = 0; cli_commands[i]; i++)
		for (const struct cli_option *o = cli_commands[i]->options; o && o->name; o++)
			if (o->value && words_of(o->value))
				put_choice(cli_commands[i], o);
}

static void put_value_case(const char *wanted) {
	fputs("\t", stdout);
	put_values(wanted);
	if (wanted[0])
		printf(") _rouse_reply %s -- \"$word\"; return ;;\n", wanted);
	else
		fputs(") return ;;\n", stdout);
}

void completion_print(void) {
	fputs("# Completion for rouse, written by rouse help --completion. zsh wants\n"
	      "# autoload -U bashcompinit && bashcompinit before it.\n\n"
	      "# What compgen finds, a line each: file names may have blanks.\n"
	      "_rouse_reply() {\n"
	      "\tlocal line\n"
	      "\tCOMPREPLY=()\n"
	      "\twhile IFS= read -r line; do\n"
	      "\t\tCOMPREPLY+=(\"$line\")\n"
	      "\tdone < <(compgen \"$@\")\n"
	      "}\n\n"
	      "# Of the instance that the line is about; nothing when it does not run.\n"
	      "_rouse_names() {\n"
	      "\tlocal i where=()\n"
	      "\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
	      "\t\tcase ${COMP_WORDS[i]} in\n"
	      "\t\t--config | --runtime-dir) where=(\"${COMP_WORDS[i]}\" "
	      "\"${COMP_WORDS[i + 1]}\") ;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\trouse \"$1\" list --names \"${where[@]}\" 2>/dev/null\n"
	      "}\n\n"
	      "_rouse() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tlocal command=${COMP_WORDS[1]} options='' words='' operand=''\n\n"
	      "\tcompopt -o filenames 2>/dev/null\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	      "\t\t_rouse_reply -W '",
		stdout);
	put_names();
	fputs(" --help --version' -- \"$word\"\n\t\treturn\n\tfi\n"
	      "\tcase $command:$previous in\n",
		stdout);
	put_value_case("-f");
	put_value_case("-d");
	for (size_t i = 0; i < ASKED; i++)
		put_asked_case(i);
	put_choices();
	put_value_case("");
	fputs("\tesac\n\tcase $command in\n", stdout);
	for (size_t i = 0; cli_commands[i]; i++)
		put_command(cli_commands[i]);
	fputs("\tesac\n"
	      "\tif [[ $word == -* ]]; then\n"
	      "\t\t_rouse_reply -W \"$options\" -- \"$word\"\n"
	      "\telse\n"
	      "\t\t_rouse_reply ${operand:+\"$operand\"} ${words:+-W \"$words\"} -- \"$word\"\n"
	      "\tfi\n}\ncomplete -F _rouse rouse\n",
		stdout);
}
