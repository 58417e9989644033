// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The DHCP client of rouse-storm. Relies on storm_dhcp_message.c for bytes; dhcp and boot runs rely
// on it.

#include "storm_dhcp_client.h"

#include <string.h>

#include "hash.h"
#include "storm_dhcp_message.h"

#define ANYWHERE      0xffffffffu
#define PROXY_WAIT_US 2000000u // iPXE: DHCP_DISC_PROXY_TIMEOUT_SEC

static const uint8_t EVERYBODY[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t NOBODY[6];

static const char *const FAILURE_NAMES[STORM_DHCP_FAILURES] = {
	[STORM_DHCP_OK] = "ok",
	[STORM_DHCP_NO_OFFER] = "no_offer",
	[STORM_DHCP_NO_ACK] = "no_ack",
	[STORM_DHCP_NAK] = "nak",
	[STORM_DHCP_CHANGED] = "address_changed",
	[STORM_DHCP_BOOT_SERVER] = "boot_server",
};

const char *storm_dhcp_failure_name(enum storm_dhcp_failure failure) {
	return FAILURE_NAMES[failure];
}

static void reset_out(struct storm_dhcp_out *out) {
	out->event = STORM_DHCP_NOTHING;
	out->len = 0;
}

static bool knows_server(const struct storm_dhcp_client *c) {
	return c->server_id && memcmp(c->server_mac, NOBODY, 6);
}

static void to_everybody(struct storm_dhcp_out *out, uint32_t src) {
	out->src = src;
	out->dst = ANYWHERE;
	memcpy(out->dst_mac, EVERYBODY, 6);
}

static void to_server(const struct storm_dhcp_client *c, struct storm_dhcp_out *out) {
	if (!knows_server(c)) {
		to_everybody(out, c->address);
		return;
	}
	out->src = c->address;
	out->dst = c->server_id;
	memcpy(out->dst_mac, c->server_mac, 6);
}

// The message that belongs to the state (RFC 2131 table 4), first or again.
static void put_message(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	uint64_t now_us, struct storm_dhcp_out *out) {
	struct storm_dhcp_fields f = {.type = STORM_DHCPREQUEST};

	to_everybody(out, 0);
	switch (c->state) {
	case STORM_DHCP_SELECTING:
		f.type = STORM_DHCPDISCOVER;
		break;
	case STORM_DHCP_REQUESTING:
		f.requested = c->address;
		f.server_id = c->server_id;
		break;
	case STORM_DHCP_REBOOTING:
		f.requested = c->address;
		break;
	case STORM_DHCP_RENEWING:
		f.ciaddr = c->address;
		to_server(c, out);
		break;
	case STORM_DHCP_INFORMING:
		f.type = STORM_DHCPINFORM;
		f.ciaddr = c->address;
		to_server(c, out);
		break;
	case STORM_DHCP_IDLE:
	case STORM_DHCP_BOUND:
	case STORM_DHCP_FAILED:
		return;
	}
	c->sent++;
	storm_dhcp_write(c, s, &f, now_us, out);
}

// Where in its tick a machine stands: anywhere, but always there.
static uint64_t phase_of(const struct storm_dhcp_client *c, const struct storm_dhcp_settings *s) {
	uint64_t mac = 0;

	if (!s->phase_us)
		return 0;
	memcpy(&mac, c->mac, 6);
	return hash_mix(mac) % s->phase_us;
}

static void arm(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s, uint64_t now_us) {
	uint64_t give_up = c->progress_us + s->give_up_us;

	c->deadline_us = now_us + storm_retry_wait(&s->retry, c->tries) - phase_of(c, s);
	if (c->deadline_us > give_up)
		c->deadline_us = give_up;
}

static void enter(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	enum storm_dhcp_state state, uint64_t now_us, struct storm_dhcp_out *out) {
	c->state = state;
	c->failure = STORM_DHCP_OK;
	c->tries = 0;
	c->progress_us = now_us;
	if (state != STORM_DHCP_REQUESTING)
		c->started_us = now_us;
	c->asked_us = now_us;
	arm(c, s, now_us);
	put_message(c, s, now_us, out);
}

void storm_dhcp_discover(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	uint64_t now_us, struct storm_dhcp_out *out) {
	reset_out(out);
	c->address = 0;
	c->server_id = 0;
	c->sent = 0;
	c->naks = 0;
	c->offered = false;
	enter(c, s, STORM_DHCP_SELECTING, now_us, out);
}

void storm_dhcp_renew(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	uint64_t now_us, struct storm_dhcp_out *out) {
	reset_out(out);
	enter(c, s, STORM_DHCP_RENEWING, now_us, out);
}

void storm_dhcp_reboot(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	uint64_t now_us, struct storm_dhcp_out *out) {
	reset_out(out);
	enter(c, s, STORM_DHCP_REBOOTING, now_us, out);
}

void storm_dhcp_inform(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	uint64_t now_us, struct storm_dhcp_out *out) {
	reset_out(out);
	enter(c, s, STORM_DHCP_INFORMING, now_us, out);
}

void storm_dhcp_release(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	struct storm_dhcp_out *out) {
	struct storm_dhcp_fields f = {
		.type = STORM_DHCPRELEASE, .ciaddr = c->address, .server_id = c->server_id};

	reset_out(out);
	to_server(c, out);
	storm_dhcp_write(c, s, &f, c->started_us, out);
	c->state = STORM_DHCP_IDLE;
	c->deadline_us = UINT64_MAX;
}

// RFC 2131 section 4.4.4: DECLINE is broadcast.
void storm_dhcp_decline(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	struct storm_dhcp_out *out) {
	struct storm_dhcp_fields f = {
		.type = STORM_DHCPDECLINE, .requested = c->address, .server_id = c->server_id};

	reset_out(out);
	to_everybody(out, 0);
	storm_dhcp_write(c, s, &f, c->started_us, out);
	c->state = STORM_DHCP_IDLE;
	c->deadline_us = UINT64_MAX;
}

static void fail(
	struct storm_dhcp_client *c, enum storm_dhcp_failure failure, struct storm_dhcp_out *out) {
	c->state = STORM_DHCP_FAILED;
	c->failure = failure;
	c->deadline_us = UINT64_MAX;
	out->event = STORM_DHCP_ENDED;
}

static bool is_content(const struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	const struct storm_dhcp_reply *reply, uint64_t now_us) {
	switch (s->patience) {
	case STORM_DHCP_FIRST_OFFER:
		return true;
	case STORM_DHCP_WHOLE_WAIT:
		return false;
	case STORM_DHCP_PROXY_WAIT:
		return reply->no_proxy || reply->pxe || now_us > c->started_us + PROXY_WAIT_US;
	}
	return true;
}

static void take_offer(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	uint64_t now_us, struct storm_dhcp_out *out) {
	enter(c, s, STORM_DHCP_REQUESTING, now_us, out);
	out->event = STORM_DHCP_OFFERED;
}

// PxeBcSelectDhcp4Offer: one with boot servers, then one of the class, then the others.
static bool is_better(const struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	const struct storm_dhcp_reply *reply) {
	int rank = reply->pxe + (reply->pxe && reply->boot_servers);

	return s->patience == STORM_DHCP_WHOLE_WAIT &&
	       rank > c->pxe_offer + (c->pxe_offer && c->boot_servers);
}

static void on_offer(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	const struct storm_dhcp_reply *reply, uint64_t now_us, struct storm_dhcp_out *out) {
	out->event = STORM_DHCP_IGNORED;
	if (c->state != STORM_DHCP_SELECTING || !reply->address || !reply->server_id ||
		(s->patience == STORM_DHCP_WHOLE_WAIT && reply->mtftp && !reply->boot_servers))
		return;
	if (!c->offered)
		c->offered_us = now_us;
	if (!c->offered || is_better(c, s, reply)) {
		c->offered = true;
		c->address = reply->address;
		c->server_id = reply->server_id;
		c->pxe_offer = reply->pxe;
		c->boot_servers = reply->boot_servers;
	}
	out->event = STORM_DHCP_NOTHING;
	if (is_content(c, s, reply, now_us))
		take_offer(c, s, now_us, out);
}

// EDK2 takes an offer of the vendor class PXEClient without boot servers for one that needs an
// answer from port 4011 once it has its lease; of that these machines know nothing
// (PxeBcHandleDhcp4Offer).
static bool asks_boot_server(
	const struct storm_dhcp_client *c, const struct storm_dhcp_settings *s) {
	return s->patience == STORM_DHCP_WHOLE_WAIT && c->state == STORM_DHCP_REQUESTING &&
	       c->pxe_offer && !c->boot_servers;
}

static void on_ack(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	const struct storm_dhcp_reply *reply, struct storm_dhcp_out *out) {
	bool informing = c->state == STORM_DHCP_INFORMING;

	if (c->state == STORM_DHCP_SELECTING) {
		out->event = STORM_DHCP_IGNORED;
		return;
	}
	if (!informing && reply->address != c->address) {
		fail(c, STORM_DHCP_CHANGED, out);
		return;
	}
	if (asks_boot_server(c, s)) {
		fail(c, STORM_DHCP_BOOT_SERVER, out);
		return;
	}
	if (!informing)
		c->lease_s = reply->lease_s;
	if (reply->server_id)
		c->server_id = reply->server_id;
	c->state = STORM_DHCP_BOUND;
	c->deadline_us = UINT64_MAX;
	out->event = informing ? STORM_DHCP_INFORMED : STORM_DHCP_ACKED;
}

// The exchange goes on from its beginning, in which it began when it began.
static void start_over(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	uint64_t now_us, struct storm_dhcp_out *out) {
	uint64_t started_us = c->started_us;

	c->naks++;
	c->address = 0;
	c->server_id = 0;
	c->offered = false;
	enter(c, s, STORM_DHCP_SELECTING, now_us, out);
	c->started_us = started_us;
	out->event = STORM_DHCP_STARTED_OVER;
}

static void on_nak(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	uint64_t now_us, struct storm_dhcp_out *out) {
	if (c->state == STORM_DHCP_SELECTING)
		out->event = STORM_DHCP_IGNORED;
	else if (s->nak_ends || c->naks == STORM_DHCP_NAKS_MAX)
		fail(c, STORM_DHCP_NAK, out);
	else
		start_over(c, s, now_us, out);
}

static bool waits(const struct storm_dhcp_client *c) {
	return c->state >= STORM_DHCP_SELECTING && c->state <= STORM_DHCP_INFORMING;
}

static bool is_for(const struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	const struct storm_dhcp_reply *reply) {
	if (reply->xid != c->xid || memcmp(reply->mac, c->mac, 6))
		return false;
	if (s->server && reply->server_id != s->server)
		return false;
	return c->state != STORM_DHCP_REQUESTING || reply->server_id == c->server_id;
}

void storm_dhcp_input(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	const struct storm_dhcp_reply *reply, const uint8_t from_mac[6], uint64_t now_us,
	struct storm_dhcp_out *out) {
	reset_out(out);
	if (!waits(c) || !is_for(c, s, reply)) {
		out->event = STORM_DHCP_IGNORED;
		return;
	}
	memcpy(c->server_mac, from_mac, 6);
	switch (reply->type) {
	case STORM_DHCPOFFER:
		on_offer(c, s, reply, now_us, out);
		break;
	case STORM_DHCPACK:
		on_ack(c, s, reply, out);
		break;
	case STORM_DHCPNAK:
		on_nak(c, s, now_us, out);
		break;
	default:
		out->event = STORM_DHCP_IGNORED;
	}
}

// A wait is over and there is an offer: whether that ends the collecting. iPXE asks once more
// first.
static bool is_enough(
	const struct storm_dhcp_client *c, const struct storm_dhcp_settings *s, uint64_t now_us) {
	return s->patience != STORM_DHCP_PROXY_WAIT || now_us > c->started_us + PROXY_WAIT_US;
}

void storm_dhcp_tick(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	uint64_t now_us, struct storm_dhcp_out *out) {
	reset_out(out);
	if (now_us < c->deadline_us || !waits(c))
		return;
	if (c->state == STORM_DHCP_SELECTING && c->offered && is_enough(c, s, now_us)) {
		take_offer(c, s, now_us, out);
		return;
	}
	if (now_us >= c->progress_us + s->give_up_us) {
		fail(c, c->state == STORM_DHCP_SELECTING ? STORM_DHCP_NO_OFFER : STORM_DHCP_NO_ACK,
			out);
		return;
	}
	c->tries++;
	arm(c, s, now_us);
	put_message(c, s, now_us, out);
	out->event = STORM_DHCP_RETRIED;
}
