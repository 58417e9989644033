// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A capture is as hostile as the network that it comes from: every length in it is doubted.

#include "storm_capture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "frame.h"
#include "storm_pcap.h"
#include "tftp_parse.h"

#define OPTIONS_AT 240u // in a DHCP message, behind the cookie
#define COOKIE     0x63825363u
#define BROADCAST  0x80u

enum { DISCOVER = 1, REQUEST = 3 };

// Of this MAC the one that came last.
static struct storm_capture_client *client_of(struct storm_capture *capture, const uint8_t mac[6]) {
	for (uint32_t i = capture->count; i-- > 0;) {
		if (!memcmp(capture->clients[i].mac, mac, 6))
			return &capture->clients[i];
	}
	return NULL;
}

static const uint8_t *option_of(
	const uint8_t *options, size_t options_len, uint8_t wanted, uint8_t *len) {
	struct reader r = reader_of(options, options_len);

	while (reader_left(&r) >= 2) {
		uint8_t option = reader_u8(&r);
		const uint8_t *value;

		if (option == 0)
			continue;
		if (option == 255)
			break;
		*len = reader_u8(&r);
		value = reader_take(&r, *len);
		if (option == wanted)
			return value;
	}
	return NULL;
}

// Without padding and end, and without what is the machine's own: storm_dhcp_message.c puts its own
// there.
static uint16_t copy_options(const uint8_t *from, size_t len, uint8_t to[STORM_DHCP_MESSAGE_SIZE]) {
	struct writer w = writer_of(to, STORM_DHCP_MESSAGE_SIZE - OPTIONS_AT - 20);
	struct reader r = reader_of(from, len);
	uint16_t copied = 0;

	while (reader_left(&r)) {
		uint8_t option = reader_u8(&r);
		uint8_t size = option == 0 || option == 255 ? 0 : reader_u8(&r);
		const uint8_t *value = reader_take(&r, size);
		bool own = (option == 61 && size == 7) || (option == 97 && size == 17);

		if (option == 255 || !value)
			break;
		if (option == 0)
			continue;
		writer_u8(&w, option);
		writer_u8(&w, size);
		writer_bytes(&w, value, size);
		if (w.failed)
			break;
		copied = (uint16_t)w.at;
		if (own)
			memset(to + copied - 6, 0, 6);
		if (option == 50 || option == 54)
			memset(to + copied - size, 0, size);
	}
	return copied;
}

static bool has_text(const struct storm_dhcp_options *o, uint8_t option, const char *text) {
	uint8_t len;
	const uint8_t *value = option_of(o->bytes, o->len, option, &len);

	return value && len >= strlen(text) && !memcmp(value, text, strlen(text));
}

// The model whose waits and answers a client has, by what it says of itself.
static const struct storm_model *like(const struct storm_dhcp_options *o) {
	const char *name = "dhcp";

	if (has_text(o, 77, "iPXE"))
		name = "ipxe-bios";
	else if (has_text(o, 60, "PXEClient:Arch:00000"))
		name = "pxelinux";
	else if (has_text(o, 60, "PXEClient"))
		name = "edk2";
	else if (has_text(o, 60, "U-Boot"))
		name = "uboot";
	return storm_model_find(name, strlen(name));
}

static void begin_client(
	struct storm_capture *capture, const uint8_t *message, size_t len, uint32_t xid) {
	struct storm_capture_client *c = &capture->clients[capture->count];

	if (capture->count == STORM_CAPTURE_CLIENTS) {
		capture->left_out++;
		return;
	}
	capture->count++;
	memset(c, 0, sizeof(*c));
	c->xid = xid;
	c->alike = 1;
	memcpy(c->mac, message + 28, 6);
	c->model.dhcp.discover = (struct storm_dhcp_options){
		c->discover, copy_options(message + OPTIONS_AT, len - OPTIONS_AT, c->discover)};
	c->model.dhcp.broadcast = message[10] & BROADCAST;
}

static void on_dhcp(struct storm_capture *capture, const uint8_t *message, size_t len) {
	struct reader r = reader_of(message, len);
	uint32_t kind = reader_u32(&r), xid = reader_u32(&r);
	struct storm_capture_client *c;
	const uint8_t *type;
	uint8_t type_len;

	reader_take(&r, OPTIONS_AT - 12);
	if (reader_u32(&r) != COOKIE || r.failed || kind >> 8 != 0x010106)
		return;
	type = option_of(message + OPTIONS_AT, len - OPTIONS_AT, 53, &type_len);
	if (!type || type_len != 1)
		return;
	c = client_of(capture, message + 28);
	if (*type == DISCOVER && c && !c->model.dhcp.request.bytes && !c->model.read_count)
		c->xid = xid; // U-Boot asks again with another
	else if (*type == DISCOVER && (!c || c->xid != xid))
		begin_client(capture, message, len, xid);
	if (*type == REQUEST && c && c->xid == xid && !c->model.dhcp.request.bytes)
		c->model.dhcp.request = (struct storm_dhcp_options){c->request,
			copy_options(message + OPTIONS_AT, len - OPTIONS_AT, c->request)};
}

// Whole pairs only: what a server would not see is left out.
static uint16_t pairs_len(const struct tftp_request *request) {
	struct reader r = reader_of(request->options, request->options_len);
	struct tftp_option_view option;
	size_t len = 0;

	while (tftp_parse_option(&r, &option) && r.at <= STORM_CAPTURE_OPTIONS)
		len = r.at;
	return (uint16_t)len;
}

static bool is_again(
	const struct storm_capture_client *c, const struct tftp_request *request, uint16_t port) {
	const struct storm_capture_read *last;

	if (!c->model.read_count)
		return false;
	last = &c->read[c->model.read_count - 1];
	return last->port == port && strlen(last->name) == request->name_len &&
	       !memcmp(last->name, request->name, request->name_len);
}

static void on_request(struct storm_capture *capture, struct storm_capture_client *c,
	const struct frame_view *view) {
	struct storm_capture_read *read = &c->read[c->model.read_count];
	struct tftp_request request;

	if (tftp_parse_opcode(view->payload, view->payload_len) != TFTP_RRQ ||
		tftp_parse_request(view->payload, view->payload_len, &request) < 0 ||
		!request.name_len || is_again(c, &request, view->src_port))
		return;
	if (c->model.read_count == STORM_CAPTURE_READS || request.name_len > 400) {
		capture->left_out++;
		return;
	}
	read->port = view->src_port;
	memcpy(read->name, request.name, request.name_len);
	read->options_len = pairs_len(&request);
	if (read->options_len)
		memcpy(read->options, request.options, read->options_len);
	c->reads[c->model.read_count++].name = read->name;
}

// What the client answers to the server's port: an ACK, or an ERROR that ends what was only a
// probe.
static void on_answer(struct storm_capture_client *c, const struct frame_view *view) {
	uint32_t last = c->model.read_count - 1;
	int opcode = tftp_parse_opcode(view->payload, view->payload_len);

	if (!c->model.read_count || c->read[last].port != view->src_port)
		return;
	if (opcode == TFTP_ACK)
		c->read[last].acked = true;
	if (opcode == TFTP_ERROR && !c->read[last].acked)
		c->reads[last].tftp.probe = true;
}

static void on_frame(struct storm_capture *capture, const uint8_t *frame, size_t len) {
	struct storm_capture_client *c;
	struct frame_view view;

	if (frame_parse(frame, len, 0, &view) != FRAME_OK)
		return;
	if (view.dst_port == 67) {
		on_dhcp(capture, view.payload, view.payload_len);
		return;
	}
	c = client_of(capture, view.src_mac);
	if (c && view.dst_port == 69)
		on_request(capture, c, &view);
	else if (c)
		on_answer(c, &view);
}

// The read of a model that asks with the same options, else the model's first, else the agent's.
static const struct storm_read *read_like(
	const struct storm_model *model, const struct storm_capture_read *read) {
	for (uint32_t i = 0; i < STORM_MODEL_COUNT; i++) {
		for (uint32_t j = 0; j < STORM_MODELS[i].read_count; j++) {
			const struct storm_read *r = &STORM_MODELS[i].reads[j];

			if (r->tftp.options_len == read->options_len &&
				!memcmp(r->tftp.options, read->options, read->options_len))
				return r;
		}
	}
	return model->read_count ? &model->reads[0] : storm_model_find("agent", 5)->reads;
}

static void complete_read(const struct storm_model *model, const struct storm_capture_read *from,
	struct storm_read *to) {
	bool probe = to->tftp.probe;

	*to = *read_like(model, from);
	to->what = STORM_READ_NAMED;
	to->name = from->name;
	to->spared = false;
	// It got nothing and went on: there was no such file.
	to->may_be_absent = !probe && !from->acked;
	to->tftp.probe = probe;
	to->tftp.options = from->options;
	to->tftp.options_len = from->options_len;
}

static void complete_client(struct storm_capture_client *c) {
	struct storm_dhcp_settings seen = c->model.dhcp;
	const struct storm_model *model = like(&seen.discover);

	c->model.dhcp = model->dhcp;
	c->model.dhcp.discover = seen.discover;
	c->model.dhcp.request = seen.request;
	c->model.dhcp.broadcast = seen.broadcast;
	for (uint32_t i = 0; i < c->model.read_count; i++)
		complete_read(model, &c->read[i], &c->reads[i]);
	c->model.reads = c->reads;
	c->model.summary = model->name;
}

static bool same_options(const struct storm_dhcp_options *a, const struct storm_dhcp_options *b) {
	return a->len == b->len && (!a->len || !memcmp(a->bytes, b->bytes, a->len));
}

static bool are_alike(const struct storm_capture_client *a, const struct storm_capture_client *b) {
	bool same = same_options(&a->model.dhcp.discover, &b->model.dhcp.discover) &&
		    same_options(&a->model.dhcp.request, &b->model.dhcp.request) &&
		    a->model.dhcp.broadcast == b->model.dhcp.broadcast &&
		    a->model.read_count == b->model.read_count;

	for (uint32_t i = 0; same && i < a->model.read_count; i++)
		same = !strcmp(a->read[i].name, b->read[i].name) &&
		       a->reads[i].tftp.probe == b->reads[i].tftp.probe &&
		       a->read[i].options_len == b->read[i].options_len &&
		       !memcmp(a->read[i].options, b->read[i].options, a->read[i].options_len);
	return same;
}

// Clients that are the same become one of a larger share; those are never 0.
static void merge(struct storm_capture *capture) {
	for (uint32_t i = 0; i < capture->count; i++) {
		struct storm_capture_client *c = &capture->clients[i];

		for (uint32_t j = 0; j < i && c->alike; j++) {
			if (capture->clients[j].alike && are_alike(&capture->clients[j], c)) {
				capture->clients[j].alike++;
				c->alike = 0;
			}
		}
	}
}

int storm_capture_parse(struct storm_capture *capture, const uint8_t *bytes, size_t len) {
	const uint8_t *frame;
	uint32_t frame_len, number = 0;
	struct storm_pcap f;

	// Each client is cleared when it begins: all of them are 2 MB.
	capture->count = 0;
	capture->frames = capture->left_out = 0;
	if (storm_pcap_open(&f, bytes, len) < 0)
		return -EBADMSG;
	for (; (frame = storm_pcap_next(&f, &frame_len)); capture->frames++)
		on_frame(capture, frame, frame_len);
	merge(capture);
	for (uint32_t i = 0; i < capture->count; i++) {
		struct storm_capture_client *c = &capture->clients[i];

		complete_client(c);
		if (c->alike)
			snprintf(c->name, sizeof(c->name), "capture-%u", ++number);
		c->model.name = c->name;
	}
	return number ? 0 : -ENOENT;
}
