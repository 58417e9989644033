// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The control daemon: one libuv loop that owns configuration, policy region and event rings; the
// image thread and the REST threads talk to it by messages.

#pragma once

#include <jansson.h>
#include <uv.h>

#include "adoption.h"
#include "capture_lease.h"
#include "config.h"
#include "event_log.h"
#include "image_service.h"
#include "publish.h"

struct daemon;
struct brain;
struct daemon_http;
struct rest;

// A request that another thread waits for while the loop answers it.
struct daemon_call {
	// Returns the HTTP status; *answer is a new reference.
	unsigned int (*run)(struct daemon *daemon, const void *context, json_t **answer);
	const void *context;
	unsigned int status;
	json_t *answer;
	bool done;
	struct daemon_call *next;
};

struct daemon {
	const char *config_path;
	struct config *config;
	uint32_t leases; // the size of the dataplane's table, fixed at start
	int lock_fd;
	struct publisher publisher;
	struct event_log events;
	struct capture_leases captures;
	struct image_service *images;
	struct image_table *table;   // the latest
	struct brain *_Atomic brain; // NULL: no profiles were ever configured
	struct rest *rest;
	struct daemon_http *http;
	int64_t started_unix_s;
	int64_t configured_unix_s;
	uint64_t started_ms;
	uint64_t published_ms; // of the last publication, 0: none
	int64_t published_unix_s;
	uint64_t generation;
	struct adoption adoption;
	bool told_missing;           // the boot files of this configuration that are not there
	size_t failed_reload_errors; // of the last reload, 0: it was taken
	uv_loop_t loop;
	uv_async_t images_ready;
	uv_async_t calls_ready;
	uv_timer_t beat;
	uv_timer_t poll_events;
	uv_timer_t publish;
	uv_signal_t signals[3];
	uv_mutex_t lock; // of calls and closing
	uv_cond_t answered;
	struct daemon_call *calls;
	bool closing;
};

// Runs until a signal ends it. Returns the process's exit code.
int daemon_run(const char *config_path);

// From another thread: has the loop run a call. False: the daemon is ending.
bool daemon_ask(struct daemon *daemon, struct daemon_call *call);

// On the loop: reads the configuration again. NULL: taken, and *warnings is a new array of {"key",
// "warning"} about what of it is not in force. Otherwise a new array of errors, *warnings is NULL.
json_t *daemon_reload(struct daemon *daemon, json_t **warnings);

// Opens the store and what follows nodes, once there are profiles. 0, or -errno, which is told.
int daemon_start_brain(struct daemon *daemon);

// Schedules a publication: at once, but at most ten in a second; several become one.
void daemon_publish_soon(struct daemon *daemon);

// Says when the dataplane does not take what is published. Call it ten times a second.
void daemon_check_adoption(struct daemon *daemon);
