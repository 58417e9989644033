// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// 200 machines boot at once, with the store, the tracker and the life of nodes as control has them,
// and control is killed some thirty times: in the middle of a batch, or between its commit and the
// moving of the ring's tail. In the end each boot's record is whole or marked, no node is in a
// wrong state, and each order was used once.

#include "store_fixture.h"

#include "boot_track.h"
#include "node_life.h"
#include "store_boots.h"
#include "store_nodes.h"
#include "store_orders.h"

#define MACHINES   200u
#define KILLS      20u // in a thousand ticks
#define EVENTS_MAX 8192u
#define MS         INT64_C(1000000)
#define T0_NS      (STORE_T0 * MS)

enum fate {
	DISKLESS,  // boots
	MISSING,   // asks for what is not there
	INSTALLED, // is installed and reports it
	RETRIED,   // its installation is cut off once
	GIVEN_UP,  // is cut off twice, and may be once
	FATES,
};

struct item {
	struct boot_event event;
	uint32_t machine;
};

struct control {
	struct store_box box;
	struct boot_track *track;
	struct item ring[EVENTS_MAX];
	size_t count;
	size_t tail; // what control has told the dataplane that it has taken
	uint64_t random;
};

static struct control control;

static void ok(int rc) {
	if (rc < 0)
		fail_msg("%s", store_why(control.box.store));
}

// --- what the machines do

static void mac_of(uint32_t machine, uint8_t mac[6]) {
	memcpy(mac, (uint8_t[]){2, 0, 0, 0, (uint8_t)(machine >> 8), (uint8_t)machine}, 6);
}

static struct boot_event *put(uint32_t machine, uint8_t kind, int64_t at_ms, const char *name) {
	struct item *item = &control.ring[control.count++];

	assert_true(control.count < EVENTS_MAX);
	item->machine = machine;
	item->event = (struct boot_event){.kind = kind,
		.address = 0x0a000001 + machine,
		.arch = 7,
		.unix_ns = T0_NS + at_ms * MS + machine, // no two at the same time
		.name = name,
		.name_len = strlen(name)};
	mac_of(machine, item->event.mac);
	return &item->event;
}

static void put_dhcp(uint32_t machine, int64_t at_ms, bool ipxe) {
	put(machine, BOOT_EVENT_MACHINE, at_ms, "")->ipxe = ipxe;
	put(machine, BOOT_EVENT_OFFER, at_ms + 2, "ipxe.efi");
	put(machine, BOOT_EVENT_ACK, at_ms + 900, "");
}

static void put_file(uint32_t machine, int64_t at_ms, const char *name) {
	struct boot_event *event;

	put(machine, BOOT_EVENT_FILE_OPEN, at_ms, name);
	event = put(machine, BOOT_EVENT_FILE_DONE, at_ms + 350, name);
	event->duration_ms = 350;
	event->bytes = 1 << 20;
}

// Firmware, iPXE, kernel: 6 phases of DHCP and 3 files.
static int64_t put_boot(uint32_t machine, int64_t at_ms) {
	put_dhcp(machine, at_ms, false);
	put_file(machine, at_ms + 1000, "ipxe.efi");
	put_dhcp(machine, at_ms + 2000, true);
	put_file(machine, at_ms + 3000, "linux");
	put_file(machine, at_ms + 3400, "initrd.gz");
	return at_ms + 3800;
}

static int64_t put_installation(uint32_t machine, int64_t at_ms) {
	int64_t end_ms = put_boot(machine, at_ms);

	put(machine, BOOT_EVENT_ORDER_USED, end_ms, "")->install = true;
	return end_ms + 60000;
}

static void put_machine(uint32_t machine) {
	int64_t at_ms = (int64_t)(unit_random(&control.random) % 30000);

	switch ((enum fate)(machine % FATES)) {
	case DISKLESS:
		at_ms = put_boot(machine, at_ms);
		control.ring[control.count - 1].event.last = true;
		break;
	case MISSING:
		put_dhcp(machine, at_ms, false);
		put(machine, BOOT_EVENT_FILE_NOT_FOUND, at_ms + 1000, "grubx64.efi");
		break;
	case GIVEN_UP:
		at_ms = put_installation(machine, at_ms);
		at_ms = put_installation(machine, at_ms);
		put_dhcp(machine, at_ms, false);
		break;
	case RETRIED:
		at_ms = put_installation(machine, at_ms);
		at_ms = put_installation(machine, at_ms);
		put(machine, BOOT_EVENT_CALLBACK, at_ms, "installed");
		break;
	case INSTALLED:
		at_ms = put_installation(machine, at_ms);
		put(machine, BOOT_EVENT_CALLBACK, at_ms, "installed");
		break;
	case FATES:
		break;
	}
}

static int by_time(const void *a, const void *b) {
	const struct item *left = a, *right = b;

	return left->event.unix_ns < right->event.unix_ns ? -1 : 1;
}

// --- control

static void make_order(uint32_t machine, uint8_t origin, bool replace) {
	struct store_order order = {.profile = "install", .origin = origin, .created_ms = STORE_T0};

	mac_of(machine, order.mac);
	ok(store_order_make(control.box.store, &order, replace));
}

static void live(const uint8_t mac[6], struct node_event *event) {
	struct store_node node;
	struct node_step step;

	ok(store_node_get(control.box.store, mac, &control.box.arena, &node));
	event->retries = 1;
	step = node_life_event(&node.life, event);
	if (step.changed)
		ok(store_node_life(control.box.store, mac, &step.life));
	if (step.todo & NODE_MAKE_RETRY)
		make_order((uint32_t)mac[4] << 8 | mac[5], STORE_ORDER_RETRY, false);
}

static void use_order(const struct boot *boot, struct node_event *event) {
	struct store_order order;
	uint8_t was;

	ok(store_order_use(
		control.box.store, boot->order_id, STORE_T0, &control.box.arena, &order, &was));
	assert_int_equal(was, STORE_ORDER_WAITING);
	event->retry = order.origin == STORE_ORDER_RETRY;
}

static void on_step(void *context, struct boot *boot, enum boot_step step) {
	struct node_event event;

	(void)context;
	if (!node_event_of_boot(boot, step, &event))
		return;
	if (step == BOOT_STEP_ORDER)
		use_order(boot, &event);
	live(boot->mac, &event);
}

static void restore(void *context, struct boot *boot) {
	(void)context;
	boot_track_restore(control.track, boot);
}

static bool learn(void *context, const struct store_node *node) {
	(void)context;
	boot_track_learn(control.track, node->mac, node->address, node->last_seen_ms * MS);
	return true;
}

static void start(void) {
	struct boot_track_config config = {.step = on_step, .seed = {1, 2}};

	control.track = boot_track_new(&config);
	ok(store_nodes_each(control.box.store, learn, NULL));
	ok(store_boots_running(control.box.store, restore, NULL));
}

// Nothing is left of it but the file and the ring.
static void kill_control(void) {
	boot_track_free(control.track);
	store_box_reopen(&control.box);
	start();
}

static void take(struct item *item) {
	struct boot_event *event = &item->event;
	struct store_order order;

	// The dataplane knows the order from the policy.
	if (event->kind == BOOT_EVENT_ORDER_USED && !event->order_id) {
		ok(store_order_of(control.box.store, event->mac, true, &control.box.arena, &order));
		event->order_id = order.id;
	}
	if (event->kind == BOOT_EVENT_MACHINE)
		ok(store_node_seen(control.box.store, event->mac, event->address, NULL,
			event->unix_ns / MS, NULL));
	if (event->kind == BOOT_EVENT_CALLBACK) {
		struct node_event report = {
			.kind = NODE_CALLBACK_INSTALLED, .unix_ms = event->unix_ns / MS};

		live(event->mac, &report);
	}
	boot_track_event(control.track, event);
}

// A tick up to now_ns. kill: 0 no, 1 before the commit, 2 after it.
static void tick(int64_t now_ns, unsigned kill) {
	size_t head = control.tail;

	ok(store_begin(control.box.store));
	for (; head < control.count && control.ring[head].event.unix_ns <= now_ns; head++)
		take(&control.ring[head]);
	boot_track_tick(control.track, now_ns);
	ok(boot_track_flush(control.track, store_boot_save, control.box.store));
	if (kill == 1) {
		kill_control();
		return;
	}
	ok(store_commit(control.box.store));
	boot_track_saved(control.track, true);
	arena_free(&control.box.arena);
	if (kill == 2)
		kill_control();
	else
		control.tail = head;
}

// --- what must come of it

static unsigned phases_of(const struct boot *boot, uint8_t kind) {
	unsigned count = 0;

	for (uint32_t i = 0; i < boot->phase_count; i++)
		count += boot->phases[i].kind == kind;
	return count;
}

struct seen {
	unsigned boots;
	unsigned interrupted;
	unsigned whole; // with all of put_boot
};

static bool look(void *context, const struct boot *boot) {
	struct seen *seen = context;

	seen->boots++;
	assert_int_not_equal(boot->state, BOOT_RUNNING);
	assert_true(boot->ended_ns >= boot->started_ns);
	assert_int_equal(boot->phases_left_out, 0);
	for (uint32_t i = 1; i < boot->phase_count; i++)
		assert_true(boot->phases[i - 1].at_ms <= boot->phases[i].at_ms);
	seen->interrupted += boot->state == BOOT_INTERRUPTED;
	seen->whole += phases_of(boot, BOOT_PHASE_FILE) == 3 &&
		       phases_of(boot, BOOT_PHASE_DISCOVER) == 2 &&
		       phases_of(boot, BOOT_PHASE_OFFER) == 2 &&
		       phases_of(boot, BOOT_PHASE_ACK) == 2;
	return true;
}

static void check(uint32_t machine) {
	static const struct {
		uint8_t state;
		unsigned boots;
		unsigned whole;
		uint32_t attempts;
	} expected[FATES] = {
		[DISKLESS] = {NODE_BOOTING, 1, 1, 0},
		[MISSING] = {NODE_FAILED, 1, 0, 0},
		[INSTALLED] = {NODE_INSTALLED, 1, 1, 0},
		[RETRIED] = {NODE_INSTALLED, 2, 2, 0},
		[GIVEN_UP] = {NODE_FAILED, 3, 2, 2},
	};
	uint8_t fate = machine % FATES, mac[6];
	struct seen seen = {0};
	struct store_node node;
	char name[32];

	mac_of(machine, mac);
	snprintf(name, sizeof(name), "machine %u, fate %u", machine, fate);
	ok(store_node_get(control.box.store, mac, &control.box.arena, &node));
	ok(store_boots_of(control.box.store, mac, 99, look, &seen));
	assert_case(name, seen.boots == expected[fate].boots);
	assert_case(name, seen.whole == expected[fate].whole);
	// Of a boot that was interrupted nobody knows that it failed.
	if (node.life.state == NODE_BOOTING && fate == MISSING)
		assert_case(name, seen.interrupted == 1);
	else
		assert_case(name, node.life.state == expected[fate].state);
	assert_case(name, node.life.attempts == expected[fate].attempts);
}

static bool none_waits(void *context, const struct store_order *order) {
	(void)context;
	fail_msg("order %llu waits", (unsigned long long)order->id);
	return false;
}

static void run(uint64_t seed, unsigned kills) {
	int64_t end_ns, at_ns = T0_NS;

	control.count = control.tail = 0;
	control.random = seed;
	store_box_setup(&control.box);
	start();
	ok(store_begin(control.box.store));
	for (uint32_t machine = 0; machine < MACHINES; machine++) {
		uint8_t mac[6];

		mac_of(machine, mac);
		put_machine(machine);
		ok(store_node_seen(control.box.store, mac, 0, NULL, 1, NULL));
		if (machine % FATES >= INSTALLED)
			make_order(machine, STORE_ORDER_INSTALL, false);
	}
	ok(store_commit(control.box.store));
	qsort(control.ring, control.count, sizeof(control.ring[0]), by_time);
	end_ns = control.ring[control.count - 1].event.unix_ns;
	for (; at_ns <= end_ns; at_ns += 100 * MS) {
		bool killed = unit_random(&control.random) % 1000 < kills;

		tick(at_ns, killed ? 1 + unit_random(&control.random) % 2 : 0);
	}
	tick(at_ns, 0);
	tick(at_ns + 10000000 * MS, 0);
	tick(at_ns + 20000000 * MS, 0);
	for (uint32_t machine = 0; machine < MACHINES; machine++)
		check(machine);
	ok(store_orders_waiting(control.box.store, none_waits, NULL));
	boot_track_free(control.track);
	store_box_teardown(&control.box);
}

static void without_a_kill_all_is_as_expected(void **state) {
	(void)state;
	run(7, 0);
}

static void kills_leave_no_wrong_state(void **state) {
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++)
		run(seed, KILLS);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_kill_all_is_as_expected),
		cmocka_unit_test(kills_leave_no_wrong_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
