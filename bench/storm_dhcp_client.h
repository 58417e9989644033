// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A DHCP client as a state machine (RFC 2131): replies and the time go in, at most one message to
// send and what happened come out. No socket, no memory: 100,000 of them fit into a few megabytes.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "storm_retry.h"

#define STORM_DHCP_MESSAGE_SIZE 600u
#define STORM_DHCP_FILE_SIZE    129u
#define STORM_DHCP_NO_ARCH      0xffffu
#define STORM_DHCP_NAKS_MAX     16u // the next one ends it

enum storm_dhcp_state {
	STORM_DHCP_IDLE,
	STORM_DHCP_SELECTING,  // DISCOVER sent
	STORM_DHCP_REQUESTING, // REQUEST after an OFFER sent
	STORM_DHCP_RENEWING,   // REQUEST with ciaddr sent
	STORM_DHCP_REBOOTING,  // INIT-REBOOT sent
	STORM_DHCP_INFORMING,
	STORM_DHCP_BOUND,
	STORM_DHCP_FAILED,
};

enum storm_dhcp_failure {
	STORM_DHCP_OK = 0,
	STORM_DHCP_NO_OFFER,
	STORM_DHCP_NO_ACK,
	STORM_DHCP_NAK,
	STORM_DHCP_CHANGED,     // the ACK carries another address than the one asked for
	STORM_DHCP_BOOT_SERVER, // EDK2: the offer sends it to a boot server, on port 4011
	STORM_DHCP_FAILURES,
};

enum storm_dhcp_event {
	STORM_DHCP_NOTHING,
	STORM_DHCP_IGNORED, // a reply that does not fit the state, a duplicate, another server's
	STORM_DHCP_OFFERED, // and asked for
	STORM_DHCP_ACKED,
	STORM_DHCP_INFORMED,
	STORM_DHCP_RETRIED,
	STORM_DHCP_STARTED_OVER, // after a NAK
	STORM_DHCP_ENDED,        // failed; see failure
};

// When a client that has an offer goes on.
enum storm_dhcp_patience {
	STORM_DHCP_FIRST_OFFER = 0,
	STORM_DHCP_WHOLE_WAIT, // EDK2: it collects offers until its wait is over, and takes the
			       // first, but one of a vendor class PXEClient before it; one with
			       // MTFTP's addresses and no boot servers it throws away
	STORM_DHCP_PROXY_WAIT, // iPXE: after 2 s, unless the offer says that no ProxyDHCP will come
};

// What stands in the field secs.
enum storm_dhcp_secs {
	STORM_DHCP_SECS_ELAPSED = 0,
	STORM_DHCP_SECS_ZERO, // EDK2
	STORM_DHCP_SECS_IPXE, // how far it is: messages sent, and whether it has an offer
};

// Options as on the wire, code, length, value: the type and, where they stand, the requested
// address (50), the server (54), a client identifier made of a MAC (61) and the end of the UUID
// (97) are replaced by the machine's own; what has no value yet is left out.
struct storm_dhcp_options {
	const uint8_t *bytes; // NULL: the list of storm_dhcp_message.c
	uint16_t len;
};

struct storm_dhcp_settings {
	uint32_t server; // offers of other servers are ignored; 0: the first offer is taken
	bool broadcast;  // ask for broadcast replies
	bool ipxe;       // user class iPXE
	uint16_t arch;   // option 93 and a PXEClient vendor class; STORM_DHCP_NO_ARCH: neither
	struct storm_dhcp_options discover; // of DISCOVER, in place of the two above
	struct storm_dhcp_options request;  // of the REQUEST that follows
	enum storm_dhcp_patience patience;
	enum storm_dhcp_secs secs;
	bool nak_ends;     // a NAK is a failure; else the client discovers anew (RFC 2131, 3.1 5)
	uint64_t phase_us; // its clock ticks so seldom: each machine's waits are shorter by less
	struct storm_retry retry;
	uint64_t give_up_us; // without an answer
};

struct storm_dhcp_client {
	enum storm_dhcp_state state;
	enum storm_dhcp_failure failure;
	uint8_t mac[6];
	uint8_t server_mac[6]; // where the last reply came from; zero before
	uint32_t xid;
	uint32_t address;   // offered or held, host byte order
	uint32_t server_id; // 0: unknown
	uint32_t lease_s;
	uint32_t tries;
	uint32_t sent;       // messages of the exchange
	uint32_t naks;       // after which it has started over
	bool offered;        // address and server_id are those of an offer that waits
	bool pxe_offer;      // and it has the vendor class PXEClient
	bool boot_servers;   // and names boot servers, or says where to look for them
	uint64_t started_us; // first message of the exchange
	uint64_t offered_us; // first offer
	uint64_t asked_us;   // first REQUEST
	uint64_t progress_us;
	uint64_t deadline_us; // when storm_dhcp_tick is due; UINT64_MAX: never
};

// A reply, parsed completely before any client sees it.
struct storm_dhcp_reply {
	uint8_t type; // option 53
	uint8_t mac[6];
	uint32_t xid;
	uint32_t address; // yiaddr
	uint32_t next;    // siaddr
	uint32_t server_id;
	uint32_t lease_s;
	uint16_t file_units;             // option 13: the boot file's size in units of 512 bytes
	bool pxe;                        // vendor class PXEClient
	bool mtftp;                      // option 43 has all of 1 to 5 (PXE 2.1)
	bool boot_servers;               // and one of 6 to 10
	bool no_proxy;                   // iPXE's option 175.176: no ProxyDHCP will come
	char file[STORM_DHCP_FILE_SIZE]; // option 67, else the field, NUL-terminated
};

struct storm_dhcp_out {
	enum storm_dhcp_event event;
	uint32_t src; // host byte order
	uint32_t dst;
	uint8_t dst_mac[6];
	uint16_t len; // 0: nothing to send
	// The message stands behind room for the headers of its frame.
	uint8_t frame[FRAME_HEADER_BYTES + STORM_DHCP_MESSAGE_SIZE];
};

// Parses a BOOTP reply. -EINVAL: not one, or cut, or with lengths that point beyond its end.
int storm_dhcp_parse(const uint8_t *message, size_t len, struct storm_dhcp_reply *reply);

// Begins an exchange. mac and xid are set by the caller; address, server_id and server_mac are used
// by the last five and must be known: from an exchange before, or from a log (then renew broadcasts
// while server_id or server_mac is 0, which is what RFC 2131 calls rebinding).
void storm_dhcp_discover(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	uint64_t now_us, struct storm_dhcp_out *out);
void storm_dhcp_renew(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	uint64_t now_us, struct storm_dhcp_out *out);
void storm_dhcp_reboot(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	uint64_t now_us, struct storm_dhcp_out *out);
void storm_dhcp_inform(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	uint64_t now_us, struct storm_dhcp_out *out);
// These two get no answer and leave the client idle.
void storm_dhcp_release(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	struct storm_dhcp_out *out);
void storm_dhcp_decline(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	struct storm_dhcp_out *out);

// A reply with this client's xid and MAC, sent from the station from_mac.
void storm_dhcp_input(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	const struct storm_dhcp_reply *reply, const uint8_t from_mac[6], uint64_t now_us,
	struct storm_dhcp_out *out);

// The deadline has passed: a retransmission or the end.
void storm_dhcp_tick(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	uint64_t now_us, struct storm_dhcp_out *out);

const char *storm_dhcp_failure_name(enum storm_dhcp_failure failure);
