// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/instance.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cli/cmd_config.h"
#include "human.h"
#include "policy_reader.h"
#include "text.h"

static int from_config(const struct cli_args *args, struct instance *instance) {
	struct config *config = cmd_load_where(args);

	if (!config)
		return CLI_FAILED;
	snprintf(instance->runtime_dir, sizeof(instance->runtime_dir), "%s", config->runtime_dir);
	config_free(config);
	return CLI_OK;
}

int instance_find(const struct cli_args *args, struct instance *instance) {
	const char *dir = cli_value(args, "runtime-dir");

	*instance = (struct instance){0};
	if (!dir)
		return from_config(args, instance);
	if (cli_value(args, "config")) {
		cli_error("--config and --runtime-dir both name an instance: give one of them");
		return CLI_USAGE;
	}
	snprintf(instance->runtime_dir, sizeof(instance->runtime_dir), "%s", dir);
	return CLI_OK;
}

static void tell_health(const char *program, const struct instance *instance,
	const struct shm_header *header, enum state_health health, uint64_t age_ms) {
	char age[HUMAN_SIZE];
	unsigned long long pid = header->writer_pid;

	human_duration(age_ms / 1000, age);
	if (health == STATE_DEAD)
		cli_error(
			"%s does not run in %s: its process %llu has ended, last heartbeat %s ago",
			program, instance->runtime_dir, pid, age);
	else
		cli_error("%s hangs: its process %llu runs, but its last heartbeat was %s ago",
			program, pid, age);
}

static void tell_unreadable(int rc, const char *why) {
	cli_error("%s%s", why, rc == -EACCES ? ": be root or in group rouse" : "");
}

int instance_need_state(struct instance *instance) {
	char why[SHM_WHY_SIZE] = "";
	enum state_health health;
	uint64_t age_ms;
	int rc = state_view_open(&instance->state, instance->runtime_dir, why);

	if (rc == -ENOENT) {
		cli_error("rouse-dataplane does not run in %s: it has never written its state; "
			  "rouse up starts it",
			instance->runtime_dir);
		return CLI_NOT_RUNNING;
	}
	if (rc < 0) {
		tell_unreadable(rc, why);
		return CLI_FAILED;
	}
	instance->has_state = true;
	health = state_health(&instance->state.region->header, &age_ms);
	if (health == STATE_ALIVE)
		return CLI_OK;
	tell_health("rouse-dataplane", instance, &instance->state.region->header, health, age_ms);
	return CLI_NOT_RUNNING;
}

// -ENOENT: nothing is published.
static int read_policy(struct instance *instance, char why[256]) {
	struct policy_reader reader;
	char path[300];
	int rc;

	snprintf(path, sizeof(path), "%s/policy", instance->runtime_dir);
	rc = shm_open_region(path, ROUSE_REGION_POLICY, false, &instance->policy_map, why);
	if (rc < 0)
		return rc;
	rc = policy_reader_attach(instance->policy_map.base, instance->policy_map.size, &reader);
	if (rc < 0) {
		snprintf(why, 256, "%.200s: its offsets point outside of it", path);
		return rc;
	}
	instance->policy_copy = mem_alloc(POLICY_SNAPSHOT_MAX);
	rc = policy_reader_poll(&reader, 0, instance->policy_copy, POLICY_SNAPSHOT_MAX,
		&instance->policy, &instance->generation, why);
	if (rc == 0)
		return -ENOENT;
	instance->has_policy = rc == 1;
	if (rc == -EAGAIN)
		snprintf(why, 256, "the policy changes too fast to be read");
	return rc == 1 ? 0 : rc;
}

int instance_need_policy(struct instance *instance) {
	char why[256] = "";
	int rc = read_policy(instance, why);

	if (rc == 0)
		return CLI_OK;
	if (rc == -ENOENT)
		cli_error("nothing is published in %s: rouse-control has not run, or still loads "
			  "files",
			instance->runtime_dir);
	else
		tell_unreadable(rc, why);
	return rc == -ENOENT ? CLI_NOT_RUNNING : CLI_FAILED;
}

void instance_try_policy(struct instance *instance) {
	char why[256];

	read_policy(instance, why);
}

void instance_close(struct instance *instance) {
	if (instance->has_state)
		state_view_close(&instance->state);
	if (instance->policy_map.base)
		shm_unmap(&instance->policy_map);
	free(instance->policy_copy);
	*instance = (struct instance){0};
}

int instance_health(const struct instance *instance, const char *name, enum rouse_region region,
	enum state_health *health, uint64_t *age_ms, uint64_t *pid) {
	char path[300], why[SHM_WHY_SIZE];
	struct shm_header *header;
	struct shm_map map;
	int rc;

	snprintf(path, sizeof(path), "%s/%s", instance->runtime_dir, name);
	rc = shm_open_region(path, region, false, &map, why);
	if (rc < 0 && rc != -ENOENT)
		tell_unreadable(rc, why);
	if (rc < 0)
		return rc;
	header = map.base;
	*health = state_health(header, age_ms);
	*pid = header->writer_pid;
	shm_unmap(&map);
	return 0;
}

const char *instance_host_name(
	const struct instance *instance, const uint8_t mac[6], char out[256]) {
	const struct policy_host *host =
		instance->has_policy ? policy_host_by_mac(&instance->policy, mac) : NULL;

	snprintf(out, 256, "%.*s", host ? (int)host->name.len : 0,
		host ? policy_text(&instance->policy, host->name) : "");
	return out;
}

const char *instance_file_name(
	const struct instance *instance, uint32_t slot, uint64_t generation, char out[]) {
	const struct policy *policy = &instance->policy;

	out[0] = '\0';
	for (uint32_t i = 0; instance->has_policy && i < policy->count[POLICY_NAMES]; i++) {
		const struct policy_name *name = &policy->names[i];

		if (name->state != POLICY_NAME_SERVED || name->slot != slot ||
			name->generation != generation)
			continue;
		return text_clean(
			policy_text(policy, name->path), name->path.len, out, INSTANCE_NAME_SIZE);
	}
	return out;
}
