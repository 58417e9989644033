// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Timing and counting. The measured code runs in a thread whose stack begins at a page: where a
// stack begins else depends on the environment, and with it how many instructions a memcpy takes.

#include "micro.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include <x86intrin.h>

#define STACK_BYTES  (1u << 20)
#define CALIBRATE_NS 50000000
#define WARM_BATCHES 4u
#define BATCHES_MAX  100000u

struct job {
	const struct micro_case *c;
	void *state;
	uint32_t batches;
	uint32_t steps;
	double *cycles; // per step, of each batch
};

void micro_counted(const struct micro_case *c, void *state, uint32_t steps);

void micro_pin(bool pinned) {
	static cpu_set_t all;
	cpu_set_t one;
	int cpu;

	if (CPU_COUNT(&all) == 0 && sched_getaffinity(0, sizeof(all), &all))
		micro_die("sched_getaffinity", "refused");
	CPU_ZERO(&one);
	for (cpu = CPU_SETSIZE - 1; cpu > 0 && !CPU_ISSET(cpu, &all); cpu--)
		;
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), pinned ? &one : &all))
		micro_die("sched_setaffinity", "refused");
}

static uint64_t now_ns(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

double micro_tsc_hz(void) {
	uint64_t ns = now_ns(), tsc = __rdtsc(), end;

	do {
		end = now_ns();
	} while (end - ns < CALIBRATE_NS);
	return (double)(__rdtsc() - tsc) * 1e9 / (double)(end - ns);
}

static uint64_t tsc_begin(void) {
	_mm_lfence();
	return __rdtsc();
}

static uint64_t tsc_end(void) {
	unsigned cpu;
	uint64_t tsc = __rdtscp(&cpu);

	_mm_lfence();
	return tsc;
}

static void *time_batches(void *arg) {
	struct job *job = arg;
	const struct micro_case *c = job->c;

	micro_pin(true);
	for (uint32_t i = 0; i < WARM_BATCHES; i++)
		c->run(job->state, c->batch);
	for (uint32_t i = 0; i < job->batches; i++) {
		uint64_t begin = tsc_begin();

		c->run(job->state, c->batch);
		job->cycles[i] = (double)(tsc_end() - begin) / c->batch;
	}
	return NULL;
}

// The name is what tests/measure/instructions tells callgrind, and -flto must leave it.
#ifdef __clang__
#define MICRO_KEPT __attribute__((noinline, used))
#else
#define MICRO_KEPT __attribute__((noipa, externally_visible))
#endif
MICRO_KEPT void micro_counted(const struct micro_case *c, void *state, uint32_t steps) {
	c->run(state, steps);
}

static void *run_counted(void *arg) {
	struct job *job = arg;

	job->c->run(job->state, job->steps);
	micro_counted(job->c, job->state, job->steps);
	return NULL;
}

static void on_own_stack(void *(*body)(void *), struct job *job) {
	static _Alignas(4096) char stack[STACK_BYTES];
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	if (pthread_attr_setstack(&attributes, stack, sizeof(stack)) ||
		pthread_create(&thread, &attributes, body, job))
		micro_die("thread", "cannot be started");
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
}

static int by_size(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

struct micro_result micro_time(const struct micro_case *c, uint32_t batches) {
	struct job job = {.c = c, .batches = batches < BATCHES_MAX ? batches : BATCHES_MAX};
	struct micro_result result;

	job.cycles = micro_memory(job.batches * sizeof(*job.cycles));
	job.state = c->begin(c);
	on_own_stack(time_batches, &job);
	c->end(job.state);
	qsort(job.cycles, job.batches, sizeof(*job.cycles), by_size);
	result =
		(struct micro_result){.best = job.cycles[0], .median = job.cycles[job.batches / 2]};
	free(job.cycles);
	return result;
}

void micro_count(const struct micro_case *c, uint32_t steps) {
	struct job job = {.c = c, .steps = steps, .state = c->begin(c)};

	on_own_stack(run_counted, &job);
	c->end(job.state);
}
