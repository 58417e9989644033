// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The surroundings of a TFTP server under test. The extents are filled once for all worlds: filling
// them costs more than most tests.

#include "tftp_world.h"

#include "tftp_core.h"

#include "checksum.h"
#include "hash.h"
#include "policy_index.h"
#include "unit.h"

static uint8_t *extents(void) {
	static uint8_t *data;
	const size_t size = (size_t)WORLD_EXTENTS << IMAGE_EXTENT_SHIFT;

	if (data)
		return data;
	data = malloc(size);
	assert_non_null(data);
	for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
		uint64_t word = hash_mix(i + 1);

		memcpy(data + i, &word, sizeof(word));
	}
	return data;
}

static void make_images(struct world *world) {
	for (uint32_t i = 0; i < WORLD_MAP; i++)
		world->map[i] = (uint32_t)(hash_mix(i + 99) % WORLD_EXTENTS);
	world->images = (struct images){
		.slots = world->slot,
		.map = world->map,
		.data = extents(),
		.slot_count = WORLD_FILES,
		.map_count = WORLD_MAP,
		.extent_count = WORLD_EXTENTS,
	};
}

static void make_policy(
	struct world *world, uint64_t edge_rate, uint16_t max_blksize, uint16_t max_windowsize) {
	const struct policy_pool pool[1] = {{WORLD_CLIENT - 1, WORLD_CLIENT + 200}};

	fixture_begin(&world->fixture);
	policy_build_port(world->fixture.builder,
		&(struct policy_port){.device = fixture_text(&world->fixture, "eth1"),
			.address = WORLD_OWN,
			.prefix_len = 24,
			.dhcp = POLICY_DHCP_SERVER});
	policy_build_subnet(world->fixture.builder,
		&(struct policy_subnet){.network = 0x0a4d0000,
			.mask = 0xffffff00,
			.options = policy_build_bytes(world->fixture.builder, "", 0),
			.lease_time_s = 3600,
			.max_blksize = max_blksize,
			.max_windowsize = max_windowsize,
			.edge_rate_bps = edge_rate},
		pool, 1, NULL, 0);
}

struct world *world_begin(uint32_t session_count, uint16_t max_blksize, uint16_t max_windowsize) {
	return world_begin_at(WORLD_EDGE_RATE, session_count, max_blksize, max_windowsize);
}

struct world *world_begin_at(
	uint64_t edge_rate, uint32_t session_count, uint16_t max_blksize, uint16_t max_windowsize) {
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	world->session_count = session_count;
	world->sessions = calloc(session_count, sizeof(*world->sessions));
	world->worker = aligned_alloc(64, sizeof(*world->worker));
	world->ring = calloc(EVENT_RING_SIZE, sizeof(*world->ring));
	world->phases = calloc(1, sizeof(*world->phases));
	assert_true(world->sessions && world->worker && world->ring && world->phases);
	memset(world->worker, 0, sizeof(*world->worker));
	world->events = (struct events){.worker = world->worker, .ring = world->ring};
	world->want_ring = calloc(WANT_RING_SIZE, sizeof(*world->want_ring));
	assert_non_null(world->want_ring);
	world->wants = (struct wants){
		.worker = world->worker, .ring = world->want_ring, .tail = &world->want_tail};
	world->stats.counter = world->worker->counter;
	world->now = (struct rouse_now){.us = 5000000, .unix_s = 1800000000};
	world->mtu = 1500;
	order_log_init(&world->orders, world->order_used, world->orders_recorded);
	make_images(world);
	make_policy(world, edge_rate, max_blksize, max_windowsize);
	return world;
}

static void add_name(struct world *world, const char *name, enum policy_name_state state) {
	const struct image_slot *slot = &world->slot[world->file_count];

	policy_build_name(world->fixture.builder,
		&(struct policy_name){.path = fixture_text(&world->fixture, name),
			.slot = world->file_count,
			.generation = world->file_count + 1,
			.size = slot->size,
			.state = (uint16_t)state});
	world->file_count++;
}

void world_name(struct world *world, const char *name, enum policy_name_state state) {
	assert_true(world->file_count < WORLD_FILES);
	add_name(world, name, state);
}

void world_file(struct world *world, const char *name, uint64_t size) {
	struct image_slot *slot = &world->slot[world->file_count];

	assert_true(world->file_count < WORLD_FILES);
	slot->word = IMAGE_WORD(world->file_count + 1, IMAGE_READY);
	slot->size = size;
	slot->map_count = (uint32_t)((size + IMAGE_EXTENT_BYTES - 1) >> IMAGE_EXTENT_SHIFT);
	assert_true(slot->map_count <= WORLD_MAP);
	add_name(world, name, POLICY_NAME_SERVED);
}

static void start_server(struct world *world) {
	size_t size = (tftp_server_size(world->session_count) + 63) & ~(size_t)63;

	world->setup = (struct tftp_server_setup){
		.sessions = world->sessions,
		.session_count = world->session_count,
		.tid_first = WORLD_TID_FIRST,
		.worker = 3,
		.port_count = 1,
		.leases = world->leases,
		.images = &world->images,
		.pins = world->pins,
		.last_use = world->last_use,
		.hits = world->hits,
		.orders = &world->orders,
		.policy = &world->fixture.policy,
		.wants = &world->wants,
		.stats = &world->stats,
		.phases = world->phases,
		.events = &world->events,
		.seed = {0x243f6a8885a308d3ULL, 0x13198a2e03707344ULL},
	};
	world->memory = aligned_alloc(64, size);
	assert_non_null(world->memory);
	world->server = tftp_server_init(world->memory, &world->setup);
}

void world_start(struct world *world) {
	if (fixture_finish(&world->fixture))
		fail_msg("%s", world->fixture.why);
	start_server(world);
}

static const struct policy_name *name_of(const struct world *world, const char *name) {
	const struct policy_name *found =
		policy_find_exact(&world->fixture.policy, 0, name, strlen(name));

	assert_non_null(found);
	return found;
}

void world_set_state(struct world *world, const char *name, enum image_state state) {
	const struct policy_name *file = name_of(world, name);

	world->slot[file->slot].word = IMAGE_WORD(file->generation, state);
}

void world_set_netascii(struct world *world, const char *name, const char *variant) {
	const struct policy_name *file = variant ? name_of(world, variant) : NULL;

	world->slot[name_of(world, name)->slot].netascii =
		file ? IMAGE_LINK(file->slot, file->generation) : IMAGE_LINK_REFUSED;
}

static bool take_want(struct world *world, uint64_t *want) {
	uint64_t tail = world->want_tail;
	bool taken = wants_pop(world->worker, world->want_ring, &tail, want);

	world->want_tail = tail;
	return taken;
}

const char *world_wanted(struct world *world) {
	static char path[POLICY_NAME_MAX + 16];
	const struct policy *policy = &world->fixture.policy;
	const struct policy_name *name = policy->names;
	uint64_t want;

	if (!take_want(world, &want))
		return NULL;
	while (name->slot != WANT_SLOT(want) || name->generation != WANT_GENERATION(want))
		if (++name == policy->names + world->file_count)
			fail_msg("%llx is wanted", (unsigned long long)want);
	snprintf(path, sizeof(path), "%.*s%s", (int)name->path.len, policy_text(policy, name->path),
		want & WANT_NETASCII ? " in netascii" : "");
	return path;
}

uint32_t world_restart(struct world *world) {
	free(world->memory);
	for (uint32_t i = 0; i < WORLD_FILES; i++)
		world->pins[i] = 12345; // void: the new process has to clear them
	start_server(world);
	return tftp_server_resume(world->server, &world->fixture.policy, world->now);
}

struct world *world_usual(void) {
	struct world *world = world_begin(64, 1468, 64);

	world_file(world, "empty", 0);
	world_file(world, "menu.ipxe", 1000);
	world_file(world, "boot/pxelinux.0", 42000);
	world_file(world, "kernel", 1000000);
	world_file(world, "initrd", 30000000);
	world_file(world, "Readme", 10);
	world_file(world, "README", 10);
	world_name(world, "huge.img", POLICY_NAME_NO_MEMORY);
	world_name(world, "broken.img", POLICY_NAME_UNREADABLE);
	world_start(world);
	return world;
}

uint32_t world_pins(const struct world *world) {
	uint32_t pins = 0;

	for (uint32_t i = 0; i < WORLD_FILES; i++)
		pins += world->pins[i];
	return pins;
}

static void begin_leases(struct world *world) {
	const uint64_t seed[2] = {1, 2};
	size_t size = (lease_table_size(WORLD_LEASES) + 63) & ~(size_t)63;

	world->leases = lease_table_init(aligned_alloc(64, size), world->lease_records,
		WORLD_LEASES, seed, &world->lease_high);
	lease_set_policy(world->leases, &world->fixture.policy);
	world_restart(world);
}

static struct lease_record *claim(
	struct world *world, uint32_t address, const struct lease_who *who) {
	struct lease_record *record;

	if (!world->leases)
		begin_leases(world);
	if (lease_claim(world->leases, who, address, true, world->now, &record) != LEASE_OK)
		fail_msg("no lease");
	lease_note(record, who);
	return record;
}

void world_lease(struct world *world, const uint8_t mac[6], bool ipxe, bool send_ahead) {
	struct lease_who who = {.key = {.htype = 1, .hlen = 6},
		.says_ipxe = ipxe,
		.send_ahead = send_ahead,
		.arch = 0};

	memcpy(who.key.bytes, mac, 6);
	claim(world, WORLD_CLIENT, &who);
}

void world_far(struct world *world) {
	const struct policy_pool pool[1] = {{WORLD_FAR, WORLD_FAR + 9}};

	policy_build_subnet(world->fixture.builder,
		&(struct policy_subnet){.network = WORLD_FAR & 0xffffff00,
			.mask = 0xffffff00,
			.options = policy_build_bytes(world->fixture.builder, "", 0),
			.lease_time_s = 3600,
			.max_blksize = 1468,
			.max_windowsize = 64,
			.edge_rate_bps = WORLD_EDGE_RATE},
		pool, 1, (const uint32_t[]){(WORLD_FAR & 0xffffff00) + 1}, 1);
}

void world_bind(struct world *world, uint32_t address, const uint8_t mac[6]) {
	const struct policy *policy = &world->fixture.policy;
	const struct policy_subnet *subnet = policy_subnet_of(policy, address);
	const struct lease_terms terms = {.lease_time_s = 3600, .journal_room = 2};
	struct lease_who who = {
		.key = {.htype = 1, .hlen = 6}, .subnet = (uint32_t)(subnet - policy->subnets)};
	struct journal_record records[2];
	uint32_t seconds;
	uint8_t count;

	memcpy(who.key.bytes, mac, 6);
	lease_bind(world->leases, claim(world, address, &who), &terms, world->now, &seconds,
		records, &count);
	assert_int_equal(lease_find_address(world->leases, address)->state, LEASE_BOUND);
}

void world_end(struct world *world) {
	assert_int_equal(world_pins(world), tftp_server_active(world->server));
	fixture_end(&world->fixture);
	free(world->memory);
	free(world->sessions);
	free(world->worker);
	free(world->phases);
	free(world->ring);
	free(world->want_ring);
	free(world->leases);
	free(world);
}

static void deliver(struct world *world, struct frame_view *frame, const void *bytes, size_t len,
	bool request) {
	uint8_t *copy = unit_exact(bytes, len);
	struct tftp_input input = {
		.frame = frame,
		.port_mac = {0x52, 0x54, 0, 0, 0, 1},
		.own_address = WORLD_OWN,
		.port_mtu = world->mtu,
	};

	frame->payload = copy;
	frame->payload_len = (uint16_t)len;
	memcpy(frame->src_mac,
		world->frame_mac ? world->frame_mac : (uint8_t[])WORLD_MAC(frame->src), 6);
	if (request)
		tftp_server_request(world->server, &world->fixture.policy, &input, world->now);
	else
		tftp_server_packet(world->server, &input, world->now);
	free(copy);
}

void world_request(
	struct world *world, uint32_t address, uint16_t port, const void *bytes, size_t len) {
	struct frame_view frame = {
		.src = address, .dst = WORLD_OWN, .src_port = port, .dst_port = TFTP_PORT};

	deliver(world, &frame, bytes, len, true);
}

void world_packet(struct world *world, uint32_t address, uint16_t port, uint16_t tid,
	const void *bytes, size_t len) {
	struct frame_view frame = {
		.src = address, .dst = WORLD_OWN, .src_port = port, .dst_port = tid};

	deliver(world, &frame, bytes, len, false);
}

static size_t append(uint8_t *bytes, size_t len, va_list strings) {
	const char *string;

	while ((string = va_arg(strings, const char *))) {
		memcpy(bytes + len, string, strlen(string) + 1);
		len += strlen(string) + 1;
	}
	return len;
}

void world_read_from(struct world *world, uint32_t address, uint16_t port, const char *name, ...) {
	uint8_t bytes[1024] = {0, TFTP_RRQ};
	size_t len = 2 + (size_t)sprintf((char *)bytes + 2, "%s%coctet", name, 0) + 1;
	va_list strings;

	va_start(strings, name);
	len = append(bytes, len, strings);
	va_end(strings);
	world_request(world, address, port, bytes, len);
}

bool world_is_oack_of(const struct sent *sent, ...) {
	uint8_t bytes[1024] = {0, TFTP_OACK};
	va_list strings;
	size_t len;

	va_start(strings, sent);
	len = append(bytes, 2, strings);
	va_end(strings);
	return sent->kind == TFTP_PACKET_OACK && sent->len == len &&
	       memcmp(sent->payload, bytes, len) == 0;
}

bool world_is_data(const struct sent *sent, uint64_t block) {
	return sent->kind == TFTP_PACKET_DATA && sent->block == block && sent->payload[0] == 0 &&
	       sent->payload[1] == TFTP_DATA && sent->payload[2] == (uint8_t)(block >> 8) &&
	       sent->payload[3] == (uint8_t)block;
}

static void send_number(
	struct world *world, const struct sent *last, uint8_t opcode, uint16_t number) {
	const uint8_t bytes[4] = {0, opcode, (uint8_t)(number >> 8), (uint8_t)number};

	world_packet(
		world, last->to.dst, last->to.dst_port, last->to.src_port, bytes, sizeof(bytes));
}

void world_ack(struct world *world, const struct sent *last, uint16_t block) {
	send_number(world, last, TFTP_ACK, block);
}

void world_error(struct world *world, const struct sent *last, uint16_t code) {
	send_number(world, last, TFTP_ERROR, code);
}

bool world_take_now(struct world *world, struct sent *sent) {
	struct tftp_packet packet;
	uint32_t sum = 0;

	do {
		if (!tftp_server_next(world->server, 0, world->now, &packet))
			return false;
		sent->len = tftp_server_write(
			world->server, &packet, sent->payload, sizeof(sent->payload), &sum);
	} while (sent->len == 0);
	sent->to = packet.to;
	sent->kind = packet.kind;
	sent->block = packet.block;
	sent->answers = packet.answers;
	if (checksum_fold(sum) != checksum_fold(checksum_add(0, sent->payload, sent->len)))
		fail_msg("checksum of a packet of %zu bytes", sent->len);
	return true;
}

// The clock goes on by the microseconds that a paced session waits.
bool world_take(struct world *world, struct sent *sent) {
	while (!world_take_now(world, sent)) {
		if (world->server->paced.count == 0)
			return false;
		world->now.us += 1u << PACE_WHEEL_SHIFT;
		tftp_server_expire(world->server, world->now);
	}
	return true;
}

uint32_t world_drain(struct world *world, struct sent *sent) {
	static struct sent unused;
	uint32_t count = 0;

	while (world_take(world, sent ? sent : &unused))
		count++;
	return count;
}

void world_wait(struct world *world, uint64_t us) {
	world->now.us += us;
	while (tftp_server_expire(world->server, world->now) <= world->now.us - 1024)
		;
	tftp_server_wake(world->server, &world->fixture.policy, world->now);
}

bool world_holds(const struct world *world, uint64_t offset, const uint8_t *bytes, size_t len) {
	while (len) {
		uint32_t within = (uint32_t)offset & (IMAGE_EXTENT_BYTES - 1);
		size_t run = IMAGE_EXTENT_BYTES - within;
		uint32_t extent = world->map[offset >> IMAGE_EXTENT_SHIFT];

		run = run < len ? run : len;
		if (memcmp(world->images.data + ((size_t)extent << IMAGE_EXTENT_SHIFT) + within,
			    bytes, run))
			return false;
		offset += run;
		bytes += run;
		len -= run;
	}
	return true;
}

uint64_t world_stat(const struct world *world, enum rouse_stat stat) {
	return world->worker->counter[stat];
}

uint64_t world_drops(const struct world *world) {
	uint64_t drops = 0;

	for (int i = 0; i < STAT_COUNT; i++)
		if (stat_info[i].kind == STAT_KIND_DROP)
			drops += world->worker->counter[i];
	return drops;
}

bool world_event(struct world *world, enum event_kind kind, struct event_record *event) {
	uint64_t lost = 0;

	while (events_pop(world->worker, world->ring, &world->event_tail, &lost, event))
		if (event->kind == kind)
			return true;
	return false;
}
