// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What PXE adds to DHCP: ProxyDHCP, where another server gives out the addresses; boot servers,
// which firmware asks on port 4011; menus, which the firmware draws. PXE 2.1, sections 2.2 to 2.4.

#pragma once

#include "dhcp_build.h"
#include "dhcp_select.h"

struct dhcp_exchange;

// How an answer speaks to PXE firmware.
enum dhcp_pxe {
	DHCP_PXE_NONE = 0, // not at all: a plain answer with a boot file, which all firmware takes
	DHCP_PXE_DIRECT,   // ProxyDHCP: boot the file in this very packet
	DHCP_PXE_LATER,    // ProxyDHCP: ask port 4011 for the file
	DHCP_PXE_MENU,     // draw this menu, then ask port 4011
	DHCP_PXE_ANSWER,   // to a question to port 4011, or for an item of a menu
	DHCP_PXE_HTTP,     // UEFI HTTP boot: the file is a URI
	DHCP_PXE_RASPBERRY,
};

// Whether a message is PXE's and not a client's of leases: on a port with dhcp: proxy all are.
bool dhcp_pxe_is_for(const struct dhcp_exchange *x);

// The handler of such a message, once subnet and machine are found.
enum dhcp_verdict dhcp_pxe_handle(struct dhcp_exchange *x);

// How to speak to this machine in an OFFER or ACK of a lease, or, on a port with dhcp: proxy, in an
// offer without one. The boot rule is known.
enum dhcp_pxe dhcp_pxe_choose(const struct dhcp_selection *s, const struct dhcp_view *view);

// Adds options 60 and 43 for s->pxe.
void dhcp_pxe_build(
	struct dhcp_builder *b, const struct dhcp_selection *s, const struct dhcp_view *view);

// Bytes that the menu of a rule takes in option 43, which has room for 255; iPXE and EDK2 read no
// second part.
#define DHCP_PXE_VENDOR_MAX 255u
size_t dhcp_pxe_menu_len(const size_t *text_len, size_t item_count, size_t prompt_len);
