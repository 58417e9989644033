// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Requests and OACKs of the TFTP client. A model of a real client brings its options as the bytes
// that stand on the wire, so that names, order and values are exactly its own.

#include "storm_tftp_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { OP_RRQ = 1 };

// Digits up to a NUL that the caller has found; anything else is -EINVAL.
static int parse_number(const char *text, uint64_t *value) {
	uint64_t n = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || n > (UINT64_MAX - 9) / 10)
			return -EINVAL;
		n = n * 10 + (uint64_t)(*text - '0');
	}
	*value = n;
	return 0;
}

// The string at the reader, or NULL if its NUL is missing.
static const char *take_string(struct reader *r) {
	size_t left = reader_left(r);
	const uint8_t *end = left ? memchr(r->data + r->at, 0, left) : NULL;

	if (!end)
		return NULL;
	return (const char *)reader_take(r, (size_t)(end - r->data) - r->at + 1);
}

static void ask(struct storm_tftp_asked *asked, const char *name, const char *text) {
	uint64_t value;

	if (parse_number(text, &value) < 0 || value > UINT16_MAX)
		return;
	if (!strcasecmp(name, "blksize"))
		asked->blksize = (uint16_t)value;
	if (!strcasecmp(name, "windowsize"))
		asked->windowsize = (uint16_t)value;
	if (!strcasecmp(name, "timeout"))
		asked->timeout_s = (uint8_t)value;
	if (!strcasecmp(name, "tsize"))
		asked->tsize = true;
}

struct storm_tftp_asked storm_tftp_asked_of(const struct storm_tftp_settings *s) {
	struct storm_tftp_asked asked = {0};
	struct reader r = reader_of(s->options, s->options_len);
	const char *name, *value;

	if (!s->options)
		return (struct storm_tftp_asked){
			s->blksize, s->windowsize, s->timeout_s, s->tsize, s->multicast};
	while ((name = take_string(&r)) && (value = take_string(&r)))
		ask(&asked, name, value);
	return asked;
}

static void put_option(struct writer *w, const char *name, uint32_t value) {
	char text[12];
	int len = snprintf(text, sizeof(text), "%u", value);

	writer_bytes(w, name, strlen(name) + 1);
	writer_bytes(w, text, (size_t)len + 1);
}

static void put_options(struct writer *w, const struct storm_tftp_settings *s) {
	if (s->options) {
		writer_bytes(w, s->options, s->options_len);
		return;
	}
	if (s->tsize)
		put_option(w, "tsize", 0);
	if (s->blksize)
		put_option(w, "blksize", s->blksize);
	if (s->timeout_s)
		put_option(w, "timeout", s->timeout_s);
	if (s->windowsize)
		put_option(w, "windowsize", s->windowsize);
	if (s->multicast)
		writer_bytes(w, "multicast\0", 11);
}

size_t storm_tftp_write_request(const struct storm_tftp_settings *s, uint8_t *packet, size_t size) {
	struct writer w = writer_of(packet, size);

	writer_u16(&w, OP_RRQ);
	writer_bytes(&w, s->name, strlen(s->name) + 1);
	writer_bytes(&w, "octet", 6);
	put_options(&w, s);
	return w.failed ? 0 : w.at;
}

// Whether raw options name it: a capture may ask for what this client knows nothing of.
static bool is_named(const struct storm_tftp_settings *s, const char *wanted) {
	struct reader r = reader_of(s->options, s->options ? s->options_len : 0);
	const char *name;

	while ((name = take_string(&r)) && take_string(&r)) {
		if (!strcasecmp(name, wanted))
			return true;
	}
	return false;
}

// RFC 2090: addr,port,mc; the first two may be empty where they are known.
static bool take_group(struct storm_tftp_client *c, const char *text) {
	unsigned a[4], port, master;
	char rest;

	if (!c->asked.multicast)
		return false;
	if (sscanf(text, "%3u.%3u.%3u.%3u,%5u,%1u%c", &a[0], &a[1], &a[2], &a[3], &port, &master,
		    &rest) == 6) {
		c->group = (struct storm_peer){
			a[0] << 24 | a[1] << 16 | a[2] << 8 | a[3], (uint16_t)port};
	} else if (!c->in_group || sscanf(text, ",,%1u%c", &master, &rest) != 1) {
		return false;
	}
	c->in_group = true;
	c->master = master == 1;
	return c->group.address >> 28 == 14 && master <= 1;
}

static bool take_option(struct storm_tftp_client *c, const char *name, const char *text) {
	const struct storm_tftp_asked *asked = &c->asked;
	uint64_t value;

	if (!strcasecmp(name, "multicast"))
		return take_group(c, text);
	if (parse_number(text, &value) < 0)
		return false;
	if (!strcasecmp(name, "blksize")) {
		c->blksize = (uint16_t)value;
		return asked->blksize && value >= 8 && value <= asked->blksize;
	}
	if (!strcasecmp(name, "windowsize")) {
		c->window = (uint16_t)value;
		return asked->windowsize && value >= 1 && value <= asked->windowsize;
	}
	if (!strcasecmp(name, "tsize")) {
		c->tsize = value;
		c->tsize_known = true;
		return asked->tsize;
	}
	if (!strcasecmp(name, "timeout"))
		return asked->timeout_s && value == asked->timeout_s;
	return is_named(c->settings, name);
}

bool storm_tftp_take_oack(struct storm_tftp_client *c, struct reader *r) {
	while (reader_left(r)) {
		const char *name = take_string(r);
		const char *value = name ? take_string(r) : NULL;

		if (!value || !take_option(c, name, value))
			return false;
	}
	return true;
}
