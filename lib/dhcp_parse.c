// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What is tolerated, and for whom:
// - no end option: old PXE ROMs whose option field ends with the packet;
// - bytes after the end option: Cisco devices;
// - a missing option 97, an option 60 of any content: many PXE ROMs against RFC 4578;
// - an option 97 of zeros or ones: boards that were never given a UUID; it counts as none;
// - option 57 of any size: EDK2 writes 65280 in its REQUEST;
// - typed options of a bad length that decide nothing: ignored, as if they had not been sent.

#include "dhcp_parse.h"

#include <string.h>

#include "bytes.h"
#include "dhcp_options.h"
#include "text.h"

// The options that are kept. Few, so that a message clears little memory.
enum slot {
	SLOT_NONE = 0,
	SLOT_HOSTNAME,
	SLOT_VENDOR,
	SLOT_REQUESTED_IP,
	SLOT_OVERLOAD,
	SLOT_TYPE,
	SLOT_SERVER_ID,
	SLOT_PARAMETERS,
	SLOT_MAX_SIZE,
	SLOT_VENDOR_CLASS,
	SLOT_CLIENT_ID,
	SLOT_USER_CLASS,
	SLOT_AGENT,
	SLOT_ARCH,
	SLOT_UNDI,
	SLOT_UUID,
	SLOT_COUNT,
};

static const uint8_t slot_of[256] = {
	[DHCP_OPT_HOSTNAME] = SLOT_HOSTNAME,
	[DHCP_OPT_VENDOR] = SLOT_VENDOR,
	[DHCP_OPT_REQUESTED_IP] = SLOT_REQUESTED_IP,
	[DHCP_OPT_OVERLOAD] = SLOT_OVERLOAD,
	[DHCP_OPT_TYPE] = SLOT_TYPE,
	[DHCP_OPT_SERVER_ID] = SLOT_SERVER_ID,
	[DHCP_OPT_PARAMETERS] = SLOT_PARAMETERS,
	[DHCP_OPT_MAX_SIZE] = SLOT_MAX_SIZE,
	[DHCP_OPT_VENDOR_CLASS] = SLOT_VENDOR_CLASS,
	[DHCP_OPT_CLIENT_ID] = SLOT_CLIENT_ID,
	[DHCP_OPT_USER_CLASS] = SLOT_USER_CLASS,
	[DHCP_OPT_AGENT] = SLOT_AGENT,
	[DHCP_OPT_ARCH] = SLOT_ARCH,
	[DHCP_OPT_UNDI] = SLOT_UNDI,
	[DHCP_OPT_UUID] = SLOT_UUID,
};

static const uint8_t code_of[SLOT_COUNT] = {
	[SLOT_HOSTNAME] = DHCP_OPT_HOSTNAME,
	[SLOT_VENDOR] = DHCP_OPT_VENDOR,
	[SLOT_REQUESTED_IP] = DHCP_OPT_REQUESTED_IP,
	[SLOT_OVERLOAD] = DHCP_OPT_OVERLOAD,
	[SLOT_TYPE] = DHCP_OPT_TYPE,
	[SLOT_SERVER_ID] = DHCP_OPT_SERVER_ID,
	[SLOT_PARAMETERS] = DHCP_OPT_PARAMETERS,
	[SLOT_MAX_SIZE] = DHCP_OPT_MAX_SIZE,
	[SLOT_VENDOR_CLASS] = DHCP_OPT_VENDOR_CLASS,
	[SLOT_CLIENT_ID] = DHCP_OPT_CLIENT_ID,
	[SLOT_USER_CLASS] = DHCP_OPT_USER_CLASS,
	[SLOT_AGENT] = DHCP_OPT_AGENT,
	[SLOT_ARCH] = DHCP_OPT_ARCH,
	[SLOT_UNDI] = DHCP_OPT_UNDI,
	[SLOT_UUID] = DHCP_OPT_UUID,
};

struct parse {
	struct dhcp_view *view;
	struct dhcp_bytes option[SLOT_COUNT];
};

// Appends a further part of an option (RFC 3396). Parts that do not follow each other are copied
// again, which join's size bounds.
static enum dhcp_parse_error join_part(
	struct dhcp_view *view, struct dhcp_bytes *option, const uint8_t *part, size_t len) {
	bool at_end = option->data >= view->join &&
		      option->data + option->len == view->join + view->join_len;
	size_t need = at_end ? len : option->len + len;

	if (need > DHCP_JOIN_BYTES - view->join_len)
		return DHCP_PARSE_TOO_BIG;
	if (!at_end) {
		memcpy(view->join + view->join_len, option->data, option->len);
		option->data = view->join + view->join_len;
		view->join_len += option->len;
	}
	memcpy(view->join + view->join_len, part, len);
	view->join_len += len;
	option->len += len;
	return DHCP_PARSE_OK;
}

static enum dhcp_parse_error keep(
	struct parse *parse, uint8_t code, const uint8_t *data, size_t len, bool in_field) {
	struct dhcp_bytes *option = &parse->option[slot_of[code]];

	if (!slot_of[code])
		return DHCP_PARSE_OK;
	if (code == DHCP_OPT_OVERLOAD && in_field) {
		parse->view->odd |= DHCP_ODD_OVERLOAD;
		return DHCP_PARSE_OK;
	}
	// A relay agent adds its option to the options field (RFC 3046, 2.1), and looks for a
	// forged one only there: one that stands elsewhere is the client's, and would be joined to
	// the agent's.
	if (code == DHCP_OPT_AGENT && in_field) {
		parse->view->odd |= DHCP_ODD_AGENT;
		return DHCP_PARSE_OK;
	}
	if (!option->data) {
		*option = (struct dhcp_bytes){.data = data, .len = len};
		return DHCP_PARSE_OK;
	}
	if (dhcp_option_find(code)->flags & DHCP_OPTION_CONCAT)
		return join_part(parse->view, option, data, len);
	parse->view->odd |= DHCP_ODD_REPEATED;
	return DHCP_PARSE_OK;
}

// Walks one field of options. Each turn advances; the field ends with option 255 or with its bytes.
static enum dhcp_parse_error walk(
	struct parse *parse, const uint8_t *data, size_t len, bool in_field) {
	struct reader r = reader_of(data, len);

	while (reader_left(&r)) {
		uint8_t code = reader_u8(&r);
		enum dhcp_parse_error error;
		const uint8_t *value;
		uint8_t value_len;

		if (code == DHCP_OPT_PAD)
			continue;
		if (code == DHCP_OPT_END)
			return DHCP_PARSE_OK;
		value_len = reader_u8(&r);
		value = reader_take(&r, value_len);
		if (!value)
			return DHCP_PARSE_OPTIONS;
		error = keep(parse, code, value, value_len, in_field);
		if (error)
			return error;
	}
	parse->view->odd |= DHCP_ODD_NO_END;
	return DHCP_PARSE_OK;
}

// An overloaded field that is cut is only odd: firmware leaves rubbish in fields that it does not
// use.
static enum dhcp_parse_error walk_field(struct parse *parse, const uint8_t *field, size_t len) {
	enum dhcp_parse_error error = walk(parse, field, len, true);

	if (error != DHCP_PARSE_OPTIONS)
		return error;
	parse->view->odd |= DHCP_ODD_FIELD;
	return DHCP_PARSE_OK;
}

static enum dhcp_parse_error walk_all(struct parse *parse, const uint8_t *message, size_t len) {
	const struct dhcp_bytes *overload = &parse->option[SLOT_OVERLOAD];
	enum dhcp_parse_error error;
	uint8_t fields;

	error = walk(parse, message + DHCP_OPTIONS_OFFSET, len - DHCP_OPTIONS_OFFSET, false);
	if (error || !overload->data)
		return error;
	fields = overload->len == 1 ? overload->data[0] : 0;
	if (fields == 0 || fields > (DHCP_OVERLOAD_FILE | DHCP_OVERLOAD_SNAME)) {
		parse->view->odd |= DHCP_ODD_OVERLOAD;
		return DHCP_PARSE_OK;
	}
	if (fields & DHCP_OVERLOAD_FILE)
		error = walk_field(parse, message + DHCP_FILE_OFFSET, DHCP_FILE_BYTES);
	if (!error && fields & DHCP_OVERLOAD_SNAME)
		error = walk_field(parse, message + DHCP_SNAME_OFFSET, DHCP_SNAME_BYTES);
	return error;
}

// Checks an option against the table; *option is cleared when it was ignored.
static enum dhcp_parse_error check(struct parse *parse, enum slot slot) {
	struct dhcp_bytes *option = &parse->option[slot];
	const struct dhcp_option_info *info;

	if (!option->data)
		return DHCP_PARSE_OK;
	info = dhcp_option_find(code_of[slot]);
	if (dhcp_option_len_ok(info, option->len))
		return DHCP_PARSE_OK;
	if (info->flags & DHCP_OPTION_STRICT)
		return DHCP_PARSE_LENGTH;
	parse->view->odd |= DHCP_ODD_LENGTH;
	*option = (struct dhcp_bytes){0};
	return DHCP_PARSE_OK;
}

static uint16_t u16_of(const struct dhcp_bytes *option) {
	struct reader r = reader_of(option->data, option->len);

	return reader_u16(&r);
}

static uint32_t u32_at(const uint8_t *data) {
	struct reader r = reader_of(data, 4);

	return reader_u32(&r);
}

// RFC 3046: the suboptions that we read. The option is copied back as it came in any case.
static void read_agent(struct dhcp_view *view) {
	struct reader r = reader_of(view->agent.data, view->agent.len);

	while (reader_left(&r)) {
		uint8_t code = reader_u8(&r);
		uint8_t len = reader_u8(&r);
		const uint8_t *value = reader_take(&r, len);

		if (!value)
			break;
		if (code == DHCP_AGENT_CIRCUIT_ID)
			view->circuit_id = (struct dhcp_bytes){.data = value, .len = len};
		else if (code == DHCP_AGENT_REMOTE_ID)
			view->remote_id = (struct dhcp_bytes){.data = value, .len = len};
		else if (code == DHCP_AGENT_LINK && len == 4)
			view->agent_link = u32_at(value);
		else if (code == DHCP_AGENT_SERVER_ID && len == 4)
			view->agent_server_id = u32_at(value);
	}
	if (r.failed)
		view->odd |= DHCP_ODD_AGENT;
}

// PXE 2.1, table 2-1. Other makers put something else into option 43, and PXE firmware ends it with
// 255 or does not.
static void read_vendor(struct dhcp_view *view) {
	struct reader r = reader_of(view->vendor.data, view->vendor.len);

	if (!dhcp_class_begins(view, DHCP_VENDOR_PXE))
		return;
	while (reader_left(&r)) {
		uint8_t code = reader_u8(&r), len;
		const uint8_t *value;

		if (code == DHCP_OPT_PAD)
			continue;
		if (code == DHCP_OPT_END)
			return;
		len = reader_u8(&r);
		value = reader_take(&r, len);
		if (!value || code != DHCP_PXE_ITEM || len != 4)
			continue;
		view->has_pxe_item = true;
		view->pxe_item = (uint16_t)(value[0] << 8 | value[1]);
		view->pxe_layer = (uint16_t)(value[2] << 8 | value[3]);
	}
}

static void read_hostname(struct dhcp_view *view, struct dhcp_bytes option) {
	while (option.len && option.data[option.len - 1] == 0)
		option.len--;
	if (option.len)
		view->hostname = option;
}

static void read_typed(struct dhcp_view *view, const struct parse *parse) {
	const struct dhcp_bytes *option = parse->option;

	if ((view->has_requested_ip = option[SLOT_REQUESTED_IP].data))
		view->requested_ip = u32_at(option[SLOT_REQUESTED_IP].data);
	if ((view->has_server_id = option[SLOT_SERVER_ID].data))
		view->server_id = u32_at(option[SLOT_SERVER_ID].data);
	view->max_size = u16_of(&option[SLOT_MAX_SIZE]);
	if (option[SLOT_MAX_SIZE].data && view->max_size < 576)
		view->odd |= DHCP_ODD_MAX_SIZE;
	view->arch = option[SLOT_ARCH].data ? u16_of(&option[SLOT_ARCH]) : UINT16_MAX;
	view->parameters = option[SLOT_PARAMETERS];
	view->vendor_class = option[SLOT_VENDOR_CLASS];
	view->user_class = option[SLOT_USER_CLASS];
	view->client_id = option[SLOT_CLIENT_ID];
	view->undi = option[SLOT_UNDI];
	view->uuid_option = option[SLOT_UUID];
	if (view->uuid_option.data && text_uuid_is_set(view->uuid_option.data + 1))
		view->uuid = view->uuid_option.data + 1;
	read_hostname(view, option[SLOT_HOSTNAME]);
	view->vendor = option[SLOT_VENDOR];
	if (view->vendor.data)
		read_vendor(view);
	view->agent = option[SLOT_AGENT];
	if (view->agent.data)
		read_agent(view);
}

static enum dhcp_parse_error read_options(
	struct dhcp_view *view, const uint8_t *message, size_t len) {
	struct parse parse = {.view = view};
	enum dhcp_parse_error error = walk_all(&parse, message, len);

	for (unsigned slot = SLOT_NONE + 1; slot < SLOT_COUNT && !error; slot++)
		error = check(&parse, (enum slot)slot);
	if (error)
		return error;
	if (!parse.option[SLOT_TYPE].data)
		return DHCP_PARSE_BOOTP;
	view->type = parse.option[SLOT_TYPE].data[0];
	read_typed(view, &parse);
	return DHCP_PARSE_OK;
}

static bool is_client_type(uint8_t type) {
	return type == DHCP_DISCOVER || type == DHCP_REQUEST || type == DHCP_DECLINE ||
	       type == DHCP_RELEASE || type == DHCP_INFORM;
}

static bool is_zero(const uint8_t *data, size_t len) {
	while (len)
		if (data[--len])
			return false;
	return true;
}

// Who sent it. An answer goes to chaddr, so it must be one machine's address.
static enum dhcp_parse_error check_sender(const struct dhcp_view *view) {
	bool ethernet = view->htype == DHCP_HTYPE_ETHERNET;

	if (view->hlen > DHCP_CHADDR_BYTES || (ethernet && view->hlen && view->hlen != 6))
		return DHCP_PARSE_HLEN;
	if (!view->hlen)
		return view->client_id.data ? DHCP_PARSE_OK : DHCP_PARSE_NO_KEY;
	if ((ethernet && view->chaddr[0] & 1) || is_zero(view->chaddr, view->hlen))
		return DHCP_PARSE_CHADDR;
	return DHCP_PARSE_OK;
}

// The fixed part (RFC 2131, section 2). Returns what is wrong with it; hops is checked last, so
// that rubbish is not taken for an attack.
static enum dhcp_parse_error read_fixed(
	struct dhcp_view *view, const uint8_t *message, size_t len, uint8_t *hops) {
	struct reader r = reader_of(message, len);
	uint8_t op = reader_u8(&r);

	if (len < DHCP_MAGIC_OFFSET)
		return DHCP_PARSE_SHORT;
	view->htype = reader_u8(&r);
	view->hlen = reader_u8(&r);
	*hops = reader_u8(&r);
	view->xid = reader_u32(&r);
	view->secs = reader_u16(&r);
	view->flags = reader_u16(&r);
	view->ciaddr = reader_u32(&r);
	reader_take(&r, 8); // yiaddr, siaddr: what a server writes
	view->giaddr = reader_u32(&r);
	view->chaddr = reader_take(&r, DHCP_CHADDR_BYTES);
	r.at = DHCP_MAGIC_OFFSET;
	if (op != DHCP_OP_REQUEST)
		return DHCP_PARSE_OP;
	if (len < DHCP_OPTIONS_OFFSET)
		return DHCP_PARSE_SHORT;
	return reader_u32(&r) == DHCP_MAGIC ? DHCP_PARSE_OK : DHCP_PARSE_MAGIC;
}

enum dhcp_parse_error dhcp_parse(const uint8_t *message, size_t len, struct dhcp_view *view) {
	enum dhcp_parse_error error;
	uint8_t hops = 0;

	memset(view, 0, offsetof(struct dhcp_view, join));
	view->join_len = 0;
	error = read_fixed(view, message, len, &hops);
	if (!error)
		error = read_options(view, message, len);
	if (!error)
		error = check_sender(view);
	if (!error && !is_client_type(view->type))
		error = DHCP_PARSE_TYPE;
	if (!error && hops > DHCP_HOPS_MAX)
		error = DHCP_PARSE_HOPS;
	return error;
}

bool dhcp_class_begins(const struct dhcp_view *view, const char *prefix) {
	size_t len = strlen(prefix);

	return view->vendor_class.len >= len && memcmp(view->vendor_class.data, prefix, len) == 0;
}

bool dhcp_asks(const struct dhcp_view *view, uint8_t code) {
	return view->parameters.data &&
	       memchr(view->parameters.data, code, view->parameters.len) != NULL;
}

bool dhcp_wants(const struct dhcp_view *view, uint8_t code) {
	return !view->parameters.data || dhcp_asks(view, code);
}
