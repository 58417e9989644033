// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The ACK engine and the retransmission timer. The rules come from what receivers do on a gap:
// EDK2 acknowledges every packet out of order, U-Boot and atftp exactly one, and both expect a full
// window from there on; lock-step clients repeat their ACK when they time out, GRUB never does.

#include "tftp_session.h"

#include "tftp_ahead.h"
#include "tftp_packet.h"

static void set_acked(struct tftp_session *session, uint64_t acked) {
	__atomic_store_n((uint64_t *)&session->acked, acked, __ATOMIC_RELAXED);
}

static uint32_t rto_cap(const struct tftp_session *session) {
	if (session->timeout_us && session->timeout_us < TFTP_RTO_CAP_US)
		return session->timeout_us;
	return TFTP_RTO_CAP_US;
}

static uint32_t clamp(uint64_t value, uint32_t min, uint32_t max) {
	return value < min ? min : value > max ? max : (uint32_t)value;
}

static void rewind_to_acked(struct tftp_session *session, enum session_rewind why) {
	session->next = tftp_session_acked(session) + 1;
	session->rewound_to = (uint32_t)session->highest;
	session->timed_block = 0;
	session->rewinding = (uint8_t)why;
}

static uint8_t first_burst(const struct tftp_session *session) {
	uint8_t burst = session->burst_max < TFTP_BURST ? session->burst_max : TFTP_BURST;

	return burst ? burst : 1;
}

// What was lost may have been lost because it came too fast. It is when the first lost block is
// sent again that it counts as lost: after doubled packets EDK2 tells of gaps that its next ACK
// closes.
static void shrink_burst(struct tftp_session *session) {
	if (session->burst > 1)
		session->burst /= 2;
}

static void grow_burst(struct tftp_session *session) {
	if (session->burst < session->burst_max)
		session->burst++;
}

void tftp_session_begin(struct tftp_session *session, uint32_t request_bytes, uint64_t now_us) {
	set_acked(session, 0);
	session->state = session->flags & SESSION_HAS_OPTIONS ? SESSION_OACK : SESSION_SENDING;
	session->next = 1;
	session->highest = 0;
	session->sent_us = 0;
	session->timed_block = 0;
	session->srtt_us = 0;
	session->rto_us = clamp(TFTP_RTO_INITIAL_US, TFTP_RTO_FLOOR_US, rto_cap(session));
	session->retries = 0;
	session->rewinding = REWIND_NONE;
	session->rewound_to = 0;
	session->retransmitted = 0;
	session->last_seen_us = now_us;
	session->bytes_from_peer = request_bytes;
	session->bytes_to_peer = 0;
	session->burst = first_burst(session);
	session->pace_ns = 0;
	session->deadline_us = now_us + session->rto_us;
}

void tftp_session_repeat(struct tftp_session *session, uint32_t request_bytes, uint64_t now_us) {
	session->bytes_from_peer += request_bytes;
	session->last_seen_us = now_us;
	session->timed_block = 0;
	session->sent_us = 0;
	session->next = 1;
}

void tftp_session_resume(struct tftp_session *session, uint64_t now_us) {
	uint64_t acked = tftp_session_acked(session);
	uint64_t limit = acked + session->windowsize;

	session->next = acked + 1;
	// The dead process may have sent this far, so an ACK may speak of it.
	session->highest = limit < session->blocks ? limit : session->blocks;
	if (session->state == SESSION_OACK)
		session->highest = 0;
	session->sent_us = 0;
	session->timed_block = 0;
	session->srtt_us = 0;
	session->rto_us = clamp(TFTP_RTO_INITIAL_US, TFTP_RTO_FLOOR_US, rto_cap(session));
	// How often DATA 1 went to an unproven peer is not known: it gets no more until it asks.
	session->retries = tftp_session_half_open(session) ? TFTP_UNPROVEN_REPEATS : 0;
	session->rewinding = REWIND_TIMED;
	session->rewound_to = (uint32_t)session->highest;
	session->retransmitted = 0;
	session->last_seen_us = now_us;
	session->burst = first_burst(session);
	session->pace_ns = 0;
	session->ahead = 0;
	session->deadline_us = now_us + session->rto_us;
}

// RFC 6298 without the variance: four times the smoothed round trip leaves as much room.
static void measure(struct tftp_session *session, uint64_t now_us) {
	uint32_t sample = clamp(now_us - session->sent_us, 1, TFTP_RTO_CAP_US);

	if (session->srtt_us == 0)
		session->srtt_us = sample;
	else
		session->srtt_us += sample / 8 - session->srtt_us / 8;
	session->rto_us = clamp(4ULL * session->srtt_us, TFTP_RTO_FLOOR_US, rto_cap(session));
}

// From a packet sent until the timer acts. A hint without a round trip known gets the shortest time
// that suits any client.
static uint32_t wait_us(const struct tftp_session *session) {
	if (session->rewinding != REWIND_HINTED)
		return session->rto_us;
	if (!session->srtt_us)
		return clamp(TFTP_RTO_FLOOR_US, 1, session->rto_us);
	return clamp(2ULL * session->srtt_us, TFTP_HINT_FLOOR_US, session->rto_us);
}

// The client may have told of a gap. The timer is brought forward so that it acts in two round
// trips from the last packet sent unless progress shows that nothing was lost.
static void hint(struct tftp_session *session) {
	uint64_t acked = tftp_session_acked(session);

	// With one block in flight, as always with a window of 1, no gap can be seen.
	if (session->rewinding != REWIND_NONE || acked == 0 || session->highest < acked + 2)
		return;
	// What follows a gap is acknowledged when the gap is closed, and tells nothing of the round
	// trip: were it measured, each gap would make the next one last longer.
	if (session->ahead)
		session->timed_block = 0;
	session->rewinding = REWIND_HINTED;
	session->deadline_us -= session->rto_us - wait_us(session);
}

// With a window it may be the client's only word about a gap at the window's first block, or a
// duplicate of the network's; both look alike.
static enum tftp_ack_result same_ack(struct tftp_session *session) {
	// Before the first window is through nobody knows how long the client takes for one. When
	// sending ahead there is no window: each block is acknowledged.
	if (session->srtt_us || session->ahead)
		hint(session);
	return TFTP_ACK_SAME;
}

static enum tftp_ack_result start(
	struct tftp_session *session, uint16_t wire_block, uint64_t now_us) {
	if (wire_block != 0)
		return TFTP_ACK_AHEAD;
	if (session->sent_us)
		measure(session, now_us);
	session->state = SESSION_SENDING;
	session->retries = 0;
	session->last_seen_us = now_us;
	return TFTP_ACK_STARTED;
}

// An ACK in the middle of a window tells of a gap, or of a packet that came twice, or late: then
// the next ACK is close behind, and nothing has to be sent again. So what was rewound waits for a
// quarter of a round trip, as TCP does (RFC 8985 §6.2), by having no tokens until then.
static void hold(struct tftp_session *session, uint64_t now_us) {
	uint64_t wait_us = clamp(session->srtt_us / 4, TFTP_HOLD_MIN_US, TFTP_HOLD_MAX_US);
	uint64_t until_ns = (now_us + wait_us) * 1000 + tftp_session_burst_ns(session);

	if (session->pace_ns < until_ns)
		session->pace_ns = until_ns;
}

// Whether an ACK in the middle of what was sent is for a copy of a block that the client had before
// the rewind, so that what it lacks is on its way. After a gap the client has nothing of what is
// repeated, unless there was no gap: then it has all of it.
static bool tells_of_copy(const struct tftp_session *session, uint64_t block) {
	return session->rewinding == REWIND_TIMED ||
	       (session->rewinding == REWIND_SENT && session->rewound_to == (uint32_t)block);
}

// Whether the ACK may be for what was sent before the rewind, while the timed block is one
// repeated. Not when sending ahead: nothing but the missing block moves that client's ACK on.
static bool may_be_of_first_copy(const struct tftp_session *session, uint64_t block) {
	return !session->ahead && session->rewinding == REWIND_SENT &&
	       session->rewound_to == (uint32_t)block && session->timed_block != block;
}

// A sample of the first window replaces that of the OACK, which tells little of a window's.
static void measure_window(struct tftp_session *session, uint64_t block, uint64_t now_us) {
	if (!session->timed_block || block < session->timed_block)
		return;
	if (!may_be_of_first_copy(session, block)) {
		if (tftp_session_acked(session) == 0)
			session->srtt_us = 0;
		measure(session, now_us);
	}
	session->timed_block = 0;
}

// Whether the client, which keeps what comes behind a gap, lacks another block of those that were
// out when the gap was told: that was lost as well, and nothing else would tell of it before the
// timer (RFC 6582's partial acknowledgment).
static bool tells_of_second_gap(const struct tftp_session *session, uint64_t block) {
	return session->ahead && session->rewinding == REWIND_SENT &&
	       (int32_t)(session->rewound_to - (uint32_t)block) > 0;
}

static enum tftp_ack_result repeat_second_gap(struct tftp_session *session) {
	session->next = tftp_session_acked(session) + 1;
	session->timed_block = 0;
	session->rewinding = REWIND_SENT; // up to the same block as before
	return TFTP_ACK_GAP;
}

static enum tftp_ack_result advance(struct tftp_session *session, uint64_t block, uint64_t now_us) {
	bool copy = session->windowsize > 1 && tells_of_copy(session, block);
	bool second_gap = tells_of_second_gap(session, block);
	uint64_t sent;

	measure_window(session, block, now_us);
	set_acked(session, block);
	session->retries = 0;
	session->rewinding = REWIND_NONE;
	session->last_seen_us = now_us;
	if (block == session->blocks)
		return TFTP_ACK_DONE;
	if (second_gap)
		return repeat_second_gap(session);
	// With a window of 1 more than one block is out only when sending ahead, where the client
	// keeps what comes behind a gap, and after the pair at the wrap.
	if (block < session->highest && session->windowsize > 1 && !copy) {
		rewind_to_acked(session, REWIND_SENT);
		hold(session, now_us);
		return TFTP_ACK_GAP;
	}
	grow_burst(session);
	if (session->ahead)
		tftp_ahead_widen(session);
	// EDK2 begins its window anew with each ACK for a copy. A rewind would make further copies,
	// and these further such ACKs, to the end of the file.
	sent = copy ? block : session->highest;
	if (session->next <= sent)
		session->next = sent + 1;
	// After a rewind by the timer it may be the client's one ACK for a gap in what was
	// repeated.
	if (copy)
		hint(session);
	return TFTP_ACK_PROGRESS;
}

enum tftp_ack_result tftp_session_ack(
	struct tftp_session *session, uint16_t wire_block, uint64_t now_us) {
	uint64_t acked = tftp_session_acked(session);
	uint16_t ahead = (uint16_t)(wire_block - (uint16_t)acked);

	if (session->state == SESSION_OACK)
		return start(session, wire_block, now_us);
	if (ahead == 0) {
		if (!tftp_session_half_open(session))
			session->last_seen_us = now_us;
		return same_ack(session);
	}
	if (acked + ahead <= session->highest)
		return advance(session, acked + ahead, now_us);
	return ahead > UINT16_MAX / 2 ? TFTP_ACK_OLD : TFTP_ACK_AHEAD;
}

// How long a silent peer is kept, by what it said about its own timer.
static uint64_t patience(const struct tftp_session *session) {
	return clamp((uint64_t)session->timeout_us * TFTP_PATIENCE_TIMEOUTS, TFTP_PATIENCE_US,
		TFTP_PATIENCE_MAX_US);
}

static void back_off(struct tftp_session *session, uint64_t now_us) {
	session->rto_us = clamp(2ULL * session->rto_us, TFTP_RTO_FLOOR_US, rto_cap(session));
	session->deadline_us = now_us + session->rto_us;
	session->retries++;
}

// A peer that has shown nothing but a request, which may carry somebody else's address, gets
// little.
static bool may_repeat(const struct tftp_session *session) {
	if (session->state == SESSION_OACK)
		return session->bytes_to_peer + tftp_packet_oack_len(session) <=
		       (uint64_t)TFTP_UNPROVEN_FACTOR * session->bytes_from_peer;
	return session->retries < TFTP_UNPROVEN_REPEATS;
}

static enum tftp_timer_result half_open_timer(struct tftp_session *session, uint64_t now_us) {
	if (!may_repeat(session)) {
		session->deadline_us = session->last_seen_us + patience(session);
		return TFTP_TIMER_WAIT;
	}
	back_off(session, now_us);
	session->sent_us = 0;
	session->timed_block = 0;
	session->next = 1;
	return TFTP_TIMER_RESEND;
}

// What it means that the peer has been silent for so long.
static enum tftp_timer_result end_of(const struct tftp_session *session) {
	if (tftp_session_half_open(session))
		return TFTP_TIMER_NO_ANSWER;
	return session->highest == session->blocks ? TFTP_TIMER_NO_FINAL_ACK : TFTP_TIMER_GAVE_UP;
}

static enum tftp_timer_result running_timer(struct tftp_session *session, uint64_t now_us) {
	bool hinted = session->rewinding == REWIND_HINTED;
	uint64_t timed_block = session->timed_block;

	// After a hint nothing is in flight any more: what the client lacks was lost, as after a
	// gap.
	rewind_to_acked(session, hinted ? REWIND_SENT : REWIND_TIMED);
	if (!hinted) {
		back_off(session, now_us);
		return TFTP_TIMER_RESEND;
	}
	// A wrong hint means that the window takes longer than was known. Were it not timed,
	// because it is sent twice, the next hint would be as wrong; timed from its first copy it
	// is at worst believed to take too long.
	session->timed_block = timed_block;
	session->deadline_us = now_us + session->rto_us;
	return TFTP_TIMER_RESEND;
}

enum tftp_timer_result tftp_session_timer(
	struct tftp_session *session, bool sending, uint64_t now_us) {
	if (now_us >= session->last_seen_us + patience(session) ||
		session->retries >= TFTP_RETRIES_MAX)
		return end_of(session);
	if (sending) {
		session->deadline_us = now_us + session->rto_us;
		return TFTP_TIMER_WAIT;
	}
	return tftp_session_half_open(session) ? half_open_timer(session, now_us)
					       : running_timer(session, now_us);
}

// Karn's rule spares a repeated block whose ACK may be for its first copy. After a gap it cannot
// be: the client has told that it lacks this one. Where each window has its gap there is no other
// sample, and what the timer has backed off would stay.
static void take_lost(struct tftp_session *session, uint64_t block, uint64_t now_us) {
	shrink_burst(session);
	if (session->rewinding != REWIND_SENT || session->timed_block)
		return;
	session->timed_block = block;
	session->sent_us = now_us;
}

uint64_t tftp_session_take_block(struct tftp_session *session, uint64_t now_us) {
	uint64_t block = session->next++;

	session->pace_ns = pace_take(session->pace_ns, session->block_ns, now_us * 1000);
	if (block <= session->highest) {
		session->retransmitted++;
		if (block == tftp_session_acked(session) + 1)
			take_lost(session, block, now_us);
		if (session->ahead) { // the client has what came behind the gap
			tftp_ahead_narrow(session);
			session->next = session->highest + 1;
		}
	} else {
		session->highest = block;
		// The block that ends a window is acknowledged at once; Karn: never one sent twice.
		if (!session->timed_block && block == tftp_session_limit(session)) {
			session->timed_block = block;
			session->sent_us = now_us;
		}
	}
	session->deadline_us = now_us + wait_us(session);
	return block;
}

void tftp_session_take_oack(struct tftp_session *session, uint32_t oack_bytes, uint64_t now_us) {
	session->sent_us = session->bytes_to_peer == 0 ? now_us : 0;
	session->bytes_to_peer += oack_bytes;
	session->deadline_us = now_us + session->rto_us;
}

uint64_t tftp_session_bytes(const struct tftp_session *session) {
	uint64_t acked = tftp_session_acked(session);

	return acked >= session->blocks ? session->size : acked * session->blksize;
}
