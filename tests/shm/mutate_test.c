// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A million mutated snapshots, half of them with a CRC that is right, go through the reader. Each
// must be refused, or harmless: every look-up on the validated copy stays inside, which ASan
// (always built into this program) watches. Then the same while another process flips bits during
// the copy. MUTATIONS=N changes the number.

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/policy_fixture.h"
#include "../unit/unit.h"
#include "policy_check.h"
#include "policy_publish.h"
#include "policy_reader.h"
#include "policy_touch.h"

#define MUTATIONS 1000000u
#define FLIPPED   100u  // one in so many is copied under the flipper
#define MANY      1000u // hosts and names of the snapshot that is large enough to be hit in the copy

struct bench {
	struct policy_region *region; // shared with the flipper
	struct policy_reader reader;
	struct fixture sample[4]; // the last one is large
	uint64_t random;
	uint64_t refused[3]; // by the reader for its CRC; for another reason; validated
	pid_t flipper;
};

enum outcome {
	BAD_CRC,
	REFUSED,
	HARMLESS,
};

static uint32_t pick(struct bench *b, uint32_t below) {
	return (uint32_t)(unit_random(&b->random) % below);
}

static void make_globs(struct fixture *f) {
	static const char *const patterns[] = {
		"52:54:*", "0*", "PXE*", "[a-z]*", "n?", "*", "[!x]?"};
	struct policy_condition c[2];

	fixture_begin(f);
	for (uint32_t i = 0; i < COUNT_OF(patterns); i++) {
		c[0] = fixture_glob(f, POLICY_MATCH_MAC + i, 0, patterns[i]);
		c[1] = fixture_value(POLICY_MATCH_ARCH, 1, i);
		if (c[0].match == POLICY_MATCH_SUBNET)
			c[0].match = POLICY_MATCH_HOST;
		if (c[0].match == POLICY_MATCH_ARCH)
			c[0].match = POLICY_MATCH_ROLE;
		fixture_rule(f, "f.efi", i, c, 2);
	}
	fixture_host(f, "n1", "52:54:00:00:00:01", NULL, "ge0");
	fixture_name(f, 1, "A/b", 1);
	fixture_name(f, 1, "a/B", 2);
	fixture_name(f, 0, "a\\b", 3);
}

static void make_large(struct fixture *f) {
	fixture_begin(f);
	for (uint32_t i = 0; i < MANY; i++) {
		char name[16];
		char mac[18];

		snprintf(name, sizeof(name), "n%04u", i);
		snprintf(mac, sizeof(mac), "52:54:00:00:%02x:%02x", i >> 8, i & 255);
		fixture_host(f, name, mac, NULL, "compute");
		fixture_name(f, i + 1, name, i);
	}
}

static void make_samples(struct bench *b) {
	fixture_sample(&b->sample[0]);
	make_globs(&b->sample[1]);
	fixture_begin(&b->sample[2]);
	make_large(&b->sample[3]);
	for (size_t i = 0; i < COUNT_OF(b->sample); i++)
		if (fixture_finish(&b->sample[i]) != 0)
			fail_msg("sample %zu: %s", i, b->sample[i].why);
}

static int set_up(void **state) {
	struct bench *b = calloc(1, sizeof(*b));

	b->region = mmap(NULL, POLICY_REGION_SIZE, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(b->region, MAP_FAILED);
	policy_publish_init(b->region);
	assert_int_equal(policy_reader_attach(b->region, POLICY_REGION_SIZE, &b->reader), 0);
	b->random = 0x9e3779b97f4a7c15;
	make_samples(b);
	*state = b;
	return 0;
}

static int tear_down(void **state) {
	struct bench *b = *state;

	if (b->flipper > 0) {
		kill(b->flipper, SIGKILL);
		waitpid(b->flipper, NULL, 0);
	}
	for (size_t i = 0; i < COUNT_OF(b->sample); i++)
		fixture_end(&b->sample[i]);
	munmap(b->region, POLICY_REGION_SIZE);
	free(b);
	return 0;
}

static void flip_bits(struct bench *b, uint8_t *bytes, size_t size) {
	for (uint32_t n = 1 + pick(b, 4); n > 0; n--)
		bytes[pick(b, (uint32_t)size)] ^= (uint8_t)(1u << pick(b, 8));
}

// Values at which checks go wrong: ends of ranges, neighbours of what stood there, other fields.
static uint32_t odd_value(struct bench *b, const uint8_t *bytes, size_t size, uint32_t was) {
	static const uint32_t odd[] = {0, 1, 7, 8, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff,
		0xffff, 0x10000, 0xff, 183, 184};
	uint32_t other;

	switch (pick(b, 5)) {
	case 0:
		return odd[pick(b, COUNT_OF(odd))];
	case 1:
		return was + 1 + pick(b, 8);
	case 2:
		return was - 1 - pick(b, 8);
	case 3:
		memcpy(&other, bytes + 4 * pick(b, (uint32_t)size / 4), 4);
		return other;
	default:
		return 1u << pick(b, 32);
	}
}

// Changes one field: of the head and its table of sections in every second case, of any record
// else.
static void change_field(struct bench *b, uint8_t *bytes, size_t size) {
	uint32_t span = pick(b, 2) ? (uint32_t)sizeof(struct policy_snapshot) : (uint32_t)size;
	uint32_t width = 1u << pick(b, 3);
	uint32_t at = pick(b, span / width) * width;
	uint32_t was = 0;
	uint32_t value;

	memcpy(&was, bytes + at, width);
	value = odd_value(b, bytes, size, was);
	memcpy(bytes + at, &value, width);
}

// Copies one run of records over another: indices and ranges that are good, but elsewhere.
static void move_bytes(struct bench *b, uint8_t *bytes, size_t size) {
	uint32_t len = 4 * (1 + pick(b, 16));
	uint32_t from = 4 * pick(b, (uint32_t)(size - len) / 4);
	uint32_t to = 4 * pick(b, (uint32_t)(size - len) / 4);

	memmove(bytes + to, bytes + from, len);
}

static void mutate(struct bench *b, uint8_t *bytes, size_t size) {
	switch (pick(b, 4)) {
	case 0:
		flip_bits(b, bytes, size);
		return;
	case 1:
		move_bytes(b, bytes, size);
		return;
	default:
		for (uint32_t n = 1 + pick(b, 3); n > 0; n--)
			change_field(b, bytes, size);
	}
}

// Puts a sample into the idle buffer under the next generation. Returns its size.
static size_t place_sample(struct bench *b, const struct fixture *f, struct policy_snapshot **at) {
	struct policy_snapshot *s = policy_publish_buffer(b->region);

	memcpy(s, f->out, (size_t)f->size);
	s->generation = policy_publish_next(b->region);
	s->crc = policy_crc(s);
	*at = s;
	return (size_t)f->size;
}

static void count(struct bench *b, int rc, const struct policy *policy, const char *why) {
	if (rc == 1 || rc == 0) {
		b->refused[HARMLESS]++;
		policy_touch(policy);
		return;
	}
	assert_true(rc == -EBADMSG || rc == -EPROTO);
	assert_true(why[0] != 0);
	b->refused[strstr(why, "CRC") ? BAD_CRC : REFUSED]++;
}

// total_size is the mutation's to change, so it is bounded before a CRC is computed over it.
static void fix_crc(struct policy_snapshot *s, size_t size) {
	if (s->total_size >= sizeof(*s) && s->total_size <= size)
		s->crc = policy_crc(s);
}

static void try_one(struct bench *b, bool with_crc) {
	struct policy_snapshot *s;
	size_t size = place_sample(b, &b->sample[pick(b, COUNT_OF(b->sample) - 1)], &s);
	void *copy = malloc(size); // exact: ASan sees the first byte beyond
	struct policy policy;
	uint64_t generation;
	char why[256];
	int rc;

	mutate(b, (uint8_t *)s, size);
	if (with_crc)
		fix_crc(s, size);
	policy_publish_release(b->region);
	rc = policy_reader_poll(&b->reader, 0, copy, size, &policy, &generation, why);
	assert_int_not_equal(rc, 0);
	count(b, rc, &policy, why);
	free(copy);
}

// Flips bits of both buffers, with pauses, so that some copies get none, some one, some many.
static void flip_for_ever(const struct bench *b) {
	uint64_t random = 0x123456789abcdef;
	uint64_t size = (uint64_t)b->sample[3].size;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		uint64_t r = unit_random(&random);
		uint8_t *buffer = (uint8_t *)b->region + b->region->buffer_offset[r & 1];

		buffer[(r >> 24) % size] ^= (uint8_t)(1 << (r >> 1) % 8);
		for (volatile uint32_t pause = (uint32_t)(r >> 8) % 4096; pause > 0; pause--)
			;
	}
}

// The reader finds most of these by the CRC; then the copy gets a right one and is validated again,
// as if the flips had struck before.
static void try_under_flipper(struct bench *b) {
	struct policy_snapshot *s;
	size_t size = place_sample(b, &b->sample[3], &s);
	struct policy_snapshot *copy = (void *)unit_exact(s, size);
	struct policy policy;
	uint64_t generation;
	char why[256];
	int rc;

	policy_publish_release(b->region);
	rc = policy_reader_poll(&b->reader, 0, copy, size, &policy, &generation, why);
	count(b, rc, &policy, why);
	if (rc < 0) {
		copy->magic = POLICY_SNAPSHOT_MAGIC;
		copy->abi_version = ROUSE_ABI_VERSION;
		copy->total_size = (uint32_t)size;
		fix_crc(copy, size);
		count(b, policy_validate(copy, size, &policy, why), &policy, why);
	}
	free(copy);
}

static uint32_t mutations(void) {
	const char *text = getenv("MUTATIONS");

	return text ? (uint32_t)strtoul(text, NULL, 10) : MUTATIONS;
}

static void tell(const struct bench *b) {
	print_message("%llu refused for the CRC, %llu for another reason, %llu harmless\n",
		(unsigned long long)b->refused[BAD_CRC], (unsigned long long)b->refused[REFUSED],
		(unsigned long long)b->refused[HARMLESS]);
}

static void mutations_are_refused_or_harmless(void **state) {
	struct bench *b = *state;
	uint32_t n = mutations();

	for (uint32_t i = 0; i < n; i++)
		try_one(b, i % 2 == 0);
	tell(b);
	// Each way out was taken often, so each was tested.
	assert_true(b->refused[BAD_CRC] > n / 10);
	assert_true(b->refused[REFUSED] > n / 10);
	assert_true(b->refused[HARMLESS] > n / 100);
}

static void flips_during_the_copy_are_refused_or_harmless(void **state) {
	struct bench *b = *state;
	uint32_t n = mutations() / FLIPPED;

	b->flipper = fork();
	assert_true(b->flipper >= 0);
	if (b->flipper == 0)
		flip_for_ever(b);
	for (uint32_t i = 0; i < n; i++)
		try_under_flipper(b);
	tell(b);
	assert_true(b->refused[BAD_CRC] > 0);
	assert_true(b->refused[REFUSED] > 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			mutations_are_refused_or_harmless, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			flips_during_the_copy_are_refused_or_harmless, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
