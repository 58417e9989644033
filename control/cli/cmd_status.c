// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse status: whether both programs run, and how they do.

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/instance.h"
#include "cli/output.h"
#include "cli/rest_client.h"
#include "cli/status_http.h"
#include "human.h"
#include "lease.h"
#include "refusal.h"
#include "text.h"

#define ANSWER_PATIENCE_S (STATE_STALE_MS / 1000 + 1)

// What is known of one program.
struct program {
	const char *name;
	bool known; // its region is there
	enum state_health health;
	uint64_t age_ms; // of the heartbeat
	uint64_t pid;
};

struct leases {
	uint32_t bound;
	uint32_t offered;
	uint32_t declined;
};

static uint64_t load(const _Atomic uint64_t *value) {
	return atomic_load_explicit((_Atomic uint64_t *)value, memory_order_relaxed);
}

static const char *health_name(const struct program *program) {
	if (!program->known)
		return "never ran";
	switch (program->health) {
	case STATE_ALIVE:
		return "runs";
	case STATE_STALE:
		return "hangs";
	case STATE_DEAD:
		break;
	}
	return "has ended";
}

// False: nothing can be said of it, as its region cannot be read, which was told.
static bool look(const struct instance *instance, struct program *program, const char *region_name,
	enum rouse_region region) {
	int rc = instance_health(
		instance, region_name, region, &program->health, &program->age_ms, &program->pid);

	program->known = rc == 0;
	return rc == 0 || rc == -ENOENT;
}

static bool is_alive(const struct program *program) {
	return program->known && program->health == STATE_ALIVE;
}

static struct leases count_leases(const struct state_view *state) {
	uint64_t high = load(&state->region->lease_high);
	struct leases leases = {0};

	for (uint64_t i = 0; i < high && i < state->lease_count; i++) {
		struct lease_record record;

		if (lease_read(&state->leases[i], &record) < 0)
			continue;
		leases.bound += record.state == LEASE_BOUND;
		leases.offered += record.state == LEASE_OFFERED;
		leases.declined += record.state == LEASE_DECLINED;
	}
	return leases;
}

static uint64_t count_sessions(const struct state_view *state) {
	uint64_t sum = 0;

	for (uint32_t i = 0; i < state->worker_count; i++)
		sum += load(&state->workers[i].sessions);
	return sum;
}

static uint32_t port_count(const struct state_view *state) {
	return state->port_count < ROUSE_MAX_PORTS ? state->port_count : ROUSE_MAX_PORTS;
}

static double busy_share(const struct worker_block *worker) {
	uint64_t busy = load(&worker->busy_cycles), idle = load(&worker->idle_cycles);

	return busy + idle ? 100.0 * (double)busy / (double)(busy + idle) : 0;
}

// --- JSON

static json_t *program_json(const struct program *program) {
	if (!program->known)
		return json_pack("{s:s}", "state", health_name(program));
	return json_pack("{s:s, s:I, s:I}", "state", health_name(program), "pid",
		(json_int_t)program->pid, "heartbeat_age_ms", (json_int_t)program->age_ms);
}

static json_t *workers_json(const struct state_view *state) {
	json_t *list = json_array();

	for (uint32_t i = 0; i < state->worker_count; i++) {
		const struct worker_block *worker = &state->workers[i];

		json_array_append_new(
			list, json_pack("{s:I, s:I, s:f, s:I, s:I, s:I, s:I}", "loops",
				      (json_int_t)load(&worker->loops), "policy_adopted",
				      (json_int_t)load(&worker->policy_adopted), "busy_percent",
				      busy_share(worker), "busy_cycles",
				      (json_int_t)load(&worker->busy_cycles), "idle_cycles",
				      (json_int_t)load(&worker->idle_cycles), "sleeps",
				      (json_int_t)load(&worker->sleeps), "sessions",
				      (json_int_t)load(&worker->sessions)));
	}
	return list;
}

static json_t *ports_json(const struct state_view *state) {
	json_t *list = json_array();

	for (uint32_t i = 0; i < port_count(state); i++) {
		const struct state_port *port = &state->region->port[i];
		char ip[TEXT_IP_SIZE], mac[TEXT_MAC_SIZE];

		json_array_append_new(list,
			json_pack("{s:s#, s:s, s:s, s:i, s:i, s:b, s:I}", "device", port->device,
				(int)strnlen(port->device, sizeof(port->device)), "address",
				text_ip(port->address, ip), "mac", text_mac(port->mac, mac), "mtu",
				port->mtu, "queues", port->queues, "link_up", port->link_up,
				"rx_missed", (json_int_t)load(&port->rx_missed)));
	}
	return list;
}

static json_t *journal_json(const struct journal_block *journal) {
	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "degraded",
		(int)load(&journal->degraded), "durable_lsn",
		(json_int_t)load(&journal->durable_lsn), "records",
		(json_int_t)load(&journal->records), "batches", (json_int_t)load(&journal->batches),
		"checkpoints", (json_int_t)load(&journal->checkpoints), "sync_us_max",
		(json_int_t)load(&journal->sync_us_max), "recovered_leases",
		(json_int_t)load(&journal->recovered_leases), "recovery_us",
		(json_int_t)load(&journal->recovery_us), "failed",
		(json_int_t)load(&journal->failed));
}

// Why the dataplane did not take what is published now; false: it has, or may yet.
static bool read_refusal(const struct instance *instance, char why[4 * POLICY_REFUSAL_TEXT]) {
	struct refusal refusal;

	if (!instance->has_state || !instance->has_policy ||
		!refusal_read(&instance->state.region->refusal, &refusal) ||
		refusal.generation != instance->generation ||
		state_adopted(&instance->state) == instance->generation)
		return false;
	text_clean(refusal.text, strlen(refusal.text), why, 4 * POLICY_REFUSAL_TEXT);
	return true;
}

static json_t *refusal_json(const struct instance *instance) {
	char why[4 * POLICY_REFUSAL_TEXT];

	return read_refusal(instance, why) ? json_string(why) : json_null();
}

static json_t *state_json(const struct instance *instance) {
	const struct state_view *state = &instance->state;
	struct leases leases = count_leases(state);

	return json_pack("{s:I, s:o, s:o, s:o, s:{s:i, s:i, s:i, s:i}, s:{s:I, s:i}, s:o}",
		"started_unix_ms", (json_int_t)state->region->started_unix_ms, "workers",
		workers_json(state), "ports", ports_json(state), "journal",
		journal_json(&state->region->journal), "leases", "bound", leases.bound, "offered",
		leases.offered, "declined", leases.declined, "table_size", state->lease_count,
		"sessions", "active", (json_int_t)count_sessions(state), "table_size",
		state->session_count, "policy_refused", refusal_json(instance));
}

static void print_json(const struct instance *instance, const struct program *control,
	const struct program *dataplane, json_t *answer) {
	json_t *all = json_pack("{s:s, s:o, s:o}", "runtime_dir", instance->runtime_dir, "control",
		program_json(control), "dataplane", program_json(dataplane));

	if (answer)
		json_object_update(json_object_get(all, "control"), answer);
	if (instance->has_state)
		json_object_update_new(json_object_get(all, "dataplane"), state_json(instance));
	output_json(all);
}

// --- text

static void print_program(const struct program *program, int64_t started_unix_s) {
	char since[HUMAN_SIZE], age[HUMAN_SIZE];

	printf("%-16s %s", program->name, health_name(program));
	if (program->known)
		printf(", process %llu", (unsigned long long)program->pid);
	if (is_alive(program) && started_unix_s)
		printf(", for %s", human_duration((uint64_t)(time(NULL) - started_unix_s), since));
	if (program->known && !is_alive(program))
		printf(", last heartbeat %s ago", human_duration(program->age_ms / 1000, age));
	putchar('\n');
}

static void print_control(const json_t *answer) {
	json_int_t files = 0, served = 0, bytes = 0, memory = 0, taken = 0, errors = 0;
	char a[HUMAN_SIZE], b[HUMAN_SIZE], when[HUMAN_SIZE];
	const char *config = "";

	json_unpack((json_t *)answer, "{s:s, s:I, s:I, s?{s:I, s:I, s:I, s:I}}", "config", &config,
		"config_taken_unix_s", &taken, "reload_errors", &errors, "images", "files", &files,
		"served", &served, "served_bytes", &bytes, "memory_bytes", &memory);
	printf("%-16s %s, taken %s%s\n", "configuration", config, human_time(taken, when),
		errors ? "; the last reload was refused, see rouse check" : "");
	printf("%-16s %lld of %lld in memory, %s of %s\n", "files", (long long)served,
		(long long)files, human_memory((uint64_t)bytes, a),
		human_memory((uint64_t)memory, b));
}

static void print_nodes(const json_t *answer) {
	json_int_t known, orders, refused, most;

	if (json_unpack((json_t *)answer, "{s:{s:I, s:I, s:I, s:I}}", "nodes", "known", &known,
		    "orders_waiting", &orders, "unknown_refused", &refused, "unknown_max",
		    &most) < 0)
		return; // no profiles
	printf("%-16s %lld known, %lld orders wait\n", "nodes", (long long)known,
		(long long)orders);
	if (refused)
		printf("%-16s %lld times a machine was not kept, as %lld unknown ones are: rouse "
		       "node forget some, or let a role take them\n",
			"", (long long)refused, (long long)most);
}

static void print_policy(const struct instance *instance) {
	const struct state_view *state = &instance->state;
	char why[4 * POLICY_REFUSAL_TEXT];
	uint32_t adopted = 0;

	if (!instance->has_policy) {
		printf("%-16s nothing is published yet\n", "policy");
		return;
	}
	printf("%-16s %llu", "policy", (unsigned long long)instance->generation);
	for (uint32_t i = 0; instance->has_state && i < state->worker_count; i++)
		adopted += load(&state->workers[i].policy_adopted) == instance->generation;
	if (instance->has_state)
		printf(", adopted by %u of %u workers", adopted, state->worker_count);
	putchar('\n');
	if (read_refusal(instance, why))
		printf("%-16s the dataplane goes on with the former: %s\n", "policy refused", why);
}

static void print_journal(const struct journal_block *journal) {
	if (load(&journal->degraded))
		printf("%-16s cannot be written: %s; no new leases until it can\n", "lease journal",
			strerror((int)load(&journal->last_errno)));
	else
		printf("%-16s ok, %llu records, slowest sync %.1f ms\n", "lease journal",
			(unsigned long long)load(&journal->records),
			(double)load(&journal->sync_us_max) / 1000);
}

static void print_ports(const struct state_view *state) {
	struct table table;

	table_init(&table,
		(const char *const[]){"port", "address", "mac", ">mtu", ">queues", "link"}, 6);
	for (uint32_t i = 0; i < port_count(state); i++) {
		const struct state_port *port = &state->region->port[i];
		char device[65], ip[TEXT_IP_SIZE], mac[TEXT_MAC_SIZE], mtu[8], queues[8];

		snprintf(device, sizeof(device), "%.64s", port->device);
		snprintf(mtu, sizeof(mtu), "%u", port->mtu);
		snprintf(queues, sizeof(queues), "%u", port->queues);
		table_row(&table, (const char *const[]){device, text_ip(port->address, ip),
					  text_mac(port->mac, mac), mtu, queues,
					  port->link_up ? "up" : "down"});
	}
	putchar('\n');
	table_print(&table, stdout, 0);
	table_free(&table);
}

static void print_workers(const struct state_view *state) {
	struct table table;

	table_init(&table, (const char *const[]){">worker", ">busy", ">transfers", ">policy"}, 4);
	for (uint32_t i = 0; i < state->worker_count; i++) {
		const struct worker_block *worker = &state->workers[i];
		char number[12], busy[12], sessions[24], adopted[24];

		snprintf(number, sizeof(number), "%u", i);
		snprintf(busy, sizeof(busy), "%.1f %%", busy_share(worker));
		snprintf(sessions, sizeof(sessions), "%llu",
			(unsigned long long)load(&worker->sessions));
		snprintf(adopted, sizeof(adopted), "%llu",
			(unsigned long long)load(&worker->policy_adopted));
		table_row(&table, (const char *const[]){number, busy, sessions, adopted});
	}
	putchar('\n');
	table_print(&table, stdout, 0);
	table_free(&table);
}

static void print_state(const struct state_view *state) {
	struct leases leases = count_leases(state);

	printf("%-16s %u bound, %u offered, %u declined, room for %u\n", "leases", leases.bound,
		leases.offered, leases.declined, state->lease_count);
	printf("%-16s %llu, room for %u\n", "transfers", (unsigned long long)count_sessions(state),
		state->session_count);
	print_journal(&state->region->journal);
	print_ports(state);
	print_workers(state);
}

static void print_text(const struct instance *instance, const struct program *control,
	const struct program *dataplane, const json_t *answer) {
	json_int_t started = json_integer_value(json_object_get(answer, "started_unix_s"));

	print_program(control, started);
	print_program(dataplane, instance->has_state
					 ? (int64_t)(instance->state.region->started_unix_ms / 1000)
					 : 0);
	print_policy(instance);
	if (answer) {
		print_control(answer);
		print_nodes(answer);
		status_http_print(json_object_get(answer, "http"));
	}
	if (instance->has_state)
		print_state(&instance->state);
}

static int run(const struct cli_args *args) {
	struct program control = {.name = "rouse-control"}, dataplane = {.name = "rouse-dataplane"};
	struct instance instance;
	char why[SHM_WHY_SIZE];
	json_t *answer = NULL;
	int rc = instance_find(args, &instance);

	if (rc != CLI_OK)
		return rc;
	if (!look(&instance, &control, "control", ROUSE_REGION_CONTROL) ||
		!look(&instance, &dataplane, "state", ROUSE_REGION_STATE))
		return CLI_FAILED;
	instance_try_policy(&instance);
	instance.has_state =
		dataplane.known && state_view_open(&instance.state, instance.runtime_dir, why) == 0;
	// One that has just been stopped still has a fresh heartbeat, but no answer: then it is
	// told by the heartbeat that it did not store meanwhile.
	if (is_alive(&control) && rest_client_get_within(instance.runtime_dir, "/v1/status",
					  ANSWER_PATIENCE_S, &answer) != CLI_OK)
		look(&instance, &control, "control", ROUSE_REGION_CONTROL);
	if (cli_flag(args, "json"))
		print_json(&instance, &control, &dataplane, answer);
	else
		print_text(&instance, &control, &dataplane, answer);
	json_decref(answer);
	instance_close(&instance);
	return is_alive(&control) && is_alive(&dataplane) ? CLI_OK : CLI_NOT_RUNNING;
}

static const struct cli_option options[] = {INSTANCE_OPTIONS, CLI_OPTION_JSON, CLI_OPTION_END};

const struct cli_command cmd_status = {
	.name = "status",
	.operands = "",
	.help = "whether Rouse runs, and how it does",
	.detail = "Ends with 0 when both rouse-control and rouse-dataplane run, with 3 otherwise, "
		  "with 1 "
		  "if\nthat cannot be told. A program hangs when its process runs but has not "
		  "stored its "
		  "heartbeat\nfor 5 s.",
	.options = options,
	.run = run,
};
