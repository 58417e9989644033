// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "rest_answers.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "brain.h"
#include "capture.h"
#include "daemon.h"
#include "daemon_http.h"
#include "rest_leases.h"
#include "store_nodes.h"
#include "text.h"

unsigned int rest_ask(struct daemon *daemon,
	unsigned int (*run)(struct daemon *, const void *, json_t **), const void *context,
	json_t **value) {
	struct daemon_call call = {.run = run, .context = context};

	if (daemon_ask(daemon, &call)) {
		*value = call.answer;
		return call.status;
	}
	return rest_refuse(value, MHD_HTTP_SERVICE_UNAVAILABLE, "rouse-control is ending");
}

unsigned int rest_refuse(json_t **value, unsigned int status, const char *format, ...) {
	char sentence[1024], clean[1024];
	va_list list;
	json_t *text;

	va_start(list, format);
	vsnprintf(sentence, sizeof(sentence), format, list);
	va_end(list);
	text = json_string(sentence);
	if (!text) // not UTF-8
		text = json_string(text_clean(sentence, strlen(sentence), clean, sizeof(clean)));
	*value = json_pack("{s:o}", "error", text);
	return status;
}

const char *rest_query(const struct rest_request *request, const char *name) {
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

// What is in memory now, of what a table names.
static bool is_resident(const struct daemon *daemon, const struct image_entry *entry) {
	struct image_residency now;

	return entry->served &&
	       image_service_look(daemon->images, entry->slot, entry->generation, &now) &&
	       now.state == IMAGE_READY;
}

static json_t *images_summary(const struct daemon *daemon, const struct image_table *table) {
	size_t known = 0, resident = 0;
	uint64_t bytes = 0;

	if (!table)
		return json_null();
	for (size_t i = 0; i < table->count; i++) {
		known += table->entries[i].served;
		if (!is_resident(daemon, &table->entries[i]))
			continue;
		resident++;
		bytes += table->entries[i].size;
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:b, s:s}",
		"files", (json_int_t)table->count, "served", (json_int_t)resident, "served_bytes",
		(json_int_t)bytes, "on_request", (json_int_t)(known - resident), "left_out",
		(json_int_t)(table->count - known + table->left_count), "netascii",
		(json_int_t)table->netascii_count, "netascii_dropped",
		(json_int_t)table->netascii_dropped, "memory_bytes",
		(json_int_t)table->memory_bytes, "free_bytes",
		(json_int_t)image_service_free_bytes(daemon->images), "complete", table->complete,
		"watching", table->watching, "hugepages", table->huge, "region",
		table->region_path);
}

static json_t *nodes_summary(const struct daemon *daemon) {
	struct brain_counts counts;

	if (!daemon->brain)
		return json_null();
	brain_counts(daemon->brain, &counts);
	return json_pack("{s:I, s:I, s:I, s:I}", "known", (json_int_t)counts.nodes,
		"orders_waiting", (json_int_t)counts.orders, "unknown_refused",
		(json_int_t)counts.refused, "unknown_max", (json_int_t)STORE_DISCOVERED_MAX);
}

static unsigned int run_status(struct daemon *daemon, const void *context, json_t **value) {
	(void)context;
	*value = json_pack("{s:s, s:I, s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:o}",
		"version", ROUSE_VERSION, "pid", (json_int_t)getpid(), "started_unix_s",
		(json_int_t)daemon->started_unix_s, "config", daemon->config_path, "runtime_dir",
		daemon->config->runtime_dir, "config_taken_unix_s",
		(json_int_t)daemon->configured_unix_s, "reload_errors",
		(json_int_t)daemon->failed_reload_errors, "policy_generation",
		(json_int_t)daemon->generation, "policy_published_unix_s",
		(json_int_t)daemon->published_unix_s, "images",
		images_summary(daemon, daemon->table), "http", daemon_http_json(daemon), "nodes",
		nodes_summary(daemon));
	return MHD_HTTP_OK;
}

static unsigned int get_status(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	(void)request;
	return rest_ask(daemon, run_status, NULL, value);
}

static unsigned int run_reload(struct daemon *daemon, const void *context, json_t **value) {
	json_t *warnings, *errors = daemon_reload(daemon, &warnings);
	char sentence[128];

	(void)context;
	if (!errors) {
		*value = json_pack("{s:s, s:b, s:o}", "config", daemon->config_path, "taken", 1,
			"warnings", warnings);
		return MHD_HTTP_OK;
	}
	snprintf(sentence, sizeof(sentence),
		"the configuration has %zu error%s, what runs goes on unchanged",
		daemon->failed_reload_errors, daemon->failed_reload_errors == 1 ? "" : "s");
	*value = json_pack("{s:s, s:s, s:o}", "error", sentence, "config", daemon->config_path,
		"errors", errors);
	return MHD_HTTP_UNPROCESSABLE_CONTENT;
}

static unsigned int post_reload(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	(void)request;
	return rest_ask(daemon, run_reload, NULL, value);
}

static unsigned int run_capture(struct daemon *daemon, const void *context, json_t **value) {
	const uint64_t *mac = context;

	capture_lease_grant(&daemon->captures, &daemon->events.region->capture,
		state_boottime_ns() / 1000, *mac);
	*value = json_pack("{s:i}", "for_ms", (int)CAPTURE_LEASE_MS);
	return MHD_HTTP_OK;
}

static unsigned int post_capture(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	uint64_t mac = 0;
	uint8_t bytes[6];

	if (request->argument[0] && text_parse_mac(request->argument, bytes) < 0)
		return rest_refuse(value, MHD_HTTP_BAD_REQUEST, "this is not a MAC address");
	if (request->argument[0])
		mac = capture_mac(bytes);
	return rest_ask(daemon, run_capture, &mac, value);
}

static const char *state_name(enum image_state state) {
	switch (state) {
	case IMAGE_ABSENT:
		return "on request";
	case IMAGE_LOADING:
		return "loading";
	case IMAGE_READY:
		return "served";
	case IMAGE_EVICTING:
		return "leaving";
	}
	return "unknown";
}

// Names are bytes; JSON is UTF-8. Others come cleaned, with their bytes as \xNN.
static json_t *name_json(const char *path) {
	json_t *name = json_string(path);
	char clean[4 * POLICY_NAME_MAX + 1];

	return name ? name : json_string(text_clean(path, strlen(path), clean, sizeof(clean)));
}

static void add_contents(json_t *object, const struct image_residency *now) {
	char hex[65];

	if (!now->loaded_unix_ns)
		return;
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", now->sha256[i]);
	json_object_set_new(object, "sha256", json_string(hex));
	json_object_set_new(object, "loaded_unix_s",
		json_integer((json_int_t)(now->loaded_unix_ns / 1000000000)));
}

static void add_slot(json_t *object, const struct daemon *daemon, const struct image_entry *entry) {
	struct image_residency now = {.state = IMAGE_LOADING};

	// A slot that just changes is told as loading.
	if (image_service_look(daemon->images, entry->slot, entry->generation, &now))
		add_contents(object, &now);
	else
		now.state = IMAGE_LOADING;
	json_object_set_new(object, "state", json_string(state_name(now.state)));
	json_object_set_new(object, "slot", json_integer(entry->slot));
	json_object_set_new(object, "generation", json_integer((json_int_t)entry->generation));
}

static void add_refusal(json_t *object, const struct image_entry *entry) {
	const char *state = entry->state == POLICY_NAME_NO_MEMORY ? "no memory" : "unreadable";

	json_object_set_new(object, "state", json_string(state));
	json_object_set_new(object, "reason", json_string(entry->reason));
}

static json_t *entry_json(const struct daemon *daemon, const struct image_entry *entry) {
	json_t *object = json_pack("{s:o, s:I, s:I, s:b}", "path", name_json(entry->path), "bytes",
		(json_int_t)entry->size, "modified_unix_s",
		(json_int_t)(entry->mtime_ns / 1000000000), "preload", entry->preload);

	if (entry->served)
		add_slot(object, daemon, entry);
	else
		add_refusal(object, entry);
	return object;
}

// What files are in netascii, of those that somebody asked for in it.
static json_t *variants_json(const struct daemon *daemon, const struct image_table *table) {
	json_t *variants = json_array();

	for (size_t i = 0; table && i < table->netascii_count; i++) {
		const struct image_entry *entry = &table->netascii[i];
		json_t *object = json_pack("{s:o, s:I}", "path", name_json(entry->path), "bytes",
			(json_int_t)entry->size);

		add_slot(object, daemon, entry);
		json_array_append_new(variants, object);
	}
	return variants;
}

static unsigned int get_images(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	struct image_table *table = image_service_table(daemon->images);
	json_t *files = json_array(), *left_out = json_array();

	(void)request;
	for (size_t i = 0; table && i < table->count; i++)
		json_array_append_new(files, entry_json(daemon, &table->entries[i]));
	for (size_t i = 0; table && i < table->left_count; i++)
		json_array_append_new(left_out,
			json_pack("{s:o, s:s}", "path", name_json(table->left_out[i].path),
				"reason", table->left_out[i].reason));
	*value = json_pack("{s:o, s:o, s:o, s:o}", "summary", images_summary(daemon, table),
		"files", files, "netascii", variants_json(daemon, table), "left_out", left_out);
	image_table_drop(table);
	return MHD_HTTP_OK;
}

static unsigned int release_lease(
	struct daemon *daemon, const struct rest_request *request, json_t **value) {
	return rest_release_lease(daemon, request->argument, value);
}

static const struct rest_route routes[] = {
	{"GET", "/v1/status", "what runs since when, with which configuration", get_status},
	{"POST", "/v1/reload", "read the configuration again", post_reload},
	{"POST", "/v1/capture", "have all frames copied for 3 s", post_capture},
	{"POST", "/v1/capture/*", "have the frames of a machine copied for 3 s", post_capture},
	{"GET", "/v1/images", "all files, in memory or not, with their SHA-256", get_images},
	{"POST", "/v1/leases/*/release", "end the lease or the quarantine of an address",
		release_lease},
	{NULL},
};

const struct rest_route *const rest_tables[] = {
	routes, rest_node_routes, rest_boot_routes, rest_batch_routes, rest_profile_routes, NULL};
