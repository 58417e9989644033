// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "dhcp_select.h"

#include <string.h>

#include "dhcp_options.h"
#include "dhcp_pxe.h"
#include "hash.h"

// Fixed: the hash of a client identifier is a lease's key on disk.
static const uint64_t client_id_seed[2][2] = {
	{0x526f757365204c65ULL, 0x617365206b657931ULL},
	{0x526f757365204c65ULL, 0x617365206b657932ULL},
};

struct lease_key dhcp_select_key(
	uint8_t htype, uint8_t hlen, const uint8_t *chaddr, struct dhcp_bytes client_id) {
	struct lease_key key = {.htype = htype, .hlen = hlen};

	if (hlen) {
		memcpy(key.bytes, chaddr, hlen);
		return key;
	}
	for (int half = 0; half < 2; half++) {
		uint64_t hash = hash_sip(client_id_seed[half], client_id.data, client_id.len);

		memcpy(key.bytes + 8 * half, &hash, sizeof(hash));
	}
	return key;
}

static bool is_relay_of(
	const struct policy *policy, const struct policy_subnet *subnet, uint32_t address) {
	for (uint32_t i = 0; i < subnet->relays.count; i++)
		if (policy->relays[subnet->relays.first + i] == address)
			return true;
	return false;
}

// Whoever reaches us can write a giaddr, so the sender must be listed, too. It is another address
// where the agent sends from the interface next to us, or where another agent passed it on.
static enum dhcp_place check_relay(const struct policy *policy, const struct policy_subnet *subnet,
	const struct frame_view *frame, uint32_t giaddr) {
	if (!subnet || !is_relay_of(policy, subnet, giaddr))
		return DHCP_PLACE_RELAY;
	return is_relay_of(policy, subnet, frame->src) ? DHCP_PLACE_OK : DHCP_PLACE_SENDER;
}

// RFC 2131, 4.3.1: the subnet of giaddr, else that of the port. A relay agent may name another one
// (RFC 3527). A client that renews by unicast through a router is in the subnet of its address,
// which it sends from (4.3.2).
static const struct policy_subnet *subnet_for(const struct policy *policy,
	const struct policy_port *port, const struct frame_view *frame,
	const struct dhcp_view *view) {
	if (view->giaddr)
		return policy_subnet_of(policy, view->agent_link ? view->agent_link : view->giaddr);
	if (view->type != DHCP_DISCOVER && view->ciaddr && view->ciaddr == frame->src &&
		frame->dst == port->address)
		return policy_subnet_of(policy, view->ciaddr);
	return port->subnet == UINT32_MAX ? NULL : &policy->subnets[port->subnet];
}

static struct dhcp_bytes block_of(const struct policy *policy, struct policy_ref ref) {
	return (struct dhcp_bytes){
		.data = (const uint8_t *)policy_text(policy, ref), .len = ref.len};
}

static void select_machine(struct dhcp_selection *s, const _Atomic uint64_t *order_used,
	const struct dhcp_view *view) {
	bool has_mac = view->htype == DHCP_HTYPE_ETHERNET && view->hlen == 6;

	s->host = has_mac ? policy_host_by_mac(s->policy, view->chaddr) : NULL;
	s->machine = (struct policy_machine){
		.mac = has_mac ? view->chaddr : NULL,
		.uuid = view->uuid,
		.vendor_class = (const char *)view->vendor_class.data,
		.vendor_class_len = view->vendor_class.len,
		.user_class = view->user_class.data,
		.user_class_len = view->user_class.len,
		.circuit_id = s->relayed ? (const char *)view->circuit_id.data : NULL,
		.circuit_id_len = s->relayed ? view->circuit_id.len : 0,
		.remote_id = s->relayed ? (const char *)view->remote_id.data : NULL,
		.remote_id_len = s->relayed ? view->remote_id.len : 0,
		.host = s->host,
		.arch = view->arch,
		.ipxe = policy_says_ipxe(view->user_class.data, view->user_class.len),
		.order = policy_order_pending(s->host, order_used),
	};
	s->who = (struct lease_who){
		.key = dhcp_select_key(view->htype, view->hlen, view->chaddr, view->client_id),
		.subnet = s->subnet ? (uint32_t)(s->subnet - s->policy->subnets) : LEASE_NO_SUBNET,
		.known = policy_host_is_known(s->host),
		.says_ipxe = s->machine.ipxe,
		.arch = view->arch,
		// What two relay agents bring once each was not sent again.
		.message = view->xid ^ (uint32_t)view->type << 24 ^ view->giaddr,
		.hostname = view->hostname.data,
		.hostname_len = view->hostname.len,
	};
	if (s->host && s->subnet && (s->host->address & s->subnet->mask) == s->subnet->network)
		s->who.reservation = s->host->address;
}

enum dhcp_place dhcp_select_place(struct dhcp_selection *s, const struct policy *policy,
	const _Atomic uint64_t *order_used, uint16_t port, const struct frame_view *frame,
	const struct dhcp_view *view) {
	enum dhcp_place place = DHCP_PLACE_OK;

	*s = (struct dhcp_selection){.policy = policy, .port = &policy->ports[port]};
	s->subnet = subnet_for(policy, s->port, frame, view);
	if (view->giaddr)
		place = check_relay(policy, s->subnet, frame, view->giaddr);
	if (place != DHCP_PLACE_OK)
		return place;
	if (!s->subnet && s->port->dhcp != POLICY_DHCP_PROXY)
		return DHCP_PLACE_NO_SUBNET;
	s->relayed = view->giaddr != 0;
	s->server_id =
		s->relayed && view->agent_server_id ? view->agent_server_id : s->port->address;
	// The network's options are for the server to tell that gives the address.
	if (s->port->dhcp != POLICY_DHCP_PROXY)
		s->block[DHCP_BLOCK_SUBNET] = block_of(policy, s->subnet->options);
	select_machine(s, order_used, view);
	if (s->host)
		s->block[DHCP_BLOCK_HOST] = block_of(policy, s->host->options);
	return DHCP_PLACE_OK;
}

// RFC 4578, 2: who sends 93 and 94 boots. U-Boot does, with a class of its own, and takes the file
// that it never asks for.
bool dhcp_select_boots(const struct dhcp_view *view) {
	return dhcp_class_begins(view, DHCP_VENDOR_PXE) ||
	       dhcp_class_begins(view, DHCP_VENDOR_HTTP) ||
	       policy_says_ipxe(view->user_class.data, view->user_class.len) ||
	       view->arch != POLICY_ARCH_UNKNOWN || view->undi.data ||
	       dhcp_asks(view, DHCP_OPT_TFTP_SERVER) || dhcp_asks(view, DHCP_OPT_BOOT_FILE);
}

// Clients ask for dozens of options, of which few are configured: one look at the blocks tells
// which.
static void note_configured(struct dhcp_selection *s, struct dhcp_bytes block) {
	dhcp_block_codes(block.data, block.len, s->configured);
}

const uint8_t *dhcp_select_option(const struct dhcp_selection *s, uint8_t code, size_t *len) {
	if (!(s->configured[code / 8] >> code % 8 & 1))
		return NULL;
	for (int i = 0; i < DHCP_BLOCK_COUNT; i++) {
		const uint8_t *option =
			dhcp_block_find(s->block[i].data, s->block[i].len, code, len);

		if (option)
			return option;
	}
	return NULL;
}

// The text of a short option 67 in a block; a configured terminator does not count.
static struct dhcp_bytes file_in(struct dhcp_bytes block) {
	size_t len;
	const uint8_t *option = dhcp_block_find(block.data, block.len, DHCP_OPT_BOOT_FILE, &len);
	struct dhcp_bytes file = {0};

	if (!option)
		return file;
	file = (struct dhcp_bytes){.data = option + 2, .len = option[1]};
	while (file.len && file.data[file.len - 1] == 0)
		file.len--;
	return file;
}

// A host's own option 67 is stronger than the rule's file or menu, those stronger than other
// options 67.
static void select_file(struct dhcp_selection *s) {
	struct dhcp_bytes rule_file = {0};

	if (s->rule)
		rule_file = block_of(s->policy, s->rule->file);
	s->boot_file = file_in(s->block[DHCP_BLOCK_HOST]);
	if (s->rule && s->rule->menu.count)
		return;
	if (!s->boot_file.len && rule_file.len) {
		s->boot_file = rule_file;
		s->file_blocks = (uint16_t)s->rule->file_blocks;
	}
	if (!s->boot_file.len)
		s->boot_file = file_in(s->block[DHCP_BLOCK_RULE]);
	if (!s->boot_file.len)
		s->boot_file = file_in(s->block[DHCP_BLOCK_SUBNET]);
}

static bool names_vendor_class(const struct policy *policy, const struct policy_rule *rule) {
	for (uint32_t i = 0; i < rule->conditions.count; i++)
		if (policy->conditions[rule->conditions.first + i].match ==
			POLICY_MATCH_VENDOR_CLASS)
			return true;
	return false;
}

// Phones, access points and switches boot from their own flash, and are told by options where
// their controller or their configuration is. A rule of their class speaks to them; one for all
// machines that boot does not.
static void select_class(struct dhcp_selection *s, const struct dhcp_view *view) {
	const struct policy_rule *rule;

	if (!view->vendor_class.len)
		return;
	rule = policy_boot_rule(s->policy, &s->machine, NULL);
	if (!rule || !names_vendor_class(s->policy, rule))
		return;
	s->rule = rule;
	s->block[DHCP_BLOCK_RULE] = block_of(s->policy, rule->options);
	note_configured(s, s->block[DHCP_BLOCK_RULE]);
}

void dhcp_select_boot(struct dhcp_selection *s, const struct dhcp_view *view, uint32_t address) {
	s->boots = dhcp_select_boots(view);
	s->machine.address = address;
	note_configured(s, s->block[DHCP_BLOCK_HOST]);
	note_configured(s, s->block[DHCP_BLOCK_SUBNET]);
	if (!s->boots) {
		select_class(s, view);
		return;
	}
	s->rule = policy_boot_rule(s->policy, &s->machine, NULL);
	s->who.send_ahead =
		s->machine.ipxe && !(s->rule && s->rule->flags & POLICY_RULE_NO_SEND_AHEAD);
	if (s->rule) {
		s->block[DHCP_BLOCK_RULE] = block_of(s->policy, s->rule->options);
		s->next_server = s->rule->next_server;
		note_configured(s, s->block[DHCP_BLOCK_RULE]);
	}
	select_file(s);
	s->pxe = (uint8_t)dhcp_pxe_choose(s, view);
	if ((s->boot_file.len || s->pxe) && !s->next_server)
		s->next_server = s->port->address;
}

void dhcp_select_item(struct dhcp_selection *s, const struct policy_menu_item *item) {
	s->boot_file = block_of(s->policy, item->file);
	s->file_blocks = (uint16_t)item->file_blocks;
	s->next_server = item->next_server ? item->next_server : s->port->address;
}
