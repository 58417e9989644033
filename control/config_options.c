// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The key options: DHCP options by number, each "TYPE:VALUE". Numbers that the server fills itself
// are refused with what to use instead.

#include <stdlib.h>
#include <string.h>

#include "config_read.h"
#include "dhcp_options.h"
#include "option_value.h"
#include "text.h"

// Options that are ours to send, and the key that decides about them.
static const struct {
	uint8_t code;
	const char *instead;
} reserved[] = {
	{0, "is padding, not an option"},
	{1, "follows from network:"},
	{50, "is sent by clients only"},
	{51, "follows from lease_time:"},
	{52, "is used by the server where a reply is full"},
	{53, "is the message's type"},
	{54, "is the server's own address"},
	{55, "is sent by clients only"},
	{56, "is the server's own message"},
	{57, "is sent by clients only"},
	{58, "follows from lease_time:"},
	{59, "follows from lease_time:"},
	{61, "is sent by clients"},
	{82, "is sent by relay agents and given back to them"},
	{93, "is sent by clients only"},
	{94, "is sent by clients only"},
	{97, "is sent by clients and given back to them"},
	{255, "is the end, not an option"},
};

static const char *reserved_because(uint8_t code) {
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (reserved[i].code == code)
			return reserved[i].instead;
	return dhcp_option_configurable(code) ? NULL : "is not one that can be configured";
}

static bool parse_code(const char *text, uint8_t *code) {
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (!*text || text[strspn(text, "0123456789")] || number > 255)
		return false;
	*code = (uint8_t)number;
	return true;
}

static bool has_code(const struct config_options *options, uint8_t code) {
	for (uint32_t i = 0; i < options->count; i++)
		if (options->list[i].code == code)
			return true;
	return false;
}

static bool check_code(struct config_context *c, const struct config_key *key,
	const struct config_node *node, const struct config_options *out, uint8_t *code) {
	struct config_node at = {.line = node->key_line};

	if (!parse_code(node->key, code))
		config_bad(
			c, key, &at, "\"%.32s\" is not an option's number (1 to 254)", node->key);
	else if (reserved_because(*code))
		config_bad(c, key, &at, "option %u %s", *code, reserved_because(*code));
	else if (has_code(out, *code))
		config_bad(c, key, &at, "option %u is there twice", *code);
	else
		return true;
	return false;
}

static void read_option(struct config_context *c, const struct config_key *key,
	const struct config_node *node, struct config_options *out) {
	struct config_option *option = &out->list[out->count];
	uint8_t value[CONFIG_OPTION_LEN_MAX];
	const struct dhcp_option_info *info;
	char why[OPTION_WHY_SIZE];
	const char *text;
	int64_t len;

	if (!check_code(c, key, node, out, &option->code))
		return;
	text = config_scalar(c, key, node);
	if (!text)
		return;
	len = option_value(text, value, sizeof(value), why);
	if (len < 0) {
		config_bad(c, key, node, "option %u: %s", option->code, why);
		return;
	}
	info = dhcp_option_find(option->code);
	if (info && info->len_max && len > info->len_max) {
		config_bad(c, key, node, "option %u (%s) can have %u bytes at most, not %lld",
			option->code, info->name, info->len_max, (long long)len);
		return;
	}
	if (info && !dhcp_option_len_ok(info, (size_t)len)) {
		config_bad(c, key, node, "option %u (%s) cannot have %lld bytes", option->code,
			info->name, (long long)len);
		return;
	}
	option->line = node->line;
	option->len = (uint16_t)len;
	option->data = (const uint8_t *)arena_text(c->arena, (const char *)value, (size_t)len);
	out->count++;
}

static int by_code(const void *a, const void *b) {
	const struct config_option *x = a, *y = b;

	return x->code - y->code;
}

void config_read_options(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	struct config_options *out = config_field(key, record);

	if (node->kind != CONFIG_MAP) {
		config_bad(c, key, node, "takes numbers and values, as in {150: \"ip:10.77.0.1\"}");
		return;
	}
	if (node->count > CONFIG_OPTIONS_MAX) {
		config_bad(c, key, node, "has more than %u options", CONFIG_OPTIONS_MAX);
		return;
	}
	out->list = arena_alloc(c->arena, node->count * sizeof(*out->list));
	for (const struct config_node *item = node->first; item; item = item->next)
		read_option(c, key, item, out);
	qsort(out->list, out->count, sizeof(*out->list), by_code);
}
