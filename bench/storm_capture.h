// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The clients in a capture as models: each DISCOVER begins one, with the options that it and its
// REQUEST carry, and what is read from then on by the same MAC, with the options of each request.
// How a client waits and answers cannot be seen so easily: that is taken from the model that is
// like it. Pure.

#pragma once

#include "storm_model.h"

#define STORM_CAPTURE_CLIENTS 64u
#define STORM_CAPTURE_READS   32u
#define STORM_CAPTURE_OPTIONS 160u // bytes of a request's

struct storm_capture_read {
	uint16_t port; // of the client
	bool acked;
	char name[STORM_FILE_NAME_SIZE];
	char options[STORM_CAPTURE_OPTIONS];
	uint16_t options_len;
};

struct storm_capture_client {
	struct storm_model model; // points into this
	uint32_t alike;           // clients that are the same, this one too
	uint8_t mac[6];
	uint32_t xid;
	char name[STORM_MODEL_NAME_SIZE]; // "capture-1"
	uint8_t discover[STORM_DHCP_MESSAGE_SIZE];
	uint8_t request[STORM_DHCP_MESSAGE_SIZE];
	struct storm_capture_read read[STORM_CAPTURE_READS];
	struct storm_read reads[STORM_CAPTURE_READS];
};

struct storm_capture {
	uint32_t count;
	uint64_t frames;
	uint64_t left_out; // clients and reads beyond the bounds
	struct storm_capture_client clients[STORM_CAPTURE_CLIENTS];
};

// Reads a whole file, pcap or pcapng (storm_pcap.h). 0; -EBADMSG: neither; -ENOENT: nobody in it
// asks for an address. What is cut off at the end is left out.
int storm_capture_parse(struct storm_capture *capture, const uint8_t *bytes, size_t len);
