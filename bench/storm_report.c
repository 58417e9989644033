// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Report writer. Names are literals of ours, so only texts are escaped.

#include "storm_report.h"

#include <inttypes.h>
#include <sys/resource.h>

static void key(struct storm_report *r, const char *name) {
	if (r->json)
		fprintf(r->out, "%s\n%*s\"%s\": ", r->comma ? "," : "", (int)(2 * r->depth), "",
			name);
	else
		fprintf(r->out, "%*s%-*s ", (int)(2 * (r->depth - 1)), "",
			(int)(26 - 2 * (r->depth - 1)), name);
	r->comma = true;
}

static void end_line(struct storm_report *r) {
	if (!r->json)
		fputc('\n', r->out);
}

static void put_json_text(FILE *out, const char *text) {
	fputc('"', out);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p < 0x20 || *p == '"' || *p == '\\' || *p == 0x7f)
			fprintf(out, "\\u%04x", *p);
		else
			fputc(*p, out);
	}
	fputc('"', out);
}

void storm_report_begin(struct storm_report *r, FILE *out, bool json, const char *command) {
	*r = (struct storm_report){.out = out, .json = json, .depth = 1};
	if (json)
		fputc('{', out);
	storm_report_text(r, "command", command);
	if (json) {
		storm_report_u64(r, "schema", STORM_REPORT_SCHEMA);
		storm_report_text(r, "version", ROUSE_VERSION);
	}
}

void storm_report_end(struct storm_report *r) {
	if (r->json)
		fputs("\n}\n", r->out);
	fflush(r->out);
}

void storm_report_open(struct storm_report *r, const char *name) {
	key(r, name);
	fputs(r->json ? "{" : "\n", r->out);
	r->comma = false;
	r->depth++;
}

void storm_report_close(struct storm_report *r) {
	r->depth--;
	if (r->json)
		fprintf(r->out, "\n%*s}", (int)(2 * r->depth), "");
	r->comma = true;
}

void storm_report_u64(struct storm_report *r, const char *name, uint64_t value) {
	key(r, name);
	fprintf(r->out, "%" PRIu64, value);
	end_line(r);
}

void storm_report_real(struct storm_report *r, const char *name, double value) {
	key(r, name);
	fprintf(r->out, "%.3f", value);
	end_line(r);
}

void storm_report_flag(struct storm_report *r, const char *name, bool value) {
	key(r, name);
	fputs(r->json ? (value ? "true" : "false") : (value ? "yes" : "no"), r->out);
	end_line(r);
}

void storm_report_text(struct storm_report *r, const char *name, const char *value) {
	key(r, name);
	if (r->json)
		put_json_text(r->out, value);
	else
		fputs(value, r->out);
	end_line(r);
}

void storm_report_hist(struct storm_report *r, const char *name, const struct hist *h) {
	storm_report_open(r, name);
	storm_report_u64(r, "count", h->count);
	storm_report_u64(r, "mean", hist_mean(h));
	storm_report_u64(r, "p50", hist_quantile(h, 0.5));
	storm_report_u64(r, "p90", hist_quantile(h, 0.9));
	storm_report_u64(r, "p99", hist_quantile(h, 0.99));
	storm_report_u64(r, "p99_9", hist_quantile(h, 0.999));
	storm_report_u64(r, "max", h->max);
	storm_report_close(r);
}

static double seconds_of(struct timeval t) {
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

void storm_report_cpu(struct storm_report *r) {
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) == 0)
		storm_report_real(
			r, "cpu_seconds", seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime));
}
