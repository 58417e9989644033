// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The engine of `rouse-storm boot`: powers machines on, gives each its frames and its time. A
// machine's xid carries its number and generation; datagrams to other ports find it by their
// address.

#include "storm_boot_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "storm_boot_machine.h"
#include "storm_clock.h"
#include "storm_datagram.h"
#include "storm_stop.h"

#define ID_BITS        16u
#define ID_MASK        ((1u << ID_BITS) - 1)
#define SWEEP_US       2000u
#define STARTS_A_ROUND 64u

static void send_now(struct storm_boot *run, const struct storm_envelope *envelope,
	const uint8_t *bytes, size_t len, unsigned copies) {
	struct frame_to to = envelope->to;

	for (unsigned i = 0; i < copies; i++) {
		to.ip_id = run->ip_id++;
		if (envelope->no_checksum)
			storm_datagram_send_bare(run->packet, &to, bytes, len);
		else
			storm_datagram_send(run->packet, &to, bytes, len);
	}
}

// Envelope and payload in one piece. false: it can't be held.
static bool hold_out(struct storm_boot *run, const struct storm_envelope *envelope,
	const uint8_t *bytes, size_t len, unsigned copies) {
	uint8_t whole[sizeof(*envelope) + STORM_FRAME_SIZE];
	struct storm_late_packet packet = {.copies = copies, .len = sizeof(*envelope) + len};

	if (len > STORM_FRAME_SIZE)
		return false;
	memcpy(whole, envelope, sizeof(*envelope));
	memcpy(whole + sizeof(*envelope), bytes, len);
	return storm_late_hold(run->late, packet, whole, run->now_us);
}

void storm_boot_send(struct storm_boot *run, const struct storm_envelope *envelope,
	const uint8_t *bytes, size_t len, unsigned copies) {
	struct storm_fate fate = storm_impair_next(&run->impair);

	copies *= fate.copies;
	if (!fate.late || !copies || !hold_out(run, envelope, bytes, len, copies))
		send_now(run, envelope, bytes, len, copies);
}

static bool on_dhcp(struct storm_boot *run, const struct frame_view *view) {
	struct storm_dhcp_reply reply;
	struct storm_machine *m;
	uint32_t id;

	if (storm_dhcp_parse(view->payload, view->payload_len, &reply) < 0)
		return false;
	id = reply.xid & ID_MASK;
	if (id >= run->settings->machines)
		return false;
	m = &run->machines[id];
	if (m->stage != STORM_STAGE_DHCP || m->dhcp.xid != reply.xid)
		return false;
	storm_machine_on_dhcp(run, m, &reply, view->src_mac);
	return true;
}

// The machine that has this address now, NULL if there is none.
static struct storm_machine *holder_of(const struct storm_boot *run, uint32_t address) {
	uint32_t id = storm_owner_find(&run->owner, address);

	if (id == STORM_OWNER_NONE || run->machines[id].dhcp.address != address)
		return NULL;
	return &run->machines[id];
}

static bool on_tftp(struct storm_boot *run, const struct frame_view *view) {
	struct storm_machine *m = holder_of(run, view->dst);

	if (!m || m->stage < STORM_STAGE_TFTP || view->dst_port != m->port)
		return false;
	storm_machine_on_tftp(run, m, view);
	return true;
}

static void on_arp(struct storm_boot *run, const uint8_t *frame, size_t len) {
	uint32_t target = storm_datagram_arp_target(frame, len);
	const struct storm_machine *m = target ? holder_of(run, target) : NULL;

	if (!m)
		return;
	run->totals->arp_answers++;
	storm_datagram_arp_answer(run->packet, frame, len, target, m->dhcp.mac);
}

static void take(struct storm_boot *run, const uint8_t *frame, size_t len, unsigned copies) {
	struct frame_view view;

	if (frame_parse(frame, len, 0, &view) != FRAME_OK)
		return;
	for (unsigned i = 0; i < copies; i++) {
		if (!(view.dst_port == 68 ? on_dhcp(run, &view) : on_tftp(run, &view)))
			run->totals->foreign++;
	}
}

static bool is_arp(const uint8_t *frame, size_t len) {
	return len >= 14 && frame[12] == 0x08 && frame[13] == 0x06;
}

static void receive(void *arg, const uint8_t *frame, size_t len) {
	struct storm_boot *run = arg;
	struct storm_late_packet packet = {.inbound = true, .len = len};
	struct storm_fate fate;

	if (is_arp(frame, len)) {
		on_arp(run, frame, len);
		return;
	}
	fate = storm_impair_next(&run->impair);
	run->now_us = storm_clock_us();
	packet.copies = fate.copies;
	if (!fate.late || !fate.copies || !storm_late_hold(run->late, packet, frame, run->now_us))
		take(run, frame, len, fate.copies);
}

static void deliver_late(struct storm_boot *run) {
	struct storm_late_packet *packet;

	while (run->late && (packet = storm_late_due(run->late, run->now_us))) {
		const struct storm_envelope *envelope = (const void *)packet->bytes;
		uint8_t *bytes = packet->bytes;

		if (packet->inbound)
			take(run, bytes, packet->len, packet->copies);
		else
			send_now(run, envelope, bytes + sizeof(*envelope),
				packet->len - sizeof(*envelope), packet->copies);
		free(bytes);
	}
}

static void start_one(struct storm_boot *run) {
	uint32_t id = run->idle[--run->idle_count];
	struct storm_machine *m = &run->machines[id];

	m->number = run->started++;
	m->dhcp = (struct storm_dhcp_client){.xid = (uint32_t)++m->generation << ID_BITS | id};
	storm_datagram_mac(run->settings->mac_base, m->number, m->dhcp.mac);
	storm_machine_start(run, m);
}

static void start_due(struct storm_boot *run) {
	const struct storm_boot_settings *s = run->settings;
	uint64_t due;

	run->now_us = storm_clock_us();
	due = storm_arrival_due(&s->arrival, run->now_us - run->begin_us, s->total);
	for (uint32_t i = 0; i < STARTS_A_ROUND; i++) {
		if (run->started >= due || !run->idle_count)
			return;
		start_one(run);
	}
}

static void sweep(struct storm_boot *run) {
	if (run->now_us < run->next_sweep_us)
		return;
	run->next_sweep_us = run->now_us + SWEEP_US;
	for (uint32_t id = 0; id < run->settings->machines; id++) {
		if (run->deadlines[id] <= run->now_us)
			storm_machine_tick(run, &run->machines[id]);
	}
}

static void show_progress(struct storm_boot *run) {
	if (!run->settings->show_progress || run->now_us < run->next_progress_us)
		return;
	fprintf(stderr, "\r%6.1f s  %llu on  %llu booted  %llu failed  %u running  %.2f GB \033[K",
		(double)(run->now_us - run->begin_us) / 1e6, (unsigned long long)run->started,
		(unsigned long long)run->completed, (unsigned long long)run->failed, run->active,
		(double)run->bytes / 1e9);
	run->next_progress_us = run->now_us + STORM_SECOND_US / 4;
}

static bool running(struct storm_boot *run) {
	const struct storm_boot_settings *s = run->settings;
	bool more = run->started < s->total || run->active;

	if (storm_stop_wanted() ||
		(s->deadline_us && run->now_us >= run->begin_us + s->deadline_us)) {
		run->totals->deadline_passed = more;
		return false;
	}
	// Those that linger still answer.
	return more || run->idle_count < s->machines;
}

// Short where the next power-on or a late packet must not wait.
static uint64_t patience_us(const struct storm_boot *run) {
	bool soon = run->late || run->started < run->settings->total;

	return soon ? 100 : SWEEP_US / 2;
}

static void loop(struct storm_boot *run) {
	run->begin_us = run->end_us = run->now_us = storm_clock_us();
	run->next_progress_us = run->begin_us + STORM_SECOND_US;
	while (running(run)) {
		start_due(run);
		storm_packet_poll(run->packet, patience_us(run), receive, run);
		run->now_us = storm_clock_us();
		deliver_late(run);
		sweep(run);
		show_progress(run);
	}
	if (run->settings->show_progress)
		fputs("\r\033[K", stderr);
}

static void finish(struct storm_boot *run) {
	struct storm_boot_totals *t = run->totals;

	for (uint32_t id = 0; id < run->settings->machines; id++)
		storm_machine_stop(run, &run->machines[id]);
	t->elapsed_us = run->end_us - run->begin_us;
	t->lost = run->impair.dropped;
	t->doubled = run->impair.duplicated;
	t->delayed = run->impair.delayed;
	t->send_failures = run->packet->send_failures;
	t->receive_drops = storm_packet_drops(run->packet);
}

static int prepare(struct storm_boot *run) {
	const struct storm_boot_settings *s = run->settings;

	run->machines = calloc(s->machines, sizeof(*run->machines));
	run->deadlines = calloc(s->machines, sizeof(*run->deadlines));
	run->idle = calloc(s->machines, sizeof(*run->idle));
	if (s->reorder > 0)
		run->late = calloc(1, sizeof(*run->late));
	if (!run->machines || !run->deadlines || !run->idle || (s->reorder > 0 && !run->late))
		return -ENOMEM;
	for (uint32_t id = s->machines; id-- > 0;) {
		run->deadlines[id] = UINT64_MAX;
		run->idle[run->idle_count++] = id;
	}
	storm_impair_init(&run->impair, s->loss, s->dup, s->reorder, s->seed);
	return storm_owner_init(&run->owner, s->machines);
}

static void release(struct storm_boot *run) {
	if (run->late)
		storm_late_clear(run->late);
	storm_owner_free(&run->owner);
	free(run->late);
	free(run->idle);
	free(run->deadlines);
	free(run->machines);
	free(run);
}

int storm_boot_run(struct storm_boot_settings *settings, struct storm_packet *packet,
	struct storm_boot_totals *totals) {
	struct storm_boot *run = calloc(1, sizeof(*run));
	int err;

	if (!run)
		return -ENOMEM;
	memset(totals, 0, sizeof(*totals));
	run->settings = settings;
	run->totals = totals;
	run->packet = packet;
	err = prepare(run);
	if (!err) {
		storm_steal_read(&totals->steal);
		loop(run);
		finish(run);
	}
	release(run);
	return err;
}
