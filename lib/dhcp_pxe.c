// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What firmware makes of a ProxyDHCP offer decides its style:
// - UEFI (EDK2 and its forks) takes siaddr, and asks port 4011 there for the file; many
//   fail when the offer names it, or carries option 43;
// - a BIOS ROM takes the file of the offer when option 43.6 says so, and asks nobody;
// - iPXE takes siaddr and 67 of any offer that says PXEClient; it reads 43 only for a menu;
// - UEFI HTTP boot wants HTTPClient back, and a URI;
// - a Raspberry Pi looks for the words "Raspberry Pi Boot" in a menu, and knows what to ask for.

#include "dhcp_pxe.h"

#include <string.h>

#include "dhcp_exchange.h"
#include "dhcp_options.h"
#include "seen.h"

static bool is_pxe(const struct dhcp_view *view) {
	return dhcp_class_begins(view, DHCP_VENDOR_PXE);
}

static bool is_http(const struct dhcp_view *view) {
	return dhcp_class_begins(view, DHCP_VENDOR_HTTP);
}

static bool is_uri(struct dhcp_bytes file) {
	return file.len && memmem(file.data, file.len, "://", 3);
}

// Types of RFC 4578 and its registry that are neither a BIOS nor a loader of its own kind.
static bool is_uefi(uint16_t arch) {
	static const uint8_t uefi[] = {2, 6, 7, 8, 9, 10, 11, 25, 27, 29, 33, 34, 35, 36, 37, 39};

	return arch <= 39 && memchr(uefi, arch, sizeof(uefi)) != NULL;
}

// The registered prefixes of its maker. Its ROM says that it is a BIOS.
static bool is_raspberry(const struct dhcp_selection *s) {
	static const uint8_t prefix[][3] = {{0xb8, 0x27, 0xeb}, {0xdc, 0xa6, 0x32},
		{0xe4, 0x5f, 0x01}, {0x28, 0xcd, 0xc1}, {0xd8, 0x3a, 0xdd}, {0x2c, 0xcf, 0x67}};

	if (!s->machine.mac || s->machine.ipxe || (s->machine.arch != 0 && s->machine.arch != 41))
		return false;
	for (size_t i = 0; i < sizeof(prefix) / sizeof(prefix[0]); i++)
		if (!memcmp(prefix[i], s->machine.mac, sizeof(prefix[i])))
			return true;
	return false;
}

enum dhcp_pxe dhcp_pxe_choose(const struct dhcp_selection *s, const struct dhcp_view *view) {
	bool proxy = s->port->dhcp == POLICY_DHCP_PROXY;

	if (is_http(view))
		return proxy || is_uri(s->boot_file) ? DHCP_PXE_HTTP : DHCP_PXE_NONE;
	if (!is_pxe(view) || !s->rule)
		return DHCP_PXE_NONE;
	if (is_raspberry(s))
		return DHCP_PXE_RASPBERRY;
	if (s->rule->menu.count && !s->boot_file.len)
		return DHCP_PXE_MENU;
	if (!proxy)
		return DHCP_PXE_NONE;
	return is_uefi(view->arch) && !s->machine.ipxe ? DHCP_PXE_LATER : DHCP_PXE_DIRECT;
}

// --- options 60 and 43

static void suboption(struct writer *w, uint8_t code, const void *data, size_t len) {
	writer_u8(w, code);
	writer_u8(w, (uint8_t)len);
	writer_bytes(w, data, len);
}

static void control(struct writer *w, uint8_t bits) {
	suboption(w, DHCP_PXE_CONTROL, &bits, 1);
}

size_t dhcp_pxe_menu_len(const size_t *text_len, size_t item_count, size_t prompt_len) {
	size_t len =
		3 + 2 + 2 + 2 + 1 + prompt_len + 1; // 6, heads of 8, 9 and 10, the time, the end

	for (size_t i = 0; i < item_count; i++)
		len += 7 + 3 + text_len[i];
	return len;
}

// We answer for every type; where the file is, siaddr of that answer tells.
static void menu_servers(struct writer *w, const struct dhcp_selection *s) {
	uint8_t *len;
	size_t from;

	writer_u8(w, DHCP_PXE_SERVERS);
	len = writer_room(w, 1);
	from = w->at;
	for (uint32_t i = 0; i < s->rule->menu.count; i++) {
		uint16_t type = policy_menu_type(s->policy, s->rule, i);

		if (!type)
			continue;
		writer_u16(w, type);
		writer_u8(w, 1);
		writer_u32(w, s->port->address);
	}
	if (len)
		*len = (uint8_t)(w->at - from);
}

static void menu_items(struct writer *w, const struct dhcp_selection *s) {
	const struct policy_menu_item *items = s->policy->menu_items + s->rule->menu.first;
	uint8_t *len;
	size_t from;

	writer_u8(w, DHCP_PXE_MENU_ITEMS);
	len = writer_room(w, 1);
	from = w->at;
	for (uint32_t i = 0; i < s->rule->menu.count; i++) {
		writer_u16(w, policy_menu_type(s->policy, s->rule, i));
		writer_u8(w, (uint8_t)items[i].text.len);
		writer_bytes(w, policy_text(s->policy, items[i].text), items[i].text.len);
	}
	if (len)
		*len = (uint8_t)(w->at - from);
}

static bool has_servers(const struct dhcp_selection *s) {
	for (uint32_t i = 0; i < s->rule->menu.count; i++)
		if (policy_menu_type(s->policy, s->rule, i))
			return true;
	return false;
}

static void menu(struct writer *w, const struct dhcp_selection *s) {
	struct policy_ref prompt = s->rule->menu_prompt;
	bool servers = has_servers(s);

	control(w, DHCP_PXE_NO_BROADCAST | DHCP_PXE_NO_MULTICAST |
			   (servers ? DHCP_PXE_LISTED_ONLY : 0));
	if (servers)
		menu_servers(w, s);
	menu_items(w, s);
	writer_u8(w, DHCP_PXE_PROMPT);
	writer_u8(w, (uint8_t)(1 + prompt.len));
	writer_u8(w, (uint8_t)s->rule->menu_timeout_s);
	writer_bytes(w, policy_text(s->policy, prompt), prompt.len);
}

static void raspberry(struct writer *w) {
	static const uint8_t item[] = "\0\0\x11Raspberry Pi Boot", prompt[] = "\0PXE";

	control(w, DHCP_PXE_BOOT_FILE);
	suboption(w, DHCP_PXE_MENU_ITEMS, item, sizeof(item) - 1);
	suboption(w, DHCP_PXE_PROMPT, prompt, sizeof(prompt) - 1);
}

static void chosen_item(struct writer *w, const struct dhcp_view *view) {
	if (!view->has_pxe_item)
		return;
	writer_u8(w, DHCP_PXE_ITEM);
	writer_u8(w, 4);
	writer_u16(w, view->pxe_item);
	writer_u16(w, view->pxe_layer);
}

static void vendor_options(
	struct writer *w, const struct dhcp_selection *s, const struct dhcp_view *view) {
	switch (s->pxe) {
	case DHCP_PXE_DIRECT:
		if (!s->machine.ipxe)
			control(w, DHCP_PXE_BOOT_FILE);
		break;
	case DHCP_PXE_MENU:
		menu(w, s);
		break;
	case DHCP_PXE_RASPBERRY:
		raspberry(w);
		break;
	case DHCP_PXE_ANSWER:
		chosen_item(w, view);
		break;
	case DHCP_PXE_NONE:
	case DHCP_PXE_LATER:
	case DHCP_PXE_HTTP:
		break;
	}
	if (w->at)
		writer_u8(w, DHCP_OPT_END);
}

// What the configuration says of this machine goes before what we would say.
static bool is_configured(const struct dhcp_selection *s, uint8_t code) {
	size_t len;

	return dhcp_block_find(
		       s->block[DHCP_BLOCK_HOST].data, s->block[DHCP_BLOCK_HOST].len, code, &len) ||
	       dhcp_block_find(
		       s->block[DHCP_BLOCK_RULE].data, s->block[DHCP_BLOCK_RULE].len, code, &len);
}

void dhcp_pxe_build(
	struct dhcp_builder *b, const struct dhcp_selection *s, const struct dhcp_view *view) {
	const char *class = s->pxe == DHCP_PXE_HTTP ? DHCP_VENDOR_HTTP : DHCP_VENDOR_PXE;
	uint8_t vendor[DHCP_PXE_VENDOR_MAX];
	struct writer w = writer_of(vendor, sizeof(vendor));

	if (s->pxe == DHCP_PXE_NONE)
		return;
	if (!is_configured(s, DHCP_OPT_VENDOR_CLASS))
		dhcp_build_option(b, DHCP_OPT_VENDOR_CLASS, class, strlen(class));
	vendor_options(&w, s, view);
	if (w.at && !w.failed && !is_configured(s, DHCP_OPT_VENDOR))
		dhcp_build_option(b, DHCP_OPT_VENDOR, vendor, w.at);
}

// --- the messages

// Who asks for an item has its address already; who asks for one, too, wants a lease.
static bool asks_for_item(const struct dhcp_view *view) {
	return view->type == DHCP_REQUEST && view->has_pxe_item && !view->has_requested_ip;
}

bool dhcp_pxe_is_for(const struct dhcp_exchange *x) {
	return x->selection.port->dhcp == POLICY_DHCP_PROXY ||
	       x->input->frame->dst_port == DHCP_PXE_PORT || asks_for_item(&x->view);
}

// Boot rules may look at the network that a machine is in. Of its address we know nothing until it
// asks port 4011.
static uint32_t place_of(const struct dhcp_exchange *x) {
	const struct dhcp_view *view = &x->view;

	if (view->ciaddr)
		return view->ciaddr;
	if (x->input->frame->src && !view->giaddr)
		return x->input->frame->src;
	if (view->giaddr)
		return view->agent_link ? view->agent_link : view->giaddr;
	return x->selection.port->address;
}

// TFTP will know the machine by its MAC address. Behind a relay agent the frames bear the router's.
static void note(struct dhcp_exchange *x) {
	if (x->server->seen && x->selection.machine.mac && !x->view.giaddr)
		seen_note(x->server->seen, x->selection.machine.mac, x->selection.who.send_ahead,
			x->now);
}

// A Raspberry Pi knows by itself which files to ask for.
static bool has_something_to_boot(const struct dhcp_selection *s) {
	return s->boot_file.len || s->pxe == DHCP_PXE_MENU || s->pxe == DHCP_PXE_RASPBERRY;
}

static enum dhcp_verdict offer(struct dhcp_exchange *x) {
	struct dhcp_selection *s = &x->selection;

	if (!is_pxe(&x->view) && !is_http(&x->view))
		return dhcp_exchange_drop(x, STAT_DHCP_NOT_PXE);
	dhcp_select_boot(s, &x->view, place_of(x));
	if (!has_something_to_boot(s))
		return dhcp_exchange_drop(x, STAT_DHCP_NOTHING_TO_BOOT);
	// Firmware comes to siaddr with its question, so that must be ourselves.
	if (s->pxe == DHCP_PXE_LATER || s->pxe == DHCP_PXE_MENU) {
		s->boot_file = (struct dhcp_bytes){0};
		s->next_server = s->port->address;
	}
	note(x);
	return dhcp_exchange_proxy(x, DHCP_OFFER);
}

// The item of the rule's menu that was chosen; of a client that names none, the first that we have.
static const struct policy_menu_item *find_item(
	const struct dhcp_selection *s, const struct dhcp_view *view) {
	for (uint32_t i = 0; i < s->rule->menu.count; i++) {
		uint16_t type = policy_menu_type(s->policy, s->rule, i);

		if (type && (!view->has_pxe_item || view->pxe_item == type))
			return &s->policy->menu_items[s->rule->menu.first + i];
	}
	return NULL;
}

// A boot server's answer: RFC 2131's ACK with neither lease nor address.
static enum dhcp_verdict answer(struct dhcp_exchange *x) {
	struct dhcp_selection *s = &x->selection;
	const struct policy_menu_item *item = NULL;

	dhcp_select_boot(s, &x->view, place_of(x));
	s->pxe = DHCP_PXE_ANSWER;
	if (s->rule && s->rule->menu.count && !s->boot_file.len) {
		item = find_item(s, &x->view);
		if (!item)
			return dhcp_exchange_drop(x, STAT_DHCP_PXE_ITEM);
		dhcp_select_item(s, item);
	}
	if (!s->boot_file.len)
		return dhcp_exchange_drop(x, STAT_DHCP_NOTHING_TO_BOOT);
	note(x);
	return dhcp_exchange_proxy(x, DHCP_ACK);
}

static enum dhcp_verdict question(struct dhcp_exchange *x) {
	if (x->view.has_server_id && !dhcp_exchange_is_ours(x, x->view.server_id))
		return dhcp_exchange_drop(x, STAT_DHCP_OTHER_SERVER);
	if (!is_pxe(&x->view))
		return dhcp_exchange_drop(x, STAT_DHCP_NOT_PXE);
	// Broadcast on port 67 it is for the server that gives the lease.
	if (x->input->frame->dst_port != DHCP_PXE_PORT && !x->view.has_pxe_item)
		return dhcp_exchange_drop(x, STAT_DHCP_OTHER_SERVER);
	return answer(x);
}

enum dhcp_verdict dhcp_pxe_handle(struct dhcp_exchange *x) {
	bool alone = x->input->frame->dst_port == DHCP_PXE_PORT;

	switch (x->view.type) {
	case DHCP_DISCOVER:
		stat_inc(x->server->stats, STAT_DHCP_DISCOVER);
		return alone ? dhcp_exchange_drop(x, STAT_DHCP_NOT_SERVED) : offer(x);
	case DHCP_REQUEST:
		stat_inc(x->server->stats, STAT_DHCP_REQUEST);
		return question(x);
	case DHCP_INFORM: // older ROMs ask port 4011 so
		stat_inc(x->server->stats, STAT_DHCP_INFORM);
		return alone ? question(x) : dhcp_exchange_drop(x, STAT_DHCP_OTHER_SERVER);
	}
	return dhcp_exchange_drop(x, STAT_DHCP_OTHER_SERVER);
}
