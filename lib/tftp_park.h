// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Read requests that wait for their file to come into memory, as copies. A fixed number of them;
// machines that nobody knows never hold more than half. Decides nothing: tftp_request.c adds, looks
// and answers.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"

#define TFTP_PARK_MAX   2048u
#define TFTP_PARK_BYTES 512u // of a request; RFC 2347 allows no more

// A request from the network, with what it came with.
struct tftp_parked {
	uint64_t since_us;  // when the first copy of it came
	uint64_t wanted_us; // when its file was asked for last
	uint64_t want;      // what it waits for, as in the rings of wanted images
	uint32_t own_address;
	struct frame_view frame; // payload is not to be followed: see tftp_park_frame
	uint16_t port;
	uint16_t port_mtu;
	uint8_t port_mac[6];
	bool known;
	uint8_t payload[TFTP_PARK_BYTES];
};

struct tftp_park {
	uint32_t count;
	uint32_t strangers;
	// Beside the entries, so that a search is short: address and port, and what is waited for.
	uint64_t key[TFTP_PARK_MAX];
	uint64_t want[TFTP_PARK_MAX];
	struct tftp_parked entry[TFTP_PARK_MAX];
};

enum tftp_park_result {
	TFTP_PARK_NEW,
	TFTP_PARK_AGAIN, // this client waits already: for what it asks now
	TFTP_PARK_FULL,  // not taken: the client asks again
};

// Takes a copy; frame.payload is the request. since_us of a client that waits already stays.
enum tftp_park_result tftp_park_add(struct tftp_park *park, const struct tftp_parked *request);

// Takes entry i out; the last one takes its place.
void tftp_park_take(struct tftp_park *park, uint32_t i, struct tftp_parked *request);

// The frame as it was.
struct frame_view tftp_park_frame(const struct tftp_parked *request);

// When those who wait for a version of a file asked for it last; 0: they have not.
uint64_t tftp_park_wanted(const struct tftp_park *park, uint64_t want);
void tftp_park_set_wanted(struct tftp_park *park, uint64_t want, uint64_t now_us);
