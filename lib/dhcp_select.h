// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the policy says about the machine that sent a message: its subnet, its host entry, whether
// it boots from us and by which rule, and what each option of the reply will be. The server decides
// by it, rouse explain shows it.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dhcp_parse.h"
#include "frame.h"
#include "lease.h"
#include "policy.h"

enum dhcp_place {
	DHCP_PLACE_OK = 0,
	DHCP_PLACE_NO_SUBNET, // the port's network, or that of a renewing client, is not configured
	DHCP_PLACE_RELAY,     // giaddr is no relay agent of the subnet
	DHCP_PLACE_SENDER,    // giaddr is one, but who sent the message is not
};

// Option blocks of the policy, the strongest first.
enum dhcp_block {
	DHCP_BLOCK_HOST = 0,
	DHCP_BLOCK_RULE,
	DHCP_BLOCK_SUBNET,
	DHCP_BLOCK_COUNT,
};

struct dhcp_selection {
	const struct policy *policy;
	const struct policy_port *port;
	const struct policy_subnet *subnet; // NULL only with ProxyDHCP
	const struct policy_host *host;     // NULL: the policy has none for it
	const struct policy_rule *rule;     // NULL: no rule matches, or it does not boot and
					    // none is for its vendor class
	struct lease_who who;
	struct policy_machine machine; // what rules look at
	uint32_t server_id;
	uint32_t next_server;        // siaddr, 0: none
	struct dhcp_bytes boot_file; // empty: none
	struct dhcp_bytes block[DHCP_BLOCK_COUNT];
	uint8_t configured[32]; // bit per option code that is in one of the blocks
	bool relayed;
	bool boots;           // PXE, HTTP boot or iPXE, or it asks for a boot file
	uint16_t file_blocks; // of boot_file, as in struct policy_rule
	uint8_t pxe;          // enum dhcp_pxe
};

// What a machine is told by: its hardware address, hlen of at most 16 bytes, or a hash of its
// client identifier where hlen is 0.
struct lease_key dhcp_select_key(
	uint8_t htype, uint8_t hlen, const uint8_t *chaddr, struct dhcp_bytes client_id);

// Finds subnet and machine. On an error only policy and port are set. On a port with dhcp: proxy
// there may be no subnet. order_used: as in policy_order_pending.
enum dhcp_place dhcp_select_place(struct dhcp_selection *selection, const struct policy *policy,
	const _Atomic uint64_t *order_used, uint16_t port, const struct frame_view *frame,
	const struct dhcp_view *view);

// Finds the boot rule, now that the machine's address is known, and from it file and server.
void dhcp_select_boot(
	struct dhcp_selection *selection, const struct dhcp_view *view, uint32_t address);

// Takes the boot file and server of an item of the rule's menu instead.
void dhcp_select_item(struct dhcp_selection *selection, const struct policy_menu_item *item);

// All parts of an option as the policy gives it, headers included, or NULL.
const uint8_t *dhcp_select_option(
	const struct dhcp_selection *selection, uint8_t code, size_t *len);

// Whether the client says that it is a boot loader or firmware: option 60, 77, 93 or 94, or 66 or
// 67 asked for.
bool dhcp_select_boots(const struct dhcp_view *view);
