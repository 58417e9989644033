// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// ProxyDHCP on ports 67 and 4011, and PXE menus, by what each firmware sends and takes.

#include "dhcp_fixture.h"
#include "dhcp_pxe.h"
#include "seen.h"

enum port { SERVER = 0, PROXY = 1 };

#define OWN "10.78.0.1"

static void add_menu(struct world *w) {
	struct fixture *f = &w->f;
	const struct policy_menu_item items[] = {
		{.text = fixture_text(f, "Install"), .file = fixture_text(f, "install.0")},
		{.text = fixture_text(f, "Disk")},
		{.text = fixture_text(f, "Rescue"),
			.file = fixture_text(f, "rescue.0"),
			.next_server = fixture_ip("10.78.0.9"),
			.file_blocks = 77},
	};
	const struct policy_condition condition =
		fixture_glob(f, POLICY_MATCH_MAC, 0, "52:54:00:00:02:*");

	policy_build_menu(f->builder,
		&(struct policy_rule){
			.line = 1, .menu_prompt = fixture_text(f, "Press F8"), .menu_timeout_s = 5},
		&condition, 1, items, COUNT_OF(items));
}

static void add_disk(struct world *w) {
	struct fixture *f = &w->f;
	const struct policy_menu_item item = {.text = fixture_text(f, "Disk")};
	const struct policy_condition condition =
		fixture_glob(f, POLICY_MATCH_MAC, 0, "52:54:00:00:05:*");

	policy_build_menu(f->builder,
		&(struct policy_rule){.line = 1, .menu_prompt = fixture_text(f, "Own disk")},
		&condition, 1, &item, 1);
}

static int set_up(void **state) {
	struct world *w = calloc(1, sizeof(*w));
	static const uint64_t seed[2] = {1, 2};

	world_begin(w);
	add_menu(w);
	add_disk(w);
	fixture_port(&w->f, "eth1", "10.77.0.1");
	policy_build_port(w->f.builder, &(struct policy_port){.device = fixture_text(&w->f, "eth2"),
						.address = fixture_ip(OWN),
						.prefix_len = 24,
						.dhcp = POLICY_DHCP_PROXY});
	fixture_subnet(&w->f, "10.77.0.0", 24, "10.77.0.50", "10.77.0.99");
	fixture_subnet(&w->f, "10.9.0.0", 24, NULL, NULL); // relay 10.9.0.1
	policy_build_host(w->f.builder, &(struct policy_host){.name = fixture_text(&w->f, "own"),
						.options = world_bytes(w, "\x43\x05own.0", 7),
						.mac = {0x52, 0x54, 0, 0, 2, 0x99}});
	fixture_rule(&w->f, "menu.ipxe", 2,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_IPXE, 0, 1)}, 1);
	fixture_rule(&w->f, "http://10.78.0.1/x.efi", 3,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ARCH, 0, 16)}, 1);
	fixture_rule(&w->f, "ipxe.efi", 4,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ARCH, 0, 7)}, 1);
	fixture_rule(&w->f, "undionly.kpxe", 5,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ARCH, 0, 0)}, 1);
	world_start(w);
	w->server.seen = seen_init(aligned_alloc(64, seen_size()), seed);
	w->lint = DHCP_LINT_ALLOW_CLASS | DHCP_LINT_PXE | DHCP_LINT_PROXY;
	*state = w;
	return 0;
}

static int tear_down(void **state) {
	struct world *w = *state;

	free(w->server.seen);
	world_end(w);
	free(w);
	return 0;
}

// A machine's message as its firmware writes it, to a port of the policy.
static struct message firmware(uint8_t type, uint16_t client, uint16_t arch, const char *class) {
	struct message m = message_begin(type, client);
	uint8_t number[2] = {(uint8_t)(arch >> 8), (uint8_t)arch};

	m.port = PROXY;
	message_text(&m, DHCP_OPT_VENDOR_CLASS, class);
	message_option(&m, DHCP_OPT_ARCH, number, 2);
	message_option(&m, DHCP_OPT_UNDI, "\1\3\20", 3);
	return m;
}

#define CLASS_PXE "PXEClient:Arch:00007:UNDI:003016"

// To port 4011, from a machine that has an address.
static struct message question(uint16_t client, uint16_t arch, uint16_t from_port) {
	struct message m = firmware(DHCP_REQUEST, client, arch, CLASS_PXE);

	message_ciaddr(&m, fixture_ip("10.78.0.50"));
	m.dst = fixture_ip(OWN);
	m.src_port = from_port;
	m.dst_port = DHCP_PXE_PORT;
	return m;
}

static void choose_item(struct message *m, uint16_t item) {
	const uint8_t chosen[] = {71, 4, (uint8_t)(item >> 8), (uint8_t)item, 0, 0, 255};

	message_option(m, DHCP_OPT_VENDOR, chosen, sizeof(chosen));
}

static const char *boot_file(const struct world *w) {
	return (const char *)w->output.payload + DHCP_FILE_OFFSET;
}

static uint32_t siaddr(const struct world *w) {
	return reply_u32(w, 20);
}

static void assert_told(const struct world *w, uint8_t type, const char *file, const char *server) {
	assert_int_equal(w->output.message_type, type);
	assert_string_equal(boot_file(w), file);
	assert_int_equal(siaddr(w), fixture_ip(server));
	assert_int_equal(reply_yiaddr(w), 0);
}

// Many forks of EDK2 fail on an offer that names the file or carries option 43: they get both
// later.
static void edk2_asks_port_4011(void **state) {
	struct world *w = *state;
	struct message m = firmware(DHCP_DISCOVER, 1, 7, CLASS_PXE);

	message_broadcast(&m);
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_told(w, DHCP_OFFER, "", OWN);
	assert_true(reply_is(w, DHCP_OPT_VENDOR_CLASS, "PXEClient", 9));
	assert_false(reply_has(w, DHCP_OPT_VENDOR) || reply_has(w, DHCP_OPT_BOOT_FILE));
	assert_int_equal(w->output.to.dst, UINT32_MAX);
	assert_int_equal(w->output.to.dst_port, DHCP_CLIENT_PORT);

	m = question(1, 7, DHCP_PXE_PORT); // EDK2 asks from port 4011, too
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_told(w, DHCP_ACK, "ipxe.efi", OWN);
	assert_true(reply_is(w, DHCP_OPT_VENDOR_CLASS, "PXEClient", 9));
	assert_false(reply_has(w, DHCP_OPT_VENDOR));
	assert_int_equal(w->output.to.src_port, DHCP_PXE_PORT);
	assert_int_equal(w->output.to.dst_port, DHCP_PXE_PORT);
	assert_int_equal(w->output.to.dst, fixture_ip("10.78.0.50"));
	assert_int_equal(world_count(w, STAT_DHCP_PROXY_OFFER), 1);
	assert_int_equal(world_count(w, STAT_DHCP_PROXY_ACK), 1);
}

static void bios_rom_takes_the_file_of_the_offer(void **state) {
	struct world *w = *state;
	struct message m = firmware(DHCP_DISCOVER, 1, 0, "PXEClient:Arch:00000:UNDI:002001");

	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_told(w, DHCP_OFFER, "undionly.kpxe", OWN);
	assert_true(reply_is(w, DHCP_OPT_VENDOR, "\6\1\10\377", 4)); // no menu: boot this file
}

// iPXE uses an offer of class PXEClient with siaddr and 67 as it is, on UEFI too.
static void ipxe_takes_the_file_of_the_offer(void **state) {
	static const uint16_t arch[] = {0, 7};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(arch); i++) {
		struct message m = firmware(DHCP_DISCOVER, 1, arch[i], CLASS_PXE);

		message_text(&m, DHCP_OPT_USER_CLASS, "iPXE");
		assert_int_equal(world_send(w, &m), DHCP_REPLY);
		assert_told(w, DHCP_OFFER, "menu.ipxe", OWN);
		assert_false(reply_has(w, DHCP_OPT_VENDOR));
	}
}

static void ipxe_asks_port_4011_from_68(void **state) {
	struct world *w = *state;
	struct message m = question(1, 0, DHCP_CLIENT_PORT);

	message_text(&m, DHCP_OPT_USER_CLASS, "iPXE");
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_told(w, DHCP_ACK, "menu.ipxe", OWN);
	assert_int_equal(w->output.to.dst_port, DHCP_CLIENT_PORT);
	assert_int_equal(w->output.to.src_port, DHCP_PXE_PORT);
}

static void edk2_http_boot_gets_its_class_back(void **state) {
	struct world *w = *state;
	struct message m = firmware(DHCP_DISCOVER, 1, 16, "HTTPClient:Arch:00016:UNDI:003001");
	size_t len;

	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_told(w, DHCP_OFFER, "http://10.78.0.1/x.efi", OWN);
	assert_true(reply_is(w, DHCP_OPT_VENDOR_CLASS, "HTTPClient", 10));
	assert_non_null(reply_option(w, DHCP_OPT_BOOT_FILE, &len));

	w->lint &= ~(uint32_t)DHCP_LINT_PROXY;
	m.port = SERVER;
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_true(reply_is(w, DHCP_OPT_VENDOR_CLASS, "HTTPClient", 10));
	assert_in_range(reply_yiaddr(w), fixture_ip("10.77.0.50"), fixture_ip("10.77.0.99"));
}

// It says that it is a BIOS, asks for bootcode.bin by itself, and only looks for these words.
static void raspberry_pi_finds_its_words(void **state) {
	struct world *w = *state;
	struct message m = firmware(DHCP_DISCOVER, 1, 0, "PXEClient:Arch:00000:UNDI:002001");
	const uint8_t *vendor;
	size_t len;

	memcpy(m.bytes + 28, "\xdc\xa6\x32\x01\x02\x03", 6);
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_int_equal(siaddr(w), fixture_ip(OWN));
	vendor = reply_option(w, DHCP_OPT_VENDOR, &len);
	assert_non_null(memmem(vendor, len, "\x09\x14\0\0\x11Raspberry Pi Boot", 22));
	assert_non_null(memmem(vendor, len, "\x0a\x04\0PXE", 6));

	w->lint &= ~(uint32_t)DHCP_LINT_PROXY;
	m.port = SERVER;
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	vendor = reply_option(w, DHCP_OPT_VENDOR, &len);
	assert_non_null(memmem(vendor, len, "Raspberry Pi Boot", 17));
}

static const uint8_t menu_bytes[] = "\x06\x01\x07"                                    // listed only
				    "\x08\x0e\x80\x00\x01\x0a\x4e\x00\x01"            // servers
				    "\x80\x02\x01\x0a\x4e\x00\x01"                    //
				    "\x09\x1a\x80\x00\x07Install\x00\x00\x04"         // menu
				    "Disk\x80\x02\x06Rescue\x0a\x09\x05Press F8\xff"; // prompt

static void menu_is_the_same_to_every_firmware(void **state) {
	static const uint16_t arch[] = {0, 7};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(arch); i++) {
		struct message m = firmware(DHCP_DISCOVER, 0x201, arch[i], CLASS_PXE);

		assert_int_equal(world_send(w, &m), DHCP_REPLY);
		assert_told(w, DHCP_OFFER, "", OWN);
		assert_true(reply_is(w, DHCP_OPT_VENDOR, menu_bytes, sizeof(menu_bytes) - 1));
	}
}

// EDK2 gives up network boot at once; without a word of option 43 it asks for a minute.
static void disk_alone_is_a_menu_without_servers(void **state) {
	static const uint8_t bytes[] = "\x06\x01\x03\x09\x07\x00\x00\x04"
				       "Disk\x0a\x09\x00Own disk\xff";
	struct world *w = *state;
	struct message m = firmware(DHCP_DISCOVER, 0x501, 7, CLASS_PXE);

	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_told(w, DHCP_OFFER, "", OWN);
	assert_true(reply_is(w, DHCP_OPT_VENDOR, bytes, sizeof(bytes) - 1));
}

static void chosen_item_is_told_and_named(void **state) {
	struct world *w = *state;
	struct message m = question(0x201, 0, DHCP_CLIENT_PORT);

	choose_item(&m, 0x8002);
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_told(w, DHCP_ACK, "rescue.0", "10.78.0.9");
	assert_true(reply_is(w, DHCP_OPT_VENDOR, "\107\4\200\2\0\0\377", 7));

	m = question(0x201, 0, DHCP_CLIENT_PORT); // names none: the default
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_told(w, DHCP_ACK, "install.0", OWN);
}

// Discovery of boot servers goes to everybody's port 67 where a ROM takes the menu's word for
// nothing.
static void item_is_asked_for_on_port_67_too(void **state) {
	static const enum port ports[] = {SERVER, PROXY};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(ports); i++) {
		struct message m = firmware(DHCP_REQUEST, 0x201, 0, CLASS_PXE);

		message_ciaddr(&m, fixture_ip(ports[i] == PROXY ? "10.78.0.50" : "10.77.0.50"));
		m.dst = UINT32_MAX;
		m.port = ports[i];
		choose_item(&m, 0x8000);
		assert_int_equal(world_send(w, &m), DHCP_REPLY);
		assert_told(w, DHCP_ACK, "install.0", ports[i] == PROXY ? OWN : "10.77.0.1");
	}
}

// With a server's own leases a menu comes in OFFER and ACK.
static void menu_comes_with_a_lease(void **state) {
	struct world *w = *state;
	struct message m = firmware(DHCP_DISCOVER, 0x201, 0, CLASS_PXE);
	const uint8_t *vendor;
	size_t len;

	w->lint &= ~(uint32_t)DHCP_LINT_PROXY;
	m.port = SERVER;
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_true(reply_is(w, DHCP_OPT_VENDOR_CLASS, "PXEClient", 9));
	vendor = reply_option(w, DHCP_OPT_VENDOR, &len);
	assert_non_null(memmem(vendor, len, "Rescue", 6));
	assert_int_equal(siaddr(w), fixture_ip("10.77.0.1"));
	assert_in_range(reply_yiaddr(w), fixture_ip("10.77.0.50"), fixture_ip("10.77.0.99"));
}

// A REQUEST that asks for an address is for a lease, whatever stands in option 43.
static void lease_is_asked_for_with_an_item_too(void **state) {
	struct world *w = *state;
	struct message m = firmware(DHCP_REQUEST, 0x201, 0, CLASS_PXE);

	w->lint &= ~(uint32_t)DHCP_LINT_PROXY;
	m.port = SERVER;
	message_ip(&m, DHCP_OPT_REQUESTED_IP, "10.77.0.60");
	message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.1");
	choose_item(&m, 0x8000);
	assert_int_equal(world_send(w, &m), DHCP_REPLY_WHEN_DURABLE);
	assert_int_equal(reply_yiaddr(w), fixture_ip("10.77.0.60"));
}

static void hosts_own_file_goes_before_a_menu(void **state) {
	static const uint16_t types[] = {DHCP_DISCOVER, DHCP_REQUEST};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct message m = types[i] == DHCP_DISCOVER
					   ? firmware(DHCP_DISCOVER, 0x299, 0, CLASS_PXE)
					   : question(0x299, 0, DHCP_CLIENT_PORT);

		assert_int_equal(world_send(w, &m), DHCP_REPLY);
		assert_string_equal(boot_file(w), "own.0");
	}
}

static void server_says_no_word_of_pxe_without_a_menu(void **state) {
	struct world *w = *state;
	struct message m = firmware(DHCP_DISCOVER, 1, 7, CLASS_PXE);

	w->lint = 0;
	m.port = SERVER;
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_string_equal(boot_file(w), "ipxe.efi");
	assert_false(reply_has(w, DHCP_OPT_VENDOR_CLASS) || reply_has(w, DHCP_OPT_VENDOR));
}

struct silence {
	const char *name;
	struct message message;
	enum rouse_stat stat;
};

static void what_gets_no_answer_is_counted(void **state) {
	struct world *w = *state;
	struct silence cases[] = {
		{"a phone", firmware(DHCP_DISCOVER, 1, 0, "phone"), STAT_DHCP_NOT_PXE},
		{"no rule", firmware(DHCP_DISCOVER, 1, 11, CLASS_PXE), STAT_DHCP_NOTHING_TO_BOOT},
		{"no rule, 4011", question(1, 11, 68), STAT_DHCP_NOTHING_TO_BOOT},
		{"a REQUEST for a lease", firmware(DHCP_REQUEST, 1, 7, CLASS_PXE),
			STAT_DHCP_OTHER_SERVER},
		{"another server's", firmware(DHCP_REQUEST, 1, 7, CLASS_PXE),
			STAT_DHCP_OTHER_SERVER},
		{"RELEASE", firmware(DHCP_RELEASE, 1, 7, CLASS_PXE), STAT_DHCP_OTHER_SERVER},
		{"DISCOVER to 4011", firmware(DHCP_DISCOVER, 1, 7, CLASS_PXE),
			STAT_DHCP_NOT_SERVED},
		{"an item that is not there", question(0x201, 0, 68), STAT_DHCP_PXE_ITEM},
		{"the disk", question(0x201, 0, 68), STAT_DHCP_PXE_ITEM},
		{"a stranger's relay", firmware(DHCP_DISCOVER, 1, 7, CLASS_PXE),
			STAT_DHCP_HOSTILE_RELAY},
	};

	message_ip(&cases[4].message, DHCP_OPT_SERVER_ID, "10.78.0.2");
	cases[6].message.dst_port = DHCP_PXE_PORT;
	choose_item(&cases[7].message, 0x8009);
	choose_item(&cases[8].message, 0);
	message_relay(&cases[9].message, "10.5.0.1");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint64_t before = world_count(w, cases[i].stat);

		assert_case(cases[i].name, world_send(w, &cases[i].message) == DHCP_SILENT);
		assert_case(cases[i].name, world_count(w, cases[i].stat) == before + 1);
	}
	assert_int_equal(w->journal_len, 0);
}

// Nothing that a proxy port hears may touch a lease.
static void proxy_leaves_leases_alone(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 9);

	w->lint = 0;
	assert_int_not_equal(world_discover(w, 9), 0);
	m = firmware(DHCP_REQUEST, 9, 7, CLASS_PXE);
	message_ip_number(&m, DHCP_OPT_REQUESTED_IP, fixture_ip("10.77.0.60"));
	assert_int_equal(world_send(w, &m), DHCP_SILENT);
	assert_int_equal(w->journal_len, 0);
}

static void relayed_machine_is_answered_through_its_relay(void **state) {
	struct world *w = *state;
	struct message m = firmware(DHCP_DISCOVER, 1, 7, CLASS_PXE);
	struct seen_machine seen;
	static const uint8_t mac[6] = {0x52, 0x54, 0, 0, 0, 1};

	message_relay(&m, "10.9.0.1");
	m.src_port = DHCP_SERVER_PORT;
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_int_equal(w->output.to.dst, fixture_ip("10.9.0.1"));
	assert_int_equal(w->output.to.dst_port, DHCP_SERVER_PORT);
	assert_false(seen_find(w->server.seen, mac, &seen)); // its frames bear the router's MAC
}

static void machine_is_remembered_by_its_mac(void **state) {
	struct world *w = *state;
	struct message m = firmware(DHCP_DISCOVER, 1, 7, CLASS_PXE);
	static const uint8_t mac[6] = {0x52, 0x54, 0, 0, 0, 1};
	struct seen_machine seen;

	assert_false(seen_find(w->server.seen, mac, &seen));
	world_send(w, &m);
	assert_true(seen_find(w->server.seen, mac, &seen) && !seen.send_ahead);
	m = firmware(DHCP_DISCOVER, 1, 7, CLASS_PXE);
	message_text(&m, DHCP_OPT_USER_CLASS, "iPXE");
	world_send(w, &m);
	assert_true(seen_find(w->server.seen, mac, &seen) && seen.send_ahead);
}

static void menu_len_is_what_is_built(void **state) {
	static const size_t text[] = {7, 4, 6};

	(void)state;
	// The disk has no server: its seven bytes are counted and not used.
	assert_int_equal(dhcp_pxe_menu_len(text, 3, 8), sizeof(menu_bytes) - 1 + 7);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(edk2_asks_port_4011, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			bios_rom_takes_the_file_of_the_offer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			ipxe_takes_the_file_of_the_offer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ipxe_asks_port_4011_from_68, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			edk2_http_boot_gets_its_class_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(raspberry_pi_finds_its_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			menu_is_the_same_to_every_firmware, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			disk_alone_is_a_menu_without_servers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(chosen_item_is_told_and_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			item_is_asked_for_on_port_67_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(menu_comes_with_a_lease, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			lease_is_asked_for_with_an_item_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			hosts_own_file_goes_before_a_menu, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			server_says_no_word_of_pxe_without_a_menu, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_gets_no_answer_is_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(proxy_leaves_leases_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			relayed_machine_is_answered_through_its_relay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			machine_is_remembered_by_its_mac, set_up, tear_down),
		cmocka_unit_test(menu_len_is_what_is_built),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
