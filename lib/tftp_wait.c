// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Requests that wait for their file: control is asked for it, and when it has come, or their
// clients' patience ends, they are answered as if they came just then (tftp_request.c).

#include "tftp_core.h"

#include <errno.h>

#define PARKED_PER_LOOK 64u // so that a pass stays short

// Has control asked for a file, unless somebody who waits for it did so just now. Control may have
// been killed with the want in hand, so it is asked again from time to time.
static void ask_for(struct tftp_server *server, uint64_t want, uint64_t last_us, uint64_t now_us) {
	if (last_us && now_us - last_us < TFTP_WANT_US)
		return;
	tftp_park_set_wanted(&server->park, want, now_us);
	tftp_count(server,
		wants_push(server->setup.wants, want) ? STAT_TFTP_WANTS : STAT_TFTP_WANTS_FULL);
}

void tftp_core_wait(struct tftp_server *server, struct tftp_parked *parked, struct rouse_now now) {
	parked->wanted_us = tftp_park_wanted(&server->park, parked->want);
	switch (tftp_park_add(&server->park, parked)) {
	case TFTP_PARK_FULL:
		tftp_count(server, STAT_TFTP_DROP_PARKED_FULL);
		return;
	case TFTP_PARK_NEW:
		if (parked->since_us == now.us)
			tftp_count(server, STAT_TFTP_PARKED);
		break;
	case TFTP_PARK_AGAIN:
		tftp_count(server, STAT_TFTP_REQUESTS_REPEATED);
		break;
	}
	ask_for(server, parked->want, parked->wanted_us, now.us);
}

// Whether there is something to tell the client: the file has come, or never will.
static bool has_come(const struct images *images, uint64_t want) {
	uint64_t generation = WANT_GENERATION(want);
	uint32_t slot = WANT_SLOT(want);
	int err = want & WANT_NETASCII ? images_netascii(images, &slot, &generation) : 0;

	return err == -EFBIG || (err == 0 && images_is_ready(images, slot, generation));
}

static bool is_due(const struct tftp_server *server, uint32_t i, uint64_t now_us) {
	const struct tftp_parked *parked = &server->park.entry[i];

	return has_come(server->setup.images, server->park.want[i]) ||
	       now_us - parked->since_us >= TFTP_PARK_US ||
	       now_us - parked->wanted_us >= TFTP_WANT_US;
}

// Each is looked at once: from the last one down, so that what is parked again, at the end, is not
// in the way. False: there may be more to answer at once.
static bool look(struct tftp_server *server, const struct policy *policy, struct rouse_now now) {
	uint32_t answered = 0;
	struct tftp_parked parked;

	for (uint32_t i = server->park.count; i-- > 0 && answered < PARKED_PER_LOOK;) {
		if (!is_due(server, i, now.us))
			continue;
		tftp_park_take(&server->park, i, &parked);
		tftp_core_answer_parked(server, policy, &parked, now);
		answered++;
	}
	return answered < PARKED_PER_LOOK;
}

static void forget_wants(struct tftp_park *park) {
	for (uint32_t i = 0; i < park->count; i++)
		park->entry[i].wanted_us = 0;
}

uint64_t tftp_server_wake(
	struct tftp_server *server, const struct policy *policy, struct rouse_now now) {
	if (server->park.count == 0)
		return UINT64_MAX;
	if (server->renewed) {
		forget_wants(&server->park);
		server->look_us = now.us;
	}
	server->renewed = false;
	if (now.us >= server->look_us)
		server->look_us = look(server, policy, now) ? now.us + TFTP_PARK_LOOK_US : now.us;
	return server->park.count ? server->look_us : UINT64_MAX;
}

void tftp_server_renew(struct tftp_server *server, const struct policy *policy) {
	server->setup.policy = policy;
	server->renewed = true;
}
