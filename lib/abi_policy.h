// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The policy region: two buffers for snapshots, and the layout of a snapshot. Control builds a
// snapshot in the idle buffer and release-stores header.generation; generation g is in buffer g
// & 1. The dataplane copies a snapshot, validates the copy (policy_validate) and only then follows
// it.

#pragma once

#include "shm_abi.h"

#define POLICY_SNAPSHOT_MAX   (16u << 20)
#define POLICY_SNAPSHOT_MAGIC 0x594c4f50u // "POLY"

// Bounds of what a snapshot may hold, so that validation and every look-up are bounded too. The
// configuration refuses what is beyond them; so does policy_validate.
#define POLICY_LEASES_MAX     (1u << 20)
#define POLICY_RELAYS_MAX     1024u // of one subnet
#define POLICY_RULES_MAX      16384u
#define POLICY_CONDITIONS_MAX 65536u // of all rules together
#define POLICY_TEXT_MAX       255u   // a host's name and role, a pattern, a device
#define POLICY_NAME_MAX       512u   // a file's name, asked for or told
#define POLICY_PATH_MAX       1024u  // runtime_dir, state_dir
#define POLICY_MENU_MAX       24u    // items of a PXE menu: what EDK2 has room for
#define POLICY_MENU_TEXT_MAX  80u    // of an item, and of the prompt
#define POLICY_OPTIONS_MAX    1200u  // one option block; all of a reply has 1,472 bytes
#define POLICY_PROBE_MAX      128u   // entries of a hash table that a look-up visits
#define POLICY_PREFIX_MIN     1u
#define ORDER_SLOTS           16384u // orders that can be known at once

struct policy_region {
	struct shm_header header;
	uint64_t buffer_offset[2];
	uint64_t buffer_size; // POLICY_SNAPSHOT_MAX
	uint8_t pad[ROUSE_PAGE - sizeof(struct shm_header) - 24];
};
static_assert(sizeof(struct policy_region) == ROUSE_PAGE, "policy_region");

// A run of bytes in section POLICY_BYTES. Text is not NUL-terminated.
struct policy_ref {
	uint32_t offset; // from the start of the section
	uint32_t len;
};

// A run of records in another section.
struct policy_range {
	uint32_t first;
	uint32_t count;
};

enum policy_section_id {
	POLICY_BYTES = 0,    // text and option blocks
	POLICY_PORTS,        // struct policy_port
	POLICY_SUBNETS,      // struct policy_subnet, ascending and disjoint
	POLICY_POOLS,        // struct policy_pool, ascending and disjoint
	POLICY_RELAYS,       // uint32_t IPv4 addresses
	POLICY_HOSTS,        // struct policy_host
	POLICY_HOST_BY_MAC,  // uint32_t hash table: index of host + 1, 0 empty
	POLICY_HOST_BY_ADDR, // uint32_t hash table: index of host + 1, 0 empty
	POLICY_RULES,        // struct policy_rule, in the order in which they are tried
	POLICY_CONDITIONS,   // struct policy_condition
	POLICY_MENU_ITEMS,   // struct policy_menu_item
	POLICY_NAMES,        // struct policy_name
	POLICY_NAME_EXACT,   // uint32_t hash table: index of name + 1, 0 empty
	POLICY_NAME_FOLDED,  // the same over names without case and with \ as /
	POLICY_SECTION_COUNT,
};

struct policy_section {
	uint32_t offset; // bytes from the start of the snapshot, a multiple of 8
	uint32_t count;  // records (bytes in POLICY_BYTES); hash tables: a power of two
};

enum policy_idle {
	POLICY_IDLE_ADAPTIVE = 0,
	POLICY_IDLE_BUSY = 1,
};

// All addresses in a snapshot are IPv4 in host byte order, times in seconds.
struct policy_snapshot {
	uint32_t magic;
	uint32_t abi_version;
	uint64_t generation;
	uint32_t total_size;
	uint32_t crc; // CRC32C over total_size bytes, this field taken as 0
	uint64_t built_unix_ns;
	uint64_t memory_bytes;
	uint32_t max_leases;
	uint16_t workers;
	uint16_t idle; // enum policy_idle
	uint16_t tid_first;
	uint16_t tid_last;
	uint8_t authoritative;
	uint8_t multicast;        // 1: files may be sent to groups (RFC 2090)
	uint8_t multicast_ttl;    // of what is sent to a group, at least 1
	uint8_t multicast_prefix; // of the addresses of groups: 4 to 32
	struct policy_ref runtime_dir;
	struct policy_ref state_dir;
	struct policy_section section[POLICY_SECTION_COUNT];
	uint32_t multicast_groups; // first address of groups
	uint16_t multicast_port;   // to which all groups are sent
	uint16_t pad1;
};
static_assert(sizeof(struct policy_snapshot) == 192, "policy_snapshot");

enum policy_device {
	POLICY_DEVICE_AF_XDP = 0,
	POLICY_DEVICE_AF_PACKET = 1,
	POLICY_DEVICE_VDEV = 2,
	POLICY_DEVICE_PCI = 3,
};

enum policy_dhcp_mode {
	POLICY_DHCP_OFF = 0,
	POLICY_DHCP_SERVER = 1,
	POLICY_DHCP_PROXY = 2, // another server gives out the addresses
};

struct policy_port {
	struct policy_ref device; // what stands after the kind: "eth1", "net_memif0,role=server"
	uint32_t address;
	uint8_t prefix_len;
	uint8_t kind; // enum policy_device
	uint8_t dhcp; // enum policy_dhcp_mode
	uint8_t pad0;
	uint16_t mtu;      // 0: the device's
	uint16_t vlan;     // 802.1Q tag of all its frames, not on af_xdp; 0: none
	uint32_t subnet;   // index of the subnet that holds address, UINT32_MAX if none; set by the
			   // builder
	uint64_t rate_bps; // 0: as fast as the device takes
};
static_assert(sizeof(struct policy_port) == 32, "policy_port");

// Option blocks are finished DHCP options (code, length, value; long ones split by RFC 3396), in
// ascending order of codes, each code once (the parts of a split one follow each other, all but the
// last 255 bytes long); neither 0 nor 255.
struct policy_subnet {
	uint32_t network;
	uint32_t mask;
	struct policy_range pools; // subnet after subnet, without a gap
	struct policy_range relays;
	struct policy_ref options;
	uint32_t lease_time_s;
	uint16_t max_blksize;
	uint16_t max_windowsize;
	uint64_t edge_rate_bps;
	uint32_t broadcast; // network | ~mask
	uint32_t pad0;
};
static_assert(sizeof(struct policy_subnet) == 56, "policy_subnet");

enum policy_pool_users {
	POLICY_POOL_ANY = 0,
	POLICY_POOL_KNOWN,   // machines that hosts: names
	POLICY_POOL_UNKNOWN, // all others
	POLICY_POOL_USERS,
};

struct policy_pool {
	uint32_t first;
	uint32_t last;
	uint32_t subnet; // set by the builder
	uint32_t users;  // enum policy_pool_users
};
static_assert(sizeof(struct policy_pool) == 16, "policy_pool");

enum policy_host_flags {
	POLICY_HOST_LOCAL = 1,    // boots its own disk unless an order is pending
	POLICY_HOST_UNLISTED = 2, // not in hosts: of the configuration, so it counts as unknown
	POLICY_HOST_UNNAMED = 4,  // nobody gave it its name, which it is not told
};

// An order is a boot that a machine does once. It is pending as long as the state region's table of
// used orders has another id in its slot (policy_order_pending). The last ACK of order_last, or of
// the name rouse/used/ followed by the id in 16 hexadecimal digits, uses it up.
struct policy_host {
	struct policy_ref name;
	struct policy_ref role;
	struct policy_ref options;
	uint32_t address; // 0: no reservation, a pool's address
	uint8_t mac[6];
	uint8_t pad0[2];
	uint32_t flags;               // enum policy_host_flags
	struct policy_ref order_last; // path of a name; empty: none
	uint64_t order_id;            // 0: no order, and the other fields of it are 0 or empty
	uint32_t order_slot;          // below ORDER_SLOTS, of no other host's order
	uint32_t pad1;
};
static_assert(sizeof(struct policy_host) == 64, "policy_host");

enum policy_match {
	POLICY_MATCH_IPXE = 0,     // value: 1 or 0
	POLICY_MATCH_ARCH,         // value: type number of RFC 4578
	POLICY_MATCH_MAC,          // text: glob over aa:bb:cc:dd:ee:ff
	POLICY_MATCH_UUID,         // text: glob over the usual lower-case text form
	POLICY_MATCH_VENDOR_CLASS, // text: glob over option 60
	POLICY_MATCH_USER_CLASS,   // text: glob over each class of option 77
	POLICY_MATCH_SUBNET,       // value: network, mask: mask
	POLICY_MATCH_HOST,         // text: glob over the host's name
	POLICY_MATCH_ROLE,         // text: glob over the host's role
	POLICY_MATCH_CIRCUIT_ID,   // text: glob over option 82's suboption 1
	POLICY_MATCH_REMOTE_ID,    // text: glob over option 82's suboption 2
	POLICY_MATCH_LOCAL,        // value: whether it is to boot its own disk now
	POLICY_MATCH_ORDER,        // value: whether its host has a pending order
};

// A rule matches when for each group at least one of its conditions holds. The groups of a rule
// ascend. What a machine does not have (no host entry, no user class) matches no pattern, not even
// *. Case counts, but not in mac, uuid and host.
struct policy_condition {
	uint16_t match; // enum policy_match
	uint16_t group;
	uint32_t value;
	uint32_t mask;
	struct policy_ref text;
	uint32_t pad0;
};
static_assert(sizeof(struct policy_condition) == 24, "policy_condition");

enum policy_rule_flags {
	POLICY_RULE_NO_SEND_AHEAD = 1,
};

#define POLICY_MENU_WAITS 255u // menu_timeout: the menu is shown at once, and waits

// A line of a PXE menu. The type of boot server by which firmware asks for it is
// policy_menu_type().
struct policy_menu_item {
	struct policy_ref text;
	struct policy_ref file; // empty: the machine's own disk
	uint32_t next_server;   // 0: the port's own address
	uint32_t file_blocks;   // as in struct policy_rule
};
static_assert(sizeof(struct policy_menu_item) == 24, "policy_menu_item");

struct policy_rule {
	struct policy_range conditions; // rule after rule, without a gap
	struct policy_ref file;         // empty: an answer without a boot file
	struct policy_ref options;
	uint32_t next_server;     // 0: the port's own address
	uint32_t flags;           // enum policy_rule_flags
	uint32_t line;            // in the configuration file, for explain
	uint32_t file_blocks;     // option 13: size in units of 512 bytes, 0 when unknown
	struct policy_range menu; // rule after rule, without a gap; then the rule has no file
	struct policy_ref menu_prompt;
	uint32_t menu_timeout_s; // until the first item is chosen, or POLICY_MENU_WAITS
	uint32_t pad0;
};
static_assert(sizeof(struct policy_rule) == 64, "policy_rule");

enum policy_name_state {
	POLICY_NAME_SERVED = 0,     // from memory, or on request: the slot's word tells
	POLICY_NAME_NO_MEMORY = 1,  // larger than memory:
	POLICY_NAME_UNREADABLE = 2, // could not be read, or kept changing while it was read
};

#define POLICY_NODE_ORDER (1u << 31) // of policy_name.node: only while the host's order is pending

struct policy_name {
	struct policy_ref path; // below boot_root, in the form of policy_name_is_plain
	uint32_t node;          // index of host + 1, maybe with POLICY_NODE_ORDER; 0: every node's
	uint32_t slot;          // in the residency table
	uint64_t generation;    // of the slot
	uint64_t size;
	uint16_t state; // enum policy_name_state
	uint16_t pad0[3];
};
static_assert(sizeof(struct policy_name) == 40, "policy_name");
