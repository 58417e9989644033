// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Generation g is in buffer g & 1, so the next one goes where the last but one was. It never waits
// for readers: unread publications are replaced by the latest.

#include "policy_publish.h"

#include <errno.h>

static _Atomic uint64_t *generation_of(const void *region) {
	return &((struct policy_region *)region)->header.generation;
}

void policy_publish_init(void *region) {
	struct policy_region *head = region;

	head->buffer_offset[0] = sizeof(*head);
	head->buffer_offset[1] = sizeof(*head) + POLICY_SNAPSHOT_MAX;
	head->buffer_size = POLICY_SNAPSHOT_MAX;
}

int policy_publish_check(const void *region, size_t size) {
	const struct policy_region *head = region;

	if (size != POLICY_REGION_SIZE || head->buffer_size != POLICY_SNAPSHOT_MAX ||
		head->buffer_offset[0] != sizeof(*head) ||
		head->buffer_offset[1] != sizeof(*head) + POLICY_SNAPSHOT_MAX)
		return -EBADMSG;
	return 0;
}

uint64_t policy_publish_next(const void *region) {
	return atomic_load_explicit(generation_of(region), memory_order_relaxed) + 1;
}

void *policy_publish_buffer(void *region) {
	const struct policy_region *head = region;

	// A reader that sees a byte of what is written from here on must also see that the
	// generation has moved past the snapshot that stood in this buffer.
	atomic_thread_fence(memory_order_release);
	return (uint8_t *)region + head->buffer_offset[policy_publish_next(region) & 1];
}

void policy_publish_release(void *region) {
	atomic_store_explicit(
		generation_of(region), policy_publish_next(region), memory_order_release);
}

int64_t policy_publish(
	void *region, struct policy_builder *builder, uint64_t built_unix_ns, char why[256]) {
	uint64_t generation = policy_publish_next(region);
	int64_t size = policy_build_finish(builder, generation, built_unix_ns,
		policy_publish_buffer(region), POLICY_SNAPSHOT_MAX, why);

	if (size < 0)
		return size;
	policy_publish_release(region);
	return (int64_t)generation;
}
