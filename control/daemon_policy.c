// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// When the daemon publishes, and what a reload may change.

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "brain.h"
#include "config_check.h"
#include "control_log.h"
#include "daemon.h"
#include "daemon_http.h"
#include "refusal.h"
#include "state_view.h"

#define PUBLISH_GAP_MS 100u
// How long the first publication waits for all files to be loaded, which saves clients a second
// request. Until then no machine gets an address; afterwards requests for the files that are still
// missing stay without an answer, so their clients ask again.
#define FIRST_WAIT_MS  2000u

static uint64_t now_ms(void) {
	return state_boottime_ns() / 1000000u;
}

// Without names every file would be "not found". Whoever took over a region that is published
// already leaves that in force meanwhile.
static bool is_ready(const struct daemon *daemon) {
	if (!daemon->table || (daemon->brain && !brain_is_ready(daemon->brain)))
		return false;
	return daemon->table->complete || daemon->generation ||
	       now_ms() >= daemon->started_ms + FIRST_WAIT_MS;
}

static void tell_published(struct daemon *daemon, uint64_t generation) {
	if (!daemon->generation)
		control_log(CONTROL_NOTICE,
			"policy %llu is published: %zu files, %u hosts, %u rules",
			(unsigned long long)generation, daemon->table->count,
			daemon->config->host_count, daemon->config->rule_count);
}

// By any spelling that the look-up of names takes.
static const struct image_entry *find_file(const struct image_table *table, const char *name) {
	for (size_t i = 0; i < table->count; i++)
		if (!strcasecmp(table->entries[i].path, name))
			return &table->entries[i];
	return NULL;
}

// Once for each configuration: machines that match such a rule would fail, and nobody near them
// knows why.
static void tell_if_missing(
	struct daemon *daemon, const char *file, uint32_t next_server, uint32_t line) {
	const struct image_entry *entry;

	// Elsewhere: a URI, or another server's.
	if (!file || strstr(file, "://") || next_server || publish_is_rendered(daemon->table, file))
		return;
	entry = find_file(daemon->table, file);
	if ((!entry || !entry->served) &&
		!publish_some_host_has(daemon->config, daemon->table, file))
		control_log(CONTROL_WARNING,
			"%s:%u: boot: %s is not served: %s; machines that match cannot boot",
			daemon->config_path, line, file,
			entry ? entry->reason : "there is no such file below boot_root");
}

// The rules that come with Rouse are for several kinds of machines; of the usual two there should
// be one at least.
static void tell_no_loader(struct daemon *daemon) {
	if (!find_file(daemon->table, "undionly.kpxe") && !find_file(daemon->table, "ipxe.efi"))
		control_log(CONTROL_WARNING,
			"%s has neither undionly.kpxe (BIOS) nor ipxe.efi (UEFI), so firmware gets "
			"no boot file: copy them from /usr/lib/ipxe, or write boot: rules",
			daemon->config->boot_root);
}

static void tell_missing(struct daemon *daemon) {
	const struct config *config = daemon->config;

	if (daemon->told_missing || !daemon->table->complete)
		return;
	daemon->told_missing = true;
	for (uint32_t i = 0; i < config->rule_count; i++) {
		const struct config_rule *rule = &config->rules[i];

		if (!rule->line) {
			tell_no_loader(daemon);
			break;
		}
		tell_if_missing(daemon, rule->file, rule->next_server, rule->line);
		for (uint32_t k = 0; k < rule->menu_count; k++)
			tell_if_missing(daemon, rule->menu[k].file, rule->menu[k].next_server,
				rule->menu[k].line);
	}
}

static void on_publish(uv_timer_t *handle) {
	struct daemon *daemon = handle->data;
	int64_t generation;
	char why[256];

	if (!is_ready(daemon))
		return;
	generation = publisher_publish(
		&daemon->publisher, daemon->config, daemon->leases, daemon->table, why);
	daemon->published_ms = now_ms();
	if (generation < 0) {
		control_log(CONTROL_ERROR, "the policy cannot be published: %s", why);
		return;
	}
	tell_published(daemon, (uint64_t)generation);
	tell_missing(daemon);
	daemon->published_unix_s = time(NULL);
	daemon->generation = (uint64_t)generation;
	image_service_published(daemon->images, daemon->table->version, daemon->generation);
}

void daemon_publish_soon(struct daemon *daemon) {
	uint64_t now = now_ms(), due = daemon->published_ms + PUBLISH_GAP_MS;

	if (!uv_is_active((uv_handle_t *)&daemon->publish))
		uv_timer_start(&daemon->publish, on_publish, due > now ? due - now : 0, 0);
}

void daemon_check_adoption(struct daemon *daemon) {
	const struct state_view *state = event_log_state(&daemon->events);
	struct refusal refusal = {0};
	struct adoption_view view;
	char sentence[ADOPTION_TEXT];

	if (state) {
		refusal_read(&state->region->refusal, &refusal);
		view = (struct adoption_view){
			.adopted = state_adopted(state),
			.refused = refusal.generation,
			.refusal = refusal.text,
		};
	}
	if (adoption_check(&daemon->adoption, state ? &view : NULL, daemon->generation, now_ms(),
		    sentence))
		control_log(CONTROL_ERROR, "%s", sentence);
}

static json_t *errors_json(const struct config_errors *errors) {
	json_t *list = json_array();

	for (size_t i = 0; i < errors->count && i < CONFIG_ERRORS_MAX; i++)
		json_array_append_new(
			list, json_pack("{s:i, s:s, s:s}", "line", (int)errors->list[i].line, "key",
				      errors->list[i].key, "error", errors->list[i].text));
	return list;
}

// Whether a snapshot can be made of it.
static void try_building(
	struct daemon *daemon, const struct config *config, struct config_errors *errors) {
	void *snapshot = mem_alloc(POLICY_SNAPSHOT_MAX);
	char why[256];

	if (publish_try(config, daemon->leases, daemon->table, snapshot, why) < 0)
		config_error_add(errors, 0, "", "%s", why);
	free(snapshot);
}

static void tell_refused(struct daemon *daemon, const struct config_errors *errors) {
	control_log(CONTROL_ERROR, "the configuration is not taken, what runs goes on unchanged");
	for (size_t i = 0; i < errors->count && i < CONFIG_ERRORS_MAX; i++) {
		char line[512];

		config_error_print(&errors->list[i], daemon->config_path, line, sizeof(line));
		control_log(CONTROL_ERROR, "%s", line);
	}
}

// The table's size stays what it was at start, so that the default does not count as a change.
static void check_next(
	struct daemon *daemon, const struct config *next, struct config_errors *errors) {
	config_check_reload(daemon->config, next, daemon->leases, errors);
	if (!errors->count)
		try_building(daemon, next, errors);
}

// What is taken, but not in force.
static json_t *take(struct daemon *daemon, struct config *next) {
	json_t *warnings = json_array();

	config_free(daemon->config);
	daemon->config = next;
	daemon->told_missing = false;
	daemon->configured_unix_s = time(NULL);
	control_log(CONTROL_NOTICE, "the configuration %s is taken", daemon->config_path);
	image_service_reload(daemon->images, next);
	if (daemon_start_brain(daemon) < 0)
		json_array_append_new(warnings,
			json_pack("{s:s, s:s}", "key", "profiles", "warning",
				"nodes get nothing of it, as what keeps them does not start: see "
				"the log"));
	else if (daemon->brain)
		brain_reload(daemon->brain);
	daemon_reload_http(daemon, next);
	daemon_http_warnings(daemon, warnings);
	daemon_publish_soon(daemon);
	return warnings;
}

json_t *daemon_reload(struct daemon *daemon, json_t **warnings) {
	struct config_errors *errors = mem_alloc(sizeof(*errors));
	struct config *next = config_load(daemon->config_path, errors);
	json_t *list = NULL;

	*warnings = NULL;
	if (next)
		check_next(daemon, next, errors);
	daemon->failed_reload_errors = errors->count;
	if (errors->count) {
		tell_refused(daemon, errors);
		list = errors_json(errors);
		config_free(next);
	} else {
		*warnings = take(daemon, next);
	}
	free(errors);
	return list;
}
