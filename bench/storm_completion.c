// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// `rouse-storm --completion`: meson installs it where bash looks for completions. A command's name
// has one or two words.

#include "storm_completion.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static size_t first_len(const struct storm_command *command) {
	return strcspn(command->name, " ");
}

static bool same_first(const struct storm_command *a, const struct storm_command *b) {
	return first_len(a) == first_len(b) && !memcmp(a->name, b->name, first_len(a));
}

// "null tx" is preceded by another with that first word.
static bool is_known(const struct storm_command *const *commands, size_t at) {
	for (size_t i = 0; i < at; i++) {
		if (same_first(commands[i], commands[at]))
			return true;
	}
	return false;
}

static void put_first_words(const struct storm_command *const *commands, size_t count) {
	for (size_t i = 0; i < count; i++) {
		if (!is_known(commands, i))
			printf("%.*s ", (int)first_len(commands[i]), commands[i]->name);
	}
}

// What may follow the first word of command at.
static void put_second_words(const struct storm_command *const *commands, size_t count, size_t at) {
	if (!strchr(commands[at]->name, ' ') || is_known(commands, at))
		return;
	printf("\t%.*s) words='", (int)first_len(commands[at]), commands[at]->name);
	for (size_t i = at; i < count; i++) {
		if (same_first(commands[i], commands[at]))
			printf("%s ", commands[i]->name + first_len(commands[i]) + 1);
	}
	fputs("' ;;\n", stdout);
}

static void put_options(const struct storm_command *command) {
	printf("\t'%s '*) options='", command->name);
	for (const struct storm_arg *arg = command->args; arg->name; arg++)
		printf("--%s ", arg->name);
	fputs("--help' ;;\n", stdout);
}

void storm_completion_print(const struct storm_command *const *commands, size_t count) {
	fputs("# bash completion for rouse-storm, written by rouse-storm --completion\n\n"
	      "_rouse_storm() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} options='' words=''\n\n"
	      "\tcompopt -o filenames 2>/dev/null\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W '",
		stdout);
	put_first_words(commands, count);
	fputs("--help --version' -- \"$word\")\n\t\treturn\n\tfi\n"
	      "\tcase ${COMP_WORDS[1]} in\n",
		stdout);
	for (size_t i = 0; i < count; i++)
		put_second_words(commands, count, i);
	fputs("\tesac\n"
	      "\tif [ \"$COMP_CWORD\" -eq 2 ] && [ -n \"$words\" ]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
	      "\t\treturn\n\tfi\n"
	      "\tcase \"${COMP_WORDS[1]} ${COMP_WORDS[2]} \" in\n",
		stdout);
	for (size_t i = 0; i < count; i++)
		put_options(commands[i]);
	fputs("\tesac\n"
	      "\tif [[ $word == -* ]]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
	      "\telse\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
	      "\tfi\n}\ncomplete -F _rouse_storm rouse-storm\n",
		stdout);
}
