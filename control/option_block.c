// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "option_block.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"

// One option's value before it is in the block.
struct value {
	const char *key; // NULL: from options:
	const uint8_t *data;
	size_t len;
	uint8_t room[4 * 64];
};

struct values {
	struct value by_code[256];
	struct option_block *block;
};

static void put_addresses(struct values *values, uint8_t code, const char *key,
	const struct config_addresses *addresses) {
	struct value *value = &values->by_code[code];
	struct writer w = writer_of(value->room, sizeof(value->room));

	for (uint32_t i = 0; i < addresses->count; i++)
		writer_u32(&w, addresses->list[i]);
	if (!w.at)
		return;
	value->key = key;
	value->data = value->room;
	value->len = w.at;
}

static void put_text(struct values *values, uint8_t code, const char *key, const char *text) {
	if (!text)
		return;
	values->by_code[code].key = key;
	values->by_code[code].data = (const uint8_t *)text;
	values->by_code[code].len = strlen(text);
}

static int put_options(struct values *values, const struct config_options *options) {
	for (uint32_t i = 0; i < options->count; i++) {
		const struct config_option *option = &options->list[i];
		struct value *value = &values->by_code[option->code];

		if (value->len) {
			snprintf(values->block->why, sizeof(values->block->why),
				"option %u is given by %s already", option->code, value->key);
			return -EINVAL;
		}
		value->data = option->data;
		value->len = option->len;
	}
	return 0;
}

static void write_option(struct writer *w, uint8_t code, const struct value *value) {
	for (size_t at = 0; at < value->len; at += 255) {
		size_t part = value->len - at < 255 ? value->len - at : 255;

		writer_u8(w, code);
		writer_u8(w, (uint8_t)part);
		writer_bytes(w, value->data + at, part);
	}
}

static int write_all(const struct values *values) {
	struct option_block *block = values->block;
	struct writer w = writer_of(block->data, sizeof(block->data));

	for (unsigned int code = 1; code < 255; code++)
		write_option(&w, (uint8_t)code, &values->by_code[code]);
	block->len = w.at;
	if (!w.failed)
		return 0;
	snprintf(block->why, sizeof(block->why),
		"all options together must not take more than %zu bytes", sizeof(block->data));
	return -EINVAL;
}

int option_block_subnet(const struct config_subnet *subnet, struct option_block *block) {
	uint32_t mask = config_mask(subnet->prefix_len);
	uint32_t broadcast = subnet->network | ~mask;
	struct values values = {.block = block};

	block->len = 0;
	block->why[0] = '\0';
	put_addresses(&values, 1, "network:", &(struct config_addresses){1, &mask});
	put_addresses(&values, 3, "routers:", &subnet->routers);
	put_addresses(&values, 6, "dns:", &subnet->dns);
	put_text(&values, 15, "domain:", subnet->domain);
	put_addresses(&values, 28, "network:", &(struct config_addresses){1, &broadcast});
	put_addresses(&values, 42, "ntp:", &subnet->ntp);
	if (put_options(&values, &subnet->options) < 0)
		return -EINVAL;
	return write_all(&values);
}

int option_block_options(const struct config_options *options, struct option_block *block) {
	struct values values = {.block = block};

	block->len = 0;
	block->why[0] = '\0';
	if (put_options(&values, options) < 0)
		return -EINVAL;
	return write_all(&values);
}
