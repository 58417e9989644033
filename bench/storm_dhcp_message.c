// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// DHCP messages of a client: written with what PXE firmware sends, read without trust.

#include "storm_dhcp_message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"

#define COOKIE         0x63825363u
#define FIXED_BYTES    236u
#define SNAME_AT       44u
#define FILE_AT        108u
#define MESSAGE_LEN    300u // RFC 1542 section 2.1: what old relays need
#define BROADCAST_FLAG 0x8000u

enum {
	OPTION_PAD = 0,
	OPTION_FILE_SIZE = 13,
	OPTION_VENDOR = 43,
	OPTION_REQUESTED = 50,
	OPTION_LEASE = 51,
	OPTION_OVERLOAD = 52,
	OPTION_TYPE = 53,
	OPTION_SERVER_ID = 54,
	OPTION_PARAMETERS = 55,
	OPTION_MAX_SIZE = 57,
	OPTION_VENDOR_CLASS = 60,
	OPTION_CLIENT_ID = 61,
	OPTION_FILE = 67,
	OPTION_USER_CLASS = 77,
	OPTION_ARCH = 93,
	OPTION_UNDI = 94,
	OPTION_UUID = 97,
	OPTION_IPXE = 175,
	OPTION_END = 255,
};

enum { IPXE_NO_PROXY = 176 };
enum { PXE_MTFTP = 0x3e, PXE_BOOT_SERVERS = 0x7c0 }; // 1 to 5 and 6 to 10 of option 43

static void put_u32(struct writer *w, uint8_t option, uint32_t value) {
	writer_u8(w, option);
	writer_u8(w, 4);
	writer_u32(w, value);
}

static void put_bytes(struct writer *w, uint8_t option, const void *data, size_t len) {
	writer_u8(w, option);
	writer_u8(w, (uint8_t)len);
	writer_bytes(w, data, len);
}

// What a ROM says of itself; the UUID carries the MAC, so it is a different one for each machine.
static void put_pxe(
	struct writer *w, const struct storm_dhcp_client *c, const struct storm_dhcp_settings *s) {
	uint8_t uuid[17] = {0, 0x52, 0x6f, 0x75, 0x73, 0x65, 0, 0x40, 0, 0x80, 0};
	char class[40];

	if (s->ipxe)
		put_bytes(w, OPTION_USER_CLASS, "iPXE", 4);
	if (s->arch == STORM_DHCP_NO_ARCH)
		return;
	snprintf(class, sizeof(class), "PXEClient:Arch:%05u:UNDI:003010", s->arch);
	memcpy(uuid + 11, c->mac, 6);
	put_bytes(w, OPTION_VENDOR_CLASS, class, strlen(class));
	put_bytes(w, OPTION_ARCH, (uint8_t[]){(uint8_t)(s->arch >> 8), (uint8_t)s->arch}, 2);
	put_bytes(w, OPTION_UNDI, "\1\3\20", 3);
	put_bytes(w, OPTION_UUID, uuid, sizeof(uuid));
}

// iPXE counts its messages from 1; before its REQUEST it counts one more (as captures show).
static uint16_t secs_of(
	const struct storm_dhcp_client *c, const struct storm_dhcp_settings *s, uint64_t now_us) {
	switch (s->secs) {
	case STORM_DHCP_SECS_ELAPSED:
		return (uint16_t)((now_us - c->started_us) / 1000000);
	case STORM_DHCP_SECS_ZERO:
		return 0;
	case STORM_DHCP_SECS_IPXE:
		return (uint16_t)((c->sent + (c->state == STORM_DHCP_REQUESTING)) << 2 |
				  (unsigned)c->offered << 1);
	}
	return 0;
}

static void put_fixed(struct writer *w, const struct storm_dhcp_client *c,
	const struct storm_dhcp_settings *s, uint32_t ciaddr, uint64_t now_us) {
	writer_bytes(w, (uint8_t[]){1, 1, 6, 0}, 4);
	writer_u32(w, c->xid);
	writer_u16(w, secs_of(c, s, now_us));
	writer_u16(w, s->broadcast ? BROADCAST_FLAG : 0);
	writer_u32(w, ciaddr);
	writer_fill(w, 0, 12);
	writer_bytes(w, c->mac, 6);
	writer_fill(w, 0, FIXED_BYTES - 34);
	writer_u32(w, COOKIE);
}

static void put_own_list(struct writer *w, const struct storm_dhcp_client *c,
	const struct storm_dhcp_settings *s, const struct storm_dhcp_fields *fields) {
	static const uint8_t WANTED[] = {1, 3, 6, 12, 15, 43, 51, 54, 58, 59, 60, 66, 67, 150, 175};

	put_bytes(w, OPTION_TYPE, &fields->type, 1);
	if (fields->requested)
		put_u32(w, OPTION_REQUESTED, fields->requested);
	if (fields->server_id)
		put_u32(w, OPTION_SERVER_ID, fields->server_id);
	if (fields->type == STORM_DHCPRELEASE || fields->type == STORM_DHCPDECLINE)
		return;
	put_bytes(w, OPTION_MAX_SIZE, "\5\300", 2);
	put_bytes(w, OPTION_PARAMETERS, WANTED, sizeof(WANTED));
	put_pxe(w, c, s);
}

// An identifier that is the capture's or the model's, with this machine's MAC at its end.
static void put_identity(
	struct writer *w, uint8_t option, const uint8_t *data, uint8_t len, const uint8_t mac[6]) {
	writer_u8(w, option);
	writer_u8(w, len);
	writer_bytes(w, data, (size_t)len - 6);
	writer_bytes(w, mac, 6);
}

// fields loses what has been written.
static void put_copy(struct writer *w, const struct storm_dhcp_client *c,
	struct storm_dhcp_fields *fields, uint8_t option, const uint8_t *data, uint8_t len) {
	switch (option) {
	case OPTION_TYPE:
		put_bytes(w, option, &fields->type, 1);
		break;
	case OPTION_REQUESTED:
		if (fields->requested)
			put_u32(w, option, fields->requested);
		fields->requested = 0;
		break;
	case OPTION_SERVER_ID:
		if (fields->server_id)
			put_u32(w, option, fields->server_id);
		fields->server_id = 0;
		break;
	case OPTION_CLIENT_ID:
	case OPTION_UUID:
		if (len == (option == OPTION_UUID ? 17 : 7)) {
			put_identity(w, option, data, len, c->mac);
			break;
		}
		// Something else: as it is.
		put_bytes(w, option, data, len);
		break;
	default:
		put_bytes(w, option, data, len);
	}
}

static void put_model(struct writer *w, const struct storm_dhcp_client *c,
	const struct storm_dhcp_options *model, const struct storm_dhcp_fields *wanted) {
	struct reader r = reader_of(model->bytes, model->len);
	struct storm_dhcp_fields fields = *wanted;

	while (reader_left(&r) >= 2) {
		uint8_t option = reader_u8(&r);
		uint8_t len = reader_u8(&r);
		const uint8_t *data = reader_take(&r, len);

		if (data)
			put_copy(w, c, &fields, option, data, len);
	}
	if (fields.server_id)
		put_u32(w, OPTION_SERVER_ID, fields.server_id);
	if (fields.requested)
		put_u32(w, OPTION_REQUESTED, fields.requested);
}

static const struct storm_dhcp_options *model_of(
	const struct storm_dhcp_client *c, const struct storm_dhcp_settings *s) {
	if (c->state == STORM_DHCP_SELECTING)
		return &s->discover;
	return c->state == STORM_DHCP_REQUESTING && s->request.bytes ? &s->request : &s->discover;
}

void storm_dhcp_write(const struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	const struct storm_dhcp_fields *fields, uint64_t now_us, struct storm_dhcp_out *out) {
	struct writer w = writer_of(out->frame + FRAME_HEADER_BYTES, STORM_DHCP_MESSAGE_SIZE);
	const struct storm_dhcp_options *model = model_of(c, s);

	put_fixed(&w, c, s, fields->ciaddr, now_us);
	if (model->bytes)
		put_model(&w, c, model, fields);
	else
		put_own_list(&w, c, s, fields);
	writer_u8(&w, OPTION_END);
	if (w.at < MESSAGE_LEN)
		writer_fill(&w, 0, MESSAGE_LEN - w.at);
	out->len = w.failed ? 0 : (uint16_t)w.at;
}

static uint32_t number(const uint8_t *data, uint8_t len) {
	struct reader r = reader_of(data, len);

	return reader_u32(&r);
}

static bool says_no_proxy(const uint8_t *data, uint8_t len) {
	struct reader r = reader_of(data, len);

	while (reader_left(&r) >= 2) {
		uint8_t option = reader_u8(&r);
		uint8_t size = reader_u8(&r);
		const uint8_t *value = reader_take(&r, size);

		if (option == IPXE_NO_PROXY && value && size == 1)
			return *value;
	}
	return false;
}

// PXE 2.1, 2.4: bit by number of the suboptions up to 15.
static uint32_t suboptions_of(const uint8_t *data, uint8_t len) {
	struct reader r = reader_of(data, len);
	uint32_t found = 0;

	while (reader_left(&r) >= 2) {
		uint8_t option = reader_u8(&r);
		uint8_t size = reader_u8(&r);

		if (option == OPTION_END || !reader_take(&r, size))
			break;
		if (option < 16)
			found |= 1u << option;
	}
	return found;
}

static void take_vendor(struct storm_dhcp_reply *reply, const uint8_t *data, uint8_t len) {
	uint32_t found = suboptions_of(data, len);

	reply->mtftp = (found & PXE_MTFTP) == PXE_MTFTP;
	reply->boot_servers = found & PXE_BOOT_SERVERS;
}

static void take_option(struct storm_dhcp_reply *reply, uint8_t option, const uint8_t *data,
	uint8_t len, uint8_t *overload) {
	switch (option) {
	case OPTION_TYPE:
		reply->type = len == 1 ? data[0] : 0;
		break;
	case OPTION_SERVER_ID:
		reply->server_id = number(data, len);
		break;
	case OPTION_LEASE:
		reply->lease_s = number(data, len);
		break;
	case OPTION_FILE_SIZE:
		reply->file_units = len == 2 ? (uint16_t)((unsigned)data[0] << 8 | data[1]) : 0;
		break;
	case OPTION_VENDOR_CLASS:
		reply->pxe = len >= 9 && !memcmp(data, "PXEClient", 9);
		break;
	case OPTION_VENDOR:
		take_vendor(reply, data, len);
		break;
	case OPTION_IPXE:
		reply->no_proxy = says_no_proxy(data, len);
		break;
	case OPTION_OVERLOAD:
		*overload = len == 1 ? data[0] : 0;
		break;
	case OPTION_FILE:
		memset(reply->file, 0, sizeof(reply->file));
		memcpy(reply->file, data,
			len < sizeof(reply->file) ? len : sizeof(reply->file) - 1);
		break;
	}
}

// One area of options; overload says afterwards which other areas hold options too.
static int take_area(
	struct storm_dhcp_reply *reply, const uint8_t *area, size_t len, uint8_t *overload) {
	struct reader r = reader_of(area, len);

	while (reader_left(&r)) {
		uint8_t option = reader_u8(&r);
		const uint8_t *data;
		uint8_t size;

		if (option == OPTION_PAD)
			continue;
		if (option == OPTION_END)
			return 0;
		size = reader_u8(&r);
		data = reader_take(&r, size);
		if (!data)
			return -EINVAL;
		take_option(reply, option, data, size, overload);
	}
	return 0;
}

int storm_dhcp_parse(const uint8_t *message, size_t len, struct storm_dhcp_reply *reply) {
	struct reader r = reader_of(message, len);
	uint32_t kind = reader_u32(&r); // op, htype, hlen, hops
	uint8_t overload = 0, ignored = 0;

	*reply = (struct storm_dhcp_reply){.xid = reader_u32(&r)};
	reader_take(&r, 8);
	reply->address = reader_u32(&r);
	reply->next = reader_u32(&r);
	reader_take(&r, FIXED_BYTES - 24);
	if (reader_u32(&r) != COOKIE || r.failed || kind >> 8 != 0x020106)
		return -EINVAL;
	memcpy(reply->mac, message + 28, 6);
	if (take_area(reply, message + r.at, len - r.at, &overload) < 0)
		return -EINVAL;
	if (overload & 1 && take_area(reply, message + FILE_AT, 128, &ignored) < 0)
		return -EINVAL;
	if (overload & 2 && take_area(reply, message + SNAME_AT, 64, &ignored) < 0)
		return -EINVAL;
	if (!reply->file[0] && !(overload & 1))
		memcpy(reply->file, message + FILE_AT, 128);
	return reply->type ? 0 : -EINVAL;
}
