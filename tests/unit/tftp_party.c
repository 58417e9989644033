// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "tftp_party.h"

#include "unit.h"

#define HEAP_SIZE (1u << 16)

static bool before(const struct party_packet *a, const struct party_packet *b) {
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static void push(struct party *party, struct party_packet packet) {
	uint32_t at = party->heap_count++;

	assert_true(party->heap_count < HEAP_SIZE);
	packet.order = party->order++;
	for (; at && before(&packet, &party->heap[(at - 1) / 2]); at = (at - 1) / 2)
		party->heap[at] = party->heap[(at - 1) / 2];
	party->heap[at] = packet;
}

static struct party_packet pop(struct party *party) {
	struct party_packet top = party->heap[0], last = party->heap[--party->heap_count];
	uint32_t at = 0, child;

	while ((child = 2 * at + 1) < party->heap_count) {
		if (child + 1 < party->heap_count &&
			before(&party->heap[child + 1], &party->heap[child]))
			child++;
		if (!before(&party->heap[child], &last))
			break;
		party->heap[at] = party->heap[child];
		at = child;
	}
	party->heap[at] = last;
	return top;
}

static bool lost(struct party *party) {
	return unit_random(&party->random) % 1000000 < party->loss_ppm;
}

struct party *party_begin(struct world *world, const char *file, uint64_t size, const char *blksize,
	uint32_t count, uint32_t loss_percent) {
	struct party *party = calloc(1, sizeof(*party));

	assert_non_null(party);
	assert_true(count <= PARTY_MAX);
	*party = (struct party){.world = world,
		.file = file,
		.size = size,
		.blksize = blksize,
		.blocks = size / (uint64_t)atoi(blksize) + 1,
		.count = count,
		.latency_us = 50,
		.timeout_us = PARTY_TIMEOUT_US,
		.loss_ppm = loss_percent * 10000,
		.random = 88172645463325252ull + loss_percent};
	party->heap = calloc(HEAP_SIZE, sizeof(*party->heap));
	assert_non_null(party->heap);
	party->begun_us = world->now.us;
	for (uint32_t i = 0; i < count; i++) {
		party->receiver[i] = (struct receiver){.address = WORLD_CLIENT + i,
			.port = (uint16_t)(WORLD_PORT + i),
			.timer_us = UINT64_MAX,
			.bitmap = calloc(1, 65536)};
		assert_non_null(party->receiver[i].bitmap);
	}
	return party;
}

void party_end(struct party *party) {
	for (uint32_t i = 0; i < party->count; i++)
		free(party->receiver[i].bitmap);
	free(party->heap);
	free(party);
}

static uint64_t timeout(const struct party *party, const struct receiver *r) {
	return (uint64_t)party->timeout_us << (party->doubles ? r->timeouts : 0);
}

static void request(struct party *party, uint32_t i) {
	struct receiver *r = &party->receiver[i];

	r->timer_us = party->world->now.us + timeout(party, r);
	if (!lost(party))
		push(party,
			(struct party_packet){.due_us = party->world->now.us + party->latency_us,
				.receiver = i,
				.inbound = true,
				.opcode = TFTP_RRQ});
}

void party_start(struct party *party, uint32_t i) {
	struct receiver *r = &party->receiver[i];

	if (r->killed) {
		uint8_t *bitmap = r->bitmap;

		memset(bitmap, 0, 65536);
		*r = (struct receiver){.address = r->address,
			.port = (uint16_t)(r->port + 1000),
			.bitmap = bitmap};
	}
	r->started = true;
	request(party, i);
}

void party_start_all(struct party *party) {
	for (uint32_t i = 0; i < party->count; i++)
		party_start(party, i);
}

void party_kill(struct party *party, uint32_t i) {
	party->receiver[i].killed = true;
	party->receiver[i].timer_us = UINT64_MAX;
}

static void finish(struct party *party, struct receiver *r, bool failed) {
	r->failed = failed;
	r->done = !failed;
	r->done_us = party->world->now.us;
	r->timer_us = UINT64_MAX;
}

static void acknowledge(struct party *party, uint32_t i) {
	struct receiver *r = &party->receiver[i];

	r->master_once = true;
	party->acks++;
	if (!lost(party))
		push(party,
			(struct party_packet){.due_us = party->world->now.us + party->latency_us,
				.receiver = i,
				.inbound = true,
				.opcode = TFTP_ACK,
				.number = (uint16_t)r->whole,
				.tid = r->tid});
	if (r->last && r->whole == r->last)
		finish(party, r, false);
}

static void on_oack(struct party *party, uint32_t i, const struct party_packet *packet) {
	struct receiver *r = &party->receiver[i];

	r->tid = packet->tid;
	r->master = packet->mc;
	if (r->master || r->stubborn)
		acknowledge(party, i);
}

static void on_data(struct party *party, uint32_t i, const struct party_packet *packet) {
	struct receiver *r = &party->receiver[i];

	if (r->in_order && r->master && packet->number != r->whole + 1) {
		if (!r->told_gap)
			acknowledge(party, i);
		r->told_gap = true;
		return;
	}
	r->told_gap = false;
	r->bitmap[packet->number] = 1;
	if (packet->is_last)
		r->last = packet->number;
	while (r->whole < 65535 && r->bitmap[r->whole + 1])
		r->whole++;
	if (r->mute_end && r->last && r->whole == r->last)
		finish(party, r, false);
	else if (r->master || r->stubborn)
		acknowledge(party, i);
}

static void receive(struct party *party, const struct party_packet *packet) {
	struct receiver *r = &party->receiver[packet->receiver];

	if (!r->started || r->killed || r->done || r->failed)
		return;
	if (r->tid ? packet->tid != r->tid : packet->opcode == TFTP_DATA)
		return; // not of its server, or of a group that it has not joined
	r->timeouts = 0;
	r->timer_us = party->world->now.us + timeout(party, r);
	if (packet->opcode == TFTP_OACK) {
		on_oack(party, packet->receiver, packet);
	} else if (packet->opcode == TFTP_ERROR) {
		r->error_code = packet->number;
		finish(party, r, true);
	} else {
		on_data(party, packet->receiver, packet);
	}
}

static void deliver(struct party *party, const struct party_packet *packet) {
	const struct receiver *r = &party->receiver[packet->receiver];
	const uint8_t ack[4] = {
		0, TFTP_ACK, (uint8_t)(packet->number >> 8), (uint8_t)packet->number};

	if (!packet->inbound)
		receive(party, packet);
	else if (packet->opcode == TFTP_RRQ)
		world_read_from(party->world, r->address, r->port, party->file, "blksize",
			party->blksize, "multicast", "", NULL);
	else
		world_packet(party->world, r->address, r->port, packet->tid, ack, sizeof(ack));
}

// Whether it is of use to anybody who hears it.
static bool is_lacked(const struct party *party, uint64_t block) {
	for (uint32_t i = 0; i < party->count; i++) {
		const struct receiver *r = &party->receiver[i];

		if (r->tid && !r->killed && !r->done && !r->failed && !r->bitmap[block])
			return true;
	}
	return false;
}

static void send_data(struct party *party, const struct sent *sent) {
	struct party_packet packet = {.opcode = TFTP_DATA,
		.number = (uint16_t)sent->block,
		.tid = sent->to.src_port,
		.is_last = sent->block == party->blocks};

	party->data++;
	party->wasted += !is_lacked(party, sent->block);
	assert_true(sent->block >= 1 && sent->block <= party->blocks);
	for (uint32_t i = 0; i < party->count; i++) {
		struct receiver *r = &party->receiver[i];
		uint64_t lag = party->lag_us ? unit_random(&party->random) % party->lag_us : 0;

		packet.receiver = i;
		packet.due_us = party->world->now.us + party->latency_us + lag;
		if (packet.due_us < r->data_due_us)
			packet.due_us = r->data_due_us;
		r->data_due_us = packet.due_us;
		if (r->started && !lost(party))
			push(party, packet);
	}
}

static bool says_master(const struct sent *sent) {
	return sent->len > 2 && memmem(sent->payload, sent->len, ",1", 3) != NULL;
}

static void send_to(struct party *party, const struct sent *sent) {
	struct party_packet packet = {.due_us = party->world->now.us + party->latency_us,
		.opcode = sent->payload[1],
		.number = (uint16_t)(sent->payload[2] << 8 | sent->payload[3]),
		.tid = sent->to.src_port,
		.mc = sent->kind == TFTP_PACKET_OACK && says_master(sent)};

	for (uint32_t i = 0; i < party->count; i++) {
		packet.receiver = i;
		if (party->receiver[i].address != sent->to.dst ||
			party->receiver[i].port != sent->to.dst_port)
			continue;
		party->oacks += sent->kind == TFTP_PACKET_OACK;
		party->tid = sent->to.src_port;
		if (!lost(party))
			push(party, packet);
	}
}

static bool send_all(struct party *party) {
	static struct sent sent;
	bool any = false;

	while (world_take_now(party->world, &sent)) {
		any = true;
		for (struct party *p = party; p; p = p->next) {
			if (sent.kind != TFTP_PACKET_DATA || sent.to.dst >> 28 != 14)
				send_to(p, &sent);
			else if (p->tid == sent.to.src_port)
				send_data(p, &sent);
		}
	}
	return any;
}

static void run_timer(struct party *party, uint32_t i) {
	struct receiver *r = &party->receiver[i];

	if (++r->timeouts >= PARTY_TIMEOUTS) {
		finish(party, r, true);
		return;
	}
	r->timer_us = party->world->now.us + timeout(party, r);
	if (!r->tid || (!r->master_once && !r->whole))
		request(party, i);
	else if (r->master_once)
		acknowledge(party, i);
}

static uint64_t first_timer(const struct party *party) {
	uint64_t due = UINT64_MAX;

	for (uint32_t i = 0; i < party->count; i++)
		if (party->receiver[i].timer_us < due)
			due = party->receiver[i].timer_us;
	return due;
}

static uint64_t next_due(const struct party *party) {
	uint64_t timer = first_timer(party);

	if (party->heap_count && party->heap[0].due_us < timer)
		return party->heap[0].due_us;
	return timer;
}

static void run_due(struct party *party) {
	uint64_t now_us = party->world->now.us;

	for (uint32_t i = 0; i < party->count; i++)
		if (party->receiver[i].timer_us <= now_us)
			run_timer(party, i);
	while (party->heap_count && party->heap[0].due_us <= now_us) {
		struct party_packet packet = pop(party);

		deliver(party, &packet);
	}
}

bool party_step(struct party *party) {
	struct world *world = party->world;
	uint64_t due = tftp_server_expire(world->server, world->now);

	if (send_all(party))
		return true;
	for (const struct party *p = party; p; p = p->next) {
		uint64_t other = next_due(p);

		due = due < other ? due : other;
	}
	if (due == UINT64_MAX)
		return false;
	if (due > world->now.us)
		world->now.us = due;
	for (struct party *p = party; p; p = p->next)
		run_due(p);
	return true;
}

static bool all_ended(const struct party *party) {
	for (uint32_t i = 0; i < party->count; i++) {
		const struct receiver *r = &party->receiver[i];

		if (r->started && !r->killed && !r->done && !r->failed)
			return false;
	}
	return true;
}

void party_run(struct party *party, uint64_t us) {
	uint64_t end_us = party->world->now.us + us;

	while (!all_ended(party) && party->world->now.us < end_us && party_step(party))
		;
}

void party_run_data(struct party *party, uint64_t data) {
	while (party->data < data && party_step(party))
		;
}

uint32_t party_done(const struct party *party) {
	uint32_t done = 0;

	for (uint32_t i = 0; i < party->count; i++)
		done += party->receiver[i].done;
	return done;
}

uint32_t party_master(const struct party *party) {
	uint32_t i;

	for (i = 0; i < party->count; i++)
		if (party->receiver[i].master && !party->receiver[i].killed &&
			!party->receiver[i].done)
			return i;
	return PARTY_MAX;
}

double party_ratio(const struct party *party) {
	return (double)party->data / (double)party->blocks;
}
