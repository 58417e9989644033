// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The configuration as a plain struct, and how it is read from text. Pure: config_parse takes bytes
// and gives a struct or errors; nothing of a configuration with an error is ever used.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "config_brain.h"
#include "config_errors.h"
#include "shm_abi.h"

#define CONFIG_DEFAULT_PATH    "/etc/rouse/rouse.yaml"
#define CONFIG_MAX_LEASES      1048576u
#define CONFIG_OPTIONS_MAX     32u   // of one subnet
#define CONFIG_OPTION_LEN_MAX  1024u // value of one option
#define CONFIG_OPTIONS_LEN_MAX 1200u // all option blocks of one subnet: what a reply has room for
#define CONFIG_PATTERN_MAX     255u

struct config_addresses {
	uint32_t count;
	uint32_t *list; // host byte order
};

struct config_pool {
	uint32_t first;
	uint32_t last;
	uint32_t users; // enum policy_pool_users
	uint32_t line;
};

struct config_option {
	uint8_t code;
	uint16_t len;
	const uint8_t *data;
	uint32_t line;
};

struct config_options {
	uint32_t count;
	struct config_option *list; // ascending codes
};

struct config_port {
	uint32_t line;
	const char *device; // as written: "af_xdp:eth1"
	uint8_t kind;       // enum policy_device
	uint8_t dhcp;       // enum policy_dhcp_mode
	uint8_t prefix_len;
	uint16_t mtu;  // 0: the device's
	uint16_t vlan; // 0: none
	uint32_t address;
	uint64_t rate_bps; // 0: as fast as the device takes
};

struct config_subnet {
	uint32_t line;
	uint32_t network;
	uint8_t prefix_len;
	uint32_t pool_count;
	struct config_pool *pools;
	uint32_t lease_time_s;
	struct config_addresses routers;
	struct config_addresses dns;
	struct config_addresses ntp;
	struct config_addresses relays;
	const char *domain;
	uint32_t max_blksize;
	uint32_t max_windowsize;
	uint64_t edge_rate_bps;
	struct config_options options;
	struct vars *vars; // NULL: none
};

struct config_host {
	uint32_t line;
	const char *name;
	const char *role;    // NULL: by the roles' rules
	const char *profile; // NULL: the role's
	uint8_t mac[6];
	uint32_t address; // 0: a pool's
	struct config_options options;
	struct vars *vars; // NULL: none
};

#define CONFIG_MENU_PROMPT  "Press F8 for the boot menu"
#define CONFIG_MENU_TIMEOUT "10"

struct config_menu_item {
	uint32_t line;
	const char *text;
	const char *file; // NULL: the machine's own disk
	uint32_t next_server;
};

struct config_rule {
	uint32_t line;
	struct config_match match;
	const char *file; // NULL: an answer without a boot file, or with a menu
	uint32_t menu_count;
	struct config_menu_item *menu;
	const char *menu_prompt;
	uint32_t menu_timeout_s;
	bool send_ahead;
	uint32_t next_server;
	struct config_options options;
};

struct config_multicast {
	uint32_t line;
	uint32_t groups;
	uint8_t prefix_len;
	bool enabled;
	uint16_t port;
	uint16_t ttl;
};

struct config_http {
	uint32_t line;
	bool given;
	uint16_t port; // 0: no plain HTTP
	uint16_t tls_port;
	uint32_t max_connections;
	uint32_t max_per_client;
};

struct config_tls {
	uint32_t line;
	bool given;
	const char *certificate;
	const char *key;
};

struct config {
	struct arena arena; // everything below points into it
	const char *runtime_dir;
	const char *state_dir;
	const char *boot_root;
	uint64_t memory_bytes;
	uint32_t max_leases; // as given, 0: pools + hosts
	uint32_t workers;
	uint8_t idle; // enum policy_idle
	uint16_t tid_range[2];
	bool authoritative;
	struct config_texts preload;
	const char *node_dir; // below boot_root; NULL: none
	uint32_t port_count;
	struct config_port *ports;
	uint32_t subnet_count;
	struct config_subnet *subnets;
	uint32_t host_count;
	struct config_host *hosts;
	const struct config_host **hosts_by_mac; // sorted
	uint32_t rule_count;
	struct config_rule *rules;
	struct config_multicast multicast;
	struct config_brain brain;
	struct config_http http;
	struct config_tls tls;
};

// Reads a configuration. NULL when there is any error, all of which are then in errors, in the
// order of their lines. The caller frees the result.
struct config *config_parse(const char *text, size_t len, struct config_errors *errors);
// Only runtime_dir, whatever else is wrong: enough to find what runs, which goes on with its last
// good configuration.
struct config *config_parse_where(const char *text, size_t len, struct config_errors *errors);
void config_free(struct config *config);

// The same of a file; a file that cannot be read is an error too.
struct config *config_load(const char *path, struct config_errors *errors);
struct config *config_load_where(const char *path, struct config_errors *errors);

// Pools' addresses + hosts, at most CONFIG_MAX_LEASES, or max_leases where it is given.
uint32_t config_lease_count(const struct config *config);

// The size of the lease table: the same, and without max_leases room for hosts and pools that are
// added while it runs.
#define CONFIG_LEASES_SPARE 1024u
uint32_t config_lease_table(const struct config *config);

// The host with this MAC, or NULL.
const struct config_host *config_host_by_mac(const struct config *config, const uint8_t mac[6]);

uint32_t config_mask(uint8_t prefix_len);
