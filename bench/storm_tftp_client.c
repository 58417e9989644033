// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The TFTP read client of rouse-storm. Relies on bytes.h and text.h; tftp runs and boot runs rely
// on it.

#include "storm_tftp_client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bytes.h"
#include "text.h"

enum {
	OP_RRQ = 1,
	OP_DATA = 3,
	OP_ACK = 4,
	OP_ERROR = 5,
	OP_OACK = 6,
};

enum {
	ERROR_ILLEGAL = 4,
	ERROR_TID = 5,
	ERROR_OPTION = 8,
};

#define DEFAULT_BLKSIZE 512u

static const char *const FAILURE_NAMES[STORM_TFTP_FAILURES] = {
	[STORM_TFTP_OK] = "ok",
	[STORM_TFTP_NO_ANSWER] = "no_answer",
	[STORM_TFTP_STALLED] = "stalled",
	[STORM_TFTP_ERROR] = "error_packet",
	[STORM_TFTP_BAD_OACK] = "bad_oack",
	[STORM_TFTP_TOO_LONG] = "longer_than_tsize",
	[STORM_TFTP_TOO_SHORT] = "shorter_than_tsize",
};

const char *storm_tftp_failure_name(enum storm_tftp_failure failure) {
	return FAILURE_NAMES[failure];
}

static void reset_out(struct storm_tftp_out *out) {
	out->send_len = 0;
	out->copies = 1;
	out->data_len = 0;
	out->data = NULL;
}

static struct storm_peer server_of(const struct storm_tftp_client *c) {
	return (struct storm_peer){c->settings->server, c->tid ? c->tid : c->settings->port};
}

static void put_option(struct writer *w, const char *name, uint32_t value) {
	char text[12];
	int len = snprintf(text, sizeof(text), "%u", value);

	writer_bytes(w, name, strlen(name) + 1);
	writer_bytes(w, text, (size_t)len + 1);
}

static void put_request(const struct storm_tftp_client *c, struct storm_tftp_out *out) {
	const struct storm_tftp_settings *s = c->settings;
	struct writer w = writer_of(out->send, sizeof(out->send));

	writer_u16(&w, OP_RRQ);
	writer_bytes(&w, s->name, strlen(s->name) + 1);
	writer_bytes(&w, "octet", 6);
	if (s->tsize)
		put_option(&w, "tsize", 0);
	if (s->blksize)
		put_option(&w, "blksize", s->blksize);
	if (s->timeout_s)
		put_option(&w, "timeout", s->timeout_s);
	if (s->windowsize)
		put_option(&w, "windowsize", s->windowsize);
	out->send_len = w.failed ? 0 : (uint16_t)w.at;
	out->to = (struct storm_peer){s->server, s->port};
}

static void put_one_ack(struct storm_tftp_client *c, struct storm_tftp_out *out) {
	uint16_t block = (uint16_t)(c->next - 1);

	out->send[0] = 0;
	out->send[1] = OP_ACK;
	out->send[2] = (uint8_t)(block >> 8);
	out->send[3] = (uint8_t)block;
	out->send_len = 4;
	out->to = server_of(c);
	c->in_window = 0;
	c->acks++;
}

static void put_ack(struct storm_tftp_client *c, struct storm_tftp_out *out) {
	put_one_ack(c, out);
	out->copies = (uint16_t)(1 + c->settings->extra_acks);
	c->extra_acks += c->settings->extra_acks;
}

static void put_error(
	struct storm_tftp_out *out, struct storm_peer to, uint16_t code, const char *text) {
	struct writer w = writer_of(out->send, sizeof(out->send));

	writer_u16(&w, OP_ERROR);
	writer_u16(&w, code);
	writer_bytes(&w, text, strlen(text) + 1);
	out->send_len = (uint16_t)w.at;
	out->to = to;
}

static void fail(struct storm_tftp_client *c, enum storm_tftp_failure failure) {
	c->state = STORM_TFTP_FAILED;
	c->failure = failure;
	c->deadline_us = UINT64_MAX;
}

static void arm(struct storm_tftp_client *c, uint64_t now_us) {
	uint64_t give_up = c->progress_us + c->settings->give_up_us;

	c->deadline_us = now_us + storm_retry_wait(&c->settings->retry, c->tries);
	if (c->deadline_us > give_up)
		c->deadline_us = give_up;
}

static void progress(struct storm_tftp_client *c, uint64_t now_us) {
	c->tries = 0;
	c->progress_us = now_us;
	arm(c, now_us);
}

int storm_tftp_start(struct storm_tftp_client *c, const struct storm_tftp_settings *settings,
	uint64_t now_us, struct storm_tftp_out *out) {
	reset_out(out);
	if (strlen(settings->name) > 400)
		return -ENAMETOOLONG;
	*c = (struct storm_tftp_client){
		.settings = settings,
		.blksize = DEFAULT_BLKSIZE,
		.window = 1,
		.next = 1,
		.started_us = now_us,
	};
	progress(c, now_us);
	put_request(c, out);
	return 0;
}

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

// RFC 2347: an option that was not asked for, or a value that its RFC forbids, ends the transfer.
static bool take_option(struct storm_tftp_client *c, const char *name, const char *text) {
	const struct storm_tftp_settings *s = c->settings;
	uint64_t value;

	if (parse_number(text, &value) < 0)
		return false;
	if (!strcasecmp(name, "blksize")) {
		c->blksize = (uint16_t)value;
		return s->blksize && value >= 8 && value <= s->blksize;
	}
	if (!strcasecmp(name, "windowsize")) {
		c->window = (uint16_t)value;
		return s->windowsize && value >= 1 && value <= s->windowsize;
	}
	if (!strcasecmp(name, "tsize")) {
		c->tsize = value;
		c->tsize_known = true;
		return s->tsize;
	}
	return !strcasecmp(name, "timeout") && s->timeout_s && value == s->timeout_s;
}

// The string at the reader, or NULL if its NUL is missing.
static const char *take_string(struct reader *r) {
	size_t left = reader_left(r);
	const uint8_t *end = left ? memchr(r->data + r->at, 0, left) : NULL;

	if (!end)
		return NULL;
	return (const char *)reader_take(r, (size_t)(end - r->data) - r->at + 1);
}

static bool take_options(struct storm_tftp_client *c, struct reader *r) {
	while (reader_left(r)) {
		const char *name = take_string(r);
		const char *value = name ? take_string(r) : NULL;

		if (!value || !take_option(c, name, value))
			return false;
	}
	return true;
}

static void on_oack(struct storm_tftp_client *c, struct reader *r, uint64_t now_us,
	struct storm_tftp_out *out) {
	if (c->state != STORM_TFTP_REQUESTED) {
		// Our ACK 0 was lost, or this OACK was late.
		c->duplicates++;
		if (c->oack && c->next == 1)
			put_ack(c, out);
		return;
	}
	if (!take_options(c, r)) {
		put_error(out, server_of(c), ERROR_OPTION, "option not asked for or out of range");
		fail(c, STORM_TFTP_BAD_OACK);
		return;
	}
	c->oack = true;
	c->state = STORM_TFTP_TRANSFER;
	progress(c, now_us);
	put_ack(c, out);
}

static void finish(struct storm_tftp_client *c, uint64_t now_us) {
	c->last_us = now_us;
	if (c->tsize_known && c->bytes < c->tsize) {
		fail(c, STORM_TFTP_TOO_SHORT);
		return;
	}
	c->state = STORM_TFTP_LINGER;
	c->deadline_us = now_us + c->settings->linger_us;
}

static void on_next_block(struct storm_tftp_client *c, const uint8_t *data, size_t len,
	uint64_t now_us, struct storm_tftp_out *out) {
	if (c->tsize_known && c->bytes + len > c->tsize) {
		put_error(out, server_of(c), ERROR_ILLEGAL, "file is longer than its tsize");
		fail(c, STORM_TFTP_TOO_LONG);
		return;
	}
	if (c->next == 1)
		c->first_us = now_us;
	out->data = data;
	out->data_len = (uint32_t)len;
	out->data_offset = c->bytes;
	c->bytes += len;
	c->next++;
	c->in_window++;
	c->gap = false;
	progress(c, now_us);
	if (c->in_window == c->window || len < c->blksize)
		put_ack(c, out);
	if (len < c->blksize)
		finish(c, now_us);
}

// RFC 7440 section 4: the last block in order is acknowledged, once per gap. A block number that
// does not rise means that the server went back and the missing block was lost again.
static void on_block_ahead(
	struct storm_tftp_client *c, uint16_t block, struct storm_tftp_out *out) {
	bool rising = (uint16_t)(block - c->gap_high - 1) < 0x8000;

	c->ahead++;
	if (!c->gap || !rising)
		put_ack(c, out);
	c->gap = true;
	c->gap_high = block;
}

// Only the block before the expected one is answered again: it is the end of a window that the
// server repeats because our ACK was lost (RFC 1350 section 2 for lock-step).
static void on_block_again(
	struct storm_tftp_client *c, uint16_t block, struct storm_tftp_out *out) {
	c->duplicates++;
	if (block == (uint16_t)(c->next - 1))
		put_ack(c, out);
}

static void on_data(struct storm_tftp_client *c, struct reader *r, uint64_t now_us,
	struct storm_tftp_out *out) {
	uint16_t block = reader_u16(r);
	size_t len = reader_left(r);
	uint16_t ahead = (uint16_t)(block - (uint16_t)c->next);
	uint16_t span = c->window > 0x8000 ? c->window : 0x8000;

	c->data++;
	// RFC 2347: a server that knows no options starts at once, and that can only be with
	// block 1.
	if (r->failed || len > c->blksize || (c->state == STORM_TFTP_REQUESTED && block != 1)) {
		c->malformed++;
		return;
	}
	if (c->state == STORM_TFTP_REQUESTED)
		c->state = STORM_TFTP_TRANSFER;
	if (c->state == STORM_TFTP_LINGER || ahead >= span)
		on_block_again(c, block, out);
	else if (ahead == 0)
		on_next_block(c, r->data + r->at, len, now_us, out);
	else
		on_block_ahead(c, block, out);
}

static void on_error(struct storm_tftp_client *c, struct reader *r) {
	c->error_code = reader_u16(r);
	if (r->failed) {
		c->malformed++;
		return;
	}
	// After the last block an ERROR changes nothing: the file is whole.
	if (c->state == STORM_TFTP_LINGER)
		return;
	text_clean(r->data + r->at, strnlen((const char *)r->data + r->at, reader_left(r)),
		c->error_text, sizeof(c->error_text));
	fail(c, STORM_TFTP_ERROR);
}

// RFC 1350 section 4: a stranger's packet gets ERROR 5 and does not disturb the transfer; an ERROR
// is never answered.
static bool is_from_server(struct storm_tftp_client *c, struct storm_peer from, uint16_t opcode,
	struct storm_tftp_out *out) {
	if (from.address == c->settings->server && (!c->tid || from.port == c->tid))
		return true;
	c->foreign++;
	if (opcode == OP_DATA || opcode == OP_OACK)
		put_error(out, from, ERROR_TID, "unknown transfer ID");
	return false;
}

void storm_tftp_input(struct storm_tftp_client *c, struct storm_peer from, const uint8_t *packet,
	size_t len, uint64_t now_us, struct storm_tftp_out *out) {
	struct reader r = reader_of(packet, len);
	uint16_t opcode = reader_u16(&r);

	reset_out(out);
	if (c->state == STORM_TFTP_DONE || c->state == STORM_TFTP_FAILED)
		return;
	if (!is_from_server(c, from, opcode, out))
		return;
	if (opcode != OP_DATA && opcode != OP_OACK && opcode != OP_ERROR) {
		c->malformed++;
		return;
	}
	if (!c->tid) {
		c->tid = from.port;
		c->answered_us = now_us;
	}
	switch (opcode) {
	case OP_DATA:
		on_data(c, &r, now_us, out);
		break;
	case OP_OACK:
		on_oack(c, &r, now_us, out);
		break;
	case OP_ERROR:
		on_error(c, &r);
		break;
	}
}

static void retransmit(struct storm_tftp_client *c, uint64_t now_us, struct storm_tftp_out *out) {
	if (now_us >= c->progress_us + c->settings->give_up_us) {
		fail(c, c->tid ? STORM_TFTP_STALLED : STORM_TFTP_NO_ANSWER);
		return;
	}
	c->tries++;
	c->retransmissions++;
	arm(c, now_us);
	if (c->state == STORM_TFTP_REQUESTED)
		put_request(c, out);
	else
		put_one_ack(c, out);
}

void storm_tftp_tick(struct storm_tftp_client *c, uint64_t now_us, struct storm_tftp_out *out) {
	reset_out(out);
	if (now_us < c->deadline_us)
		return;
	switch (c->state) {
	case STORM_TFTP_REQUESTED:
	case STORM_TFTP_TRANSFER:
		retransmit(c, now_us, out);
		break;
	case STORM_TFTP_LINGER:
		c->state = STORM_TFTP_DONE;
		c->deadline_us = UINT64_MAX;
		break;
	case STORM_TFTP_DONE:
	case STORM_TFTP_FAILED:
		break;
	}
}
