// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The clients of a multicast group and which of them is the master (RFC 2090). One is, or one is
// being looked for: the oldest is asked, with an OACK that says mc=1, and the first to answer is
// it. While nobody answers, twice as many are asked each time, so that a hundred clients that have
// finished without a word, as iPXE does, cost no more time than a few. Who has been asked goes to
// the end of the line; who answers and is not needed, to its head. A client that never answers is
// let go when its patience would have ended, too.
//
// The members are records of the session table, linked to each other; the caller has their table,
// sends the OACKs and frees them. Time is an argument.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "shm_abi.h"
#include "tftp_stream.h"

#define TFTP_GROUPS     16u // at the same time, of one worker
#define TFTP_GROUP_NONE UINT32_MAX

// DATA 1 waits until nobody has joined for so long, but not longer than the most: machines that are
// switched on together ask together, and who has joined late costs every block again. A request
// that was lost comes again after 250 ms (iPXE).
#define TFTP_GROUP_GATHER_US     300000u
#define TFTP_GROUP_GATHER_MAX_US 1000000u

// Who listens says nothing, so nobody knows whether it has got its OACK; without it, it misses what
// is sent until it asks again, which may be after seconds. So it is sent a few more.
#define TFTP_GROUP_TELLS   3u
#define TFTP_GROUP_TELL_US 250000u

#define TFTP_GROUP_PROBES       5u       // OACKs without an answer after which others are asked
#define TFTP_GROUP_ROUND_US     20000u   // for an answer, before more are asked
#define TFTP_GROUP_ROUND_MAX_US 1000000u // when everybody has been asked
#define TFTP_GROUP_ASKS         8u       // of a client that has shown nothing but a request
#define TFTP_GROUP_STRAY_US     10000u   // between two OACKs with mc=0 for ACKs that nobody wants
#define TFTP_GROUP_STRAYS       50u      // of them in vain: the client is broken, and gets ERROR

struct tftp_group {
	uint32_t index; // of its own record; TFTP_GROUP_NONE: not in use
	uint32_t first; // member to be asked next
	uint32_t last;
	uint32_t count;
	uint32_t master; // TFTP_GROUP_NONE: being looked for
	uint32_t asks;   // members that are asked next, all at once
	uint32_t left;   // of them, in this round
	uint32_t round_us;
	uint64_t opened_us;
	uint64_t begins_us; // not before: DATA 1
	uint64_t tells_us;  // when those who have said nothing are sent an OACK again
	bool started;       // that time has come, and there was a master
	struct tftp_stream stream;
};

enum tftp_group_ack {
	TFTP_GROUP_MOVED,    // the master asks for more
	TFTP_GROUP_SAME,     // no progress
	TFTP_GROUP_MASTER,   // the member is the master from now on
	TFTP_GROUP_COMPLETE, // the member has everything: to be taken out
	TFTP_GROUP_STRAY,    // of a member that is not the master: it is to be told
	TFTP_GROUP_HUSHED,   // the same, but it was told a moment ago
	TFTP_GROUP_PERSISTS, // the same, again and again: to be taken out with an ERROR
	TFTP_GROUP_OLD,      // ignored
	TFTP_GROUP_AHEAD,    // of a block that was not sent: ignored
};

enum tftp_group_timer {
	TFTP_GROUP_WAIT,
	TFTP_GROUP_SEND,   // a block is due
	TFTP_GROUP_START,  // the same, and it is the first: all are told once more that it comes
	TFTP_GROUP_PROBE,  // the master is to be sent an OACK
	TFTP_GROUP_SILENT, // the same, of one that was the master until now; and others
	TFTP_GROUP_ASK,    // others are to be asked: tftp_group_next until there is none
};

// index: its record, in state SESSION_GROUP with blocks set and all that changes 0.
void tftp_group_begin(
	struct tftp_group *group, struct tftp_session *sessions, uint32_t index, uint64_t now_us);

// A record in state SESSION_MEMBER, all that changes 0, becomes the youngest member. It is to be
// sent an OACK.
void tftp_group_join(
	struct tftp_group *group, struct tftp_session *sessions, uint32_t member, uint64_t now_us);

// The request of a member has come again; it is to be sent an OACK.
void tftp_group_rejoin(struct tftp_group *group, uint32_t member);

// Takes a member out. If it was the master the timer is due at once.
void tftp_group_leave(
	struct tftp_group *group, struct tftp_session *sessions, uint32_t member, uint64_t now_us);

enum tftp_group_ack tftp_group_ack(struct tftp_group *group, struct tftp_session *sessions,
	uint32_t member, uint16_t block, uint64_t now_us);

// The deadline of the group's record has passed. sending: it waits for the port or its token.
enum tftp_group_timer tftp_group_timer(
	struct tftp_group *group, struct tftp_session *sessions, bool sending, uint64_t now_us);

// The member behind this one, in the order in which they are asked; TFTP_GROUP_NONE: it is the
// last.
static inline uint32_t tftp_group_after(const struct tftp_session *sessions, uint32_t member) {
	return sessions[member].member_next;
}

// A member that is to be asked now, with an OACK; TFTP_GROUP_NONE: no further one in this round.
uint32_t tftp_group_next(struct tftp_group *group, struct tftp_session *sessions, uint64_t now_us);

// A member that has not answered for as long as any client waits; TFTP_GROUP_NONE: there is none.
// To be taken out.
uint32_t tftp_group_lost(
	const struct tftp_group *group, const struct tftp_session *sessions, uint64_t now_us);

// Whether a block may leave now: one is due, and if it is the first, TFTP_GROUP_START was told.
static inline bool tftp_group_can_send(
	const struct tftp_group *group, const struct tftp_session *record) {
	return record->next && (record->highest || group->started);
}
