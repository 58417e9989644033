// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The TFTP read client of rouse-storm. Relies on storm_tftp_request.c for options; tftp runs and
// boot runs rely on it.

#include "storm_tftp_client.h"

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "storm_tftp_request.h"
#include "text.h"

enum {
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
	[STORM_TFTP_NO_OACK] = "no_oack",
};

const char *storm_tftp_failure_name(enum storm_tftp_failure failure) {
	return FAILURE_NAMES[failure];
}

static void reset_out(struct storm_tftp_out *out) {
	out->send_len = 0;
	out->copies = 1;
	out->join = false;
	out->data_len = 0;
	out->data = NULL;
}

static struct storm_peer server_of(const struct storm_tftp_client *c) {
	return (struct storm_peer){c->settings->server, c->tid ? c->tid : c->settings->port};
}

static void put_request(const struct storm_tftp_client *c, struct storm_tftp_out *out) {
	const struct storm_tftp_settings *s = c->settings;

	out->send_len = (uint16_t)storm_tftp_write_request(s, out->send, sizeof(out->send));
	out->to = (struct storm_peer){s->server, s->port};
}

static void put_ack_of(struct storm_tftp_client *c, uint16_t block, struct storm_tftp_out *out) {
	memcpy(out->send, (uint8_t[]){0, OP_ACK, (uint8_t)(block >> 8), (uint8_t)block}, 4);
	out->send_len = 4;
	out->to = server_of(c);
	c->in_window = 0;
	c->acks++;
}

static void put_one_ack(struct storm_tftp_client *c, struct storm_tftp_out *out) {
	put_ack_of(c, (uint16_t)(c->next - 1), out);
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
	if (c->deadline_us > give_up || (c->settings->mute && c->state == STORM_TFTP_TRANSFER))
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
	*c = (struct storm_tftp_client){
		.settings = settings,
		.asked = storm_tftp_asked_of(settings),
		.blksize = DEFAULT_BLKSIZE,
		.window = 1,
		.next = 1,
		.started_us = now_us,
	};
	progress(c, now_us);
	put_request(c, out);
	return out->send_len ? 0 : -ENAMETOOLONG;
}

// EDK2 wanted the size alone. Its words are "User aborted the transfer" (Mtftp4Impl.c).
static void end_probe(struct storm_tftp_client *c, struct storm_tftp_out *out) {
	put_error(out, server_of(c), ERROR_OPTION, "User aborted the transfer");
	c->state = STORM_TFTP_DONE;
	c->deadline_us = UINT64_MAX;
}

// RFC 2090: an OACK may come at any time and make the client the master, or no longer. The master
// answers with the block before the first that it lacks.
static void on_later_oack(struct storm_tftp_client *c, struct reader *r, uint64_t now_us,
	struct storm_tftp_out *out) {
	if (!storm_tftp_take_oack(c, r)) {
		c->malformed++;
		return;
	}
	if (c->state == STORM_TFTP_TRANSFER)
		progress(c, now_us);
	if (c->master)
		put_ack(c, out);
}

static void on_oack(struct storm_tftp_client *c, struct reader *r, uint64_t now_us,
	struct storm_tftp_out *out) {
	if (c->in_group) {
		on_later_oack(c, r, now_us, out);
		return;
	}
	if (c->state != STORM_TFTP_REQUESTED) {
		// Our ACK 0 was lost, or this OACK was late.
		c->duplicates++;
		if (c->oack && c->next == 1)
			put_ack(c, out);
		return;
	}
	if (!storm_tftp_take_oack(c, r)) {
		put_error(out, server_of(c), ERROR_OPTION, "option not asked for or out of range");
		fail(c, STORM_TFTP_BAD_OACK);
		return;
	}
	c->oack = true;
	c->state = STORM_TFTP_TRANSFER;
	progress(c, now_us);
	out->join = c->in_group;
	if (c->settings->probe)
		end_probe(c, out);
	else if (!c->in_group || c->master)
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

// Whether the bytes of a new block fit the size that was announced, and what they are.
static bool take_block(struct storm_tftp_client *c, uint64_t block, const uint8_t *data, size_t len,
	uint64_t now_us, struct storm_tftp_out *out) {
	if (c->tsize_known && c->bytes + len > c->tsize) {
		put_error(out, server_of(c), ERROR_ILLEGAL, "file is longer than its tsize");
		fail(c, STORM_TFTP_TOO_LONG);
		return false;
	}
	if (!c->first_us)
		c->first_us = now_us;
	out->data = data;
	out->data_len = (uint32_t)len;
	out->data_offset = (block - 1) * c->blksize;
	c->bytes += len;
	if (len < c->blksize)
		c->last = block;
	return true;
}

static void on_next_block(struct storm_tftp_client *c, const uint8_t *data, size_t len,
	uint64_t now_us, struct storm_tftp_out *out) {
	if (!take_block(c, c->next, data, len, now_us, out))
		return;
	// With it, what was kept behind it is whole.
	do {
		c->next++;
		c->kept >>= 1;
	} while (c->kept & 1);
	c->in_window++;
	c->gap = false;
	progress(c, now_us);
	if (c->in_window == c->window || c->last || c->settings->gap == STORM_TFTP_GAP_KEEP)
		put_ack(c, out);
	if (c->last && c->next > c->last)
		finish(c, now_us);
}

// RFC 7440 section 4: the last block in order is acknowledged, once per gap. A block number that
// does not rise means that the server went back and the missing block was lost again. Of the blocks
// that we have, only the one that our last ACK was for is answered again: it is the end of a window
// that the server repeats because that ACK was lost (RFC 1350 section 2 for lock-step). In the
// middle of a window it is a copy, and the window goes on.
static void answer_once(
	struct storm_tftp_client *c, uint16_t block, bool ahead, struct storm_tftp_out *out) {
	bool rising = (uint16_t)(block - c->gap_high - 1) < 0x8000;
	bool acked = c->in_window == 0 && block == (uint16_t)(c->next - 1);

	if (ahead ? !c->gap || !rising : acked)
		put_ack(c, out);
	if (ahead) {
		c->gap = true;
		c->gap_high = block;
	}
}

// iPXE marks what comes in a bitmap and answers with the block before its first gap, whatever came;
// each packet starts its timer anew (tftp_rx_data).
static void keep(struct storm_tftp_client *c, uint16_t ahead, const uint8_t *data, size_t len,
	uint64_t now_us, struct storm_tftp_out *out) {
	bool is_new = ahead < STORM_TFTP_KEEP && !(c->kept >> ahead & 1) &&
		      (!c->last || c->next + ahead < c->last);

	if (c->state == STORM_TFTP_TRANSFER)
		progress(c, now_us);
	if (is_new && !take_block(c, c->next + ahead, data, len, now_us, out))
		return;
	if (is_new)
		c->kept |= 1ull << ahead;
	put_ack(c, out);
}

static bool has_block(const struct storm_tftp_client *c, uint64_t block) {
	return block < STORM_TFTP_GROUP_BLOCKS && c->bitmap[block / 8] >> block % 8 & 1;
}

static void note_block(struct storm_tftp_client *c, uint16_t block) {
	c->bitmap[block / 8] |= (uint8_t)(1 << block % 8);
	c->ahead += block != c->next;
	while (has_block(c, c->next))
		c->next++;
}

// A block of the group, whoever asked for it. Who is complete says so, master or not.
static void on_group_block(struct storm_tftp_client *c, uint16_t block, const uint8_t *data,
	size_t len, uint64_t now_us, struct storm_tftp_out *out) {
	if (block == 0) {
		c->malformed++;
		return;
	}
	if (c->state != STORM_TFTP_TRANSFER)
		return;
	progress(c, now_us);
	if (has_block(c, block))
		c->duplicates++;
	else if (take_block(c, block, data, len, now_us, out))
		note_block(c, block);
	else
		return;
	if (c->last && c->next > c->last)
		finish(c, now_us);
	if (c->master || c->state == STORM_TFTP_LINGER)
		put_ack(c, out);
}

struct block {
	uint16_t number;
	uint16_t ahead; // of the expected one, modulo 2^16
	bool is_ahead;  // else we have it already
	const uint8_t *data;
	size_t len;
};

static void on_other_block(struct storm_tftp_client *c, const struct block *b, uint64_t now_us,
	struct storm_tftp_out *out) {
	if (b->is_ahead)
		c->ahead++;
	else
		c->duplicates++;
	switch (c->settings->gap) {
	case STORM_TFTP_GAP_ONCE:
		answer_once(c, b->number, b->is_ahead, out);
		break;
	case STORM_TFTP_GAP_EACH:
		put_ack(c, out);
		break;
	case STORM_TFTP_GAP_NACK:
		if (!c->gap)
			put_ack(c, out);
		c->gap = true;
		break;
	case STORM_TFTP_GAP_KEEP:
		keep(c, b->is_ahead ? b->ahead : UINT16_MAX, b->data, b->len, now_us, out);
		break;
	case STORM_TFTP_GAP_OLD:
		if (!b->is_ahead)
			put_ack_of(c, b->number, out);
		break;
	}
}

// RFC 2347: a server that knows no options starts at once, and that can only be with block 1.
static bool may_begin(struct storm_tftp_client *c, uint16_t block) {
	c->early |= c->settings->needs_oack && block == 1;
	return block == 1 && !c->settings->needs_oack;
}

static void on_data(struct storm_tftp_client *c, struct reader *r, uint64_t now_us,
	struct storm_tftp_out *out) {
	uint16_t block = reader_u16(r);
	struct block b = {block, (uint16_t)(block - (uint16_t)c->next)};
	uint16_t span = c->window > 0x8000 ? c->window : 0x8000;

	b.len = reader_left(r);
	b.is_ahead = c->state != STORM_TFTP_LINGER && b.ahead < span;
	c->data++;
	if (r->failed || b.len > c->blksize ||
		(c->state == STORM_TFTP_REQUESTED && !may_begin(c, block))) {
		c->malformed++;
		return;
	}
	b.data = r->data + r->at;
	if (c->in_group) {
		on_group_block(c, block, b.data, b.len, now_us, out);
		return;
	}
	if (c->state == STORM_TFTP_REQUESTED)
		c->state = STORM_TFTP_TRANSFER;
	if (c->settings->probe)
		end_probe(c, out);
	else if (b.is_ahead && b.ahead == 0)
		on_next_block(c, b.data, b.len, now_us, out);
	else
		on_other_block(c, &b, now_us, out);
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
		fail(c, c->early ? STORM_TFTP_NO_OACK
			: c->tid ? STORM_TFTP_STALLED
				 : STORM_TFTP_NO_ANSWER);
		return;
	}
	c->tries++;
	c->retransmissions++;
	arm(c, now_us);
	if (c->state == STORM_TFTP_REQUESTED)
		put_request(c, out);
	else if (!c->in_group || c->master)
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
