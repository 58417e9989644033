// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Few options on purpose: everything else comes from the published policy.

#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define RUNTIME_DIR_MAX 200 // socket and record names are added to it

static const char help[] =
	"usage: rouse-dataplane [--runtime-dir DIR]\n"
	"\n"
	"Answers DHCP and TFTP on the ports of the policy that rouse-control publishes.\n"
	"\n"
	"  --runtime-dir DIR  where the policy is published (default " RUNTIME_DIR_DEFAULT ")\n"
	"  --version          print the version and exit\n"
	"  --help             print this and exit\n";

static const struct option long_options[] = {
	{"runtime-dir", required_argument, NULL, 'r'},
	{"version", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static int complain(const char *sentence, const char *what) {
	fprintf(stderr, "rouse-dataplane: %s: %s; see rouse-dataplane --help\n", sentence, what);
	return 2;
}

int options_parse(int argc, char **argv, struct options *options) {
	int option;

	*options = (struct options){.runtime_dir = RUNTIME_DIR_DEFAULT};
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		switch (option) {
		case 'r':
			options->runtime_dir = optarg;
			break;
		case 'v':
			puts("rouse-dataplane " ROUSE_VERSION);
			return 0;
		case 'h':
			fputs(help, stdout);
			return 0;
		case ':':
			return complain("an option lacks its value", argv[optind - 1]);
		default:
			return complain("unknown option", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return complain("unexpected argument", argv[optind]);
	if (strlen(options->runtime_dir) > RUNTIME_DIR_MAX)
		return complain("the path is too long", options->runtime_dir);
	return -1;
}
