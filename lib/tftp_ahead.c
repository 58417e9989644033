// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Relies on tftp_session.h for what is acknowledged.

#include "tftp_ahead.h"

#include "tftp_session.h"

// Two gaps within two windows are no chance: the client's card has fewer buffers (rtl8139: five of
// these packets). When the last try of one more has led to it, the next one comes later.
void tftp_ahead_narrow(struct tftp_session *session) {
	uint16_t acked = (uint16_t)tftp_session_acked(session);

	if ((uint16_t)(acked - session->ahead_at) < 2u * session->ahead &&
		session->ahead > TFTP_AHEAD_MIN) {
		session->ahead--;
		if (session->ahead_tried && session->ahead_wait < TFTP_AHEAD_WAIT_MAX)
			session->ahead_wait++;
	}
	session->ahead_at = acked;
	session->ahead_tried = 0;
}

// After a run without a gap, longer after each try in vain.
void tftp_ahead_widen(struct tftp_session *session) {
	uint16_t acked = (uint16_t)tftp_session_acked(session);

	if (session->ahead >= TFTP_AHEAD ||
		(uint16_t)(acked - session->ahead_at) < TFTP_AHEAD_CLEAN << session->ahead_wait)
		return;
	if (session->ahead_tried && session->ahead_wait)
		session->ahead_wait--;
	session->ahead++;
	session->ahead_at = acked;
	session->ahead_tried = 1;
}
