// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Moves the write-ahead log into the database file, in a thread with a connection of its own: it
// writes and syncs for up to 50 ms, and control's loop must not wait so long. SQLite lets the loop
// go on writing meanwhile, but then the log goes on growing: one that has become very long is moved
// by the loop itself, after which it begins anew.

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

#define PAGES      1000  // of 4 KiB in the log
#define PAGES_LONG 32768 // 128 MiB

static bool wait_for_work(struct store_checkpointer *checkpointer) {
	bool go;

	pthread_mutex_lock(&checkpointer->lock);
	while (!checkpointer->wanted && !checkpointer->ending)
		pthread_cond_wait(&checkpointer->wake, &checkpointer->lock);
	go = !checkpointer->ending;
	pthread_mutex_unlock(&checkpointer->lock);
	return go;
}

static void finish(struct store_checkpointer *checkpointer, int rc) {
	pthread_mutex_lock(&checkpointer->lock);
	checkpointer->wanted = false;
	checkpointer->failed = rc != SQLITE_OK && rc != SQLITE_BUSY && rc != SQLITE_LOCKED;
	pthread_mutex_unlock(&checkpointer->lock);
}

static void *work(void *context) {
	struct store_checkpointer *checkpointer = context;

	while (wait_for_work(checkpointer))
		finish(checkpointer, sqlite3_wal_checkpoint_v2(checkpointer->db, NULL,
					     SQLITE_CHECKPOINT_PASSIVE, NULL, NULL));
	return NULL;
}

// Signals are the main thread's.
static int start_thread(struct store_checkpointer *checkpointer) {
	sigset_t all, former;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &former);
	err = pthread_create(&checkpointer->thread, NULL, work, checkpointer);
	pthread_sigmask(SIG_SETMASK, &former, NULL);
	return -err;
}

int store_checkpointer_start(struct store *store) {
	struct store_checkpointer *checkpointer = &store->checkpointer;
	int rc;

	// A connection that has read nothing yet does not know of the log, and moves nothing.
	if (sqlite3_open_v2(store->path, &checkpointer->db,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
		sqlite3_exec(checkpointer->db, "SELECT count(*) FROM meta", NULL, NULL, NULL) !=
			SQLITE_OK) {
		sqlite3_close(checkpointer->db);
		checkpointer->db = NULL;
		return store_say(store, -EIO, "%s cannot be opened a second time", store->path);
	}
	pthread_mutex_init(&checkpointer->lock, NULL);
	pthread_cond_init(&checkpointer->wake, NULL);
	rc = start_thread(checkpointer);
	if (rc < 0)
		return store_say(
			store, rc, "no thread can be started for checkpoints: %s", strerror(-rc));
	checkpointer->runs = true;
	return 0;
}

void store_checkpointer_stop(struct store *store) {
	struct store_checkpointer *checkpointer = &store->checkpointer;

	if (checkpointer->runs) {
		pthread_mutex_lock(&checkpointer->lock);
		checkpointer->ending = true;
		pthread_cond_signal(&checkpointer->wake);
		pthread_mutex_unlock(&checkpointer->lock);
		pthread_join(checkpointer->thread, NULL);
	}
	sqlite3_close(checkpointer->db);
	memset(checkpointer, 0, sizeof(*checkpointer));
}

// False: the last one has failed.
static bool ask(struct store_checkpointer *checkpointer) {
	bool failed;

	pthread_mutex_lock(&checkpointer->lock);
	failed = checkpointer->failed;
	checkpointer->failed = false;
	checkpointer->wanted = true;
	pthread_cond_signal(&checkpointer->wake);
	pthread_mutex_unlock(&checkpointer->lock);
	return !failed;
}

static int checkpoint_now(struct store *store) {
	int rc = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	return rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY
		       ? 0
		       : store_fail(store, "make a checkpoint");
}

int store_checkpoint(struct store *store) {
	if (store->log_pages < PAGES)
		return 0;
	if (store->log_pages >= PAGES_LONG)
		return checkpoint_now(store);
	if (ask(&store->checkpointer))
		return 0;
	return store_say(store, -EIO, "the log of %s cannot be moved into it: see the system's log",
		store->path);
}
