// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Every value of every option against every other, in any order and with repetitions: the right
// OACK, the right bytes, and never an ERROR. Files around every edge of size.

#include "tftp_world.h"
#include "unit.h"

static struct sent sent;

struct choice {
	const char *text; // NULL: not asked
	uint32_t value;   // 0: left out
};

static const struct choice blksizes[] = {{NULL, 0}, {"7", 0}, {"8", 8}, {"512", 512},
	{"1024", 1024}, {"1428", 1428}, {"1432", 1432}, {"1468", 1468}, {"8192", 8192},
	{"65464", 65464}, {"65465", 0}};
static const struct choice windowsizes[] = {
	{NULL, 0}, {"0", 0}, {"1", 1}, {"4", 4}, {"16", 16}, {"64", 64}, {"65535", 65535}};
static const struct choice timeouts[] = {{NULL, 0}, {"0", 0}, {"1", 1}, {"255", 255}, {"256", 0}};
static const struct choice tsizes[] = {{NULL, 0}, {"0", 1}, {"4711", 1}};

static const char *const names[4] = {"blksize", "windowsize", "timeout", "tsize"};

// One cell of the matrix: what is asked, what may be granted.
struct cell {
	const struct choice *asked[4]; // in the order of names
	int order[4];                  // the order in which they are asked
	int repeat; // the option that is asked again with another value, -1: none
	uint16_t max_blksize;
	uint16_t max_windowsize;
	uint64_t size;
};

static size_t put(uint8_t *bytes, size_t len, const char *text) {
	memcpy(bytes + len, text, strlen(text) + 1);
	return len + strlen(text) + 1;
}

static size_t build_request(const struct cell *cell, uint8_t *bytes) {
	size_t len = put(bytes, put(bytes, 2, "file"), "octet");

	bytes[0] = 0;
	bytes[1] = TFTP_RRQ;
	for (int i = 0; i < 4; i++) {
		int option = cell->order[i];

		if (!cell->asked[option]->text)
			continue;
		len = put(bytes, len, names[option]);
		len = put(bytes, len, cell->asked[option]->text);
	}
	if (cell->repeat >= 0 && cell->asked[cell->repeat]->text) {
		len = put(bytes, len, names[cell->repeat]);
		len = put(bytes, len, "9");
	}
	return len;
}

static uint64_t min(uint64_t a, uint64_t b) {
	return a < b ? a : b;
}

static uint64_t granted(const struct cell *cell, int option) {
	uint32_t asked = cell->asked[option]->value;

	if (option == 0)
		return min(asked, cell->max_blksize);
	if (option == 1)
		return min(asked, cell->max_windowsize);
	if (option == 3)
		return asked ? cell->size : 0;
	return asked;
}

// What the OACK has to be, 0: there must be none.
static size_t build_oack(const struct cell *cell, uint8_t *bytes) {
	size_t len = 2;

	bytes[0] = 0;
	bytes[1] = TFTP_OACK;
	for (int i = 0; i < 4; i++) {
		uint64_t value = granted(cell, cell->order[i]);
		char text[24];

		if (!value)
			continue;
		sprintf(text, "%llu", (unsigned long long)value);
		len = put(bytes, put(bytes, len, names[cell->order[i]]), text);
	}
	return len > 2 ? len : 0;
}

// Receives the whole file as a client without losses does; the first packet is in sent.
static void receive(struct world *world, uint64_t size, uint64_t blksize, uint64_t windowsize) {
	uint64_t blocks = size / blksize + 1;
	uint64_t done = 0;

	if (sent.kind == TFTP_PACKET_OACK) {
		world_ack(world, &sent, 0);
		assert_true(world_take(world, &sent));
	}
	for (;;) {
		uint64_t offset = done * blksize;

		assert_true(world_is_data(&sent, done + 1));
		assert_int_equal(sent.len - 4, min(blksize, size - offset));
		if (!world_holds(world, offset, sent.payload + 4, sent.len - 4))
			fail_msg("wrong bytes at %llu", (unsigned long long)offset);
		if (++done % windowsize == 0 || done == blocks) {
			assert_int_equal(world_drain(world, NULL), 0);
			world_ack(world, &sent, (uint16_t)done);
		}
		if (done == blocks)
			break;
		assert_true(world_take(world, &sent));
	}
	assert_int_equal(world_drain(world, NULL), 0);
	assert_int_equal(tftp_server_active(world->server), 0);
	assert_int_equal(world_stat(world, STAT_TFTP_REPEATED), 0);
	assert_int_equal(world_drops(world), 0);
}

static uint16_t next_port(void) {
	static uint16_t port = 1024;

	port = port < 60000 ? port + 1 : 1024;
	return port;
}

static void check_answer(struct world *world, const struct cell *cell) {
	uint8_t bytes[512];
	size_t len = build_request(cell, bytes);

	world_request(world, WORLD_CLIENT, next_port(), bytes, len);
	if (!world_take(world, &sent))
		fail_msg("no answer to %s %s %s %s", cell->asked[0]->text, cell->asked[1]->text,
			cell->asked[2]->text, cell->asked[3]->text);
	len = build_oack(cell, bytes);
	if (len == 0) {
		assert_true(world_is_data(&sent, 1));
		return;
	}
	if (sent.kind != TFTP_PACKET_OACK || sent.len != len || memcmp(sent.payload, bytes, len))
		fail_msg("wrong answer to %s %s %s %s", cell->asked[0]->text, cell->asked[1]->text,
			cell->asked[2]->text, cell->asked[3]->text);
}

static void transfer(struct world *world, const struct cell *cell) {
	uint64_t blksize = granted(cell, 0);
	uint64_t windowsize = granted(cell, 1);

	check_answer(world, cell);
	receive(world, cell->size, blksize ? blksize : 512, windowsize ? windowsize : 1);
}

static struct world *world_of(uint64_t size, uint16_t max_blksize, uint16_t max_windowsize) {
	struct world *world = world_begin(8, max_blksize, max_windowsize);

	world->mtu = max_blksize > 1468 ? 65535 : 1500;
	world_file(world, "file", size);
	world_start(world);
	return world;
}

// Every cell is transferred.
static void run_matrix(uint64_t size, uint16_t max_blksize, uint16_t max_windowsize) {
	struct world *world = world_of(size, max_blksize, max_windowsize);
	struct cell cell = {.order = {0, 1, 2, 3},
		.repeat = -1,
		.max_blksize = max_blksize,
		.max_windowsize = max_windowsize,
		.size = size};

	for (size_t b = 0; b < COUNT_OF(blksizes); b++)
		for (size_t w = 0; w < COUNT_OF(windowsizes); w++)
			for (size_t t = 0; t < COUNT_OF(timeouts); t++)
				for (size_t s = 0; s < COUNT_OF(tsizes); s++) {
					cell.asked[0] = &blksizes[b];
					cell.asked[1] = &windowsizes[w];
					cell.asked[2] = &timeouts[t];
					cell.asked[3] = &tsizes[s];
					transfer(world, &cell);
				}
	assert_int_equal(world_stat(world, STAT_TFTP_ERRORS), 0);
	world_end(world);
}

static void the_matrix_on_ethernet(void **state) {
	(void)state;
	run_matrix(3001, 1468, 64);
}

static void the_matrix_without_limits(void **state) {
	(void)state;
	run_matrix(70001, 65464, 65535);
}

static void the_matrix_on_an_empty_file(void **state) {
	(void)state;
	run_matrix(0, 1468, 64);
}

// The n-th of the 24 orders of four things.
static void permute(int n, int order[4]) {
	int left[4] = {0, 1, 2, 3};

	for (int i = 0, size = 4; i < 4; i++, size--) {
		int pick = n % size;

		n /= size;
		order[i] = left[pick];
		memmove(&left[pick], &left[pick + 1], (size_t)(3 - pick) * sizeof(left[0]));
	}
}

static void any_order_and_repetitions(void **state) {
	struct world *world = world_of(3001, 1468, 64);
	struct cell cell = {.max_blksize = 1468, .max_windowsize = 64, .size = 3001};

	(void)state;
	for (int n = 0; n < 24; n++)
		for (cell.repeat = -1; cell.repeat < 4; cell.repeat++)
			for (size_t v = 0; v < 64; v++) {
				permute(n, cell.order);
				cell.asked[0] = &blksizes[v * 3 % COUNT_OF(blksizes)];
				cell.asked[1] = &windowsizes[v % COUNT_OF(windowsizes)];
				cell.asked[2] = &timeouts[v % COUNT_OF(timeouts)];
				cell.asked[3] = &tsizes[v % COUNT_OF(tsizes)];
				transfer(world, &cell);
			}
	assert_int_equal(world_stat(world, STAT_TFTP_ERRORS), 0);
	world_end(world);
}

static void run_size(uint64_t size, const char *blksize, uint32_t blksize_value,
	const char *windowsize, uint32_t windowsize_value) {
	struct choice b = {blksize, blksize_value};
	struct choice w = {windowsize, windowsize_value};
	struct cell cell = {.asked = {&b, &w, &timeouts[0], &tsizes[1]},
		.order = {0, 1, 2, 3},
		.repeat = -1,
		.max_blksize = 65464,
		.max_windowsize = 65535,
		.size = size};
	struct world *world = world_of(size, 65464, 65535);

	transfer(world, &cell);
	world_end(world);
}

static void small_sizes(void **state) {
	static const uint64_t sizes[] = {0, 1, 511, 512, 513, 1023, 1024, 1025};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		run_size(sizes[i], NULL, 0, NULL, 0);
		run_size(sizes[i], "512", 512, NULL, 0);
		run_size(sizes[i], "512", 512, "4", 4);
	}
}

// RFC 1350 has 16 bits for the block number; all clients that we know go on with 0.
static void sizes_around_the_wrap(void **state) {
	(void)state;
	for (uint64_t blocks = 65534; blocks <= 65537; blocks++) {
		for (uint64_t last = 0; last < 2; last++) {
			run_size((blocks - 1) * 8 + last * 7, "8", 8, NULL, 0);
			run_size((blocks - 1) * 8 + last * 7, "8", 8, "16", 16);
			run_size((blocks - 1) * 8 + last * 7, "8", 8, "7", 7);
		}
		run_size((blocks - 1) * 512, NULL, 0, NULL, 0);
	}
	run_size(8 * 200000, "8", 8, "65535", 65535);
	run_size(8 * 200000, "8", 8, "64", 64);
}

static void odd_blocks_across_extents(void **state) {
	(void)state;
	run_size(9000001, "1467", 1467, NULL, 0);
	run_size(9000001, "65463", 65463, "4", 4);
}

static void past_4_gib(void **state) {
	(void)state;
	run_size((4ULL << 30) + 12345, "65464", 65464, "64", 64);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_matrix_on_ethernet),
		cmocka_unit_test(the_matrix_without_limits),
		cmocka_unit_test(the_matrix_on_an_empty_file),
		cmocka_unit_test(any_order_and_repetitions),
		cmocka_unit_test(small_sizes),
		cmocka_unit_test(sizes_around_the_wrap),
		cmocka_unit_test(odd_blocks_across_extents),
		cmocka_unit_test(past_4_gib),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
