// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A capture is read: what is none first, then hostile lengths, then whom it makes of the frames.

#include "storm_capture.h"

#include <errno.h>

#include "bytes.h"
#include "checksum.h"
#include "frame.h"
#include "unit.h"

#define SERVER 0x0a4d0001u
#define DHCP   300u

enum { DISCOVER = 1, REQUEST = 3 };

static const uint8_t EDK2_MAC[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t OTHER_MAC[6] = {2, 0, 0, 0, 0, 2};

// A file that is being written, and how.
struct pcap {
	uint8_t bytes[32768];
	struct writer w;
	bool little;
};

static void put_u32(struct pcap *p, uint32_t value) {
	writer_u32(&p->w, p->little ? __builtin_bswap32(value) : value);
}

static void begin(struct pcap *p, bool little, uint32_t magic, uint32_t link) {
	p->little = little;
	p->w = writer_of(p->bytes, sizeof(p->bytes));
	put_u32(p, magic);
	writer_fill(&p->w, 0, 16);
	put_u32(p, link);
}

static void put_frame(struct pcap *p, const uint8_t mac[6], uint16_t from, uint16_t to,
	const void *payload, size_t len) {
	struct frame_to addresses = {.src = from == 68 ? 0 : 0x0a4d0010,
		.dst = from == 68 ? UINT32_MAX : SERVER,
		.src_port = from,
		.dst_port = to};
	uint8_t frame[1514];

	memcpy(addresses.src_mac, mac, 6);
	memcpy(frame + FRAME_HEADER_BYTES, payload, len);
	frame_write_headers(frame, &addresses, (uint16_t)len, checksum_add(0, payload, len));
	put_u32(p, 0);
	put_u32(p, 0);
	put_u32(p, (uint32_t)(FRAME_HEADER_BYTES + len));
	put_u32(p, (uint32_t)(FRAME_HEADER_BYTES + len));
	writer_bytes(&p->w, frame, FRAME_HEADER_BYTES + len);
}

// With option 60, and for a REQUEST 54.
static void put_dhcp(
	struct pcap *p, const uint8_t mac[6], uint8_t type, uint32_t xid, const char *vendor) {
	uint8_t message[DHCP] = {1, 1, 6};
	struct writer w = writer_of(message + 240, sizeof(message) - 240);

	memcpy(message + 4,
		(uint8_t[]){(uint8_t)(xid >> 24), (uint8_t)(xid >> 16), (uint8_t)(xid >> 8),
			(uint8_t)xid},
		4);
	memcpy(message + 28, mac, 6);
	memcpy(message + 236, (uint8_t[]){0x63, 0x82, 0x53, 0x63}, 4);
	writer_bytes(&w, (uint8_t[]){53, 1, type, 60, (uint8_t)strlen(vendor)}, 5);
	writer_bytes(&w, vendor, strlen(vendor));
	if (type == REQUEST)
		writer_bytes(&w, (uint8_t[]){54, 4, 10, 77, 0, 1}, 6);
	writer_u8(&w, 255);
	put_frame(p, mac, 68, 67, message, sizeof(message));
}

#define PUT(p, mac, from, to, literal) put_frame(p, mac, from, to, literal, sizeof(literal) - 1)

// A machine of EDK2: it probes, and reads.
static void put_edk2(struct pcap *p, const uint8_t mac[6], uint16_t port) {
	put_dhcp(p, mac, DISCOVER, port, "PXEClient:Arch:00007:UNDI:003000");
	put_dhcp(p, mac, REQUEST, port, "PXEClient:Arch:00007:UNDI:003000");
	PUT(p, mac, port, 69,
		"\0\1boot.efi\0octet\0tsize\0000\0blksize\0001468\0windowsize\0004\0");
	PUT(p, mac, port, 40000, "\0\5\0\10User aborted the transfer\0");
	PUT(p, mac, (uint16_t)(port + 1), 69,
		"\0\1boot.efi\0octet\0blksize\0001468\0windowsize\0004\0");
	PUT(p, mac, (uint16_t)(port + 1), 40001, "\0\4\0\0");
}

static int parse(const struct pcap *p, struct storm_capture *capture) {
	uint8_t *copy = unit_exact(p->bytes, p->w.at);
	int err = storm_capture_parse(capture, copy, p->w.at);

	free(copy);
	return err;
}

static struct pcap pcap;
static struct storm_capture capture;

static void what_is_no_capture_is_refused(void **state) {
	static const struct {
		const char *name;
		uint32_t magic, link;
		size_t cut; // bytes that are left of the header
		int err;
	} CASES[] = {
		{"nothing", 0xa1b2c3d4, 1, 0, -EBADMSG},
		{"a header that is cut", 0xa1b2c3d4, 1, 23, -EBADMSG},
		{"of frames in another format", 0x0a0d0d0b, 1, 24, -EBADMSG},
		{"pcapng without frames", 0x0a0d0d0a, 1, 24, -ENOENT},
		{"not of Ethernet", 0xa1b2c3d4, 113, 24, -EBADMSG},
		{"no frames", 0xa1b2c3d4, 1, 24, -ENOENT},
		{"no frames, in nanoseconds", 0xa1b23c4d, 1, 24, -ENOENT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		begin(&pcap, i % 2, CASES[i].magic, CASES[i].link);
		pcap.w.at = CASES[i].cut;
		assert_case(CASES[i].name, parse(&pcap, &capture) == CASES[i].err);
	}
}

static void a_file_may_end_anywhere(void **state) {
	(void)state;
	begin(&pcap, true, 0xa1b2c3d4, 1);
	put_edk2(&pcap, EDK2_MAC, 1200);
	for (size_t len = pcap.w.at; len > 24; len--) {
		struct pcap cut = pcap;
		int err;

		cut.w.at = len;
		err = parse(&cut, &capture);
		assert_true(err == 0 || err == -ENOENT);
		assert_true(capture.count <= 1);
	}
}

static void bad_messages_are_nobody(void **state) {
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
	} CASES[] = {
		{"a reply", 0, 2},
		{"not of Ethernet", 1, 6},
		{"a long hardware address", 2, 16},
		{"no cookie", 236, 0},
		{"no type", 240, 250},
		{"a type of two bytes", 241, 2},
		{"a type whose length leads out", 241, 200},
		{"an offer", 242, 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		uint8_t *message = pcap.bytes + 24 + 16 + FRAME_HEADER_BYTES;

		begin(&pcap, false, 0xa1b2c3d4, 1);
		put_dhcp(&pcap, EDK2_MAC, DISCOVER, 1, "PXEClient");
		message[CASES[i].at] = CASES[i].value;
		memset(message - 2, 0, 2); // no checksum
		assert_case(CASES[i].name, parse(&pcap, &capture) == -ENOENT);
	}
}

static void a_client_becomes_a_model(void **state) {
	const struct storm_model *edk2 = storm_model_find("edk2", 4);
	const struct storm_model *model = &capture.clients[0].model;

	(void)state;
	begin(&pcap, true, 0xa1b2c3d4, 1);
	put_edk2(&pcap, EDK2_MAC, 1200);
	assert_int_equal(parse(&pcap, &capture), 0);
	assert_int_equal(capture.count, 1);
	assert_string_equal(model->name, "capture-1");
	assert_string_equal(model->summary, "edk2");
	assert_int_equal(model->dhcp.patience, edk2->dhcp.patience);
	assert_int_equal(model->dhcp.discover.len, 3 + 2 + 32);
	assert_int_equal(model->dhcp.request.len, 3 + 2 + 32 + 6);
	// Whom it asks is the server's that will answer.
	assert_memory_equal(model->dhcp.request.bytes + 37, "\66\4\0\0\0\0", 6);
	assert_int_equal(model->read_count, 2);
	assert_true(model->reads[0].tftp.probe);
	assert_false(model->reads[0].may_be_absent);
	assert_string_equal(model->reads[1].name, "boot.efi");
	assert_false(model->reads[1].tftp.probe);
	assert_false(model->reads[1].may_be_absent);
	assert_memory_equal(model->reads[1].tftp.options, "blksize\0001468\0windowsize\0004", 26);
}

static void clients_that_are_alike_are_one(void **state) {
	uint8_t mac[6] = {2, 0, 0, 0, 1, 0};

	(void)state;
	begin(&pcap, false, 0xa1b23c4d, 1);
	for (uint8_t i = 0; i < 3; i++) {
		mac[5] = i;
		put_edk2(&pcap, mac, (uint16_t)(2000 + 10 * i));
	}
	put_dhcp(&pcap, OTHER_MAC, DISCOVER, 9, "PXEClient:Arch:00000");
	assert_int_equal(parse(&pcap, &capture), 0);
	assert_int_equal(capture.count, 4);
	assert_int_equal(capture.clients[0].alike, 3);
	assert_int_equal(capture.clients[1].alike, 0);
	assert_int_equal(capture.clients[3].alike, 1);
	assert_string_equal(capture.clients[3].model.name, "capture-2");
	assert_string_equal(capture.clients[3].model.summary, "pxelinux");
	assert_int_equal(capture.clients[3].model.read_count, 0);
}

static void what_comes_again_is_once(void **state) {
	(void)state;
	begin(&pcap, true, 0xa1b2c3d4, 1);
	put_dhcp(&pcap, EDK2_MAC, DISCOVER, 7, "PXEClient");
	put_dhcp(&pcap, EDK2_MAC, DISCOVER, 7, "PXEClient");
	put_dhcp(&pcap, EDK2_MAC, REQUEST, 7, "PXEClient");
	put_dhcp(&pcap, EDK2_MAC, REQUEST, 7, "PXEClient");
	for (int i = 0; i < 3; i++)
		PUT(&pcap, EDK2_MAC, 1500, 69, "\0\1a\0octet\0");
	PUT(&pcap, EDK2_MAC, 1501, 69, "\0\1a\0octet\0");
	PUT(&pcap, OTHER_MAC, 1501, 69, "\0\1nobody\0octet\0"); // had no DISCOVER
	assert_int_equal(parse(&pcap, &capture), 0);
	assert_int_equal(capture.count, 1);
	assert_int_equal(capture.clients[0].model.read_count, 2);
	// Nobody acknowledged anything.
	assert_true(capture.clients[0].model.reads[0].may_be_absent);
	assert_int_equal(capture.clients[0].model.reads[0].tftp.options_len, 0);
}

static void what_is_too_much_is_counted(void **state) {
	uint8_t mac[6] = {2, 0, 0, 1, 0, 0};

	(void)state;
	begin(&pcap, true, 0xa1b2c3d4, 1);
	for (uint8_t i = 0; i < STORM_CAPTURE_CLIENTS + 3; i++) {
		mac[5] = i;
		put_dhcp(&pcap, mac, DISCOVER, i + 1u, "PXEClient");
	}
	for (uint16_t i = 0; i < STORM_CAPTURE_READS + 2; i++) {
		mac[5] = 0;
		PUT(&pcap, mac, (uint16_t)(3000 + i), 69, "\0\1a\0octet\0");
	}
	assert_false(pcap.w.failed);
	assert_int_equal(parse(&pcap, &capture), 0);
	assert_int_equal(capture.count, STORM_CAPTURE_CLIENTS);
	assert_int_equal(capture.clients[0].model.read_count, STORM_CAPTURE_READS);
	assert_int_equal(capture.left_out, 3 + 2);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_capture_is_refused),
		cmocka_unit_test(a_file_may_end_anywhere),
		cmocka_unit_test(bad_messages_are_nobody),
		cmocka_unit_test(a_client_becomes_a_model),
		cmocka_unit_test(clients_that_are_alike_are_one),
		cmocka_unit_test(what_comes_again_is_once),
		cmocka_unit_test(what_is_too_much_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
