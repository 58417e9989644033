// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// `rouse help --completion`: meson installs it where bash looks for completions. It needs no more
// than bash itself.

#include "cli/completion.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

// What completes a value or an operand that the help calls so; "" for nothing.
static const char *action(const char *placeholder) {
	if (strstr(placeholder, "FILE"))
		return "-f";
	if (strstr(placeholder, "DIR"))
		return "-d";
	return "";
}

static void put_names(void) {
	for (size_t i = 0; cli_commands[i]; i++)
		printf("%s%s", i ? " " : "", cli_commands[i]->name);
}

// What stands for one of several words in the help.
static const struct {
	const char *placeholder;
	const char *words;
} choices[] = {{"FORMAT", "dnsmasq isc kea json"}};

// A word of the usage line: itself if it is to be typed so, or what it stands for.
static void put_word(const char *word, size_t len) {
	if (len == 7 && !memcmp(word, "COMMAND", len))
		put_names();
	else if (word[0] >= 'a' && word[0] <= 'z')
		printf("%.*s ", (int)len, word);
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
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

static void put_command(const struct cli_command *command) {
	printf("\t%s) options='", command->name);
	for (const struct cli_option *o = command->options; o && o->name; o++)
		printf("--%s ", o->name);
	fputs("--help'", stdout);
	put_operands(command);
	fputs(" ;;\n", stdout);
}

// Options that take the same kind of value in every command that has them.
static void put_values(const char *wanted) {
	const char *between = "";

	for (size_t i = 0; cli_commands[i]; i++) {
		for (const struct cli_option *o = cli_commands[i]->options; o && o->name; o++) {
			if (!o->value || strcmp(action(o->value), wanted) != 0)
				continue;
			printf("%s%s:--%s", between, cli_commands[i]->name, o->name);
			between = " | ";
			if (o->letter)
				printf("%s%s:-%c", between, cli_commands[i]->name, o->letter);
		}
	}
}

static void put_value_case(const char *wanted) {
	fputs("\t", stdout);
	put_values(wanted);
	if (wanted[0])
		printf(") mapfile -t COMPREPLY < <(compgen %s -- \"$word\"); return ;;\n", wanted);
	else
		fputs(") return ;;\n", stdout);
}

void completion_print(void) {
	fputs("# bash completion for rouse, written by rouse help --completion\n\n"
	      "_rouse() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tlocal command=${COMP_WORDS[1]} options='' words='' operand=''\n\n"
	      "\tcompopt -o filenames 2>/dev/null\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W '",
		stdout);
	put_names();
	fputs(" --help --version' -- \"$word\")\n\t\treturn\n\tfi\n"
	      "\tcase $command:$previous in\n",
		stdout);
	put_value_case("-f");
	put_value_case("-d");
	put_value_case("");
	fputs("\tesac\n\tcase $command in\n", stdout);
	for (size_t i = 0; cli_commands[i]; i++)
		put_command(cli_commands[i]);
	fputs("\tesac\n"
	      "\tif [[ $word == -* ]]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
	      "\telse\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen ${operand:+\"$operand\"} "
	      "${words:+-W \"$words\"} -- \"$word\")\n"
	      "\tfi\n}\ncomplete -F _rouse rouse\n",
		stdout);
}
