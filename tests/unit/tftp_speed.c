// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// How long one DATA takes in process: the ACK handled (one per window), the block chosen, written
// with its checksum and given its headers. 1,000 transfers of 1468-byte blocks at once, so that
// sessions and file come from the cache as they would in a boot storm. No test: run by meson test
// --benchmark.

#include <time.h>

#include "tftp_world.h"
#include "unit.h"

#define CLIENTS 1000u
#define PACKETS 3000000u

struct target {
	uint16_t tid;
	uint16_t window_left;
};

static struct target target[CLIENTS];
static uint8_t frame[2048];

static double seconds(void) {
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void ack(struct world *world, uint32_t client, uint16_t block) {
	const uint8_t bytes[4] = {0, TFTP_ACK, (uint8_t)(block >> 8), (uint8_t)block};
	struct frame_view view = {.src = WORLD_CLIENT + client,
		.dst = WORLD_OWN,
		.src_port = WORLD_PORT,
		.dst_port = target[client].tid,
		.payload = bytes,
		.payload_len = sizeof(bytes)};
	struct tftp_input input = {.frame = &view, .own_address = WORLD_OWN, .port_mtu = 1500};

	tftp_server_packet(world->server, &input, world->now);
}

static void open_all(struct world *world, const char *windowsize) {
	static struct sent sent;

	for (uint32_t i = 0; i < CLIENTS; i++) {
		world_read_from(world, WORLD_CLIENT + i, WORLD_PORT, "file", "blksize", "1468",
			"windowsize", windowsize, NULL);
		assert_true(world_take(world, &sent));
		target[i].tid = sent.to.src_port;
	}
	for (uint32_t i = 0; i < CLIENTS; i++)
		ack(world, i, 0);
}

// Sends one block; its client acknowledges what ends its window.
static void turn(struct world *world, uint16_t windowsize) {
	struct tftp_packet packet;
	uint32_t client;
	uint32_t sum = 0;
	size_t len;

	if (!tftp_server_next(world->server, 0, world->now, &packet))
		fail_msg("nothing to send");
	len = tftp_server_write(world->server, &packet, frame + FRAME_HEADER_BYTES,
		sizeof(frame) - FRAME_HEADER_BYTES, &sum);
	frame_write_headers(frame, &packet.to, (uint16_t)len, sum);
	client = packet.to.dst - WORLD_CLIENT;
	if (++target[client].window_left == windowsize) {
		target[client].window_left = 0;
		ack(world, client, (uint16_t)packet.block);
	}
}

static void measure(const char *text, uint16_t windowsize) {
	struct world *world = world_begin(2048, 1468, 64);
	double start;

	world_file(world, "file", 4000000000u);
	world_start(world);
	memset(target, 0, sizeof(target));
	open_all(world, text);
	start = seconds();
	for (uint32_t i = 0; i < PACKETS; i++) {
		turn(world, windowsize);
		if (i % 64 == 0) {
			world->now.us += 20;
			tftp_server_expire(world->server, world->now);
		}
	}
	printf("window %s: %.0f ns per DATA of 1468 bytes\n", text,
		(seconds() - start) * 1e9 / PACKETS);
	assert_int_equal(world_stat(world, STAT_TFTP_REPEATED), 0);
	world_end(world);
}

int main(void) {
	measure("1", 1);
	measure("64", 64);
	return 0;
}
