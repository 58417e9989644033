// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The Trivial File Transfer Protocol: numbers of RFC 1350, 2090, 2347, 2348, 2349 and 7440, and the
// bounds of our server.

#pragma once

#include <stdint.h>

#define TFTP_PORT 69

enum tftp_opcode {
	TFTP_RRQ = 1,
	TFTP_WRQ = 2,
	TFTP_DATA = 3,
	TFTP_ACK = 4,
	TFTP_ERROR = 5,
	TFTP_OACK = 6,
};

enum tftp_error_code {
	TFTP_ERROR_UNDEFINED = 0,
	TFTP_ERROR_NOT_FOUND = 1,
	TFTP_ERROR_ACCESS = 2,
	TFTP_ERROR_ILLEGAL = 4,
	TFTP_ERROR_OPTION = 8,
};

// The options that we grant. The numbers stand in the session's record.
enum tftp_option_id {
	TFTP_OPTION_NONE = 0,
	TFTP_OPTION_BLKSIZE = 1,
	TFTP_OPTION_TSIZE = 2,
	TFTP_OPTION_TIMEOUT = 3,
	TFTP_OPTION_WINDOWSIZE = 4,
	TFTP_OPTION_MULTICAST = 5,
	TFTP_OPTION_COUNT,
};

#define TFTP_HEADER_BYTES     4  // opcode and block number
#define TFTP_MTU_OVERHEAD     32 // IPv4 20, UDP 8, TFTP 4
#define TFTP_BLKSIZE_DEFAULT  512
#define TFTP_BLKSIZE_MIN      8
#define TFTP_BLKSIZE_MAX      65464
#define TFTP_MULTICAST_BLOCKS 65535u // of a file that is sent to a group

#define TFTP_OPTIONS_MAX 32 // options of a request that are looked at
#define TFTP_OACK_MAX                                                                              \
	128              // bytes of the longest OACK: all options, the longest value a 64-bit tsize
#define TFTP_TEXT_MAX 25 // of an ERROR: not more than 3 times the shortest request with it

// Where neither the client's subnet nor the port's own says otherwise.
#define TFTP_WINDOWSIZE_LIMIT 64

// Retransmission. The floor leaves room for a client in a virtual machine that was not scheduled
// for some milliseconds; the cap is for GRUB, which never repeats an ACK and gives up after half a
// minute.
#define TFTP_RTO_INITIAL_US 250000u
#define TFTP_RTO_FLOOR_US   20000u
#define TFTP_RTO_CAP_US     1000000u
#define TFTP_HINT_FLOOR_US  2000u // after an identical ACK: no earlier than this
#define TFTP_HOLD_MIN_US    20u   // from an ACK that tells of a gap until the gap is sent again
#define TFTP_HOLD_MAX_US    1000u

// How long a silent client is kept: EDK2 gives up after 24 s, iPXE after 16 s, GRUB after 32 s, and
// U-Boot after ten times the timeout that it asked for.
#define TFTP_PATIENCE_US       32000000u
#define TFTP_PATIENCE_MAX_US   64000000u
#define TFTP_PATIENCE_TIMEOUTS 10
#define TFTP_RETRIES_MAX       100
#define TFTP_UNPROVEN_REPEATS  2 // of DATA 1, to a peer that has shown nothing but a request
#define TFTP_UNPROVEN_FACTOR   3 // bytes out per byte in until ACK 0 has come
#define TFTP_UNPROVEN_MAX      (1u << 20) // more requests than come in the life of a session
// A request for a file that is not in memory waits as long as patient clients do; ERROR is final.
#define TFTP_PARK_US           20000000u
#define TFTP_PARK_LOOK_US      1000u    // between two looks whether its file has come
#define TFTP_WANT_US           1000000u // after which control is asked again
#define TFTP_HALF_OPEN_MIN_US  1000000u // a known machine's half-open session makes room when older
#define TFTP_STRANGER_MIN_US   20000u   // the same of a machine that has no lease of ours
#define TFTP_KNOWN_MIN_US                                                                          \
	70000u // and of a known one's while they hold half: its OACK may wait 50 ms
#define TFTP_RESTART_US 1000000u // a repeated request after this silence begins again

// Pacing. A burst fits the receive rings of small clients at first (U-Boot has 4 buffers, others
// 8 and more), and never holds more than TFTP_BURST_US of its cable.
#define TFTP_BURST     8u
#define TFTP_BURST_MAX 64u
#define TFTP_BURST_US  64u
#define TFTP_EDGE_RATE 1000000000ull // bits per second, for a client in no subnet

// Blocks in flight to a recognised iPXE: 50.6 MB/s of Debian's ROM in QEMU, where one in flight
// gives 13.7 and 64 give 52.0.
#define TFTP_IPXE_BLKSIZE   1432
#define TFTP_AHEAD          8
#define TFTP_AHEAD_MIN      2
#define TFTP_AHEAD_CLEAN    128 // blocks without a gap after which one more is tried
#define TFTP_AHEAD_WAIT_MAX 4   // twice as many after each try in vain, so often at most
#define TFTP_AHEAD_TIMEOUTS 5   // in a row after which the client is held not to bear it
