// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse-dataplane: takes its lock, waits for a policy, runs until it is told to end.

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane.h"
#include "log.h"
#include "options.h"

// Blocked in every thread, so that the main thread gets them when it asks.
static void block_signals(sigset_t *signals) {
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); // a reload is control's business
}

static int run(struct dataplane *dp, const sigset_t *signals) {
	int rc;

	rc = dataplane_wait_policy(dp, signals);
	if (rc < 0)
		return rc == -EINTR ? 0 : rc;
	rc = dataplane_start(dp);
	if (rc < 0)
		return rc;
	rc = dataplane_loop(dp, signals);
	dataplane_stop(dp);
	return rc;
}

int main(int argc, char **argv) {
	static struct dataplane dp;
	struct options options;
	sigset_t signals;
	int rc;

	rc = options_parse(argc, argv, &options);
	if (rc >= 0)
		return rc;
	block_signals(&signals);
	rc = dataplane_lock(&dp, options.runtime_dir);
	if (rc == 0)
		rc = run(&dp, &signals);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
