// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Multicast groups within the TFTP server (RFC 2090): one per version of a file, blksize and port,
// with a record and a TID of its own. A client's ACKs come to that TID, its OACKs from there, and
// DATA goes from there to the group's address. Its members are records of the table as well, found
// by address and port. For the parts of the server only.

#pragma once

#include "tftp_core.h"

// The record of the group for this image and blksize on the request's port, which is opened if
// there is none. TFTP_TABLE_NONE: there is no room, or clients that have shown nothing but a
// request hold all that they may. name: of the image, in the policy.
uint32_t tftp_multicast_group(struct tftp_server *server, const struct policy *policy,
	const struct tftp_input *input, const struct image_ref *image, uint16_t blksize, bool known,
	uint32_t name, struct rouse_now now);

// Closes a group that nobody has joined.
void tftp_multicast_release(struct tftp_server *server, uint32_t group, struct rouse_now now);

// A session that is in the table and whose constant part is filled in, but for its TID and CRC,
// becomes a member.
void tftp_multicast_join(struct tftp_server *server, uint32_t group, uint32_t member,
	uint32_t request_bytes, struct rouse_now now);

// The request of a member has come again: it gets its OACK again.
void tftp_multicast_rejoin(
	struct tftp_server *server, uint32_t member, uint32_t request_bytes, struct rouse_now now);

// A member is being closed. The group goes with its last one.
void tftp_multicast_leave(struct tftp_server *server, uint32_t member, struct rouse_now now);

// The file is gone: every member gets ERROR 0.
void tftp_multicast_abandon(struct tftp_server *server, uint32_t group, struct rouse_now now);

// A datagram to the TID of a group, the timer of one, and a packet of a group or a member that is
// due.
void tftp_multicast_packet(struct tftp_server *server, uint32_t group,
	const struct frame_view *frame, struct rouse_now now);
void tftp_multicast_timer(struct tftp_server *server, uint32_t group, struct rouse_now now);
void tftp_multicast_fill(struct tftp_server *server, struct tftp_session *session,
	struct tftp_packet *packet, struct rouse_now now);

// After a restart, before the table is adopted: a record that is good and has its pin goes on as a
// group, which is asked for its master at once; as a member of one. false: there is no room for
// another group, and its pin is given back.
bool tftp_multicast_resume_group(struct tftp_server *server, uint32_t group, struct rouse_now now);
void tftp_multicast_resume_member(
	struct tftp_server *server, uint32_t member, struct rouse_now now);
// Frees groups without members; returns how many.
uint32_t tftp_multicast_drop_empty(struct tftp_server *server);

// The group's record of a member, NULL of any other session.
const struct tftp_session *tftp_multicast_group_of(
	const struct tftp_server *server, const struct tftp_session *session);
