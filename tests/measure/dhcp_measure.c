// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Cycles per DHCP message in one thread, without a port: frame_parse, dhcp_server_handle, the reply
// copied and its headers written, records settled as the journal would. Machines come in random
// order, so that a large population finds its records in cold memory.
// usage: dhcp_measure [EXCHANGES [POPULATION]]

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "dhcp.h"
#include "dhcp_server.h"
#include "policy_build.h"

#define SERVER     0x0a000001u
#define HOSTS      10000u
#define LEASES     1048576u
#define BURST      32u
#define FRAME_SIZE 2048u
#define FRAMES     1024u // buffers in turn, as those of a port
#define SERIES_MAX (1u << 16)
#define UNDER_WAY  1024u // records that wait for the disk
#define LEASE_S    12u   // every return of a population within 3.3 s is a new record
#define CYCLE_US   3300000u

struct rig {
	struct dhcp_server server;
	struct policy policy;
	struct lease_record *records;
	_Atomic uint64_t lease_high;
	_Atomic uint64_t counter[ROUSE_STAT_MAX];
	struct stats stats;
	struct worker_block worker;
	struct events events;
	struct rouse_now now;
	struct dhcp_output output;
	struct journal_record under_way[UNDER_WAY];
	uint64_t submitted;
	uint64_t settled;
	uint8_t *frames; // [FRAMES][FRAME_SIZE]
	size_t frame_len[FRAMES];
	uint8_t *answer; // [FRAMES][FRAME_SIZE]
	uint32_t frame;
	uint32_t *address; // of each machine, as offered
	uint64_t seed;
	uint64_t answers;
};

static struct rig rig;

static inline uint64_t tsc(void) {
	return __builtin_ia32_rdtsc();
}

static uint32_t random_below(uint32_t limit) {
	rig.seed ^= rig.seed << 13;
	rig.seed ^= rig.seed >> 7;
	rig.seed ^= rig.seed << 17;
	return (uint32_t)((rig.seed >> 32) * limit >> 32);
}

static void *memory(size_t size) {
	void *at = NULL;

	if (posix_memalign(&at, 64, size))
		abort();
	memset(at, 0, size);
	return at;
}

static struct policy_ref text(struct policy_builder *b, const char *string) {
	return policy_build_bytes(b, string, strlen(string));
}

static void add_hosts(struct policy_builder *b) {
	for (uint32_t i = 0; i < HOSTS; i++) {
		char name[16];
		struct policy_host host = {.address = 0x0a000100 + i,
			.mac = {2, 0xaa, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}};

		snprintf(name, sizeof(name), "n%05u", i);
		host.name = text(b, name);
		policy_build_host(b, &host);
	}
}

static void add_rules(struct policy_builder *b) {
	static const uint16_t arch[] = {7, 11, 0};
	const struct policy_condition ipxe = {.match = POLICY_MATCH_IPXE, .value = 1};

	policy_build_rule(b, &(struct policy_rule){.file = text(b, "menu.ipxe")}, &ipxe, 1);
	for (int i = 0; i < 3; i++)
		policy_build_rule(b, &(struct policy_rule){.file = text(b, "boot/x64/ipxe.efi")},
			&(struct policy_condition){
				.match = POLICY_MATCH_ARCH, .value = arch[i]},
			1);
}

// One subnet 10.0.0.0/11 with 10,000 reservations and a pool of 1,048,576 addresses.
static void make_policy(void) {
	static const uint8_t options[] = "\x03\x04\x0a\x00\x00\x01\x06\x08\x0a\x00\x00\x01\x0a\x00"
					 "\x00\x02\x0f\x0f"
					 "cluster.example\x2a\x04\x0a\x00\x00\x01";
	static const struct policy_pool pool[1] = {{0x0a010000, 0x0a010000 + LEASES - 1}};
	size_t size = 8u << 20, work = policy_builder_size(size);
	struct policy_builder *b = policy_builder_init(memory(work), work, size);
	void *out = memory(size);
	char why[256];
	int64_t len;

	policy_build_globals(b, &(struct policy_globals){.runtime_dir = "/r",
					.state_dir = "/s",
					.memory_bytes = 1u << 30,
					.max_leases = LEASES,
					.workers = 1,
					.tid_first = 32768,
					.tid_last = 49151,
					.authoritative = true});
	policy_build_port(b, &(struct policy_port){.device = text(b, "net_memif0"),
				     .address = SERVER,
				     .prefix_len = 11,
				     .kind = POLICY_DEVICE_VDEV,
				     .dhcp = POLICY_DHCP_SERVER});
	policy_build_subnet(b,
		&(struct policy_subnet){.network = 0x0a000000,
			.mask = 0xffe00000,
			.options = policy_build_bytes(b, options, sizeof(options) - 1),
			.lease_time_s = LEASE_S,
			.max_blksize = 1468,
			.max_windowsize = 64,
			.edge_rate_bps = 1000000000},
		pool, 1, NULL, 0);
	add_hosts(b);
	add_rules(b);
	len = policy_build_finish(b, 1, 1, out, size, why);
	if (len < 0 || policy_validate(out, (size_t)len, &rig.policy, why) < 0) {
		fprintf(stderr, "dhcp_measure: %s\n", why);
		exit(1);
	}
}

static void make_server(void) {
	static const uint64_t seed[2] = {1, 2};

	rig.records = memory(LEASES * sizeof(*rig.records));
	rig.stats = (struct stats){.counter = rig.counter};
	rig.events = (struct events){
		.worker = &rig.worker, .ring = memory(EVENT_RING_SIZE * sizeof(struct event_record))};
	rig.server = (struct dhcp_server){
		.policy = &rig.policy, .stats = &rig.stats, .events = &rig.events};
	rig.server.leases = lease_table_init(
		memory(lease_table_size(LEASES)), rig.records, LEASES, seed, &rig.lease_high);
	lease_set_policy(rig.server.leases, &rig.policy);
	rig.now = (struct rouse_now){.us = 1000000000, .unix_s = 1800000000};
	rig.frames = memory(FRAMES * FRAME_SIZE);
	rig.answer = memory(FRAMES * FRAME_SIZE);
	rig.address = memory(LEASES * sizeof(*rig.address));
	rig.seed = 88172645463325252ull;
}

// What a machine sends -----------------------------------------------------------------------------

// perfdhcp's list, and that of iPXE with a UEFI driver.
static const uint8_t plain_options[] = "\x37\x07\x01\x1c\x02\x03\x0f\x06\x0c";
static const uint8_t ipxe_options[] =
	"\x39\x02\x05\xc0\x5d\x02\x00\x07\x5e\x03\x01\x03\x0a\x3c\x20"
	"PXEClient:Arch:00007:UNDI:003010\x4d\x04iPXE\x37\x18\x01\x03\x06\x07\x0c\x0f\x11\x1a\x2b"
	"\x3c\x42\x43\x77\x80\x81\x82\x83\x84\x85\x86\x87\xaf\xcb\x96\xaf\x21\xb1\x05\x01\x80\x86"
	"\x10\x0e\xeb\x03\x01\x00\x00\x17\x01\x01\x22\x01\x01\x13\x01\x01\x14\x01\x01\x11\x01\x01"
	"\x27\x01\x01\x19\x01\x01\x3d\x07\x01\x02\x00\x00\x00\x00\x00\x61\x11\x00\x01\x02\x03\x04"
	"\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10";

struct model {
	const char *name;
	const uint8_t *options;
	size_t len;
};

static const struct model models[] = {
	{"plain", plain_options, sizeof(plain_options) - 1},
	{"ipxe", ipxe_options, sizeof(ipxe_options) - 1},
};

static void write_mac(uint8_t *at, uint32_t machine, bool host) {
	at[0] = 2;
	at[1] = host ? 0xaa : 0xbb;
	at[2] = 0;
	at[3] = (uint8_t)(machine >> 16);
	at[4] = (uint8_t)(machine >> 8);
	at[5] = (uint8_t)machine;
}

static size_t write_message(uint8_t *at, const struct model *model, uint32_t machine, bool host,
	enum dhcp_type type) {
	struct writer w = writer_of(at, FRAME_SIZE - FRAME_HEADER_BYTES);

	memset(at, 0, DHCP_OPTIONS_OFFSET);
	at[0] = DHCP_OP_REQUEST;
	at[1] = DHCP_HTYPE_ETHERNET;
	at[2] = 6;
	memcpy(at + 4, &machine, 4);
	write_mac(at + 28, machine, host);
	w.at = DHCP_MAGIC_OFFSET;
	writer_u32(&w, DHCP_MAGIC);
	writer_bytes(&w, (uint8_t[]){DHCP_OPT_TYPE, 1, (uint8_t)type}, 3);
	if (type == DHCP_REQUEST) {
		writer_bytes(&w, (uint8_t[]){DHCP_OPT_REQUESTED_IP, 4}, 2);
		writer_u32(&w, rig.address[machine]);
		writer_bytes(&w, (uint8_t[]){DHCP_OPT_SERVER_ID, 4}, 2);
		writer_u32(&w, SERVER);
	}
	writer_bytes(&w, model->options, model->len);
	writer_u8(&w, DHCP_OPT_END);
	if (w.at < DHCP_PAYLOAD_MIN)
		writer_fill(&w, 0, DHCP_PAYLOAD_MIN - w.at);
	return w.at;
}

static void write_frame(
	const struct model *model, uint32_t machine, bool host, enum dhcp_type type) {
	uint32_t n = rig.frame++ % FRAMES;
	uint8_t *frame = rig.frames + (size_t)n * FRAME_SIZE;
	size_t len = write_message(frame + FRAME_HEADER_BYTES, model, machine, host, type);
	struct frame_to to = {.dst_mac = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		.dst = UINT32_MAX,
		.src_port = DHCP_CLIENT_PORT,
		.dst_port = DHCP_SERVER_PORT};

	write_mac(to.src_mac, machine, host);
	frame_write_headers(
		frame, &to, (uint16_t)len, checksum_add(0, frame + FRAME_HEADER_BYTES, len));
	rig.frame_len[n] = FRAME_HEADER_BYTES + len;
}

// What the dataplane does with it ------------------------------------------------------------------

static void settle_until(uint64_t lsn) {
	for (; rig.settled < lsn; rig.settled++)
		dhcp_server_durable(&rig.server, &rig.under_way[rig.settled % UNDER_WAY]);
}

static void take_records(void) {
	for (int i = 0; i < rig.output.record_count; i++)
		rig.under_way[rig.submitted++ % UNDER_WAY] = rig.output.record[i];
}

static void answer(uint32_t n) {
	uint8_t *to = rig.answer + (size_t)n * FRAME_SIZE;
	uint32_t sum = checksum_copy(
		0, to + FRAME_HEADER_BYTES, rig.output.payload, rig.output.len);

	frame_write_headers(to, &rig.output.to, rig.output.len, sum);
	rig.answers++;
}

static void handle(const struct frame_view *view, uint32_t n) {
	struct dhcp_input input = {.frame = view, .port_mac = {2, 0, 0, 0, 0, 1}, .journal_room = 8};
	enum dhcp_verdict verdict =
		dhcp_server_handle(&rig.server, &input, rig.now, &rig.output);

	take_records();
	if (verdict == DHCP_REPLY || verdict == DHCP_REPLY_WHEN_DURABLE)
		answer(n);
}

static void handle_burst(uint32_t first) {
	struct frame_view view[BURST];

	for (uint32_t i = 0; i < BURST; i++) {
		uint32_t n = (first + i) % FRAMES;
		uint8_t *frame = rig.frames + (size_t)n * FRAME_SIZE;

		if (frame_parse(frame, rig.frame_len[n], SERVER, &view[i]) != FRAME_OK)
			abort();
	}
	for (uint32_t i = 0; i < BURST; i++)
		handle(&view[i], (first + i) % FRAMES);
}

// Runs -------------------------------------------------------------------------------------------

struct run {
	const char *name;
	uint32_t population;
	bool host;
};

static void note_address(const uint32_t *machine) {
	for (uint32_t i = 0; i < BURST; i++) {
		uint32_t n = (rig.frame - BURST + i) % FRAMES;
		struct reader r = reader_of(
			rig.answer + (size_t)n * FRAME_SIZE + FRAME_HEADER_BYTES + 16, 4);

		rig.address[machine[i]] = reader_u32(&r);
	}
}

static uint64_t burst(const struct run *run, const struct model *model, const uint32_t *machine,
	enum dhcp_type type) {
	uint64_t start;

	for (uint32_t i = 0; i < BURST; i++)
		write_frame(model, machine[i], run->host, type);
	start = tsc();
	handle_burst(rig.frame - BURST);
	return tsc() - start;
}

// Cycles of each burst; medians, so that what else the machine does counts little.
struct series {
	uint64_t *cycles; // [SERIES_MAX]
	uint32_t count;
};

struct cost {
	struct series discover;
	struct series request;
	struct series durable;
};

static struct cost cost;

static void note(struct series *series, uint64_t cycles) {
	if (!series->cycles)
		series->cycles = memory(SERIES_MAX * sizeof(*series->cycles));
	if (series->count < SERIES_MAX)
		series->cycles[series->count++] = cycles;
}

static int by_value(const void *a, const void *b) {
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

// A message's median.
static double median(struct series *series) {
	double cycles;

	qsort(series->cycles, series->count, sizeof(*series->cycles), by_value);
	cycles = (double)series->cycles[series->count / 2] / BURST;
	series->count = 0;
	return cycles;
}

static void exchange(
	const struct run *run, const struct model *model, const uint32_t *machine) {
	uint64_t start;

	note(&cost.discover, burst(run, model, machine, DHCP_DISCOVER));
	note_address(machine);
	note(&cost.request, burst(run, model, machine, DHCP_REQUEST));
	start = tsc();
	if (rig.submitted > UNDER_WAY / 2)
		settle_until(rig.submitted - UNDER_WAY / 2);
	note(&cost.durable, tsc() - start);
	rig.now.us += (uint64_t)CYCLE_US * BURST / run->population;
	rig.now.unix_s = 1800000000 + (int64_t)((rig.now.us - 1000000000) / 1000000);
}

static void fill(const struct run *run) {
	uint32_t machine[BURST];

	for (uint32_t i = 0; i < run->population; i += BURST) {
		for (uint32_t k = 0; k < BURST; k++)
			machine[k] = (i + k) % run->population;
		exchange(run, &models[0], machine);
	}
	cost.discover.count = cost.request.count = cost.durable.count = 0;
}

static void measure(const struct run *run, const struct model *model, uint64_t exchanges) {
	uint64_t before = rig.answers, records = rig.submitted;
	double n = (double)(exchanges / BURST * BURST), discover, request, durable;
	uint32_t machine[BURST];

	for (uint64_t i = 0; i < exchanges / BURST; i++) {
		for (uint32_t k = 0; k < BURST; k++)
			machine[k] = random_below(run->population);
		exchange(run, model, machine);
	}
	discover = median(&cost.discover);
	request = median(&cost.request);
	durable = median(&cost.durable);
	printf("%-9s %7u machines, %-5s: %5.0f cycles a DISCOVER, %5.0f a REQUEST, %4.0f settled, "
	       "%5.0f a message; %.2f answers, %.2f records an exchange\n",
		run->name, run->population, model->name, discover, request, durable,
		(discover + request + durable) / 2, (double)(rig.answers - before) / n,
		(double)(rig.submitted - records) / n);
	fflush(stdout);
}

int main(int argc, char **argv) {
	static const struct run runs[] = {
		{"reserved", HOSTS, true}, {"returning", 10000, false}, {"returning", 1000000, false}};
	uint64_t exchanges = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;
	uint32_t only = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 0;

	make_policy();
	make_server();
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		if (only && runs[i].population != only)
			continue;
		fill(&runs[i]);
		for (size_t m = 0; m < sizeof(models) / sizeof(models[0]); m++)
			measure(&runs[i], &models[m], exchanges);
	}
	return 0;
}
