// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "hash.h"
#include "unit.h"

// The reference vectors of SipHash-2-4: key 00..0f, message 00 01 02 … of each length.
static void siphash_reference_vectors(void **state) {
	const uint64_t key[2] = {0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
	const struct {
		size_t len;
		uint64_t hash;
	} cases[] = {
		{0, 0x726fdb47dd0e0e31ULL},
		{1, 0x74f839c593dc67fdULL},
		{8, 0x93f5f5799a932462ULL},
		{15, 0xa129ca6149be45e5ULL},
	};
	uint8_t message[16];

	(void)state;
	for (unsigned i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)i;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(hash_sip(key, message, cases[i].len), cases[i].hash);
}

static void fnv_spreads_close_names_over_small_tables(void **state) {
	enum { BUCKETS = 256, NAMES = 4096 };
	unsigned bucket[BUCKETS] = {0}, most = 0;

	(void)state;
	for (int i = 0; i < NAMES; i++) {
		char name[32];
		int len = snprintf(name, sizeof(name), "nodes/n%04d/grub.cfg", i);

		bucket[hash_fnv(name, (size_t)len) % BUCKETS]++;
	}
	for (int i = 0; i < BUCKETS; i++)
		most = bucket[i] > most ? bucket[i] : most;
	assert_true(most < 3 * NAMES / BUCKETS);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_reference_vectors),
		cmocka_unit_test(fnv_spreads_close_names_over_small_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
