// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// One thread that sleeps in sigtimedwait: a signal comes, a program has died, or it is time to
// start one again.

#include "cli/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

#define END_PATIENCE_MS 5000u // until SIGKILL follows SIGTERM

struct supervisor {
	struct supervised *programs;
	size_t count;
	sigset_t signals;
	bool stopping;
	int rc;
};

static uint64_t now_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint32_t supervisor_delay_ms(uint32_t quick_deaths) {
	uint32_t delay = SUPERVISOR_FIRST_MS;

	for (uint32_t i = 1; i < quick_deaths && delay < SUPERVISOR_LONGEST_MS; i++)
		delay *= 2;
	return delay < SUPERVISOR_LONGEST_MS ? delay : SUPERVISOR_LONGEST_MS;
}

bool supervisor_hopeless(const struct supervised *program, int status) {
	return !program->proven && WIFEXITED(status) && program->quick_deaths >= SUPERVISOR_GIVE_UP;
}

static bool usable(const char *path) {
	return access(path, X_OK) == 0;
}

static bool find_in_path(const char *name, char *path, size_t size) {
	const char *list = getenv("PATH");

	while (list && *list) {
		int len = (int)strcspn(list, ":");

		snprintf(path, size, "%.*s/%s", len, list, name);
		if (len && usable(path))
			return true;
		list += len + (list[len] == ':');
	}
	return false;
}

int supervisor_find(const char *name, char *path, size_t size) {
	static const char *const places[] = {".", "../dataplane", "../control", "../libexec/rouse"};
	char own[2048];
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;

	own[len > 0 ? len : 0] = '\0';
	slash = strrchr(own, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; slash && i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, size, "%s/%s/%s", own, places[i], name);
		if (usable(path))
			return 0;
	}
	return find_in_path(name, path, size) ? 0 : -ENOENT;
}

static void child(const struct supervised *program, pid_t parent) {
	sigset_t none;

	// A process group of its own: Ctrl-C reaches the supervisor alone, which ends them in
	// order.
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(program->path, (char *const *)program->argv);
	fprintf(stderr, "rouse: cannot run %s: %s\n", program->path, strerror(errno));
	_exit(127);
}

static void start(struct supervised *program) {
	pid_t parent = getpid(), pid = fork();

	program->started_ms = now_ms();
	if (pid == 0)
		child(program, parent);
	if (pid > 0) {
		program->pid = pid;
		return;
	}
	cli_error("cannot start %s: %s", program->name, strerror(errno));
	program->quick_deaths++;
	program->start_at_ms = now_ms() + supervisor_delay_ms(program->quick_deaths);
}

static void describe(int status, char *out, size_t size) {
	if (WIFSIGNALED(status))
		snprintf(out, size, "was killed by signal %d (%s)%s", WTERMSIG(status),
			strsignal(WTERMSIG(status)),
			WCOREDUMP(status) ? " and left a core file" : "");
	else
		snprintf(out, size, "ended with exit status %d", WEXITSTATUS(status));
}

static void say_restart(const struct supervised *program, const char *what, uint32_t delay) {
	if (program->quick_deaths < SUPERVISOR_GIVE_UP)
		cli_error("%s %s; starting it again in %u ms", program->name, what, delay);
	else
		cli_error("%s %s, as each of the last %u times, within %u ms of its start: see its "
			  "own "
			  "messages; trying again in %u ms",
			program->name, what, program->quick_deaths, SUPERVISOR_PROVEN_MS, delay);
}

static void died(struct supervisor *s, struct supervised *program, int status) {
	uint64_t now = now_ms();
	char what[128];
	uint32_t delay;

	program->pid = 0;
	if (s->stopping)
		return;
	if (now - program->started_ms >= SUPERVISOR_PROVEN_MS) {
		program->proven = true;
		program->quick_deaths = 0;
	}
	program->quick_deaths++;
	describe(status, what, sizeof(what));
	if (supervisor_hopeless(program, status)) {
		cli_error("%s %s %u times and has never run: see its own messages; giving up",
			program->name, what, program->quick_deaths);
		s->stopping = true;
		s->rc = -EIO;
		return;
	}
	delay = supervisor_delay_ms(program->quick_deaths);
	say_restart(program, what, delay);
	program->start_at_ms = now + delay;
}

static void reap(struct supervisor *s) {
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < s->count; i++)
			if (s->programs[i].pid == pid)
				died(s, &s->programs[i], status);
}

// Starts what is due; how long until the next is due, at most a second.
static uint64_t start_due(struct supervisor *s) {
	uint64_t now = now_ms(), wait = 1000;

	for (size_t i = 0; i < s->count; i++) {
		struct supervised *program = &s->programs[i];

		if (program->pid)
			continue;
		if (program->start_at_ms <= now)
			start(program);
		else if (program->start_at_ms - now < wait)
			wait = program->start_at_ms - now;
	}
	return wait;
}

static int wait_signal(const struct supervisor *s, uint64_t ms) {
	struct timespec timeout = {
		.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

	return sigtimedwait(&s->signals, NULL, &timeout);
}

static void hand_on_hup(struct supervisor *s) {
	for (size_t i = 0; i < s->count; i++)
		if (s->programs[i].wants_hup && s->programs[i].pid)
			kill(s->programs[i].pid, SIGHUP);
}

static void handle(struct supervisor *s, int signal) {
	switch (signal) {
	case SIGCHLD:
		reap(s);
		break;
	case SIGHUP:
		hand_on_hup(s);
		break;
	case SIGTERM:
	case SIGINT:
		s->stopping = true;
		break;
	}
}

static void end(struct supervisor *s, struct supervised *program) {
	uint64_t deadline = now_ms() + END_PATIENCE_MS;

	if (!program->pid)
		return;
	kill(program->pid, SIGTERM);
	while (program->pid) {
		uint64_t now = now_ms();

		if (now >= deadline) {
			cli_error("%s did not end within %u ms of SIGTERM, killing it",
				program->name, END_PATIENCE_MS);
			kill(program->pid, SIGKILL);
			deadline = now + END_PATIENCE_MS;
		}
		wait_signal(s, deadline - now);
		reap(s);
	}
}

static void waited_for(sigset_t *signals) {
	sigemptyset(signals);
	sigaddset(signals, SIGCHLD);
	sigaddset(signals, SIGHUP);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
}

void supervisor_block_signals(void) {
	sigset_t signals;

	waited_for(&signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
}

int supervisor_run(struct supervised *programs, size_t count) {
	struct supervisor s = {.programs = programs, .count = count};

	waited_for(&s.signals);
	supervisor_block_signals();
	while (!s.stopping)
		handle(&s, wait_signal(&s, start_due(&s)));
	for (size_t i = count; i > 0; i--)
		end(&s, &programs[i - 1]);
	return s.rc;
}
