// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "dhcp_build.h"

#include "dhcp_fixture.h"

static const uint8_t chaddr[16] = {2, 0, 0, 0, 0, 1};

static struct dhcp_view request(uint16_t max_size) {
	return (struct dhcp_view){
		.htype = 1, .hlen = 6, .chaddr = chaddr, .xid = 7, .max_size = max_size};
}

static void limits_follow_option_57(void **state) {
	static const struct {
		uint16_t max_size;
		size_t limit;
	} cases[] = {{0, 548}, {1, 548}, {300, 548}, {576, 548}, {577, 549}, {1260, 1232},
		{1472, 1444}, {1500, 1472}, {1501, 1472}, {65280, 1472}, {65535, 1472}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct dhcp_view v = request(cases[i].max_size);

		assert_int_equal(dhcp_build_limit(&v), cases[i].limit);
	}
}

static void a_relays_option_comes_on_top(void **state) {
	struct dhcp_view v = request(0);

	(void)state;
	v.agent = (struct dhcp_bytes){.data = chaddr, .len = 16};
	assert_int_equal(dhcp_build_limit(&v), 548);
	v.giaddr = 1;
	assert_int_equal(dhcp_build_limit(&v), 548 + 18);
}

static void short_replies_are_padded(void **state) {
	struct dhcp_view v = request(0);
	uint8_t buffer[DHCP_PAYLOAD_MAX];
	struct dhcp_builder b;

	(void)state;
	memset(buffer, 0xee, sizeof(buffer));
	dhcp_build_start(&b, buffer, &v, (struct dhcp_bytes){0});
	dhcp_build_u8(&b, DHCP_OPT_TYPE, DHCP_ACK);
	assert_int_equal(dhcp_build_finish(&b), 300);
	assert_int_equal(buffer[243], DHCP_OPT_END);
	for (int i = 244; i < 300; i++)
		assert_int_equal(buffer[i], 0);
	assert_int_equal(buffer[300], 0xee);
}

static void an_option_is_written_once(void **state) {
	struct dhcp_view v = request(0);
	uint8_t buffer[DHCP_PAYLOAD_MAX];
	struct dhcp_builder b;

	(void)state;
	dhcp_build_start(&b, buffer, &v, (struct dhcp_bytes){0});
	dhcp_build_u32(&b, DHCP_OPT_SERVER_ID, 1);
	dhcp_build_u32(&b, DHCP_OPT_SERVER_ID, 2);
	dhcp_build_optional(&b, DHCP_OPT_SERVER_ID, "abcd", 4);
	dhcp_build_encoded(&b, (const uint8_t *)"\x36\x01z", 3);
	dhcp_build_finish(&b);
	assert_memory_equal(buffer + 240, "\x36\x04\x00\x00\x00\x01\xff", 7);
}

static void long_options_are_split(void **state) {
	static const struct {
		size_t len, parts;
	} cases[] = {{1, 1}, {255, 1}, {256, 2}, {510, 2}, {511, 3}, {700, 3}};
	uint8_t value[700];

	(void)state;
	memset(value, 'v', sizeof(value));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct dhcp_view v = request(1500);
		uint8_t buffer[DHCP_PAYLOAD_MAX];
		struct dhcp_builder b;
		size_t at = 240, parts = 0, total = 0;

		dhcp_build_start(&b, buffer, &v, (struct dhcp_bytes){0});
		dhcp_build_option(&b, 43, value, cases[i].len);
		assert_true(dhcp_build_finish(&b) > 0);
		for (; buffer[at] == 43; at += 2u + buffer[at + 1], parts++)
			total += buffer[at + 1];
		assert_int_equal(buffer[at], DHCP_OPT_END);
		assert_int_equal(parts, cases[i].parts);
		assert_int_equal(total, cases[i].len);
	}
}

// At every size of an optional option: what must be in the reply always is, and it ends in time.
static void what_must_be_there_keeps_its_room(void **state) {
	uint8_t value[600], agent[40];

	(void)state;
	memset(value, 'v', sizeof(value));
	memset(agent, 'a', sizeof(agent));
	for (size_t len = 0; len < 600; len++) {
		struct dhcp_view v = request(0);
		uint8_t *buffer = calloc(1, DHCP_PAYLOAD_MAX);
		struct dhcp_builder b;
		size_t end;

		v.agent = (struct dhcp_bytes){.data = agent, .len = sizeof(agent)};
		dhcp_build_start(&b, buffer, &v,
			(struct dhcp_bytes){.data = (const uint8_t *)"boot.efi", .len = 8});
		dhcp_build_u8(&b, DHCP_OPT_TYPE, DHCP_ACK);
		dhcp_build_optional(&b, 43, value, len);
		end = dhcp_build_finish(&b);
		assert_true(end >= 300 && end <= 548);
		assert_int_equal(b.left_out, len > 548 - 240 - 3 - 12 - 42 - 1 - 2);
		free(buffer);
	}
}

static void what_must_be_there_and_does_not_fit_is_an_error(void **state) {
	struct dhcp_view v = request(0);
	uint8_t buffer[DHCP_PAYLOAD_MAX], value[400] = {0};
	struct dhcp_builder b;

	(void)state;
	dhcp_build_start(&b, buffer, &v, (struct dhcp_bytes){0});
	dhcp_build_option(&b, 43, value, sizeof(value));
	assert_int_equal(dhcp_build_finish(&b), 0);
	v.agent = (struct dhcp_bytes){.data = value, .len = sizeof(value)};
	dhcp_build_start(&b, buffer, &v, (struct dhcp_bytes){0});
	assert_int_equal(dhcp_build_finish(&b), 0);
}

static void boot_file_is_terminated_and_followed_by_padding(void **state) {
	struct dhcp_view v = request(0);
	uint8_t buffer[DHCP_PAYLOAD_MAX];
	struct dhcp_builder b;

	(void)state;
	dhcp_build_start(
		&b, buffer, &v, (struct dhcp_bytes){.data = (const uint8_t *)"boot.efi", .len = 8});
	dhcp_build_finish(&b);
	assert_string_equal((char *)buffer + DHCP_FILE_OFFSET, "boot.efi");
	assert_memory_equal(buffer + 240,
		"\x43\x09"
		"boot.efi\0\0\xff",
		13);
}

static void long_boot_file_goes_into_option_67_only(void **state) {
	static const size_t lens[] = {126, 127, 128, 254, 255, 400};
	char name[400];

	(void)state;
	memset(name, 'n', sizeof(name));
	for (size_t i = 0; i < COUNT_OF(lens); i++) {
		struct dhcp_view v = request(1500);
		uint8_t buffer[DHCP_PAYLOAD_MAX];
		struct dhcp_builder b;

		dhcp_build_start(&b, buffer, &v,
			(struct dhcp_bytes){.data = (const uint8_t *)name, .len = lens[i]});
		assert_true(dhcp_build_finish(&b) > 0);
		assert_int_equal(buffer[DHCP_FILE_OFFSET], lens[i] < 128 ? 'n' : 0);
		assert_int_equal(buffer[240], DHCP_OPT_BOOT_FILE);
		assert_int_equal(buffer[241], lens[i] + 1 < 255 ? lens[i] + 1 : 255);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_must_be_there_and_does_not_fit_is_an_error),
		cmocka_unit_test(limits_follow_option_57),
		cmocka_unit_test(a_relays_option_comes_on_top),
		cmocka_unit_test(short_replies_are_padded),
		cmocka_unit_test(an_option_is_written_once),
		cmocka_unit_test(long_options_are_split),
		cmocka_unit_test(what_must_be_there_keeps_its_room),
		cmocka_unit_test(boot_file_is_terminated_and_followed_by_padding),
		cmocka_unit_test(long_boot_file_goes_into_option_67_only),
	};

	return cmocka_run_group_tests_name("dhcp_build", tests, NULL, NULL);
}
