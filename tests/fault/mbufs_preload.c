// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Tells how many buffers of all pools are in use, for rouse-dataplane with this in LD_PRELOAD: four
// times a second a thread of its own writes the number into the file that ROUSE_MBUFS names. It
// starts with the first worker, when the pools are there.

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PERIOD_US 250000

struct rte_mempool;
int rte_eal_remote_launch(int (*body)(void *), void *arg, unsigned lcore);

static void (*walk)(void (*see)(struct rte_mempool *, void *), void *arg);
static unsigned (*in_use)(const struct rte_mempool *pool);

static void add(struct rte_mempool *pool, void *arg) {
	*(unsigned *)arg += in_use(pool);
}

static void *tell(void *arg) {
	int fd = open(arg, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	while (fd >= 0) {
		unsigned sum = 0;
		char line[16];
		int len;

		walk(add, &sum);
		len = snprintf(line, sizeof(line), "%10u\n", sum);
		if (pwrite(fd, line, (size_t)len, 0) != len)
			break;
		usleep(PERIOD_US);
	}
	return NULL;
}

static void start(void) {
	char *path = getenv("ROUSE_MBUFS");
	pthread_t thread;

	*(void **)&walk = dlsym(RTLD_DEFAULT, "rte_mempool_walk");
	*(void **)&in_use = dlsym(RTLD_DEFAULT, "rte_mempool_in_use_count");
	if (path && walk && in_use && pthread_create(&thread, NULL, tell, path) == 0)
		pthread_detach(thread);
}

int rte_eal_remote_launch(int (*body)(void *), void *arg, unsigned lcore) {
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int (*real)(int (*)(void *), void *, unsigned);

	*(void **)&real = dlsym(RTLD_NEXT, "rte_eal_remote_launch");
	pthread_once(&once, start);
	return real(body, arg, lcore);
}
