// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "frame.h"

#include "checksum.h"
#include "unit.h"

#define OWN 0x0a4d0001u

static const struct frame_to TO = {
	.src_mac = {0x52, 0x54, 0, 0, 1, 1},
	.dst_mac = {0x52, 0x54, 0, 0, 0, 1},
	.src = 0x0a4d0032,
	.dst = OWN,
	.src_port = 2070,
	.dst_port = 69,
	.ip_id = 77,
};

static size_t make(uint8_t *frame, const struct frame_to *to, const void *payload, uint16_t len) {
	if (len)
		memcpy(frame + FRAME_HEADER_BYTES, payload, len);
	frame_write_headers(frame, to, len, checksum_add(0, payload, len));
	return FRAME_HEADER_BYTES + len;
}

static void fix_ip_checksum(uint8_t *frame) {
	size_t len = (size_t)(frame[14] & 15) * 4;
	uint16_t sum;

	memset(frame + 24, 0, 2);
	sum = (uint16_t)~checksum_fold(checksum_add(0, frame + 14, len));
	memcpy(frame + 24, &sum, 2);
}

static enum frame_error parse_exact(const uint8_t *frame, size_t len, struct frame_view *view) {
	uint8_t *copy = unit_exact(frame, len);
	enum frame_error error = frame_parse(copy, len, OWN, view);

	view->payload = NULL;
	free(copy);
	return error;
}

static void every_truncation_is_refused(void **state) {
	uint8_t frame[128];
	size_t len = make(frame, &TO, "0123456789", 10);
	struct frame_view view;

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(parse_exact(frame, cut, &view), FRAME_SHORT);
	assert_int_equal(parse_exact(frame, len, &view), FRAME_OK);
}

struct bad_frame {
	const char *name;
	size_t at;
	uint8_t value;
	bool fix_checksum;
	enum frame_error error;
};

static void bad_fields_are_told_apart(void **state) {
	static const struct bad_frame cases[] = {
		{"ethertype ipv6", 12, 0x86, false, FRAME_NOT_IPV4},
		{"ethertype vlan", 12, 0x81, false, FRAME_NOT_IPV4},
		{"ethertype arp", 13, 0x06, false, FRAME_ARP},
		{"version 6", 14, 0x65, true, FRAME_BAD_HEADER},
		{"header length 16", 14, 0x44, false, FRAME_BAD_HEADER},
		{"header length beyond total", 14, 0x4f, false, FRAME_BAD_HEADER},
		{"total length too large", 16, 0xff, true, FRAME_SHORT},
		{"total length below header", 17, 19, true, FRAME_BAD_HEADER},
		{"ip checksum", 24, 0x00, false, FRAME_BAD_IP_CHECKSUM},
		{"more fragments", 20, 0x20, true, FRAME_FRAGMENT},
		{"fragment offset", 21, 0x01, true, FRAME_FRAGMENT},
		{"icmp", 23, 1, true, FRAME_ICMP},
		{"tcp", 23, 6, true, FRAME_NOT_UDP},
		{"udp length 7", 39, 7, true, FRAME_BAD_HEADER},
		{"udp length beyond ip", 38, 1, true, FRAME_BAD_HEADER},
		{"udp checksum", 40, 0x55, true, FRAME_BAD_UDP_CHECKSUM},
		{"payload byte", 45, 0x55, true, FRAME_BAD_UDP_CHECKSUM},
		{"source mac is a group", 6, 0x53, true, FRAME_BAD_SOURCE},
		{"source multicast", 26, 0xe0, true, FRAME_BAD_SOURCE},
		{"source loopback", 26, 127, true, FRAME_BAD_SOURCE},
		{"source class e", 26, 0xff, true, FRAME_BAD_SOURCE},
		{"source is our own", 29, 0x01, true, FRAME_BAD_SOURCE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint8_t frame[128];
		size_t len = make(frame, &TO, "0123456789", 10);
		struct frame_view view;

		frame[cases[i].at] = cases[i].value;
		if (cases[i].fix_checksum)
			fix_ip_checksum(frame);
		assert_case(cases[i].name, parse_exact(frame, len, &view) == cases[i].error);
	}
}

static void what_was_written_is_read_back(void **state) {
	uint8_t frame[2048], payload[1468];
	struct frame_view view;
	uint64_t seed = 3;

	(void)state;
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)unit_random(&seed);
	for (uint16_t len = 0; len <= sizeof(payload); len++) {
		size_t total = make(frame, &TO, payload, len);

		assert_int_equal(frame_parse(frame, total, OWN, &view), FRAME_OK);
		assert_int_equal(view.payload_len, len);
		assert_ptr_equal(view.payload, frame + FRAME_HEADER_BYTES);
	}
	assert_memory_equal(view.src_mac, TO.src_mac, 6);
	assert_memory_equal(view.dst_mac, TO.dst_mac, 6);
	assert_int_equal(view.src, TO.src);
	assert_int_equal(view.dst, OWN);
	assert_int_equal(view.src_port, 2070);
	assert_int_equal(view.dst_port, 69);
	assert_int_equal(frame[20] << 8 | frame[21], 0x4000); // DF
}

static void a_tag_is_put_in_and_taken_out(void **state) {
	uint8_t buffer[128] = {0}, before[128], *frame = buffer + FRAME_TAG_BYTES;
	size_t len = make(frame, &TO, "0123456789", 10);
	struct frame_view view;
	bool tagged;

	(void)state;
	memcpy(before, frame, len);
	frame_tag(frame, 4094);
	assert_int_equal(frame_vlan(buffer, len + FRAME_TAG_BYTES, &tagged), 4094);
	assert_true(tagged);
	assert_memory_equal(buffer, before, 12);
	assert_memory_equal(buffer + 12, ((uint8_t[]){0x81, 0, 0x0f, 0xfe}), 4);
	assert_memory_equal(buffer + 16, before + 12, len - 12);
	assert_int_equal(frame_parse(buffer, len + FRAME_TAG_BYTES, OWN, &view), FRAME_NOT_IPV4);
	frame_untag(buffer);
	assert_memory_equal(frame, before, len);
}

static void vlans_are_told_apart(void **state) {
	static const struct {
		const char *name;
		uint8_t tag[4];
		size_t cut; // bytes of the frame
		bool tagged;
		uint16_t vlan;
	} cases[] = {
		{"no room for a tag", {0x81, 0, 0, 7}, 17, false, 0},
		{"a frame without one", {0x08, 0, 0x45, 0}, 60, false, 0},
		{"the tag of a provider (802.1ad)", {0x88, 0xa8, 0, 7}, 60, false, 0},
		{"just a tag", {0x81, 0, 0, 7}, 18, true, 7},
		{"with priority 7 and the drop bit", {0x81, 0, 0xf0, 7}, 60, true, 7},
		{"a priority alone", {0x81, 0, 0xa0, 0}, 60, true, 0},
		{"the largest", {0x81, 0, 0x0f, 0xfe}, 60, true, 4094},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint8_t frame[60] = {0}, *exact;
		bool tagged;

		memcpy(frame + 12, cases[i].tag, 4);
		exact = unit_exact(frame, cases[i].cut);
		assert_case(
			cases[i].name, frame_vlan(exact, cases[i].cut, &tagged) == cases[i].vlan &&
					       tagged == cases[i].tagged);
		free(exact);
	}
}

// U-Boot sends UDP without a checksum.
static void uboot_udp_checksum_zero(void **state) {
	uint8_t frame[128];
	size_t len = make(frame, &TO, "abc", 3);
	struct frame_view view;

	(void)state;
	memset(frame + 40, 0, 2);
	assert_int_equal(parse_exact(frame, len, &view), FRAME_OK);
}

// A frame that a local kernel put on a veth: the field holds only the pseudo-header sum.
static void veth_unfinished_checksum(void **state) {
	uint8_t frame[128];
	size_t len = make(frame, &TO, "abcd", 4);
	uint8_t tail[4] = {0, 17, 0, 12};
	uint16_t pseudo;
	struct frame_view view;

	(void)state;
	pseudo = checksum_fold(checksum_add(checksum_add(0, frame + 26, 8), tail, 4));
	memcpy(frame + 40, &pseudo, 2);
	assert_int_equal(parse_exact(frame, len, &view), FRAME_OK);
}

// Short frames are padded to 60 bytes on the wire; the padding is not payload.
static void ethernet_padding_is_not_payload(void **state) {
	uint8_t frame[128] = {0};
	struct frame_view view;

	(void)state;
	make(frame, &TO, "ab", 2);
	assert_int_equal(frame_parse(frame, 60, OWN, &view), FRAME_OK);
	assert_int_equal(view.payload_len, 2);
}

static void ip_options_are_skipped(void **state) {
	uint8_t frame[128], with[132];
	size_t len = make(frame, &TO, "abcdef", 6);
	struct frame_view view;

	(void)state;
	memcpy(with, frame, 34);
	memset(with + 34, 1, 4); // four no-operations
	memcpy(with + 38, frame + 34, len - 34);
	with[14] = 0x46;
	with[17] = (uint8_t)(with[17] + 4);
	fix_ip_checksum(with);
	assert_int_equal(frame_parse(with, len + 4, OWN, &view), FRAME_OK);
	assert_memory_equal(view.payload, "abcdef", 6);
}

// DHCP clients have no address yet.
static void source_zero_is_good(void **state) {
	struct frame_to to = TO;
	uint8_t frame[128];
	struct frame_view view;
	size_t len;

	(void)state;
	to.src = 0;
	to.dst = 0xffffffff;
	len = make(frame, &to, "x", 1);
	assert_int_equal(parse_exact(frame, len, &view), FRAME_OK);
}

// RFC 768: a checksum that comes out as zero is sent as all ones.
static void the_ttl_is_64_or_as_told(void **state) {
	struct frame_to to = {.src = 0x0a4d0001, .dst = 0xefff4d01, .ttl = 1};
	uint8_t frame[FRAME_HEADER_BYTES + 4] = {0};

	(void)state;
	frame_write_headers(frame, &to, 4, 0);
	assert_int_equal(frame[22], 1);
	assert_int_equal(checksum_fold(checksum_add(0, frame + 14, 20)), 0xffff);
	to.ttl = 0;
	frame_write_headers(frame, &to, 4, 0);
	assert_int_equal(frame[22], 64);
	assert_int_equal(checksum_fold(checksum_add(0, frame + 14, 20)), 0xffff);
}

static void a_computed_zero_is_sent_as_ones(void **state) {
	uint8_t frame[128];
	uint8_t payload[2] = {0, 0};
	uint16_t field;
	struct frame_view view;

	(void)state;
	make(frame, &TO, payload, 2);
	memcpy(payload, frame + 40,
		2); // with the complement of the rest as payload the sum is all ones
	make(frame, &TO, payload, 2);
	memcpy(&field, frame + 40, 2);
	assert_int_equal(field, 0xffff);
	assert_int_equal(parse_exact(frame, FRAME_HEADER_BYTES + 2, &view), FRAME_OK);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(bad_fields_are_told_apart),
		cmocka_unit_test(what_was_written_is_read_back),
		cmocka_unit_test(a_tag_is_put_in_and_taken_out),
		cmocka_unit_test(vlans_are_told_apart),
		cmocka_unit_test(uboot_udp_checksum_zero),
		cmocka_unit_test(veth_unfinished_checksum),
		cmocka_unit_test(ethernet_padding_is_not_payload),
		cmocka_unit_test(ip_options_are_skipped),
		cmocka_unit_test(source_zero_is_good),
		cmocka_unit_test(the_ttl_is_64_or_as_told),
		cmocka_unit_test(a_computed_zero_is_sent_as_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
