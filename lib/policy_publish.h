// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The writing end of the policy region. One process, one thread. Pure over mapped memory.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "policy_build.h"

#define POLICY_REGION_SIZE (sizeof(struct policy_region) + 2 * (size_t)POLICY_SNAPSHOT_MAX)

// Writes the region's own fields into a region just created. Nothing is published yet.
void policy_publish_init(void *region);

// Whether a region of size that this process has taken over has the fields that init writes. If
// not, make a new one. 0, or -EBADMSG.
int policy_publish_check(const void *region, size_t size);

// The generation that the next publication will have.
uint64_t policy_publish_next(const void *region);

// The buffer that no reader believes, POLICY_SNAPSHOT_MAX bytes aligned to 8. Writing there may go
// on until policy_publish_release; a writer that dies before has published nothing.
void *policy_publish_buffer(void *region);

// Publishes what stands in that buffer, as generation policy_publish_next.
void policy_publish_release(void *region);

// All of it: finishes the builder's snapshot in the idle buffer and releases it. Returns its
// generation, or as policy_build_finish: then nothing has changed for readers.
int64_t policy_publish(
	void *region, struct policy_builder *builder, uint64_t built_unix_ns, char why[256]);
