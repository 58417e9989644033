// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// How many blocks are sent ahead to a client that never asked for a window: TFTP_AHEAD at first, and
// fewer where its card has room for fewer. Called by the transfer engine alone (tftp_session.c), of
// sessions whose ahead is not 0.

#pragma once

#include "shm_abi.h"

// A block was lost and is sent again.
void tftp_ahead_narrow(struct tftp_session *session);

// The client has acknowledged more.
void tftp_ahead_widen(struct tftp_session *session);
