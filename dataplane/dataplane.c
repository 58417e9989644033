// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The main thread's work while the dataplane runs: it follows the policy, beats the heart, and
// watches the ports. Start and stop are in dataplane_start.c.

#include "dataplane.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "probe_mark.h"

#define TICKS_PER_BEAT (500 / DATAPLANE_TICK_MS)
#define LOCK_STEP_MS   10
#define LOCK_TRIES     150
#define WAIT_LOG_TICKS (10000 / DATAPLANE_TICK_MS)
#define PASS_STEP_NS   50000

// A process that was killed holds its lock until the kernel has taken it apart.
static bool take_lock(int fd) {
	const struct timespec step = {.tv_nsec = LOCK_STEP_MS * 1000000L};
	unsigned tries;

	for (tries = 0; tries < LOCK_TRIES; tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		nanosleep(&step, NULL);
	}
	return false;
}

int dataplane_lock(struct dataplane *dp, const char *runtime_dir) {
	char path[POLICY_WATCH_PATH];
	int rc;

	dp->runtime_dir = runtime_dir;
	dp->journal_dir = -1;
	snprintf(path, sizeof(path), "%s/dataplane.lock", runtime_dir);
	dp->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (dp->lock_fd < 0) {
		rc = -errno;
		log_say(LOG_LEVEL_ERROR,
			"cannot open %s: %s; rouse-control makes the directory, or --runtime-dir "
			"names another",
			path, strerror(-rc));
		return rc;
	}
	if (!take_lock(dp->lock_fd)) {
		log_say(LOG_LEVEL_ERROR, "another dataplane runs in %s: %s is locked", runtime_dir,
			path);
		close(dp->lock_fd);
		return -EBUSY;
	}
	policy_watch_init(&dp->watch, runtime_dir);
	return 0;
}

// One tick's sleep. True: a signal to end came.
static bool tick(const sigset_t *signals) {
	const struct timespec step = {.tv_nsec = DATAPLANE_TICK_MS * 1000000L};

	return sigtimedwait(signals, NULL, &step) > 0;
}

int dataplane_wait_policy(struct dataplane *dp, const sigset_t *signals) {
	char why[POLICY_WATCH_WHY], said[POLICY_WATCH_WHY] = "";
	unsigned ticks;
	int rc;

	for (ticks = 0;; ticks++) {
		rc = policy_watch_poll(&dp->watch, &dp->current, why);
		if (rc == 1)
			break;
		if (rc < 0 && why[0] && strcmp(why, said) != 0)
			log_say(LOG_LEVEL_ERROR, "the published policy cannot be used: %s", why);
		else if (rc == 0 && (strcmp(why, said) != 0 || ticks % WAIT_LOG_TICKS == 0))
			log_say(LOG_LEVEL_NOTICE,
				"waiting for rouse-control to publish a policy%s%s",
				why[0] ? ": there is no " : " in ", why[0] ? why : dp->runtime_dir);
		snprintf(said, sizeof(said), "%s", why);
		if (tick(signals))
			return -EINTR;
	}
	policy_watch_fix(&dp->watch, dp->current);
	dp->leftover = policy_watch_is_leftover(&dp->watch, dp->current);
	return 0;
}

static bool all_have_seen(const struct dataplane *dp) {
	uint16_t i;

	for (i = 0; i < dp->worker_count; i++)
		if (atomic_load_explicit(&dp->worker[i].seen, memory_order_acquire) != dp->current)
			return false;
	return true;
}

static void wait_pass(const struct worker *w) {
	const struct timespec step = {.tv_nsec = PASS_STEP_NS};
	uint64_t loops = atomic_load_explicit(&w->block->loops, memory_order_acquire);

	while (!atomic_load(&w->sleeping) &&
		atomic_load_explicit(&w->block->loops, memory_order_acquire) == loops)
		nanosleep(&step, NULL);
}

// What the caller and the workers have stored reaches the others during the first step.
void dataplane_wait_workers(void *arg) {
	const struct dataplane *dp = arg;
	const struct timespec step = {.tv_nsec = PASS_STEP_NS};
	uint16_t i;

	nanosleep(&step, NULL);
	for (i = 0; i < dp->worker_count; i++)
		wait_pass(&dp->worker[i]);
}

static void wake_all(struct dataplane *dp) {
	uint16_t i;

	for (i = 0; i < dp->worker_count; i++)
		wait_wake(wait_event_fd(&dp->worker[i].waiter));
}

static void tell_refused(struct dataplane *dp, const char *why) {
	log_say(LOG_LEVEL_ERROR, "kept the policy of generation %llu: %s",
		(unsigned long long)dp->current->generation, why);
	state_set_refusal(&dp->state, dp->watch.generation, why);
}

// Probing starts anew for other pools only: a site whose files change often would never see its
// end.
static bool same_pools(const struct outlook *a, const struct outlook *b) {
	uint32_t count = a->policy.count[POLICY_POOLS];

	return count == b->policy.count[POLICY_POOLS] &&
	       memcmp(a->policy.pools, b->policy.pools, count * sizeof(*a->policy.pools)) == 0;
}

static void follow_probes(struct dataplane *dp) {
	prober_tick(&dp->prober, &dp->current->policy, dp->link_up);
	if (!dp->probes || !prober_is_complete(&dp->prober))
		return;
	dp->probes = false;
	if (probe_mark_clear(dp->journal_dir) < 0)
		log_say(LOG_LEVEL_WARNING, "cannot remove the mark beside the lease journal: the "
					   "next start will probe all addresses again");
	else
		log_say(LOG_LEVEL_NOTICE, "all addresses of the pools have been asked");
}

// An operator who has started everything anew, to have a change taken that needs it, must not have
// to do so again only because control took longer than we did.
static bool must_begin_anew(const struct dataplane *dp, int rc, const char *why) {
	if (rc != -ERESTART || !dp->leftover)
		return false;
	log_say(LOG_LEVEL_NOTICE,
		"ending, to begin with the policy of the rouse-control that runs now: that of a "
		"former one was in use, and %s",
		why);
	return true;
}

// A new outlook is published only when every worker has taken the one before, so two are alive at
// most; publications in between coalesce. 0, or -ERESTART.
static int follow_policy(struct dataplane *dp) {
	const struct outlook *next;
	char why[POLICY_WATCH_WHY];
	int rc;

	if (!all_have_seen(dp))
		return 0;
	if (dp->former) {
		policy_watch_drop(dp->former);
		dp->former = NULL;
	}
	rc = policy_watch_poll(&dp->watch, &next, why);
	if (must_begin_anew(dp, rc, why))
		return rc;
	if (rc < 0 && why[0])
		tell_refused(dp, why);
	if (rc <= 0)
		return 0;
	dp->leftover = false;
	dp->former = dp->current;
	dp->current = next;
	policy_watch_fix(&dp->watch, next);
	if (!same_pools(dp->former, next))
		prober_restart(&dp->prober);
	atomic_store_explicit(&dp->published, next, memory_order_release);
	wake_all(dp);
	return 0;
}

static void follow_images_id(struct dataplane *dp) {
	uint8_t id[16];

	if (!all_have_seen(dp) || !policy_watch_images_id(dp->current, id) ||
		memcmp(id, dp->images_id, sizeof(id)) == 0)
		return;
	memcpy(dp->images_id, id, sizeof(id));
	state_set_images(&dp->state, id);
}

static void watch_link(struct dataplane *dp, uint16_t index) {
	struct state_port *told = &dp->state.region->port[index];
	bool up = port_link_up(&dp->port[index]);

	if (up == atomic_load_explicit(&dp->link_up[index], memory_order_relaxed))
		return;
	log_say(LOG_LEVEL_NOTICE, "%s: the link is %s", told->device, up ? "up" : "down");
	atomic_store_explicit(&dp->link_up[index], up, memory_order_relaxed);
	told->link_up = up;
}

static bool interface_is_replaced(const struct dataplane *dp) {
	uint16_t i;

	for (i = 0; i < dp->port_count; i++) {
		if (!port_is_replaced(&dp->port[i]))
			continue;
		log_say(LOG_LEVEL_WARNING,
			"ending, to begin anew: %s is another interface now, and the former one is "
			"gone",
			dp->port[i].config.device);
		return true;
	}
	return false;
}

// A virtual machine boots as soon as its vhost port is connected: such links are looked at each
// tick, which costs nothing, those of the kernel twice a second.
static void watch_ports(struct dataplane *dp, bool beat) {
	uint16_t i;

	for (i = 0; i < dp->port_count; i++) {
		if (beat || !port_is_kernel(&dp->port[i]))
			watch_link(dp, i);
		if (beat)
			atomic_store_explicit(&dp->state.region->port[i].rx_missed,
				port_missed(&dp->port[i]), memory_order_relaxed);
	}
}

int dataplane_loop(struct dataplane *dp, const sigset_t *signals) {
	unsigned ticks;

	for (ticks = 0; !tick(signals); ticks++) {
		int rc = follow_policy(dp);

		if (rc < 0)
			return rc;
		follow_images_id(dp);
		follow_probes(dp);
		if (ticks % TICKS_PER_BEAT == 0 && interface_is_replaced(dp))
			return -ERESTART;
		watch_ports(dp, ticks % TICKS_PER_BEAT == 0);
		if (ticks % TICKS_PER_BEAT == 0)
			state_beat(&dp->state);
	}
	log_say(LOG_LEVEL_NOTICE, "ending: asked to by a signal");
	return 0;
}
