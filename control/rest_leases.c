// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "rest_leases.h"

#include <microhttpd.h>
#include <string.h>
#include <time.h>

#include "daemon.h"
#include "lease_order.h"
#include "rest_answers.h"
#include "state_view.h"
#include "text.h"

#define WAIT_MS 3000 // a dataplane that runs carries an order out within a pass
#define LOOK_MS 5

struct release {
	const struct state_view *state;
	struct lease_order order;
};

static unsigned int refuse(json_t **value, unsigned int status, const char *sentence) {
	*value = json_pack("{s:s}", "error", sentence);
	return status;
}

static bool holds(const struct lease_record *record) {
	return record->state == LEASE_OFFERED || record->state == LEASE_BOUND ||
	       record->state == LEASE_DECLINED;
}

// The record of an address that somebody has, or that is in quarantine.
static bool find(const struct state_view *state, uint32_t address, struct lease_record *found) {
	uint64_t high = atomic_load_explicit(
		(_Atomic uint64_t *)&state->region->lease_high, memory_order_acquire);

	for (uint32_t i = 0; i < state->lease_count && i < high; i++)
		if (state->leases[i].address == address &&
			lease_read(&state->leases[i], found) == 0 && found->address == address &&
			holds(found))
			return true;
	return false;
}

static uint64_t done(const struct state_view *state) {
	return atomic_load_explicit(
		(_Atomic uint64_t *)&state->region->lease_orders_done, memory_order_acquire);
}

// On the loop: the region is written by one thread.
static unsigned int run_push(struct daemon *daemon, const void *context, json_t **value) {
	const struct release *release = context;
	uint64_t number =
		lease_orders_push(daemon->events.region, done(release->state), &release->order);

	if (!number)
		return refuse(value, MHD_HTTP_SERVICE_UNAVAILABLE,
			"too many orders wait for rouse-dataplane: try again");
	*value = json_integer((json_int_t)number);
	return MHD_HTTP_OK;
}

static bool wait_for(const struct state_view *state, uint64_t number) {
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};

	for (int waited = 0; waited < WAIT_MS; waited += LOOK_MS) {
		if (done(state) - number < LEASE_ORDERS)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static struct lease_order order_of(const struct lease_record *record) {
	struct lease_order order = {.address = record->address};

	if (record->state == LEASE_DECLINED)
		return order;
	order.htype = record->htype;
	order.hlen = record->hlen;
	memcpy(order.key, record->key, sizeof(order.key));
	return order;
}

static unsigned int carry_out(
	struct daemon *daemon, const struct release *release, json_t **value) {
	unsigned int status = rest_ask(daemon, run_push, release, value);
	uint64_t number;

	if (status != MHD_HTTP_OK)
		return status;
	number = (uint64_t)json_integer_value(*value);
	json_decref(*value);
	if (wait_for(release->state, number))
		return MHD_HTTP_OK;
	return refuse(value, MHD_HTTP_GATEWAY_TIMEOUT,
		"rouse-dataplane has not done it within 3 s: see rouse status");
}

static unsigned int release_in(
	struct daemon *daemon, const struct state_view *state, uint32_t address, json_t **value) {
	static const char *const was[] = {[LEASE_OFFERED] = "offered",
		[LEASE_BOUND] = "bound",
		[LEASE_DECLINED] = "declined"};
	struct release release = {.state = state};
	struct lease_record record, now;
	char ip[TEXT_IP_SIZE];
	unsigned int status;

	if (!find(state, address, &record))
		return refuse(value, MHD_HTTP_NOT_FOUND, "nobody has a lease of this address");
	release.order = order_of(&record);
	status = carry_out(daemon, &release, value);
	if (status != MHD_HTTP_OK)
		return status;
	if (find(state, address, &now) && now.state == record.state &&
		!memcmp(now.key, record.key, sizeof(now.key)))
		return refuse(
			value, MHD_HTTP_CONFLICT, "its machine has just taken the address again");
	*value = json_pack("{s:s, s:s}", "address", text_ip(address, ip), "was", was[record.state]);
	return MHD_HTTP_OK;
}

unsigned int rest_release_lease(struct daemon *daemon, const char *address, json_t **value) {
	struct state_view state;
	char why[SHM_WHY_SIZE];
	uint64_t age_ms;
	uint32_t ip;
	unsigned int status;

	if (text_parse_ip(address, &ip) < 0)
		return refuse(value, MHD_HTTP_BAD_REQUEST, "this is not an IPv4 address");
	if (state_view_open(&state, daemon->config->runtime_dir, why) < 0)
		return refuse(value, MHD_HTTP_SERVICE_UNAVAILABLE, why);
	if (state_health(&state.region->header, &age_ms) == STATE_DEAD)
		status = refuse(value, MHD_HTTP_SERVICE_UNAVAILABLE,
			"rouse-dataplane does not run, so nobody can end a lease");
	else
		status = release_in(daemon, &state, ip, value);
	state_view_close(&state);
	return status;
}
