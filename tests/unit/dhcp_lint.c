// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "dhcp_lint.h"

#include <stdbool.h>
#include <string.h>

#define ARENA 16384

struct option {
	int count;       // parts
	size_t at;       // of the first part's header
	size_t len;      // of all parts together
	bool apart;      // parts with something else between them
	bool short_part; // a part that is not the last one has less than 255 bytes
	const uint8_t *value;
	const uint8_t *first; // part: of some options only that one counts
	size_t first_len;
};

struct packet {
	const uint8_t *bytes;
	size_t len;
	struct option option[256];
	size_t end; // of the end option, 0: none
	uint8_t order[600];
	size_t order_len;
	uint8_t arena[ARENA]; // parts that were joined
	size_t arena_len;
};

// The packets in hand. Too large for a small stack; the linter is for single-threaded programs.
static struct packet asked, told;
static uint8_t type;
static uint32_t flags;

static uint32_t u32(const uint8_t *at) {
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool join(struct packet *p, struct option *o, const uint8_t *part, size_t len) {
	if (o->count == 1) {
		o->value = o->first = part;
		o->len = o->first_len = len;
		return true;
	}
	if (o->len + len > ARENA - p->arena_len)
		return false;
	memcpy(p->arena + p->arena_len, o->value, o->len);
	memcpy(p->arena + p->arena_len + o->len, part, len);
	o->value = p->arena + p->arena_len;
	o->len += len;
	p->arena_len += o->len;
	return true;
}

static const uint8_t nothing[20];

// Forgets the packet before; only what it used is cleared, as this is in the fuzzers' inner loop.
static void clear(struct packet *p, const uint8_t *bytes, size_t len) {
	if (p->order_len == sizeof(p->order) || !p->option[0].value) {
		for (int code = 0; code < 256; code++)
			p->option[code] = (struct option){.value = nothing};
	}
	for (size_t i = 0; i < p->order_len; i++)
		p->option[p->order[i]] = (struct option){.value = nothing};
	p->order_len = p->arena_len = p->end = 0;
	p->bytes = bytes;
	p->len = len;
}

static const char *add(struct packet *p, const uint8_t *field, size_t at, size_t len) {
	uint8_t code = field[at], part = field[at + 1];
	struct option *o = &p->option[code];

	if (at + 2u + part > len)
		return "an option is cut";
	if (o->count && (!p->order_len || p->order[p->order_len - 1] != code))
		o->apart = true;
	if (o->count && o->len != 255u * (size_t)o->count)
		o->short_part = true;
	if (!o->count)
		o->at = at;
	o->count++;
	if (p->order_len < sizeof(p->order))
		p->order[p->order_len++] = code;
	return join(p, o, field + at + 2, part) ? NULL : "more parts than anybody sends";
}

static const char *walk(struct packet *p, const uint8_t *field, size_t from, size_t len) {
	for (size_t at = from; at < len;) {
		const char *complaint;

		if (field[at] == 0) {
			at++;
			continue;
		}
		if (field[at] == 255) {
			p->end = at;
			return NULL;
		}
		if (at + 1 >= len)
			return "an option has no length";
		complaint = add(p, field, at, len);
		if (complaint)
			return complaint;
		at += 2u + field[at + 1];
	}
	return "no end option";
}

static void read_request(const uint8_t *request, size_t len) {
	struct option agent;
	uint8_t fields;

	clear(&asked, request, len);
	walk(&asked, request, 240, len);
	agent = asked.option[82];
	fields = asked.option[52].first_len == 1 ? asked.option[52].first[0] : 0;
	if (fields > 3)
		return;
	if (fields & 1)
		walk(&asked, request + 108, 0, 128);
	if (fields & 2)
		walk(&asked, request + 44, 0, 64);
	asked.option[82] = agent; // in another field it is no agent's (RFC 3046, 2.1)
}

// RFC 2131, table 3.
static const char *check_header(void) {
	const uint8_t *q = asked.bytes, *r = told.bytes;

	if (r[0] != 2)
		return "op is not BOOTREPLY";
	if (memcmp(q + 1, r + 1, 2) != 0)
		return "htype or hlen differs";
	if (r[3] != 0)
		return "hops is not 0";
	if (memcmp(q + 4, r + 4, 4) != 0)
		return "xid differs";
	if (r[8] || r[9])
		return "secs is not 0";
	if (memcmp(q + 24, r + 24, 4) != 0)
		return "giaddr differs";
	if (memcmp(q + 28, r + 28, 16) != 0)
		return "chaddr differs";
	if (u32(r + 236) != 0x63825363)
		return "magic";
	return NULL;
}

static bool relayed(void) {
	return u32(asked.bytes + 24) != 0;
}

static const char *check_flags(void) {
	uint8_t want = asked.bytes[10];

	if (type == 6 && relayed())
		want |= 0x80;
	if (told.bytes[10] != want || told.bytes[11] != asked.bytes[11])
		return "flags differ";
	return NULL;
}

static const char *check_size(void) {
	size_t limit = 576;

	if (told.len < 300)
		return "shorter than 300 bytes";
	if (asked.option[57].first_len == 2) {
		size_t max = (size_t)asked.option[57].first[0] << 8 | asked.option[57].first[1];

		if (max > limit)
			limit = max;
	}
	limit -= 28;
	if (relayed())
		limit += told.option[82].len + 2u * (size_t)told.option[82].count;
	if (told.len > limit || told.len > 1472)
		return "larger than the client takes";
	return NULL;
}

// The lengths that EDK2's table and RFC 2132 demand: exactly, or a multiple.
static const char *check_lengths(void) {
	static const struct {
		uint8_t code, exact, multiple;
	} rules[] = {{1, 4, 0}, {2, 4, 0}, {3, 0, 4}, {4, 0, 4}, {5, 0, 4}, {6, 0, 4}, {7, 0, 4},
		{13, 2, 0}, {26, 2, 0}, {28, 4, 0}, {42, 0, 4}, {50, 4, 0}, {51, 4, 0}, {53, 1, 0},
		{54, 4, 0}, {58, 4, 0}, {59, 4, 0}, {97, 17, 0}, {150, 0, 4}};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct option *o = &told.option[rules[i].code];

		if (!o->count)
			continue;
		if (rules[i].exact && o->len != rules[i].exact)
			return "an option of fixed length has another length";
		if (rules[i].multiple && (!o->len || o->len % rules[i].multiple))
			return "a list option has a bad length";
	}
	for (int code = 1; code < 255; code++) {
		if (told.option[code].apart || told.option[code].short_part)
			return "an option comes twice";
		if (told.option[code].count && !told.option[code].len)
			return "an option is empty";
	}
	return NULL;
}

static const char *check_tail(void) {
	for (size_t i = told.end + 1; i < told.len; i++)
		if (told.bytes[i])
			return "something follows the end option";
	if (told.option[82].count && told.order[told.order_len - 1] != 82)
		return "option 82 is not the last";
	if (told.option[52].count || told.option[50].count || told.option[55].count ||
		told.option[57].count)
		return "an option that only clients send, or an overload";
	return NULL;
}

// The request's option as the server must have read it: parts joined.
static const char *check_echo(uint8_t code, const char *complaint) {
	const struct option *q = &asked.option[code], *r = &told.option[code];

	if (!q->count)
		return r->count ? complaint : NULL;
	if (!r->count)
		return NULL; // whether it must be there, the caller knows
	if (q->len != r->len || memcmp(q->value, r->value, q->len) != 0)
		return complaint;
	return NULL;
}

static const char *check_agent(void) {
	if (asked.option[82].len >= 2 && !told.option[82].count)
		return "option 82 is not sent back";
	return check_echo(82, "option 82 is not sent back as it came");
}

static const char *check_client_id(void) {
	return check_echo(61, "option 61 is not sent back as it came");
}

static const char *check_uuid(void) {
	const struct option *q = &asked.option[97], *r = &told.option[97];

	if (type == 6)
		return NULL;
	if (!r->count)
		return q->first_len == 17 && told.len < 500 ? "option 97 is not sent back" : NULL;
	if (q->first_len != r->len || memcmp(q->first, r->value, r->len) != 0)
		return "option 97 is not sent back as it came";
	return NULL;
}

static const char *check_lease(void) {
	const struct option *o = told.option;
	uint32_t lease = u32(o[51].value);
	bool inform = asked.option[53].value[0] == 8;

	if (type == 6 || inform || flags & DHCP_LINT_PROXY) {
		if (o[51].count || o[58].count || o[59].count || u32(told.bytes + 16))
			return "a lease where there is none";
		return NULL;
	}
	if (!u32(told.bytes + 16))
		return "no yiaddr";
	if (!o[51].count || !o[58].count || !o[59].count || !lease)
		return "no lease time";
	if (u32(o[58].value) > u32(o[59].value) || u32(o[59].value) > lease)
		return "T1, T2 and the lease are not in order";
	if (!o[1].count)
		return "no subnet mask";
	if (o[3].count && o[3].at < o[1].at)
		return "routers before the subnet mask";
	return NULL;
}

static const char *check_nak(void) {
	static const uint8_t zero[12];

	if (type != 6)
		return NULL;
	if (memcmp(told.bytes + 12, zero, 12) != 0)
		return "a NAK with an address";
	for (size_t i = 0; i < told.order_len; i++) {
		uint8_t code = told.order[i];

		if (code != 53 && code != 54 && code != 56 && code != 61 && code != 82)
			return "a NAK with an option that does not belong there";
	}
	return NULL;
}

static const char *check_boot(void) {
	const struct option *file = &told.option[67];
	const uint8_t *field = told.bytes + 108;
	size_t after;

	if (!file->count)
		return field[0] ? "file without option 67" : NULL;
	if (!u32(told.bytes + 20))
		return "a boot file, but no siaddr";
	if (file->value[file->len - 1] != 0 || file->len < 2)
		return "option 67 is not NUL-terminated";
	if (file->len <= 128 && memcmp(field, file->value, file->len) != 0)
		return "file differs from option 67";
	if (file->len > 128 && field[0])
		return "file holds a part of a name";
	after = file->at + file->len + 2u * (size_t)file->count;
	if (told.bytes[after] != 0)
		return "an option stands right behind option 67";
	return NULL;
}

// EDK2 (PXE): an offer with PXEClient but without boot servers is BINL, and waits for port 4011.
static const char *check_class(void) {
	const struct option *class = &told.option[60];

	if (class->count && !(flags & DHCP_LINT_ALLOW_CLASS))
		return "option 60 in a plain answer";
	return NULL;
}

// Suboption 8 of option 43: whether type has a server in it.
static bool has_server(const uint8_t *servers, size_t len, const uint8_t *type_bytes) {
	for (size_t at = 0; at + 3 <= len; at += 3u + 4u * servers[at + 2])
		if (!memcmp(servers + at, type_bytes, 2))
			return true;
	return false;
}

// Each item of a menu can be had: from a server that is listed, or it is type 0, the machine
// itself.
static const char *check_menu(
	const uint8_t *menu, size_t len, const uint8_t *servers, size_t servers_len) {
	size_t at = 0;

	while (at < len) {
		if (len - at < 3 || menu[at + 2] > len - at - 3)
			return "an item of the PXE menu is cut";
		if ((menu[at] || menu[at + 1]) && !has_server(servers, servers_len, menu + at))
			return "an item of the PXE menu has no server";
		at += 3u + menu[at + 2];
	}
	return NULL;
}

// PXE 2.1, table 2-1: suboptions that end with 255. EDK2 throws away an offer that has 1 to 5
// alone.
static const char *check_pxe(void) {
	const struct option *class = &told.option[60], *vendor = &told.option[43];
	const uint8_t *sub[256] = {NULL};
	size_t at = 0;

	if (!vendor->count || class->len < 9 || memcmp(class->value, "PXEClient", 9) != 0 ||
		!(flags & DHCP_LINT_PXE))
		return NULL;
	while (at < vendor->len && vendor->value[at] != 255) {
		if (vendor->len - at < 2 || vendor->value[at + 1] > vendor->len - at - 2)
			return "a suboption of option 43 is cut";
		if (vendor->value[at] < 6)
			return "MTFTP in option 43";
		sub[vendor->value[at]] = vendor->value + at;
		at += 2u + vendor->value[at + 1];
	}
	if (at + 1 != vendor->len)
		return "option 43 does not end with 255";
	if (!sub[9])
		return NULL;
	if (!sub[10])
		return "a PXE menu without a prompt";
	return check_menu(
		sub[9] + 2, sub[9][1], sub[8] ? sub[8] + 2 : NULL, sub[8] ? sub[8][1] : 0);
}

static const char *check_ipxe(void) {
	const struct option *user_class = &asked.option[77];

	if (type != 6 && !(flags & DHCP_LINT_PROXY) && user_class->len == 4 &&
		memcmp(user_class->value, "iPXE", 4) == 0 && !told.option[175].count &&
		told.len < 500)
		return "iPXE is not told to wait for nobody";
	return NULL;
}

static const char *check_order(void) {
	if (told.order_len < 2 || told.order[0] != 53 || told.order[1] != 54)
		return "message type and server identifier do not come first";
	if (u32(told.option[54].value) == 0)
		return "server identifier is 0";
	if (type != 2 && type != 5 && type != 6)
		return "message type that no server sends";
	return NULL;
}

// Lengths first: the others rely on them.
static const char *(*const checks[])(void) = {check_header, check_lengths, check_order, check_flags,
	check_size, check_tail, check_agent, check_client_id, check_uuid, check_nak, check_lease,
	check_boot, check_class, check_pxe, check_ipxe};

const char *dhcp_lint(const uint8_t *request, size_t request_len, const uint8_t *reply,
	size_t reply_len, uint32_t lint_flags) {
	const char *complaint;

	if (reply_len < 244 || request_len < 240)
		return "too short to be read";
	read_request(request, request_len);
	clear(&told, reply, reply_len);
	complaint = walk(&told, reply, 240, reply_len);
	type = told.option[53].value[0];
	flags = lint_flags;
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && !complaint; i++)
		complaint = checks[i]();
	return complaint;
}
