// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The engine of `rouse-storm boot`: the DHCP client hands its machine to the TFTP client. A
// machine's xid carries its number and generation; datagrams to other ports find it by their
// address.

#include "storm_boot_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "storm_clock.h"
#include "storm_datagram.h"
#include "storm_impair.h"
#include "storm_log.h"
#include "storm_owner.h"
#include "storm_stop.h"

#define ID_BITS        16u
#define ID_MASK        ((1u << ID_BITS) - 1)
#define SWEEP_US       2000u
#define STARTS_A_ROUND 64u
#define FIRST_PORT     20000u

enum stage { STAGE_IDLE, STAGE_DHCP, STAGE_TFTP, STAGE_LINGER };

struct machine {
	enum stage stage;
	uint16_t generation;
	struct storm_dhcp_client dhcp;
	struct storm_tftp_client tftp;
	struct storm_tftp_settings tftp_settings;
	struct storm_check check;
	char file[STORM_DHCP_FILE_SIZE];
};

struct run {
	struct storm_boot_settings *settings;
	struct storm_boot_totals *totals;
	struct storm_packet *packet;
	struct storm_impair impair;
	struct storm_owner owner;
	struct machine *machines;
	uint64_t *deadlines; // by machine, apart so that a sweep reads little memory
	uint32_t *idle;      // stack
	uint32_t idle_count;
	uint32_t active;
	uint16_t ip_id;
	uint64_t begin_us, end_us, now_us;
	uint64_t next_sweep_us, next_progress_us;
};

static const char *const FAILURE_NAMES[STORM_BOOT_FAILURES] = {
	[STORM_BOOT_DHCP] = "dhcp",
	[STORM_BOOT_NO_FILE] = "no_file",
	[STORM_BOOT_TFTP] = "tftp",
	[STORM_BOOT_CONTENT] = "wrong_content",
	[STORM_BOOT_DEADLINE] = "deadline",
};

const char *storm_boot_failure_name(enum storm_boot_failure failure) {
	return FAILURE_NAMES[failure];
}

static void transmit(
	struct run *run, struct frame_to *to, const uint8_t *bytes, size_t len, unsigned copies) {
	struct storm_fate fate = storm_impair_next(&run->impair);

	for (unsigned i = 0; i < copies * fate.copies; i++) {
		to->ip_id = run->ip_id++;
		storm_datagram_send(run->packet, to, bytes, len);
	}
}

static uint16_t port_of(const struct run *run, const struct machine *m) {
	return (uint16_t)(FIRST_PORT + (uint32_t)(m - run->machines) % 40000u);
}

static void add_counters(struct run *run, const struct machine *m) {
	run->totals->data += m->tftp.data;
	run->totals->duplicates += m->tftp.duplicates;
	run->totals->tftp_retransmissions += m->tftp.retransmissions;
}

static void free_machine(struct run *run, struct machine *m) {
	if (m->stage == STAGE_TFTP || m->stage == STAGE_LINGER)
		add_counters(run, m);
	m->stage = STAGE_IDLE;
	run->deadlines[m - run->machines] = UINT64_MAX;
	run->idle[run->idle_count++] = (uint32_t)(m - run->machines);
}

static void count_end(struct run *run) {
	run->active--;
	run->end_us = run->now_us;
}

static void fail(struct run *run, struct machine *m, enum storm_boot_failure failure) {
	run->totals->failed++;
	run->totals->failed_by[failure]++;
	count_end(run);
	free_machine(run, m);
}

static void complete(struct run *run, struct machine *m) {
	struct storm_boot_totals *t = run->totals;

	if (!storm_check_end(&m->check, &run->settings->content)) {
		fail(run, m, STORM_BOOT_CONTENT);
		return;
	}
	t->completed++;
	hist_add(&t->transfer, m->tftp.last_us - m->tftp.started_us);
	hist_add(&t->whole, run->now_us - m->dhcp.started_us);
	count_end(run);
	m->stage = STAGE_LINGER;
}

static void send_tftp(struct run *run, struct machine *m, const struct storm_tftp_out *out) {
	struct frame_to to = {.src = m->dhcp.address,
		.dst = out->to.address,
		.src_port = port_of(run, m),
		.dst_port = out->to.port};

	memcpy(to.src_mac, m->dhcp.mac, 6);
	memcpy(to.dst_mac, m->dhcp.server_mac, 6);
	transmit(run, &to, out->send, out->send_len, out->copies);
}

static void act_tftp(struct run *run, struct machine *m, const struct storm_tftp_out *out) {
	if (out->data_len) {
		storm_check_feed(&m->check, out->data, out->data_len);
		run->totals->bytes += out->data_len;
	}
	if (out->send_len)
		send_tftp(run, m, out);
	run->deadlines[m - run->machines] = m->tftp.deadline_us;
	if (m->tftp.state == STORM_TFTP_FAILED && m->stage == STAGE_TFTP) {
		run->totals->tftp_failed_by[m->tftp.failure]++;
		fail(run, m, STORM_BOOT_TFTP);
	} else if (m->tftp.state == STORM_TFTP_LINGER && m->stage == STAGE_TFTP) {
		complete(run, m);
	} else if (m->tftp.state == STORM_TFTP_DONE && m->stage == STAGE_LINGER) {
		free_machine(run, m);
	}
}

static void log_lease(const struct run *run, const struct storm_dhcp_client *c) {
	struct storm_log_entry entry = {.unix_us = storm_clock_unix_us(),
		.address = c->address,
		.lease_s = c->lease_s,
		.xid = c->xid};

	if (!run->settings->log)
		return;
	memcpy(entry.mac, c->mac, 6);
	storm_log_write(run->settings->log, &entry);
}

// The lease is there: ask for the file that it names.
static void begin_tftp(struct run *run, struct machine *m, const struct storm_dhcp_reply *reply) {
	struct storm_tftp_settings *s = &m->tftp_settings;
	struct storm_tftp_out out;

	log_lease(run, &m->dhcp);
	hist_add(&run->totals->lease, run->now_us - m->dhcp.started_us);
	storm_owner_set(&run->owner, m->dhcp.address, (uint32_t)(m - run->machines));
	*s = run->settings->tftp;
	memcpy(m->file, reply->file, sizeof(m->file));
	if (!s->name)
		s->name = m->file;
	if (!s->server)
		s->server = reply->next ? reply->next : reply->server_id;
	if (!*s->name) {
		fail(run, m, STORM_BOOT_NO_FILE);
		return;
	}
	if (!run->totals->first_file[0])
		memcpy(run->totals->first_file, m->file, sizeof(m->file));
	m->stage = STAGE_TFTP;
	storm_check_begin(&m->check, &run->settings->content);
	storm_tftp_start(&m->tftp, s, run->now_us, &out);
	act_tftp(run, m, &out);
}

static void act_dhcp(struct run *run, struct machine *m, const struct storm_dhcp_out *out,
	const struct storm_dhcp_reply *reply) {
	struct frame_to to = {.src = out->src, .dst = out->dst, .src_port = 68, .dst_port = 67};

	if (out->len) {
		memcpy(to.src_mac, m->dhcp.mac, 6);
		memcpy(to.dst_mac, out->dst_mac, 6);
		transmit(run, &to, out->frame + FRAME_HEADER_BYTES, out->len, 1);
	}
	run->deadlines[m - run->machines] = m->dhcp.deadline_us;
	if (out->event == STORM_DHCP_RETRIED)
		run->totals->dhcp_retransmissions++;
	if (out->event == STORM_DHCP_ACKED)
		begin_tftp(run, m, reply);
	if (out->event == STORM_DHCP_ENDED) {
		run->totals->dhcp_failed_by[m->dhcp.failure]++;
		fail(run, m, STORM_BOOT_DHCP);
	}
}

static bool on_dhcp(struct run *run, const struct frame_view *view) {
	struct storm_dhcp_reply reply;
	struct storm_dhcp_out out;
	struct machine *m;
	uint32_t id;

	if (storm_dhcp_parse(view->payload, view->payload_len, &reply) < 0)
		return false;
	id = reply.xid & ID_MASK;
	if (id >= run->settings->machines)
		return false;
	m = &run->machines[id];
	if (m->stage != STAGE_DHCP || m->dhcp.xid != reply.xid)
		return false;
	storm_dhcp_input(&m->dhcp, &run->settings->dhcp, &reply, view->src_mac, run->now_us, &out);
	act_dhcp(run, m, &out, &reply);
	return true;
}

// The machine that has this address now, NULL if there is none.
static struct machine *holder_of(const struct run *run, uint32_t address) {
	uint32_t id = storm_owner_find(&run->owner, address);

	if (id == STORM_OWNER_NONE || run->machines[id].dhcp.address != address)
		return NULL;
	return &run->machines[id];
}

static bool on_tftp(struct run *run, const struct frame_view *view) {
	struct machine *m = holder_of(run, view->dst);
	struct storm_tftp_out out;

	if (!m || m->stage < STAGE_TFTP || view->dst_port != port_of(run, m))
		return false;
	storm_tftp_input(&m->tftp, (struct storm_peer){view->src, view->src_port}, view->payload,
		view->payload_len, run->now_us, &out);
	act_tftp(run, m, &out);
	return true;
}

static void on_arp(struct run *run, const uint8_t *frame, size_t len) {
	uint32_t target = storm_datagram_arp_target(frame, len);
	const struct machine *m = target ? holder_of(run, target) : NULL;

	if (!m)
		return;
	run->totals->arp_answers++;
	storm_datagram_arp_answer(run->packet, frame, len, target, m->dhcp.mac);
}

static void receive(void *arg, const uint8_t *frame, size_t len) {
	struct run *run = arg;
	struct frame_view view;
	enum frame_error error = frame_parse(frame, len, 0, &view);
	struct storm_fate fate;

	if (error == FRAME_ARP)
		on_arp(run, frame, len);
	if (error != FRAME_OK)
		return;
	fate = storm_impair_next(&run->impair);
	run->now_us = storm_clock_us();
	for (unsigned i = 0; i < fate.copies; i++) {
		if (!(view.dst_port == 68 ? on_dhcp(run, &view) : on_tftp(run, &view)))
			run->totals->foreign++;
	}
}

static void start_one(struct run *run) {
	uint32_t id = run->idle[--run->idle_count];
	struct machine *m = &run->machines[id];
	struct storm_dhcp_out out;

	m->stage = STAGE_DHCP;
	m->dhcp = (struct storm_dhcp_client){.xid = (uint32_t)++m->generation << ID_BITS | id};
	storm_datagram_mac(run->settings->mac_base, run->totals->started++, m->dhcp.mac);
	run->active++;
	storm_dhcp_discover(&m->dhcp, &run->settings->dhcp, run->now_us, &out);
	act_dhcp(run, m, &out, NULL);
}

static void start_due(struct run *run) {
	const struct storm_boot_settings *s = run->settings;
	double due = (double)(run->now_us - run->begin_us) / STORM_SECOND_US * s->rate + 1;
	uint64_t allowed = s->rate <= 0 || due >= (double)s->total ? s->total : (uint64_t)due;

	run->now_us = storm_clock_us();
	for (uint32_t i = 0; i < STARTS_A_ROUND; i++) {
		if (run->totals->started >= allowed || !run->idle_count)
			return;
		start_one(run);
	}
}

static void tick(struct run *run, struct machine *m) {
	struct storm_dhcp_out dhcp;
	struct storm_tftp_out tftp;

	switch (m->stage) {
	case STAGE_IDLE:
		break;
	case STAGE_DHCP:
		storm_dhcp_tick(&m->dhcp, &run->settings->dhcp, run->now_us, &dhcp);
		act_dhcp(run, m, &dhcp, NULL);
		break;
	case STAGE_TFTP:
	case STAGE_LINGER:
		storm_tftp_tick(&m->tftp, run->now_us, &tftp);
		act_tftp(run, m, &tftp);
		break;
	}
}

static void sweep(struct run *run) {
	if (run->now_us < run->next_sweep_us)
		return;
	run->next_sweep_us = run->now_us + SWEEP_US;
	for (uint32_t id = 0; id < run->settings->machines; id++) {
		if (run->deadlines[id] <= run->now_us)
			tick(run, &run->machines[id]);
	}
}

static void show_progress(struct run *run) {
	const struct storm_boot_totals *t = run->totals;

	if (!run->settings->show_progress || run->now_us < run->next_progress_us)
		return;
	fprintf(stderr, "\r%6.1f s  %llu started  %llu booted  %llu failed  %u running \033[K",
		(double)(run->now_us - run->begin_us) / 1e6, (unsigned long long)t->started,
		(unsigned long long)t->completed, (unsigned long long)t->failed, run->active);
	run->next_progress_us = run->now_us + STORM_SECOND_US;
}

static bool running(struct run *run) {
	const struct storm_boot_settings *s = run->settings;
	bool more = run->totals->started < s->total || run->active;

	if (storm_stop_wanted() ||
		(s->deadline_us && run->now_us >= run->begin_us + s->deadline_us)) {
		run->totals->deadline_passed = more;
		return false;
	}
	// Those that linger still answer.
	return more || run->idle_count < s->machines;
}

static void loop(struct run *run) {
	run->begin_us = run->end_us = run->now_us = storm_clock_us();
	run->next_progress_us = run->begin_us + STORM_SECOND_US;
	while (running(run)) {
		start_due(run);
		storm_packet_poll(
			run->packet, run->settings->rate > 0 ? 100 : SWEEP_US / 2, receive, run);
		run->now_us = storm_clock_us();
		sweep(run);
		show_progress(run);
	}
	if (run->settings->show_progress)
		fputs("\r\033[K", stderr);
}

static void finish(struct run *run) {
	struct storm_boot_totals *t = run->totals;

	for (uint32_t id = 0; id < run->settings->machines; id++) {
		struct machine *m = &run->machines[id];

		if (m->stage == STAGE_DHCP || m->stage == STAGE_TFTP)
			fail(run, m, STORM_BOOT_DEADLINE);
		else if (m->stage == STAGE_LINGER)
			free_machine(run, m);
	}
	t->elapsed_us = run->end_us - run->begin_us;
	t->lost = run->impair.dropped;
	t->doubled = run->impair.duplicated;
	t->send_failures = run->packet->send_failures;
	t->receive_drops = storm_packet_drops(run->packet);
}

static int prepare(struct run *run) {
	uint32_t count = run->settings->machines;

	run->machines = calloc(count, sizeof(*run->machines));
	run->deadlines = calloc(count, sizeof(*run->deadlines));
	run->idle = calloc(count, sizeof(*run->idle));
	if (!run->machines || !run->deadlines || !run->idle)
		return -ENOMEM;
	for (uint32_t id = count; id-- > 0;) {
		run->deadlines[id] = UINT64_MAX;
		run->idle[run->idle_count++] = id;
	}
	storm_impair_init(
		&run->impair, run->settings->loss, run->settings->dup, 0, run->settings->seed);
	return storm_owner_init(&run->owner, count);
}

int storm_boot_run(struct storm_boot_settings *settings, struct storm_packet *packet,
	struct storm_boot_totals *totals) {
	struct run *run = calloc(1, sizeof(*run));
	int err = -ENOMEM;

	if (!run)
		return err;
	*totals = (struct storm_boot_totals){0};
	run->settings = settings;
	run->totals = totals;
	run->packet = packet;
	err = prepare(run);
	if (!err) {
		loop(run);
		finish(run);
	}
	storm_owner_free(&run->owner);
	free(run->idle);
	free(run->deadlines);
	free(run->machines);
	free(run);
	return err;
}
