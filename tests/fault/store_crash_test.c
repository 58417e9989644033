// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// kill -9 of a process that writes into the store as fast as it can. It tells over a pipe what was
// acknowledged; it is killed at a random moment; then the database must be whole, what was told
// must be in it, and no number may have been given twice. usage: store_crash_test [ROUNDS]; child:
// store_crash_test child DIR

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store_boots.h"
#include "store_nodes.h"
#include "store_orders.h"

#define ROUNDS       50u
#define LIFE_MS_MIN  10u
#define LIFE_MS_SPAN 120u
#define CHECK_ROUNDS 5u
#define NODES        64u
#define BOOTS_A_TICK 100u
#define PHASES       8u
#define T0           INT64_C(1764417600000)
#define TOLD_MAX     200000u
#define LATER_S      (T0 / 1000 + 1000000)

enum told_kind { TOLD_ORDER, TOLD_USED, TOLD_TOKEN, TOLD_BOOT };

struct told {
	uint32_t kind;
	uint32_t node;
	uint64_t id;
};

static void die(const char *what, const char *why) {
	fprintf(stderr, "store_crash_test: %s: %s\n", what, why);
	exit(1);
}

static struct store *open_store(const char *dir) {
	char why[STORE_WHY_SIZE];
	struct store *store;

	if (store_open(&store, dir, T0, why) < 0)
		die("open", why);
	return store;
}

static void must(struct store *store, int rc) {
	if (rc < 0)
		die("store", store_why(store));
}

static uint64_t random_state;

static uint64_t next_random(void) {
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}

static void mac_of(uint32_t node, uint8_t mac[6]) {
	memcpy(mac, (uint8_t[]){2, 0, 0, 0, 0, (uint8_t)node}, 6);
}

// --- the child

static void tell(uint32_t kind, uint32_t node, uint64_t id) {
	struct told told = {.kind = kind, .node = node, .id = id};

	if (write(STDOUT_FILENO, &told, sizeof(told)) != sizeof(told))
		exit(1);
}

static void order_one(struct store *store, struct arena *arena) {
	struct store_order order = {.profile = "install", .created_ms = T0};
	uint32_t node = (uint32_t)(next_random() % NODES);
	uint8_t was;

	mac_of(node, order.mac);
	must(store, store_order_make(store, &order, true));
	tell(TOLD_ORDER, node, order.id);
	if (next_random() % 2)
		return;
	must(store, store_order_use(store, order.id, T0, arena, &order, &was));
	tell(TOLD_USED, node, order.id);
}

static void token_one(struct store *store) {
	uint32_t node = (uint32_t)(next_random() % NODES);
	uint64_t serial;
	uint8_t mac[6];

	mac_of(node, mac);
	must(store, store_token_serial(store, &serial));
	must(store, store_token_use(store, "callback", mac, serial, T0, LATER_S));
	tell(TOLD_TOKEN, node, serial);
}

// As control does it ten times a second: a batch of boots, and now and then a checkpoint and some
// pruning.
static void tick(struct store *store, struct boot_phase *phases, int64_t *now_ms) {
	uint64_t ids[BOOTS_A_TICK];

	must(store, store_begin(store));
	for (uint32_t i = 0; i < BOOTS_A_TICK; i++) {
		struct boot boot = {.state = i % 2 ? BOOT_DONE : BOOT_RUNNING,
			.started_ns = (*now_ms)++ * 1000000,
			.phase_count = PHASES,
			.phases = phases};

		mac_of(i % NODES, boot.mac);
		must(store, store_boot_save(store, &boot));
		must(store, store_node_seen(store, boot.mac, i, NULL, *now_ms, NULL));
		ids[i] = boot.id;
	}
	must(store, store_commit(store));
	for (uint32_t i = 0; i < BOOTS_A_TICK; i++)
		tell(TOLD_BOOT, i % NODES, ids[i]);
	must(store, store_checkpoint(store));
	must(store, store_prune(store, T0 - 1, T0));
}

// Never returns: it is killed.
static void child(const char *dir) {
	static struct boot_phase phases[PHASES] = {{.times = 1, .name = "linux"}};
	struct store *store = open_store(dir);
	struct arena arena = {0};
	int64_t now_ms = T0;
	uint8_t mac[6];

	random_state = (uint64_t)getpid() * 2654435761u + 1;
	for (uint32_t i = 0; i < NODES; i++) {
		mac_of(i, mac);
		must(store, store_node_seen(store, mac, 0, NULL, now_ms, NULL));
	}
	for (;;) {
		tick(store, phases, &now_ms);
		for (uint64_t n = next_random() % 8; n; n--) {
			order_one(store, &arena);
			token_one(store);
		}
		arena_free(&arena);
	}
}

// --- the parent

static struct told told[TOLD_MAX];
static size_t told_count;
static unsigned wrong;

static void complain(const char *what, const struct told *about) {
	if (++wrong <= 10)
		fprintf(stderr, "%s: %llu of node %u\n", what, (unsigned long long)about->id,
			about->node);
}

static int64_t now_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Reads what the child tells, until_ms or the end of file. A pipe's writes of one record are whole.
static void listen_to(int fd, int64_t until_ms) {
	for (;;) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		int64_t left = until_ms - now_ms();

		if (left <= 0 || poll(&poll_fd, 1, (int)(left < 60000 ? left : 60000)) <= 0)
			return;
		if (read(fd, &told[told_count], sizeof(told[0])) != sizeof(told[0]))
			return;
		if (told_count < TOLD_MAX - 1)
			told_count++;
	}
}

static pid_t start_child(char *program, char *dir, int *fd) {
	int ends[2];
	pid_t pid;

	if (pipe(ends) < 0)
		die("pipe", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("fork", strerror(errno));
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		execl(program, program, "child", dir, NULL);
		_exit(127);
	}
	close(ends[1]);
	*fd = ends[0];
	return pid;
}

static void check_integrity(const char *dir) {
	char path[64];
	sqlite3_stmt *statement;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/" STORE_FILE, dir);
	if (sqlite3_open(path, &db) != SQLITE_OK ||
		sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL) !=
			SQLITE_OK ||
		sqlite3_step(statement) != SQLITE_ROW)
		die("integrity_check", sqlite3_errmsg(db));
	if (strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0)
		die("integrity_check", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

// Each kind's numbers only grow, over all processes.
static void check_numbers(size_t from) {
	static uint64_t last[TOLD_BOOT + 1];

	for (size_t i = from; i < told_count; i++) {
		if (told[i].id <= last[told[i].kind])
			complain("given twice", &told[i]);
		last[told[i].kind] = told[i].id;
	}
}

static void check_one(struct store *store, struct arena *arena, const struct told *about) {
	struct store_order order;
	struct boot boot;
	uint8_t mac[6];

	mac_of(about->node, mac);
	switch ((enum told_kind)about->kind) {
	case TOLD_ORDER:
		if (store_order_get(store, about->id, arena, &order) < 0 ||
			memcmp(order.mac, mac, 6) != 0)
			complain("an order is lost", about);
		break;
	case TOLD_USED:
		if (store_order_get(store, about->id, arena, &order) < 0 ||
			order.state != STORE_ORDER_USED)
			complain("an order waits again", about);
		break;
	case TOLD_TOKEN:
		if (store_token_use(store, "callback", mac, about->id, T0, LATER_S) != -EEXIST)
			complain("a token can be used again", about);
		break;
	case TOLD_BOOT:
		if (store_boot_get(store, about->id, &boot) < 0 || boot.phase_count != PHASES)
			complain("a boot is lost", about);
		else
			free(boot.phases);
		break;
	}
}

static void check(const char *dir, size_t from) {
	struct store *store = open_store(dir);
	struct arena arena = {0};

	for (size_t i = from; i < told_count; i++)
		check_one(store, &arena, &told[i]);
	arena_free(&arena);
	store_close(store);
}

int main(int argc, char **argv) {
	unsigned rounds = ROUNDS;
	char dir[] = "/tmp/rouse-store-XXXXXX", command[64];
	size_t checked = 0;

	if (argc == 3 && !strcmp(argv[1], "child"))
		child(argv[2]);
	if (argc == 2)
		rounds = (unsigned)strtoul(argv[1], NULL, 10);
	if (!mkdtemp(dir))
		die(dir, strerror(errno));
	random_state = (uint64_t)getpid() | 1;
	for (unsigned round = 0; round < rounds; round++) {
		size_t from = told_count;
		int fd;
		pid_t pid = start_child(argv[0], dir, &fd);

		listen_to(fd, now_ms() + LIFE_MS_MIN + (int64_t)(next_random() % LIFE_MS_SPAN));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		listen_to(fd, INT64_MAX);
		close(fd);
		check_numbers(from);
		// Not each time: whoever closes the database last empties its log, and the next
		// child is to find one, too.
		if (round % CHECK_ROUNDS != CHECK_ROUNDS - 1)
			continue;
		check_integrity(dir);
		check(dir, checked);
		checked = told_count;
	}
	check_integrity(dir);
	check(dir, 0);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command))
		fprintf(stderr, "%s is left behind\n", dir);
	printf("%u kills, %zu acknowledgements, %u lost or given twice\n", rounds, told_count,
		wrong);
	return wrong || !told_count;
}
