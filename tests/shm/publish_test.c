// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A publisher that publishes as fast as it can and a reader that copies, validates and adopts, in
// two processes over one region file. No torn snapshot may ever come out of the generation check:
// here the CRC must never be what catches one. The publisher is also stopped and killed at random
// moments.

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../unit/policy_fixture.h"
#include "../unit/unit.h"
#include "policy_check.h"
#include "policy_publish.h"
#include "policy_reader.h"
#include "shm.h"

#define KINDS 8u

static uint64_t now_ms(void) {
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

struct place {
	char directory[64];
	char path[128];
	char why[SHM_WHY_SIZE];
	struct fixture
		kind[KINDS]; // snapshots of different sizes; all names of kind k begin with 'a' + k
	pid_t publisher;
	uint64_t known;
	uint64_t adopted;
	uint64_t again; // the publisher was too fast
	void *copy;
};

static void make_kind(struct fixture *f, uint32_t kind) {
	fixture_begin(f);
	for (uint32_t i = 0; i < 4u << kind; i++) {
		struct policy_host host = {
			.mac = {2, (uint8_t)kind, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}};
		char name[16];

		snprintf(name, sizeof(name), "%c%u", 'a' + (int)kind, i);
		host.name = fixture_text(f, name);
		policy_build_host(f->builder, &host);
		fixture_name(f, i + 1, name, i);
	}
	if (fixture_finish(f) != 0)
		fail_msg("%s", f->why);
}

// Generation g is of kind g % KINDS. Never returns.
static void publish_for_ever(const struct place *p, struct shm_map *map) {
	for (;;) {
		uint64_t generation = policy_publish_next(map->base);
		const struct fixture *f = &p->kind[generation % KINDS];
		struct policy_snapshot *s = f->out;
		uint8_t *buffer = policy_publish_buffer(map->base);

		s->generation = generation;
		s->crc = policy_crc(s);
		memcpy(buffer, s, s->total_size);
		policy_publish_release(map->base);
	}
}

static void start_publisher(struct place *p) {
	p->publisher = fork();
	assert_true(p->publisher >= 0);
	if (p->publisher == 0) {
		struct shm_map map;

		if (shm_open_region(p->path, ROUSE_REGION_POLICY, true, &map, p->why) < 0 ||
			policy_publish_check(map.base, map.size) < 0) {
			fprintf(stderr, "publisher: %s\n", p->why);
			_exit(1);
		}
		shm_take_over(&map);
		publish_for_ever(p, &map);
	}
}

static void end_publisher(struct place *p) {
	int status;

	kill(p->publisher, SIGKILL);
	assert_int_equal(waitpid(p->publisher, &status, 0), p->publisher);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	p->publisher = 0;
}

// In a process of its own, because a region is not taken from a writer that lives.
static void create_region(struct place *p) {
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct shm_map map;

		if (shm_create_region(
			    p->path, ROUSE_REGION_POLICY, POLICY_REGION_SIZE, &map, p->why) < 0)
			_exit(1);
		policy_publish_init(map.base);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static int set_up(void **state) {
	struct place *p = calloc(1, sizeof(*p));

	strcpy(p->directory, "/dev/shm/rouse-publish-test-XXXXXX");
	assert_non_null(mkdtemp(p->directory));
	snprintf(p->path, sizeof(p->path), "%s/policy", p->directory);
	create_region(p);
	for (uint32_t kind = 0; kind < KINDS; kind++)
		make_kind(&p->kind[kind], kind);
	p->copy = malloc(POLICY_SNAPSHOT_MAX);
	*state = p;
	return 0;
}

static int tear_down(void **state) {
	struct place *p = *state;

	if (p->publisher > 0)
		end_publisher(p);
	unlink(p->path);
	rmdir(p->directory);
	for (uint32_t kind = 0; kind < KINDS; kind++)
		fixture_end(&p->kind[kind]);
	free(p->copy);
	free(p);
	return 0;
}

static void assert_whole(const struct policy *policy) {
	uint64_t kind = policy->snapshot->generation % KINDS;

	assert_int_equal(policy->count[POLICY_HOSTS], 4u << kind);
	assert_int_equal(policy->count[POLICY_NAMES], 4u << kind);
	for (uint32_t i = 0; i < policy->count[POLICY_HOSTS]; i++) {
		const struct policy_host *host = &policy->hosts[i];

		assert_int_equal(policy_text(policy, host->name)[0], 'a' + (int)kind);
		assert_ptr_equal(policy_host_by_mac(policy, host->mac), host);
	}
}

// One look. Only 1, 0 and -EAGAIN may come out: what the generation check lets through is never
// torn.
static int look(struct place *p, const struct policy_reader *reader) {
	struct policy policy;
	uint64_t generation;
	int rc = policy_reader_poll(
		reader, p->known, p->copy, POLICY_SNAPSHOT_MAX, &policy, &generation, p->why);

	if (rc < 0 && rc != -EAGAIN)
		fail_msg("generation %llu: %s", (unsigned long long)generation, p->why);
	p->again += rc == -EAGAIN;
	if (rc == 1) {
		assert_int_equal(generation, policy.snapshot->generation);
		assert_true(generation > p->known);
		assert_whole(&policy);
		p->known = generation;
		p->adopted++;
	}
	return rc;
}

static void look_for_ms(struct place *p, const struct policy_reader *reader, uint64_t ms) {
	uint64_t end = now_ms() + ms;

	while (now_ms() < end)
		look(p, reader);
}

static void await_news(struct place *p, const struct policy_reader *reader) {
	uint64_t before = p->known;
	uint64_t deadline = now_ms() + 10000;

	while (p->known == before && now_ms() < deadline)
		look(p, reader);
	assert_true(p->known > before);
}

static void open_reader(struct place *p, struct shm_map *map, struct policy_reader *reader) {
	assert_int_equal(shm_open_region(p->path, ROUSE_REGION_POLICY, false, map, p->why), 0);
	assert_int_equal(policy_reader_attach(map->base, map->size, reader), 0);
}

static void no_torn_snapshot_is_adopted(void **state) {
	struct place *p = *state;
	struct policy_reader reader;
	struct shm_map map;

	open_reader(p, &map, &reader);
	start_publisher(p);
	for (int round = 0; round < 12 && p->adopted <= 100; round++) // on a busy machine more
		look_for_ms(p, &reader, 5000);
	print_message("adopted %llu of %llu generations, %llu times too slow\n",
		(unsigned long long)p->adopted, (unsigned long long)p->known,
		(unsigned long long)p->again);
	assert_true(p->adopted > 100);
	shm_unmap(&map);
}

// A control that is stopped, wherever in its work, neither blocks nor spoils anything.
static void a_stopped_publisher_holds_nobody(void **state) {
	struct place *p = *state;
	struct policy_reader reader;
	struct shm_map map;

	open_reader(p, &map, &reader);
	start_publisher(p);
	await_news(p, &reader);
	for (int i = 0; i < 50; i++) {
		int status;

		look_for_ms(p, &reader, 5);
		kill(p->publisher, SIGSTOP);
		assert_int_equal(waitpid(p->publisher, &status, WUNTRACED), p->publisher);
		assert_true(WIFSTOPPED(status));
		// Nothing moves now, so the latest is adopted at the first look, then nothing is
		// new.
		assert_true(look(p, &reader) >= 0);
		assert_int_equal(p->known, atomic_load(&reader.region->header.generation));
		for (int j = 0; j < 100; j++)
			assert_int_equal(look(p, &reader), 0);
		kill(p->publisher, SIGCONT);
	}
	shm_unmap(&map);
}

// kill -9 at any moment: the next one takes the region over and goes on with the generations.
static void a_killed_publisher_has_published_whole_or_nothing(void **state) {
	struct place *p = *state;
	struct policy_reader reader;
	struct shm_map map;

	open_reader(p, &map, &reader);
	for (int i = 0; i < 50; i++) {
		start_publisher(p);
		await_news(p, &reader);
		look_for_ms(p, &reader, 1 + (uint64_t)i % 7);
		end_publisher(p);
		assert_true(look(p, &reader) >= 0);
		assert_int_equal(look(p, &reader), 0);
	}
	shm_unmap(&map);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_torn_snapshot_is_adopted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_stopped_publisher_holds_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_killed_publisher_has_published_whole_or_nothing, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
