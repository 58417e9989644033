// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// From a request to its session. Used by tftp_request.c alone.

#pragma once

#include "tftp_core.h"
#include "tftp_parse.h"

// A request as it goes through the decisions.
struct tftp_incoming {
	const struct policy *policy;
	const struct tftp_input *input;
	struct tftp_request view;
	struct rouse_now now;
	uint64_t since_us; // when it came, if it has waited; 0: it comes now
	uint32_t crc;      // of its bytes
	const struct policy_name *file;
	bool met;        // DHCP has answered the machine: it has a lease of ours, or had ProxyDHCP
	bool send_ahead; // and its iPXE bears it, as far as we know
	bool known;      // met, or a host: strangers do not hold it up
	uint32_t node;   // index of its host + 1, 0: it is none
	uint8_t mac[6];  // its own, or the frame's where nothing tells who is behind a router
	bool order;      // an order of it is pending
};

// Whether the sender shares the port's link, so that the frame's MAC is its own.
bool tftp_open_is_on_link(const struct tftp_incoming *request);

// Whether the table has, or gets, room for one more session of such a machine. False: counted.
bool tftp_open_make_room(struct tftp_server *server, const struct tftp_incoming *request);

// Begins the transfer, alone or in a group. 0; -ENOENT: the file is not in memory; -EFBIG: it is
// not to be had in netascii; -EBADMSG: what the region says of it contradicts itself. A full table
// drops the request, counted: 0 as well.
int tftp_open_session(struct tftp_server *server, const struct tftp_incoming *request);
