// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Two processes in a network namespace that ends with them: the reflector, and the generator, whose
// figures come back in shared memory.

#include "storm_ceiling.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storm_reflect.h"
#include "storm_veth.h"

#define ADDRESS     0xc0000201u // 192.0.2.1, no machine's
#define DEADLINE_US 120000000u

struct shared {
	int err;
	const char *what; // a literal: the same address on both sides of a fork
	struct storm_ceiling result;
};

static struct storm_packet *open_end(const char *name) {
	struct storm_place place = {.interface = name};
	char why[STORM_PACKET_WHY_SIZE];

	return storm_packet_open(&place, true, why);
}

// Until it is killed, or its parent ends.
static void reflect(
	const struct storm_boot_settings *s, const char *boot_file, struct storm_packet *packet) {
	struct storm_reflect reflect = {.address = ADDRESS,
		.port = 69,
		.blksize = 1468,
		.files = s->catalog,
		.boot_file = boot_file};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	storm_reflect_packet(&reflect, packet);
	_exit(1);
}

static void note_result(const struct storm_boot_settings *s, const struct storm_boot_totals *t,
	struct storm_ceiling *result) {
	result->elapsed_us = t->elapsed_us;
	result->receive_drops = t->receive_drops;
	result->send_failures = t->send_failures;
	for (uint32_t i = 0; i < s->mix.count; i++) {
		result->started += t->counts[i].started;
		result->completed += t->counts[i].completed;
		result->bytes += t->counts[i].bytes;
	}
}

// The same machines; their contents have to agree with each other's, not with the server's.
static int generate(const struct storm_boot_settings *settings, struct storm_ceiling *result) {
	struct storm_boot_settings *s = malloc(sizeof(*s));
	struct storm_boot_totals *totals = calloc(1, sizeof(*totals));
	struct storm_packet *packet = open_end(STORM_VETH_NEAR);

	if (!s || !totals || !packet)
		return -ENOMEM;
	*s = *settings;
	s->catalog = calloc(1, sizeof(*s->catalog));
	s->loss = s->dup = s->reorder = 0;
	s->log = NULL;
	s->keep_timeline = false;
	s->deadline_us = s->deadline_us ? s->deadline_us : DEADLINE_US;
	if (!s->catalog || storm_boot_run(s, packet, totals) < 0)
		return -ENOMEM;
	note_result(s, totals, result);
	return 0;
}

static void run_child(
	const struct storm_boot_settings *settings, const char *boot_file, struct shared *shared) {
	struct storm_packet *far;
	pid_t reflector;

	shared->what = "network namespace";
	shared->err = storm_veth_enter();
	if (shared->err)
		_exit(1);
	shared->err = -EIO;
	// Opened here, so that no frame comes too early for it.
	shared->what = "reflector";
	far = open_end(STORM_VETH_FAR);
	if (!far)
		_exit(1);
	reflector = fork();
	if (reflector == 0)
		reflect(settings, boot_file, far);
	shared->err = reflector < 0 ? -errno : generate(settings, &shared->result);
	if (reflector > 0)
		kill(reflector, SIGKILL);
	_exit(0);
}

int storm_ceiling_measure(const struct storm_boot_settings *settings, const char *boot_file,
	struct storm_ceiling *ceiling, const char **what) {
	struct shared *shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0, err;
	pid_t child;

	*what = "memory";
	if (shared == MAP_FAILED)
		return -errno;
	*shared = (struct shared){.err = -EIO, .what = "generator"};
	fflush(NULL);
	child = fork();
	if (child == 0)
		run_child(settings, boot_file, shared);
	err = child < 0 || waitpid(child, &status, 0) < 0 ? -errno : shared->err;
	*ceiling = shared->result;
	*what = shared->what;
	munmap(shared, sizeof(*shared));
	return err;
}
