// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A running instance as the commands see it: where it is, its shared memory, whether its programs
// live.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/cli.h"
#include "policy.h"
#include "shm.h"
#include "state_view.h"

struct instance {
	char runtime_dir[256];
	struct state_view state;
	bool has_state;
	struct shm_map policy_map;
	void *policy_copy;
	struct policy policy; // points into policy_copy
	uint64_t generation;
	bool has_policy;
};

// The options that every command with an instance has.
#define INSTANCE_OPTIONS CLI_OPTION_CONFIG, CLI_OPTION_RUNTIME_DIR

// Finds runtime_dir by --runtime-dir or by the configuration. CLI_OK; otherwise the exit code,
// after a sentence on stderr.
int instance_find(const struct cli_args *args, struct instance *instance);

// Attaches to the dataplane's state. CLI_NOT_RUNNING, after a sentence that says whether it never
// ran, has ended or hangs.
int instance_need_state(struct instance *instance);

// Copies the published snapshot. CLI_NOT_RUNNING: nothing is published; CLI_FAILED: not to be read.
int instance_need_policy(struct instance *instance);

// Like the former, but silent: for names of hosts and files beside what is asked for.
void instance_try_policy(struct instance *instance);

void instance_close(struct instance *instance);

// Health of the writer of a region file in runtime_dir. -ENOENT: there is no such file. Another
// -errno, after a sentence on stderr: it cannot be read, which says nothing of its writer.
int instance_health(const struct instance *instance, const char *name, enum rouse_region region,
	enum state_health *health, uint64_t *age_ms, uint64_t *pid);

// The configured name of a machine, "" for an unknown one; good until instance_close.
const char *instance_host_name(
	const struct instance *instance, const uint8_t mac[6], char out[256]);

// The name of the file that the published snapshot has in a slot, or "".
const char *instance_file_name(
	const struct instance *instance, uint32_t slot, uint64_t generation, char out[]);

#define INSTANCE_NAME_SIZE (4 * POLICY_NAME_MAX + 1)
