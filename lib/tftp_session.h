// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The transfer engine: one ACK engine for lock-step and windowed clients, over a struct
// tftp_session whose constant part is filled in. It decides which block is sent when; it knows no
// packets, lists or images. Blocks are counted in 64 bits; block n has the wire number n mod
// 65,536.
//
// Go-back-N: what is sent is always a run from acked + 1 on. Repeating is left to the timer and to
// ACKs that tell of a gap; a duplicate ACK alone never makes a block be sent again (the Sorcerer's
// Apprentice, RFC 1123 §4.2.3.1), it only shortens the timer of a session with more than one block
// in flight.
//
// Send-ahead: iPXE never asks for a window, but keeps every block that it gets and acknowledges
// each with the last one before its first gap. Such a session (ahead > 0) has up to ahead blocks in
// flight; of what is lost only the first missing block is sent again, and when its ACK tells that
// another is missing, that one at once. iPXE reads the high bits of a block's number out of its own
// first gap, so no block behind a multiple of 65,536 leaves while one before it is missing.
//
// Where two gaps follow each other closely fewer blocks are sent ahead, and one more again after a
// run without a gap.
//
// Pacing: each block moves the session's token bucket on (pace.h). burst packets may leave back to
// back; it is halved when something was lost, and grows by one with each window that arrives whole.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "pace.h"
#include "shm_abi.h"
#include "tftp.h"

enum tftp_ack_result {
	TFTP_ACK_STARTED,  // ACK 0 after the OACK
	TFTP_ACK_PROGRESS, // everything sent so far has arrived, or may have: then the
			   // deadline may be nearer now
	TFTP_ACK_GAP,      // progress, but the client has missed what followed: rewound
	TFTP_ACK_DONE,     // the last block has arrived
	TFTP_ACK_SAME,     // as before: ignored; the deadline may be nearer now
	TFTP_ACK_OLD,      // ignored
	TFTP_ACK_AHEAD,    // of a block that was not sent: ignored
};

enum tftp_timer_result {
	TFTP_TIMER_WAIT,         // nothing to send; a new deadline is set
	TFTP_TIMER_RESEND,       // the OACK, or blocks from acked + 1 on
	TFTP_TIMER_NO_ANSWER,    // the peer never answered: end
	TFTP_TIMER_GAVE_UP,      // it answered and has fallen silent: end
	TFTP_TIMER_NO_FINAL_ACK, // the same with every block sent: the client probably has the file
};

static inline uint64_t tftp_session_acked(const struct tftp_session *session) {
	return __atomic_load_n((const uint64_t *)&session->acked, __ATOMIC_RELAXED);
}

// Whether the peer has shown nothing but requests: no ACK of ours has come back.
static inline bool tftp_session_half_open(const struct tftp_session *session) {
	if (session->state == SESSION_OACK)
		return true;
	return tftp_session_acked(session) == 0 && !(session->flags & SESSION_HAS_OPTIONS);
}

// Sets the changing part for a request of request_bytes: an OACK is due, or DATA 1.
void tftp_session_begin(struct tftp_session *session, uint32_t request_bytes, uint64_t now_us);

// The request came again, while the session is half-open: the answer is due again.
void tftp_session_repeat(struct tftp_session *session, uint32_t request_bytes, uint64_t now_us);

// Goes on after a restart: everything from acked + 1 on is due, or the OACK.
void tftp_session_resume(struct tftp_session *session, uint64_t now_us);

enum tftp_ack_result tftp_session_ack(
	struct tftp_session *session, uint16_t wire_block, uint64_t now_us);

// The deadline has passed. sending: something of it waits for the port, so it is not the peer's
// fault.
enum tftp_timer_result tftp_session_timer(
	struct tftp_session *session, bool sending, uint64_t now_us);

// The last block that may be in flight now.
static inline uint64_t tftp_session_limit(const struct tftp_session *session) {
	uint64_t acked = tftp_session_acked(session);
	uint64_t limit = acked + session->windowsize;

	if (session->ahead) {
		uint64_t barrier = (acked + 1) | 0xffff;

		limit = acked + session->ahead < barrier ? acked + session->ahead : barrier;
	} else if (session->windowsize == 1 && session->retries &&
		   ((acked + 1) & 0xffff) == 0xffff) {
		// GRUB ignores a repeated block 65,535 once it waits for block 0, and does not
		// acknowledge it again: when an ACK was lost there, only block 0 itself goes on.
		limit++;
	}
	return limit < session->blocks ? limit : session->blocks;
}

// Whether a block may be sent now (in SESSION_SENDING).
static inline bool tftp_session_can_send(const struct tftp_session *session) {
	return session->next <= tftp_session_limit(session);
}

// How far ahead of its rate the session may be, in ns.
static inline uint64_t tftp_session_burst_ns(const struct tftp_session *session) {
	return (uint64_t)(session->burst - 1) * session->block_ns;
}

// Whether its token bucket lets a block leave.
static inline bool tftp_session_has_token(const struct tftp_session *session, uint64_t now_us) {
	return pace_ready(session->pace_ns, tftp_session_burst_ns(session), now_us * 1000);
}

// When half a burst more may leave, in us: waking up for less is not worth it. Not before there is
// a token.
static inline uint64_t tftp_session_token_us(const struct tftp_session *session) {
	uint64_t early_ns = tftp_session_burst_ns(session);
	uint64_t due_ns = session->pace_ns + session->burst / 2 * (uint64_t)session->block_ns;

	return due_ns > early_ns ? (due_ns - early_ns + 999) / 1000 : 0;
}

// Takes the block to send, which counts as sent; sets the deadline. tftp_session_can_send holds.
uint64_t tftp_session_take_block(struct tftp_session *session, uint64_t now_us);

// The OACK of oack_bytes is being sent.
void tftp_session_take_oack(struct tftp_session *session, uint32_t oack_bytes, uint64_t now_us);

// Bytes of the file that the peer has acknowledged.
uint64_t tftp_session_bytes(const struct tftp_session *session);
