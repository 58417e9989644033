// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Built with sanitizers only: undefined behaviour must end the program with a failure, without help
// from the environment.

#include "unit.h"

#include <limits.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int largest = INT_MAX;

static void undefined_behaviour_ends_the_program(void **state) {
	char *const arguments[] = {"sanitizer_test", "overflow", NULL}, *const nothing[] = {NULL};
	int status;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		execve("/proc/self/exe", arguments, nothing);
		_exit(EXIT_SUCCESS);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}

int main(int argc, char **argv) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undefined_behaviour_ends_the_program),
	};

	if (argc == 2 && strcmp(argv[1], "overflow") == 0) {
		largest = largest + 1;
		return EXIT_SUCCESS;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
