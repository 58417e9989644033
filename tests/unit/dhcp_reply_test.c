// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What is in a reply, by client: firmware and boot loaders first, then option blocks.

#include "dhcp_fixture.h"

static const uint8_t edk2_parameters[] = {1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23, 28, 40, 41,
	42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 97, 128, 129, 130, 131, 132, 133, 134, 135};
static const uint8_t ipxe_parameters[] = {1, 3, 6, 7, 12, 15, 17, 26, 43, 60, 66, 67, 119, 128, 129,
	130, 131, 132, 133, 134, 135, 175, 203};
static const uint8_t uuid[17] = {0, 0xde, 0xad, 0xbe, 0xef};

static struct message edk2(uint8_t type) {
	struct message m = message_begin(type, 1);

	message_broadcast(&m);
	message_option(&m, DHCP_OPT_MAX_SIZE, "\x05\xc0", 2);
	message_option(&m, DHCP_OPT_PARAMETERS, edk2_parameters, sizeof(edk2_parameters));
	message_option(&m, DHCP_OPT_UUID, uuid, sizeof(uuid));
	message_option(&m, DHCP_OPT_UNDI, "\x01\x03\x00", 3);
	message_option(&m, DHCP_OPT_ARCH, "\x00\x07", 2);
	message_text(&m, DHCP_OPT_VENDOR_CLASS, "PXEClient:Arch:00007:UNDI:003000");
	return m;
}

static struct message ipxe(uint8_t type, const void *user_class, size_t len) {
	struct message m = message_begin(type, 1);

	message_option(&m, DHCP_OPT_MAX_SIZE, "\x05\xc0", 2);
	message_option(&m, DHCP_OPT_ARCH, "\x00\x00", 2);
	message_option(&m, DHCP_OPT_UNDI, "\x01\x02\x01", 3);
	message_text(&m, DHCP_OPT_VENDOR_CLASS, "PXEClient:Arch:00000:UNDI:002001");
	message_option(&m, DHCP_OPT_USER_CLASS, user_class, len);
	message_option(&m, DHCP_OPT_PARAMETERS, ipxe_parameters, sizeof(ipxe_parameters));
	message_option(&m, DHCP_OPT_CLIENT_ID, "\x01\x52\x54\x00\x00\x00\x01", 7);
	message_option(&m, DHCP_OPT_UUID, uuid, sizeof(uuid));
	return m;
}

static void assert_boots(const struct world *w, const char *file) {
	size_t len;
	const uint8_t *option = reply_option(w, DHCP_OPT_BOOT_FILE, &len);

	assert_non_null(option);
	assert_int_equal(len, strlen(file) + 1);
	assert_memory_equal(option, file, len);
	assert_string_equal((const char *)w->output.payload + DHCP_FILE_OFFSET, file);
	assert_int_equal(reply_u32(w, 20), fixture_ip("10.77.0.1"));
}

static void edk2_offer_without_option_60(void **state) {
	struct world *w = *state;
	struct message m = edk2(DHCP_DISCOVER);

	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_boots(w, "ipxe.efi");
	assert_false(reply_has(w, DHCP_OPT_VENDOR_CLASS));
	assert_false(reply_has(w, DHCP_OPT_VENDOR));
}

static void edk2_file_size_saves_its_probe(void **state) {
	struct world *w = *state;
	struct message m = edk2(DHCP_DISCOVER);

	world_send(w, &m);
	assert_true(reply_is(w, DHCP_OPT_BOOT_SIZE, "\x07\xd0", 2));
}

static void edk2_uuid_is_echoed(void **state) {
	struct world *w = *state;
	struct message m = edk2(DHCP_DISCOVER);

	world_send(w, &m);
	assert_true(reply_is(w, DHCP_OPT_UUID, uuid, sizeof(uuid)));
}

// Its REQUEST says 65280 in option 57 and repeats everything else.
static void edk2_ack_is_like_its_offer(void **state) {
	struct world *w = *state;
	struct message m = edk2(DHCP_DISCOVER);
	uint32_t address;

	world_send(w, &m);
	address = reply_yiaddr(w);
	m = edk2(DHCP_REQUEST);
	message_ip_number(&m, DHCP_OPT_REQUESTED_IP, address);
	message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.1");
	assert_int_equal(world_send(w, &m), DHCP_REPLY_WHEN_DURABLE);
	assert_boots(w, "ipxe.efi");
	assert_int_equal(w->output.to.dst, UINT32_MAX);
}

static void edk2_without_option_97(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 1);

	message_option(&m, DHCP_OPT_ARCH, "\x00\x07", 2);
	message_text(&m, DHCP_OPT_VENDOR_CLASS, "PXEClient:Arch:00007:UNDI:003000");
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_boots(w, "ipxe.efi");
	assert_false(reply_has(w, DHCP_OPT_UUID));
}

static void ipxe_user_class_raw(void **state) {
	struct world *w = *state;
	struct message m = ipxe(DHCP_DISCOVER, "iPXE", 4);

	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_boots(w, "menu.ipxe");
	assert_true(reply_is(w, DHCP_OPT_IPXE, "\xb0\x01\x01", 3));
	assert_true(reply_is(w, DHCP_OPT_CLIENT_ID, "\x01\x52\x54\x00\x00\x00\x01", 7));
	assert_int_equal(lease_find_address(w->server.leases, reply_yiaddr(w))->flags,
		LEASE_SAYS_IPXE | LEASE_SEND_AHEAD);
}

static void ipxe_user_class_counted(void **state) {
	struct world *w = *state;
	struct message m = ipxe(DHCP_DISCOVER, "\x04iPXE", 5);

	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_boots(w, "menu.ipxe");
}

static void rom_that_does_not_say_ipxe(void **state) {
	struct world *w = *state;
	struct message m = ipxe(DHCP_DISCOVER, "rom", 3);

	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_boots(w, "undionly.kpxe");
	assert_false(reply_has(w, DHCP_OPT_IPXE));
}

static void flags_follow_the_last_message(void **state) {
	struct world *w = *state;
	struct message m = ipxe(DHCP_DISCOVER, "iPXE", 4);

	world_send(w, &m);
	m = edk2(DHCP_DISCOVER);
	world_send(w, &m);
	assert_int_equal(lease_find_address(w->server.leases, reply_yiaddr(w))->flags, 0);
	assert_int_equal(lease_find_address(w->server.leases, reply_yiaddr(w))->arch, 7);
}

static void firmware_without_a_rule_gets_no_file(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 1);

	message_option(&m, DHCP_OPT_ARCH, "\x00\x0b", 2);
	message_text(&m, DHCP_OPT_VENDOR_CLASS, "PXEClient:Arch:00011:UNDI:003000");
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_false(reply_has(w, DHCP_OPT_BOOT_FILE));
	assert_int_equal(reply_u32(w, 20), 0);
}

// dhclient, udhcpc, systemd-networkd: a lease, and nothing of booting.
static void linux_client_gets_no_boot_file(void **state) {
	struct world w;
	struct message m = message_begin(DHCP_DISCOVER, 1);

	(void)state;
	world_sample(&w);
	fixture_rule(&w.f, "for-all", 4, NULL, 0);
	world_start(&w);
	message_option(&m, DHCP_OPT_PARAMETERS,
		"\x01\x1c\x02\x03\x0f\x06\x77\x0c\x2c\x2f\x1a\x79\x2a", 13);
	assert_int_equal(world_send(&w, &m), DHCP_REPLY);
	assert_false(reply_has(&w, DHCP_OPT_BOOT_FILE));
	assert_int_equal(reply_u32(&w, 20), 0);
	m = message_begin(DHCP_DISCOVER, 1);
	message_option(&m, DHCP_OPT_PARAMETERS, "\x01\x43", 2);
	assert_int_equal(world_send(&w, &m), DHCP_REPLY);
	assert_boots(&w, "for-all");
	world_end(&w);
}

// net/bootp.c of U-Boot: options 93 and 94, a class of its own, and 66 and 67 are not asked for.
// Where no architecture is configured it sends 94 alone.
static void uboot_says_its_architecture_only(void **state) {
	struct world w;
	struct message m = message_begin(DHCP_DISCOVER, 1);

	(void)state;
	world_sample(&w);
	fixture_rule(&w.f, "uboot.img", 4,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ARCH, 0, 22)}, 1);
	fixture_rule(&w.f, "for-all", 5, NULL, 0);
	world_start(&w);
	message_option(&m, DHCP_OPT_MAX_SIZE, "\x02\x40", 2);
	message_option(&m, DHCP_OPT_ARCH, "\0\x16", 2);
	message_option(&m, DHCP_OPT_UNDI, "\1\0\0", 3);
	message_text(&m, DHCP_OPT_VENDOR_CLASS, "U-Boot.armv8");
	message_option(&m, DHCP_OPT_PARAMETERS, "\x01\x03\x06\x0c\x11", 5);
	assert_int_equal(world_send(&w, &m), DHCP_REPLY);
	assert_boots(&w, "uboot.img");
	m = message_begin(DHCP_DISCOVER, 2);
	message_option(&m, DHCP_OPT_UNDI, "\1\0\0", 3);
	message_option(&m, DHCP_OPT_PARAMETERS, "\x01\x03\x06\x0c\x11", 5);
	assert_int_equal(world_send(&w, &m), DHCP_REPLY);
	assert_boots(&w, "for-all");
	world_end(&w);
}

static void parameter_list_sets_the_order(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 1);

	message_option(&m, DHCP_OPT_PARAMETERS, "\x2a\x06\x03\x1c\x06", 5);
	world_send(w, &m);
	// 53, 54, 51, 58, 59, 1, then 42, 6, 3, 28
	assert_memory_equal(w->output.payload + 240 + 3 + 6 * 5,
		"\x2a\x04\x0a\x4d\x00\x01"
		"\x06\x08\x0a\x4d\x00\x01\x0a\x4d\x00\x02"
		"\x03\x04\x0a\x4d\x00\x01"
		"\x1c\x04\x0a\x4d\x00\xff"
		"\xff",
		27);
}

static void no_parameter_list_gets_everything(void **state) {
	static const uint8_t codes[] = {1, 3, 6, 15, 28, 42, 51, 53, 54, 58, 59, 150};
	struct world *w = *state;

	world_discover(w, 1);
	for (size_t i = 0; i < sizeof(codes); i++)
		assert_true(reply_has(w, codes[i]));
	assert_false(reply_has(w, DHCP_OPT_BOOT_FILE));
}

static void tftp_server_name_when_asked(void **state) {
	struct world *w = *state;
	struct message m = edk2(DHCP_DISCOVER);

	world_send(w, &m);
	assert_true(reply_is(w, DHCP_OPT_TFTP_SERVER, "10.77.0.1", 9));
}

// Host before rule before subnet; a rule's and a host's options are sent unasked.
static void option_blocks_override_each_other(void **state) {
	struct world w;
	struct message m = message_begin(DHCP_DISCOVER, 0x105);

	(void)state;
	world_sample(&w);
	policy_build_rule(w.f.builder,
		&(struct policy_rule){.file = fixture_text(&w.f, "arm.efi"),
			.options =
				world_bytes(&w, "\x06\x04RRRR\x0f\x04rule\x2b\x03\x06\x01\x08", 17),
			.next_server = fixture_ip("10.77.0.9")},
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ARCH, 0, 11)}, 1);
	policy_build_host(
		w.f.builder, &(struct policy_host){.name = fixture_text(&w.f, "n005"),
				     .options = world_bytes(&w, "\x0f\x04host\xc8\x01!", 9),
				     .mac = {0x52, 0x54, 0, 0, 1, 5}});
	world_start(&w);
	message_option(&m, DHCP_OPT_ARCH, "\x00\x0b", 2);
	message_text(&m, DHCP_OPT_VENDOR_CLASS, "PXEClient");
	message_option(&m, DHCP_OPT_PARAMETERS, "\x01\x03\x06\x0f", 4);
	assert_int_equal(world_send(&w, &m), DHCP_REPLY);
	assert_true(reply_is(&w, DHCP_OPT_ROUTERS, "\x0a\x4d\x00\x01", 4));
	assert_true(reply_is(&w, DHCP_OPT_DNS, "RRRR", 4));
	assert_true(reply_is(&w, DHCP_OPT_DOMAIN, "host", 4));
	assert_true(reply_is(&w, DHCP_OPT_VENDOR, "\x06\x01\x08", 3));
	assert_true(reply_is(&w, 200, "!", 1));
	assert_int_equal(reply_u32(&w, 20), fixture_ip("10.77.0.9"));
	world_end(&w);
}

static void http_boot_gets_its_class_from_the_rule(void **state) {
	struct world w;
	struct message m = message_begin(DHCP_DISCOVER, 1);

	(void)state;
	world_sample(&w);
	policy_build_rule(w.f.builder,
		&(struct policy_rule){.file = fixture_text(&w.f, "http://10.77.0.1/ipxe.efi"),
			.options = world_bytes(&w, "\x3c\x0aHTTPClient", 12)},
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ARCH, 0, 16)}, 1);
	world_start(&w);
	w.lint = DHCP_LINT_ALLOW_CLASS;
	message_option(&m, DHCP_OPT_ARCH, "\x00\x10", 2);
	message_text(&m, DHCP_OPT_VENDOR_CLASS, "HTTPClient:Arch:00016:UNDI:003001");
	message_option(&m, DHCP_OPT_PARAMETERS, edk2_parameters, sizeof(edk2_parameters));
	assert_int_equal(world_send(&w, &m), DHCP_REPLY);
	assert_true(reply_is(&w, DHCP_OPT_VENDOR_CLASS, "HTTPClient", 10));
	assert_boots(&w, "http://10.77.0.1/ipxe.efi");
	world_end(&w);
}

static void hosts_own_file_beats_the_rule(void **state) {
	struct world w;
	struct message m = ipxe(DHCP_DISCOVER, "iPXE", 4);

	(void)state;
	world_sample(&w);
	policy_build_host(w.f.builder, &(struct policy_host){.name = fixture_text(&w.f, "n006"),
					       .options = world_bytes(&w, "\x43\x09special.0", 11),
					       .mac = {0x52, 0x54, 0, 0, 0, 1}});
	world_start(&w);
	assert_int_equal(world_send(&w, &m), DHCP_REPLY);
	assert_boots(&w, "special.0");
	assert_false(reply_has(&w, DHCP_OPT_BOOT_SIZE));
	world_end(&w);
}

static void options_beyond_the_clients_size_are_left_out(void **state) {
	struct world w;
	uint8_t options[900];
	struct message m = message_begin(DHCP_DISCOVER, 1);
	struct policy_subnet *subnet;

	(void)state;
	world_sample(&w);
	world_start(&w);
	for (int i = 0; i < 5; i++) {
		options[i * 102] = (uint8_t)(201 + i);
		options[i * 102 + 1] = 100;
		memset(options + i * 102 + 2, 'o', 100);
	}
	subnet = (struct policy_subnet *)w.f.policy.subnets;
	w.f.policy.bytes = options;
	subnet->options = (struct policy_ref){.offset = 0, .len = 510};
	message_option(&m, DHCP_OPT_AGENT, "\x01\x04port", 6);
	assert_int_equal(world_send(&w, &m), DHCP_REPLY);
	assert_true(w.output.len <= 548);
	assert_true(reply_has(&w, 201));
	assert_true(reply_has(&w, 202));
	assert_false(reply_has(&w, 203));
	assert_int_equal(world_count(&w, STAT_DHCP_OPTION_LEFT_OUT), 3);
	m = message_begin(DHCP_DISCOVER, 1);
	message_option(&m, DHCP_OPT_MAX_SIZE, "\x05\xc0", 2);
	assert_int_equal(world_send(&w, &m), DHCP_REPLY);
	assert_true(reply_has(&w, 205));
	world_end(&w);
}

// A relay that adds more than the client takes: nothing that must be there is cut.
static void agent_option_of_any_length_is_echoed(void **state) {
	uint8_t agent[255];

	memset(agent, 1, sizeof(agent));
	for (size_t len = 2; len <= sizeof(agent); len++) {
		struct world *w = *state;
		struct message m = message_begin(DHCP_DISCOVER, 1);

		message_relay(&m, "10.88.0.1");
		message_option(&m, DHCP_OPT_AGENT, agent, len);
		assert_int_equal(world_send(w, &m), DHCP_REPLY);
		assert_true(reply_is(w, DHCP_OPT_AGENT, agent, len));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(edk2_offer_without_option_60),
		TEST(edk2_file_size_saves_its_probe),
		TEST(edk2_uuid_is_echoed),
		TEST(edk2_ack_is_like_its_offer),
		TEST(edk2_without_option_97),
		TEST(ipxe_user_class_raw),
		TEST(ipxe_user_class_counted),
		TEST(rom_that_does_not_say_ipxe),
		TEST(flags_follow_the_last_message),
		TEST(firmware_without_a_rule_gets_no_file),
		cmocka_unit_test(linux_client_gets_no_boot_file),
		cmocka_unit_test(uboot_says_its_architecture_only),
		TEST(parameter_list_sets_the_order),
		TEST(no_parameter_list_gets_everything),
		TEST(tftp_server_name_when_asked),
		cmocka_unit_test(option_blocks_override_each_other),
		cmocka_unit_test(http_boot_gets_its_class_from_the_rule),
		cmocka_unit_test(hosts_own_file_beats_the_rule),
		cmocka_unit_test(options_beyond_the_clients_size_are_left_out),
		TEST(agent_option_of_any_length_is_echoed),
	};

	return cmocka_run_group_tests_name("dhcp_reply", tests, NULL, NULL);
}
