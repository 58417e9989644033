// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Validation of a snapshot, second part: every field of the records that speak of addresses.
// Subnets and pools must be known to ascend before the later ones bisect them by policy_subnet_of.

#include "policy_check.h"

#include <errno.h>
#include <string.h>

#include "text.h"

#define BLKSIZE_MIN 8u // RFC 2348
#define BLKSIZE_MAX 65464u
#define MTU_MIN     576u
#define MTU_MAX     9216u
#define VLAN_MAX    4094u

// Within the subnet, and neither its first nor its last address unless these are usable (RFC 3021).
static bool usable_in(const struct policy_subnet *subnet, uint32_t address) {
	if ((address & subnet->mask) != subnet->network)
		return false;
	if (subnet->broadcast - subnet->network < 2)
		return true;
	return address != subnet->network && address != subnet->broadcast;
}

static int check_subnet(const struct policy *p, uint32_t i, char why[256]) {
	const struct policy_subnet *s = &p->subnets[i];
	char ip[TEXT_IP_SIZE];

	if (!policy_mask_ok(s->mask) || (s->network & ~s->mask) != 0)
		return policy_refuse(
			why, "subnet %s has the mask 0x%08x", text_ip(s->network, ip), s->mask);
	if (s->broadcast != (s->network | ~s->mask))
		return policy_refuse(why,
			"subnet %s has the broadcast address 0x%08x with mask 0x%08x",
			text_ip(s->network, ip), s->broadcast, s->mask);
	if (i > 0 && s->network <= p->subnets[i - 1].broadcast)
		return policy_refuse(
			why, "subnet %s overlaps the one before it", text_ip(s->network, ip));
	if (s->relays.count > POLICY_RELAYS_MAX ||
		(uint64_t)s->relays.first + s->relays.count > p->count[POLICY_RELAYS])
		return policy_refuse(why, "subnet %s has %u relays from %u of %u",
			text_ip(s->network, ip), s->relays.count, s->relays.first,
			p->count[POLICY_RELAYS]);
	if (!policy_options_ok(p, s->options))
		return policy_refuse(
			why, "subnet %s has a malformed option block", text_ip(s->network, ip));
	if (s->lease_time_s == 0)
		return policy_refuse(
			why, "subnet %s has a lease time of 0", text_ip(s->network, ip));
	if (s->max_blksize < BLKSIZE_MIN || s->max_blksize > BLKSIZE_MAX)
		return policy_refuse(why, "subnet %s has max_blksize %u, not %u to %u",
			text_ip(s->network, ip), s->max_blksize, BLKSIZE_MIN, BLKSIZE_MAX);
	if (s->max_windowsize == 0)
		return policy_refuse(
			why, "subnet %s has max_windowsize 0", text_ip(s->network, ip));
	if (s->edge_rate_bps == 0)
		return policy_refuse(why, "subnet %s has edge_rate 0", text_ip(s->network, ip));
	return 0;
}

static int check_pool(const struct policy *p, uint32_t i, uint32_t subnet, char why[256]) {
	const struct policy_pool *pool = &p->pools[i];
	char first[TEXT_IP_SIZE];
	char last[TEXT_IP_SIZE];

	if (pool->first > pool->last)
		return policy_refuse(why, "pool %s-%s ends before it begins",
			text_ip(pool->first, first), text_ip(pool->last, last));
	if (pool->subnet != subnet)
		return policy_refuse(why, "pool %s-%s names subnet %u but belongs to %u",
			text_ip(pool->first, first), text_ip(pool->last, last), pool->subnet,
			subnet);
	if (!usable_in(&p->subnets[subnet], pool->first) ||
		!usable_in(&p->subnets[subnet], pool->last))
		return policy_refuse(why,
			"pool %s-%s goes beyond the usable addresses of its subnet",
			text_ip(pool->first, first), text_ip(pool->last, last));
	if (pool->users >= POLICY_POOL_USERS)
		return policy_refuse(why, "pool %s-%s is for machines of kind %u, which is unknown",
			text_ip(pool->first, first), text_ip(pool->last, last), pool->users);
	if (i > 0 && pool->first <= p->pools[i - 1].last)
		return policy_refuse(why, "pool %s-%s overlaps the one before it",
			text_ip(pool->first, first), text_ip(pool->last, last));
	return 0;
}

static int check_pools_of(const struct policy *p, uint32_t subnet, uint64_t *next, char why[256]) {
	const struct policy_range *pools = &p->subnets[subnet].pools;
	int rc = 0;

	if (pools->first != *next || *next + pools->count > p->count[POLICY_POOLS])
		return policy_refuse(why,
			"subnet %u has %u pools from %u, expected from %llu of %u", subnet,
			pools->count, pools->first, (unsigned long long)*next,
			p->count[POLICY_POOLS]);
	*next += pools->count;
	for (uint32_t i = pools->first; i < *next && rc == 0; i++)
		rc = check_pool(p, i, subnet, why);
	return rc;
}

// The subnets share out the pools among them in order, so no range can make this quadratic.
int policy_check_subnets(const struct policy *p, char why[256]) {
	uint64_t next = 0;
	int rc = 0;

	for (uint32_t i = 0; i < p->count[POLICY_SUBNETS] && rc == 0; i++) {
		rc = check_subnet(p, i, why);
		if (rc == 0)
			rc = check_pools_of(p, i, &next, why);
	}
	if (rc == 0 && next != p->count[POLICY_POOLS])
		return policy_refuse(why, "there are %u pools, but the subnets have %llu",
			p->count[POLICY_POOLS], (unsigned long long)next);
	return rc;
}

int policy_check_relays(const struct policy *p, char why[256]) {
	char ip[TEXT_IP_SIZE];

	for (uint32_t i = 0; i < p->count[POLICY_RELAYS]; i++)
		if (!policy_unicast_ok(p->relays[i]))
			return policy_refuse(why, "relay %s is not a unicast address",
				text_ip(p->relays[i], ip));
	return 0;
}

static int check_port(const struct policy *p, uint32_t i, char why[256]) {
	const struct policy_port *port = &p->ports[i];
	const struct policy_subnet *subnet = policy_subnet_of(p, port->address);
	uint32_t expected = subnet ? (uint32_t)(subnet - p->subnets) : UINT32_MAX;
	char ip[TEXT_IP_SIZE];

	if (!policy_text_ok(p, port->device, 1, POLICY_TEXT_MAX))
		return policy_refuse(why, "port %u has no device, or one of more than %u bytes", i,
			POLICY_TEXT_MAX);
	if (port->kind > POLICY_DEVICE_PCI || port->dhcp > POLICY_DHCP_PROXY)
		return policy_refuse(why, "port %u has kind %u (most: %u) and dhcp %u (most: %u)",
			i, port->kind, POLICY_DEVICE_PCI, port->dhcp, POLICY_DHCP_PROXY);
	if (!policy_unicast_ok(port->address) || port->prefix_len < POLICY_PREFIX_MIN ||
		port->prefix_len > 32)
		return policy_refuse(why, "port %u has the address %s/%u", i,
			text_ip(port->address, ip), port->prefix_len);
	if ((port->mtu != 0 && (port->mtu < MTU_MIN || port->mtu > MTU_MAX)) ||
		port->vlan > VLAN_MAX)
		return policy_refuse(why,
			"port %u has mtu %u (0 or %u to %u) and vlan %u (most: %u)", i, port->mtu,
			MTU_MIN, MTU_MAX, port->vlan, VLAN_MAX);
	if (port->vlan && port->kind == POLICY_DEVICE_AF_XDP)
		return policy_refuse(why, "port %u is af_xdp and has vlan %u", i, port->vlan);
	if (port->subnet != expected)
		return policy_refuse(why, "port %u (%s) names subnet %u, its address is in %u", i,
			text_ip(port->address, ip), port->subnet, expected);
	if (policy_pool_of(p, port->address))
		return policy_refuse(why, "a pool contains %s, the address of port %u",
			text_ip(port->address, ip), i);
	return 0;
}

int policy_check_ports(const struct policy *p, char why[256]) {
	int rc = 0;

	for (uint32_t i = 0; i < p->count[POLICY_PORTS] && rc == 0; i++)
		rc = check_port(p, i, why);
	return rc;
}

// A host that is not what its own address finds shares it with another, or is lost to look-ups.
static int check_host_address(
	const struct policy *p, const struct policy_host *host, uint32_t i, char why[256]) {
	const struct policy_subnet *subnet = policy_subnet_of(p, host->address);
	char ip[TEXT_IP_SIZE];

	if (!policy_unicast_ok(host->address) || (subnet && !usable_in(subnet, host->address)))
		return policy_refuse(why, "host %u has the address %s, which no machine can have",
			i, text_ip(host->address, ip));
	if (policy_host_by_address(p, host->address) != host)
		return policy_refuse(
			why, "host %u is not the one that %s finds", i, text_ip(host->address, ip));
	for (uint32_t port = 0; port < p->count[POLICY_PORTS]; port++)
		if (p->ports[port].address == host->address)
			return policy_refuse(why, "host %u has %s, the address of port %u", i,
				text_ip(host->address, ip), port);
	return 0;
}

#define HOST_FLAGS (POLICY_HOST_LOCAL | POLICY_HOST_UNLISTED | POLICY_HOST_UNNAMED)

// Slots that a host before has, one bit each.
struct order_slots {
	uint64_t taken[ORDER_SLOTS / 64];
};

static int take_slot(struct order_slots *slots, uint32_t slot, uint32_t i, char why[256]) {
	uint64_t bit = UINT64_C(1) << slot % 64;

	if (slots->taken[slot / 64] & bit)
		return policy_refuse(why, "host %u has the order slot %u of another host", i, slot);
	slots->taken[slot / 64] |= bit;
	return 0;
}

static bool order_last_ok(const struct policy *p, struct policy_ref last) {
	return last.len == 0 || (policy_ref_ok(p, last, POLICY_NAME_MAX) &&
					policy_name_is_plain(policy_text(p, last), last.len));
}

static int check_order(
	const struct policy *p, struct order_slots *slots, uint32_t i, char why[256]) {
	const struct policy_host *host = &p->hosts[i];

	if ((host->flags & ~(uint32_t)HOST_FLAGS) != 0)
		return policy_refuse(why, "host %u has flags 0x%x", i, host->flags);
	if (!host->order_id && (host->order_slot || host->order_last.len))
		return policy_refuse(why, "host %u has a part of an order, but no order id", i);
	if (host->order_slot >= ORDER_SLOTS)
		return policy_refuse(why, "host %u has order slot %u, there are %u", i,
			host->order_slot, ORDER_SLOTS);
	if (!order_last_ok(p, host->order_last))
		return policy_refuse(
			why, "host %u has an order whose last file is not in plain form", i);
	return host->order_id ? take_slot(slots, host->order_slot, i, why) : 0;
}

static int check_host(const struct policy *p, uint32_t i, char why[256]) {
	const struct policy_host *host = &p->hosts[i];
	char mac[TEXT_MAC_SIZE];

	if (!policy_text_ok(p, host->name, 1, POLICY_TEXT_MAX))
		return policy_refuse(why, "host %u has no name, or one of more than %u bytes", i,
			POLICY_TEXT_MAX);
	if (!policy_text_ok(p, host->role, 0, POLICY_TEXT_MAX))
		return policy_refuse(why, "host %u has a malformed role", i);
	if (!policy_options_ok(p, host->options))
		return policy_refuse(why, "host %u has a malformed option block", i);
	if ((host->mac[0] & 1) != 0 || memcmp(host->mac, (const uint8_t[6]){0}, 6) == 0)
		return policy_refuse(why, "host %u has the MAC %s, which no machine can have", i,
			text_mac(host->mac, mac));
	if (policy_host_by_mac(p, host->mac) != host)
		return policy_refuse(
			why, "host %u is not the one that %s finds", i, text_mac(host->mac, mac));
	return host->address == 0 ? 0 : check_host_address(p, host, i, why);
}

int policy_check_hosts(const struct policy *p, char why[256]) {
	struct order_slots slots = {0};
	int rc = 0;

	for (uint32_t i = 0; i < p->count[POLICY_HOSTS] && rc == 0; i++) {
		rc = check_host(p, i, why);
		if (rc == 0)
			rc = check_order(p, &slots, i, why);
	}
	return rc;
}
