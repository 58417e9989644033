// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Counters, and lines of the log: so many a second, the rest as a number.

#include "http_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "control_log.h"
#include "crc32c.h"
#include "human.h"
#include "text.h"

#define LINES_PER_SECOND 200u
#define LINE_SIZE        640

void http_tell_count(_Atomic uint64_t *counter, uint64_t more) {
	atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

// Takes one line's credit; tells what was held back in seconds before.
static bool take_credit(struct http_tell *tell) {
	uint64_t second = http_now_ms() / 1000, held_back = 0;
	bool taken;

	pthread_mutex_lock(&tell->lock);
	if (tell->second != second) {
		held_back = tell->held_back;
		tell->second = second;
		tell->credit = LINES_PER_SECOND;
		tell->held_back = 0;
	}
	taken = tell->credit > 0;
	tell->credit -= taken;
	tell->held_back += !taken;
	pthread_mutex_unlock(&tell->lock);
	if (!taken)
		http_tell_count(&tell->untold, 1);
	if (held_back)
		control_log(CONTROL_NOTICE, "%llu more requests by HTTP, see rouse status --json",
			(unsigned long long)held_back);
	return taken;
}

bool http_server_may_tell(struct http_server *server) {
	return take_credit(&server->tell);
}

static void count(struct http_exchange *x, const struct http_file_event *event) {
	struct http_tell *tell = &x->server->tell;

	http_tell_count(&tell->requests, 1);
	http_tell_count(&tell->bytes, event->bytes);
	if (event->status / 100 < 6)
		http_tell_count(&tell->status[event->status / 100], 1);
}

// Whether this is one more part of what the connection reads in parts.
static bool is_next_part(struct http_exchange *x) {
	uint32_t hash = crc32c(0, x->path, strlen(x->path)) | 1;
	bool same = x->connection->parts_of == hash;

	x->connection->parts_of = x->ranged ? hash : 0;
	return same && x->ranged;
}

// Of URLs of nodes only the beginning: the token is not the log's business.
static size_t told_len(const struct http_exchange *x, const char *path) {
	const char *end = path;

	for (int i = 0; x->dynamic && end && i < 3; i++)
		end = strchr(end + (i > 0), '/');
	return x->dynamic && end ? (size_t)(end - path) : strlen(path);
}

static const char *sentence(
	const struct http_exchange *x, const struct http_file_event *event, char out[LINE_SIZE]) {
	const char *by = event->tls ? "HTTPS" : "HTTP";
	char ip[TEXT_IP_SIZE], name[400], sent[HUMAN_SIZE], of[HUMAN_SIZE], took[HUMAN_SIZE];

	text_ip(event->client, ip);
	text_clean(event->path, told_len(x, event->path), name, sizeof(name));
	human_bytes(event->bytes, sent);
	if (event->status == MHD_HTTP_NOT_FOUND)
		snprintf(out, LINE_SIZE, "%s asked by %s for %s, which is not in boot_root", ip, by,
			name);
	else if (event->status >= 400)
		snprintf(out, LINE_SIZE, "%s asked by %s for %s, and was answered with %u", ip, by,
			name, event->status);
	else if (!event->whole)
		snprintf(out, LINE_SIZE, "%s broke off %s by %s after %s of %s", ip, name, by, sent,
			human_bytes(x->len, of));
	else if (event->ranged)
		snprintf(out, LINE_SIZE, "%s reads %s by %s in parts", ip, name, by);
	else
		snprintf(out, LINE_SIZE, "%s has fetched %s by %s: %s in %s", ip, name, by, sent,
			human_ms(event->duration_ms, took));
	return out;
}

void http_tell_file(struct http_exchange *x, const struct http_file_event *event) {
	bool trouble = event->status >= 400 || !event->whole;
	char line[LINE_SIZE];

	count(x, event);
	// Nothing was sent to tell of; and what is dynamic its handler tells.
	if (event->head || event->status == MHD_HTTP_NOT_MODIFIED || (!x->is_file && !x->refused))
		return;
	if ((is_next_part(x) && !trouble) || !take_credit(&x->server->tell))
		return;
	control_log(trouble ? CONTROL_WARNING : CONTROL_INFO, "%s", sentence(x, event, line));
}

void http_tell_tls(
	struct http_server *server, struct http_connection *connection, const char *format, ...) {
	struct http_tell *tell = &server->tell;
	char line[HTTP_REASON_SIZE], ip[TEXT_IP_SIZE];
	int len = snprintf(line, sizeof(line), "%s ", text_ip(connection->client, ip));
	va_list list;

	va_start(list, format);
	vsnprintf(line + len, sizeof(line) - (size_t)len, format, list);
	va_end(list);
	connection->told = true;
	http_tell_count(&tell->tls_failed, 1);
	pthread_mutex_lock(&tell->lock);
	memcpy(tell->tls_reason, line, sizeof(line));
	pthread_mutex_unlock(&tell->lock);
	if (take_credit(tell))
		control_log(CONTROL_WARNING, "%s", line);
}

void http_tell_refused(struct http_server *server, uint32_t client, enum http_admission why) {
	struct http_tell *tell = &server->tell;
	bool all = why == HTTP_ALL_FULL;
	char ip[TEXT_IP_SIZE];

	http_tell_count(all ? &tell->refused_all : &tell->refused_client, 1);
	if (take_credit(tell))
		control_log(CONTROL_WARNING, "a connection of %s is refused: there are %u%s",
			text_ip(client, ip),
			all ? server->limits.max_connections : server->limits.max_per_client,
			all ? ", which is http.max_connections"
			    : " of it, which is http.max_per_client");
}

static uint64_t load(const _Atomic uint64_t *counter) {
	return atomic_load_explicit((_Atomic uint64_t *)counter, memory_order_relaxed);
}

void http_server_counts(struct http_server *server, struct http_counts *counts) {
	struct http_tell *tell = &server->tell;

	*counts = (struct http_counts){
		.accepted = load(&tell->accepted),
		.requests = load(&tell->requests),
		.bytes = load(&tell->bytes),
		.refused_all = load(&tell->refused_all),
		.refused_client = load(&tell->refused_client),
		.refused_files = load(&tell->refused_files),
		.timed_out = load(&tell->timed_out),
		.untold = load(&tell->untold),
		.tls_handshakes = load(&tell->tls_handshakes),
		.tls_failed = load(&tell->tls_failed),
	};
	for (int i = 0; i < 6; i++)
		counts->status[i] = load(&tell->status[i]);
	pthread_mutex_lock(&server->lock);
	counts->connections = server->limits.connections;
	pthread_mutex_unlock(&server->lock);
	pthread_mutex_lock(&tell->lock);
	memcpy(counts->tls_reason, tell->tls_reason, sizeof(counts->tls_reason));
	pthread_mutex_unlock(&tell->lock);
}
