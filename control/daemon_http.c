// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "daemon_http.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "brain.h"
#include "brain_web.h"
#include "daemon.h"
#include "http_server.h"
#include "text.h"

struct node {
	uint32_t address;
	char name[HTTP_NODE_SIZE];
};

// Copied out of the configuration, which the loop may replace while a server thread looks.
struct daemon_http {
	struct daemon *daemon;
	struct http_server *server;
	pthread_mutex_t lock;
	struct node *nodes; // by address
	size_t count;
};

static int by_address(const void *a, const void *b) {
	const struct node *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static void take_nodes(struct daemon_http *http, const struct config *config) {
	struct node *nodes = mem_alloc((config->host_count + 1) * sizeof(*nodes)), *former;
	size_t count = 0;

	for (uint32_t i = 0; i < config->host_count; i++) {
		const struct config_host *host = &config->hosts[i];

		if (!host->address)
			continue;
		nodes[count].address = host->address;
		snprintf(nodes[count].name, sizeof(nodes[count].name), "%s", host->name);
		count++;
	}
	qsort(nodes, count, sizeof(*nodes), by_address);
	pthread_mutex_lock(&http->lock);
	former = http->nodes;
	http->nodes = nodes;
	http->count = count;
	pthread_mutex_unlock(&http->lock);
	free(former);
}

// Machines whose address is reserved for them, and with profiles whose address is known.
static const char *node_of(void *context, uint32_t address, char name[HTTP_NODE_SIZE]) {
	struct daemon_http *http = context;
	const struct node wanted = {.address = address}, *found;
	struct brain *brain = http->daemon->brain;
	uint8_t mac[6];

	if (brain && brain_who(brain, address, mac, name))
		return name;
	pthread_mutex_lock(&http->lock);
	found = bsearch(&wanted, http->nodes, http->count, sizeof(*http->nodes), by_address);
	if (found)
		snprintf(name, HTTP_NODE_SIZE, "%s", found->name);
	pthread_mutex_unlock(&http->lock);
	return found ? name : NULL;
}

static struct image_table *files(void *context) {
	struct daemon_http *http = context;

	return image_service_table(http->daemon->images);
}

static bool text_of(void *context, const struct http_request *request, struct http_answer *answer) {
	return brain_web_text(((struct daemon_http *)context)->daemon, request, answer);
}

static void answer(void *context, const struct http_request *request, struct http_answer *answer) {
	brain_web_answer(((struct daemon_http *)context)->daemon, request, answer);
}

static void file_done(void *context, const struct http_file_event *event) {
	brain_web_file_done(((struct daemon_http *)context)->daemon, event);
}

int daemon_start_http(struct daemon *daemon) {
	struct daemon_http *http = mem_alloc(sizeof(*http));
	const struct http_hooks hooks = {
		.context = http,
		.node_of = node_of,
		.files = files,
		.text_of = text_of,
		.answer = answer,
		.file_done = file_done,
	};

	daemon->http = http;
	http->daemon = daemon;
	pthread_mutex_init(&http->lock, NULL);
	take_nodes(http, daemon->config);
	return http_server_start(&http->server, daemon->config, &hooks);
}

void daemon_reload_http(struct daemon *daemon, const struct config *config) {
	take_nodes(daemon->http, config);
	http_server_reload(daemon->http->server, config);
}

static void add_warning(void *context, const char *key, const char *sentence) {
	json_array_append_new(context, json_pack("{s:s, s:s}", "key", key, "warning", sentence));
}

void daemon_http_warnings(const struct daemon *daemon, json_t *warnings) {
	http_server_missing(daemon->http->server, add_warning, warnings);
}

void daemon_stop_http(struct daemon *daemon) {
	struct daemon_http *http = daemon->http;

	if (!http)
		return;
	http_server_stop(http->server);
	pthread_mutex_destroy(&http->lock);
	free(http->nodes);
	free(http);
}

bool daemon_http_may_tell(const struct daemon *daemon) {
	return http_server_may_tell(daemon->http->server);
}

static json_t *statuses_json(const struct http_counts *counts) {
	json_t *object = json_object();
	char name[4] = "1xx";

	for (int i = 1; i < 6; i++, name[0]++)
		json_object_set_new(object, name, json_integer((json_int_t)counts->status[i]));
	return object;
}

static json_t *places_json(const struct daemon *daemon) {
	struct http_place places[HTTP_PLACES_MAX];
	uint32_t count = http_server_places(daemon->http->server, places);
	json_t *list = json_array();
	char ip[TEXT_IP_SIZE];

	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:i, s:b, s:b}", "address",
				      text_ip(places[i].address, ip), "port", places[i].port, "tls",
				      places[i].tls, "open", places[i].open));
	return list;
}

json_t *daemon_http_json(const struct daemon *daemon) {
	struct http_counts c;

	http_server_counts(daemon->http->server, &c);
	return json_pack("{s:o, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}",
		"listens", places_json(daemon), "connections", (json_int_t)c.connections,
		"accepted", (json_int_t)c.accepted, "requests", (json_int_t)c.requests, "bytes",
		(json_int_t)c.bytes, "answers", statuses_json(&c), "refused_all",
		(json_int_t)c.refused_all, "refused_client", (json_int_t)c.refused_client,
		"refused_files", (json_int_t)c.refused_files, "timed_out", (json_int_t)c.timed_out,
		"untold", (json_int_t)c.untold, "tls_handshakes", (json_int_t)c.tls_handshakes,
		"tls_failed", (json_int_t)c.tls_failed, "tls_last_failure", c.tls_reason);
}
