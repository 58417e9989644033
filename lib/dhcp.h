// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Numbers of the DHCP wire format: RFC 2131, RFC 2132, and the boot options of RFC 3046, RFC 4578,
// RFC 5071 and iPXE.

#pragma once

#include <stdint.h>

#define DHCP_SERVER_PORT 67
#define DHCP_CLIENT_PORT 68
#define DHCP_PXE_PORT    4011 // where PXE firmware asks for its file when an offer names none

#define DHCP_OP_REQUEST 1
#define DHCP_OP_REPLY   2

#define DHCP_HTYPE_ETHERNET 1
#define DHCP_HOPS_MAX       16 // RFC 1542, section 4.1.1
#define DHCP_MAGIC          0x63825363u
#define DHCP_FLAG_BROADCAST 0x8000u

// Sizes and offsets of the fixed part (RFC 2131, section 2).
#define DHCP_CHADDR_BYTES   16u
#define DHCP_SNAME_OFFSET   44u
#define DHCP_SNAME_BYTES    64u
#define DHCP_FILE_OFFSET    108u
#define DHCP_FILE_BYTES     128u
#define DHCP_MAGIC_OFFSET   236u
#define DHCP_OPTIONS_OFFSET 240u

#define DHCP_PAYLOAD_MIN     300u  // BOOTP's 64 bytes of vendor area: relays drop less (RFC 1542)
#define DHCP_PAYLOAD_DEFAULT 548u  // an IP datagram of 576 bytes: what every client takes
#define DHCP_PAYLOAD_MAX     1472u // a frame of 1,500 bytes, and the most that EDK2 takes
#define DHCP_IP_UDP_BYTES    28u   // option 57 counts them in

enum dhcp_type {
	DHCP_DISCOVER = 1,
	DHCP_OFFER = 2,
	DHCP_REQUEST = 3,
	DHCP_DECLINE = 4,
	DHCP_ACK = 5,
	DHCP_NAK = 6,
	DHCP_RELEASE = 7,
	DHCP_INFORM = 8,
};

enum dhcp_option {
	DHCP_OPT_PAD = 0,
	DHCP_OPT_SUBNET_MASK = 1,
	DHCP_OPT_ROUTERS = 3,
	DHCP_OPT_DNS = 6,
	DHCP_OPT_HOSTNAME = 12,
	DHCP_OPT_BOOT_SIZE = 13, // in units of 512 bytes
	DHCP_OPT_DOMAIN = 15,
	DHCP_OPT_BROADCAST = 28,
	DHCP_OPT_NTP = 42,
	DHCP_OPT_VENDOR = 43,
	DHCP_OPT_REQUESTED_IP = 50,
	DHCP_OPT_LEASE_TIME = 51,
	DHCP_OPT_OVERLOAD = 52,
	DHCP_OPT_TYPE = 53,
	DHCP_OPT_SERVER_ID = 54,
	DHCP_OPT_PARAMETERS = 55,
	DHCP_OPT_MESSAGE = 56,
	DHCP_OPT_MAX_SIZE = 57,
	DHCP_OPT_T1 = 58,
	DHCP_OPT_T2 = 59,
	DHCP_OPT_VENDOR_CLASS = 60,
	DHCP_OPT_CLIENT_ID = 61,
	DHCP_OPT_TFTP_SERVER = 66,
	DHCP_OPT_BOOT_FILE = 67,
	DHCP_OPT_USER_CLASS = 77,
	DHCP_OPT_AGENT = 82,
	DHCP_OPT_ARCH = 93,
	DHCP_OPT_UNDI = 94,
	DHCP_OPT_UUID = 97,
	DHCP_OPT_SEARCH = 119,
	DHCP_OPT_ROUTES = 121,
	DHCP_OPT_TFTP_ADDRESS = 150,
	DHCP_OPT_IPXE = 175,
	DHCP_OPT_END = 255,
};

// Option 52: which of the old fields carry options.
#define DHCP_OVERLOAD_FILE  1
#define DHCP_OVERLOAD_SNAME 2

// Suboptions of 82: RFC 3046, RFC 3527, RFC 5107.
#define DHCP_AGENT_CIRCUIT_ID 1
#define DHCP_AGENT_REMOTE_ID  2
#define DHCP_AGENT_LINK       5
#define DHCP_AGENT_SERVER_ID  11

// Suboptions of 43 where option 60 begins with PXEClient (PXE 2.1, table 2-1).
#define DHCP_PXE_CONTROL    6  // discovery control: bits of DHCP_PXE_*
#define DHCP_PXE_SERVERS    8  // boot servers: type, count, addresses
#define DHCP_PXE_MENU_ITEMS 9  // menu: type, length, text
#define DHCP_PXE_PROMPT     10 // seconds, text
#define DHCP_PXE_ITEM       71 // what was chosen: type, layer

#define DHCP_PXE_NO_BROADCAST 1
#define DHCP_PXE_NO_MULTICAST 2
#define DHCP_PXE_LISTED_ONLY  4
#define DHCP_PXE_BOOT_FILE    8 // neither menu nor discovery: boot the file in this packet

#define DHCP_IPXE_NO_PXEDHCP 176 // inside 175: do not wait for a ProxyDHCP offer

#define DHCP_UUID_OPTION_BYTES 17u // a type byte of 0, then the GUID
