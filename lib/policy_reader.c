// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Copy, look again, validate. The publisher never waits for us, so it may write the buffer that we
// are copying: with two buffers this needs one publication after ours, hence any movement of the
// generation means that the copy is not to be believed. The CRC is the second line of defence.

#include "policy_reader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COPY_TRIES 8

int policy_reader_attach(const void *region, size_t size, struct policy_reader *reader) {
	const volatile struct policy_region *head = region;

	if (size < sizeof(struct policy_region) || head->buffer_size != POLICY_SNAPSHOT_MAX)
		return -EBADMSG;
	for (int i = 0; i < 2; i++) {
		uint64_t offset = head->buffer_offset[i];

		if (offset % 8 != 0 || offset < sizeof(struct policy_region) || offset > size ||
			size - offset < POLICY_SNAPSHOT_MAX)
			return -EBADMSG;
		reader->buffer_offset[i] = offset;
	}
	reader->region = region;
	return 0;
}

static uint64_t load_generation(const struct policy_reader *reader) {
	return atomic_load_explicit(
		(_Atomic uint64_t *)&reader->region->header.generation, memory_order_acquire);
}

// Copies as much as the snapshot says it has. Returns that, or 0 when it can't be true.
static size_t copy_snapshot(
	const struct policy_reader *reader, uint64_t generation, void *copy, size_t copy_size) {
	const uint8_t *buffer =
		(const uint8_t *)reader->region + reader->buffer_offset[generation & 1];
	size_t size = ((const volatile struct policy_snapshot *)buffer)->total_size;

	if (size < sizeof(struct policy_snapshot) || size > POLICY_SNAPSHOT_MAX || size > copy_size)
		return 0;
	memcpy(copy, buffer, size);
	return size;
}

static int adopt(
	const void *copy, size_t size, uint64_t generation, struct policy *policy, char why[256]) {
	struct policy checked;
	int rc;

	if (size == 0) {
		snprintf(why, 256, "the snapshot's size is wrong, or larger than the room for it");
		return -EBADMSG;
	}
	rc = policy_validate(copy, size, &checked, why);
	if (rc < 0)
		return rc;
	if (checked.snapshot->generation != generation) {
		snprintf(why, 256, "generation %llu was published, the snapshot says %llu",
			(unsigned long long)generation,
			(unsigned long long)checked.snapshot->generation);
		return -EBADMSG;
	}
	*policy = checked;
	return 1;
}

int policy_reader_poll(const struct policy_reader *reader, uint64_t known, void *copy,
	size_t copy_size, struct policy *policy, uint64_t *generation, char why[256]) {
	uint64_t published = load_generation(reader);

	why[0] = 0;
	for (int i = 0; i < COPY_TRIES; i++) {
		uint64_t before = published;
		size_t size;

		*generation = before;
		if (before == known || before == 0)
			return 0;
		size = copy_snapshot(reader, before, copy, copy_size);
		atomic_thread_fence(memory_order_acquire);
		published = load_generation(reader);
		if (published == before)
			return adopt(copy, size, before, policy, why);
	}
	snprintf(why, 256, "the publisher was faster %d times", COPY_TRIES);
	return -EAGAIN;
}
