// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Snapshots: what validates must withstand every look-up. The first byte says whether the CRC and
// the size are made right, so that the fuzzer gets behind them. The bytes themselves are the names,
// addresses and classes that are looked up.

#include "fuzz.h"
#include "policy_check.h"
#include "../shm/policy_touch.h"

static void repair(uint8_t *copy, size_t size) {
	struct policy_snapshot *s = (struct policy_snapshot *)copy;

	if (size < sizeof(*s))
		return;
	s->magic = POLICY_SNAPSHOT_MAGIC;
	s->abi_version = ROUSE_ABI_VERSION;
	s->total_size = (uint32_t)size;
	s->crc = policy_crc(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct policy policy;
	uint8_t *copy;
	char why[256];

	if (size < 1)
		return 0;
	copy = fuzz_exact(data + 1, size - 1);
	if (data[0] & 1)
		repair(copy, size - 1);
	if (policy_validate(copy, size - 1, &policy, why) == 0) {
		FUZZ_ASSERT(why[0] == 0);
		policy_touch(&policy);
	} else {
		FUZZ_ASSERT(why[0] != 0);
	}
	free(copy);
	return 0;
}
