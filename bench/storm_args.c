// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Parses options by table and prints --help from the same table.

#include "storm_args.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storm_list.h"
#include "storm_retry.h"
#include "text.h"

void storm_complain(const struct storm_command *command, const char *format, ...) {
	va_list list;

	fprintf(stderr, "rouse-storm %s: ", command->name);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
}

void storm_network_range(const struct storm_network *network, uint32_t *first, uint32_t *count) {
	uint32_t host_bits = network->address ? 32u - network->prefix_len : 0;

	*first = network->address;
	*count = 1;
	if (host_bits > 1) {
		*first += 1;
		*count = (host_bits < 24 ? 1u << host_bits : 1u << 24) - 2;
	}
}

static int parse_whole(const char *text, uint64_t *value) {
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno || *end ? -EINVAL : 0;
}

// A number that is not negative, with an optional suffix character.
static int parse_real(const char *text, char suffix, double *value) {
	char *end;

	if ((*text < '0' || *text > '9') && *text != '.')
		return -EINVAL;
	*value = strtod(text, &end);
	if (suffix && *end == suffix)
		end++;
	return *end || !(*value < 1e15) ? -EINVAL : 0;
}

static int parse_limited(const struct storm_arg *arg, const char *text, uint64_t *value) {
	uint64_t max = arg->max ? arg->max : arg->kind == STORM_ARG_U32 ? UINT32_MAX : UINT64_MAX;

	if (parse_whole(text, value) < 0)
		return -EINVAL;
	return *value < arg->min || *value > max ? -ERANGE : 0;
}

static int parse_u32(const struct storm_arg *arg, const char *text, uint32_t *field) {
	uint64_t value;
	int err = parse_limited(arg, text, &value);

	*field = (uint32_t)value;
	return err;
}

static int parse_seconds(const char *text, uint64_t *field) {
	double value;
	int err = parse_real(text, 's', &value);

	if (!err)
		*field = (uint64_t)(value * 1e6);
	return err;
}

static int parse_percent(const char *text, double *field) {
	double value;
	int err = parse_real(text, '%', &value);

	if (err)
		return err;
	*field = value / 100;
	return value > 100 ? -ERANGE : 0;
}

static int parse_server(const char *text, struct storm_server *field) {
	const char *colon = strchr(text, ':');
	char address[TEXT_IP_SIZE];
	uint64_t port = 0;

	if (snprintf(address, sizeof(address), "%.*s", colon ? (int)(colon - text) : 15, text) > 15)
		return -EINVAL;
	if (colon && (parse_whole(colon + 1, &port) < 0 || port == 0 || port > 65535))
		return -EINVAL;
	field->port = (uint16_t)port;
	return text_parse_ip(colon ? address : text, &field->address);
}

static int parse_network(const char *text, struct storm_network *field) {
	int err = text_parse_cidr(text, &field->address, &field->prefix_len);

	if (!err && field->prefix_len)
		field->address &= (uint32_t)(UINT64_MAX << (32 - field->prefix_len));
	return err;
}

static int parse_retry(const char *text, struct storm_retry *field) {
	*field = (struct storm_retry){0};
	for (const char *at = text; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
		char part[24];
		size_t len = strcspn(at, ",");

		if (field->count == STORM_RETRY_MAX || len >= sizeof(part))
			return -EINVAL;
		memcpy(part, at, len);
		part[len] = 0;
		if (parse_seconds(part, &field->wait_us[field->count]) < 0)
			return -EINVAL;
		if (field->wait_us[field->count++] < 1000)
			return -ERANGE;
	}
	return 0;
}

static int add_to_list(const char *text, struct storm_list *field) {
	if (!*text)
		return -EINVAL;
	if (field->count == STORM_LIST_MAX)
		return -E2BIG;
	field->items[field->count++] = text;
	return 0;
}

static int parse_value(const struct storm_arg *arg, const char *text, void *field) {
	switch (arg->kind) {
	case STORM_ARG_FLAG:
		*(bool *)field = true;
		return 0;
	case STORM_ARG_U32:
		return parse_u32(arg, text, field);
	case STORM_ARG_U64:
		return parse_limited(arg, text, field);
	case STORM_ARG_REAL:
		return parse_real(text, 0, field);
	case STORM_ARG_SECONDS:
		return parse_seconds(text, field);
	case STORM_ARG_PERCENT:
		return parse_percent(text, field);
	case STORM_ARG_TEXT:
		*(const char **)field = text;
		return *text ? 0 : -EINVAL;
	case STORM_ARG_ADDRESS:
		return text_parse_ip(text, field);
	case STORM_ARG_SERVER:
		return parse_server(text, field);
	case STORM_ARG_NETWORK:
		return parse_network(text, field);
	case STORM_ARG_MAC:
		return text_parse_mac(text, field);
	case STORM_ARG_RETRY:
		return parse_retry(text, field);
	case STORM_ARG_LIST:
		return add_to_list(text, field);
	}
	return -EINVAL;
}

static void help_terms(const struct storm_terms *terms) {
	const char *name, *text;

	printf("\n%s\n", terms->title);
	for (uint32_t i = 0; terms->at(i, &name, &text); i++)
		printf("  %-24s %s\n", name, text);
}

static void help(const struct storm_command *command) {
	printf("usage: rouse-storm %s %s\n\n%s\n\n", command->name, command->usage,
		command->summary);
	for (const struct storm_arg *arg = command->args; arg->name; arg++) {
		char left[40];

		snprintf(left, sizeof(left), "--%s %s", arg->name, arg->value ? arg->value : "");
		printf("  %-24s %s\n", left, arg->help);
	}
	printf("  %-24s %s\n", "--help", "this text");
	for (const struct storm_terms *terms = command->terms; terms && terms->title; terms++)
		help_terms(terms);
	if (command->notes)
		printf("\n%s", command->notes);
}

static const struct storm_arg *find(const struct storm_command *command, const char *word) {
	size_t len = strcspn(word, "=");

	for (const struct storm_arg *arg = command->args; arg->name; arg++) {
		if (strlen(arg->name) == len && !memcmp(arg->name, word, len))
			return arg;
	}
	return NULL;
}

static void complain_value(const struct storm_command *command, const struct storm_arg *arg,
	const char *text, int err) {
	if (err == -ERANGE && arg->max)
		storm_complain(command, "--%s: '%s' is not between %llu and %llu", arg->name, text,
			(unsigned long long)arg->min, (unsigned long long)arg->max);
	else if (err == -E2BIG)
		storm_complain(
			command, "--%s is given more than %u times", arg->name, STORM_LIST_MAX);
	else
		storm_complain(command, "--%s: '%s' is no valid %s", arg->name, text, arg->value);
}

// One option at argv[*at]; its value may be the next word.
static int take_option(
	const struct storm_command *command, int argc, char **argv, int *at, void *settings) {
	const char *word = argv[*at] + 2;
	const struct storm_arg *arg = find(command, word);
	const char *text = strchr(word, '=');
	int err;

	if (!arg || (arg->kind == STORM_ARG_FLAG && text)) {
		storm_complain(command, "unknown option '%s'; see rouse-storm %s --help", argv[*at],
			command->name);
		return -EINVAL;
	}
	if (text)
		text++;
	else if (arg->kind != STORM_ARG_FLAG && *at + 1 < argc)
		text = argv[++*at];
	if (!text && arg->kind != STORM_ARG_FLAG) {
		storm_complain(command, "--%s needs a value", arg->name);
		return -EINVAL;
	}
	err = parse_value(arg, text, (char *)settings + arg->offset);
	if (err)
		complain_value(command, arg, text, err);
	return err ? -EINVAL : 0;
}

int storm_args_parse(
	const struct storm_command *command, int argc, char **argv, void *settings, int *words) {
	int count = 0;

	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			help(command);
			return 1;
		}
		if (!strncmp(argv[i], "--", 2)) {
			if (take_option(command, argc, argv, &i, settings) < 0)
				return -EINVAL;
			continue;
		}
		if (!words) {
			storm_complain(command, "unexpected word '%s'", argv[i]);
			return -EINVAL;
		}
		argv[count++] = argv[i];
	}
	if (words)
		*words = count;
	return 0;
}
