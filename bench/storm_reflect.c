// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// `rouse-storm reflect`: options.

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "storm_args.h"
#include "storm_commands.h"
#include "storm_reflect.h"
#include "storm_stop.h"

struct reflect_options {
	struct storm_server listen;
	struct storm_place place;
	uint64_t size;
	uint32_t blksize;
	uint32_t windowsize;
	uint64_t deadline_us;
};

#define PACKET_BLKSIZE_MAX 1468u

#define AT(field) offsetof(struct reflect_options, field)

static const struct storm_arg ARGS[] = {
	{"listen", "A[:PORT]", STORM_ARG_SERVER, AT(listen),
		.help = "serve TFTP on a socket at this address, port 69"},
	{"size", "BYTES", STORM_ARG_U64, AT(size), .help = "of its only file (1048576)"},
	{"blksize", "B", STORM_ARG_U32, AT(blksize), 8, 65464,
		"that every client must ask for on a socket, and else the most (1468)"},
	{"windowsize", "W", STORM_ARG_U32, AT(windowsize), 1, 65535,
		"that every client must ask for on a socket (1: none), and else the most (any)"},
	{"interface", "IF", STORM_ARG_TEXT, AT(place.interface),
		.help = "with --server: serve TFTP and DHCP on this interface without the kernel's "
			"UDP"},
	{"port", "DEVICE", STORM_ARG_TEXT, AT(place.port),
		.help = "the same on a DPDK port: vdev:net_memif0,role=server,socket=/run/m, "
			"pci:0000:01:00.0"},
	{"server", "A", STORM_ARG_SERVER, AT(listen),
		.help = "the address there; the kernel must not have it"},
	{"deadline", "S", STORM_ARG_SECONDS, AT(deadline_us),
		.help = "end after so long (at a signal)"},
	{0},
};

static int reflect_frames(const struct storm_command *command, const struct storm_place *place,
	const struct storm_reflect *settings) {
	char why[STORM_PACKET_WHY_SIZE];
	struct storm_packet *packet = storm_packet_open(place, true, why);
	int err;

	if (!packet) {
		storm_complain(command, "%s", why);
		return STORM_EXIT_CANNOT;
	}
	err = storm_reflect_packet(settings, packet);
	storm_packet_close(packet);
	if (err)
		storm_complain(command, "cannot serve: %s", strerror(-err));
	return err ? STORM_EXIT_CANNOT : STORM_EXIT_OK;
}

static int reflect_datagrams(
	const struct storm_command *command, const struct storm_reflect *settings) {
	int err = storm_reflect_socket(settings);

	if (err)
		storm_complain(command, "cannot serve: %s", strerror(-err));
	return err ? STORM_EXIT_CANNOT : STORM_EXIT_OK;
}

static const char *find_wrong(const struct reflect_options *o) {
	bool frames = o->place.interface || o->place.port;

	if (!o->listen.address)
		return "--listen A, or --server A with --interface IF or --port DEVICE, is needed";
	if (frames && storm_place_wrong(&o->place))
		return storm_place_wrong(&o->place);
	if (!frames && o->size / o->blksize >= 65535)
		return "--size is more than 65,535 blocks";
	if (frames && o->blksize > PACKET_BLKSIZE_MAX)
		return "--blksize is at most 1468 with --interface and --port";
	return NULL;
}

static int run_reflect(const struct storm_command *command, int argc, char **argv) {
	struct reflect_options o = {.size = 1 << 20, .blksize = 1468};
	struct storm_reflect settings;
	int err = storm_args_parse(command, argc, argv, &o, NULL);
	const char *wrong;

	if (err)
		return err > 0 ? STORM_EXIT_OK : STORM_EXIT_USAGE;
	wrong = find_wrong(&o);
	if (wrong) {
		storm_complain(command, "%s", wrong);
		return STORM_EXIT_USAGE;
	}
	settings = (struct storm_reflect){
		.address = o.listen.address,
		.port = o.listen.port ? o.listen.port : 69,
		.size = o.size,
		.blksize = (uint16_t)o.blksize,
		.window = (uint16_t)o.windowsize,
		.deadline_us = o.deadline_us,
	};
	storm_stop_install();
	if (o.place.interface || o.place.port)
		return reflect_frames(command, &o.place, &settings);
	return reflect_datagrams(command, &settings);
}

const struct storm_command STORM_REFLECT = {
	.name = "reflect",
	.usage = "--listen A[:PORT] | --interface IF --server A | --port DEVICE --server A "
		 "[options]",
	.summary = "Serves without files, leases or state, to measure what the clients can do at "
		   "most.",
	.notes = "On a socket clients must ask for tsize, and for the same blksize and "
		 "windowsize; on an\n"
		 "interface or port they get what they ask for. Contents are the same random "
		 "bytes, again and\nagain. Exit code: 0, 2 usage, 3 cannot serve.\n",
	.args = ARGS,
	.run = run_reflect,
};
