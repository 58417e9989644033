// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// From frames to the TFTP server of lib, and what a new outlook means for it.

#pragma once

#include <stdint.h>

#include "frame.h"
#include "outlook.h"

struct worker;

// A datagram to port 69, and one to a TID of this worker.
void tftp_glue_request(struct worker *w, uint16_t port, const struct frame_view *view);
void tftp_glue_packet(struct worker *w, uint16_t port, const struct frame_view *view);

// Between two packets. When the images file is another one, transfers from the old one are refused.
void tftp_glue_reconfigure(
	struct worker *w, const struct outlook *last, const struct outlook *next);
