// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a TFTP client asks for and what the server grants (RFC 2347, 2348, 2349, 7440); used by
// storm_tftp_client.c alone.

#pragma once

#include "bytes.h"
#include "storm_tftp_client.h"

// What the settings ask for: the four fields, or what stands in their raw options.
struct storm_tftp_asked storm_tftp_asked_of(const struct storm_tftp_settings *settings);

// Writes the RRQ. Its length, 0 if it does not fit.
size_t storm_tftp_write_request(
	const struct storm_tftp_settings *settings, uint8_t *packet, size_t size);

// Takes the options of an OACK. false: one that was not asked for, or a value that its RFC forbids.
bool storm_tftp_take_oack(struct storm_tftp_client *c, struct reader *r);
