// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "tftp_packet.h"

#include "checksum.h"
#include "tftp_world.h"
#include "unit.h"

static struct tftp_session session_of(const struct world *world, uint16_t blksize) {
	const struct image_slot *slot = &world->slot[0];

	return (struct tftp_session){
		.blksize = blksize,
		.windowsize = 4,
		.timeout_us = 5000000,
		.size = slot->size,
		.blocks = slot->size / blksize + 1,
		.generation = 1,
		.map_count = slot->map_count,
	};
}

static struct world *begin(uint64_t size) {
	struct world *world = world_begin(4, 1468, 64);

	world_file(world, "file", size);
	world_start(world);
	return world;
}

static void what_does_not_fit_is_not_written(void **state) {
	struct world *world = begin(10000);
	struct tftp_session session = session_of(world, 512);
	uint32_t sum;

	(void)state;
	session.requested = 0x4321;
	for (size_t size = 0; size < 80; size++) {
		uint8_t *payload = malloc(size + 1);

		assert_int_equal(
			tftp_packet_oack(&session, NULL, payload, size, &sum), size < 49 ? 0 : 49);
		assert_int_equal(tftp_packet_error(1, "file not found", payload, size, &sum),
			size < 19 ? 0 : 19);
		assert_int_equal(
			tftp_packet_data(&world->images, &session, 1, payload, size, &sum), 0);
		free(payload);
	}
	world_end(world);
}

static void the_longest_oack_fits(void **state) {
	struct tftp_session session = {.blksize = 65464,
		.windowsize = 65535,
		.timeout_us = 255000000,
		.size = UINT64_MAX,
		.requested = 0x4321};
	uint8_t payload[TFTP_OACK_MAX];
	uint32_t sum;
	size_t len = tftp_packet_oack(&session, NULL, payload, sizeof(payload), &sum);

	(void)state;
	assert_in_range(len, 70, TFTP_OACK_MAX);
	assert_int_equal(tftp_packet_oack_len(&session), len);
	assert_memory_equal(payload, "\0\6blksize\00065464\0tsize\00018446744073709551615\0", 43);
	assert_int_equal(payload[len - 1], 0);
	assert_int_not_equal(payload[len - 2], 0);
}

static void the_longest_oack_of_a_group_fits(void **state) {
	struct tftp_session session = {.blksize = 65464,
		.windowsize = 65535,
		.timeout_us = 255000000,
		.size = UINT64_MAX,
		.role = ROLE_ASKED,
		.requested = 0x54321};
	struct tftp_session group = {.peer_address = 0xefffffff, .peer_port = 65535};
	uint8_t payload[TFTP_OACK_MAX];
	uint32_t sum;
	size_t len = tftp_packet_oack(&session, &group, payload, sizeof(payload), &sum);

	(void)state;
	assert_in_range(len, 100, TFTP_OACK_MAX);
	assert_memory_equal(payload + len - 34, "multicast\000239.255.255.255,65535,1", 34);
}

static void a_slot_that_moved_on_is_not_read(void **state) {
	struct world *world = begin(10000);
	struct tftp_session session = session_of(world, 512);
	uint8_t payload[516];
	uint32_t sum;

	(void)state;
	assert_int_equal(
		tftp_packet_data(&world->images, &session, 1, payload, sizeof(payload), &sum), 516);
	world->slot[0].word = IMAGE_WORD(2, IMAGE_READY);
	assert_int_equal(
		tftp_packet_data(&world->images, &session, 1, payload, sizeof(payload), &sum), 0);
	world->slot[0].word = IMAGE_WORD(1, IMAGE_READY);
	world->map[0] = 9999; // control's map has gone bad
	assert_int_equal(
		tftp_packet_data(&world->images, &session, 1, payload, sizeof(payload), &sum), 0);
	world_end(world);
}

// Every block of a file over three extents, odd lengths and all: bytes and sum.
static void check_blocks(uint16_t blksize) {
	struct world *world = begin(2 * IMAGE_EXTENT_BYTES + 77777);
	struct tftp_session session = session_of(world, blksize);
	uint8_t *payload = malloc(blksize + 4u);

	for (uint64_t block = 1; block <= session.blocks; block++) {
		uint32_t sum = 0;
		size_t len = tftp_packet_data(
			&world->images, &session, block, payload, blksize + 4u, &sum);

		assert_in_range(len, 4, blksize + 4u);
		assert_true(len == blksize + 4u || block == session.blocks);
		assert_true(world_holds(world, (block - 1) * blksize, payload + 4, len - 4));
		assert_int_equal(checksum_fold(sum), checksum_fold(checksum_add(0, payload, len)));
	}
	free(payload);
	world_end(world);
}

static void blocks_across_extents_are_whole(void **state) {
	static const uint16_t blksizes[] = {9, 512, 1467, 1468, 65463, 65464};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(blksizes); i++)
		check_blocks(blksizes[i]);
}

static void an_empty_last_block_is_a_header(void **state) {
	struct world *world = begin(1024);
	struct tftp_session session = session_of(world, 512);
	uint8_t payload[516];
	uint32_t sum;

	(void)state;
	assert_int_equal(session.blocks, 3);
	assert_int_equal(
		tftp_packet_data(&world->images, &session, 3, payload, sizeof(payload), &sum), 4);
	assert_memory_equal(payload, "\0\3\0\3", 4);
	world_end(world);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_fit_is_not_written),
		cmocka_unit_test(the_longest_oack_fits),
		cmocka_unit_test(the_longest_oack_of_a_group_fits),
		cmocka_unit_test(a_slot_that_moved_on_is_not_read),
		cmocka_unit_test(blocks_across_extents_are_whole),
		cmocka_unit_test(an_empty_last_block_is_a_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
