// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// `rouse-storm null tx` and `null rx`: options and report.

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "storm_args.h"
#include "storm_clock.h"
#include "storm_commands.h"
#include "storm_null.h"
#include "storm_packet.h"
#include "storm_port.h"
#include "storm_report.h"
#include "storm_stop.h"

#define HUGE_PAGE (2u << 20)

struct null_options {
	const char *port;
	const char *file;
	uint32_t blksize;
	uint32_t sessions;
	uint32_t cpu;
	uint64_t warm_up_us;
	uint64_t duration_us;
	bool sum;
	bool plain;
	bool json;
};

#define AT(field) offsetof(struct null_options, field)
#define ANY_CPU   UINT32_MAX
#define PORT_ARG                                                                                   \
	{                                                                                          \
		"port", "DEVICE", STORM_ARG_TEXT, AT(port),                                        \
			.help = "the DPDK port: vdev:net_memif0,role=client,socket=/run/m, "       \
				"pci:0000:01:00.0"                                                 \
	}
#define RUN_ARGS                                                                                   \
	{"seconds", "S", STORM_ARG_SECONDS, AT(duration_us), .help = "measure for so long (5)"},   \
		{"warm-up", "S", STORM_ARG_SECONDS, AT(warm_up_us),                                \
			.help = "run so long before that (0.5)"},                                  \
		{"cpu", "N", STORM_ARG_U32, AT(cpu), 0, 1023, "stay on this CPU (any)"}, {         \
		"json", NULL, STORM_ARG_FLAG, AT(json), .help = "report as JSON"                   \
	}

static const struct storm_arg TX_ARGS[] = {
	PORT_ARG,
	{"file", "PATH", STORM_ARG_TEXT, AT(file), .help = "whose blocks are sent"},
	{"blksize", "B", STORM_ARG_U32, AT(blksize), 8, 1468, "bytes in a block (1468)"},
	{"sessions", "N", STORM_ARG_U32, AT(sessions), 1, 16384,
		"streams that take turns, each elsewhere in the file (64)"},
	{"sum", NULL, STORM_ARG_FLAG, AT(sum),
		.help = "add up each block as it is copied (its sum is known)"},
	{"plain", NULL, STORM_ARG_FLAG, AT(plain),
		.help = "hold the file in plain memory (in hugepages, where there are any)"},
	RUN_ARGS,
	{0},
};

static const struct storm_arg RX_ARGS[] = {PORT_ARG, RUN_ARGS, {0}};

static void report(const char *name, const struct null_options *o,
	const struct storm_null_totals *t, const char *memory) {
	double seconds = (double)t->elapsed_us / 1e6;
	double frames = t->frames ? (double)t->frames : 1;
	struct storm_report r;

	storm_report_begin(&r, stdout, o->json, name);
	storm_report_real(&r, "seconds", seconds);
	storm_report_cpu(&r);
	storm_report_steal(&r, &t->steal);
	if (memory) {
		storm_report_text(&r, "memory", memory);
		storm_report_text(&r, "sums", o->sum ? "computed" : "known");
		storm_report_u64(&r, "sessions", o->sessions);
	}
	storm_report_u64(&r, "frames", t->frames);
	storm_report_u64(&r, "malformed", t->malformed);
	storm_report_real(&r, "frames_per_second", seconds > 0 ? (double)t->frames / seconds : 0);
	storm_report_real(
		&r, "gigabits_per_second", seconds > 0 ? (double)t->bytes * 8e-9 / seconds : 0);
	storm_report_real(&r, "cycles_per_frame", (double)t->busy_cycles / frames);
	storm_report_real(&r, "waiting_percent",
		t->cycles > t->busy_cycles
			? 100.0 * (double)(t->cycles - t->busy_cycles) / (double)t->cycles
			: 0);
	storm_report_real(&r, "clock_ghz", (double)rte_get_tsc_hz() / 1e9);
	storm_report_end(&r);
}

static void *take_memory(size_t size, bool plain, const char **memory) {
	size_t rounded = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *at = MAP_FAILED;

	*memory = "hugepages";
	if (!plain)
		at = mmap(NULL, rounded, PROT_READ | PROT_WRITE, flags | MAP_HUGETLB | MAP_POPULATE,
			-1, 0);
	if (at == MAP_FAILED) {
		*memory = "plain";
		at = mmap(NULL, rounded, PROT_READ | PROT_WRITE, flags | MAP_POPULATE, -1, 0);
	}
	return at == MAP_FAILED ? NULL : at;
}

static int read_whole(int fd, uint8_t *to, size_t size) {
	for (size_t at = 0; at < size;) {
		ssize_t got = pread(fd, to + at, size - at, (off_t)at);

		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		at += (size_t)got;
	}
	return 0;
}

// The file in memory, where an image of a server would be. The program's end frees it.
static int load_file(
	const struct null_options *o, struct storm_null_settings *s, const char **memory) {
	int fd = open(o->file, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *at;
	int err;

	if (fd < 0)
		return -errno;
	err = fstat(fd, &st) < 0 ? -errno : st.st_size < o->blksize ? -ENODATA : 0;
	if (!err) {
		at = take_memory((size_t)st.st_size, o->plain, memory);
		err = at ? read_whole(fd, at, (size_t)st.st_size) : -ENOMEM;
		s->file = at;
		s->size = (uint64_t)st.st_size;
	}
	close(fd);
	return err;
}

static int open_port(
	const struct storm_command *command, const struct null_options *o, struct port *port) {
	char why[STORM_PACKET_WHY_SIZE];
	int err;

	if (o->cpu != ANY_CPU) {
		err = storm_port_pin(o->cpu);
		if (err) {
			storm_complain(command, "CPU %u: %s", o->cpu, strerror(-err));
			return err;
		}
	}
	storm_stop_install();
	err = storm_port_open(port, o->port, why, sizeof(why));
	if (err)
		storm_complain(command, "%s", why);
	return err;
}

// Defaults, options, and what both commands need. STORM_EXIT_OK with a port, else see run.
static int begin(
	const struct storm_command *command, int argc, char **argv, struct null_options *o) {
	int err;

	*o = (struct null_options){.blksize = 1468,
		.sessions = 64,
		.cpu = ANY_CPU,
		.warm_up_us = STORM_SECOND_US / 2,
		.duration_us = 5 * STORM_SECOND_US};
	err = storm_args_parse(command, argc, argv, o, NULL);
	if (err)
		return err > 0 ? STORM_EXIT_OK : STORM_EXIT_USAGE;
	if (o->port && (o->file || command->args == RX_ARGS))
		return -1;
	storm_complain(command, "%s", o->port ? "--file is needed" : "--port is needed");
	return STORM_EXIT_USAGE;
}

static void fill_settings(const struct null_options *o, struct storm_null_settings *s) {
	*s = (struct storm_null_settings){
		.blksize = (uint16_t)o->blksize,
		.sessions = (uint16_t)o->sessions,
		.sum = o->sum,
		.warm_up_us = o->warm_up_us,
		.duration_us = o->duration_us,
	};
}

static int run_tx(const struct storm_command *command, int argc, char **argv) {
	struct storm_null_settings s;
	struct storm_null_totals totals;
	struct null_options o;
	const char *memory = NULL;
	struct port port;
	int code = begin(command, argc, argv, &o);
	int err;

	if (code >= 0)
		return code;
	fill_settings(&o, &s);
	err = load_file(&o, &s, &memory);
	if (err) {
		storm_complain(command, "%s: %s", o.file, strerror(-err));
		return STORM_EXIT_CANNOT;
	}
	if (open_port(command, &o, &port) < 0)
		return STORM_EXIT_CANNOT;
	err = storm_null_tx(&s, &port, &totals);
	if (!err)
		report("null tx", &o, &totals, memory);
	storm_port_close(&port);
	if (err)
		storm_complain(command, "%s", strerror(-err));
	return err ? STORM_EXIT_CANNOT : totals.frames ? STORM_EXIT_OK : STORM_EXIT_FAILED;
}

static int run_rx(const struct storm_command *command, int argc, char **argv) {
	struct storm_null_settings s;
	struct storm_null_totals totals;
	struct null_options o;
	struct port port;
	int code = begin(command, argc, argv, &o);

	if (code >= 0)
		return code;
	fill_settings(&o, &s);
	if (open_port(command, &o, &port) < 0)
		return STORM_EXIT_CANNOT;
	storm_null_rx(&s, &port, &totals);
	report("null rx", &o, &totals, NULL);
	storm_port_close(&port);
	return totals.frames && !totals.malformed ? STORM_EXIT_OK : STORM_EXIT_FAILED;
}

const struct storm_command STORM_NULL_TX = {
	.name = "null tx",
	.usage = "--port DEVICE --file PATH [options]",
	.summary = "Sends a file's blocks as DATA frames without any protocol, as fast as the peer "
		   "takes them.",
	.notes = "The yardstick of a server on the same kind of port: the same frames, the same "
		 "copy out of\n"
		 "memory, complete checksums. cycles_per_frame leaves out the polls that moved "
		 "nothing.\n",
	.args = TX_ARGS,
	.run = run_tx,
};

const struct storm_command STORM_NULL_RX = {
	.name = "null rx",
	.usage = "--port DEVICE [options]",
	.summary = "Takes frames and looks at their headers only: the peer of null tx and of other "
		   "senders.",
	.notes =
		"The time begins with the first frame. Either side may end first; a sender that is "
		"not rouse-storm may die of a memif that is taken from it (DPDK 22.11).\n",
	.args = RX_ARGS,
	.run = run_rx,
};
