// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The plot of a boot run. Nothing but rectangles, lines and text, so that every viewer shows it.

#include "storm_svg.h"

#include <inttypes.h>

#define WIDTH        960
#define HEIGHT       540
#define LEFT         76.0
#define RIGHT        212.0
#define TOP          84.0
#define BOTTOM       64.0
#define PLOT_W       (WIDTH - LEFT - RIGHT)
#define PLOT_H       (HEIGHT - TOP - BOTTOM)
#define ALL          0xffu // every model
#define STEP_PX      0.5   // lines turn no more often than this
#define TICKS_X      8.0
#define TICKS_Y      6.0
#define INK          "#1f2933"
#define FAINT        "#616e7c"
#define GRID         "#e4e7eb"
#define LEGEND_X     (WIDTH - RIGHT + 24.0)
#define PITCH_OF_TWO 40.0 // a name and a number below it

// Told apart by colour-blind eyes too (Okabe and Ito, then darker ones).
static const char *const COLORS[] = {
	"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c510a", "#5e3c99"};

#define COLOR_COUNT (sizeof(COLORS) / sizeof(COLORS[0]))

struct axes {
	FILE *out;
	const struct storm_svg *svg;
	double seconds; // at the right edge
	double count;   // at the top
	double pitch;   // of the legend
};

static double x_of(const struct axes *a, double seconds) {
	return LEFT + PLOT_W * seconds / a->seconds;
}

static double y_of(const struct axes *a, double count) {
	return TOP + PLOT_H * (1 - count / a->count);
}

// 1, 2 or 5 times a power of ten, so that about ticks of them make up range.
static double nice_step(double range, double ticks) {
	double step = 1e-3;

	for (;;) {
		if (range / step <= ticks)
			return step;
		if (range / (2 * step) <= ticks)
			return 2 * step;
		if (range / (5 * step) <= ticks)
			return 5 * step;
		step *= 10;
	}
}

static double round_up(double value, double step) {
	double steps = (double)(uint64_t)(value / step);

	return steps * step < value ? (steps + 1) * step : steps * step;
}

// 12345678 as "12,345,678".
static const char *grouped(uint64_t n, char text[32]) {
	char *at = text + 31;
	int digits = 0;

	*at = 0;
	do {
		if (digits && digits % 3 == 0)
			*--at = ',';
		*--at = (char)('0' + n % 10);
		n /= 10;
		digits++;
	} while (n);
	return at;
}

static void put_text(
	const struct axes *a, double x, double y, const char *style, const char *text) {
	fprintf(a->out, "<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", x, y, style, text);
}

static void put_line(
	const struct axes *a, double x1, double y1, double x2, double y2, const char *style) {
	fprintf(a->out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2,
		y2, style);
}

static void put_time_axis(const struct axes *a) {
	double step = nice_step(a->seconds, TICKS_X);
	char text[32];

	for (double s = 0; s <= a->seconds * 1.0001; s += step) {
		put_line(a, x_of(a, s), TOP, x_of(a, s), TOP + PLOT_H, "stroke=\"" GRID "\"");
		snprintf(text, sizeof(text), "%g", s);
		put_text(a, x_of(a, s), TOP + PLOT_H + 20, "class=\"tick\" text-anchor=\"middle\"",
			text);
	}
	put_line(a, LEFT, TOP + PLOT_H, LEFT + PLOT_W, TOP + PLOT_H, "stroke=\"" INK "\"");
	put_text(a, LEFT + PLOT_W / 2, HEIGHT - 18, "class=\"label\" text-anchor=\"middle\"",
		"seconds since the first power-on");
}

static void put_count_axis(const struct axes *a) {
	double step = nice_step(a->count, TICKS_Y);
	char text[32];

	step = step < 1 ? 1 : step;
	for (double n = 0; n <= a->count * 1.0001; n += step) {
		put_line(a, LEFT, y_of(a, n), LEFT + PLOT_W, y_of(a, n), "stroke=\"" GRID "\"");
		put_text(a, LEFT - 10, y_of(a, n) + 4, "class=\"tick\" text-anchor=\"end\"",
			grouped((uint64_t)(n + 0.5), text));
	}
	fprintf(a->out,
		"<text transform=\"translate(22 %.1f) rotate(-90)\" class=\"label\" "
		"text-anchor=\"middle\">machines</text>\n",
		TOP + PLOT_H / 2);
}

static bool is_of(const struct storm_moment *m, uint32_t model, bool booted) {
	return m->booted == booted && (model == ALL || m->model == model);
}

// A staircase; steps that would lie within half a pixel of each other become one. Its height.
static uint64_t put_curve(const struct axes *a, uint32_t model, bool booted, const char *style) {
	const struct storm_timeline *line = a->svg->line;
	double last_x = LEFT - 1;
	uint64_t count = 0;

	fprintf(a->out, "<path d=\"M%.1f %.1f", LEFT, y_of(a, 0));
	for (uint32_t i = 0; i < line->count; i++) {
		double x = x_of(a, line->moments[i].ms / 1e3);

		if (!is_of(&line->moments[i], model, booted))
			continue;
		if (x >= last_x + STEP_PX) {
			fprintf(a->out, "V%.1fH%.1f", y_of(a, (double)count), x);
			last_x = x;
		}
		count++;
	}
	fprintf(a->out, "V%.1fH%.1f\" fill=\"none\" %s/>\n", y_of(a, (double)count),
		x_of(a, a->svg->end_ms / 1e3), style);
	return count;
}

// With many models there is room for their names only.
static void put_legend(
	const struct axes *a, uint32_t row, const char *style, const char *name, uint64_t count) {
	double y = TOP + 12 + a->pitch * row;
	char text[32];

	put_line(a, LEGEND_X, y, LEGEND_X + 26, y, style);
	put_text(a, LEGEND_X + 34, y + 4, "class=\"name\"", name);
	if (a->pitch >= PITCH_OF_TWO)
		put_text(a, LEGEND_X + 34, y + 20, "class=\"tick\"", grouped(count, text));
}

static void put_model(const struct axes *a, uint32_t model) {
	char style[80];
	uint64_t count;

	snprintf(style, sizeof(style), "stroke=\"%s\" stroke-width=\"2\"%s",
		COLORS[model % COLOR_COUNT],
		model < COLOR_COUNT ? "" : " stroke-dasharray=\"2 2\"");
	count = put_curve(a, model, true, style);
	put_legend(a, model + 2, style, a->svg->mix->models[model]->name, count);
}

static void put_curves(const struct axes *a) {
	static const char ON[] =
		"stroke=\"" FAINT "\" stroke-width=\"1.5\" stroke-dasharray=\"5 4\"";
	static const char BOOTED[] = "stroke=\"" INK "\" stroke-width=\"3\"";

	put_legend(a, 1, ON, "powered on", put_curve(a, ALL, false, ON));
	// A run of one model is the line for all.
	for (uint32_t i = 0; a->svg->mix->count > 1 && i < a->svg->mix->count; i++)
		put_model(a, i);
	put_legend(a, 0, BOOTED, "booted", put_curve(a, ALL, true, BOOTED));
}

static void put_title(const struct axes *a) {
	const struct storm_svg *svg = a->svg;
	char room[32], text[160];

	snprintf(text, sizeof(text), "%s machines boot", grouped(svg->total, room));
	put_text(a, LEFT, 36, "class=\"title\"", text);
	if (svg->failed)
		snprintf(text, sizeof(text), "%s failed; the last ended after %.1f s",
			grouped(svg->failed, room), svg->end_ms / 1e3);
	else
		snprintf(text, sizeof(text), "none failed; the last was ready after %.1f s",
			svg->end_ms / 1e3);
	put_text(a, LEFT, 60, "class=\"label\"", text);
}

void storm_svg_write(FILE *out, const struct storm_svg *svg) {
	struct axes a = {.out = out, .svg = svg, .seconds = svg->end_ms / 1e3};

	if (a.seconds < 0.01)
		a.seconds = 0.01;
	a.seconds = round_up(a.seconds, nice_step(a.seconds, TICKS_X));
	a.count = (double)(svg->total ? svg->total : 1);
	a.pitch = PLOT_H / (svg->mix->count + 2);
	a.pitch = a.pitch > PITCH_OF_TWO ? PITCH_OF_TWO : a.pitch;
	a.count = round_up(a.count, nice_step(a.count, TICKS_Y));
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\">\n"
		"<style>text{font-family:'DejaVu Sans',Verdana,sans-serif;fill:" INK "}"
		".title{font-size:21px;font-weight:bold}.label{font-size:14px;fill:" FAINT "}"
		".tick{font-size:12px;fill:" FAINT "}.name{font-size:13px}</style>\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n",
		WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, HEIGHT);
	put_title(&a);
	put_time_axis(&a);
	put_count_axis(&a);
	put_curves(&a);
	fputs("</svg>\n", out);
}
