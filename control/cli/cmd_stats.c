// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse stats: the dataplane's counters, with what they mean and what to do about them.

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/instance.h"
#include "cli/output.h"
#include "stats.h"

static const char *lower_name(enum rouse_stat stat, char out[64]) {
	snprintf(out, 64, "%s", stat_info[stat].name);
	for (char *at = out; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	return out;
}

static uint64_t drop_total(const struct state_view *state) {
	uint64_t total = 0;

	for (int i = 0; i < STAT_COUNT; i++)
		if (stat_info[i].kind == STAT_KIND_DROP)
			total += state_counter(state, (enum rouse_stat)i);
	return total;
}

static uint64_t missed(const struct state_view *state, uint32_t port) {
	return atomic_load_explicit(
		(_Atomic uint64_t *)&state->region->port[port].rx_missed, memory_order_relaxed);
}

static uint32_t ports_of(const struct state_view *state) {
	return state->port_count < ROUSE_MAX_PORTS ? state->port_count : ROUSE_MAX_PORTS;
}

static json_t *counter_json(const struct state_view *state, enum rouse_stat stat) {
	json_t *workers = json_array();

	for (uint32_t i = 0; i < state->worker_count; i++)
		json_array_append_new(
			workers, json_integer((json_int_t)atomic_load_explicit(
					 (_Atomic uint64_t *)&state->workers[i].counter[stat],
					 memory_order_relaxed)));
	return json_pack("{s:I, s:s, s:s, s:s, s:o}", "value",
		(json_int_t)state_counter(state, stat), "kind",
		stat_info[stat].kind == STAT_KIND_DROP ? "drop" : "count", "meaning",
		stat_info[stat].meaning, "action", stat_info[stat].action, "workers", workers);
}

static json_t *phases_json(const struct state_view *state) {
	json_t *phases = json_object();
	struct hist sum;

	for (int i = 0; i < PHASE_COUNT; i++) {
		json_t *phase;

		state_phase(state, (enum rouse_phase)i, &sum);
		phase = output_durations(&sum);
		json_object_set_new(phase, "meaning", json_string(phase_info[i].meaning));
		json_object_set_new(phases, phase_info[i].name, phase);
	}
	return phases;
}

static void print_json(const struct state_view *state) {
	json_t *counters = json_object(), *ports = json_array();
	char name[64];

	for (int i = 0; i < STAT_COUNT; i++)
		json_object_set_new(counters, lower_name((enum rouse_stat)i, name),
			counter_json(state, (enum rouse_stat)i));
	for (uint32_t i = 0; i < ports_of(state); i++)
		json_array_append_new(
			ports, json_pack("{s:s#, s:I}", "device", state->region->port[i].device,
				       (int)strnlen(state->region->port[i].device,
					       sizeof(state->region->port[i].device)),
				       "rx_missed", (json_int_t)missed(state, i)));
	output_json(json_pack("{s:o, s:I, s:o, s:o}", "counters", counters, "drops",
		(json_int_t)drop_total(state), "ports", ports, "phases", phases_json(state)));
}

static void add_counter(struct table *table, const struct state_view *state, enum rouse_stat stat) {
	const struct stat_info *info = &stat_info[stat];
	uint64_t value = state_counter(state, stat);
	char name[64], number[24];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)value);
	table_row(table, (const char *const[]){number, lower_name(stat, name), info->meaning});
	// What to do stands below what it is about.
	if (value && info->action[0]) {
		char advice[256];

		snprintf(advice, sizeof(advice), "-> %s", info->action);
		table_row(table, (const char *const[]){"", "", advice});
	}
}

static void print_kind(const struct state_view *state, enum stat_kind kind, bool all) {
	struct table table;

	table_init(&table,
		(const char *const[]){
			kind == STAT_KIND_DROP ? ">dropped" : ">count", "counter", "meaning"},
		3);
	for (int i = 0; i < STAT_COUNT; i++)
		if (stat_info[i].kind == kind && (all || state_counter(state, (enum rouse_stat)i)))
			add_counter(&table, state, (enum rouse_stat)i);
	if (table.rows > 1)
		table_print(&table, stdout, output_width());
	table_free(&table);
}

static void print_missed(const struct state_view *state) {
	for (uint32_t i = 0; i < ports_of(state); i++) {
		const struct state_port *port = &state->region->port[i];

		if (missed(state, i))
			printf("%llu frames were lost by the driver of %.*s: the workers were too "
			       "slow\n",
				(unsigned long long)missed(state, i), (int)sizeof(port->device),
				port->device);
	}
}

static void print_text(const struct state_view *state, bool all) {
	print_kind(state, STAT_KIND_COUNT, all);
	printf("\n%llu packets got no answer%s\n", (unsigned long long)drop_total(state),
		drop_total(state) ? ", each for one of these reasons:" : "");
	print_kind(state, STAT_KIND_DROP, all);
	print_missed(state);
}

static int refuse_other_build(void) {
	cli_error("the running rouse-dataplane is of another build, whose counters have other "
		  "names: restart it, or use the rouse command that belongs to it");
	return CLI_FAILED;
}

static int run(const struct cli_args *args) {
	struct instance instance;
	int rc = instance_find(args, &instance);

	if (rc == CLI_OK)
		rc = instance_need_state(&instance);
	if (rc == CLI_OK && !state_same_counters(&instance.state))
		rc = refuse_other_build();
	if (rc == CLI_OK && cli_flag(args, "json"))
		print_json(&instance.state);
	else if (rc == CLI_OK)
		print_text(&instance.state, cli_flag(args, "all"));
	instance_close(&instance);
	return rc;
}

static const struct cli_option options[] = {INSTANCE_OPTIONS,
	{"all", NULL, "print counters that are 0, too"}, CLI_OPTION_JSON, CLI_OPTION_END};

const struct cli_command cmd_stats = {
	.name = "stats",
	.operands = "",
	.help = "what the dataplane has counted, and why packets were dropped",
	.detail =
		"The sum over all workers since the dataplane's start. A line that begins with -> "
		"says\nwhat to do about the counter above it. --json also has phases: percentiles "
		"of the\n"
		"durations of a boot's phases and of the journal's fdatasync, in microseconds.",
	.options = options,
	.run = run,
};
