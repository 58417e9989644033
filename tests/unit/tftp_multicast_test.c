// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Groups of RFC 2090 in the whole server: who gets one, and whether all of its members get the
// file, at what price, when packets are lost, when some join late, die, or finish without a word.

#include "tftp_core.h"
#include "tftp_party.h"

#include "unit.h"

#define SIZE   2000000u
#define MINUTE 60000000u

static struct sent sent;

static struct world *begin(void) {
	struct world *world = world_begin(512, 1468, 64);

	world_file(world, "file", SIZE);
	world_file(world, "other", SIZE);
	world_start(world);
	return world;
}

static struct party *begin_party(struct world *world, uint32_t count, uint32_t loss_percent) {
	return party_begin(world, "file", SIZE, "512", count, loss_percent);
}

// Every record is free in the end: nobody holds a group up for ever.
static void end(struct party *party) {
	struct world *world = party->world;

	while (party_step(party) && tftp_server_active(world->server))
		assert_true(world->now.us - party->begun_us < 10ull * MINUTE);
	assert_int_equal(tftp_server_active(world->server), 0);
	assert_int_equal(world->server->listeners[0] + world->server->listeners[1], 0);
	party_end(party);
	world_end(world);
}

static void the_first_is_master_and_others_listen(void **state) {
	static const uint8_t mac[6] = {0x01, 0x00, 0x5e, 0x7f, 0x4d, 0x01};
	struct world *world = begin();
	struct sent first;

	(void)state;
	world_read(world, 2000, "file", "blksize", "1428", "multicast", "");
	assert_true(world_take_now(world, &first));
	assert_true(world_is_oack(&first, "blksize", "1428", "multicast", "239.255.77.1,1758,1"));
	world_read(world, 2001, "file", "multicast", "", "tsize", "0", "blksize", "1428");
	assert_true(world_take_now(world, &sent));
	assert_true(world_is_oack(
		&sent, "multicast", "239.255.77.1,1758,0", "tsize", "2000000", "blksize", "1428"));
	assert_int_equal(sent.to.src_port, first.to.src_port);
	world_ack(world, &first, 0);
	world_wait(world, 1000000);
	while (sent.kind != TFTP_PACKET_DATA)
		assert_true(world_take(world, &sent));
	assert_int_equal(sent.to.dst, 0xefff4d01);
	assert_int_equal(sent.to.dst_port, 1758);
	assert_int_equal(sent.to.src_port, first.to.src_port);
	assert_int_equal(sent.to.ttl, 1);
	assert_memory_equal(sent.to.dst_mac, mac, 6);
	assert_true(world_is_data(&sent, 1));
	world_end(world);
}

static void the_same_file_with_the_same_blksize_is_a_group(void **state) {
	struct world *world = begin();
	uint16_t tid;

	(void)state;
	world_read(world, 2000, "file", "multicast", "");
	assert_true(world_take_now(world, &sent));
	tid = sent.to.src_port;
	world_read(world, 2001, "other", "multicast", "");
	assert_true(world_take_now(world, &sent));
	assert_true(world_is_oack(&sent, "multicast", "239.255.77.2,1758,1"));
	assert_int_not_equal(sent.to.src_port, tid);
	world_read(world, 2002, "file", "blksize", "1428", "multicast", "");
	assert_true(world_take_now(world, &sent));
	assert_true(world_is_oack(&sent, "blksize", "1428", "multicast", "239.255.77.3,1758,1"));
	world_read(world, 2003, "file", "blksize", "512", "multicast", "");
	assert_true(world_take_now(world, &sent));
	assert_true(world_is_oack(&sent, "blksize", "512", "multicast", "239.255.77.1,1758,0"));
	assert_int_equal(sent.to.src_port, tid);
	assert_int_equal(world_stat(world, STAT_TFTP_GROUPS), 3);
	world_end(world);
}

static void others_are_served_alone(void **state) {
	struct world *world = begin();

	(void)state;
	world_read(world, 2000, "file", "multicast", "", "windowsize", "8");
	assert_true(world_take_now(world, &sent));
	assert_true(world_is_oack(&sent, "windowsize", "8"));
	world_read(world, 2001, "file", "blksize", "16", "multicast", "");
	assert_true(world_take_now(world, &sent));
	assert_true(world_is_oack(&sent, "blksize", "16"));
	// Behind a router, where a TTL of 1 does not reach.
	world_read_from(world, 0x0a630001, 2002, "file", "multicast", "", "blksize", "512", NULL);
	assert_true(world_take_now(world, &sent));
	assert_true(world_is_oack(&sent, "blksize", "512"));
	assert_int_equal(world_stat(world, STAT_TFTP_GROUP_UNICAST), 3);
	assert_int_equal(world_stat(world, STAT_TFTP_GROUPS), 0);
	world_end(world);
}

static void what_has_no_room_is_served_alone(void **state) {
	struct world *world = begin();
	char blksize[8];

	(void)state;
	for (uint32_t i = 0; i <= TFTP_GROUPS; i++) {
		snprintf(blksize, sizeof(blksize), "%u", 512 + i);
		world_read(
			world, (uint16_t)(2000 + i), "file", "blksize", blksize, "multicast", "");
	}
	assert_int_equal(world_stat(world, STAT_TFTP_GROUPS), TFTP_GROUPS);
	assert_int_equal(world_stat(world, STAT_TFTP_GROUP_UNICAST), 1);
	for (uint16_t port = 5000; port < 5200; port++)
		world_read(world, port, "file", "blksize", "512", "multicast", "");
	assert_int_equal(world->server->listeners[0], 512 / 8);
	world_end(world);
}

// Somebody else's address gets OACKs, few, and no DATA at all.
static void a_forged_request_makes_no_data(void **state) {
	struct world *world = begin();
	uint32_t oacks = 0;

	(void)state;
	world_read(world, 2000, "file", "multicast", "");
	for (int i = 0; i < 60000; i++) {
		for (; world_take_now(world, &sent); oacks++)
			assert_int_equal(sent.kind, TFTP_PACKET_OACK);
		world_wait(world, 1024);
	}
	assert_in_range(oacks, 1, TFTP_GROUP_ASKS + 1);
	assert_int_equal(world_stat(world, STAT_TFTP_NO_ANSWER), 1);
	assert_int_equal(tftp_server_active(world->server), 0);
	world_end(world);
}

static void check_without_loss(uint32_t count, uint32_t lag_us) {
	struct party *party = begin_party(begin(), count, 0);

	party->lag_us = lag_us;
	party_start_all(party);
	party_run(party, MINUTE);
	assert_int_equal(party_done(party), count);
	assert_int_equal(party->data, party->blocks);
	end(party);
}

static void without_loss_each_block_is_sent_once(void **state) {
	(void)state;
	check_without_loss(1, 0);
	check_without_loss(2, 0);
	check_without_loss(8, 0);
	check_without_loss(64, 0);
}

// Programs that wait for their processor, and read an OACK before the DATA that came first.
static void atftp_is_slow_and_reads_the_oack_first(void **state) {
	(void)state;
	check_without_loss(8, 500);
	check_without_loss(8, 4000);
}

static void check_loss(
	uint32_t count, uint32_t percent, bool in_order, double most, uint32_t timeout_us) {
	struct party *party = begin_party(begin(), count, percent);

	for (uint32_t i = 0; i < count; i++)
		party->receiver[i].in_order = in_order;
	party->timeout_us = timeout_us;
	party->doubles = timeout_us < PARTY_TIMEOUT_US;
	party_start_all(party);
	party_run(party, 10ull * MINUTE);
	printf("%u receivers, %u %% loss: %.3f DATA for each block, %.3f of them for nobody, %.1f "
	       "s\n",
		count, percent, party_ratio(party), (double)party->wasted / (double)party->blocks,
		(double)(party->world->now.us - party->begun_us) / 1e6);
	assert_int_equal(party_done(party), count);
	if (party_ratio(party) > most)
		fail_msg("%.3f DATA for each block, more than %.3f", party_ratio(party), most);
	end(party);
}

// 1.149 is the least for 8 receivers, 2.54 for 64: until the last has it, a block has to be sent.
static void with_loss_little_is_sent_in_vain(void **state) {
	(void)state;
	check_loss(1, 2, false, 1.05, 250000);
	check_loss(8, 2, false, 1.2, 250000);
	check_loss(64, 10, false, 2.8, 250000);
}

static void atftp_keeps_nothing_behind_a_hole(void **state) {
	(void)state;
	check_loss(1, 2, true, 1.05, 250000);
	check_loss(8, 2, true, 1.2, 250000);
	check_loss(64, 10, true, 2.8, 250000);
}

static void who_joins_late_gets_what_it_missed(void **state) {
	struct party *party = begin_party(begin(), 8, 0);

	(void)state;
	for (uint32_t i = 0; i < 7; i++)
		party_start(party, i);
	party_run_data(party, party->blocks / 2);
	party_start(party, 7);
	party_run(party, MINUTE);
	assert_int_equal(party_done(party), 8);
	assert_in_range(party->data, party->blocks * 3 / 2, party->blocks * 3 / 2 + 32);
	end(party);
}

// Its first OACK may be lost, and it says nothing that tells.
static void who_listens_is_told_a_few_times(void **state) {
	struct world *world = begin();
	struct sent first;
	uint32_t oacks = 0;

	(void)state;
	world_read(world, 2000, "file", "multicast", "");
	assert_true(world_take_now(world, &first));
	world_read(world, 2001, "file", "multicast", "");
	world_ack(world, &first, 0);
	for (uint64_t block = 0; block < SIZE / 512;) {
		world_wait(world, 5000);
		while (world_take_now(world, &sent)) {
			if (sent.kind == TFTP_PACKET_DATA)
				world_ack(world, &first, (uint16_t)(block = sent.block));
			else
				oacks += sent.to.dst_port == 2001;
		}
	}
	assert_int_equal(oacks, 1 + TFTP_GROUP_TELLS);
	world_end(world);
}

static void another_takes_over_when_the_master_dies(void **state) {
	struct party *party = begin_party(begin(), 40, 2);

	(void)state;
	party->timeout_us = 250000;
	party_start_all(party);
	for (uint32_t dead = 0; dead < 30;) {
		uint32_t master;

		party_run_data(party, party->data + 100);
		master = party_master(party);
		if (master == PARTY_MAX && !party_step(party))
			break;
		if (master == PARTY_MAX)
			continue;
		party_kill(party, master);
		dead++;
	}
	party_run(party, 5ull * MINUTE);
	assert_int_equal(party_done(party), 10);
	assert_in_range(party->world->now.us - party->begun_us, 0, 30000000);
	end(party);
}

// Its program was started again, on another port.
static void who_comes_back_is_a_new_member(void **state) {
	struct party *party = begin_party(begin(), 4, 0);

	(void)state;
	party_start_all(party);
	party_run_data(party, 1000);
	party_kill(party, 0);
	party_start(party, 0);
	party_run(party, MINUTE);
	assert_int_equal(party_done(party), 4);
	end(party);
}

static void ipxe_finishes_without_a_word(void **state) {
	struct party *party = begin_party(begin(), 60, 1);

	(void)state;
	party->timeout_us = 250000;
	for (uint32_t i = 0; i < party->count; i++)
		party->receiver[i].mute_end = i % 10 != 9;
	party_start_all(party);
	party_run(party, 5ull * MINUTE);
	assert_int_equal(party_done(party), 60);
	assert_in_range(party->world->now.us - party->begun_us, 0, 20000000);
	end(party);
}

static void who_persists_gets_an_error(void **state) {
	struct party *party = begin_party(begin(), 3, 0);

	(void)state;
	party->latency_us = 2000; // so that the transfer lasts long enough
	party->receiver[2].stubborn = true;
	party_start_all(party);
	party_run(party, MINUTE);
	assert_true(party->receiver[2].failed);
	assert_int_equal(party->receiver[2].error_code, 0);
	assert_int_equal(party_done(party), 2);
	assert_int_equal(world_stat(party->world, STAT_TFTP_GROUP_EXPELLED), 1);
	end(party);
}

static void an_error_of_the_master_lets_the_next_go_on(void **state) {
	struct world *world = begin();
	struct sent first;

	(void)state;
	world_read(world, 2000, "file", "multicast", "");
	assert_true(world_take_now(world, &first));
	world_read(world, 2001, "file", "multicast", "");
	assert_true(world_take_now(world, &sent));
	world_ack(world, &first, 0);
	world_error(world, &first, TFTP_ERROR_ACCESS);
	world_wait(world, 2048);
	assert_true(world_take_now(world, &sent));
	assert_true(world_is_oack(&sent, "multicast", "239.255.77.1,1758,1"));
	assert_int_equal(sent.to.dst_port, 2001);
	world_error(world, &sent, TFTP_ERROR_ACCESS);
	assert_int_equal(tftp_server_active(world->server), 0);
	world_end(world);
}

static void a_file_that_goes_ends_with_errors(void **state) {
	struct party *party = begin_party(begin(), 5, 0);

	(void)state;
	party_start_all(party);
	party_run_data(party, 100);
	party->world->slot[0].word = IMAGE_WORD(9, IMAGE_LOADING);
	party_run(party, MINUTE);
	for (uint32_t i = 0; i < 5; i++)
		assert_true(party->receiver[i].failed);
	assert_int_equal(world_stat(party->world, STAT_TFTP_IMAGE_GONE), 5);
	end(party);
}

// kill -9 in the middle: the members are asked where they are.
static void a_group_goes_on_after_a_restart(void **state) {
	struct party *party = begin_party(begin(), 12, 1);

	(void)state;
	party->timeout_us = 250000;
	party_start_all(party);
	for (uint32_t restarts = 1; restarts <= 5; restarts++) {
		party_run_data(party, restarts * party->blocks / 5);
		assert_true(world_restart(party->world) > 0);
	}
	party_run(party, MINUTE);
	assert_int_equal(party_done(party), 12);
	assert_in_range(party->data, party->blocks, party->blocks * 3 / 2);
	end(party);
}

// What stands in the records of a dead process may be anything.
static void damaged_groups_do_not_go_on(void **state) {
	struct world *world = begin();
	struct tftp_session *group, *member;

	(void)state;
	for (int damage = 0; damage < 4; damage++) {
		world_read(world, (uint16_t)(2000 + damage), "file", "multicast", "");
		assert_true(world_take_now(world, &sent));
		group = &world->sessions[sent.to.src_port - WORLD_TID_FIRST];
		member = &world->sessions[tftp_table_find(
			&world->server->table, WORLD_CLIENT, (uint16_t)(2000 + damage))];
		if (damage == 0)
			group->highest = group->blocks + 1;
		if (damage == 1)
			group->peer_address = WORLD_CLIENT; // and a wrong CRC
		if (damage == 2)
			member->tid++;
		if (damage == 3)
			group->state = SESSION_SENDING;
		assert_int_equal(world_restart(world), 0);
	}
	world_end(world);
}

static void strangers_do_not_touch_a_group(void **state) {
	struct world *world = begin();
	const uint8_t ack[4] = {0, TFTP_ACK, 0, 0};

	(void)state;
	world_read(world, 2000, "file", "multicast", "");
	assert_true(world_take_now(world, &sent));
	world_packet(world, WORLD_CLIENT, 2001, sent.to.src_port, ack, sizeof(ack));
	world_packet(world, WORLD_CLIENT + 1, 2000, sent.to.src_port, ack, sizeof(ack));
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_FOREIGN), 2);
	// Its own record's port is not the member's.
	for (uint16_t tid = WORLD_TID_FIRST; tid < WORLD_TID_FIRST + 512; tid++)
		if (tid != sent.to.src_port)
			world_packet(world, WORLD_CLIENT, 2000, tid, ack, sizeof(ack));
	assert_int_equal(world_stat(world, STAT_TFTP_DROP_UNKNOWN_TID), 511);
	world_end(world);
}

static void groups_do_not_mix(void **state) {
	struct world *world = begin();
	struct party *a = begin_party(world, 8, 2);
	struct party *b = party_begin(world, "other", SIZE, "1024", 8, 2);
	uint64_t limit_us = world->now.us + 5ull * MINUTE;

	(void)state;
	a->next = b;
	for (uint32_t i = 0; i < 8; i++)
		b->receiver[i].port = (uint16_t)(b->receiver[i].port + 500);
	party_start_all(a);
	party_start_all(b);
	while ((party_done(a) < 8 || party_done(b) < 8) && world->now.us < limit_us)
		assert_true(party_step(a));
	assert_int_equal(party_done(a), 8);
	assert_int_equal(party_done(b), 8);
	assert_int_equal(world_stat(world, STAT_TFTP_GROUPS), 2);
	party_end(b);
	a->next = NULL;
	end(a);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_is_master_and_others_listen),
		cmocka_unit_test(the_same_file_with_the_same_blksize_is_a_group),
		cmocka_unit_test(others_are_served_alone),
		cmocka_unit_test(what_has_no_room_is_served_alone),
		cmocka_unit_test(a_forged_request_makes_no_data),
		cmocka_unit_test(without_loss_each_block_is_sent_once),
		cmocka_unit_test(atftp_is_slow_and_reads_the_oack_first),
		cmocka_unit_test(with_loss_little_is_sent_in_vain),
		cmocka_unit_test(atftp_keeps_nothing_behind_a_hole),
		cmocka_unit_test(who_joins_late_gets_what_it_missed),
		cmocka_unit_test(who_listens_is_told_a_few_times),
		cmocka_unit_test(another_takes_over_when_the_master_dies),
		cmocka_unit_test(who_comes_back_is_a_new_member),
		cmocka_unit_test(ipxe_finishes_without_a_word),
		cmocka_unit_test(who_persists_gets_an_error),
		cmocka_unit_test(an_error_of_the_master_lets_the_next_go_on),
		cmocka_unit_test(a_file_that_goes_ends_with_errors),
		cmocka_unit_test(a_group_goes_on_after_a_restart),
		cmocka_unit_test(damaged_groups_do_not_go_on),
		cmocka_unit_test(strangers_do_not_touch_a_group),
		cmocka_unit_test(groups_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
