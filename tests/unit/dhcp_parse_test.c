// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Bad input first: each option at each length, each message cut at each byte, the bug classes that
// other servers had. Then what clients send.

#include "dhcp_parse.h"

#include "dhcp_fixture.h"

static struct dhcp_view view;

// Parses an exact copy, so that ASan sees any over-read. Of the view only numbers outlive it.
static enum dhcp_parse_error parse(const struct message *m) {
	uint8_t *copy = unit_exact(m->bytes, m->len);
	enum dhcp_parse_error error = dhcp_parse(copy, m->len, &view);

	free(copy);
	return error;
}

static void fixed_part_is_checked(void **state) {
	static const struct {
		const char *name;
		size_t offset;
		uint8_t value;
		enum dhcp_parse_error error;
	} cases[] = {
		{"a server's reply", 0, 2, DHCP_PARSE_OP},
		{"op 0", 0, 0, DHCP_PARSE_OP},
		{"hlen 5 on Ethernet", 2, 5, DHCP_PARSE_HLEN},
		{"hlen 7 on Ethernet", 2, 7, DHCP_PARSE_HLEN},
		{"hlen 17", 2, 17, DHCP_PARSE_HLEN},
		{"hlen 255", 2, 255, DHCP_PARSE_HLEN},
		{"hlen 0 without client id", 2, 0, DHCP_PARSE_NO_KEY},
		{"group chaddr", 28, 0x53, DHCP_PARSE_CHADDR},
		{"broadcast chaddr", 28, 0xff, DHCP_PARSE_CHADDR},
		{"17 hops", 3, 17, DHCP_PARSE_HOPS},
		{"255 hops", 3, 255, DHCP_PARSE_HOPS},
		{"16 hops", 3, 16, DHCP_PARSE_OK},
		{"magic, first byte", 236, 0x64, DHCP_PARSE_MAGIC},
		{"magic, last byte", 239, 0x64, DHCP_PARSE_MAGIC},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct message m = message_begin(DHCP_DISCOVER, 1);

		message_end(&m);
		m.bytes[cases[i].offset] = cases[i].value;
		assert_case(cases[i].name, parse(&m) == cases[i].error);
	}
}

static void zero_chaddr_is_hostile(void **state) {
	struct message m = message_begin(DHCP_DISCOVER, 1);

	(void)state;
	message_end(&m);
	memset(m.bytes + 28, 0, 6);
	assert_int_equal(parse(&m), DHCP_PARSE_CHADDR);
}

static void message_types_of_clients_only(void **state) {
	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		struct message m = message_begin(0, 1);
		bool served = type == 1 || type == 3 || type == 4 || type == 7 || type == 8;

		message_u8(&m, DHCP_OPT_TYPE, (uint8_t)type);
		message_end(&m);
		assert_int_equal(parse(&m), served ? DHCP_PARSE_OK : DHCP_PARSE_TYPE);
	}
}

static void bootp_is_told_apart(void **state) {
	struct message m = message_begin(0, 1);

	(void)state;
	message_end(&m);
	assert_int_equal(parse(&m), DHCP_PARSE_BOOTP);
}

// busybox CVE-2018-20679, CVE-2019-5747: an option that is there but shorter than its type.
static void busybox_short_typed_options(void **state) {
	static const struct {
		uint8_t code;
		uint8_t good; // length
		bool strict;
	} options[] = {{50, 4, true}, {54, 4, true}, {53, 1, true}, {57, 2, false}, {61, 2, false},
		{93, 2, false}, {94, 3, false}, {97, 17, false}, {12, 1, false}, {55, 1, false},
		{60, 1, false}, {77, 1, false}, {82, 2, false}, {52, 1, false}};
	uint8_t zeros[32] = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(options); i++) {
		for (uint8_t len = 0; len < options[i].good; len++) {
			struct message m =
				message_begin(options[i].code == 53 ? 0 : DHCP_DISCOVER, 1);
			enum dhcp_parse_error error;

			message_option(&m, options[i].code, zeros, len);
			message_end(&m);
			error = parse(&m);
			if (options[i].strict) {
				assert_int_equal(error, DHCP_PARSE_LENGTH);
				continue;
			}
			assert_int_equal(error, DHCP_PARSE_OK);
			assert_true(view.odd & (DHCP_ODD_LENGTH | DHCP_ODD_OVERLOAD));
			assert_null(view.uuid);
			assert_int_equal(view.arch, UINT16_MAX);
			assert_int_equal(view.max_size, 0);
			assert_null(view.client_id.data);
			assert_null(view.agent.data);
		}
	}
}

// A message with everything in it.
static struct message full(void) {
	static const uint8_t uuid[17] = {0, 1, 2, 3};
	struct message m = message_begin(DHCP_REQUEST, 1);

	message_ip(&m, DHCP_OPT_REQUESTED_IP, "10.77.0.60");
	message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.1");
	message_option(&m, DHCP_OPT_MAX_SIZE, "\x05\xc0", 2);
	message_option(&m, DHCP_OPT_PARAMETERS, "\x01\x03\x06\x43", 4);
	message_text(&m, DHCP_OPT_HOSTNAME, "node");
	message_text(&m, DHCP_OPT_VENDOR_CLASS, "PXEClient:Arch:00007:UNDI:003000");
	message_option(&m, DHCP_OPT_CLIENT_ID, "\x01\x52\x54\x00\x00\x00\x01", 7);
	message_text(&m, DHCP_OPT_USER_CLASS, "iPXE");
	message_option(&m, DHCP_OPT_ARCH, "\x00\x07", 2);
	message_option(&m, DHCP_OPT_UNDI, "\x01\x03\x00", 3);
	message_option(&m, DHCP_OPT_UUID, uuid, sizeof(uuid));
	message_option(&m, DHCP_OPT_AGENT,
		"\x01\x03"
		"sw1"
		"\x02\x02"
		"r2"
		"\x05\x04\x0a\x58\x00\x00",
		15);
	message_end(&m);
	return m;
}

static void every_message_cut_at_every_byte(void **state) {
	struct message whole = full();

	(void)state;
	for (size_t len = 0; len < whole.len; len++) {
		struct message m = whole;
		enum dhcp_parse_error error;

		m.len = len;
		error = parse(&m);
		if (len < DHCP_OPTIONS_OFFSET)
			assert_int_equal(error, DHCP_PARSE_SHORT);
		else
			assert_true(error == DHCP_PARSE_OK || error == DHCP_PARSE_OPTIONS ||
				    error == DHCP_PARSE_BOOTP);
		if (error == DHCP_PARSE_OK)
			assert_true(view.odd & DHCP_ODD_NO_END);
	}
	assert_int_equal(parse(&whole), DHCP_PARSE_OK);
	assert_int_equal(view.odd, 0);
}

static void everything_is_read(void **state) {
	struct message m = full();

	(void)state;
	assert_int_equal(dhcp_parse(m.bytes, m.len, &view), DHCP_PARSE_OK);
	assert_int_equal(view.type, DHCP_REQUEST);
	assert_int_equal(view.requested_ip, fixture_ip("10.77.0.60"));
	assert_int_equal(view.server_id, fixture_ip("10.77.0.1"));
	assert_int_equal(view.max_size, 1472);
	assert_int_equal(view.arch, 7);
	assert_int_equal(view.hostname.len, 4);
	assert_int_equal(view.client_id.len, 7);
	assert_int_equal(view.undi.len, 3);
	assert_int_equal(view.uuid[0], 1);
	assert_memory_equal(view.circuit_id.data, "sw1", 3);
	assert_memory_equal(view.remote_id.data, "r2", 2);
	assert_int_equal(view.agent_link, fixture_ip("10.88.0.0"));
	assert_true(dhcp_asks(&view, 67));
	assert_false(dhcp_asks(&view, 66));
	assert_false(dhcp_wants(&view, 66));
}

// Boards that were never given one: it is echoed (RFC 4578, section 2.3), and names no machine.
static void a_uuid_that_is_none(void **state) {
	uint8_t option[17] = {0};

	(void)state;
	for (int filled = 0; filled <= 0xff; filled += 0xff) {
		struct message m = message_begin(DHCP_DISCOVER, 1);

		memset(option + 1, filled, 16);
		message_option(&m, DHCP_OPT_UUID, option, sizeof(option));
		message_end(&m);
		assert_int_equal(dhcp_parse(m.bytes, m.len, &view), DHCP_PARSE_OK);
		assert_null(view.uuid);
		assert_int_equal(view.uuid_option.len, 17);
	}
}

// ISC CVE-2012-3571: a client identifier of length 0 made the server loop.
static void isc_zero_length_client_id(void **state) {
	struct message m = message_begin(DHCP_DISCOVER, 1);

	(void)state;
	message_option(&m, DHCP_OPT_CLIENT_ID, "", 0);
	message_end(&m);
	assert_int_equal(parse(&m), DHCP_PARSE_OK);
	assert_null(view.client_id.data);
	m.bytes[2] = 0; // and hlen 0: then there is nothing to know it by
	assert_int_equal(parse(&m), DHCP_PARSE_NO_KEY);
}

// Kea CVE-2019-6472: identifiers of more than 128 bytes.
static void kea_long_client_id(void **state) {
	struct message m = message_begin(DHCP_DISCOVER, 1);
	uint8_t id[255];

	(void)state;
	memset(id, 7, sizeof(id));
	message_option(&m, DHCP_OPT_CLIENT_ID, id, 255);
	message_option(&m, DHCP_OPT_CLIENT_ID, id, 100);
	message_end(&m);
	assert_int_equal(parse(&m), DHCP_PARSE_OK);
	assert_int_equal(view.client_id.len, 355);
}

// Kea CVE-2019-6473, CVE-2025-11232: a host name that becomes empty when it is cleaned.
static void kea_empty_host_name(void **state) {
	struct message m = message_begin(DHCP_DISCOVER, 1);

	(void)state;
	message_option(&m, DHCP_OPT_HOSTNAME, "\0\0\0", 3);
	message_end(&m);
	assert_int_equal(parse(&m), DHCP_PARSE_OK);
	assert_null(view.hostname.data);
}

// ISC CVE-2009-0692: an option longer than the message.
static void isc_option_longer_than_the_message(void **state) {
	(void)state;
	for (unsigned code = 1; code < 255; code++) {
		struct message m = message_begin(DHCP_DISCOVER, 1);

		m.bytes[m.len++] = (uint8_t)code;
		m.bytes[m.len++] = 255;
		m.bytes[m.len++] = 0;
		assert_int_equal(parse(&m), DHCP_PARSE_OPTIONS);
	}
}

// Parts that alternate cannot be joined without copying again and again; that is bounded.
static void joining_is_bounded(void **state) {
	struct message m = message_begin(DHCP_DISCOVER, 1);

	(void)state;
	while (m.len + 6 < sizeof(m.bytes)) {
		message_text(&m, DHCP_OPT_VENDOR_CLASS, "x");
		message_text(&m, DHCP_OPT_USER_CLASS, "y");
	}
	message_end(&m);
	assert_int_equal(parse(&m), DHCP_PARSE_TOO_BIG);
}

static void rfc3396_parts_are_joined(void **state) {
	struct message m = message_begin(DHCP_DISCOVER, 1);

	(void)state;
	message_text(&m, DHCP_OPT_VENDOR_CLASS, "PXE");
	message_text(&m, DHCP_OPT_HOSTNAME, "a");
	message_text(&m, DHCP_OPT_VENDOR_CLASS, "Cli");
	message_text(&m, DHCP_OPT_HOSTNAME, "b");
	message_text(&m, DHCP_OPT_VENDOR_CLASS, "ent");
	message_end(&m);
	assert_int_equal(dhcp_parse(m.bytes, m.len, &view), DHCP_PARSE_OK);
	assert_int_equal(view.vendor_class.len, 9);
	assert_memory_equal(view.vendor_class.data, "PXEClient", 9);
	assert_memory_equal(view.hostname.data, "ab", 2);
}

static void of_a_repeated_address_the_first_counts(void **state) {
	struct message m = message_begin(DHCP_REQUEST, 1);

	(void)state;
	message_ip(&m, DHCP_OPT_REQUESTED_IP, "10.77.0.60");
	message_ip(&m, DHCP_OPT_REQUESTED_IP, "10.77.0.61");
	message_end(&m);
	assert_int_equal(parse(&m), DHCP_PARSE_OK);
	assert_int_equal(view.requested_ip, fixture_ip("10.77.0.60"));
	assert_true(view.odd & DHCP_ODD_REPEATED);
}

// RFC 2131, 4.1: options, then file, then sname.
static void rfc2131_overload(void **state) {
	struct message m = message_begin(DHCP_DISCOVER, 1);

	(void)state;
	message_u8(&m, DHCP_OPT_OVERLOAD, 3);
	message_text(&m, DHCP_OPT_HOSTNAME, "a");
	message_end(&m);
	memcpy(m.bytes + DHCP_FILE_OFFSET,
		"\x0c\x01"
		"b\xff",
		4);
	memcpy(m.bytes + DHCP_SNAME_OFFSET,
		"\x0c\x01"
		"c\x32\x04\x0a\x4d\x00\x3c\xff",
		10);
	assert_int_equal(dhcp_parse(m.bytes, m.len, &view), DHCP_PARSE_OK);
	assert_memory_equal(view.hostname.data, "abc", 3);
	assert_int_equal(view.requested_ip, fixture_ip("10.77.0.60"));
	assert_int_equal(view.odd, 0);
}

static void overload_values(void **state) {
	static const struct {
		uint8_t value;
		const char *name; // the host name that is read
		bool odd;
	} cases[] = {{0, "a", true}, {1, "ab", false}, {2, "ac", false}, {3, "abc", false},
		{4, "a", true}, {255, "a", true}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct message m = message_begin(DHCP_DISCOVER, 1);

		message_u8(&m, DHCP_OPT_OVERLOAD, cases[i].value);
		message_text(&m, DHCP_OPT_HOSTNAME, "a");
		message_end(&m);
		memcpy(m.bytes + DHCP_FILE_OFFSET,
			"\x0c\x01"
			"b\xff",
			4);
		memcpy(m.bytes + DHCP_SNAME_OFFSET,
			"\x0c\x01"
			"c\xff",
			4);
		assert_int_equal(dhcp_parse(m.bytes, m.len, &view), DHCP_PARSE_OK);
		assert_case(cases[i].name, view.hostname.len == strlen(cases[i].name));
		assert_case(cases[i].name, !(view.odd & DHCP_ODD_OVERLOAD) == !cases[i].odd);
	}
}

static void overload_in_an_overloaded_field_is_odd(void **state) {
	struct message m = message_begin(DHCP_DISCOVER, 1);

	(void)state;
	message_u8(&m, DHCP_OPT_OVERLOAD, 1);
	message_end(&m);
	memcpy(m.bytes + DHCP_FILE_OFFSET, "\x34\x01\x02\xff", 4);
	memcpy(m.bytes + DHCP_SNAME_OFFSET,
		"\x0c\x01"
		"c\xff",
		4);
	assert_int_equal(parse(&m), DHCP_PARSE_OK);
	assert_null(view.hostname.data);
	assert_true(view.odd & DHCP_ODD_OVERLOAD);
}

static void an_overloaded_field_that_is_cut_is_odd(void **state) {
	struct message m = message_begin(DHCP_DISCOVER, 1);

	(void)state;
	message_u8(&m, DHCP_OPT_OVERLOAD, 2);
	message_end(&m);
	memset(m.bytes + DHCP_SNAME_OFFSET, 0, DHCP_SNAME_BYTES);
	m.bytes[DHCP_SNAME_OFFSET + DHCP_SNAME_BYTES - 2] = 12;
	m.bytes[DHCP_SNAME_OFFSET + DHCP_SNAME_BYTES - 1] = 200;
	assert_int_equal(parse(&m), DHCP_PARSE_OK);
	assert_true(view.odd & DHCP_ODD_FIELD);
}

static void cisco_bytes_after_the_end(void **state) {
	struct message m = message_begin(DHCP_DISCOVER, 1);

	(void)state;
	message_end(&m);
	memset(m.bytes + m.len, 0xaa, 60);
	m.len += 60;
	assert_int_equal(parse(&m), DHCP_PARSE_OK);
	assert_int_equal(view.odd, 0);
}

static void old_rom_without_end_option(void **state) {
	struct message m = message_begin(DHCP_DISCOVER, 1);

	(void)state;
	assert_int_equal(parse(&m), DHCP_PARSE_OK);
	assert_int_equal(view.odd, DHCP_ODD_NO_END);
}

static void edk2_max_size_65280(void **state) {
	struct message m = message_begin(DHCP_REQUEST, 1);

	(void)state;
	message_option(&m, DHCP_OPT_MAX_SIZE, "\xff\x00", 2);
	message_end(&m);
	assert_int_equal(parse(&m), DHCP_PARSE_OK);
	assert_int_equal(view.max_size, 65280);
	assert_int_equal(view.odd, 0);
}

static void infiniband_hlen_0_with_client_id(void **state) {
	struct message m = message_begin(DHCP_DISCOVER, 1);

	(void)state;
	m.bytes[1] = 32;
	m.bytes[2] = 0;
	message_option(&m, DHCP_OPT_CLIENT_ID, "\xff\x00\x00\x00\x01", 5);
	message_end(&m);
	assert_int_equal(parse(&m), DHCP_PARSE_OK);
	assert_int_equal(view.hlen, 0);
}

static void agent_suboptions_that_are_cut_are_odd(void **state) {
	struct message m = message_begin(DHCP_DISCOVER, 1);

	(void)state;
	message_option(&m, DHCP_OPT_AGENT,
		"\x01\x05"
		"ab",
		4);
	message_end(&m);
	assert_int_equal(parse(&m), DHCP_PARSE_OK);
	assert_true(view.odd & DHCP_ODD_AGENT);
	assert_null(view.circuit_id.data);
	assert_int_equal(view.agent.len, 4);
}

static void random_bytes_never_break_it(void **state) {
	uint64_t random = 7;
	struct message m = full();

	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct message broken = m;

		for (int n = 0; n < 3; n++)
			broken.bytes[unit_random(&random) % m.len] = (uint8_t)unit_random(&random);
		broken.len = unit_random(&random) % (m.len + 1);
		parse(&broken);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_part_is_checked),
		cmocka_unit_test(zero_chaddr_is_hostile),
		cmocka_unit_test(message_types_of_clients_only),
		cmocka_unit_test(bootp_is_told_apart),
		cmocka_unit_test(busybox_short_typed_options),
		cmocka_unit_test(every_message_cut_at_every_byte),
		cmocka_unit_test(isc_zero_length_client_id),
		cmocka_unit_test(kea_long_client_id),
		cmocka_unit_test(kea_empty_host_name),
		cmocka_unit_test(isc_option_longer_than_the_message),
		cmocka_unit_test(joining_is_bounded),
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(a_uuid_that_is_none),
		cmocka_unit_test(rfc3396_parts_are_joined),
		cmocka_unit_test(of_a_repeated_address_the_first_counts),
		cmocka_unit_test(rfc2131_overload),
		cmocka_unit_test(overload_values),
		cmocka_unit_test(overload_in_an_overloaded_field_is_odd),
		cmocka_unit_test(an_overloaded_field_that_is_cut_is_odd),
		cmocka_unit_test(cisco_bytes_after_the_end),
		cmocka_unit_test(old_rom_without_end_option),
		cmocka_unit_test(edk2_max_size_65280),
		cmocka_unit_test(infiniband_hlen_0_with_client_id),
		cmocka_unit_test(agent_suboptions_that_are_cut_are_odd),
		cmocka_unit_test(random_bytes_never_break_it),
	};

	return cmocka_run_group_tests_name("dhcp_parse", tests, NULL, NULL);
}
