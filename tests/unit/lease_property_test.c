// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// No address with two live leases, ever: 500 simulated clients with more machines than addresses,
// loss both ways, a journal that lags and fails, restarts of the server with and without the host,
// policy reloads, and a wall clock that jumps. The clients' own belief is the oracle: what an ACK
// told them, counted from when it arrived.

#include "dhcp_fixture.h"

#define CLIENTS     500u
#define POOL_FIRST  0x0a4d0100u // 10.77.1.0
#define POOL_SIZE   300u
#define HOST_FIRST  0x0a4d0010u // 10.77.0.16
#define HOSTS       20u
#define ADDRESSES   1024u // from 10.77.0.0 on
#define PENDING_MAX 512u
#define LEASE_TIME  900u
#define PARKED_US   (DHCP_PARK_MAX_MS * 1000ull)

struct client {
	uint32_t offered;
	uint32_t address;  // 0: none
	uint64_t until_us; // true time
};

struct parked {
	uint64_t lsn;
	uint64_t since_us;
	uint16_t client;
	uint32_t address;
	uint32_t seconds;
};

struct sim {
	struct world w;
	uint64_t random;
	uint64_t true_us;
	uint64_t boot_us;      // true time of the host's start
	int64_t wall_offset_s; // of the wall clock against true time
	struct client client[CLIENTS];
	uint16_t owner[ADDRESSES];             // client + 1
	struct journal_record disk[ADDRESSES]; // the last durable record of each address
	struct journal_record pending[PENDING_MAX];
	uint32_t pending_count;
	struct journal_record
		ghost[PENDING_MAX]; // failed, but may be on disk until the next batch is
	uint32_t ghost_count;
	struct parked parked[PENDING_MAX];
	uint32_t parked_count;
	uint32_t exchanges, acks, naks, restarts, jumps, failures;
};

static uint64_t dice(struct sim *s, uint64_t sides) {
	return unit_random(&s->random) % sides;
}

static void set_clock(struct sim *s) {
	s->w.now = (struct rouse_now){.us = s->true_us - s->boot_us,
		.unix_s = 1800000000 + (int64_t)(s->true_us / 1000000) + s->wall_offset_s};
}

// The oracle.
static void client_believes(struct sim *s, uint16_t number, uint32_t address, uint32_t seconds) {
	struct client *client = &s->client[number];
	uint16_t *owner = &s->owner[address - 0x0a4d0000];

	if (*owner && *owner != number + 1) {
		const struct client *other = &s->client[*owner - 1];

		if (other->address == address && other->until_us > s->true_us)
			fail_msg("after %u exchanges %08x is given to client %u, but client %u "
				 "has it for another %llu ms",
				s->exchanges, address, number, *owner - 1,
				(unsigned long long)(other->until_us - s->true_us) / 1000);
	}
	*owner = (uint16_t)(number + 1);
	client->address = address;
	client->until_us = s->true_us + seconds * 1000000ull;
	client->offered = 0;
	s->acks++;
}

static void submit(struct sim *s) {
	for (int i = 0; i < s->w.output.record_count; i++) {
		assert_true(s->pending_count < PENDING_MAX);
		s->pending[s->pending_count++] = s->w.output.record[i];
	}
	s->w.journal_len = s->w.journal_done = 0;
}

static void deliver(struct sim *s, uint16_t number, const struct parked *p) {
	if (dice(s, 10) && s->true_us - p->since_us <= PARKED_US)
		client_believes(s, number, p->address, p->seconds);
}

static void answer(struct sim *s, uint16_t number, enum dhcp_verdict verdict) {
	struct client *client = &s->client[number];
	struct parked p = {.client = number, .since_us = s->true_us};

	submit(s);
	if (verdict != DHCP_REPLY && verdict != DHCP_REPLY_WHEN_DURABLE)
		return;
	p.lsn = s->w.output.wait_lsn;
	p.address = reply_yiaddr(&s->w);
	if (s->w.output.message_type == DHCP_OFFER) {
		if (dice(s, 10))
			client->offered = p.address;
		return;
	}
	if (s->w.output.message_type == DHCP_NAK) {
		s->naks++;
		client->address = 0;
		return;
	}
	p.seconds = reply_seconds(&s->w, DHCP_OPT_LEASE_TIME);
	if (verdict == DHCP_REPLY)
		deliver(s, number, &p);
	else if (s->parked_count < PENDING_MAX)
		s->parked[s->parked_count++] = p;
}

static struct message begin(uint8_t type, uint16_t number) {
	struct message m = message_begin(type, number);

	m.bytes[30] = 0xcc; // not the sample's hosts
	return m;
}

static void discover(struct sim *s, uint16_t number) {
	struct message m = begin(DHCP_DISCOVER, number);

	if (!dice(s, 3))
		message_ip_number(
			&m, DHCP_OPT_REQUESTED_IP, POOL_FIRST + (uint32_t)dice(s, POOL_SIZE));
	answer(s, number, world_send(&s->w, &m));
}

static void request(struct sim *s, uint16_t number, uint32_t address, bool selecting) {
	struct message m = begin(DHCP_REQUEST, number);

	message_ip_number(&m, DHCP_OPT_REQUESTED_IP, address);
	if (selecting)
		message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.1");
	answer(s, number, world_send(&s->w, &m));
}

static void renew(struct sim *s, uint16_t number) {
	struct message m = begin(DHCP_REQUEST, number);

	message_ciaddr(&m, s->client[number].address);
	if (dice(s, 2))
		m.dst = fixture_ip("10.77.0.1");
	answer(s, number, world_send(&s->w, &m));
}

// An ACK that is still on its way is for an exchange that the client has left.
static void forget_parked(struct sim *s, uint16_t number) {
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->parked_count; i++)
		if (s->parked[i].client != number)
			s->parked[kept++] = s->parked[i];
	s->parked_count = kept;
}

static void give_up(struct sim *s, uint16_t number, uint8_t type) {
	struct message m = begin(type, number);

	if (type == DHCP_RELEASE)
		message_ciaddr(&m, s->client[number].address);
	else
		message_ip_number(&m, DHCP_OPT_REQUESTED_IP, s->client[number].address);
	s->client[number].address = 0;
	forget_parked(s, number);
	if (dice(s, 10))
		answer(s, number, world_send(&s->w, &m));
}

// What a client does next; one in ten messages is lost on the way.
static void act(struct sim *s, uint16_t number) {
	struct client *client = &s->client[number];
	uint64_t what = dice(s, 100);

	s->exchanges++;
	if (client->address && client->until_us <= s->true_us)
		client->address = 0;
	if (!dice(s, 10))
		return;
	if (!client->address && client->offered && what < 80)
		request(s, number, client->offered, true);
	else if (!client->address && what < 90)
		discover(s, number);
	else if (!client->address) // it remembers something, rightly or not
		request(s, number, POOL_FIRST + (uint32_t)dice(s, POOL_SIZE), false);
	else if (what < 50)
		renew(s, number);
	else if (what < 70)
		request(s, number, client->address, false);
	else if (what < 85)
		discover(s, number); // rebooted; it still has the lease
	else if (what < 97)
		give_up(s, number, DHCP_RELEASE);
	else
		give_up(s, number, DHCP_DECLINE);
}

static void to_disk(struct sim *s, const struct journal_record *record) {
	struct journal_record *slot = &s->disk[record->address - 0x0a4d0000];

	if (record->lsn > slot->lsn)
		*slot = *record;
}

// The journal writes some of what is pending; replies that waited for it go out.
static void journal_writes(struct sim *s, uint32_t count) {
	uint64_t durable = 0;
	uint32_t kept = 0;

	if (!count)
		return;
	s->ghost_count = 0; // the new segment's header says that they are void
	for (uint32_t i = 0; i < count; i++) {
		to_disk(s, &s->pending[i]);
		durable = s->pending[i].lsn;
		dhcp_server_durable(&s->w.server, &s->pending[i]);
	}
	s->pending_count -= count;
	memmove(s->pending, s->pending + count, s->pending_count * sizeof(s->pending[0]));
	for (uint32_t i = 0; i < s->parked_count; i++) {
		if (s->parked[i].lsn <= durable)
			deliver(s, s->parked[i].client, &s->parked[i]);
		else
			s->parked[kept++] = s->parked[i];
	}
	s->parked_count = kept;
}

static void journal_fails(struct sim *s) {
	s->failures++;
	for (uint32_t i = 0; i < s->pending_count; i++) {
		dhcp_server_failed(&s->w.server, &s->pending[i], s->w.now);
		if (s->ghost_count < PENDING_MAX)
			s->ghost[s->ghost_count++] = s->pending[i];
	}
	s->pending_count = 0;
	s->parked_count = 0;
	s->w.degraded = true;
}

static void restart(struct sim *s, bool host_too) {
	uint32_t ghosts = s->ghost_count ? (uint32_t)dice(s, s->ghost_count + 1) : 0;
	uint32_t written =
		s->pending_count && !s->ghost_count ? (uint32_t)dice(s, s->pending_count + 1) : 0;

	s->restarts++;
	for (uint32_t i = 0; i < ghosts; i++)
		to_disk(s, &s->ghost[i]);
	for (uint32_t i = 0; i < written; i++)
		to_disk(s, &s->pending[i]);
	s->pending_count = s->parked_count = s->ghost_count = 0;
	s->true_us += 1000000 + dice(s, 30000000);
	if (host_too)
		s->boot_us = s->true_us - 1000000;
	if (!dice(s, 3))
		s->wall_offset_s -= (int64_t)dice(s, 7200); // set back while we were away
	set_clock(s);
	s->w.degraded = false;
	world_new_table(&s->w);
	for (uint32_t i = 0; i < ADDRESSES; i++)
		if (s->disk[i].lsn)
			assert_int_equal(
				lease_restore(s->w.server.leases, &s->disk[i], s->w.now), 0);
	lease_set_policy(s->w.server.leases, &s->w.f.policy);
}

// The clock jumps, and the once-a-second work is done before anything else happens.
static void jump(struct sim *s) {
	static const int64_t steps[] = {
		-3600, 3600, -86400 * 365, 86400 * 365, -30, 30, -7200, 400};
	struct journal_record record;

	s->jumps++;
	s->wall_offset_s += steps[dice(s, COUNT_OF(steps))];
	set_clock(s);
	journal_writes(s, s->pending_count);
	s->w.degraded = false;
	dhcp_server_sweep(&s->w.server, s->w.now, 1000000);
	while (dhcp_server_restamp(&s->w.server, s->w.now, &record)) {
		to_disk(s, &record);
		dhcp_server_durable(&s->w.server, &record);
	}
}

static void pass_time(struct sim *s) {
	uint64_t us = dice(s, 1000) ? dice(s, 200000) : dice(s, 600000000);

	s->true_us += us;
	set_clock(s);
	dhcp_server_sweep(&s->w.server, s->w.now, 64);
}

static void world_of(struct world *w) {
	const struct policy_pool pool[1] = {{POOL_FIRST, POOL_FIRST + POOL_SIZE - 1}};

	world_begin(w);
	fixture_port(&w->f, "eth1", "10.77.0.1");
	policy_build_subnet(w->f.builder,
		&(struct policy_subnet){.network = fixture_ip("10.77.0.0"),
			.mask = 0xffff0000,
			.lease_time_s = LEASE_TIME,
			.max_blksize = 1468,
			.max_windowsize = 64,
			.edge_rate_bps = 1000000000},
		pool, 1, NULL, 0);
	for (uint32_t i = 0; i < HOSTS; i++)
		policy_build_host(
			w->f.builder, &(struct policy_host){.name = fixture_text(&w->f, "host"),
					      .address = i % 2 ? HOST_FIRST + i : POOL_FIRST + i,
					      .mac = {0x52, 0x54, 0xcc, 0, 0, (uint8_t)i}});
	w->lease_count = POOL_SIZE + HOSTS;
	world_start(w);
	w->hold_journal = true;
}

static void run(uint64_t seed, uint32_t exchanges) {
	struct sim *s = calloc(1, sizeof(*s));

	world_of(&s->w);
	s->random = seed;
	s->true_us = s->boot_us + 1000000000;
	set_clock(s);
	while (s->exchanges < exchanges) {
		uint64_t what = dice(s, 1000);

		act(s, (uint16_t)dice(s, CLIENTS));
		pass_time(s);
		if (what < 500 || s->pending_count > 200) {
			journal_writes(
				s, s->pending_count ? 1 + (uint32_t)dice(s, s->pending_count) : 0);
			s->w.degraded = false;
		} else if (what < 503) {
			journal_fails(s);
		} else if (what < 505) {
			restart(s, what == 504);
		} else if (what < 508) {
			jump(s);
		} else if (what < 510) {
			lease_set_policy(s->w.server.leases, &s->w.f.policy);
		}
	}
	// The run must have been about something.
	assert_true(s->acks > exchanges / 10);
	assert_true(s->naks > exchanges / 1000);
	assert_true(s->restarts && s->jumps && s->failures);
	world_end(&s->w);
	free(s);
}

static void no_address_has_two_live_leases(void **state) {
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++)
		run(seed, 20000);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_address_has_two_live_leases),
	};

	return cmocka_run_group_tests_name("lease_property", tests, NULL, NULL);
}
