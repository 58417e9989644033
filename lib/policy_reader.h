// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The reading end of the policy region: copies the latest snapshot into private memory and
// validates the copy. Pure over mapped memory; the dataplane's main thread and the command use it
// alike.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "policy.h"

// A mapped and checked region: its offsets are copies taken at attach.
struct policy_reader {
	const struct policy_region *region;
	uint64_t buffer_offset[2];
};

// Checks the region's two offsets against its size. 0, or -EBADMSG.
int policy_reader_attach(const void *region, size_t size, struct policy_reader *reader);

// Looks for a snapshot newer than known (the generation that the caller has adopted or refused, 0
// for none), copies it into copy (aligned to 8, POLICY_SNAPSHOT_MAX bytes are always enough) and
// validates it there. *generation gets the generation that the result is about.
// 1: policy points into copy. 0: nothing is new, or nothing has been published. -EAGAIN: the
// publisher was faster at each of a bounded number of tries, ask again. -EPROTO, -EBADMSG: as
// policy_validate, or larger than copy_size; why gets a sentence. After these two the caller
// keeps what it has and passes *generation as known from then on.
int policy_reader_poll(const struct policy_reader *reader, uint64_t known, void *copy,
	size_t copy_size, struct policy *policy, uint64_t *generation, char why[256]);
