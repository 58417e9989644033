// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The state region: what the dataplane tells everyone else. Counters, durations, leases, sessions,
// pins, hits and last use of each image, rings of events and of wanted images. After a restart the
// dataplane reads back only the sessions.

#pragma once

#include "phases.h"
#include "shm_abi.h"
#include "stats.h"

#define LEASE_HOSTNAME_MAX 48

enum lease_state {
	LEASE_FREE = 0,     // the record is not in use
	LEASE_OFFERED = 1,  // held for an OFFER, in memory only
	LEASE_BOUND = 2,    // acknowledged, or about to be when its record is durable
	LEASE_RELEASED = 3, // given back or expired; remembered so that the client finds it again
	LEASE_DECLINED = 4, // in quarantine: another machine answered on it
};

enum lease_flags {
	LEASE_SAYS_IPXE = 1,
	LEASE_SEND_AHEAD = 2, // it does, and no boot rule forbids TFTP to send ahead
};

// One address. The worker that owns DHCP writes it under seq (odd while it changes); readers retry
// a bounded number of times.
struct lease_record {
	_Atomic uint32_t seq;
	uint32_t address;
	uint8_t key[LEASE_KEY_MAX];
	uint8_t htype;
	uint8_t hlen;     // 0: key is a hash of the client id
	uint8_t state;    // enum lease_state
	uint8_t reserved; // 1: the address is this host's reservation, and not in the journal
	uint16_t arch;    // option 93 of the last message, UINT16_MAX unknown
	uint8_t hostname_len;
	uint8_t flags;           // enum lease_flags, by the machine's last DHCP message
	int64_t expiry_unix_s;   // end of what the client was or will be told
	int64_t durable_unix_s;  // end of what is on disk; 0: nothing
	uint64_t expiry_boot_ms; // the same end on the boot-time clock; what the server acts on
	uint64_t lsn;            // of the last journal record about it
	int64_t since_unix_s;    // when the client first got it
	char hostname[LEASE_HOSTNAME_MAX];
	uint32_t subnet;
	uint32_t last_message; // of its last DISCOVER or REQUEST, from xid and type
};
static_assert(sizeof(struct lease_record) == 128, "lease_record");

enum session_state {
	SESSION_FREE = 0,
	SESSION_OACK = 1,    // OACK sent, waits for ACK 0
	SESSION_SENDING = 2, // DATA under way; the last ACK frees it
	SESSION_GROUP = 3,   // a multicast group (RFC 2090): the record has its TID and its DATA
	SESSION_MEMBER = 4,  // a client of one: tid is the group's, its own port is not used
};

// What a member of a group has been told last.
enum session_role {
	ROLE_LISTENER = 0, // mc=0
	ROLE_ASKED = 1,    // mc=1, and it has not answered
	ROLE_MASTER = 2,   // mc=1, and its ACKs are what the group goes by
};

enum session_rewind {
	REWIND_NONE = 0,
	REWIND_HINTED = 1, // an ACK came of a gap, or of a duplicate: the timer is short
	REWIND_SENT = 2,   // a rewind to acked + 1 is in flight: identical ACKs are ignored
	REWIND_TIMED = 3,  // the same by the timer: the client may have some of what it repeats
};

enum session_flags {
	SESSION_HAS_OPTIONS = 1, // the request carried options that we granted
	SESSION_RESUMED = 2,     // taken over after a restart
	SESSION_KNOWN = 8,       // its machine has a lease of ours, or is a host
};

// One TFTP transfer. It is the engine's working record too: line 1 and 2 change with each packet,
// line 3 and 4 are constant from the request on and covered by crc, so that a restarted dataplane
// can take the transfer over. acked is the only changing field that it believes, after a bounds
// check.
struct tftp_session {
	// hot
	_Atomic uint64_t acked; // absolute number of the last block acknowledged, 0: none
	uint64_t next;          // absolute number of the block to send next
	uint64_t highest;       // highest block sent so far
	uint64_t deadline_us;   // of the retransmission timer; 0: stopped
	uint64_t sent_us;       // when the block that is timed was sent
	uint64_t timed_block;   // block whose round trip is measured, 0: none
	uint32_t srtt_us;
	uint32_t rto_us;
	uint8_t state; // enum session_state
	uint8_t retries;
	uint8_t ready; // the list of sessions with something to send that it is in, 0: none
	union {
		uint8_t rewinding; // enum session_rewind
		uint8_t strays;    // of a member: OACKs with mc=0 that it has not heeded
	};
	union {
		uint32_t timer_next;
		uint32_t member_next; // of a member, which has no timer: in the order of its group
	};
	union {
		uint32_t timer_prev;
		uint32_t member_prev;
	};
	uint32_t ready_next;
	uint32_t ready_prev;
	union {
		uint16_t pace_slot; // of the wheel of paced sessions that it waits in
		uint16_t ready_ms;  // when it came into its list, low bits
	};
	union {
		uint8_t burst;  // packets that may leave back to back: halved by a gap, grown by
				// windows
		uint8_t proven; // of a member: 1 when something of it has come to the group's TID
	};
	union {
		uint8_t ahead; // blocks in flight to a client that did not ask for a window, at
			       // most TFTP_AHEAD; 0: one
		uint8_t role; // of a member: enum session_role
	};
	uint64_t timer_tick;    // slot of the timer wheel that it waits in, 0: none
	uint32_t retransmitted; // blocks sent again
	uint32_t rewound_to;   // low half of highest when rewound: the last block that was repeated
	uint64_t last_seen_us; // last packet from the peer
	uint32_t bytes_from_peer; // until the peer has shown that it exists
	uint16_t ahead_at;        // low bits of acked when ahead grew, or a gap was repeated
	union {
		uint8_t ahead_wait; // ahead grows after 2^this times the shortest run without a gap
		uint8_t told;       // of a member: OACKs that nobody asked for
	};
	uint8_t ahead_tried;    // 1: it grew at ahead_at
	uint32_t bytes_to_peer; // until the peer has shown that it exists
	uint32_t data_delay_us; // from started_us until DATA 1 was sent first
	uint64_t pace_ns; // token bucket: when all that was sent is through at the session's rate
	// constant from the request on
	uint32_t peer_address;
	uint32_t own_address;
	uint16_t peer_port;
	uint16_t tid;
	uint16_t blksize;
	uint16_t windowsize;
	uint32_t timeout_us; // option timeout: the upper bound of rto_us, 0: not asked
	uint8_t peer_mac[6]; // of the frames: behind a router the router's
	uint8_t node_mac[6]; // of the machine, as far as it is known
	uint64_t blocks;     // DATA packets of the transfer, the short or empty last one included
	uint64_t size;
	uint64_t generation; // of the image slot
	uint32_t slot;
	uint32_t flags; // enum session_flags
	int64_t started_unix_ms;
	uint64_t started_us;
	uint32_t map_first;
	uint32_t map_count;
	uint32_t first_offset;
	uint32_t name; // index in the snapshot of the time; for events, never followed after a
		       // restart
	uint32_t request_crc; // CRC32C of the request's bytes: a duplicate from a replacing one
	uint32_t order;       // of the order that its last ACK uses up: policy_order_tag; 0: none
	uint32_t requested; // enum tftp_option_id that the OACK repeats, 4 bits each, first lowest
	uint16_t worker;
	uint16_t port;      // index of the port
	uint8_t own_mac[6]; // of our port
	uint8_t burst_max;
	uint8_t ttl;       // of what goes to peer_address, 0: the usual one
	uint32_t block_ns; // that a full block takes at the session's rate, never 0
	uint32_t crc;      // CRC32C from peer_address to block_ns
};
static_assert(sizeof(struct tftp_session) == 256, "tftp_session");
static_assert(offsetof(struct tftp_session, peer_address) == 128, "tftp_session: two hot lines");

enum event_kind {
	EVENT_DHCP_OFFER = 1,
	EVENT_DHCP_ACK,
	EVENT_DHCP_NAK,
	EVENT_DHCP_RELEASE,
	EVENT_DHCP_DECLINE,
	EVENT_POOL_EXHAUSTED,
	EVENT_TFTP_OPEN,        // the client has answered for the first time, and there is more to
				// come. TFTP: port is the client's; mac is its machine's, or the
				// router's where nothing tells who is behind it; of a transfer,
				// value is the image's slot
	EVENT_TFTP_DONE,        // reason TIMEOUT: the last ACK never came
	EVENT_TFTP_PROBE,       // the client wanted only the size
	EVENT_TFTP_FAILED,      // reason: enum event_reason
	EVENT_TFTP_NOT_FOUND,   // text: the name asked for
	EVENT_TFTP_REFUSED,     // text: the name, reason
	EVENT_JOURNAL_DEGRADED, // value: errno
	EVENT_JOURNAL_OK,
	EVENT_POLICY_ADOPTED, // value: generation; a refusal is in state_region.refusal
	EVENT_DHCP_PROXY, // address: 0, or the one that it has; text: the file; value: 1 if that is
			  // told on port 4011 only
	EVENT_ORDER_USED, // value: the order's id; port as in EVENT_TFTP_OPEN
	EVENT_DHCP_MACHINE, // who it is that boots, before the event of what it was told: address
			    // as in that; port: its architecture, or UINT16_MAX; value: enum
			    // event_machine; bytes: its relay agent; text: its UUID, if it has one,
			    // then its vendor class. Once for each transaction (xid)
	EVENT_DHCP_RELAYED, // where that machine is plugged in, after its EVENT_DHCP_MACHINE and
			    // only if its agent said so (option 82): address: the agent's
			    // giaddr; text: a byte with the length of its circuit id, the
			    // circuit id, the remote id, as much of them as there is room for
};

enum event_machine {
	EVENT_MACHINE_IPXE = 1,
	EVENT_MACHINE_HAS_UUID = 2, // the text begins with 16 bytes, as in option 97
};

#define EVENT_UUID_BYTES 16

enum event_reason {
	EVENT_REASON_NONE = 0,
	EVENT_REASON_PEER_ERROR, // the client sent ERROR
	EVENT_REASON_TIMEOUT,
	EVENT_REASON_IMAGE_GONE,
	EVENT_REASON_NOT_LOADED,
	EVENT_REASON_NETASCII,
	EVENT_REASON_WRITE,
	EVENT_REASON_BAD_NAME,
	EVENT_REASON_FULL,
	EVENT_REASON_REPLACED,
	EVENT_REASON_TOO_LARGE,
};

#define EVENT_TEXT_MAX 72

struct event_record {
	_Atomic uint64_t sequence; // number of the event + 1, stored last
	int64_t unix_ns;
	uint16_t kind;   // enum event_kind
	uint16_t reason; // enum event_reason
	uint32_t address;
	uint8_t mac[6];
	uint16_t port;
	uint64_t value;
	uint64_t bytes;
	uint32_t duration_ms;
	uint16_t retransmitted;
	uint16_t text_len;
	char text[EVENT_TEXT_MAX]; // bytes as the client sent them: clean before printing
};
static_assert(sizeof(struct event_record) == 128, "event_record");

#define EVENT_RING_SIZE 8192u // records per worker, a power of two

// An entry of a ring of wanted images: IMAGE_LINK of what the policy named, and whether it is that
// itself or its variant in netascii.
#define WANT_NETASCII         (UINT64_C(1) << 63)
#define WANT_SLOT(want)       IMAGE_LINK_SLOT(want)
#define WANT_GENERATION(want) IMAGE_LINK_GENERATION((want) & ~WANT_NETASCII)
#define WANT_RING_SIZE        1024u // entries per worker, a power of two

// How often a worker has begun to send a version of a file: in the low half, and in the high half
// the low bits of its generation, so that a slot's next file begins at 0.
#define HITS_WORD(generation, count) ((uint64_t)(uint32_t)(generation) << 32 | (uint32_t)(count))

// What one worker writes about itself; nobody else writes these lines.
struct worker_block {
	_Atomic uint64_t loops;          // passes of the main loop: grace periods are counted in it
	_Atomic uint64_t policy_adopted; // generation
	_Atomic uint64_t busy_cycles;
	_Atomic uint64_t idle_cycles;
	_Atomic uint64_t sleeps;
	_Atomic uint64_t sessions; // in use now
	_Atomic uint64_t event_head;
	_Atomic uint64_t event_lost; // events that found the ring full
	_Atomic uint64_t want_head;
	uint64_t pad0[7];
	_Atomic uint64_t counter[ROUSE_STAT_MAX]; // indexed by enum rouse_stat
};
static_assert(sizeof(struct worker_block) % ROUSE_CACHE_LINE == 0, "worker_block");

// What the journal thread tells: written by it alone.
struct journal_block {
	_Atomic uint64_t durable_lsn;
	_Atomic uint64_t degraded; // 1: no new lease can be made durable
	_Atomic uint64_t last_errno;
	_Atomic uint64_t batches;
	_Atomic uint64_t records;
	_Atomic uint64_t bytes;
	_Atomic uint64_t checkpoints;
	_Atomic uint64_t sync_us_max;
	_Atomic uint64_t sync_us_total;
	_Atomic uint64_t recovered_leases;
	_Atomic uint64_t recovery_us;
	_Atomic uint64_t recovery_dropped; // records not believed at recovery
	_Atomic uint64_t failed;           // records that could not be made durable
	_Atomic uint64_t segments;         // opened by this process
	_Atomic uint64_t upkeep_errors;    // checkpoints, spare segments and deletions that failed
	_Atomic uint64_t set_aside;        // files renamed to *.bad
};
static_assert(sizeof(struct journal_block) == 128, "journal_block");

struct state_port {
	char device[64]; // as configured, with its VLAN; NUL-terminated
	uint32_t address;
	uint16_t mtu;
	uint16_t queues;
	uint8_t mac[6];
	uint8_t dhcp;
	uint8_t link_up;
	uint32_t pad0;
	_Atomic uint64_t rx_missed; // frames that the driver lost
	uint64_t pad1[4];
};
static_assert(sizeof(struct state_port) == 128, "state_port");

#define ROUSE_MAX_PORTS 16

#define POLICY_REFUSAL_TEXT 240

// The last publication that the dataplane did not take. Written under seq (odd while it changes);
// readers retry a bounded number of times.
struct policy_refusal {
	_Atomic uint32_t seq;
	uint32_t text_len;
	uint64_t generation;            // 0: none was refused
	char text[POLICY_REFUSAL_TEXT]; // why, a sentence
};
static_assert(sizeof(struct policy_refusal) == 256, "policy_refusal");

struct state_region {
	struct shm_header header;
	uint32_t worker_count;
	uint32_t port_count;
	uint32_t lease_count; // records, = max_leases
	uint32_t session_count;
	uint32_t image_slot_count;
	uint16_t tid_first; // session i has TID tid_first + i
	uint16_t pad0;
	uint64_t tsc_hz;
	uint64_t started_unix_ms;
	uint64_t workers_offset;     // struct worker_block[worker_count]
	uint64_t events_offset;      // struct event_record[worker_count][EVENT_RING_SIZE]
	uint64_t leases_offset;      // struct lease_record[lease_count]
	uint64_t sessions_offset;    // struct tftp_session[session_count]
	uint64_t pins_offset;        // _Atomic uint32_t[worker_count][image_slot_count]
	uint64_t last_use_offset;    // _Atomic uint64_t[image_slot_count]: unix ms
	uint8_t images_boot_id[16];  // the images region that pins and sessions speak of
	_Atomic uint64_t lease_high; // records from here on were never used
	uint64_t phases_offset;      // struct phase_block[worker_count]
	uint64_t sync_offset;        // struct hist: PHASE_SYNC, the journal thread's
	struct journal_block journal;
	struct state_port port[ROUSE_MAX_PORTS];
	struct policy_refusal refusal;
	uint32_t stat_names_crc; // what the writer's counters are called
	uint32_t pad3;
	uint64_t wants_offset; // _Atomic uint64_t[worker_count][WANT_RING_SIZE]
	uint64_t hits_offset;  // _Atomic uint64_t[worker_count][image_slot_count]: HITS_WORD
	_Atomic uint64_t lease_orders_done; // of control's ring, as far as they are carried out
	uint64_t captures_offset;           // struct capture_ring[worker_count]
	uint64_t orders_offset; // _Atomic uint64_t[ORDER_SLOTS]: id of the order that was used last
	uint8_t pad2[ROUSE_PAGE - 688 - 128 * ROUSE_MAX_PORTS];
};
static_assert(offsetof(struct state_region, journal) == 256, "state_region.journal");
static_assert(offsetof(struct state_region, refusal) == 2432, "state_region.refusal");
static_assert(sizeof(struct state_region) == ROUSE_PAGE, "state_region");
