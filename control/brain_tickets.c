// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A node's URLs have a ticket: a serial that no other has, and the second until which it is good.
// One that stands in a script for half of its time is replaced, so that whoever gets the script has
// the other half left; the one before stays good until its own end. So is one whose template or
// callback was used: the next boot needs both again, while this one may fetch more.

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "brain_internal.h"
#include "control_log.h"

static int64_t lifetime_of(const struct brain *brain) {
	return brain->daemon->config->brain.url_lifetime_s;
}

static bool is_fresh(const struct brain *brain, const struct brain_ticket *ticket) {
	return ticket->serial &&
	       ticket->expires_unix_s - brain->now_ms / 1000 > lifetime_of(brain) / 2;
}

const struct brain_ticket *brain_ticket_of(struct brain *brain, struct brain_node *node) {
	uint64_t serial;

	if (is_fresh(brain, &node->ticket))
		return &node->ticket;
	brain_write(brain);
	if (store_token_serial(brain->store, &serial) < 0) {
		control_log(
			CONTROL_ERROR, "no ticket for %s: %s", node->name, store_why(brain->store));
		return &node->ticket;
	}
	node->ticket = (struct brain_ticket){
		.serial = serial, .expires_unix_s = brain->now_ms / 1000 + lifetime_of(brain)};
	return &node->ticket;
}

void brain_ticket_used(struct brain *brain, const uint8_t mac[6], uint64_t serial) {
	struct brain_node *node = brain_node_find(brain, mac);

	if (!node || node->ticket.serial != serial)
		return;
	node->ticket = (struct brain_ticket){0};
	brain_node_dirty(brain, node);
}

static struct token_claim claim_of(
	const uint8_t mac[6], enum token_purpose purpose, uint64_t serial, int64_t expires_unix_s) {
	struct token_claim claim = {
		.purpose = purpose, .serial = serial, .expiry_unix_s = expires_unix_s};

	memcpy(claim.mac, mac, sizeof(claim.mac));
	return claim;
}

void brain_ticket_path(const struct brain *brain, const uint8_t mac[6],
	const struct brain_ticket *ticket, enum token_purpose purpose, uint32_t longer_s,
	char out[BRAIN_URL_SIZE]) {
	struct token_claim claim =
		claim_of(mac, purpose, ticket->serial, ticket->expires_unix_s + longer_s);
	char token[TOKEN_SIZE];

	token_make(brain->key, &claim, token);
	snprintf(out, BRAIN_URL_SIZE, "%" PRIx64 "-%" PRIx64 "/%s", claim.serial,
		(uint64_t)claim.expiry_unix_s, token);
}

int brain_ticket_check(const struct brain *brain, const uint8_t mac[6], enum token_purpose purpose,
	const char *path, uint64_t *serial, int64_t *expires_unix_s) {
	struct token_claim claim;
	uint64_t number, expiry;
	char token[TOKEN_SIZE];
	int used = 0;

	if (sscanf(path, "%16" SCNx64 "-%16" SCNx64 "/%26[a-z2-7]%n", &number, &expiry, token,
		    &used) != 3 ||
		path[used] || expiry > INT64_MAX)
		return -EACCES;
	claim = claim_of(mac, purpose, number, (int64_t)expiry);
	*serial = number;
	*expires_unix_s = (int64_t)expiry;
	switch (token_check(brain->key, &claim, time(NULL), token)) {
	case TOKEN_GOOD:
		return 0;
	case TOKEN_EXPIRED:
		return -ETIME;
	case TOKEN_WRONG:
		break;
	}
	return -EACCES;
}
