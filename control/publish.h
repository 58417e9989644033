// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// From configuration and image table to a snapshot, and into the policy region.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "image_table.h"
#include "policy_build.h"
#include "publish_names.h"
#include "shm.h"

// Feeds the builder. images may be NULL: a snapshot without names. leases: the size of the lease
// table.
struct publish_orphans publish_build(struct policy_builder *builder, const struct config *config,
	uint32_t leases, const struct image_table *images);

// Builds the snapshot of a configuration into out (POLICY_SNAPSHOT_MAX bytes, aligned to 8), for
// nobody but the caller. Its size, or -ENOSPC or -EINVAL with a sentence.
int64_t publish_try(const struct config *config, uint32_t leases, const struct image_table *images,
	void *out, char why[256]);

struct publisher {
	struct shm_map map;
	void *work; // the builder's memory
	size_t work_size;
	size_t orphans;         // files in node_dir that belong to no host, as told last
	uint32_t former_leases; // of the last snapshot of the process before; 0: none
};

// Adopts or makes runtime_dir/policy. 0, or -errno with a sentence.
int publisher_open(struct publisher *publisher, const char *runtime_dir, char why[SHM_WHY_SIZE]);
void publisher_close(struct publisher *publisher);

// Publishes. The new generation; -ENOSPC or -EINVAL with a sentence: nothing has changed.
int64_t publisher_publish(struct publisher *publisher, const struct config *config, uint32_t leases,
	const struct image_table *images, char why[256]);

void publisher_beat(struct publisher *publisher);
