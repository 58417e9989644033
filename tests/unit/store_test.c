// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The database: nodes, orders, boots, tokens, batches, damage.

#include "store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "store_boots.h"
#include "store_nodes.h"
#include "store_orders.h"

static struct store_box box;

static const uint8_t mac_1[6] = {0x52, 0x54, 0, 0x77, 0, 1};
static const uint8_t mac_2[6] = {0x52, 0x54, 0, 0x77, 0, 2};

static int setup(void **state) {
	(void)state;
	store_box_setup(&box);
	return 0;
}

static int teardown(void **state) {
	(void)state;
	store_box_teardown(&box);
	return 0;
}

static void ok(int rc) {
	if (rc < 0)
		fail_msg("%s", store_why(box.store));
}

static struct store_node get(const uint8_t mac[6]) {
	struct store_node node;

	ok(store_node_get(box.store, mac, &box.arena, &node));
	return node;
}

static void mac_of(uint32_t i, uint8_t mac[6]) {
	const uint8_t bytes[6] = {
		2, 0, (uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};

	memcpy(mac, bytes, 6);
}

static void run_sql(const char *sql) {
	char path[64];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/" STORE_FILE, box.dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

// --- the file

static void open_fails(const char *dir, int err, const char *words) {
	struct store *store = NULL;
	char why[STORE_WHY_SIZE];

	assert_int_equal(store_open(&store, dir, STORE_T0, why), err);
	if (!strstr(why, words))
		fail_msg("said: %s", why);
	assert_null(store);
}

static void a_directory_that_is_not_there_is_named(void **state) {
	(void)state;
	open_fails(
		"/tmp/rouse-no-such-directory", -ENOENT, "/tmp/rouse-no-such-directory/rouse.db");
}

static void a_newer_database_is_refused(void **state) {
	(void)state;
	store_close(box.store);
	run_sql("PRAGMA user_version = 99");
	open_fails(box.dir, -EPROTO, "newer Rouse (its schema is 99, this one knows 2)");
	run_sql("PRAGMA user_version = 2");
	store_box_open(&box);
}

// What the first version wrote is kept, and gets what it lacked.
static void a_database_of_the_first_version_is_brought_up_to_date(void **state) {
	static const uint8_t mac[6] = {0x52, 0x54, 0, 0, 9, 9};
	struct node_facts facts = {.arch = 7, .circuit_id = "port7", .remote_id = "rack1"};
	struct store_node node;

	(void)state;
	assert_int_equal(store_node_seen(box.store, mac, 1, &facts, STORE_T0, NULL), 0);
	store_close(box.store);
	run_sql("ALTER TABLE nodes DROP COLUMN circuit_id");
	run_sql("ALTER TABLE nodes DROP COLUMN remote_id");
	run_sql("PRAGMA user_version = 1");
	store_box_open(&box);
	assert_int_equal(store_node_get(box.store, mac, &box.arena, &node), 0);
	assert_int_equal(node.facts.arch, 7);
	assert_null(node.facts.circuit_id);
	assert_int_equal(store_node_seen(box.store, mac, 1, &facts, STORE_T0, NULL), 0);
	assert_int_equal(store_node_get(box.store, mac, &box.arena, &node), 0);
	assert_string_equal(node.facts.circuit_id, "port7");
	assert_string_equal(node.facts.remote_id, "rack1");
	facts = (struct node_facts){.arch = 7, .circuit_id = ""};
	assert_int_equal(store_node_seen(box.store, mac, 1, &facts, STORE_T0, NULL), 0);
	assert_int_equal(store_node_get(box.store, mac, &box.arena, &node), 0);
	assert_null(node.facts.circuit_id);
	assert_string_equal(node.facts.remote_id, "rack1");
}

static void a_foreign_database_is_refused(void **state) {
	char command[64];

	(void)state;
	store_close(box.store);
	snprintf(command, sizeof(command), "rm %s/rouse.db*", box.dir);
	assert_int_equal(system(command), 0);
	run_sql("CREATE TABLE accounts (id INTEGER)");
	open_fails(box.dir, -EPROTO, "not Rouse's");
	assert_int_equal(system(command), 0);
	store_box_open(&box);
}

static void it_is_not_for_all_to_read(void **state) {
	struct stat st;
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/" STORE_FILE, box.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07, 0);
}

static size_t bad_files(void) {
	char pattern[64];
	glob_t found;
	size_t count;

	snprintf(pattern, sizeof(pattern), "%s/rouse.db.bad-*", box.dir);
	count = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
	globfree(&found);
	return count;
}

static void overwrite(off_t at, size_t len) {
	static const char junk[65536] = "this is no database";
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/" STORE_FILE, box.dir);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, junk, len, at), len);
	close(fd);
}

static uint64_t order_for(const uint8_t mac[6], bool replace) {
	struct store_order order = {.profile = "install", .created_ms = STORE_T0};

	memcpy(order.mac, mac, 6);
	ok(store_order_make(box.store, &order, replace));
	return order.id;
}

static void a_damaged_database_is_set_aside_and_ids_go_on(void **state) {
	uint64_t before, serial, later;

	(void)state;
	ok(store_node_add(box.store, mac_1, "n001", STORE_T0));
	before = order_for(mac_1, false);
	ok(store_token_serial(box.store, &serial));
	for (size_t i = 0; i < 2; i++) {
		store_close(box.store);
		overwrite(i ? 0 : 4096, i ? 100 : 65536);
		ok(store_open(&box.store, box.dir, STORE_T0 + 60000 * (int64_t)(i + 1),
			(char[STORE_WHY_SIZE]){0}));
		assert_int_equal(bad_files(), i + 1);
		assert_int_equal(
			store_node_set(box.store, mac_1, &(struct store_node_set){0}), -ENOENT);
		ok(store_node_add(box.store, mac_1, "n001", STORE_T0));
		later = order_for(mac_1, false);
		assert_true(later > before);
		before = later;
		ok(store_token_serial(box.store, &later));
		assert_true(later > serial);
		serial = later;
	}
}

static bool never(void *context, const struct boot *boot) {
	(void)context;
	(void)boot;
	return true;
}

static void damage_that_is_met_later_is_looked_for_at_the_next_start(void **state) {
	int rc = 0;

	(void)state;
	for (uint32_t i = 0; i < 500; i++) {
		struct boot_phase phase = {.kind = BOOT_PHASE_FILE, .times = 1};
		struct boot boot = {.phase_count = 1, .phases = &phase, .state = BOOT_DONE};

		memcpy(boot.mac, mac_1, 6);
		memset(boot.summary, 's', 150);
		ok(store_boot_save(box.store, &boot));
	}
	store_box_reopen(&box);
	overwrite(4096 * 24, 65536);
	store_close(box.store);
	store_box_open(&box); // what must not be lost is whole
	rc = store_boots_of(box.store, mac_1, 500, never, NULL);
	assert_int_equal(rc, -EUCLEAN);
	assert_non_null(strstr(store_why(box.store), "restart rouse-control"));
	assert_int_equal(bad_files(), 0);
	store_box_reopen(&box);
	assert_int_equal(bad_files(), 1);
	ok(store_boots_of(box.store, mac_1, 500, never, NULL));
}

// --- nodes

static void a_node_has_a_name(void **state) {
	struct store_node node;

	(void)state;
	ok(store_node_add(box.store, mac_1, NULL, STORE_T0));
	assert_string_equal(get(mac_1).name, "m-525400770001");
	assert_int_equal(store_node_add(box.store, mac_1, "x", STORE_T0), -EEXIST);
	assert_int_equal(store_node_add(box.store, mac_2, "M-525400770001", STORE_T0), -EINVAL);
	assert_int_equal(store_node_add(box.store, mac_2, "", STORE_T0), -EINVAL);
	ok(store_node_add(box.store, mac_2, "Web-1", STORE_T0));
	assert_int_equal(
		store_node_set(box.store, mac_1, &(struct store_node_set){.name = "WEB-1"}),
		-EEXIST);
	assert_string_equal(store_why(box.store), "another node is called WEB-1");
	ok(store_node_find(box.store, "web-1", &box.arena, &node));
	assert_memory_equal(node.mac, mac_2, 6);
	assert_int_equal(store_node_find(box.store, "web-2", &box.arena, &node), -ENOENT);
}

static void what_is_set_stays_and_an_empty_text_takes_it_away(void **state) {
	struct store_node_set set = {.role = "web", .profile = "debian", .notes = "rack 4"};
	struct store_node node;

	(void)state;
	assert_int_equal(store_node_set(box.store, mac_1, &set), -ENOENT);
	ok(store_node_add(box.store, mac_1, "n001", STORE_T0));
	ok(store_node_set(box.store, mac_1, &set));
	ok(store_node_set(
		box.store, mac_1, &(struct store_node_set){.profile = "", .vars = "{\"a\":1}"}));
	store_box_reopen(&box);
	node = get(mac_1);
	assert_string_equal(node.role, "web");
	assert_null(node.profile);
	assert_string_equal(node.vars, "{\"a\":1}");
	assert_string_equal(node.notes, "rack 4");
}

static void machines_tell_of_themselves(void **state) {
	struct node_facts facts = {.arch = 7, .vendor_class = "PXE\x01", .has_uuid = true};
	struct node_facts more = {.arch = STORE_UNKNOWN_ARCH, .serial = "S1", .memory_mb = 4096};
	struct store_node node;
	bool is_new;

	(void)state;
	memset(facts.uuid, 7, 16);
	ok(store_node_seen(box.store, mac_1, 0x0a4d0032, &facts, STORE_T0, &is_new));
	assert_true(is_new);
	ok(store_node_seen(box.store, mac_1, 0, &more, STORE_T0 + 5, &is_new));
	assert_false(is_new);
	node = get(mac_1);
	assert_string_equal(node.name, "m-525400770001");
	assert_int_equal(node.facts.arch, 7);
	assert_true(node.facts.has_uuid && node.facts.uuid[15] == 7);
	assert_string_equal(node.facts.vendor_class, "PXE\\x01");
	assert_string_equal(node.facts.serial, "S1");
	assert_null(node.facts.product);
	assert_int_equal(node.facts.memory_mb, 4096);
	assert_int_equal(node.address, 0x0a4d0032);
	assert_true(node.first_seen_ms == STORE_T0 && node.last_seen_ms == STORE_T0 + 5);
	assert_int_equal(node.life.state, NODE_DISCOVERED);
	// The clock was set back.
	ok(store_node_seen(box.store, mac_1, 0, &more, STORE_T0 + 3, &is_new));
	assert_true(get(mac_1).last_seen_ms == STORE_T0 + 3);
}

static void a_node_has_a_life(void **state) {
	struct node_life life = {
		.state = NODE_FAILED, .attempts = 2, .since_ms = 77, .reason = "no disk"};
	struct store_node node;

	(void)state;
	assert_int_equal(store_node_life(box.store, mac_1, &life), -ENOENT);
	ok(store_node_seen(box.store, mac_1, 0, NULL, STORE_T0, NULL));
	ok(store_node_life(box.store, mac_1, &life));
	store_box_reopen(&box);
	node = get(mac_1);
	assert_memory_equal(&node.life, &life, sizeof(life));
}

static void hosts_win_their_names(void **state) {
	struct store_host hosts[] = {
		{.mac = {0x52, 0x54, 0, 0x77, 0, 1}, .name = "n001"},
		{.mac = {0x52, 0x54, 0, 0x77, 0, 2}, .name = "n002"},
	};

	(void)state;
	ok(store_node_add(box.store, mac_2, "N001", STORE_T0));
	ok(store_nodes_list(box.store, hosts, 2));
	assert_string_equal(get(mac_1).name, "n001");
	assert_string_equal(get(mac_2).name, "n002");
	assert_int_equal(
		store_node_set(box.store, mac_1, &(struct store_node_set){.name = "x"}), -EINVAL);
	// They change places.
	hosts[0].name = "n002";
	hosts[1].name = "n001";
	ok(store_nodes_list(box.store, hosts, 2));
	assert_string_equal(get(mac_1).name, "n002");
	assert_string_equal(get(mac_2).name, "n001");
	// One goes, and its name goes to a new machine.
	hosts[0].mac[5] = 9;
	ok(store_nodes_list(box.store, hosts, 1));
	assert_false(get(mac_1).listed);
	assert_string_equal(get(mac_1).name, "m-525400770001");
	assert_string_equal(get(mac_2).name, "n001");
	assert_string_equal(get(hosts[0].mac).name, "n002");
	assert_true(get(hosts[0].mac).listed);
}

static void a_usual_name_that_is_taken_gets_a_number(void **state) {
	struct store_host host = {.mac = {2, 0, 0, 0, 0, 1}, .name = "m-525400770001"};

	(void)state;
	ok(store_nodes_list(box.store, &host, 1));
	ok(store_node_seen(box.store, mac_1, 0, NULL, STORE_T0, NULL));
	assert_string_equal(get(mac_1).name, "m-525400770001-2");
	assert_true(store_node_name_is_usual(mac_1, "m-525400770001-2"));
	assert_true(store_node_name_is_usual(mac_1, "m-525400770001"));
	assert_false(store_node_name_is_usual(mac_1, "m-525400770002"));
	assert_false(store_node_name_is_usual(mac_1, "m-5254007700011"));
	assert_false(store_node_name_is_usual(mac_1, "web1"));
}

static bool count_boot(void *context, const struct boot *boot) {
	(void)boot;
	(*(unsigned *)context)++;
	return true;
}

static void what_is_forgotten_is_gone(void **state) {
	struct boot_phase phase = {.kind = BOOT_PHASE_FILE, .times = 1};
	struct boot boot = {.phase_count = 1, .phases = &phase};
	struct store_host host = {.mac = {0x52, 0x54, 0, 0x77, 0, 2}, .name = "n002"};
	struct store_order order;
	unsigned boots = 0;

	(void)state;
	assert_int_equal(store_node_forget(box.store, mac_1), -ENOENT);
	ok(store_nodes_list(box.store, &host, 1));
	ok(store_node_seen(box.store, mac_1, 0, NULL, STORE_T0, NULL));
	ok(store_node_seen(box.store, mac_2, 0, NULL, STORE_T0, NULL));
	order_for(mac_1, false);
	memcpy(boot.mac, mac_1, 6);
	ok(store_boot_save(box.store, &boot));
	ok(store_node_forget(box.store, mac_1));
	ok(store_node_forget(box.store, mac_2));
	assert_int_equal(store_order_of(box.store, mac_1, false, &box.arena, &order), -ENOENT);
	ok(store_boots_of(box.store, mac_1, 9, count_boot, &boots));
	assert_int_equal(boots, 0);
	assert_int_equal(store_node_forget(box.store, mac_1), -ENOENT);
	assert_string_equal(get(mac_2).name, "n002");
	assert_true(get(mac_2).last_seen_ms == 0);
}

static void strangers_have_a_limit(void **state) {
	uint8_t mac[6];

	(void)state;
	ok(store_begin(box.store));
	for (uint32_t i = 0; i < STORE_DISCOVERED_MAX; i++) {
		mac_of(i, mac);
		ok(store_node_seen(box.store, mac, 0, NULL, STORE_T0 + i, NULL));
	}
	assert_int_equal(
		store_node_seen(box.store, mac_1, 0, NULL, STORE_T0 + 70000, NULL), -ENOBUFS);
	assert_int_equal(
		store_node_seen(box.store, mac_2, 0, NULL, STORE_T0 + 70001, NULL), -ENOBUFS);
	ok(store_node_seen(box.store, mac, 0, NULL, STORE_T0 + 70000, NULL));
	assert_int_equal(store_nodes_refused(box.store), 2);
	// They are counted anew also when the clock was set back meanwhile.
	ok(store_node_forget(box.store, mac));
	ok(store_node_seen(box.store, mac, 0, NULL, STORE_T0 - 70000, NULL));
	ok(store_commit(box.store));
	ok(store_node_add(box.store, mac_1, NULL, STORE_T0));
	// Those that were not seen lately make room.
	assert_int_equal(store_prune(box.store, STORE_T0 + 1000, STORE_T0), 1);
	ok(store_node_seen(box.store, mac_2, 0, NULL, STORE_T0 + 80000, NULL));
	assert_int_equal(store_nodes_refused(box.store), 2);
}

// --- orders

static void an_order_waits_and_is_used(void **state) {
	struct store_order order;
	uint64_t id;
	uint8_t was;

	(void)state;
	assert_int_equal(store_order_make(box.store,
				 &(struct store_order){.mac = {9}, .profile = "x"}, false),
		-ENOENT);
	ok(store_node_add(box.store, mac_1, "n001", STORE_T0));
	id = order_for(mac_1, false);
	assert_true(id != 0);
	store_box_reopen(&box);
	ok(store_order_of(box.store, mac_1, true, &box.arena, &order));
	assert_true(order.id == id);
	assert_int_equal(order.slot, id % STORE_ORDER_SLOTS);
	assert_string_equal(order.profile, "install");
	ok(store_order_use(box.store, id, STORE_T0 + 9, &box.arena, &order, &was));
	assert_int_equal(was, STORE_ORDER_WAITING);
	ok(store_order_use(box.store, id, STORE_T0 + 10, &box.arena, &order, &was));
	assert_int_equal(was, STORE_ORDER_USED);
	assert_true(order.used_ms == STORE_T0 + 9);
	assert_int_equal(store_order_use(box.store, id + 1, 0, &box.arena, &order, &was), -ENOENT);
	assert_int_equal(store_order_of(box.store, mac_1, true, &box.arena, &order), -ENOENT);
	ok(store_order_of(box.store, mac_1, false, &box.arena, &order));
	assert_int_equal(order.state, STORE_ORDER_USED);
}

static void one_order_waits_for_a_node(void **state) {
	struct store_order order = {.profile = "rescue", .mac = {0x52, 0x54, 0, 0x77, 0, 1}};
	uint64_t first;
	uint8_t was;

	(void)state;
	ok(store_node_add(box.store, mac_1, "n001", STORE_T0));
	first = order_for(mac_1, false);
	assert_int_equal(store_order_make(box.store, &order, false), -EEXIST);
	assert_string_equal(store_why(box.store),
		"an order of profile install waits already: --replace or --cancel takes it away");
	ok(store_order_make(box.store, &order, true));
	assert_true(order.id > first);
	// The machine was faster than the operator.
	ok(store_order_use(box.store, first, STORE_T0, &box.arena, &order, &was));
	assert_int_equal(was, STORE_ORDER_CANCELLED);
	ok(store_order_cancel(box.store, mac_1, STORE_T0));
	assert_int_equal(store_order_cancel(box.store, mac_1, STORE_T0), -ENOENT);
	order_for(mac_1, false);
}

static bool collect(void *context, const struct store_order *order) {
	uint8_t *slots = context;

	assert_int_equal(slots[order->slot], 0);
	slots[order->slot] = 1;
	return true;
}

static void slots_are_unique_while_they_wait_and_go_round(void **state) {
	static uint8_t slots[STORE_ORDER_SLOTS];
	struct store_order order = {.profile = "x"};
	struct store_counts counts;
	struct store_node node;
	uint64_t last_id = 0;
	uint32_t slot = 0;

	(void)state;
	ok(store_begin(box.store));
	for (uint32_t i = 0; i < STORE_ORDER_SLOTS; i++) {
		mac_of(i, order.mac);
		ok(store_node_add(box.store, order.mac, NULL, STORE_T0));
		ok(store_order_make(box.store, &order, false));
		assert_true(order.id > last_id);
		last_id = order.id;
	}
	ok(store_node_add(box.store, mac_1, NULL, STORE_T0));
	memcpy(order.mac, mac_1, 6);
	assert_int_equal(store_order_make(box.store, &order, false), -ENOSPC);
	// What is refused in a batch leaves a chance acquaintance one.
	ok(store_node_seen(box.store, mac_2, 0, NULL, STORE_T0, NULL));
	memcpy(order.mac, mac_2, 6);
	assert_int_equal(store_order_make(box.store, &order, false), -ENOSPC);
	ok(store_commit(box.store));
	ok(store_prune(box.store, STORE_T0 + 1, STORE_T0));
	assert_int_equal(store_node_get(box.store, mac_2, &box.arena, &node), -ENOENT);
	memset(slots, 0, sizeof(slots));
	ok(store_orders_waiting(box.store, collect, slots));
	ok(store_count(box.store, &counts));
	assert_int_equal(counts.orders_waiting, STORE_ORDER_SLOTS);
	mac_of(5, order.mac);
	ok(store_order_of(box.store, order.mac, true, &box.arena, &order));
	slot = order.slot;
	ok(store_order_cancel(box.store, order.mac, STORE_T0));
	store_box_reopen(&box);
	order = (struct store_order){.profile = "x"};
	memcpy(order.mac, mac_1, 6);
	ok(store_order_make(box.store, &order, false));
	assert_int_equal(order.slot, slot);
}

static void a_slot_is_reused_late(void **state) {
	uint64_t first;
	struct store_order order = {.profile = "x"};

	(void)state;
	ok(store_node_add(box.store, mac_1, NULL, STORE_T0));
	first = order_for(mac_1, false);
	memcpy(order.mac, mac_1, 6);
	ok(store_begin(box.store));
	for (uint32_t i = 1; i < STORE_ORDER_SLOTS; i++) {
		ok(store_order_make(box.store, &order, true));
		assert_int_not_equal(order.slot, first % STORE_ORDER_SLOTS);
	}
	ok(store_order_make(box.store, &order, true));
	assert_int_equal(order.slot, first % STORE_ORDER_SLOTS);
	ok(store_commit(box.store));
}

// --- batches

static void a_batch_that_is_rolled_back_has_not_happened(void **state) {
	struct store_order order;
	struct store_counts counts;
	uint64_t id;

	(void)state;
	ok(store_node_add(box.store, mac_1, NULL, STORE_T0));
	ok(store_begin(box.store));
	id = order_for(mac_1, false);
	ok(store_node_add(box.store, mac_2, NULL, STORE_T0));
	assert_int_equal(store_node_add(box.store, mac_2, NULL, STORE_T0), -EEXIST);
	store_rollback(box.store);
	assert_int_equal(store_order_get(box.store, id, &box.arena, &order), -ENOENT);
	ok(store_count(box.store, &counts));
	assert_int_equal(counts.orders_waiting, 0);
	assert_int_equal(counts.nodes, 1);
	assert_true(order_for(mac_1, false) > id); // its id is not used again
}

static void a_failure_of_one_call_leaves_the_batch_as_it_was(void **state) {
	(void)state;
	ok(store_begin(box.store));
	ok(store_node_add(box.store, mac_1, NULL, STORE_T0));
	assert_int_equal(store_node_add(box.store, mac_1, NULL, STORE_T0), -EEXIST);
	assert_int_equal(store_node_forget(box.store, mac_2), -ENOENT);
	ok(store_commit(box.store));
	store_box_reopen(&box);
	get(mac_1);
}

static void what_is_not_committed_is_lost_by_a_close(void **state) {
	struct store_node node;

	(void)state;
	ok(store_begin(box.store));
	ok(store_node_add(box.store, mac_1, NULL, STORE_T0));
	store_box_reopen(&box);
	assert_int_equal(store_node_get(box.store, mac_1, &box.arena, &node), -ENOENT);
}

static void somebody_who_locks_the_file_is_named(void **state) {
	char path[64];
	sqlite3 *db;

	(void)state;
	snprintf(path, sizeof(path), "%s/" STORE_FILE, box.dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(store_node_add(box.store, mac_1, NULL, STORE_T0), -EBUSY);
	assert_non_null(strstr(store_why(box.store), "another program has locked"));
	sqlite3_close(db);
	ok(store_node_add(box.store, mac_1, NULL, STORE_T0));
}

// Else an order would be used, and what it did to its node's life lost: it would be installed
// twice.
static void what_cannot_begin_writes_nothing_by_parts(void **state) {
	struct store_node node;
	char path[64];
	sqlite3 *db;

	(void)state;
	snprintf(path, sizeof(path), "%s/" STORE_FILE, box.dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(store_begin(box.store), -EBUSY);
	sqlite3_close(db);
	assert_int_equal(store_node_add(box.store, mac_1, NULL, STORE_T0), -EIO);
	assert_non_null(strstr(store_why(box.store), "another program has locked"));
	assert_true(store_commit(box.store) < 0);
	assert_int_equal(store_node_get(box.store, mac_1, &box.arena, &node), -ENOENT);
	ok(store_node_add(box.store, mac_1, NULL, STORE_T0));
}

// No file of this process grows meanwhile: what the disk does not take.
static void limit_files(rlim_t bytes) {
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int64_t log_bytes(void) {
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "%s/" STORE_FILE "-wal", box.dir);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void what_the_disk_does_not_take_has_not_happened(void **state) {
	struct store_order order;
	struct store_node node;
	uint64_t id;

	(void)state;
	ok(store_node_add(box.store, mac_1, "n001", STORE_T0));
	signal(SIGXFSZ, SIG_IGN);
	limit_files((rlim_t)log_bytes());
	ok(store_begin(box.store));
	ok(store_node_add(box.store, mac_2, "n002", STORE_T0));
	id = order_for(mac_1, false);
	assert_true(store_commit(box.store) < 0);
	assert_non_null(strstr(store_why(box.store), STORE_FILE));
	limit_files(RLIM_INFINITY);
	assert_int_equal(store_node_get(box.store, mac_2, &box.arena, &node), -ENOENT);
	assert_int_equal(store_order_of(box.store, mac_1, true, &box.arena, &order), -ENOENT);
	assert_true(order_for(mac_1, false) > id);
	store_box_reopen(&box);
	assert_int_equal(bad_files(), 0);
	ok(store_order_of(box.store, mac_1, true, &box.arena, &order));
}

// --- boots

static struct boot a_boot(struct boot_phase *phases, uint32_t count) {
	struct boot boot = {.arch = 7,
		.asked = true,
		.ipxe = true,
		.install = true,
		.menu = true,
		.address = 0xfffefdfc,
		.started_ns = STORE_T0 * 1000000,
		.last_ns = STORE_T0 * 1000000 + 5,
		.order_id = 77,
		.timeout_s = 3600,
		.phase_count = count,
		.phases_left_out = 3,
		.phases = phases,
		.profile = "web",
		.role = "r",
		.reason = "why"};

	memcpy(boot.mac, mac_1, 6);
	return boot;
}

static void a_boot_comes_back_as_it_was(void **state) {
	struct boot_phase phases[2] = {{.kind = BOOT_PHASE_DISCOVER,
					       .result = BOOT_RESULT_OK,
					       .times = 2,
					       .arch = 9,
					       .ipxe = true,
					       .at_ms = 1,
					       .duration_ms = 2},
		{.kind = BOOT_PHASE_FILE,
			.result = BOOT_RESULT_FAILED,
			.carrier = BOOT_CARRIER_HTTPS,
			.reason = 2,
			.times = 1,
			.arch = UINT16_MAX,
			.at_ms = UINT32_MAX,
			.duration_ms = UINT32_MAX,
			.retransmitted = UINT32_MAX,
			.address = UINT32_MAX,
			.bytes = UINT64_C(1) << 50,
			.name = "initrd.gz"}};
	struct boot boot = a_boot(phases, 2), back;

	(void)state;
	ok(store_boot_save(box.store, &boot));
	assert_int_equal(boot.saved_from, 2);
	ok(store_boot_get(box.store, boot.id, &back));
	assert_memory_equal(back.phases, phases, sizeof(phases));
	free(back.phases);
	back.phases = phases;
	assert_memory_equal(&back, &boot, sizeof(boot));
	// Only what has changed is written.
	boot.saved_from = 1;
	boot.state = BOOT_DONE;
	phases[0].times = 9;
	phases[1].result = BOOT_RESULT_OK;
	ok(store_boot_save(box.store, &boot));
	ok(store_boot_get(box.store, boot.id, &back));
	assert_int_equal(back.state, BOOT_DONE);
	assert_int_equal(back.phases[0].times, 2);
	assert_int_equal(back.phases[1].result, BOOT_RESULT_OK);
	free(back.phases);
	assert_int_equal(store_boot_get(box.store, boot.id + 1, &back), -ENOENT);
}

static bool newest_first(void *context, const struct boot *boot) {
	uint64_t *last = context;

	assert_true(!*last || boot->id < *last);
	*last = boot->id;
	return true;
}

static void free_running(void *context, struct boot *boot) {
	(*(unsigned *)context)++;
	assert_int_equal(boot->state, BOOT_RUNNING);
	free(boot->phases);
	free(boot);
}

static void boots_are_found_by_their_node_and_while_they_run(void **state) {
	unsigned running = 0, boots = 0;
	uint64_t last = 0;

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct boot boot = a_boot(NULL, 0);

		boot.state = i < 3 ? BOOT_DONE : BOOT_RUNNING;
		ok(store_boot_save(box.store, &boot));
	}
	ok(store_boots_of(box.store, mac_1, 9, newest_first, &last));
	ok(store_boots_of(box.store, mac_1, 2, count_boot, &boots));
	assert_int_equal(boots, 2);
	ok(store_boots_running(box.store, free_running, &running));
	assert_int_equal(running, 2);
}

static void old_boots_go_in_small_steps(void **state) {
	struct boot_phase phases[BOOT_PHASES_MAX] = {{.times = 1}};
	struct store_counts counts;
	uint64_t newest = 0;
	unsigned steps = 0;
	int rc;

	(void)state;
	ok(store_begin(box.store));
	for (int i = 0; i < 400; i++) {
		struct boot boot = a_boot(phases, BOOT_PHASES_MAX);

		boot.state = i == 7 ? BOOT_RUNNING : BOOT_DONE;
		boot.started_ns = (STORE_T0 + i) * 1000000;
		ok(store_boot_save(box.store, &boot));
		newest = boot.id;
	}
	ok(store_commit(box.store));
	do {
		rc = store_prune(box.store, STORE_T0 + 300, STORE_T0);
		ok(rc);
		steps++;
	} while (rc == 1);
	assert_true(steps > 10);
	ok(store_count(box.store, &counts));
	assert_int_equal(counts.boots, 101);
	// All go, and the next id is a new one nevertheless.
	while ((rc = store_prune(box.store, STORE_T0 + 3000, STORE_T0)) == 1)
		;
	store_box_reopen(&box);
	{
		struct boot boot = a_boot(NULL, 0);

		ok(store_boot_save(box.store, &boot));
		assert_true(boot.id > newest);
	}
}

static void a_flood_of_boots_has_a_limit(void **state) {
	struct boot boot = a_boot(NULL, 0);
	unsigned boots = 0;

	(void)state;
	boot.state = BOOT_DONE;
	ok(store_boot_save(box.store, &boot));
	boot.id += STORE_BOOTS_MAX - 1;
	ok(store_boot_save(box.store, &boot));
	store_box_reopen(&box);
	ok(store_prune(box.store, 0, STORE_T0));
	ok(store_boots_of(box.store, mac_1, 9, count_boot, &boots));
	assert_int_equal(boots, 2);
	boot.id = 0;
	ok(store_boot_save(box.store, &boot));
	ok(store_prune(box.store, 0, STORE_T0));
	boots = 0;
	ok(store_boots_of(box.store, mac_1, 9, count_boot, &boots));
	assert_int_equal(boots, 2); // the first one has gone
}

// count boots with an hour between each two.
static void save_boots(int64_t from_ms, unsigned count) {
	for (unsigned i = 0; i < count; i++) {
		struct boot boot = a_boot(NULL, 0);

		boot.state = BOOT_DONE;
		boot.started_ns = (from_ms + i * INT64_C(3600000)) * 1000000;
		ok(store_boot_save(box.store, &boot));
	}
}

static uint64_t boots_after_prune(int64_t before_ms, int64_t now_ms) {
	struct store_counts counts;
	int rc;

	do {
		rc = store_prune(box.store, before_ms, now_ms);
		ok(rc);
	} while (rc == 1);
	ok(store_count(box.store, &counts));
	return counts.boots;
}

#define YEAR_MS (365 * INT64_C(86400000))
#define AGE_MS  (90 * INT64_C(86400000))

static void boots_of_a_clock_that_was_ahead_go_with_those_after_them(void **state) {
	int64_t now_ms = STORE_T0 + 2 * AGE_MS;

	(void)state;
	ok(store_begin(box.store));
	save_boots(STORE_T0 + 30 * YEAR_MS, 250);
	save_boots(STORE_T0, 50);
	save_boots(STORE_T0 + 31 * YEAR_MS, 40);
	save_boots(now_ms - AGE_MS / 2, 30);
	ok(store_commit(box.store));
	// Nobody knows how old the first ones are, but that those after them are younger.
	assert_int_equal(boots_after_prune(STORE_T0 - 1, STORE_T0 + AGE_MS), 370);
	assert_int_equal(boots_after_prune(now_ms - AGE_MS, now_ms), 70);
	store_box_reopen(&box);
	assert_int_equal(boots_after_prune(now_ms - AGE_MS, now_ms), 70);
	now_ms += AGE_MS;
	assert_int_equal(boots_after_prune(now_ms - AGE_MS, now_ms), 0);
}

// As where a machine without a clock of its own starts in 1970, until it is put right.
static void a_clock_that_starts_in_the_past_takes_no_boots(void **state) {
	(void)state;
	ok(store_begin(box.store));
	save_boots(STORE_T0, 30);
	save_boots(60000, 20);
	ok(store_commit(box.store));
	assert_int_equal(boots_after_prune(60000 - AGE_MS, 20 * 3600000 + 60000), 50);
	assert_int_equal(boots_after_prune(STORE_T0 - AGE_MS, STORE_T0 + YEAR_MS / 12), 50);
	assert_int_equal(boots_after_prune(STORE_T0 + 2 * AGE_MS, STORE_T0 + 3 * AGE_MS), 0);
}

static void machines_and_orders_of_a_clock_that_was_ahead_go_in_their_time(void **state) {
	struct store_order order;
	struct store_node node;
	uint64_t used;
	uint8_t was;
	int rc;

	(void)state;
	ok(store_begin(box.store));
	for (uint32_t i = 0; i < 500; i++) {
		uint8_t mac[6];

		mac_of(i, mac);
		ok(store_node_seen(box.store, mac, 0, NULL, STORE_T0 + YEAR_MS + i, NULL));
	}
	ok(store_commit(box.store));
	ok(store_node_add(box.store, mac_1, NULL, STORE_T0));
	used = order_for(mac_1, false);
	ok(store_order_use(box.store, used, STORE_T0 + YEAR_MS, &box.arena, &order, &was));
	do {
		rc = store_redate(box.store, STORE_T0);
		ok(rc);
	} while (rc == 1);
	ok(store_order_get(box.store, used, &box.arena, &order));
	assert_true(order.used_ms == STORE_T0);
	while ((rc = store_prune(box.store, STORE_T0, STORE_T0 + AGE_MS)) == 1)
		;
	mac_of(7, node.mac);
	assert_true(get(node.mac).last_seen_ms == STORE_T0);
	while ((rc = store_prune(box.store, STORE_T0 + 1, STORE_T0 + AGE_MS)) == 1)
		;
	assert_int_equal(rc, 0);
	assert_int_equal(store_node_get(box.store, node.mac, &box.arena, &node), -ENOENT);
	assert_int_equal(store_order_get(box.store, used, &box.arena, &order), -ENOENT);
	get(mac_1);
}

static void old_orders_go_and_those_that_wait_stay(void **state) {
	struct store_order order;
	uint64_t used, waiting;
	uint8_t was;

	(void)state;
	ok(store_node_add(box.store, mac_1, NULL, STORE_T0));
	used = order_for(mac_1, false);
	ok(store_order_use(box.store, used, STORE_T0, &box.arena, &order, &was));
	waiting = order_for(mac_1, false);
	ok(store_prune(box.store, STORE_T0 + 1, STORE_T0));
	assert_int_equal(store_order_get(box.store, used, &box.arena, &order), -ENOENT);
	ok(store_order_get(box.store, waiting, &box.arena, &order));
	ok(store_order_cancel(box.store, mac_1, STORE_T0));
	ok(store_prune(box.store, STORE_T0 + 1, STORE_T0));
	store_box_reopen(&box);
	assert_true(order_for(mac_1, false) > waiting);
}

// --- tokens

static void a_token_is_used_once(void **state) {
	(void)state;
	ok(store_token_use(box.store, "callback", mac_1, 5, STORE_T0, STORE_T0 / 1000 + 60));
	store_box_reopen(&box);
	assert_int_equal(store_token_use(box.store, "callback", mac_1, 5, STORE_T0, 9), -EEXIST);
	ok(store_token_use(box.store, "callback", mac_1, 6, STORE_T0, STORE_T0 / 1000 + 60));
	ok(store_token_use(box.store, "callback", mac_2, 5, STORE_T0, STORE_T0 / 1000 + 60));
	ok(store_token_use(box.store, "template", mac_1, 5, STORE_T0, STORE_T0 / 1000 + 60));
	ok(store_prune(box.store, 0, STORE_T0));
	assert_int_equal(store_token_use(box.store, "callback", mac_1, 5, STORE_T0, 9), -EEXIST);
	ok(store_prune(box.store, 0, STORE_T0 + 61000));
	ok(store_token_use(box.store, "callback", mac_1, 5, STORE_T0, 9));
}

static void serials_never_repeat(void **state) {
	uint64_t serial, last = 0;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		if (i % 1500 == 1499)
			store_box_reopen(&box);
		if (i == 2000)
			ok(store_begin(box.store));
		ok(store_token_serial(box.store, &serial));
		assert_true(serial > last);
		last = serial;
		if (i == 2300)
			store_rollback(box.store);
	}
}

// --- the log

static int64_t now_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Not by one long sleep: as soon as the thread has done its part, the next commit begins anew.
static void the_log_does_not_grow_for_ever(void **state) {
	struct boot_phase phases[BOOT_PHASES_MAX] = {{.times = 1, .name = "linux"}};
	int64_t end_ms = now_ms() + 20000;
	struct store_counts counts;
	int64_t most = 0;

	(void)state;
	for (int tick = 0; tick < 40; tick++) {
		ok(store_begin(box.store));
		for (int i = 0; i < 100; i++) {
			struct boot boot = a_boot(phases, BOOT_PHASES_MAX);

			ok(store_boot_save(box.store, &boot));
		}
		ok(store_commit(box.store));
		ok(store_checkpoint(box.store));
		if (log_bytes() > most)
			most = log_bytes();
	}
	ok(store_count(box.store, &counts));
	assert_true(most > 4 << 20);
	assert_true(counts.file_bytes > (uint64_t)most);
	// What was longer than usual is cut once the log begins anew.
	do {
		struct boot boot = a_boot(phases, 1);

		assert_true(now_ms() < end_ms);
		usleep(10000);
		ok(store_boot_save(box.store, &boot));
		ok(store_checkpoint(box.store));
	} while (log_bytes() > 9 << 20);
}

// --- speed: generous bounds, for a slow disk and sanitizers

static bool count_node(void *context, const struct store_node *node) {
	(void)node;
	(*(unsigned *)context)++;
	return true;
}

static void ten_thousand_nodes_are_listed_at_once(void **state) {
	struct store_host *hosts = calloc(10000, sizeof(*hosts));
	char(*names)[16] = calloc(10000, sizeof(*names));
	unsigned nodes = 0;
	int64_t begin;

	(void)state;
	assert_true(hosts && names);
	for (uint32_t i = 0; i < 10000; i++) {
		mac_of(i, hosts[i].mac);
		snprintf(names[i], sizeof(names[i]), "n%05u", i);
		hosts[i].name = names[i];
	}
	ok(store_nodes_list(box.store, hosts, 10000));
	begin = now_ms();
	ok(store_nodes_each(box.store, count_node, &nodes));
	assert_int_equal(nodes, 10000);
	assert_true(now_ms() - begin < 1000);
	free(hosts);
	free(names);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(a_directory_that_is_not_there_is_named),
		TEST(a_newer_database_is_refused),
		TEST(a_database_of_the_first_version_is_brought_up_to_date),
		TEST(a_foreign_database_is_refused),
		TEST(it_is_not_for_all_to_read),
		TEST(a_damaged_database_is_set_aside_and_ids_go_on),
		TEST(damage_that_is_met_later_is_looked_for_at_the_next_start),
		TEST(a_node_has_a_name),
		TEST(what_is_set_stays_and_an_empty_text_takes_it_away),
		TEST(machines_tell_of_themselves),
		TEST(a_node_has_a_life),
		TEST(hosts_win_their_names),
		TEST(a_usual_name_that_is_taken_gets_a_number),
		TEST(what_is_forgotten_is_gone),
		TEST(strangers_have_a_limit),
		TEST(an_order_waits_and_is_used),
		TEST(one_order_waits_for_a_node),
		TEST(slots_are_unique_while_they_wait_and_go_round),
		TEST(a_slot_is_reused_late),
		TEST(a_batch_that_is_rolled_back_has_not_happened),
		TEST(a_failure_of_one_call_leaves_the_batch_as_it_was),
		TEST(what_is_not_committed_is_lost_by_a_close),
		TEST(somebody_who_locks_the_file_is_named),
		TEST(what_cannot_begin_writes_nothing_by_parts),
		TEST(what_the_disk_does_not_take_has_not_happened),
		TEST(a_boot_comes_back_as_it_was),
		TEST(boots_are_found_by_their_node_and_while_they_run),
		TEST(old_boots_go_in_small_steps),
		TEST(a_flood_of_boots_has_a_limit),
		TEST(boots_of_a_clock_that_was_ahead_go_with_those_after_them),
		TEST(a_clock_that_starts_in_the_past_takes_no_boots),
		TEST(machines_and_orders_of_a_clock_that_was_ahead_go_in_their_time),
		TEST(old_orders_go_and_those_that_wait_stay),
		TEST(a_token_is_used_once),
		TEST(serials_never_repeat),
		TEST(the_log_does_not_grow_for_ever),
		TEST(ten_thousand_nodes_are_listed_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
