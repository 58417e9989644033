// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What firmware makes of a reply decides what is in it:
// - EDK2 takes an offer that carries option 60 = PXEClient for one that needs an answer from port
//   4011, so 60 is not echoed; dhcp_pxe.c says where it is sent nevertheless;
// - EDK2 reads option 67, iPXE siaddr and 67, GRUB and BIOS ROMs siaddr and file: all three are set
//   together or not at all;
// - iPXE waits two seconds for a ProxyDHCP offer unless 175.176 tells it not to;
// - EDK2 saves a request for the file's size when option 13 tells it.

#include "dhcp_reply.h"

#include <string.h>

#include "dhcp_build.h"
#include "dhcp_options.h"
#include "dhcp_pxe.h"
#include "text.h"

// Renewal and rebinding (RFC 2131, 4.4.5): half and seven eighths.
static void build_times(struct dhcp_builder *b, uint32_t lease_s) {
	bool forever = lease_s == UINT32_MAX;

	dhcp_build_u32(b, DHCP_OPT_LEASE_TIME, lease_s);
	dhcp_build_u32(b, DHCP_OPT_T1, forever ? lease_s : lease_s / 2);
	dhcp_build_u32(b, DHCP_OPT_T2, forever ? lease_s : lease_s - lease_s / 8);
}

// RFC 4578, 2.1 and RFC 6842: sent back as they came.
static void build_echoes(struct dhcp_builder *b, const struct dhcp_view *view) {
	if (view->client_id.data)
		dhcp_build_optional(
			b, DHCP_OPT_CLIENT_ID, view->client_id.data, view->client_id.len);
	if (view->uuid_option.data)
		dhcp_build_optional(
			b, DHCP_OPT_UUID, view->uuid_option.data, view->uuid_option.len);
}

static void build_optional_u32(struct dhcp_builder *b, uint8_t code, uint32_t value) {
	uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
		(uint8_t)value};

	dhcp_build_optional(b, code, bytes, sizeof(bytes));
}

static void build_boot_size(struct dhcp_builder *b, const struct dhcp_selection *s) {
	uint8_t bytes[2] = {(uint8_t)(s->file_blocks >> 8), (uint8_t)s->file_blocks};

	if (s->file_blocks)
		dhcp_build_optional(b, DHCP_OPT_BOOT_SIZE, bytes, sizeof(bytes));
}

static void build_hostname(struct dhcp_builder *b, const struct dhcp_selection *s) {
	if (s->host && s->host->name.len && !(s->host->flags & POLICY_HOST_UNNAMED))
		dhcp_build_optional(b, DHCP_OPT_HOSTNAME, policy_text(s->policy, s->host->name),
			s->host->name.len);
}

static void build_tftp_server(struct dhcp_builder *b, const struct dhcp_selection *s) {
	char text[TEXT_IP_SIZE];

	if (!s->next_server)
		return;
	text_ip(s->next_server, text);
	dhcp_build_optional(b, DHCP_OPT_TFTP_SERVER, text, strlen(text));
}

// What the server knows by itself, where the configuration says nothing else.
static void build_derived(struct dhcp_builder *b, const struct dhcp_selection *s, uint8_t code) {
	switch (code) {
	case DHCP_OPT_BROADCAST:
		build_optional_u32(b, code, s->subnet->broadcast);
		break;
	case DHCP_OPT_HOSTNAME:
		build_hostname(b, s);
		break;
	case DHCP_OPT_BOOT_SIZE:
		build_boot_size(b, s);
		break;
	case DHCP_OPT_TFTP_SERVER:
		build_tftp_server(b, s);
		break;
	}
}

static const uint8_t derived[] = {
	DHCP_OPT_BROADCAST, DHCP_OPT_HOSTNAME, DHCP_OPT_BOOT_SIZE, DHCP_OPT_TFTP_SERVER};

static void build_code(struct dhcp_builder *b, const struct dhcp_selection *s, uint8_t code) {
	const uint8_t *option;
	size_t len;

	if (dhcp_build_has(b, code) || !dhcp_option_configurable(code))
		return;
	option = dhcp_select_option(s, code, &len);
	if (option)
		dhcp_build_encoded(b, option, len);
	else
		build_derived(b, s, code);
}

// All of a block that is not in the reply yet.
static void build_block(
	struct dhcp_builder *b, const struct dhcp_selection *s, struct dhcp_bytes block) {
	const uint8_t *option;
	size_t at = 0, len;

	while ((option = dhcp_block_next(block.data, block.len, &at, &len)))
		build_code(b, s, option[0]);
}

// The lease's server tells the network's options; ours are what concerns the boot.
static void build_boot_only(
	struct dhcp_builder *b, const struct dhcp_selection *s, const struct dhcp_view *view) {
	build_block(b, s, s->block[DHCP_BLOCK_HOST]);
	build_block(b, s, s->block[DHCP_BLOCK_RULE]);
	if (s->boot_file.len && dhcp_asks(view, DHCP_OPT_BOOT_SIZE))
		build_code(b, s, DHCP_OPT_BOOT_SIZE);
}

static void build_ipxe(struct dhcp_builder *b, const struct dhcp_selection *s) {
	static const uint8_t no_pxedhcp[] = {DHCP_IPXE_NO_PXEDHCP, 1, 1};

	build_code(b, s, DHCP_OPT_IPXE);
	if (s->machine.ipxe)
		dhcp_build_optional(b, DHCP_OPT_IPXE, no_pxedhcp, sizeof(no_pxedhcp));
}

// Clients ask for dozens of options, most of which nobody has an answer to: what is configured or
// derived has its bit.
static void build_asked(
	struct dhcp_builder *b, const struct dhcp_selection *s, struct dhcp_bytes codes) {
	uint8_t answers[32];

	memcpy(answers, s->configured, sizeof(answers));
	for (size_t i = 0; i < sizeof(derived); i++)
		answers[derived[i] / 8] |= (uint8_t)(1 << derived[i] % 8);
	for (size_t i = 0; i < codes.len; i++)
		if (answers[codes.data[i] / 8] >> codes.data[i] % 8 & 1)
			build_code(b, s, codes.data[i]);
}

// After the mask, which must precede routers (RFC 2132, 3.3): what the client asked for, in
// its order (9.8); then what the configuration says about this very machine, asked for or not; and
// to a client that asked for nothing in particular all the rest.
static void build_configured(
	struct dhcp_builder *b, const struct dhcp_selection *s, const struct dhcp_view *view) {
	build_ipxe(b, s);
	build_asked(b, s, view->parameters);
	build_block(b, s, s->block[DHCP_BLOCK_HOST]);
	build_block(b, s, s->block[DHCP_BLOCK_RULE]);
	if (view->parameters.data)
		return;
	build_block(b, s, s->block[DHCP_BLOCK_SUBNET]);
	build_code(b, s, DHCP_OPT_BROADCAST);
	build_code(b, s, DHCP_OPT_HOSTNAME);
}

// A configured option 66 also goes where older ROMs look for it.
static void build_sname(struct dhcp_builder *b, const struct dhcp_selection *s) {
	size_t len;
	const uint8_t *option = s->boots ? dhcp_select_option(s, DHCP_OPT_TFTP_SERVER, &len) : NULL;

	if (option && len == 2u + option[1])
		dhcp_build_sname(b, (struct dhcp_bytes){.data = option + 2, .len = option[1]});
}

// No machine can use a lease without it.
static void build_mask(struct dhcp_builder *b, const struct dhcp_selection *s) {
	size_t len;
	const uint8_t *option = dhcp_select_option(s, DHCP_OPT_SUBNET_MASK, &len);

	if (option)
		dhcp_build_option(b, DHCP_OPT_SUBNET_MASK, option + 2, option[1]);
	else
		dhcp_build_u32(b, DHCP_OPT_SUBNET_MASK, s->subnet->mask);
}

static void build_fixed(struct dhcp_builder *b, const struct dhcp_reply *reply,
	const struct dhcp_selection *s, const struct dhcp_view *view) {
	uint32_t ciaddr = reply->type == DHCP_ACK ? view->ciaddr : 0;
	bool nak = reply->type == DHCP_NAK;

	dhcp_build_addresses(b, ciaddr, reply->yiaddr, nak ? 0 : s->next_server);
	// RFC 2131, 4.3.2: so that the relay agent broadcasts it.
	if (nak && view->giaddr)
		dhcp_build_flags(b, view->flags | DHCP_FLAG_BROADCAST);
	dhcp_build_u8(b, DHCP_OPT_TYPE, (uint8_t)reply->type);
	dhcp_build_u32(b, DHCP_OPT_SERVER_ID, s->server_id);
}

size_t dhcp_reply_build(const struct dhcp_reply *reply, const struct dhcp_selection *s,
	const struct dhcp_view *view, uint8_t buffer[DHCP_PAYLOAD_MAX], uint32_t *left_out) {
	bool nak = reply->type == DHCP_NAK;
	struct dhcp_builder b;

	dhcp_build_start(&b, buffer, view, nak ? (struct dhcp_bytes){0} : s->boot_file);
	build_fixed(&b, reply, s, view);
	if (reply->lease_s)
		build_times(&b, reply->lease_s);
	if (reply->message)
		dhcp_build_optional(&b, DHCP_OPT_MESSAGE, reply->message, strlen(reply->message));
	if (!nak) {
		if (!reply->proxy)
			build_mask(&b, s);
		dhcp_pxe_build(&b, s, view);
		build_echoes(&b, view);
		if (reply->proxy)
			build_boot_only(&b, s, view);
		else
			build_configured(&b, s, view);
		build_sname(&b, s);
	} else if (view->client_id.data) {
		dhcp_build_optional(
			&b, DHCP_OPT_CLIENT_ID, view->client_id.data, view->client_id.len);
	}
	*left_out = b.left_out;
	return dhcp_build_finish(&b);
}

static void broadcast(struct frame_to *to) {
	memset(to->dst_mac, 0xff, sizeof(to->dst_mac));
	to->dst = UINT32_MAX;
}

// Whether it renews through a router: it is in another network than we are, without a relay agent.
static bool is_beyond_a_router(const struct dhcp_selection *s, const struct dhcp_view *view,
	const struct frame_view *frame) {
	uint32_t subnet = (uint32_t)(s->subnet - s->policy->subnets);

	return view->ciaddr && view->ciaddr == frame->src && frame->dst == s->port->address &&
	       subnet != s->port->subnet;
}

void dhcp_reply_address(const struct dhcp_reply *reply, const struct dhcp_selection *s,
	const struct dhcp_view *view, const struct frame_view *frame, const uint8_t port_mac[6],
	struct frame_to *to) {
	bool has_mac = view->htype == DHCP_HTYPE_ETHERNET && view->hlen == 6;

	*to = (struct frame_to){
		.src = s->port->address,
		.src_port = DHCP_SERVER_PORT,
		.dst_port = DHCP_CLIENT_PORT,
		.ip_id = (uint16_t)view->xid,
	};
	memcpy(to->src_mac, port_mac, sizeof(to->src_mac));
	memcpy(to->dst_mac, frame->src_mac, sizeof(to->dst_mac));
	// EDK2 asks port 4011 from its own port 4011, iPXE from 68.
	if (reply->proxy) {
		to->src_port = frame->dst_port;
		to->dst_port = frame->src_port;
	}
	if (view->giaddr) {
		to->dst = view->giaddr;
		to->dst_port = DHCP_SERVER_PORT;
	} else if (reply->proxy && frame->src) {
		to->dst = frame->src;
	} else if (reply->type == DHCP_NAK && is_beyond_a_router(s, view, frame)) {
		to->dst = view->ciaddr; // RFC 2131, 4.1 would have it broadcast, where nobody is
	} else if (reply->type == DHCP_NAK) {
		broadcast(to);
	} else if (reply->type == DHCP_ACK && view->ciaddr) {
		to->dst = view->ciaddr;
	} else if (reply->type == DHCP_ACK && !reply->yiaddr && frame->src) {
		to->dst = frame->src; // INFORM without ciaddr
	} else if (view->flags & DHCP_FLAG_BROADCAST || !has_mac || !reply->yiaddr) {
		broadcast(to);
	} else {
		to->dst = reply->yiaddr;
		memcpy(to->dst_mac, view->chaddr, sizeof(to->dst_mac));
	}
}
