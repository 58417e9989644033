// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Relies on dataplane/port for what a port needs of the EAL and of memory. The main thread polls
// it, so the EAL gets no workers; it stays on the CPUs that it was given (taskset).

#include "storm_port.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include "storm_clock.h"
#include "storm_poll.h"
#include "storm_stop.h"
#include "unmap_guard.h"

#define PEER_WAIT_US (30 * STORM_SECOND_US)
#define PEER_STEP_US 10000u

static int parse_device(
	const char *device, struct port_config *config, char *why, size_t why_size) {
	const char *colon = strchr(device, ':');

	if (!strncmp(device, "vdev:", 5)) {
		config->kind = PORT_VDEV;
	} else if (!strncmp(device, "pci:", 4)) {
		config->kind = PORT_PCI;
	} else {
		snprintf(why, why_size,
			"%.128s: a port is vdev:ARGS or pci:ADDR; --interface takes one of the "
			"kernel's",
			device);
		return -EINVAL;
	}
	if (strlen(colon + 1) >= sizeof(config->device)) {
		snprintf(why, why_size, "%.64s...: too long", device);
		return -EINVAL;
	}
	memcpy(config->device, colon + 1, strlen(colon + 1) + 1);
	return 0;
}

static int start_eal(const struct port *port, char *why, size_t why_size) {
	struct eal_plan plan = {.program = "rouse-storm", .memory_mb = port_memory_mb(port)};
	static struct eal_args args; // the EAL keeps pointers into it
	int err;

	if (port->config.kind == PORT_PCI)
		plan.pci[plan.pci_count++] = port->config.device;
	err = eal_args_build(&plan, &args);
	if (err) {
		snprintf(why, why_size, "cannot place the EAL: %s", strerror(-err));
		return err;
	}
	setenv("RUNTIME_DIRECTORY", "/tmp", 0); // without hugepages the EAL makes a directory there
	if (rte_eal_init(args.argc, args.argv) >= 0)
		return 0;
	snprintf(why, why_size, "DPDK does not start: %s; its reason stands above",
		rte_strerror(rte_errno));
	return rte_errno ? -rte_errno : -EIO;
}

static int wait_for_peer(const struct port *port, char *why, size_t why_size) {
	uint64_t end_us = storm_clock_us() + PEER_WAIT_US;

	while (!port_link_up(port)) {
		if (storm_clock_us() >= end_us || storm_stop_wanted()) {
			snprintf(why, why_size, "%.128s: no peer on the other side",
				port->config.device);
			return -ENOLINK;
		}
		usleep(PEER_STEP_US);
	}
	return 0;
}

int storm_port_open(struct port *port, const char *device, char *why, size_t why_size) {
	struct port_config config = {.workers = 1};
	int err = parse_device(device, &config, why, why_size);

	if (!err)
		err = port_plan(port, 0, &config, why, why_size);
	if (!err)
		err = start_eal(port, why, why_size);
	if (!err)
		err = port_start(port, NULL, NULL, why, why_size);
	if (err)
		return err;
	unmap_guard_set(storm_poll_wait_outside, NULL);
	err = wait_for_peer(port, why, why_size);
	if (err)
		storm_port_close(port);
	return err;
}

void storm_port_close(struct port *port) {
	port_stop(port);
	unmap_guard_set(NULL, NULL);
	rte_eal_cleanup();
}

int storm_port_pin(uint32_t cpu) {
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus) < 0 ? -errno : 0;
}

// memif's client asks again when its link is looked at.
void storm_port_reconnect(const struct port *port) {
	port_link_up(port);
}
