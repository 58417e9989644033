// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The messages are those of EDK2 (DHCP) and of shim and GRUB (TFTP). Ones complement sums of parts at
// even offsets can be added, which is what keeps altering a frame cheap.

#include "micro_frame.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "micro_world.h"
#include "tftp.h"

#define UDP_CHECKSUM_OFFSET 40u
#define XID_OFFSET          4u
#define CHADDR_OFFSET       28u
// Behind the message type (3 bytes) and the UUID (19): even, as the checksum wants it.
#define REQUESTED_OFFSET    (DHCP_OPTIONS_OFFSET + 24u)

static const uint8_t SERVER_MAC[6] = {2, 0, 0, 0, 0, 1};

void micro_frame_make(struct micro_frame *frame, uint32_t from, uint16_t from_port, uint32_t to,
	uint16_t to_port, const void *payload, size_t len) {
	struct frame_to addresses = {
		.src_mac = {0x52, 0x54, 0, 0, 0, 9},
		.src = from,
		.dst = to,
		.src_port = from_port,
		.dst_port = to_port,
	};
	uint16_t sum;

	memset(frame, 0, sizeof(*frame));
	memcpy(addresses.dst_mac, SERVER_MAC, sizeof(SERVER_MAC));
	memcpy(micro_frame_payload(frame), payload, len);
	frame_write_headers(frame->bytes, &addresses, (uint16_t)len, checksum_add(0, payload, len));
	frame->len = (uint16_t)(FRAME_HEADER_BYTES + len);
	if (frame->len < 60)
		frame->len = 60;
	memcpy(&sum, frame->bytes + UDP_CHECKSUM_OFFSET, sizeof(sum));
	frame->sum = (uint16_t)~sum;
}

void micro_frame_seal(struct micro_frame *frame, uint32_t fields) {
	uint16_t sum = (uint16_t)~checksum_fold(frame->sum + checksum_fold(fields));

	if (sum == 0)
		sum = 0xffff;
	memcpy(frame->bytes + UDP_CHECKSUM_OFFSET, &sum, sizeof(sum));
}

static void option(struct writer *w, uint8_t code, const void *data, uint8_t len) {
	writer_u8(w, code);
	writer_u8(w, len);
	writer_bytes(w, data, len);
}

static void add_uuid(struct writer *w) {
	static const uint8_t uuid[DHCP_UUID_OPTION_BYTES] = {
		0, 0x4c, 0x4c, 0x45, 0x44, 0, 0x10, 0x57, 0x10, 0x80, 0x31, 0xb9, 0xc0, 0x4f, 0x33};

	option(w, DHCP_OPT_UUID, uuid, sizeof(uuid));
}

static void add_firmware(struct writer *w) {
	static const uint8_t parameters[] = {1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23, 28, 40,
		41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 97, 128, 129, 130, 131, 132, 133, 134,
		135};

	option(w, DHCP_OPT_MAX_SIZE, (uint8_t[]){0x05, 0xc0}, 2);
	option(w, DHCP_OPT_PARAMETERS, parameters, sizeof(parameters));
	option(w, DHCP_OPT_UNDI, (uint8_t[]){1, 3, 0x10}, 3);
	option(w, DHCP_OPT_ARCH, (uint8_t[]){0, 7}, 2);
	option(w, DHCP_OPT_VENDOR_CLASS, "PXEClient:Arch:00007:UNDI:003016", 32);
	writer_u8(w, DHCP_OPT_END);
}

static struct writer begin_message(uint8_t *bytes, size_t size, uint8_t type) {
	struct writer w = writer_of(bytes, size);

	writer_bytes(&w, (uint8_t[]){DHCP_OP_REQUEST, DHCP_HTYPE_ETHERNET, 6, 0}, 4);
	writer_fill(&w, 0, DHCP_MAGIC_OFFSET - 4);
	writer_u32(&w, DHCP_MAGIC);
	option(&w, DHCP_OPT_TYPE, &type, 1);
	add_uuid(&w);
	return w;
}

static void finish_message(struct micro_frame *frame, struct writer *w) {
	micro_frame_make(frame, 0, DHCP_CLIENT_PORT, UINT32_MAX, DHCP_SERVER_PORT, w->data, w->at);
	memset(frame->bytes, 0xff, 6);
}

void micro_frame_discover(struct micro_frame *frame) {
	uint8_t bytes[1024];
	struct writer w = begin_message(bytes, sizeof(bytes), DHCP_DISCOVER);

	add_firmware(&w);
	finish_message(frame, &w);
}

void micro_frame_request(struct micro_frame *frame) {
	uint8_t bytes[1024];
	struct writer w = begin_message(bytes, sizeof(bytes), DHCP_REQUEST);

	option(&w, DHCP_OPT_REQUESTED_IP, (uint8_t[4]){0}, 4);
	writer_u8(&w, DHCP_OPT_SERVER_ID);
	writer_u8(&w, 4);
	writer_u32(&w, MICRO_OWN);
	add_firmware(&w);
	finish_message(frame, &w);
}

void micro_frame_machine(struct micro_frame *frame, const uint8_t mac[6], uint32_t address) {
	uint8_t *payload = micro_frame_payload(frame);
	uint32_t sum;

	memcpy(frame->bytes + 6, mac, 6);
	memcpy(payload + XID_OFFSET, mac + 2, 4);
	memcpy(payload + CHADDR_OFFSET, mac, 6);
	sum = checksum_add(0, payload + XID_OFFSET, 4);
	sum = checksum_add(sum, payload + CHADDR_OFFSET, 6);
	if (address) {
		struct writer w = writer_of(payload + REQUESTED_OFFSET, 4);

		writer_u32(&w, address);
		sum = checksum_add(sum, payload + REQUESTED_OFFSET, 4);
	}
	micro_frame_seal(frame, sum);
}

static void word(struct writer *w, const char *text) {
	writer_bytes(w, text, strlen(text) + 1);
}

void micro_frame_read(struct micro_frame *frame, uint32_t client, uint16_t port, uint16_t window) {
	uint8_t bytes[256];
	struct writer w = writer_of(bytes, sizeof(bytes));
	char name[32], number[8];

	micro_file_name(0, name);
	writer_u16(&w, TFTP_RRQ);
	word(&w, name);
	word(&w, "octet");
	word(&w, "tsize");
	word(&w, "0");
	word(&w, "blksize");
	word(&w, "1468");
	word(&w, "windowsize");
	snprintf(number, sizeof(number), "%u", window);
	word(&w, number);
	micro_frame_make(frame, client, port, MICRO_OWN, TFTP_PORT, bytes, w.at);
}

void micro_frame_ack(struct micro_frame *frame, uint32_t client, uint16_t port, uint16_t tid) {
	const uint8_t bytes[4] = {0, TFTP_ACK};

	micro_frame_make(frame, client, port, MICRO_OWN, tid, bytes, sizeof(bytes));
}

void micro_frame_block(struct micro_frame *frame, uint16_t block) {
	uint8_t *field = micro_frame_payload(frame) + 2;
	uint16_t wire = (uint16_t)(block << 8 | block >> 8);

	memcpy(field, &wire, sizeof(wire));
	micro_frame_seal(frame, wire);
}
