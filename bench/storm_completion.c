// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// `rouse-storm --completion`: meson installs it where bash looks for completions.

#include "storm_completion.h"

#include <stdio.h>

static void put_case(const struct storm_command *command) {
	printf("\t%s) options='", command->name);
	for (const struct storm_arg *arg = command->args; arg->name; arg++)
		printf("--%s ", arg->name);
	fputs("--help' ;;\n", stdout);
}

void storm_completion_print(const struct storm_command *const *commands, size_t count) {
	fputs("# bash completion for rouse-storm, written by rouse-storm --completion\n\n"
	      "_rouse_storm() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} options=''\n\n"
	      "\tcompopt -o filenames 2>/dev/null\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W '",
		stdout);
	for (size_t i = 0; i < count; i++)
		printf("%s ", commands[i]->name);
	fputs("--help --version' -- \"$word\")\n\t\treturn\n\tfi\n"
	      "\tcase ${COMP_WORDS[1]} in\n",
		stdout);
	for (size_t i = 0; i < count; i++)
		put_case(commands[i]);
	fputs("\tesac\n"
	      "\tif [[ $word == -* ]]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
	      "\telse\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
	      "\tfi\n}\ncomplete -F _rouse_storm rouse-storm\n",
		stdout);
}
