// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Clients of every model against the server, over a network that loses, doubles and reorders
// packets both ways, under a virtual clock. Every file arrives whole, in bounded time; the same
// seed gives the same run.

#include "tftp_clients.h"
#include "unit.h"

#define EVENTS_MAX 65536

struct event {
	uint64_t at_us;
	uint64_t number; // so that the order is the same everywhere
	struct client *client;
	bool to_server;
	uint16_t port; // to_server: destination, else source
	uint16_t len;
	uint8_t *bytes;
};

struct network {
	struct world *world;
	uint64_t random;
	uint32_t loss_percent;
	uint32_t copy_percent;
	uint32_t late_percent;
	uint32_t late_us;
	uint32_t delay_us; // of every packet, each way
	struct event *heap;
	uint32_t count;
	uint64_t numbers;
	uint64_t packets;
	uint64_t marked; // the number of a packet that comes marked_copies times, marked_us late
	int marked_copies;
	uint64_t marked_us;
	struct client client[CLIENT_KINDS];
};

static bool before(const struct event *a, const struct event *b) {
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->number < b->number;
}

static void push(struct network *network, struct event event) {
	uint32_t at = network->count++;

	assert_true(network->count < EVENTS_MAX);
	event.number = network->numbers++;
	for (; at > 0 && before(&event, &network->heap[(at - 1) / 2]); at = (at - 1) / 2)
		network->heap[at] = network->heap[(at - 1) / 2];
	network->heap[at] = event;
}

static struct event pop(struct network *network) {
	struct event first = network->heap[0];
	struct event last = network->heap[--network->count];
	uint32_t at = 0;

	for (uint32_t child = 1; child < network->count; at = child, child = 2 * at + 1) {
		if (child + 1 < network->count &&
			before(&network->heap[child + 1], &network->heap[child]))
			child++;
		if (!before(&network->heap[child], &last))
			break;
		network->heap[at] = network->heap[child];
	}
	network->heap[at] = last;
	return first;
}

static bool chance(struct network *network, uint32_t percent) {
	return unit_random(&network->random) % 100 < percent;
}

static void carry(struct network *network, struct client *client, bool to_server, uint16_t port,
	const uint8_t *bytes, size_t len) {
	int copies = chance(network, network->copy_percent) ? 2 : 1;

	if (++network->packets == network->marked)
		copies = network->marked_copies;
	for (int i = 0; i < copies; i++) {
		uint64_t delay = network->delay_us;

		if (chance(network, network->loss_percent))
			continue;
		if (chance(network, network->late_percent))
			delay += unit_random(&network->random) % network->late_us;
		if (network->packets == network->marked)
			delay += network->marked_us;
		push(network, (struct event){.at_us = network->world->now.us + delay,
				      .client = client,
				      .to_server = to_server,
				      .port = port,
				      .len = (uint16_t)len,
				      .bytes = unit_exact(bytes, len)});
	}
}

static void client_sends(
	struct client *client, uint16_t to_port, const uint8_t *bytes, size_t len) {
	carry(client->network, client, true, to_port, bytes, len);
}

static struct client *client_of(struct network *network, const struct sent *sent) {
	for (int i = 0; i < CLIENT_KINDS; i++)
		if (network->client[i].address == sent->to.dst &&
			network->client[i].port == sent->to.dst_port)
			return &network->client[i];
	fail_msg("a packet to a stranger");
	return NULL;
}

static void server_sends(struct network *network) {
	static struct sent sent;

	while (world_take_now(network->world, &sent))
		carry(network, client_of(network, &sent), false, sent.to.src_port, sent.payload,
			sent.len);
}

static void arrive(struct network *network, const struct event *event) {
	struct client *client = event->client;
	struct world *world = network->world;

	if (!event->to_server)
		client_receive(client, event->port, event->bytes, event->len, world->now.us);
	else if (event->port == TFTP_PORT)
		world_request(world, client->address, client->port, event->bytes, event->len);
	else
		world_packet(world, client->address, client->port, event->port, event->bytes,
			event->len);
	free(event->bytes);
}

// Moves to the next moment at which something happens, and lets it happen.
static void step(struct network *network) {
	struct world *world = network->world;
	uint64_t next = tftp_server_expire(world->server, world->now);

	if (network->count && network->heap[0].at_us < next)
		next = network->heap[0].at_us;
	for (int i = 0; i < CLIENT_KINDS; i++) {
		const struct client *client = &network->client[i];

		if (client->model && !client->done && !client->failed && client->timer_us < next)
			next = client->timer_us;
	}
	if (next == UINT64_MAX)
		next = world->now.us + 1000000;
	if (next > world->now.us)
		world->now.us = next;
	while (network->count && network->heap[0].at_us <= world->now.us) {
		struct event event = pop(network);

		arrive(network, &event);
	}
	for (int i = 0; i < CLIENT_KINDS; i++)
		if (network->client[i].model)
			client_timer(&network->client[i], world->now.us);
	tftp_server_expire(world->server, world->now);
	server_sends(network);
}

static bool all_done(const struct network *network) {
	for (int i = 0; i < CLIENT_KINDS; i++)
		if (network->client[i].model && !network->client[i].done)
			return false;
	return true;
}

static const char *const file = "/debian-installer/amd64/linux";

static void begin(struct network *network, uint64_t seed, uint64_t size) {
	*network = (struct network){.world = world_begin(32, 1468, 64),
		.random = seed * 0x9e3779b97f4a7c15ULL + 1,
		.loss_percent = 5,
		.copy_percent = 5,
		.late_percent = 5,
		.late_us = 3000,
		.delay_us = 100,
		.heap = malloc(EVENTS_MAX * sizeof(struct event))};
	world_file(network->world, file + 1, size);
	world_start(network->world);
}

static void add_client(struct network *network, enum client_kind kind, uint32_t blksize) {
	struct client *client = &network->client[kind];

	*client = (struct client){.send = client_sends,
		.network = network,
		.address = WORLD_CLIENT + kind,
		.port = (uint16_t)(1024 + unit_random(&network->random) % 60000)};
	client_begin(client, &client_models[kind], network->world, file,
		network->world->slot[0].size, blksize, network->world->now.us);
}

static void end(struct network *network) {
	while (network->count)
		free(pop(network).bytes);
	for (int i = 0; i < CLIENT_KINDS; i++)
		if (network->client[i].model)
			client_end(&network->client[i]);
	free(network->heap);
	world_end(network->world);
}

// Runs until every client has its file. Returns how long that took.
static uint64_t run(struct network *network, uint64_t seed, uint64_t limit_us) {
	uint64_t start_us = network->world->now.us;

	while (!all_done(network)) {
		step(network);
		for (int i = 0; i < CLIENT_KINDS; i++)
			if (network->client[i].failed)
				fail_msg("seed %llu: %s %s after block %llu",
					(unsigned long long)seed, network->client[i].model->name,
					network->client[i].failed,
					(unsigned long long)network->client[i].received);
		if (network->world->now.us - start_us > limit_us)
			fail_msg("seed %llu: not whole after %llu s", (unsigned long long)seed,
				(unsigned long long)(limit_us / 1000000));
	}
	return network->world->now.us - start_us;
}

// Clients that have the file may leave the server without their last ACK: it ends by itself.
static void wind_down(struct network *network) {
	uint64_t start_us = network->world->now.us;

	while (network->world->now.us - start_us < 70000000)
		step(network);
	assert_int_equal(tftp_server_active(network->world->server), 0);
	assert_int_equal(world_pins(network->world), 0);
	assert_int_equal(world_stat(network->world, STAT_TFTP_GAVE_UP), 0);
	assert_int_equal(world_stat(network->world, STAT_TFTP_STOPPED), 0);
}

static void every_file_is_whole(void **state) {
	uint64_t longest_us = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct network network;
		uint64_t took_us;

		begin(&network, seed, 100000 + seed * 73 % 50000);
		for (int kind = 0; kind < CLIENT_KINDS; kind++)
			add_client(&network, kind, 0);
		took_us = run(&network, seed, 60000000);
		longest_us = took_us > longest_us ? took_us : longest_us;
		wind_down(&network);
		end(&network);
	}
	print_message("longest transfer: %llu ms\n", (unsigned long long)longest_us / 1000);
}

// The dataplane is killed and started again, twice, wherever the transfers are.
static void a_restart_is_survived(void **state) {
	uint32_t resumed = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct network network;

		begin(&network, seed, 100000);
		for (int kind = 0; kind < CLIENT_KINDS; kind++)
			add_client(&network, kind, 0);
		for (int restart = 0; restart < 2; restart++) {
			for (uint64_t i = 0; i < 30 + seed * 5; i++)
				step(&network);
			resumed += world_restart(network.world);
			network.world->now.us += 700000;
		}
		run(&network, seed, 60000000);
		wind_down(&network);
		end(&network);
	}
	assert_true(resumed > 500);
}

static void across_the_wrap(void **state) {
	(void)state;
	for (uint64_t seed = 0; seed < 3; seed++) {
		struct network network;

		begin(&network, seed, 66000 * 8 + 3);
		for (int kind = 0; kind < CLIENT_KINDS; kind++)
			if (client_models[kind].blksize)
				add_client(&network, kind, 8);
		run(&network, seed, 3600ULL * 1000000);
		wind_down(&network);
		end(&network);
	}
}

// Without losses nothing is sent twice, whoever the client is.
static void a_good_network_sees_each_block_once(void **state) {
	(void)state;
	for (int kind = 0; kind < CLIENT_KINDS; kind++) {
		struct network network;

		begin(&network, 1, 1000000);
		network.loss_percent = network.copy_percent = network.late_percent = 0;
		add_client(&network, kind, 0);
		run(&network, 1, 10000000);
		assert_int_equal(world_stat(network.world, STAT_TFTP_REPEATED), 0);
		assert_int_equal(
			world_stat(network.world, STAT_TFTP_DATA), network.client[kind].blocks);
		wind_down(&network);
		end(&network);
	}
}

// Every packet doubled: still each block goes out once (R11).
static void a_doubling_network_sees_each_block_once(void **state) {
	(void)state;
	for (int kind = 0; kind < CLIENT_KINDS; kind++) {
		struct network network;

		begin(&network, 1, 1000000);
		network.loss_percent = network.late_percent = 0;
		network.copy_percent = 100;
		add_client(&network, kind, 0);
		run(&network, 1, 10000000);
		assert_int_equal(world_stat(network.world, STAT_TFTP_REPEATED), 0);
		wind_down(&network);
		end(&network);
	}
}

static void one_mishap(enum client_kind kind, uint64_t marked, int copies, uint64_t late_us) {
	struct network network;
	uint64_t repeated;

	begin(&network, 1, 300000);
	network.loss_percent = network.copy_percent = network.late_percent = 0;
	network.marked = marked;
	network.marked_copies = copies;
	network.marked_us = late_us;
	add_client(&network, kind, 0);
	run(&network, marked, 20000000);
	repeated = world_stat(network.world, STAT_TFTP_REPEATED);
	if (repeated > 2 * network.client[kind].windowsize)
		fail_msg("%s: packet %llu, %d times, %llu us late, costs %llu DATA",
			client_models[kind].name, (unsigned long long)marked, copies,
			(unsigned long long)late_us, (unsigned long long)repeated);
	wind_down(&network);
	end(&network);
}

// Whichever packet is lost, doubled or late, the transfer finds back to its pace: what is sent
// again is the window of the mishap and one more at most. EDK2, which acknowledges copies of blocks
// and begins its window anew with each, would keep an engine that rewinds for each of these ACKs
// repeating every block to the end of the file.
static void one_mishap_costs_no_more_than_two_windows(void **state) {
	(void)state;
	for (enum client_kind kind = 0; kind < CLIENT_KINDS; kind++) {
		for (uint64_t marked = 1; marked < 60; marked++) {
			one_mishap(kind, marked, 0, 0);
			one_mishap(kind, marked, 2, 0);
			one_mishap(kind, marked, 1, 150);
			one_mishap(kind, marked, 1, 30000);
		}
	}
}

static int by_size(const void *a, const void *b) {
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

#define LOSS_SEEDS 100

// What 100 transfers of 4 MiB took.
struct cost {
	uint64_t took_us[LOSS_SEEDS]; // the shortest first
	uint64_t data, timeouts, blocks, ahead_stopped;
};

// One packet in 20 is lost each way, of a client that is 1 ms away.
static void transfer_at_loss(enum client_kind kind, uint64_t seed, struct cost *cost) {
	struct network network;

	begin(&network, seed, 4 << 20);
	network.copy_percent = network.late_percent = 0;
	network.delay_us = 500;
	if (kind == CLIENT_IPXE)
		world_lease(network.world, (const uint8_t[])WORLD_MAC(WORLD_CLIENT), true, true);
	add_client(&network, kind, 0);
	cost->took_us[seed] = run(&network, seed, 300000000);
	cost->data += world_stat(network.world, STAT_TFTP_DATA);
	cost->timeouts += world_stat(network.world, STAT_TFTP_TIMEOUTS);
	cost->ahead_stopped += world_stat(network.world, STAT_TFTP_AHEAD_STOPPED);
	cost->blocks += network.client[kind].blocks;
	end(&network);
}

static void cost_of_loss(enum client_kind kind, struct cost *cost) {
	*cost = (struct cost){.data = 0};
	for (uint64_t seed = 0; seed < LOSS_SEEDS; seed++)
		transfer_at_loss(kind, seed, cost);
	qsort(cost->took_us, LOSS_SEEDS, sizeof(*cost->took_us), by_size);
	print_message("4 MiB at 5 %% loss to %s: median %llu ms, longest %llu ms, %llu timeouts "
		      "and %.2f times the file each\n",
		client_models[kind].name, (unsigned long long)cost->took_us[LOSS_SEEDS / 2] / 1000,
		(unsigned long long)cost->took_us[LOSS_SEEDS - 1] / 1000,
		(unsigned long long)cost->timeouts / LOSS_SEEDS,
		(double)cost->data / (double)cost->blocks);
}

// Of 64 blocks hardly any window arrives whole: the file takes about 150 windows, most of which end
// with an ACK that tells of a gap. Few may wait for a timer, and no timer may be much longer than
// the round trip.
static void loss_in_every_window_costs_round_trips(void **state) {
	struct cost cost;

	(void)state;
	cost_of_loss(CLIENT_AGENT, &cost);
	assert_true(cost.took_us[LOSS_SEEDS / 2] < 2000000);
	assert_true(10 * cost.data < 38 * cost.blocks);
}

// Every other window of eight has its gap. One in ten of the repeats is lost as well and costs the
// shortest timer; and what a gap takes is not believed to be the round trip.
static void loss_with_send_ahead_costs_round_trips(void **state) {
	struct cost cost;

	(void)state;
	cost_of_loss(CLIENT_IPXE, &cost);
	assert_true(cost.took_us[LOSS_SEEDS / 2] < 3000000);
	assert_true(cost.took_us[LOSS_SEEDS - 1] < 5000000);
	assert_true(10 * cost.data < 12 * cost.blocks);
	assert_true(cost.ahead_stopped <= 1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_network_sees_each_block_once),
		cmocka_unit_test(a_doubling_network_sees_each_block_once),
		cmocka_unit_test(one_mishap_costs_no_more_than_two_windows),
		cmocka_unit_test(loss_in_every_window_costs_round_trips),
		cmocka_unit_test(loss_with_send_ahead_costs_round_trips),
		cmocka_unit_test(every_file_is_whole),
		cmocka_unit_test(a_restart_is_survived),
		cmocka_unit_test(across_the_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
