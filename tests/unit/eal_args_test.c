// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The argument vector of the EAL: what must be there, and what must not be there together.

#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "eal_args.h"

static const char *value_of(const struct eal_args *args, const char *name) {
	int i;

	for (i = 0; i < args->argc; i++)
		if (strncmp(args->argv[i], name, strlen(name)) == 0)
			return args->argv[i] + strlen(name);
	return NULL;
}

static void more_pinned_workers_than_cpus(void **state) {
	struct eal_plan plan = {.program = "x", .memory_mb = 1, .workers = 2000, .pin = true};
	struct eal_args args;

	(void)state;
	assert_int_equal(eal_args_build(&plan, &args), -EINVAL);
}

static void too_many_devices(void **state) {
	struct eal_plan plan = {.program = "x", .memory_mb = 1, .workers = 1, .pci_count = 1};
	static char device[5000];
	struct eal_args args;

	(void)state;
	memset(device, '0', sizeof(device) - 1);
	plan.pci[0] = device;
	assert_int_equal(eal_args_build(&plan, &args), -ENOSPC);
}

static void without_hugepages(void **state) {
	struct eal_plan plan = {.program = "x", .memory_mb = 1u << 30, .workers = 1};
	struct eal_args args;

	(void)state;
	assert_int_equal(eal_args_build(&plan, &args), 0);
	assert_false(args.hugepages);
	assert_non_null(value_of(&args, "--no-huge"));
	assert_non_null(value_of(&args, "--no-shconf"));
	assert_non_null(value_of(&args, "-m"));
	assert_null(value_of(&args, "--in-memory")); // DPDK 22.11 refuses the two together
}

static void unpinned_workers_float(void **state) {
	struct eal_plan plan = {.program = "x", .memory_mb = 1, .workers = 2};
	struct eal_args args;
	int i;

	(void)state;
	assert_int_equal(eal_args_build(&plan, &args), 0);
	for (i = 0; i < args.argc && strcmp(args.argv[i], "--lcores") != 0; i++)
		;
	assert_in_range(i, 1, args.argc - 2);
	assert_non_null(strstr(args.argv[i + 1], "0@("));
	assert_non_null(strstr(args.argv[i + 1], ",1@("));
	assert_non_null(strstr(args.argv[i + 1], ",2@("));
	assert_non_null(value_of(&args, "--no-telemetry"));
	assert_non_null(value_of(&args, "--no-pci"));
	assert_null(args.argv[args.argc]);
}

static void pinned_workers_have_a_cpu_each(void **state) {
	struct eal_plan plan = {.program = "x", .memory_mb = 1, .workers = 1, .pin = true};
	struct eal_args args;
	cpu_set_t cpus;
	char wanted[32];
	int cpu = 0;

	(void)state;
	sched_getaffinity(0, sizeof(cpus), &cpus);
	while (!CPU_ISSET(cpu, &cpus))
		cpu++;
	snprintf(wanted, sizeof(wanted), ",1@%d", cpu);
	assert_int_equal(eal_args_build(&plan, &args), 0);
	assert_non_null(strstr(args.argv[2], wanted));
}

static void devices_are_allowed(void **state) {
	struct eal_plan plan = {.program = "x",
		.memory_mb = 1,
		.workers = 1,
		.pci = {"0000:01:00.0"},
		.pci_count = 1};
	struct eal_args args;

	(void)state;
	assert_int_equal(eal_args_build(&plan, &args), 0);
	assert_string_equal(value_of(&args, "--allow="), "0000:01:00.0");
	assert_null(value_of(&args, "--no-pci"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_pinned_workers_than_cpus),
		cmocka_unit_test(too_many_devices),
		cmocka_unit_test(without_hugepages),
		cmocka_unit_test(unpinned_workers_float),
		cmocka_unit_test(pinned_workers_have_a_cpu_each),
		cmocka_unit_test(devices_are_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
