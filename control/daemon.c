// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Start, timers, signals and end of the daemon. What it publishes and when is in daemon_policy.c.

#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "brain.h"
#include "control_log.h"
#include "daemon_http.h"
#include "rest.h"
#include "state_view.h"

#define BEAT_MS        1000u
#define POLL_EVENTS_MS 100u

static const int caught[] = {SIGHUP, SIGTERM, SIGINT};

static void tell_errors(const char *path, const struct config_errors *errors) {
	for (size_t i = 0; i < errors->count && i < CONFIG_ERRORS_MAX; i++) {
		char line[512];

		config_error_print(&errors->list[i], path, line, sizeof(line));
		control_log(CONTROL_ERROR, "%s", line);
	}
}

static int load_config(struct daemon *daemon) {
	struct config_errors *errors = mem_alloc(sizeof(*errors));

	daemon->config = config_load(daemon->config_path, errors);
	tell_errors(daemon->config_path, errors);
	free(errors);
	daemon->configured_unix_s = time(NULL);
	return daemon->config ? 0 : -EINVAL;
}

// The directory belongs to us, and the group rouse may look into it.
static int make_runtime_dir(const char *path) {
	struct group *group = getgrnam("rouse");

	if (mkdir(path, 0750) < 0) {
		if (errno == EEXIST)
			return 0;
		control_log(
			CONTROL_ERROR, "runtime_dir %s cannot be made: %s", path, strerror(errno));
		return -errno;
	}
	if (group && chown(path, (uid_t)-1, group->gr_gid) < 0)
		control_log(CONTROL_WARNING, "%s cannot be given to group rouse: %s", path,
			strerror(errno));
	return 0;
}

static int take_lock(struct daemon *daemon) {
	char path[256];

	snprintf(path, sizeof(path), "%s/control.lock", daemon->config->runtime_dir);
	daemon->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (daemon->lock_fd < 0) {
		control_log(CONTROL_ERROR, "%s: %s", path, strerror(errno));
		return -errno;
	}
	if (flock(daemon->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	control_log(CONTROL_ERROR, "another rouse-control runs with runtime_dir %s",
		daemon->config->runtime_dir);
	return -EBUSY;
}

// A dataplane that runs keeps its table: a default that has grown since its start must not be told
// to it, nor a smaller one.
static void choose_leases(struct daemon *daemon) {
	struct state_view state;
	char why[SHM_WHY_SIZE];
	uint64_t age_ms;

	daemon->leases = config_lease_table(daemon->config);
	if (daemon->config->max_leases || !daemon->publisher.former_leases)
		return;
	if (state_view_open(&state, daemon->config->runtime_dir, why) < 0)
		return;
	if (state_health(&state.region->header, &age_ms) != STATE_DEAD &&
		daemon->publisher.former_leases != daemon->leases) {
		daemon->leases = daemon->publisher.former_leases;
		control_log(CONTROL_NOTICE,
			"the running dataplane keeps its lease table of %u: a restart would make "
			"it %u",
			daemon->leases, config_lease_table(daemon->config));
	}
	state_view_close(&state);
}

static void on_table(void *context) {
	struct daemon *daemon = context;

	uv_async_send(&daemon->images_ready);
}

static void follow(void *context, const struct event_record *event, const char *file) {
	brain_event(((struct daemon *)context)->brain, event, file);
}

int daemon_start_brain(struct daemon *daemon) {
	struct brain *brain;
	char why[BRAIN_WHY];
	int rc;

	if (daemon->brain || !daemon->config->brain.given)
		return 0;
	rc = brain_open(&brain, daemon, why);
	if (rc < 0) {
		control_log(CONTROL_ERROR, "%s", why);
		return rc;
	}
	daemon->brain = brain;
	daemon->events.follow_context = daemon;
	daemon->events.follow = follow;
	return 0;
}

static int open_regions(struct daemon *daemon) {
	const char *runtime_dir = daemon->config->runtime_dir;
	char why[IMAGE_SERVICE_WHY];
	int rc = event_log_open(&daemon->events, runtime_dir, why);

	if (rc == 0)
		rc = publisher_open(&daemon->publisher, runtime_dir, why);
	if (rc == 0) {
		choose_leases(daemon);
		rc = image_service_start(&daemon->images, daemon->config,
			daemon->events.region->want_tail, on_table, daemon, why);
	}
	if (rc == 0)
		rc = rest_start(&daemon->rest, daemon, runtime_dir, why);
	if (rc < 0)
		control_log(CONTROL_ERROR, "%s", why);
	if (rc == 0)
		rc = daemon_start_brain(daemon);
	if (rc == 0)
		rc = daemon_start_http(daemon);
	return rc;
}

static void on_images(uv_async_t *handle) {
	struct daemon *daemon = handle->data;
	struct image_table *table = image_service_table(daemon->images);

	if (!table)
		return;
	image_table_drop(daemon->table);
	daemon->table = table;
	event_log_images(&daemon->events, table);
	if (daemon->brain)
		brain_images(daemon->brain);
	daemon_publish_soon(daemon);
}

static void on_beat(uv_timer_t *handle) {
	struct daemon *daemon = handle->data;

	publisher_beat(&daemon->publisher);
	event_log_beat(&daemon->events);
	image_service_beat(daemon->images);
	// The first publication waits for all files, but not for ever.
	if (!daemon->generation)
		daemon_publish_soon(daemon);
}

static void on_poll_events(uv_timer_t *handle) {
	struct daemon *daemon = handle->data;

	if (!daemon->brain || !brain_rests(daemon->brain)) {
		event_log_run(&daemon->events, daemon->config);
		if (!daemon->brain || brain_tick(daemon->brain))
			event_log_done(&daemon->events);
	}
	daemon_check_adoption(daemon);
}

static void on_signal(uv_signal_t *handle, int number) {
	struct daemon *daemon = handle->data;
	json_t *warnings; // the log has them

	if (number != SIGHUP) {
		uv_stop(&daemon->loop);
		return;
	}
	json_decref(daemon_reload(daemon, &warnings));
	json_decref(warnings);
}

// --- calls of other threads

bool daemon_ask(struct daemon *daemon, struct daemon_call *call) {
	uv_mutex_lock(&daemon->lock);
	if (daemon->closing) {
		uv_mutex_unlock(&daemon->lock);
		return false;
	}
	call->next = daemon->calls;
	daemon->calls = call;
	uv_async_send(&daemon->calls_ready);
	while (!call->done)
		uv_cond_wait(&daemon->answered, &daemon->lock);
	uv_mutex_unlock(&daemon->lock);
	return call->status != 0;
}

static struct daemon_call *take_calls(struct daemon *daemon) {
	struct daemon_call *calls;

	uv_mutex_lock(&daemon->lock);
	calls = daemon->calls;
	daemon->calls = NULL;
	uv_mutex_unlock(&daemon->lock);
	return calls;
}

static void finish_call(struct daemon *daemon, struct daemon_call *call) {
	uv_mutex_lock(&daemon->lock);
	call->done = true;
	uv_cond_broadcast(&daemon->answered);
	uv_mutex_unlock(&daemon->lock);
}

static void on_calls(uv_async_t *handle) {
	struct daemon *daemon = handle->data;
	struct daemon_call *call = take_calls(daemon);

	while (call) {
		struct daemon_call *next = call->next; // the caller's memory, gone once it is done

		call->status = call->run(daemon, call->context, &call->answer);
		finish_call(daemon, call);
		call = next;
	}
}

// Nobody may wait for an answer that will not come.
static void refuse_calls(struct daemon *daemon) {
	struct daemon_call *call;

	uv_mutex_lock(&daemon->lock);
	daemon->closing = true;
	uv_mutex_unlock(&daemon->lock);
	call = take_calls(daemon);
	while (call) {
		struct daemon_call *next = call->next;

		finish_call(daemon, call);
		call = next;
	}
}

// --- start and end

static void start_handles(struct daemon *daemon) {
	uv_timer_start(&daemon->beat, on_beat, BEAT_MS, BEAT_MS);
	uv_timer_start(&daemon->poll_events, on_poll_events, POLL_EVENTS_MS, POLL_EVENTS_MS);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		uv_signal_start(&daemon->signals[i], on_signal, caught[i]);
}

static void init_handles(struct daemon *daemon) {
	uv_loop_init(&daemon->loop);
	uv_mutex_init(&daemon->lock);
	uv_cond_init(&daemon->answered);
	uv_async_init(&daemon->loop, &daemon->images_ready, on_images);
	uv_async_init(&daemon->loop, &daemon->calls_ready, on_calls);
	uv_timer_init(&daemon->loop, &daemon->beat);
	uv_timer_init(&daemon->loop, &daemon->poll_events);
	uv_timer_init(&daemon->loop, &daemon->publish);
	daemon->images_ready.data = daemon->calls_ready.data = daemon;
	daemon->beat.data = daemon->poll_events.data = daemon->publish.data = daemon;
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
		uv_signal_init(&daemon->loop, &daemon->signals[i]);
		daemon->signals[i].data = daemon;
	}
}

static void close_handle(uv_handle_t *handle, void *context) {
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void close_all(struct daemon *daemon) {
	refuse_calls(daemon);
	rest_stop(daemon->rest);
	daemon_stop_http(daemon);
	brain_close(daemon->brain);
	daemon->brain = NULL;
	image_service_stop(daemon->images);
	uv_walk(&daemon->loop, close_handle, NULL);
	uv_run(&daemon->loop, UV_RUN_DEFAULT);
	uv_loop_close(&daemon->loop);
	uv_cond_destroy(&daemon->answered);
	uv_mutex_destroy(&daemon->lock);
	image_table_drop(daemon->table);
	publisher_close(&daemon->publisher);
	event_log_close(&daemon->events);
	config_free(daemon->config);
	if (daemon->lock_fd >= 0)
		close(daemon->lock_fd);
}

int daemon_run(const char *config_path) {
	struct daemon *daemon = mem_alloc(sizeof(*daemon));
	int rc;

	daemon->config_path = config_path;
	daemon->lock_fd = -1;
	daemon->started_unix_s = time(NULL);
	daemon->started_ms = state_boottime_ns() / 1000000u;
	signal(SIGPIPE, SIG_IGN);
	init_handles(daemon);
	rc = load_config(daemon);
	if (rc == 0)
		rc = make_runtime_dir(daemon->config->runtime_dir);
	if (rc == 0)
		rc = take_lock(daemon);
	if (rc == 0)
		rc = open_regions(daemon);
	if (rc == 0) {
		start_handles(daemon);
		control_log(CONTROL_NOTICE, "runs with %s, runtime_dir %s", config_path,
			daemon->config->runtime_dir);
		uv_run(&daemon->loop, UV_RUN_DEFAULT);
		control_log(CONTROL_NOTICE, "ends, as it was told");
	}
	close_all(daemon);
	free(daemon);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
