// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the store takes at its full size: 10,000 nodes, 100,000 boots with 1,000,000 phases.
// usage: store_measure DIR

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store_boots.h"
#include "store_nodes.h"
#include "store_orders.h"

#define NODES  10000u
#define BOOTS  100000u
#define PHASES 10u
#define NOW_MS INT64_C(1764417600000)

static double now_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void must(struct store *store, int rc) {
	if (rc >= 0)
		return;
	fprintf(stderr, "store_measure: %s\n", store_why(store));
	exit(1);
}

static void mac_of(uint32_t i, uint8_t mac[6]) {
	memcpy(mac, (uint8_t[]){0x52, 0x54, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i},
		6);
}

static void fill_phases(struct boot_phase *phases) {
	for (uint32_t i = 0; i < PHASES; i++) {
		phases[i] = (struct boot_phase){.kind = BOOT_PHASE_FILE,
			.result = BOOT_RESULT_OK,
			.times = 1,
			.at_ms = 1000 * i,
			.duration_ms = 321,
			.bytes = 1 << 20};
		snprintf(phases[i].name, sizeof(phases[i].name), "debian-installer/amd64/file-%u",
			i);
	}
}

static void save(
	struct store *store, uint32_t i, struct boot_phase *phases, uint32_t count, uint64_t *id) {
	struct boot boot = {.id = *id,
		.state = BOOT_DONE,
		.started_ns = (NOW_MS + (int64_t)i * 1000) * 1000000,
		.phase_count = count,
		.saved_from = *id ? count - 1 : 0,
		.phases = phases,
		.profile = "web",
		.summary = "got 4 files, 41 MiB, by TFTP"};

	mac_of(i % NODES, boot.mac);
	must(store, store_boot_save(store, &boot));
	*id = boot.id;
}

// A tick of a storm: so many boots get a phase each.
static void measure_ticks(struct store *store, struct boot_phase *phases) {
	static uint64_t ids[2000];
	double worst = 0, worst_checkpoint = 0, begin = now_ms();

	for (uint32_t tick = 0; tick < 100; tick++) {
		double before = now_ms(), after;

		must(store, store_begin(store));
		for (uint32_t i = 0; i < 2000; i++)
			save(store, BOOTS + i, phases, tick % PHASES + 1, &ids[i]);
		must(store, store_commit(store));
		after = now_ms();
		if (after - before > worst)
			worst = after - before;
		if (tick % 10 == 9) {
			before = now_ms();
			must(store, store_checkpoint(store));
			if (now_ms() - before > worst_checkpoint)
				worst_checkpoint = now_ms() - before;
		}
	}
	printf("100 ticks of 2,000 phases: %.1f ms each, worst %.1f ms; worst checkpoint %.1f ms\n",
		(now_ms() - begin) / 100, worst, worst_checkpoint);
}

static void measure_orders(struct store *store) {
	double worst = 0, begin = now_ms();

	for (uint32_t i = 0; i < 200; i++) {
		struct store_order order = {.profile = "install", .created_ms = NOW_MS};
		double before = now_ms();

		mac_of(i, order.mac);
		must(store, store_order_make(store, &order, true));
		if (now_ms() - before > worst)
			worst = now_ms() - before;
	}
	printf("200 orders, each synced: %.2f ms each, worst %.1f ms\n", (now_ms() - begin) / 200,
		worst);
	begin = now_ms();
	must(store, store_begin(store));
	for (uint32_t i = 0; i < NODES; i++) {
		struct store_order order = {.profile = "install", .created_ms = NOW_MS};

		mac_of(i, order.mac);
		must(store, store_order_make(store, &order, true));
	}
	must(store, store_commit(store));
	printf("%u orders in one batch: %.1f ms\n", NODES, now_ms() - begin);
}

static bool count_node(void *context, const struct store_node *node) {
	*(size_t *)context += strlen(node->name);
	return true;
}

static bool count_boot(void *context, const struct boot *boot) {
	*(size_t *)context += boot->phase_count;
	return true;
}

static void measure_reads(struct store *store) {
	size_t sum = 0;
	uint8_t mac[6];
	double begin = now_ms();

	must(store, store_nodes_each(store, count_node, &sum));
	printf("all nodes: %.1f ms\n", now_ms() - begin);
	mac_of(4711, mac);
	sum = 0;
	begin = now_ms();
	must(store, store_boots_of(store, mac, 10, count_boot, &sum));
	printf("the last 10 boots of a node, %zu phases: %.2f ms\n", sum, now_ms() - begin);
}

static void measure_nodes(struct store *store) {
	struct store_host *hosts = calloc(NODES, sizeof(*hosts));
	struct node_facts facts = {.arch = 7, .vendor_class = "PXEClient:Arch:00007"};
	double begin;

	for (uint32_t i = 0; i < NODES; i++) {
		char name[16];

		mac_of(i, hosts[i].mac);
		snprintf(name, sizeof(name), "n%05u", i);
		hosts[i].name = strdup(name);
	}
	begin = now_ms();
	must(store, store_nodes_list(store, hosts, NODES));
	printf("%u hosts for the first time: %.1f ms\n", NODES, now_ms() - begin);
	begin = now_ms();
	must(store, store_nodes_list(store, hosts, NODES));
	printf("the same hosts again: %.1f ms\n", now_ms() - begin);
	begin = now_ms();
	must(store, store_begin(store));
	for (uint32_t i = 0; i < NODES; i++)
		must(store, store_node_seen(store, hosts[i].mac, i + 1, &facts, NOW_MS, NULL));
	must(store, store_commit(store));
	printf("%u machines seen in one batch: %.1f ms\n", NODES, now_ms() - begin);
}

static void measure_prune(struct store *store) {
	double worst = 0, begin = now_ms();
	unsigned steps = 0;
	int rc;

	do {
		double before = now_ms();

		rc = store_prune(store, NOW_MS + (int64_t)BOOTS / 2 * 1000, NOW_MS);
		must(store, rc);
		if (now_ms() - before > worst)
			worst = now_ms() - before;
		if (++steps % 20 == 0)
			must(store, store_checkpoint(store));
	} while (rc == 1);
	printf("half of the boots pruned in %u steps: %.0f ms, worst step %.1f ms\n", steps,
		now_ms() - begin, worst);
}

int main(int argc, char **argv) {
	static struct boot_phase phases[PHASES];
	struct store_counts counts;
	char why[STORE_WHY_SIZE];
	struct store *store;
	double begin = now_ms();

	if (argc != 2)
		return 2;
	if (store_open(&store, argv[1], NOW_MS, why) < 0) {
		fprintf(stderr, "store_measure: %s\n", why);
		return 1;
	}
	printf("a new database: %.1f ms\n", now_ms() - begin);
	measure_nodes(store);
	fill_phases(phases);
	begin = now_ms();
	for (uint32_t i = 0; i < BOOTS;) {
		must(store, store_begin(store));
		for (uint32_t n = 0; n < 200; n++, i++) {
			uint64_t id = 0;

			save(store, i, phases, PHASES, &id);
		}
		must(store, store_commit(store));
		must(store, store_checkpoint(store));
	}
	printf("%u boots of %u phases: %.1f s\n", BOOTS, PHASES, (now_ms() - begin) / 1000);
	measure_ticks(store, phases);
	measure_orders(store);
	measure_reads(store);
	store_close(store);
	begin = now_ms();
	if (store_open(&store, argv[1], NOW_MS, why) < 0)
		return 1;
	printf("opened again: %.1f ms\n", now_ms() - begin);
	measure_reads(store);
	measure_prune(store);
	must(store, store_count(store, &counts));
	printf("%.1f MB\n", (double)counts.file_bytes / 1e6);
	store_close(store);
	return 0;
}
