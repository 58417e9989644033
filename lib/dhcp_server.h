// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// One DHCP message in, at most one reply out: parse, choose the handler by message type, decide,
// build. Keeps nothing between calls but the lease table. One thread calls it.

#pragma once

#include "clock.h"
#include "events.h"
#include "frame.h"
#include "journal.h"
#include "lease.h"
#include "policy.h"
#include "stats.h"

#define DHCP_REPLY_MAX   1472u
// A reply that has waited longer than this for the journal is dropped, since its client may count
// the lease from its arrival. It asks again.
#define DHCP_PARK_MAX_MS 1000u
#define DHCP_TOLD        1024u // a power of two
#define DHCP_RECORDS_MAX 2u    // a renewed lease, and the one elsewhere that it ends

struct dhcp_server {
	const struct policy *policy; // replaced at reconfigure
	struct lease_table *leases;
	const struct stats *stats;
	struct events *events;
	struct seen_table *seen; // machines that ProxyDHCP has spoken to; NULL: nobody asks
	const _Atomic uint64_t *order_used; // as in policy_order_pending
	uint64_t exhausted_us; // the server's own, 0 at first: when it last told of an empty pool
	uint32_t told[DHCP_TOLD]; // the same: transactions whose machine was told of, by their hash
};

struct dhcp_input {
	const struct frame_view *frame;
	uint16_t port; // index of the port in the policy
	uint8_t port_mac[6];
	bool journal_degraded; // an ACK may carry only the time that is already durable
	uint32_t journal_room; // records that the journal can take now; less than needed: no answer
};

enum dhcp_verdict {
	DHCP_SILENT = 0,         // dropped, and counted under its reason
	DHCP_REPLY,              // send at once
	DHCP_REPLY_WHEN_DURABLE, // send when wait_lsn is on disk
	DHCP_RECORD_ONLY,        // RELEASE, DECLINE: nothing to send, but to journal
};

struct dhcp_output {
	struct frame_to to;
	uint16_t len;
	uint8_t message_type;
	uint8_t phase;        // enum rouse_phase that the reply ends, PHASE_COUNT: none
	bool again;           // the client has asked for it before: a copy may follow later
	uint8_t record_count; // to be given to the journal in this order, whatever becomes of the
			      // reply
	uint64_t wait_lsn; // of the last record, or of one under way that covers the reply already
	struct journal_record record[DHCP_RECORDS_MAX]; // sealed
	uint8_t payload[DHCP_REPLY_MAX];
};

enum dhcp_verdict dhcp_server_handle(struct dhcp_server *server, const struct dhcp_input *input,
	struct rouse_now now, struct dhcp_output *output);

// Frees offers that nobody took and leases that ran out; call it about once a second. At most
// budget records are looked at in a call.
void dhcp_server_sweep(struct dhcp_server *server, struct rouse_now now, uint32_t budget);

// After a step of the wall clock forwards what is on disk would end leases early after a restart.
// Call it about once a second, again while it is true and the journal has room: record is to be
// written.
bool dhcp_server_restamp(
	struct dhcp_server *server, struct rouse_now now, struct journal_record *record);

// The journal has made this record durable, or has failed before it could.
void dhcp_server_durable(struct dhcp_server *server, const struct journal_record *record);
void dhcp_server_failed(
	struct dhcp_server *server, const struct journal_record *record, struct rouse_now now);
