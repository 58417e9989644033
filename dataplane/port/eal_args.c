// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// With hugepages the EAL keeps its memory anonymous (--in-memory), without them it is told not to
// look for any; DPDK 22.11 refuses the two together. Either way kill -9 leaves no file behind.

#include "eal_args.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define EAL_OVERHEAD_MB 32u // rings, device tables, the EAL itself

uint64_t eal_args_free_hugepages_mb(void) {
	unsigned long long pages = 0, size_kb = 0;
	char line[128];
	FILE *file = fopen("/proc/meminfo", "re");

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		(void)sscanf(line, "HugePages_Free: %llu", &pages);
		(void)sscanf(line, "Hugepagesize: %llu kB", &size_kb);
	}
	fclose(file);
	return pages * size_kb / 1024;
}

__attribute__((format(printf, 2, 3))) static void add(
	struct eal_args *args, const char *format, ...) {
	size_t room = sizeof(args->text) - args->used;
	va_list list;
	int len;

	if (args->argc < 0)
		return;
	va_start(list, format);
	len = vsnprintf(args->text + args->used, room, format, list);
	va_end(list);
	if (args->argc == EAL_ARGS_MAX || (size_t)len >= room) {
		args->argc = -1;
		return;
	}
	args->argv[args->argc++] = args->text + args->used;
	args->argv[args->argc] = NULL;
	args->used += (size_t)len + 1;
}

// The CPUs that we may use, as "(0-3,8)".
static void format_cpus(const cpu_set_t *cpus, char *out, size_t size) {
	size_t at = (size_t)snprintf(out, size, "(");
	int cpu, last;

	for (cpu = 0; cpu < CPU_SETSIZE && at < size; cpu = last + 1) {
		last = cpu;
		if (!CPU_ISSET(cpu, cpus))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, cpus))
			last++;
		at += (size_t)snprintf(
			out + at, size - at, "%s%d-%d", at > 1 ? "," : "", cpu, last);
	}
	if (at < size)
		snprintf(out + at, size - at, ")");
}

static int nth_cpu(const cpu_set_t *cpus, int n) {
	int cpu;

	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, cpus) && n-- == 0)
			return cpu;
	return -1;
}

// lcore 0 floats over all CPUs; so do the workers unless they are to be pinned.
static int add_lcores(const struct eal_plan *plan, struct eal_args *args) {
	char list[1024], floating[512];
	cpu_set_t cpus;
	size_t at;
	int i;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return -errno;
	if (plan->pin && plan->workers > CPU_COUNT(&cpus))
		return -EINVAL;
	format_cpus(&cpus, floating, sizeof(floating));
	at = (size_t)snprintf(list, sizeof(list), "0@%s", floating);
	for (i = 0; i < plan->workers && at < sizeof(list); i++) {
		if (plan->pin)
			at += (size_t)snprintf(
				list + at, sizeof(list) - at, ",%d@%d", i + 1, nth_cpu(&cpus, i));
		else
			at += (size_t)snprintf(
				list + at, sizeof(list) - at, ",%d@%s", i + 1, floating);
	}
	if (at >= sizeof(list))
		return -ENOSPC;
	add(args, "--lcores");
	add(args, "%s", list);
	return 0;
}

static void add_memory(const struct eal_plan *plan, struct eal_args *args) {
	uint32_t need = plan->memory_mb + EAL_OVERHEAD_MB;

	args->hugepages = eal_args_free_hugepages_mb() >= need;
	if (args->hugepages) {
		add(args, "--in-memory");
		return;
	}
	add(args, "--no-huge");
	add(args, "--no-shconf");
	add(args, "--file-prefix=rouse-%d", (int)getpid());
	add(args, "-m");
	add(args, "%u", need);
}

int eal_args_build(const struct eal_plan *plan, struct eal_args *args) {
	uint16_t i;
	int rc;

	*args = (struct eal_args){0};
	add(args, "%s", plan->program);
	rc = add_lcores(plan, args);
	if (rc < 0)
		return rc;
	add_memory(plan, args);
	add(args, "--no-telemetry");
	add(args, "--log-level=error");
	if (!plan->pci_count)
		add(args, "--no-pci");
	for (i = 0; i < plan->pci_count; i++)
		add(args, "--allow=%s", plan->pci[i]);
	return args->argc < 0 ? -ENOSPC : 0;
}
