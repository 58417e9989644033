// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config.h"
#include "config_check.h"
#include "config_keys.h"

#define BASE                                                                                       \
	"boot_root: /srv/rouse\n"                                                                  \
	"ports:\n  - {device: \"af_xdp:eth1\", address: 10.77.0.1/24}\n"                           \
	"boot:\n  - {file: a.efi}\n"
#define POOL   "    pools: 10.77.0.10-10.77.0.19\n"
#define SUBNET "subnets:\n  - network: 10.77.0.0/24\n"

#define TEXT_64   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LONG_TEXT TEXT_64 TEXT_64 TEXT_64 TEXT_64

// The file without ports, for cases that write their own.
#define REST "boot_root: /srv\nboot: [{file: a}]\n" SUBNET

#define PORT "boot_root: /srv\nports: [{device: \"af_xdp:a\", address: 10.77.0.1/24}]\n" SUBNET
#define MENU PORT "boot: [{menu: "

static struct config_errors errors;

static struct config *parse(const char *text) {
	memset(&errors, 0, sizeof(errors));
	return config_parse(text, strlen(text), &errors);
}

static bool has_error(uint32_t line, const char *key, const char *text) {
	for (size_t i = 0; i < errors.count && i < CONFIG_ERRORS_MAX; i++)
		if (errors.list[i].line == line && !strcmp(errors.list[i].key, key) &&
			strstr(errors.list[i].text, text))
			return true;
	return false;
}

static const struct {
	const char *text;
	uint32_t line;
	const char *key;
	const char *error;
} bad_cases[] = {
	{"", 0, "", "is empty"},
	{"[]", 1, "", "must be a map"},
	{"a: 1\nb: c: d", 2, "", "not YAML"},
	{"a:\n\tb: 1", 2, "", "begins with a tab"},
	{"\xc3\xa4:\n  c: 1\n  \td: 1", 3, "", "begins with a tab"},
	{"a: [\n\n", 3, "", "not YAML"},
	{"a: 1\na: 2", 2, "a", "twice"},
	{"a: *x", 1, "a", "aliases"},
	{"a: &x 1", 1, "a", "anchors"},
	{"a: !!int 1", 1, "a", "anchors"},
	{"a: \"x\\0y\"", 1, "a", "NUL"},
	{"? [a]\n: 1", 1, "", "a key must be one word"},
	{"a: 1\n---\nb: 1", 2, "", "one document"},
	{"a: \xff", 0, "", "not UTF-8"},
	{"boot_root: /srv", 1, "ports", "is required"},
	{"boot_root: /srv", 1, "boot", "is required"},
	{"memory: 1G", 1, "boot_root", "is required"},
	{BASE SUBNET "boot_rot: /srv", 8, "boot_rot", "is it boot_root?"},
	{BASE SUBNET "zzzzzz: /srv", 8, "zzzzzz", "there is no such key"},
	{BASE SUBNET "    rooters: [10.77.0.1]", 8, "subnets[0].rooters", "is it routers?"},
	{BASE SUBNET "runtime_dir: run", 8, "runtime_dir", "not an absolute path"},
	{BASE SUBNET "memory: lots", 8, "memory", "not a size"},
	{BASE SUBNET "memory: 1M", 8, "memory", "must be between"},
	{BASE SUBNET "memory: [1G]", 8, "memory", "takes one value, not a list"},
	{BASE SUBNET "memory:", 8, "memory", "has no value"},
	{BASE SUBNET "workers: 17", 8, "workers", "must be between 1 and 16"},
	{BASE SUBNET "workers: 1K", 8, "workers", "not a number"},
	{BASE SUBNET "idle: lazy", 8, "idle", "none of adaptive or busy"},
	{BASE SUBNET "tid_range: 5000", 8, "tid_range", "not a range"},
	{BASE SUBNET "tid_range: 900-2000", 8, "tid_range", "between 1024 and 65535"},
	{BASE SUBNET "tid_range: 4000-5000", 8, "tid_range", "4011"},
	{BASE SUBNET "tid_range: 5000-5015\nworkers: 2", 0, "tid_range", "too few for 2 workers"},
	{BASE SUBNET "authoritative: maybe", 8, "authoritative", "neither true nor false"},
	{BASE SUBNET "multicast: true", 8, "multicast", "takes keys"},
	{BASE SUBNET "node_dir: nodes/", 0, "node_dir", "not a directory below boot_root"},
	{BASE SUBNET "node_dir: ../nodes", 8, "node_dir", "below boot_root"},
	{BASE SUBNET "multicast: {groups: 10.0.0.0/24}", 8, "multicast.groups", "multicast groups"},
	{BASE SUBNET "multicast: {groups: 239.255.77.1/24}", 8, "multicast.groups",
		"in the network 239.255.77.0/24"},
	{BASE SUBNET "multicast: {groups: 224.0.0.0/24}", 8, "multicast.groups",
		"multicast groups"},
	{BASE SUBNET "multicast: {groups: 239.1.1.1}", 8, "multicast.groups",
		"write 239.255.77.0/24"},
	{BASE SUBNET "multicast: {ttl: 0}", 8, "multicast.ttl", "between 1 and 255"},
	{BASE SUBNET "multicast: {port: 69}", 8, "multicast.port", "between 1024 and 65535"},
	{BASE SUBNET "multicast: {grups: 239.1.1.0/24}", 8, "multicast.grups", "is it groups?"},
	{BASE SUBNET "http: true", 8, "http", "takes keys"},
	{BASE SUBNET "http: {prot: 80}", 8, "http.prot", "is it port?"},
	{BASE SUBNET "http: {port: 65536}", 8, "http.port", "between 0 and 65535"},
	{BASE SUBNET "http: {tls_port: 0}", 8, "http.tls_port", "between 1 and 65535"},
	{BASE SUBNET "http: {max_connections: 0}", 8, "http.max_connections", "between 1 and"},
	{BASE SUBNET "http: {max_connections: 9, max_per_client: 10}", 8, "http.max_per_client",
		"more than max_connections: 9"},
	{BASE SUBNET "http: {max_connections: 9}", 8, "http.max_per_client", "64 of one client"},
	{BASE SUBNET "http: {port: 0}", 8, "http.port", "nothing listens"},
	{BASE SUBNET "http: {port: 443}\ntls: {}", 8, "http.tls_port", "another port"},
	{BASE SUBNET "tls: {}", 8, "tls", "add http: {}"},
	{BASE SUBNET "http: {}\ntls: {key: server.key}", 9, "tls.key", "not an absolute path"},
	{BASE SUBNET "http: {}\ntls: {keys: /server.key}", 9, "tls.keys", "is it key?"},
	{REST "ports: [{device: \"vdev:net_memif0\", address: 10.77.0.1/24}]\nhttp: {}", 6, "http",
		"needs a port of af_xdp or af_packet"},
	{BASE SUBNET "hosts: {}", 8, "hosts", "takes a list"},
	{BASE SUBNET "hosts: [1]", 8, "hosts", "entry 0 takes keys"},
	{"boot_root: /srv\nboot: [{file: a}]\nports: []", 3, "ports", "at least one"},
	{REST "ports: [{device: eth1, address: 10.77.0.1/24}]", 5, "ports[0].device", "none of"},
	{REST "ports: [{device: \"af_xdp:\", address: 10.77.0.1/24}]", 5, "ports[0].device",
		"needs a name"},
	{REST "ports: [{device: \"af_xdp:../x\", address: 10.77.0.1/24}]", 5, "ports[0].device",
		"not the name of an interface"},
	{REST "ports: [{device: \"af_xdp:a\", address: 10.77.0.1}]", 5, "ports[0].address",
		"write 10.77.0.1/24"},
	{REST "ports: [{device: \"af_xdp:a\", address: 10.77.0.0/24}]", 5, "ports[0].address",
		"own or broadcast"},
	{REST "ports: [{device: \"af_xdp:a\", address: 10.77.0.255/24}]", 5, "ports[0].address",
		"own or broadcast"},
	{REST "ports: [{device: \"af_xdp:a\", address: 10.78.0.1/24}]", 5, "ports[0].address",
		"no subnet holds 10.78.0.1"},
	{REST POOL "ports: [{device: \"af_xdp:a\", address: 10.77.0.1/24, dhcp: proxy}]", 6,
		"ports[0].dhcp", "subnet 10.77.0.0/24 has pools"},
	{REST "ports: [{device: \"af_xdp:a\", address: 10.77.0.1/24, vlan: 3}]", 5, "ports[0].vlan",
		"write af_packet:a"},
	{REST "ports: [{device: \"af_packet:a\", address: 10.77.0.1/24, vlan: 0}]", 5,
		"ports[0].vlan", "between 1 and 4094"},
	{REST "ports: [{device: \"af_packet:a\", address: 10.77.0.1/24, vlan: 4095}]", 5,
		"ports[0].vlan", "between 1 and 4094"},
	{REST "ports: [{device: \"af_packet:a\", address: 10.77.0.1/24, vlan: 3},\n"
	      " {device: \"af_packet:a\", address: 10.77.0.2/24, vlan: 3}]",
		6, "ports[1].device", "used in line 5 already"},
	{REST "ports: [{device: \"af_packet:a\", address: 10.77.0.1/24, vlan: 3},\n"
	      " {device: \"af_packet:a\", address: 10.77.0.2/24, vlan: 4}]",
		6, "ports[1].device", "such as af_packet:a.4, without vlan:"},
	{REST "ports: [{device: \"af_xdp:a\", address: 10.77.0.1/24, mtu: 9000}]", 5,
		"ports[0].mtu", "at most 3500"},
	{REST "ports: [{device: \"af_xdp:a\", address: 10.77.0.1/24},\n"
	      " {device: \"af_xdp:a\", address: 10.77.0.2/24}]",
		6, "ports[1].device", "used in line 5 already"},
	{REST "ports: [{device: \"af_xdp:a\", address: 10.77.0.1/24},\n"
	      " {device: \"af_xdp:b\", address: 10.77.0.1/24}]",
		6, "ports[1].address", "used in line 5 already"},
	{BASE "subnets: [{network: 10.77.0.1/24}]", 6, "subnets[0].network", "write that"},
	{BASE "subnets: [{network: 10.77.0.0/31}]", 6, "subnets[0].network", "cannot be a network"},
	{BASE SUBNET "  - network: 10.77.0.128/25", 8, "subnets[1].network",
		"overlaps 10.77.0.0/24 of line 7"},
	{BASE SUBNET "    pools: 10.77.0.9", 8, "subnets[0].pools", "not a range"},
	{BASE SUBNET "    pools: 10.77.0.9-10.77.0.8", 8, "subnets[0].pools", "ends before"},
	{BASE SUBNET "    pools: 10.77.0.9-10.77.1.8", 8, "subnets[0].pools",
		"inside 10.77.0.0/24"},
	{BASE SUBNET "    pools: 10.77.0.0-10.77.0.8", 8, "subnets[0].pools",
		"inside 10.77.0.0/24"},
	{BASE SUBNET "    pools: 10.77.0.9-10.77.0.255", 8, "subnets[0].pools", "inside"},
	{BASE SUBNET "    pools: [10.77.0.9-10.77.0.20,\n     10.77.0.20-10.77.0.30]", 9,
		"subnets[0].pools", "overlaps that of line 8"},
	{BASE SUBNET
		"    unknown_pools: [10.77.0.9-10.77.0.20]\n    known_pools: 10.77.0.20-10.77.0.30",
		9, "subnets[0].pools", "overlaps that of line 8"},
	{BASE SUBNET "    known_pools: 10.77.0.9", 8, "subnets[0].known_pools", "not a range"},
	{BASE SUBNET "    pools: 10.77.0.1-10.77.0.20", 8, "subnets[0].pools", "our own address"},
	{BASE SUBNET "    routers: 10.77.0.9\n    pools: 10.77.0.2-10.77.0.20", 9,
		"subnets[0].pools", "holds the router 10.77.0.9"},
	{BASE SUBNET "    routers: 10.78.0.9", 7, "subnets[0].routers", "not in this network"},
	{BASE SUBNET "    routers: [10.77.0.300]", 8, "subnets[0].routers", "not an IPv4 address"},
	{BASE SUBNET "    relays: [10.77.0.2, 10.77.0.1]", 7, "subnets[0].relays",
		"10.77.0.1 is our own address"},
	{BASE SUBNET
		"    relays: [10.77.0.9]\n    pools: [10.77.0.2-10.77.0.5, 10.77.0.7-10.77.0.20]",
		7, "subnets[0].relays", "10.77.0.9 lies in a pool"},
	{BASE SUBNET "    pools: 10.77.0.2-10.77.0.20\n  - network: 10.78.0.0/24\n    relays: "
		     "[10.77.0.9]",
		9, "subnets[1].relays", "10.77.0.9 lies in a pool"},
	{BASE SUBNET "    dns: 224.0.0.1", 8, "subnets[0].dns", "cannot be the address"},
	{BASE SUBNET "    lease_time: 1s", 8, "subnets[0].lease_time", "must be between"},
	{BASE SUBNET "    domain: a..b", 8, "subnets[0].domain", "is not a name"},
	{BASE SUBNET "    edge_rate: 100", 8, "subnets[0].edge_rate", "must be between"},
	{"ports: [{device: \"af_xdp:eth1\", rate: fast}]", 1, "ports[0].rate", "rate"},
	{BASE SUBNET "    max_blksize: 7", 8, "subnets[0].max_blksize", "between 8 and 65464"},
	{BASE SUBNET "    options: [1]", 8, "subnets[0].options", "takes numbers and values"},
	{BASE SUBNET "    options: {tftp: \"ip:1.2.3.4\"}", 8, "subnets[0].options",
		"not an option's number"},
	{BASE SUBNET "    options: {53: \"u8:1\"}", 8, "subnets[0].options", "the message's type"},
	{BASE SUBNET "    options: {121: \"hex:01\"}", 8, "subnets[0].options",
		"(classless routes) cannot have 1 bytes"},
	{BASE SUBNET "    options: {50: \"ip:1.2.3.4\"}", 8, "subnets[0].options",
		"sent by clients only"},
	{BASE SUBNET "    options: {67: \"text:" LONG_TEXT "\"}", 8, "subnets[0].options",
		"option 67 (boot file name) can have 255 bytes at most, not 256"},
	{BASE SUBNET "    options: {150: 10.77.0.1}", 8, "subnets[0].options",
		"option 150: \"10.77.0.1\" needs a type"},
	{BASE SUBNET "    options: {150: \"ip:1\", 0150: \"ip:1.2.3.4\"}", 8, "subnets[0].options",
		"\"1\" is not an IPv4 address"},
	{BASE SUBNET "    options: {150: \"ip:1.1.1.1\", 0150: \"ip:1.2.3.4\"}", 8,
		"subnets[0].options", "option 150 is there twice"},
	{BASE SUBNET "    dns: 10.77.0.1\n    options: {6: \"ip:10.77.0.1\"}", 7,
		"subnets[0].options", "given by dns: already"},
	{BASE SUBNET "hosts: [{mac: \"52:54:00:00:01:01\"}]", 8, "hosts[0].name", "is required"},
	{BASE SUBNET "hosts: [{name: n, mac: \"52:54:00\"}]", 8, "hosts[0].mac", "not a MAC"},
	{BASE SUBNET "hosts: [{name: n, mac: \"ff:ff:ff:ff:ff:ff\"}]", 8, "hosts[0].mac",
		"cannot be the address of one machine"},
	{BASE SUBNET "hosts: [{name: n, mac: \"52:54:00:00:01:01\", address: 10.78.0.1}]", 8,
		"hosts[0].address", "no subnet holds"},
	{BASE SUBNET "hosts: [{name: n, mac: \"52:54:00:00:01:01\", address: 10.77.0.1}]", 8,
		"hosts[0].address", "our own"},
	{BASE SUBNET "hosts: [{name: n, mac: \"52:54:00:00:01:01\", address: 10.77.0.255}]", 8,
		"hosts[0].address", "broadcast"},
	{BASE SUBNET "hosts:\n  - {name: n, mac: \"52:54:00:00:01:01\"}\n"
		     "  - {name: N, mac: \"52:54:00:00:01:02\"}",
		10, "hosts[1].name", "same as in line 9"},
	{BASE SUBNET "hosts:\n  - {name: n, mac: \"52:54:00:00:01:01\"}\n"
		     "  - {name: m, mac: \"52:54:00:00:01:01\"}",
		10, "hosts[1].mac", "same as in line 9"},
	{BASE SUBNET "hosts:\n  - {name: n, mac: \"52:54:00:00:01:01\", address: 10.77.0.9}\n"
		     "  - {name: m, mac: \"52:54:00:00:01:02\", address: 10.77.0.9}",
		10, "hosts[1].address", "same as in line 9"},
	{"boot_root: /srv\nboot: [{file: ../a}]", 2, "boot[0].file", "below boot_root"},
	{"boot_root: /srv\nboot: [{file: a/../b}]", 2, "boot[0].file", "below boot_root"},
	{"boot_root: /srv\nboot: [{file: /}]", 2, "boot[0].file", "below boot_root"},
	{"boot: [{match: [1]}]", 1, "boot[0].match", "takes keys"},
	{"boot: [{match: {archi: x}}]", 1, "boot[0].match.archi", "is it arch?"},
	{"boot: [{match: {arch: x86-uefi}}]", 1, "boot[0].match.arch", "no architecture"},
	{"boot: [{match: {arch: []}}]", 1, "boot[0].match.arch", "empty list"},
	{"boot: [{match: {ipxe: 1}}]", 1, "boot[0].match.ipxe", "neither true nor false"},
	{"boot: [{match: {subnet: 10.0.0.1}}]", 1, "boot[0].match.subnet", "not a network"},
	{"boot: [{match: {mac: \"xx:*\"}}]", 1, "boot[0].match.mac", "can match nothing"},
	{"boot: [{options: {53: \"u8:1\"}}]", 1, "boot[0].options", "the message's type"},
	{BASE SUBNET "hosts: [{name: n, options: {6: \"ip:1\"}}]", 8, "hosts[0].options",
		"not an IPv4 address"},
	{"boot: [{menu: [{file: a}]}]", 1, "boot[0].menu[0].text", "is required"},
	{"boot: [{menu: [{text: A, flie: a}]}]", 1, "boot[0].menu[0].flie", "is it file?"},
	{"boot: [{menu_timeout: 256}]", 1, "boot[0].menu_timeout", "255"},
	{MENU "[{text: A, file: a}], next_server: 10.0.0.1}]", 5, "boot[0].next_server",
		"each item"},
	{MENU "[], menu_timeout: 5}]", 5, "boot[0].menu", "need a menu"},
	{MENU "[], menu_prompt: Hi}]", 5, "boot[0].menu", "need a menu"},
	{MENU "[{text: A, file: a}], file: b}]", 5, "boot[0].menu", "either a file or a menu"},
	{MENU "[{text: " TEXT_64 ", file: a}, {text: " TEXT_64 ", file: b}, {text: " TEXT_64
	      ", file: c}]}]",
		5, "boot[0].menu", "bytes too long"},
	{"boot: [{match: {}, send_ahead: 8}]", 1, "boot[0].send_ahead", "neither true nor false"},
	{"boot: [{match: {local: maybe}}]", 1, "boot[0].match.local", "neither true nor false"},
	{"boot: [{match: {order: 5}}]", 1, "boot[0].match.order", "neither true nor false"},
	{"boot_root: /srv\nports: [{device: \"af_xdp:a\", address: 10.77.0.1/24}]\n" SUBNET
	 "boot: [{match: {host: n9}, file: a}]",
		5, "boot[0].match.host", "there is no host n9"},
};

static void a_rule_can_ask_for_local_and_order(void **state) {
	static const struct {
		const char *text;
		uint16_t match;
		uint32_t value;
	} cases[] = {
		{PORT "boot: [{match: {local: true}, file: a}]", POLICY_MATCH_LOCAL, 1},
		{PORT "boot: [{match: {local: false}, file: a}]", POLICY_MATCH_LOCAL, 0},
		{PORT "boot: [{match: {order: true}, file: a}]", POLICY_MATCH_ORDER, 1},
		{PORT "boot: [{match: {order: false}, file: a}]", POLICY_MATCH_ORDER, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config *config = parse(cases[i].text);

		if (!config)
			fail_msg("%s: refused", cases[i].text);
		assert_int_equal(config->rules[0].match.count, 1);
		assert_int_equal(config->rules[0].match.list[0].match, cases[i].match);
		assert_int_equal(config->rules[0].match.list[0].value, cases[i].value);
		config_free(config);
	}
}

static void bad_configurations_are_refused(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(bad_cases) / sizeof(bad_cases[0]); i++) {
		struct config *config = parse(bad_cases[i].text);

		if (config || !has_error(bad_cases[i].line, bad_cases[i].key, bad_cases[i].error))
			fail_msg("case %zu (%s): %s, first error %u %s: %s", i, bad_cases[i].error,
				config ? "accepted" : "refused", errors.list[0].line,
				errors.list[0].key, errors.list[0].text);
	}
}

static void bombs_are_refused(void **state) {
	char *text = malloc(CONFIG_SIZE_MAX + 2);

	(void)state;
	memset(text, '[', 2000);
	text[2000] = '\0';
	assert_null(parse(text));
	assert_non_null(strstr(errors.list[0].text, "deeply"));
	memset(text, ' ', CONFIG_SIZE_MAX + 1);
	text[CONFIG_SIZE_MAX + 1] = '\0';
	assert_null(parse(text));
	assert_non_null(strstr(errors.list[0].text, "larger than"));
	strcpy(text, "a: [");
	for (size_t i = 4; i < CONFIG_SIZE_MAX; i++)
		text[i] = i & 1 ? ',' : '1';
	text[CONFIG_SIZE_MAX] = '\0';
	assert_null(parse(text));
	assert_non_null(strstr(errors.list[0].text, "too many values"));
	free(text);
}

static void errors_are_all_told_up_to_a_bound(void **state) {
	char text[4096] = "boot: [{file: a}]\nboot_root: x\nports: [{address: 1}]\n";

	(void)state;
	assert_null(parse(text));
	assert_int_equal(errors.count, 3);
	assert_int_equal(errors.list[0].line, 2);
	for (int i = 0; i < 60; i++)
		sprintf(text + strlen(text), "zz%d: 1\n", i);
	assert_null(parse(text));
	assert_int_equal(errors.count, 63);
}

static const char whole[] =
	"runtime_dir: /run/r1/\n"
	"state_dir: /var/lib/r1\n"
	"boot_root: /srv/rouse\n"
	"memory: 512M\n"
	"preload: [\"*.efi\", \"*.kpxe\"]\n"
	"workers: 2\n"
	"idle: busy\n"
	"tid_range: 40000-40999\n"
	"max_leases: 1000\n"
	"authoritative: false\n"
	"multicast: {groups: 239.1.2.3/32, enabled: false, ttl: 4, port: 2000}\n"
	"http: {port: 8080, tls_port: 8443, max_connections: 100, max_per_client: 10}\n"
	"tls: {certificate: /etc/c.pem, key: /etc/k.pem}\n"
	"ports:\n"
	"  - device: af_packet:eth1\n"
	"    address: 10.77.0.1/24\n"
	"    mtu: 1400\n"
	"    vlan: 7\n"
	"  - {device: \"vdev:net_memif0,role=server\", address: 10.78.0.1/16, dhcp: off}\n"
	"subnets:\n"
	"  - network: 10.77.0.0/24\n"
	"    pools: [10.77.0.100-10.77.0.110, 10.77.0.50-10.77.0.60]\n"
	"    unknown_pools: 10.77.0.70-10.77.0.79\n"
	"    known_pools: [10.77.0.61-10.77.0.69]\n"
	"    lease_time: 90m\n"
	"    routers: 10.77.0.1\n"
	"    dns: [10.77.0.1, 10.77.0.2]\n"
	"    domain: cluster.example\n"
	"    relays: [10.99.0.1]\n"
	"    max_blksize: 1400\n"
	"    max_windowsize: 8\n"
	"    options: {150: \"ip:10.77.0.1\", 119: \"domains:a.example\"}\n"
	"hosts:\n"
	"  - {name: n001, mac: 52-54-00-00-01-01, address: 10.77.0.11, role: compute}\n"
	"  - {name: n002, mac: \"52:54:00:00:01:02\"}\n"
	"boot:\n"
	"  - {match: {ipxe: true, host: [n001, \"n9*\"]}, file: /menu.ipxe}\n"
	"  - {match: {arch: [x64-uefi, 16], mac: \"52-54-*\"}, file: ipxe.efi}\n"
	"  - {match: {subnet: 10.77.0.0/25}, file: \"http://10.77.0.9/x\", next_server: "
	"10.77.0.9}\n"
	"  - {}\n";

static void a_whole_configuration_is_read(void **state) {
	struct config *c = parse(whole);

	(void)state;
	if (!c)
		fail_msg("line %u: %s: %s", errors.list[0].line, errors.list[0].key,
			errors.list[0].text);
	assert_string_equal(c->runtime_dir, "/run/r1");
	assert_int_equal(c->memory_bytes, 512 << 20);
	assert_int_equal(c->preload.count, 2);
	assert_string_equal(c->preload.list[1], "*.kpxe");
	assert_int_equal(c->workers, 2);
	assert_int_equal(c->idle, POLICY_IDLE_BUSY);
	assert_int_equal(c->tid_range[0], 40000);
	assert_int_equal(c->tid_range[1], 40999);
	assert_false(c->authoritative);
	assert_int_equal(config_lease_count(c), 1000);
	assert_int_equal(c->port_count, 2);
	assert_string_equal(c->ports[0].device, "af_packet:eth1");
	assert_int_equal(c->ports[0].kind, POLICY_DEVICE_AF_PACKET);
	assert_int_equal(c->ports[0].dhcp, POLICY_DHCP_SERVER);
	assert_int_equal(c->ports[0].mtu, 1400);
	assert_int_equal(c->ports[0].vlan, 7);
	assert_int_equal(c->ports[1].vlan, 0);
	assert_int_equal(c->ports[1].prefix_len, 16);
	assert_int_equal(c->ports[1].dhcp, POLICY_DHCP_OFF);
	assert_int_equal(c->subnets[0].pool_count, 4);
	assert_int_equal(c->subnets[0].pools[0].first, 0x0a4d0032);
	assert_int_equal(c->subnets[0].pools[0].users, POLICY_POOL_ANY);
	assert_int_equal(c->subnets[0].pools[1].users, POLICY_POOL_KNOWN);
	assert_int_equal(c->subnets[0].pools[2].users, POLICY_POOL_UNKNOWN);
	assert_int_equal(c->subnets[0].pools[3].last, 0x0a4d006e);
	assert_int_equal(c->subnets[0].lease_time_s, 5400);
	assert_int_equal(c->subnets[0].routers.count, 1);
	assert_int_equal(c->subnets[0].dns.list[1], 0x0a4d0002);
	assert_int_equal(c->subnets[0].relays.list[0], 0x0a630001);
	assert_int_equal(c->subnets[0].max_windowsize, 8);
	assert_int_equal(c->subnets[0].edge_rate_bps, 1000000000);
	assert_int_equal(c->subnets[0].options.list[0].code, 119);
	assert_int_equal(c->subnets[0].options.list[1].len, 4);
	assert_int_equal(c->hosts[0].address, 0x0a4d000b);
	assert_int_equal(c->hosts[0].mac[5], 1);
	assert_string_equal(c->hosts[0].role, "compute");
	assert_null(c->hosts[1].role);
	assert_string_equal(c->rules[0].file, "menu.ipxe");
	assert_int_equal(c->rules[0].line, 37);
	assert_int_equal(c->rules[0].match.count, 3);
	assert_int_equal(c->rules[0].match.list[0].group, 0);
	assert_int_equal(c->rules[0].match.list[2].group, 1);
	assert_string_equal(c->rules[0].match.list[2].text, "n9*");
	assert_int_equal(c->rules[1].match.list[1].value, 16);
	assert_string_equal(c->rules[1].match.list[2].text, "52:54:*");
	assert_int_equal(c->rules[2].match.list[0].mask, 0xffffff80);
	assert_int_equal(c->rules[2].next_server, 0x0a4d0009);
	assert_int_equal(c->multicast.groups, 0xef010203);
	assert_int_equal(c->multicast.prefix_len, 32);
	assert_int_equal(c->multicast.ttl, 4);
	assert_int_equal(c->multicast.port, 2000);
	assert_false(c->multicast.enabled);
	assert_true(c->http.given && c->tls.given);
	assert_int_equal(c->http.port, 8080);
	assert_int_equal(c->http.tls_port, 8443);
	assert_int_equal(c->http.max_connections, 100);
	assert_int_equal(c->http.max_per_client, 10);
	assert_string_equal(c->tls.certificate, "/etc/c.pem");
	assert_string_equal(c->tls.key, "/etc/k.pem");
	assert_null(c->rules[3].file);
	assert_int_equal(c->rules[3].match.count, 0);
	config_free(c);
}

static void defaults_are_as_the_manual_says(void **state) {
	struct config *c = parse(BASE SUBNET "    pools: 10.77.0.10-10.77.0.19\n");

	(void)state;
	assert_non_null(c);
	assert_string_equal(c->runtime_dir, "/run/rouse");
	assert_string_equal(c->state_dir, "/var/lib/rouse");
	assert_int_equal(c->memory_bytes, 2ULL << 30);
	assert_int_equal(c->workers, 1);
	assert_int_equal(c->idle, POLICY_IDLE_ADAPTIVE);
	assert_int_equal(c->tid_range[0], 32768);
	assert_int_equal(c->tid_range[1], 49151);
	assert_true(c->authoritative);
	assert_true(c->multicast.enabled);
	assert_false(c->http.given || c->tls.given);
	assert_int_equal(c->http.port, 80);
	assert_int_equal(c->http.tls_port, 443);
	assert_int_equal(c->http.max_connections, 4096);
	assert_int_equal(c->http.max_per_client, 64);
	assert_string_equal(c->tls.certificate, "/etc/rouse/tls/server.pem");
	assert_string_equal(c->tls.key, "/etc/rouse/tls/server.key");
	assert_int_equal(c->multicast.groups, 0xefff4d00);
	assert_int_equal(c->multicast.prefix_len, 24);
	assert_int_equal(c->multicast.ttl, 1);
	assert_int_equal(c->multicast.port, 1758);
	assert_int_equal(c->subnets[0].lease_time_s, 43200);
	assert_int_equal(c->subnets[0].max_blksize, 1468);
	assert_int_equal(c->subnets[0].max_windowsize, 64);
	assert_int_equal(config_lease_count(c), 10);
	assert_int_equal(config_lease_table(c), 10 + CONFIG_LEASES_SPARE);
	config_free(c);
}

static void a_reload_names_what_needs_a_restart(void **state) {
	static const struct {
		const char *add;
		const char *key; // NULL: may be reloaded
	} cases[] = {
		{"", NULL},
		{"authoritative: false", NULL},
		{"hosts: [{name: a, mac: \"52:54:00:00:01:01\"}]", "pools"},
		{"max_leases: 400\nhosts: [{name: a, mac: \"52:54:00:00:01:01\"}]", "max_leases"},
		{"workers: 2", "workers"},
		{"tid_range: 40000-49151", "tid_range"},
		{"memory: 1G", "memory"},
		{"idle: busy", "idle"},
		{"runtime_dir: /run/other", "runtime_dir"},
		{"state_dir: /run/other", "state_dir"},
	};
	struct config *running = parse(BASE SUBNET POOL);

	(void)state;
	assert_non_null(running);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];
		struct config *next;
		size_t count;

		snprintf(text, sizeof(text), "%s%s", BASE SUBNET POOL, cases[i].add);
		next = parse(text);
		assert_non_null(next);
		count = config_check_reload(running, next, config_lease_count(running), &errors);
		if (count != (cases[i].key ? 1 : 0) ||
			(count && strcmp(errors.list[0].key, cases[i].key) != 0))
			fail_msg("%s: %zu, %s", cases[i].add, count, errors.list[0].key);
		config_free(next);
	}
	config_free(running);
}

static void ports_need_a_restart(void **state) {
	struct config *running = parse(BASE SUBNET);
	struct config *next =
		parse(REST "ports: [{device: \"af_xdp:eth1\", address: 10.77.0.2/24}]\n");
	struct config *vlan = parse(whole), *other = parse(whole);

	(void)state;
	assert_non_null(running);
	assert_non_null(next);
	config_check_reload(running, next, config_lease_count(running), &errors);
	assert_true(has_error(0, "ports", "needs a restart"));
	assert_true(has_error(0, "boot_root", "needs a restart"));
	other->ports[0].vlan = 8;
	errors.count = 0;
	config_check_reload(vlan, other, config_lease_count(vlan), &errors);
	assert_true(has_error(0, "ports", "needs a restart"));
	config_free(running);
	config_free(next);
	config_free(vlan);
	config_free(other);
}

static void what_runs_is_found_in_spite_of_mistakes(void **state) {
	static const char with_mistakes[] = "runtime_dir: /run/r1\nports: nonsense\nunknown: 1\n";
	static const char bad[] = "runtime_dir: [1]\n";
	struct config *config;

	(void)state;
	errors.count = 0;
	config = config_parse_where(with_mistakes, strlen(with_mistakes), &errors);
	assert_non_null(config);
	assert_string_equal(config->runtime_dir, "/run/r1");
	config_free(config);
	config = config_parse_where("{}", 2, &errors);
	assert_non_null(config);
	assert_string_equal(config->runtime_dir, "/run/rouse");
	config_free(config);
	assert_null(config_parse_where(bad, strlen(bad), &errors));
	assert_true(has_error(1, "runtime_dir", ""));
}

static void errors_print_as_file_line_key(void **state) {
	struct config_error error = {.line = 7, .key = "boot[0].file", .text = "is bad"};
	char out[128];

	(void)state;
	config_error_print(&error, "a.yaml", out, sizeof(out));
	assert_string_equal(out, "a.yaml:7: boot[0].file: is bad");
	error = (struct config_error){.text = "is empty"};
	config_error_print(&error, "a.yaml", out, sizeof(out));
	assert_string_equal(out, "a.yaml: is empty");
}

static void the_table_of_keys_is_complete(void **state) {
	(void)state;
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];

		if (config_key_find(key->section, key->name) != key)
			fail_msg("%s is there twice", key->name);
		if (key->type == CONFIG_TYPE_LATER ? !key->later : !key->help)
			fail_msg("%s: has no sentence", key->name);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_configurations_are_refused),
		cmocka_unit_test(a_rule_can_ask_for_local_and_order),
		cmocka_unit_test(bombs_are_refused),
		cmocka_unit_test(errors_are_all_told_up_to_a_bound),
		cmocka_unit_test(a_whole_configuration_is_read),
		cmocka_unit_test(defaults_are_as_the_manual_says),
		cmocka_unit_test(a_reload_names_what_needs_a_restart),
		cmocka_unit_test(ports_need_a_restart),
		cmocka_unit_test(what_runs_is_found_in_spite_of_mistakes),
		cmocka_unit_test(errors_print_as_file_line_key),
		cmocka_unit_test(the_table_of_keys_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
