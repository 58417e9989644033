// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/explain_print.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "cli/policy_print.h"
#include "config_match.h"
#include "dhcp_options.h"
#include "dhcp_pxe.h"
#include "human.h"
#include "text.h"

#define VALUE_SIZE 1200
#define NAME_SIZE  (4 * POLICY_NAME_MAX + 1)

static const char *message_name(uint8_t type) {
	static const char *const names[] = {"message", "DISCOVER", "OFFER", "REQUEST", "DECLINE",
		"ACK", "NAK", "RELEASE", "INFORM"};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "message";
}

static const char *bytes_text(struct dhcp_bytes bytes, char *out, size_t size) {
	return text_clean(bytes.data ? (const void *)bytes.data : "", bytes.len, out, size);
}

static const char *file_state(const struct policy *policy, const struct dhcp_selection *s) {
	uint32_t node = s->host ? (uint32_t)(s->host - policy->hosts) + 1 : 0;
	struct dhcp_bytes file = s->boot_file;
	const struct policy_name *name = NULL;

	if (memmem(file.data, file.len, "://", 3))
		return "";
	if (!policy->count[POLICY_NAMES])
		return "";
	switch (policy_find_name(
		policy, node, s->machine.order, (const char *)file.data, file.len, &name)) {
	case POLICY_FOUND:
		break;
	case POLICY_NOT_FOUND:
		return "there is no such file below boot_root";
	case POLICY_AMBIGUOUS:
		return "several files differ from it only in case";
	case POLICY_BAD_NAME:
		return "no file can have this name";
	}
	if (name->state == POLICY_NAME_SERVED && name->node & POLICY_NODE_ORDER)
		return "it is served, for this machine's order";
	if (name->state == POLICY_NAME_SERVED && name->node)
		return "it is served, this machine's own";
	return name->state == POLICY_NAME_SERVED ? "it is served"
	       : name->state == POLICY_NAME_NO_MEMORY
		       ? "it does not fit memory:, so it is not served"
		       : "it cannot be read, so it is not served";
}

// --- options of the reply

struct option {
	uint8_t code;
	const uint8_t *data;
	uint8_t len;
};

static bool next_option(struct reader *r, struct option *option) {
	do
		option->code = reader_u8(r);
	while (option->code == DHCP_OPT_PAD && !r->failed);
	if (option->code == DHCP_OPT_END || r->failed)
		return false;
	option->len = reader_u8(r);
	option->data = reader_take(r, option->len);
	return option->data != NULL;
}

static struct reader options_of(const struct dhcp_output *output) {
	size_t from = DHCP_OPTIONS_OFFSET;

	return output->len > from ? reader_of(output->payload + from, output->len - from)
				  : reader_of("", 0);
}

static uint32_t number_of(const struct option *option) {
	uint32_t value = 0;

	for (uint8_t i = 0; i < option->len; i++)
		value = value << 8 | option->data[i];
	return value;
}

static void print_ips(const struct option *option, char out[VALUE_SIZE]) {
	struct reader r = reader_of(option->data, option->len);
	char ip[TEXT_IP_SIZE];
	size_t used = 0;

	while (reader_left(&r) >= 4)
		used += (size_t)snprintf(out + used, VALUE_SIZE - used, "%s%s", used ? ", " : "",
			text_ip(reader_u32(&r), ip));
}

static void print_hex(const struct option *option, char out[VALUE_SIZE]) {
	for (uint8_t i = 0; i < option->len; i++)
		snprintf(out + 2 * i, 3, "%02x", option->data[i]);
}

static const char *value_text(const struct option *option, char out[VALUE_SIZE]) {
	const struct dhcp_option_info *info = dhcp_option_find(option->code);
	bool good = info && dhcp_option_len_ok(info, option->len);

	out[0] = '\0';
	switch (good ? (enum dhcp_option_type)info->type : DHCP_TYPE_BYTES) {
	case DHCP_TYPE_TEXT:
		return text_clean(option->data, option->len, out, VALUE_SIZE);
	case DHCP_TYPE_IP:
	case DHCP_TYPE_IPS:
		print_ips(option, out);
		break;
	case DHCP_TYPE_U8:
	case DHCP_TYPE_U16:
	case DHCP_TYPE_U32:
		snprintf(out, VALUE_SIZE, "%u", number_of(option));
		break;
	case DHCP_TYPE_DOMAINS:
	case DHCP_TYPE_ROUTES:
	case DHCP_TYPE_BYTES:
		print_hex(option, out);
	}
	return out;
}

static const char *option_name(uint8_t code) {
	const struct dhcp_option_info *info = dhcp_option_find(code);

	return info ? info->name : "";
}

static void print_options(const struct dhcp_output *output) {
	struct reader r = options_of(output);
	struct option option;
	char value[VALUE_SIZE];

	while (next_option(&r, &option))
		printf("    %3u %-24s %s\n", option.code, option_name(option.code),
			value_text(&option, value));
}

static json_t *options_json(const struct dhcp_output *output) {
	struct reader r = options_of(output);
	json_t *list = json_array();
	struct option option;
	char value[VALUE_SIZE];

	while (next_option(&r, &option))
		json_array_append_new(list,
			json_pack("{s:i, s:s, s:s}", "code", option.code, "name",
				option_name(option.code), "value", value_text(&option, value)));
	return list;
}

// --- the machine

static const char *machine_mac(const struct dhcp_explanation *e, char out[TEXT_MAC_SIZE]) {
	out[0] = '\0';
	return e->exchange.view.hlen == 6 ? text_mac(e->exchange.view.chaddr, out)
					  : "no MAC address";
}

static const char *arch_text(const struct dhcp_explanation *e, char out[32]) {
	uint16_t arch = e->exchange.view.arch;
	const char *name = config_arch_name(arch);

	if (arch == POLICY_ARCH_UNKNOWN)
		snprintf(out, 32, "no architecture");
	else if (name)
		snprintf(out, 32, "%s", name);
	else
		snprintf(out, 32, "architecture %u", arch);
	return out;
}

static void print_host(const struct explain *explain, const struct dhcp_selection *s) {
	const struct policy_host *host = s->host;
	char text[POLICY_PRINT_SIZE];

	printf(", host %s", policy_print_text(explain->policy, host->name, text, sizeof(text)));
	if (!policy_host_is_known(host))
		printf(" (not in hosts:)");
	if (host->role.len)
		printf(", role %s",
			policy_print_text(explain->policy, host->role, text, sizeof(text)));
	if (s->machine.order)
		printf(", order %s pending", policy_print_order(host, text));
	else if (host->flags & POLICY_HOST_LOCAL)
		printf(", boots its own disk");
}

static void print_machine(const struct explain *explain, const struct dhcp_explanation *e) {
	const struct dhcp_selection *s = &e->exchange.selection;
	char mac[TEXT_MAC_SIZE], arch[32], ip[TEXT_IP_SIZE];

	printf("%s of %s", message_name(e->exchange.view.type), machine_mac(e, mac));
	if (e->place_known && s->host)
		print_host(explain, s);
	printf(", %s%s\n", arch_text(e, arch), s->machine.ipxe ? ", iPXE" : "");
	if (!e->place_known)
		return;
	if (!s->subnet)
		return;
	printf("  subnet     %s/%d%s", text_ip(s->subnet->network, ip),
		__builtin_popcount(s->subnet->mask), s->relayed ? ", behind relay " : "");
	puts(s->relayed ? text_ip(e->exchange.view.giaddr, ip) : "");
}

// How PXE firmware is spoken to; NULL: as by any DHCP server.
static const char *pxe_text(uint8_t pxe) {
	switch ((enum dhcp_pxe)pxe) {
	case DHCP_PXE_NONE:
		break;
	case DHCP_PXE_DIRECT:
		return "ProxyDHCP: it boots the file in this answer";
	case DHCP_PXE_LATER:
		return "ProxyDHCP: UEFI asks port 4011 for the file";
	case DHCP_PXE_MENU:
		return "it draws the rule's menu, and asks port 4011 for the item's file";
	case DHCP_PXE_ANSWER:
		return "an answer of port 4011";
	case DHCP_PXE_HTTP:
		return "UEFI HTTP boot";
	case DHCP_PXE_RASPBERRY:
		return "a Raspberry Pi, which asks for its files by TFTP";
	}
	return NULL;
}

static void print_menu(const struct explain *explain, const struct dhcp_selection *s) {
	const struct policy *policy = explain->policy;
	char text[POLICY_PRINT_SIZE], file[NAME_SIZE];

	for (uint32_t i = 0; i < s->rule->menu.count; i++) {
		const struct policy_menu_item *item = &policy->menu_items[s->rule->menu.first + i];

		printf("  item       %s: %s\n",
			policy_print_text(policy, item->text, text, sizeof(text)),
			item->file.len ? policy_print_text(policy, item->file, file, sizeof(file))
				       : "its own disk");
	}
}

static void print_address(const struct dhcp_explanation *e) {
	char ip[TEXT_IP_SIZE];

	if (!e->exchange.record)
		return;
	printf("  address    %s", text_ip(e->exchange.record->address, ip));
	if (e->exchange.source != LEASE_SOURCE_NONE)
		printf(": %s", dhcp_explain_source(e->exchange.source));
	putchar('\n');
}

#define PLACE_SIZE 32

// Where a rule is written.
static const char *place_of(const struct policy_rule *rule, char out[PLACE_SIZE]) {
	if (!rule->line)
		return "of Rouse's own";
	snprintf(out, PLACE_SIZE, "line %u", rule->line);
	return out;
}

static void print_failed(const struct explain *explain, uint32_t rule) {
	const struct policy *policy = explain->policy;
	char condition[POLICY_PRINT_SIZE], place[PLACE_SIZE];

	printf("  not        %s, because it does not match %s\n",
		place_of(&policy->rules[rule], place),
		policy_print_condition(
			policy, &policy->conditions[explain->failed[rule]], condition));
}

static void print_rule(const struct explain *explain, const struct dhcp_explanation *e) {
	const struct dhcp_selection *s = &e->exchange.selection;
	char match[POLICY_PRINT_SIZE], file[NAME_SIZE], ip[TEXT_IP_SIZE], place[PLACE_SIZE];
	const char *state;

	if (!s->boots) {
		if (s->rule)
			printf("  rule       %s: %s (its options only)\n", place_of(s->rule, place),
				policy_print_match(explain->policy, s->rule, match));
		puts("  boot file  none: it does not say that it boots (options 60, 77, 93, 94, "
		     "66 and 67)");
		return;
	}
	for (uint32_t i = 0; i < e->rules_tried; i++)
		print_failed(explain, i);
	if (s->rule)
		printf("  rule       %s: %s\n", place_of(s->rule, place),
			policy_print_match(explain->policy, s->rule, match));
	if (pxe_text(s->pxe))
		printf("  pxe        %s\n", pxe_text(s->pxe));
	if (s->rule && s->rule->menu.count)
		print_menu(explain, s);
	else if (s->pxe == DHCP_PXE_LATER)
		printf("  boot file  %s\n",
			policy_print_text(explain->policy, s->rule->file, file, sizeof(file)));
	else if (!s->boot_file.len)
		printf("  boot file  none: %s\n",
			s->rule ? "the rule names none" : "no rule matches");
	if (!s->boot_file.len)
		return;
	state = file_state(explain->policy, s);
	printf("  boot file  %s from %s%s%s\n", bytes_text(s->boot_file, file, sizeof(file)),
		text_ip(s->next_server, ip), state[0] ? ": " : "", state);
}

static void print_reply(const struct dhcp_explanation *e) {
	const struct stat_info *info;
	char ip[TEXT_IP_SIZE], mac[TEXT_MAC_SIZE];

	if (e->exchange.dropped < STAT_COUNT) {
		info = &stat_info[e->exchange.dropped];
		printf("  answer     none: %s%s%s\n", info->meaning, info->action[0] ? "; " : "",
			info->action);
		return;
	}
	if (e->verdict != DHCP_REPLY && e->verdict != DHCP_REPLY_WHEN_DURABLE) {
		puts("  answer     none is due");
		return;
	}
	printf("  answer     %s, %u bytes to %s at %s%s\n", message_name(e->output.message_type),
		e->output.len, text_ip(e->output.to.dst, ip), text_mac(e->output.to.dst_mac, mac),
		e->verdict == DHCP_REPLY_WHEN_DURABLE ? ", once the lease is on disk" : "");
	print_options(&e->output);
}

void explain_print(const struct explain *explain, const struct dhcp_explanation *e) {
	if (e->parsed)
		print_machine(explain, e);
	else
		puts("not a client's DHCP message");
	if (e->place_known) {
		print_address(e);
		print_rule(explain, e);
	}
	print_reply(e);
}

// --- JSON

static json_t *failed_json(const struct explain *explain, const struct dhcp_explanation *e) {
	const struct policy *policy = explain->policy;
	json_t *list = json_array();

	for (uint32_t i = 0; i < e->rules_tried; i++) {
		char condition[POLICY_PRINT_SIZE];

		json_array_append_new(list,
			json_pack("{s:I, s:s}", "line", (json_int_t)policy->rules[i].line, "not",
				policy_print_condition(policy,
					&policy->conditions[explain->failed[i]], condition)));
	}
	return list;
}

static void add_host(
	json_t *object, const struct explain *explain, const struct dhcp_selection *s) {
	const struct policy_host *host = s->host;
	char text[POLICY_PRINT_SIZE], order[POLICY_ORDER_SIZE];

	json_object_set_new(object, "host",
		json_string(policy_print_text(explain->policy, host->name, text, sizeof(text))));
	json_object_set_new(object, "listed", json_boolean(policy_host_is_known(host)));
	json_object_set_new(object, "local", json_boolean(host->flags & POLICY_HOST_LOCAL));
	json_object_set_new(object, "order",
		s->machine.order ? json_string(policy_print_order(host, order)) : json_null());
}

static void add_place(
	json_t *object, const struct explain *explain, const struct dhcp_explanation *e) {
	const struct dhcp_selection *s = &e->exchange.selection;
	char file[NAME_SIZE], ip[TEXT_IP_SIZE], cidr[32];

	if (s->subnet) {
		snprintf(cidr, sizeof(cidr), "%s/%d", text_ip(s->subnet->network, ip),
			__builtin_popcount(s->subnet->mask));
		json_object_set_new(object, "subnet", json_string(cidr));
	}
	if (pxe_text(s->pxe))
		json_object_set_new(object, "pxe", json_string(pxe_text(s->pxe)));
	if (s->host)
		add_host(object, explain, s);
	if (e->exchange.record) {
		json_object_set_new(
			object, "address", json_string(text_ip(e->exchange.record->address, ip)));
		json_object_set_new(object, "address_because",
			json_string(dhcp_explain_source(e->exchange.source)));
	}
	json_object_set_new(object, "boots", json_boolean(s->boots));
	json_object_set_new(
		object, "rule_line", s->rule ? json_integer(s->rule->line) : json_null());
	if (!s->boots)
		return;
	json_object_set_new(object, "rules_before", failed_json(explain, e));
	json_object_set_new(
		object, "boot_file", json_string(bytes_text(s->boot_file, file, sizeof(file))));
	json_object_set_new(object, "boot_file_state",
		json_string(s->boot_file.len ? file_state(explain->policy, s) : ""));
	json_object_set_new(object, "next_server", json_string(text_ip(s->next_server, ip)));
}

json_t *explain_json(const struct explain *explain, const struct dhcp_explanation *e) {
	bool replies = e->verdict == DHCP_REPLY || e->verdict == DHCP_REPLY_WHEN_DURABLE;
	char mac[TEXT_MAC_SIZE], ip[TEXT_IP_SIZE];
	json_t *object = json_object();

	if (e->parsed) {
		json_object_set_new(
			object, "message", json_string(message_name(e->exchange.view.type)));
		json_object_set_new(object, "mac", json_string(machine_mac(e, mac)));
		json_object_set_new(object, "arch",
			e->exchange.view.arch == POLICY_ARCH_UNKNOWN
				? json_null()
				: json_integer(e->exchange.view.arch));
		json_object_set_new(
			object, "ipxe", json_boolean(e->exchange.selection.machine.ipxe));
	}
	if (e->place_known)
		add_place(object, explain, e);
	json_object_set_new(object, "answer",
		replies ? json_string(message_name(e->output.message_type)) : json_null());
	if (e->exchange.dropped < STAT_COUNT)
		json_object_set_new(object, "no_answer_because",
			json_string(stat_info[e->exchange.dropped].meaning));
	if (!replies)
		return object;
	json_object_set_new(object, "to", json_string(text_ip(e->output.to.dst, ip)));
	json_object_set_new(object, "options", options_json(&e->output));
	return object;
}
