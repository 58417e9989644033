// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse-micro: command line and output. A developer's program: it is not installed, `scripts/bench
// micro` runs it.

#include <getopt.h>
#include <gnu/libc-version.h>
#include <stdlib.h>
#include <string.h>

#include "checksum_wide.h"
#include "micro.h"

#define BATCHES 200u

volatile uint64_t micro_sink;

static const struct {
	const struct micro_case *cases;
	const size_t *count;
} GROUPS[] = {
	{MICRO_CODEC, &MICRO_CODEC_COUNT},
	{MICRO_LOOKUP, &MICRO_LOOKUP_COUNT},
	{MICRO_DHCP, &MICRO_DHCP_COUNT},
	{MICRO_TFTP, &MICRO_TFTP_COUNT},
	{MICRO_COMMIT, &MICRO_COMMIT_COUNT},
};

#define GROUP_COUNT (sizeof(GROUPS) / sizeof(GROUPS[0]))

struct options {
	bool json;
	uint32_t batches;
	uint32_t steps; // not 0: run that many for a counting tool
	char **names;   // beginnings of names; none: all
	int name_count;
};

void micro_die(const char *what, const char *why) {
	fprintf(stderr, "rouse-micro: %s: %s\n", what, why);
	exit(1);
}

void *micro_memory(size_t size) {
	void *memory = NULL;

	if (posix_memalign(&memory, 64, size))
		micro_die("memory", "not enough");
	memset(memory, 0, size);
	return memory;
}

static void usage(FILE *out) {
	fputs("usage: rouse-micro [options] [NAME...]\n\n"
	      "What one step of the packet path costs in this process, without a network: cycles "
	      "of\n"
	      "the time stamp counter, the best and the median of many batches. NAME is the\n"
	      "beginning of a case's name; without one all are measured.\n\n"
	      "  --batches N  batches of each case (200)\n"
	      "  --steps N    measure nothing: run N steps to warm up, then N in the function\n"
	      "               micro_counted, for a tool that counts; one NAME, in full\n"
	      "  --json       for programs\n"
	      "  --list       the cases\n"
	      "  --build      compiler, options and C library of this build\n"
	      "  --help       this text\n\n"
	      "The case that writes a journal does so below $TMPDIR, or /tmp.\n",
		out);
}

static bool wanted(const struct options *options, const char *name) {
	for (int i = 0; i < options->name_count; i++)
		if (!strncmp(name, options->names[i], strlen(options->names[i])))
			return true;
	return options->name_count == 0;
}

// The case that follows c, or the first for NULL.
static const struct micro_case *next_case(const struct micro_case *c) {
	for (size_t g = 0; g < GROUP_COUNT; g++) {
		const struct micro_case *first = GROUPS[g].cases;
		const struct micro_case *last = first + *GROUPS[g].count - 1;

		if (!c)
			return first;
		if (c >= first && c < last)
			return c + 1;
		if (c == last)
			return g + 1 < GROUP_COUNT ? GROUPS[g + 1].cases : NULL;
	}
	return NULL;
}

#define CHECKSUM_PROBE_BYTES 1024u

static const char *build(void) {
	static char text[512];

	snprintf(text, sizeof(text), "%s glibc=%s wide=%s", MICRO_BUILD, gnu_get_libc_version(),
		checksum_wide_part(CHECKSUM_PROBE_BYTES) ? "yes" : "no");
	return text;
}

static void list(void) {
	for (const struct micro_case *c = next_case(NULL); c; c = next_case(c))
		printf("%-22s %s\n", c->name, c->what);
}

static void print_row(const struct micro_case *c, struct micro_result result, double hz) {
	printf("%-22s %9.1f %9.1f %9.1f  %s\n", c->name, result.best, result.median,
		result.median * 1e9 / hz, c->what);
	fflush(stdout);
}

// Names and texts are ours: nothing in them needs to be escaped.
static void print_object(
	const struct micro_case *c, struct micro_result result, double hz, bool first) {
	printf("%s\n    {\"name\": \"%s\", \"what\": \"%s\", \"batch\": %u, \"waits\": %s, "
	       "\"cycles_best\": %.1f, \"cycles_median\": %.1f, \"ns_median\": %.1f}",
		first ? "" : ",", c->name, c->what, c->batch, c->waits ? "true" : "false",
		result.best, result.median, result.median * 1e9 / hz);
}

static void print_head(const struct options *options, double hz) {
	if (options->json)
		printf("{\n  \"schema\": 1,\n  \"version\": \"%s\",\n  \"build\": \"%s\",\n"
		       "  \"tsc_mhz\": %.1f,\n  \"batches\": %u,\n  \"cases\": [",
			ROUSE_VERSION, build(), hz / 1e6, options->batches);
	else
		printf("%-22s %9s %9s %9s  of one step; TSC %.0f MHz\n", "", "best", "median", "ns",
			hz / 1e6);
}

static int measure(const struct options *options) {
	double hz = micro_tsc_hz();
	uint32_t count = 0;

	print_head(options, hz);
	for (const struct micro_case *c = next_case(NULL); c; c = next_case(c)) {
		struct micro_result result;

		if (!wanted(options, c->name))
			continue;
		result = micro_time(c, options->batches);
		if (options->json)
			print_object(c, result, hz, count == 0);
		else
			print_row(c, result, hz);
		count++;
	}
	if (options->json)
		puts("\n  ]\n}");
	if (count == 0)
		micro_die("no case has such a name", "see --list");
	return 0;
}

static int count(const struct options *options) {
	const struct micro_case *c = next_case(NULL);

	if (options->name_count != 1)
		micro_die("--steps", "needs the name of one case");
	while (c && strcmp(c->name, options->names[0]))
		c = next_case(c);
	if (!c)
		micro_die(options->names[0], "no such case; see --list");
	micro_count(c, options->steps);
	return 0;
}

static uint32_t number(const char *option, const char *text) {
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value == 0 || value > 100000000) {
		fprintf(stderr, "rouse-micro: %s is a number from 1 to 100000000, not '%s'\n",
			option, text);
		exit(2);
	}
	return (uint32_t)value;
}

int main(int argc, char **argv) {
	static const struct option LONG[] = {
		{"batches", required_argument, NULL, 'b'},
		{"steps", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{"list", no_argument, NULL, 'l'},
		{"build", no_argument, NULL, 'B'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct options options = {.batches = BATCHES};
	int option;

	while ((option = getopt_long(argc, argv, "h", LONG, NULL)) != -1) {
		switch (option) {
		case 'b':
			options.batches = number("--batches", optarg);
			break;
		case 's':
			options.steps = number("--steps", optarg);
			break;
		case 'j':
			options.json = true;
			break;
		case 'l':
			list();
			return 0;
		case 'B':
			puts(build());
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	options.names = argv + optind;
	options.name_count = argc - optind;
	return options.steps ? count(&options) : measure(&options);
}
