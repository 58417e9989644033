// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A client's DHCP message, read completely into a plain view before anything is done about it.
// Options are read from the options field, then from file and sname if option 52 says so (RFC
// 2131, 4.1), and the parts of a long option are joined (RFC 3396). Nothing is read beyond the
// message.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dhcp.h"

enum dhcp_parse_error {
	DHCP_PARSE_OK = 0,
	// malformed
	DHCP_PARSE_SHORT,   // not even the fixed part
	DHCP_PARSE_MAGIC,   // no DHCP options at all
	DHCP_PARSE_OPTIONS, // an option points beyond its field
	DHCP_PARSE_LENGTH,  // an option that decides what happens has a bad length
	DHCP_PARSE_HLEN,    // hlen above 16, or Ethernet with another length than 6
	DHCP_PARSE_NO_KEY,  // hlen 0 and no client identifier: nothing to tell it by
	// not for us
	DHCP_PARSE_OP,    // a reply
	DHCP_PARSE_BOOTP, // no option 53
	DHCP_PARSE_TYPE,  // a message type that no client sends, or that we do not serve
	// hostile
	DHCP_PARSE_HOPS,    // more relays than RFC 1542 allows: a loop
	DHCP_PARSE_CHADDR,  // a group or all-zero MAC address: the answer would go to others
	DHCP_PARSE_TOO_BIG, // repeated options beyond DHCP_JOIN_BYTES
};

// Tolerated, one bit each; the client that needs it is named in dhcp_parse.c.
enum dhcp_odd {
	DHCP_ODD_NO_END = 1,
	DHCP_ODD_LENGTH = 2,   // an option of a bad length was ignored
	DHCP_ODD_REPEATED = 4, // an option that cannot be joined came again; the first one counts
	DHCP_ODD_OVERLOAD = 8, // option 52 was neither 1, 2 nor 3, or stood in file or sname
	DHCP_ODD_AGENT = 16, // option 82 does not consist of suboptions, or stood in file or sname
	DHCP_ODD_MAX_SIZE = 32, // option 57 below 576 bytes
	DHCP_ODD_FIELD = 64,    // an overloaded field ends in the middle of an option
};

#define DHCP_JOIN_BYTES 2048u

struct dhcp_bytes {
	const uint8_t *data; // NULL: not there
	size_t len;
};

// Addresses in host byte order. Pointers lie in the message or in join.
struct dhcp_view {
	uint32_t xid;
	uint32_t ciaddr;
	uint32_t giaddr;
	uint16_t secs;
	uint16_t flags;
	uint8_t htype;
	uint8_t hlen;
	uint8_t type;          // enum dhcp_type: one that clients send
	const uint8_t *chaddr; // 16 bytes
	uint32_t odd;          // enum dhcp_odd

	bool has_requested_ip;
	bool has_server_id;
	uint32_t requested_ip;
	uint32_t server_id;
	uint16_t max_size;              // option 57, 0: not sent
	uint16_t arch;                  // the first of option 93, UINT16_MAX: not sent
	const uint8_t *uuid;            // option 97 after its type byte, NULL: none that is set
	struct dhcp_bytes parameters;   // 55
	struct dhcp_bytes hostname;     // 12, without trailing NULs
	struct dhcp_bytes vendor_class; // 60
	struct dhcp_bytes user_class;   // 77
	struct dhcp_bytes client_id;    // 61
	struct dhcp_bytes vendor;       // 43
	struct dhcp_bytes uuid_option;  // 97 as sent
	struct dhcp_bytes undi;         // 94
	struct dhcp_bytes agent;        // 82 as sent
	struct dhcp_bytes circuit_id;
	struct dhcp_bytes remote_id;
	bool has_pxe_item; // a PXE client asks for what it has chosen of a menu
	uint16_t pxe_item; // a boot server's type
	uint16_t pxe_layer;
	uint32_t agent_link;      // RFC 3527: the subnet to choose, 0: not sent
	uint32_t agent_server_id; // RFC 5107: what to call ourselves, 0: not sent

	uint8_t join[DHCP_JOIN_BYTES]; // options that came in parts
	size_t join_len;
};

// On DHCP_PARSE_OK the whole view is set; on an error only xid, htype, hlen and chaddr are, if the
// fixed part is there. The view points into message.
enum dhcp_parse_error dhcp_parse(const uint8_t *message, size_t len, struct dhcp_view *view);

#define DHCP_VENDOR_PXE  "PXEClient"
#define DHCP_VENDOR_HTTP "HTTPClient"

// Whether option 60 begins with prefix.
bool dhcp_class_begins(const struct dhcp_view *view, const char *prefix);

// Whether the client wants this option: it asks for it, or it asks for nothing in particular.
bool dhcp_wants(const struct dhcp_view *view, uint8_t code);

// Whether option 55 names it.
bool dhcp_asks(const struct dhcp_view *view, uint8_t code);
