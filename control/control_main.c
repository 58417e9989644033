// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse-control: the command line.

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon.h"

#define EXIT_USAGE 2

static const char usage[] =
	"usage: rouse-control [--config FILE]\n"
	"\n"
	"Publishes boot policy and images to rouse-dataplane, and serves the rouse command.\n"
	"\n"
	"options:\n"
	"  --config FILE  the configuration (default " CONFIG_DEFAULT_PATH ")\n"
	"  --help         this text\n"
	"  --version      the version\n"
	"\n"
	"signals: SIGHUP reads the configuration again; SIGTERM and SIGINT end it\n";

int main(int argc, char **argv) {
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0},
	};
	const char *config = CONFIG_DEFAULT_PATH;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			config = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'v':
			puts("rouse-control " ROUSE_VERSION);
			return EXIT_SUCCESS;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "rouse-control: %s is one word too many: see --help\n",
			argv[optind]);
		return EXIT_USAGE;
	}
	return daemon_run(config);
}
