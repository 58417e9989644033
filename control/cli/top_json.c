// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The same figures as on the screen, for programs.

#include <ctype.h>

#include "cli/output.h"
#include "cli/top_screen.h"
#include "text.h"

static const char *lower(const char *name, char out[64]) {
	size_t len = 0;

	for (; name[len] && len < 63; len++)
		out[len] = (char)tolower((unsigned char)name[len]);
	out[len] = '\0';
	return out;
}

static json_t *rates_json(const struct top_figures *f) {
	json_t *rates = json_object();
	char name[64];

	for (int i = 0; i < STAT_COUNT; i++)
		json_object_set_new(rates, lower(stat_info[i].name, name), json_real(f->per_s[i]));
	return rates;
}

static json_t *phases_json(const struct top_figures *f) {
	json_t *phases = json_object();

	for (int i = 0; i < PHASE_COUNT; i++)
		json_object_set_new(phases, phase_info[i].name, output_durations(&f->phase[i]));
	return phases;
}

static json_t *workers_json(const struct top_figures *f) {
	json_t *list = json_array();

	for (uint32_t i = 0; i < f->worker_count; i++) {
		const struct top_worker *w = &f->worker[i];
		double all = (double)w->busy_cycles + (double)w->idle_cycles;

		json_array_append_new(list,
			json_pack("{s:f, s:o, s:I, s:I, s:I}", "idle_percent",
				all > 0 ? 100 * (double)w->idle_cycles / all : 0,
				"cycles_per_packet",
				w->frames ? json_real((double)w->busy_cycles / (double)w->frames)
					  : json_null(),
				"packets", (json_int_t)w->frames, "sleeps", (json_int_t)w->sleeps,
				"sessions", (json_int_t)w->sessions));
	}
	return list;
}

static json_t *drops_json(const struct top_figures *f) {
	json_t *drops = json_object();
	char name[64];

	for (uint32_t i = 0; i < f->drop_count; i++)
		json_object_set_new(drops, lower(f->drop[i].name, name),
			json_pack("{s:f, s:I}", "per_s", f->drop[i].per_s, "total",
				(json_int_t)f->drop[i].total));
	return drops;
}

static json_t *transfers_json(const struct top_figures *f) {
	json_t *list = json_array();

	for (uint32_t i = 0; i < f->transfer_count; i++) {
		const struct top_transfer *t = &f->transfer[i];
		char ip[TEXT_IP_SIZE], mac[TEXT_MAC_SIZE];

		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s}", "peer",
				text_ip(t->session.peer_address, ip), "mac",
				text_mac(t->session.node_mac, mac), "host", t->host, "file",
				t->file, "bytes", (json_int_t)t->session.size, "acknowledged_bytes",
				(json_int_t)t->bytes, "bytes_per_s", (json_int_t)t->bytes_per_s,
				"age_ms", (json_int_t)t->age_ms, "why", t->why));
	}
	return list;
}

json_t *top_json(const struct top_figures *f) {
	return json_pack("{s:f, s:f, s:o, s:o, s:o, s:o, s:i, s:i, s:b, s:I, s:o}", "interval_s",
		f->interval_s, "window_s", f->window_s, "per_s", rates_json(f), "phases",
		phases_json(f), "workers", workers_json(f), "drops", drops_json(f), "sessions",
		(int)f->sessions, "session_room", (int)f->session_room, "journal_degraded",
		(int)f->degraded, "uptime_s", (json_int_t)f->uptime_s, "slowest",
		transfers_json(f));
}
