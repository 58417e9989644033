// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Three lines of totals, the phases, then workers, drops and transfers, who share the rest of the
// screen: each gets a third, and what one does not need goes to the transfers.

#include "cli/top_screen.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "human.h"
#include "text.h"

#define LINE_SIZE 512

struct screen {
	size_t width;
	size_t left; // lines
	bool bold;
	FILE *out;
};

static void put(struct screen *screen, const char *text, bool heading) {
	if (!screen->left)
		return;
	screen->left--;
	fprintf(screen->out, "%s%.*s%s\n", heading && screen->bold ? "\033[7m" : "",
		(int)screen->width, text, heading && screen->bold ? "\033[0m" : "");
}

__attribute__((format(printf, 2, 3))) static void line(
	struct screen *screen, const char *format, ...) {
	char text[LINE_SIZE];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	put(screen, text, false);
}

__attribute__((format(printf, 2, 3))) static void heading(
	struct screen *screen, const char *format, ...) {
	char text[LINE_SIZE], filled[LINE_SIZE];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	snprintf(filled, sizeof(filled), "%-*s",
		screen->width < LINE_SIZE ? (int)screen->width : LINE_SIZE - 1, text);
	put(screen, screen->bold ? filled : text, true);
}

// "0", "0.4", "950", "12.3k", "4.5M": six characters at most.
static char *number(double value, char out[16]) {
	static const char units[] = " kMGTPE";
	size_t unit = 0;

	for (; value >= 9999.5 && units[unit + 1]; unit++)
		value /= 1000;
	if (unit == 0)
		snprintf(out, 16, value > 0 && value < 9.95 ? "%.1f" : "%.0f", value);
	else
		snprintf(out, 16, "%.*f%c", value < 99.95 ? 1 : 0, value, units[unit]);
	return out;
}

// "850 us", "12.3 ms", "4.5 s".
static char *micro(uint64_t us, char out[16]) {
	if (us < 1000)
		snprintf(out, 16, "%" PRIu64 " us", us);
	else if (us < 1000000)
		snprintf(out, 16, "%.1f ms", (double)us / 1e3);
	else
		snprintf(out, 16, "%.1f s", (double)us / 1e6);
	return out;
}

static char *bytes(double per_s, char out[HUMAN_SIZE]) {
	return human_bytes(per_s > 0 ? (uint64_t)per_s : 0, out);
}

// Of the totals: the share of DATA that was sent again, in percent.
static double again_share(const struct top_figures *f) {
	return f->per_s[STAT_TFTP_DATA] > 0
		       ? 100 * f->per_s[STAT_TFTP_REPEATED] / f->per_s[STAT_TFTP_DATA]
		       : 0;
}

static double failed_per_s(const struct top_figures *f) {
	return f->per_s[STAT_TFTP_GAVE_UP] + f->per_s[STAT_TFTP_NO_ANSWER] +
	       f->per_s[STAT_TFTP_STOPPED] + f->per_s[STAT_TFTP_IMAGE_GONE];
}

static void put_title(struct screen *screen, const struct top_figures *f) {
	char now[HUMAN_SIZE], up[HUMAN_SIZE];

	human_time((int64_t)time(NULL), now);
	if (f->alive)
		heading(screen, "rouse top  %s  dataplane up %s%s  q: quit", now,
			human_duration(f->uptime_s, up),
			f->degraded ? "  JOURNAL CANNOT WRITE" : "");
	else
		heading(screen, "rouse top  %s  no dataplane  q: quit", now);
}

static void put_trouble(struct screen *screen, const char *text) {
	for (size_t len = strlen(text), at = 0; screen->width && at < len; at += screen->width)
		put(screen, text + at, false);
}

static void put_totals(struct screen *screen, const struct top_figures *f) {
	char a[16], b[16], c[16], d[16], e[16], rx[HUMAN_SIZE], tx[HUMAN_SIZE];

	line(screen, "per s   received %s (%s)  sent %s (%s)", number(f->per_s[STAT_RX_FRAMES], a),
		bytes(f->per_s[STAT_RX_BYTES], rx), number(f->per_s[STAT_TX_FRAMES], b),
		bytes(f->per_s[STAT_TX_BYTES], tx));
	line(screen, "DHCP/s  DISCOVER %s  OFFER %s  REQUEST %s  ACK %s  NAK %s",
		number(f->per_s[STAT_DHCP_DISCOVER], a), number(f->per_s[STAT_DHCP_OFFER], b),
		number(f->per_s[STAT_DHCP_REQUEST], c), number(f->per_s[STAT_DHCP_ACK], d),
		number(f->per_s[STAT_DHCP_NAK], e));
	line(screen, "TFTP/s  begun %s  done %s  failed %s  timeouts %s  sent again %.1f %%",
		number(f->per_s[STAT_TFTP_OPENED], a), number(f->per_s[STAT_TFTP_DONE], b),
		number(failed_per_s(f), c), number(f->per_s[STAT_TFTP_TIMEOUTS], d),
		again_share(f));
}

static void put_phases(struct screen *screen, const struct top_figures *f) {
	heading(screen, "%-16s %9s %9s %9s %9s %9s   last %.0f s", "PHASE", "COUNT", "P50", "P90",
		"P99", "MAX", f->window_s);
	for (int i = 0; i < PHASE_COUNT; i++) {
		const struct hist *h = &f->phase[i];
		char n[16], p50[16], p90[16], p99[16], max[16];

		if (h->count)
			line(screen, "%-16s %9s %9s %9s %9s %9s", phase_info[i].label,
				number((double)h->count, n), micro(hist_quantile(h, 0.5), p50),
				micro(hist_quantile(h, 0.9), p90),
				micro(hist_quantile(h, 0.99), p99), micro(h->max, max));
		else
			line(screen, "%-16s %9s %9s %9s %9s %9s", phase_info[i].label, "0", "-",
				"-", "-", "-");
	}
}

static double idle_share(const struct top_worker *w) {
	uint64_t all = w->busy_cycles + w->idle_cycles;

	return all ? 100 * (double)w->idle_cycles / (double)all : 0;
}

static void put_worker(struct screen *screen, const struct top_figures *f, uint32_t index) {
	const struct top_worker *w = &f->worker[index];
	char idle[16] = "-", frames[16], cycles[16] = "-", sleeps[16];

	if (w->busy_cycles + w->idle_cycles)
		snprintf(idle, sizeof(idle), "%.1f %%", idle_share(w));
	if (w->frames)
		number((double)w->busy_cycles / (double)w->frames, cycles);
	line(screen, "%-6" PRIu32 " %8s %14s %10s %10s %10" PRIu64, index, idle, cycles,
		number(f->interval_s > 0 ? (double)w->frames / f->interval_s : 0, frames),
		number(f->interval_s > 0 ? (double)w->sleeps / f->interval_s : 0, sleeps),
		w->sessions);
}

// The least idle ones, in their order, when there is no room for all.
static void put_workers(struct screen *screen, const struct top_figures *f, size_t rows) {
	bool shown[ROUSE_MAX_WORKERS] = {false};

	heading(screen, "%-6s %8s %14s %10s %10s %10s", "WORKER", "IDLE", "CYCLES/PACKET",
		"PACKETS/S", "SLEEPS/S", "TRANSFERS");
	for (size_t n = 0; n < rows && n < f->worker_count; n++) {
		uint32_t least = UINT32_MAX;

		for (uint32_t i = 0; i < f->worker_count; i++)
			if (!shown[i] &&
				(least == UINT32_MAX ||
					idle_share(&f->worker[i]) < idle_share(&f->worker[least])))
				least = i;
		shown[least] = true;
	}
	for (uint32_t i = 0; i < f->worker_count; i++)
		if (shown[i])
			put_worker(screen, f, i);
}

static void put_drops(struct screen *screen, const struct top_figures *f, size_t rows) {
	char rate[16], total[16];

	heading(screen, "%8s %8s  %-24s %s", "DROPS/S", "TOTAL", "REASON", "");
	if (!f->drop_count && rows)
		line(screen, "%8s %8s  none since the start", "0", "0");
	for (size_t i = 0; i < rows && i < f->drop_count; i++)
		line(screen, "%8s %8s  %-24s %s", number(f->drop[i].per_s, rate),
			number((double)f->drop[i].total, total), f->drop[i].name,
			f->drop[i].meaning);
}

#define FILE_COLUMN 67 // where the name of the file begins

// A long path's end tells more than its beginning.
static const char *end_of(const struct screen *screen, const char *path) {
	size_t room = screen->width > FILE_COLUMN ? screen->width - FILE_COLUMN : 0;
	size_t len = strlen(path);

	return len > room ? path + (len - room) : path;
}

static void put_transfer(struct screen *screen, const struct top_transfer *t) {
	char ip[TEXT_IP_SIZE], rate[HUMAN_SIZE], size[HUMAN_SIZE], age[HUMAN_SIZE];
	uint64_t done = t->session.size ? t->bytes * 100 / t->session.size : 100;

	text_ip(t->session.peer_address, ip);
	line(screen, "%-15.15s %7s %3" PRIu64 " %7s %6s %-23.23s %s", t->host[0] ? t->host : ip,
		human_bytes(t->bytes_per_s, rate), done, human_bytes(t->session.size, size),
		human_ms(t->age_ms > 0 ? (uint64_t)t->age_ms : 0, age), t->why,
		end_of(screen, t->file));
}

static void put_transfers(struct screen *screen, const struct top_figures *f) {
	char title[64];

	snprintf(title, sizeof(title), "WHY (%" PRIu32 " in all)", f->sessions);
	heading(screen, "%-15s %7s %3s %7s %6s %-23s %s", "SLOWEST", "PER S", "%", "OF", "AGE",
		title, "FILE");
	for (uint32_t i = 0; i < f->transfer_count; i++)
		put_transfer(screen, &f->transfer[i]);
}

static size_t least(size_t a, size_t b) {
	return a < b ? a : b;
}

void top_screen(const struct top_figures *f, size_t width, size_t height, bool bold, FILE *out) {
	struct screen screen = {width, height, bold, out};
	size_t third;

	put_title(&screen, f);
	if (!f->alive) {
		put_trouble(&screen, f->trouble);
		return;
	}
	put_totals(&screen, f);
	put_phases(&screen, f);
	third = screen.left > 3 ? (screen.left - 3) / 3 : 0; // three headings
	put_workers(&screen, f, least(f->worker_count, third ? third : 1));
	put_drops(&screen, f, least(f->drop_count ? f->drop_count : 1, third ? third : 1));
	put_transfers(&screen, f);
}
