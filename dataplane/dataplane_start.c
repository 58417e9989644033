// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// From a policy to running workers: host checks, EAL, state, leases, workers, ports, in this order,
// so that the first frame finds everything ready. Every step logs why it failed.

#include "dataplane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "dhcp.h"
#include "dhcp_glue.h"
#include "journal_thread.h"
#include "log.h"
#include "probe_mark.h"
#include "start_check.h"
#include "tftp.h"
#include "turn.h"
#include "unmap_guard.h"
#include "worker_setup.h"

static const struct policy_snapshot *snapshot_of(const struct dataplane *dp) {
	return dp->current->policy.snapshot;
}

static void tell_holder(const struct port *port) {
	if (port->config.vlan && port_is_kernel(port) && !port_kernel_answers(port))
		log_say(LOG_LEVEL_NOTICE,
			"%s, VLAN %u: no interface of the kernel has the port's address, so ARP "
			"and ping are answered here, and HTTP is not",
			port->config.device, port->config.vlan);
}

static int plan_ports(struct dataplane *dp) {
	const struct policy *policy = &dp->current->policy;
	char why[PORT_WHY_SIZE] = "";
	struct port_config config;
	uint16_t i;
	int rc;

	dp->port_count = (uint16_t)policy->count[POLICY_PORTS];
	for (i = 0; i < dp->port_count; i++) {
		rc = worker_setup_port_config(policy, i, &config);
		if (rc < 0) {
			log_say(LOG_LEVEL_ERROR, "port %u: its device is too long", i);
			return rc;
		}
		rc = port_plan(&dp->port[i], i, &config, why, sizeof(why));
		if (rc < 0) {
			log_say(LOG_LEVEL_ERROR, "%s", why);
			return rc;
		}
		tell_holder(&dp->port[i]);
	}
	return 0;
}

static void warn_of_servers(const struct dataplane *dp) {
	const struct policy *policy = &dp->current->policy;
	char why[PORT_WHY_SIZE];
	bool dhcp = false;
	uint16_t i;

	for (i = 0; i < dp->port_count; i++)
		dhcp |= policy->ports[i].dhcp != POLICY_DHCP_OFF;
	if (dhcp && start_check_server(DHCP_SERVER_PORT, "DHCP", why, sizeof(why)) < 0)
		log_say(LOG_LEVEL_WARNING, "%s", why);
	if (start_check_server(TFTP_PORT, "TFTP", why, sizeof(why)) < 0)
		log_say(LOG_LEVEL_WARNING, "%s", why);
}

static int check_host(struct dataplane *dp) {
	const struct policy_snapshot *snapshot = snapshot_of(dp);
	char why[PORT_WHY_SIZE];
	bool kernel = false;
	uint16_t i;
	int rc;

	for (i = 0; i < dp->port_count; i++)
		kernel |= port_is_kernel(&dp->port[i]);
	if (!kernel)
		return 0;
	warn_of_servers(dp);
	rc = start_check_tids(snapshot->tid_first, snapshot->tid_last, why, sizeof(why));
	if (rc < 0)
		log_say(LOG_LEVEL_ERROR, "%s", why);
	return rc;
}

static int init_eal(struct dataplane *dp) {
	struct eal_plan plan = {
		.program = "rouse-dataplane",
		.workers = dp->worker_count,
		.pin = snapshot_of(dp)->idle == POLICY_IDLE_BUSY,
	};
	static struct eal_args args; // the EAL keeps pointers into it
	uint16_t i;
	int rc;

	for (i = 0; i < dp->port_count; i++) {
		plan.memory_mb += port_memory_mb(&dp->port[i]);
		if (dp->port[i].config.kind == PORT_PCI)
			plan.pci[plan.pci_count++] = dp->port[i].config.device;
	}
	rc = eal_args_build(&plan, &args);
	if (rc < 0) {
		log_say(LOG_LEVEL_ERROR, "cannot place %u workers on this host's CPUs: %s",
			dp->worker_count, strerror(-rc));
		return rc;
	}
	// Without hugepages the EAL makes a directory for itself, in /run/dpdk unless told
	// otherwise.
	setenv("RUNTIME_DIRECTORY", dp->runtime_dir, 1);
	if (rte_eal_init(args.argc, args.argv) < 0) {
		log_say(LOG_LEVEL_ERROR, "DPDK does not start: %s; its reason stands above",
			rte_strerror(rte_errno));
		return -rte_errno;
	}
	dp->eal_runs = true;
	log_say(LOG_LEVEL_NOTICE, "DPDK runs %s hugepages", args.hugepages ? "with" : "without");
	return 0;
}

static int open_state(struct dataplane *dp) {
	const struct policy_snapshot *snapshot = snapshot_of(dp);
	struct state_plan plan = {
		.workers = dp->worker_count,
		.leases = snapshot->max_leases,
		.tid_first = snapshot->tid_first,
		.tid_last = snapshot->tid_last,
	};
	char why[SHM_WHY_SIZE] = "";
	int rc = state_open(&dp->state, dp->runtime_dir, &plan, why);

	if (rc < 0)
		log_say(LOG_LEVEL_ERROR, "cannot make the state region: %s", why);
	else
		order_log_init(&dp->orders, dp->state.order_used, dp->recorded_orders);
	return rc;
}

static void log_journal(void *context, const char *sentence) {
	(void)context;
	log_say(LOG_LEVEL_WARNING, "%s", sentence);
}

struct restoring {
	struct lease_table *leases;
	struct order_log *orders;
	struct rouse_now now;
};

static int restore(void *context, const struct journal_record *record) {
	struct restoring *restoring = context;

	if (journal_is_order(record))
		return order_log_restore(restoring->orders, record);
	return lease_restore(restoring->leases, record, restoring->now);
}

// Until all addresses have been probed, each start begins that again.
static bool probes_needed(const struct dataplane *dp, bool fresh) {
	int rc;

	if (!fresh)
		return probe_mark_is_set(dp->journal_dir);
	rc = probe_mark_set(dp->journal_dir);
	if (rc < 0)
		log_say(LOG_LEVEL_WARNING,
			"cannot note beside the lease journal that addresses have to be probed: "
			"%s: a restart before that is done will not probe the rest",
			strerror(-rc));
	return true;
}

static int recover(struct dataplane *dp) {
	struct restoring restoring = {.leases = dp->dhcp->server.leases,
		.orders = &dp->orders,
		.now = dp->worker->time.now};
	char why[JOURNAL_WHY_SIZE] = "";
	struct journal_recovery recovery = {0};
	int rc;

	rc = journal_recover(dp->journal, restore, &restoring, &recovery, why);
	if (rc < 0) {
		log_say(LOG_LEVEL_ERROR, "cannot read the lease journal: %s", why);
		return rc;
	}
	lease_raise_lsn(restoring.leases, recovery.next_lsn - 1);
	order_log_merge(&dp->orders, &dp->current->policy);
	dp->probes = probes_needed(dp, recovery.fresh);
	lease_require_probes(restoring.leases, dp->probes);
	log_say(LOG_LEVEL_NOTICE, "%llu leases are known from the journal",
		(unsigned long long)recovery.leases);
	return journal_start(dp->journal);
}

static int open_journal(struct dataplane *dp) {
	const struct policy *policy = &dp->current->policy;
	struct journal_config config = {
		.max_leases = snapshot_of(dp)->max_leases,
		.block = &dp->state.region->journal,
		.sync = dp->state.sync,
		.gather_us = JOURNAL_GATHER_US,
		.wake_fd = wait_event_fd(&dp->worker->waiter),
		.log = log_journal,
	};
	struct policy_ref ref = snapshot_of(dp)->state_dir;
	char why[JOURNAL_WHY_SIZE] = "", state_dir[256];
	int rc;

	snprintf(state_dir, sizeof(state_dir), "%.*s", (int)ref.len, policy_text(policy, ref));
	dp->journal_dir = journal_open_directory(state_dir);
	if (dp->journal_dir < 0) {
		log_say(LOG_LEVEL_ERROR, "cannot open the lease journal's directory %s/leases: %s",
			state_dir, strerror(-dp->journal_dir));
		return dp->journal_dir;
	}
	rc = journal_open(dp->journal_dir, &config, &journal_io_system, &dp->journal, why);
	if (rc < 0) {
		log_say(LOG_LEVEL_ERROR, "cannot open the lease journal: %s", why);
		return rc;
	}
	return recover(dp);
}

static int start_ports(struct dataplane *dp) {
	char why[PORT_WHY_SIZE] = "";
	uint16_t i;
	int rc;

	for (i = 0; i < dp->port_count; i++) {
		struct port *port = &dp->port[i];

		rc = port_start(port, dp->port, dp->runtime_dir, why, sizeof(why));
		if (rc < 0) {
			log_say(LOG_LEVEL_ERROR, "%s", why);
			return rc;
		}
		atomic_store(&dp->link_up[i], port_link_up(port));
		rc = worker_setup_port(dp, port);
		if (rc < 0) {
			log_say(LOG_LEVEL_ERROR, "%s has too many queues for the workers",
				port->config.device);
			return rc;
		}
	}
	return 0;
}

// Without a journal the addresses that are in use must be found out first.
static int start_prober(struct dataplane *dp) {
	int rc;

	if (!dp->probes)
		return 0;
	rc = prober_start(&dp->prober, dp->port, dp->port_count);
	if (rc < 0) {
		log_say(LOG_LEVEL_ERROR, "cannot probe addresses: %s", strerror(-rc));
		return rc;
	}
	dp->dhcp->probes = &dp->prober.results;
	log_say(LOG_LEVEL_NOTICE, "the lease journal is new: the addresses of the pools are asked "
				  "whether they are in use, before they are given out");
	return 0;
}

static int launch(struct dataplane *dp) {
	uint16_t i;
	int rc;

	unmap_guard_set(dataplane_wait_workers, dp);
	for (i = 0; i < dp->worker_count; i++) {
		rc = rte_eal_remote_launch(worker_run, &dp->worker[i], i + 1u);
		if (rc < 0) {
			log_say(LOG_LEVEL_ERROR, "cannot start worker %u: %s", i, strerror(-rc));
			return rc;
		}
	}
	return 0;
}

static int make_rings(struct dataplane *dp) {
	int rc = handover_init(&dp->handover, dp->worker_count);

	if (rc < 0)
		log_say(LOG_LEVEL_ERROR, "cannot make the rings between workers: %s",
			strerror(-rc));
	return rc;
}

// Without it they still work, and a busy machine makes their clients wait now and then.
static bool may_go_first(void) {
	int rc = turn_probe();

	if (rc < 0)
		log_say(LOG_LEVEL_NOTICE,
			"workers take turns with other programs, so answers may be milliseconds "
			"late on a busy machine: SCHED_FIFO needs CAP_SYS_NICE or LimitRTPRIO=1 "
			"(%s)",
			strerror(-rc));
	return rc == 0;
}

static int make_workers(struct dataplane *dp) {
	bool sleep = snapshot_of(dp)->idle == POLICY_IDLE_ADAPTIVE;
	int rc;

	dp->go_first = sleep && may_go_first();
	rc = worker_setup(dp);
	if (rc < 0)
		log_say(LOG_LEVEL_ERROR, "cannot make the workers: %s", strerror(-rc));
	return rc;
}

static int (*const steps[])(struct dataplane *dp) = {
	plan_ports,
	check_host,
	init_eal,
	open_state,
	make_rings,
	make_workers,
	open_journal,
	worker_setup_resume,
	start_ports,
	start_prober,
	launch,
};

int dataplane_start(struct dataplane *dp) {
	size_t i;
	int rc = 0;

	dp->worker_count = snapshot_of(dp)->workers;
	atomic_store(&dp->published, dp->current);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && rc == 0; i++)
		rc = steps[i](dp);
	if (rc < 0) {
		dataplane_stop(dp);
		return rc;
	}
	log_say(LOG_LEVEL_NOTICE, "answering on %u port%s with %u worker%s, policy generation %llu",
		dp->port_count, dp->port_count == 1 ? "" : "s", dp->worker_count,
		dp->worker_count == 1 ? "" : "s", (unsigned long long)dp->current->generation);
	return 0;
}

// Takes down what is there, however far start came.
void dataplane_stop(struct dataplane *dp) {
	uint16_t i;

	atomic_store(&dp->stop, true);
	for (i = 0; dp->worker && i < dp->worker_count; i++)
		wait_wake(wait_event_fd(&dp->worker[i].waiter));
	rte_eal_mp_wait_lcore();
	unmap_guard_set(NULL, NULL);
	prober_stop(&dp->prober);
	if (dp->journal) {
		journal_stop(dp->journal);
		journal_close(dp->journal);
	}
	if (dp->journal_dir >= 0)
		close(dp->journal_dir);
	handover_fini(&dp->handover);
	for (i = 0; i < dp->port_count; i++)
		port_stop(&dp->port[i]);
	worker_setup_undo(dp);
	if (dp->state.region)
		state_close(&dp->state);
	policy_watch_drop(dp->former);
	policy_watch_drop(dp->current);
	policy_watch_fini(&dp->watch);
	if (dp->eal_runs)
		rte_eal_cleanup();
	close(dp->lock_fd);
}
