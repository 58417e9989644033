// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A validated snapshot and the look-ups in it: which port and subnet, which host, which boot rule,
// which file. The dataplane calls them on its private copy; rouse explain and the tests call the
// same.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm_abi.h"

// Pointers into one snapshot. Made by policy_validate only, so every index, offset, count and size
// in it is known to be good; nothing has to be checked again.
struct policy {
	const struct policy_snapshot *snapshot;
	const uint8_t *bytes;
	const struct policy_port *ports;
	const struct policy_subnet *subnets;
	const struct policy_pool *pools;
	const uint32_t *relays;
	const struct policy_host *hosts;
	const uint32_t *host_by_mac;
	const uint32_t *host_by_addr;
	const struct policy_rule *rules;
	const struct policy_condition *conditions;
	const struct policy_menu_item *menu_items;
	const struct policy_name *names;
	const uint32_t *name_exact;
	const uint32_t *name_folded;
	uint32_t count[POLICY_SECTION_COUNT];
};

// Checks all of a snapshot of size bytes in memory that nobody else can write, in 64-bit
// arithmetic: magic, version, CRC, each section inside, each range and reference inside its
// section, pools ordered and inside their subnets, option blocks well-formed, hash tables with an
// empty entry and every host and name found under its own key. snapshot is aligned to 8; size may
// be larger than the snapshot. 0; -EPROTO: another version; -EBADMSG: anything else. why gets a
// sentence.
int policy_validate(const void *snapshot, size_t size, struct policy *policy, char why[256]);

static inline const char *policy_text(const struct policy *policy, struct policy_ref ref) {
	return (const char *)policy->bytes + ref.offset;
}

// The subnet that holds address, or NULL.
const struct policy_subnet *policy_subnet_of(const struct policy *policy, uint32_t address);

// The host with this MAC, or with this reserved address, or NULL.
const struct policy_host *policy_host_by_mac(const struct policy *policy, const uint8_t mac[6]);
const struct policy_host *policy_host_by_address(const struct policy *policy, uint32_t address);

// Whether a host counts as a known machine: a machine without a host (NULL) does not, nor does one
// that the configuration does not list.
static inline bool policy_host_is_known(const struct policy_host *host) {
	return host && !(host->flags & POLICY_HOST_UNLISTED);
}

// Whether the host (NULL: none) has an order that waits to be used. used: the state region's table
// of ORDER_SLOTS ids; NULL: no order was used yet.
static inline bool policy_order_pending(
	const struct policy_host *host, const _Atomic uint64_t *used) {
	return host && host->order_id &&
	       (!used || atomic_load_explicit(&used[host->order_slot], memory_order_relaxed) !=
				 host->order_id);
}

// A number that tells the orders of one machine apart, never 0.
static inline uint32_t policy_order_tag(uint64_t id) {
	uint32_t tag = (uint32_t)(id ^ id >> 32);

	return tag ? tag : 1;
}

// Whether the last ACK of this file, which was found for the host, uses up the host's order.
bool policy_order_ends_with(const struct policy *policy, const struct policy_host *host,
	const struct policy_name *name);

// The pool that holds address, or NULL.
const struct policy_pool *policy_pool_of(const struct policy *policy, uint32_t address);

#define POLICY_ARCH_UNKNOWN 0xffff

// What boot rules look at. Pointers may be NULL with len 0.
struct policy_machine {
	const uint8_t *mac;  // 6 bytes or NULL
	const uint8_t *uuid; // 16 bytes as in option 97, or NULL
	const char *vendor_class;
	size_t vendor_class_len;
	// Option 77 as sent: iPXE's is raw, RFC 3004's is counted; both forms are read.
	const uint8_t *user_class;
	size_t user_class_len;
	const char *circuit_id;
	size_t circuit_id_len;
	const char *remote_id;
	size_t remote_id_len;
	const struct policy_host *host;
	uint32_t address; // the address the machine has or will get, for subnet:
	uint16_t arch;    // POLICY_ARCH_UNKNOWN when the client did not say
	bool ipxe;        // user class iPXE
	bool order;       // policy_order_pending of host
};

// Whether option 77 says iPXE, raw or counted.
bool policy_says_ipxe(const uint8_t *user_class, size_t len);

// The first rule that matches, or NULL. Type 9 (EBC) counts as 7 (x64 UEFI). failed, if not NULL,
// has room for the number of rules and gets for each rule before the match the index (in
// conditions) of the first condition of the group that ruled it out (for explain).
const struct policy_rule *policy_boot_rule(
	const struct policy *policy, const struct policy_machine *machine, uint32_t *failed);

// The number by which PXE firmware asks for an item of a rule's menu: 0 for the machine's own disk,
// else one of those that are for anybody's use (PXE 2.1, table 2-1).
uint16_t policy_menu_type(
	const struct policy *policy, const struct policy_rule *rule, uint32_t item);

enum policy_lookup {
	POLICY_FOUND = 0,
	POLICY_NOT_FOUND,
	POLICY_AMBIGUOUS, // several names differ from the one asked for only in case
	POLICY_BAD_NAME,  // has a .. segment, or is longer than POLICY_NAME_MAX
};

// Whether a file of this name can be asked for at all: 1 to POLICY_NAME_MAX bytes, no NUL, no
// leading separator, no two separators (/ or \) in a row, no .. segment. Files of other names are
// left out.
bool policy_name_is_plain(const char *name, size_t len);

// Finds a file by the name a client asked for. Leading slashes and backslashes are dropped and runs
// of them are one. First exactly, then with \ as /, then without ASCII case if that is unique; in
// each form the node's own entry (node: index of host + 1, 0 unknown) comes before the common one,
// and before that, where an order of the node is pending, the order's. *found is NULL unless
// POLICY_FOUND.
enum policy_lookup policy_find_name(const struct policy *policy, uint32_t node, bool order,
	const char *name, size_t name_len, const struct policy_name **found);
