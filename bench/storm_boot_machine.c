// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// One machine: the DHCP client hands it to the TFTP client, once for each file of its model. Relies
// on the pure clients and on storm_step.c for what comes next.

#include "storm_boot_machine.h"

#include <string.h>

#include "hash.h"
#include "storm_clock.h"
#include "storm_log.h"

#define ERROR_NOT_FOUND 1u

static const struct storm_model *model_of(
	const struct storm_boot *run, const struct storm_machine *m) {
	return run->settings->mix.models[m->model];
}

static struct storm_boot_counts *counts_of(struct storm_boot *run, const struct storm_machine *m) {
	return &run->totals->counts[m->model];
}

static void measure(struct storm_boot *run, const struct storm_machine *m, enum storm_phase phase,
	uint64_t from_us, uint64_t to_us) {
	hist_add(&counts_of(run, m)->phase[phase], to_us - from_us);
}

static void note(struct storm_boot *run, const struct storm_machine *m, bool booted) {
	if (run->settings->keep_timeline)
		storm_timeline_add(
			&run->totals->timeline, run->now_us - run->begin_us, m->model, booted);
}

static void set_deadline(struct storm_boot *run, const struct storm_machine *m, uint64_t us) {
	run->deadlines[m - run->machines] = us;
}

// What the client of a read counted; once.
static void add_counters(struct storm_boot *run, struct storm_machine *m) {
	struct storm_boot_counts *c = counts_of(run, m);

	c->data += m->tftp.data;
	c->duplicates += m->tftp.duplicates;
	c->ahead += m->tftp.ahead;
	c->tftp_retransmissions += m->tftp.retransmissions;
	m->tftp.data = m->tftp.duplicates = m->tftp.ahead = m->tftp.retransmissions = 0;
}

static void free_machine(struct storm_boot *run, struct storm_machine *m) {
	if (m->stage == STORM_STAGE_LINGER)
		add_counters(run, m);
	m->stage = STORM_STAGE_IDLE;
	set_deadline(run, m, UINT64_MAX);
	run->idle[run->idle_count++] = (uint32_t)(m - run->machines);
}

static void count_end(struct storm_boot *run) {
	run->active--;
	run->end_us = run->now_us;
}

static void fail(struct storm_boot *run, struct storm_machine *m, enum storm_boot_failure failure) {
	struct storm_boot_counts *c = counts_of(run, m);

	if (m->stage == STORM_STAGE_TFTP) {
		add_counters(run, m);
		storm_check_drop(&m->check);
	}
	c->failed++;
	c->failed_by[failure]++;
	run->failed++;
	count_end(run);
	free_machine(run, m);
}

static void complete(struct storm_boot *run, struct storm_machine *m) {
	counts_of(run, m)->completed++;
	run->completed++;
	note(run, m, true);
	measure(run, m, STORM_PHASE_BOOT, m->dhcp.started_us, run->now_us);
	count_end(run);
	if (m->stage == STORM_STAGE_TFTP && m->tftp.state == STORM_TFTP_LINGER)
		m->stage = STORM_STAGE_LINGER;
	else
		free_machine(run, m);
}

static void begin_read(struct storm_boot *run, struct storm_machine *m);

static void next_read(struct storm_boot *run, struct storm_machine *m) {
	add_counters(run, m);
	storm_step_done(model_of(run, m), &run->settings->files, &m->step);
	begin_read(run, m);
}

// The file is whole.
static void end_read(struct storm_boot *run, struct storm_machine *m) {
	struct storm_boot_counts *c = counts_of(run, m);

	if (!storm_check_end(&m->check, m->checked && m->file ? &m->file->content : NULL)) {
		fail(run, m, STORM_BOOT_CONTENT);
		return;
	}
	c->files++;
	measure(run, m, STORM_PHASE_BYTES, m->tftp.first_us, m->tftp.last_us);
	measure(run, m, STORM_PHASE_TRANSFER, m->tftp.started_us, m->tftp.last_us);
	if (m->file && !m->file->seen) {
		m->file->seen = true;
		m->file->size = m->tftp.bytes;
	}
	next_read(run, m);
}

static void fail_read(struct storm_boot *run, struct storm_machine *m) {
	bool absent = m->tftp.failure == STORM_TFTP_ERROR && m->tftp.error_code == ERROR_NOT_FOUND;

	storm_check_drop(&m->check);
	if (absent && m->read->may_be_absent) {
		counts_of(run, m)->absent++;
		next_read(run, m);
		return;
	}
	counts_of(run, m)->tftp_failed_by[m->tftp.failure]++;
	fail(run, m, STORM_BOOT_TFTP);
}

static void send_tftp(
	struct storm_boot *run, struct storm_machine *m, const struct storm_tftp_out *out) {
	struct storm_envelope e = {.to = {.src = m->dhcp.address,
					   .dst = out->to.address,
					   .src_port = m->port,
					   .dst_port = out->to.port},
		.no_checksum = m->read->no_checksum};

	memcpy(e.to.src_mac, m->dhcp.mac, 6);
	memcpy(e.to.dst_mac, m->dhcp.server_mac, 6);
	storm_boot_send(run, &e, out->send, out->send_len, out->copies);
}

// What follows from the state that a read has reached.
static void follow_read(struct storm_boot *run, struct storm_machine *m) {
	switch (m->tftp.state) {
	case STORM_TFTP_REQUESTED:
	case STORM_TFTP_TRANSFER:
		break;
	case STORM_TFTP_LINGER:
		end_read(run, m);
		break;
	case STORM_TFTP_DONE: // a probe
		storm_check_drop(&m->check);
		next_read(run, m);
		break;
	case STORM_TFTP_FAILED:
		fail_read(run, m);
		break;
	}
}

static void act_tftp(struct storm_boot *run, struct storm_machine *m, bool was_answered,
	const struct storm_tftp_out *out) {
	if (out->data_len) {
		if (m->checked)
			storm_check_feed_at(&m->check, out->data_offset, out->data, out->data_len);
		counts_of(run, m)->bytes += out->data_len;
		run->bytes += out->data_len;
	}
	if (out->send_len)
		send_tftp(run, m, out);
	set_deadline(run, m, m->tftp.deadline_us);
	if (!was_answered && m->tftp.answered_us && m->tftp.state != STORM_TFTP_FAILED)
		measure(run, m, STORM_PHASE_ANSWER, m->tftp.started_us, m->tftp.answered_us);
	if (m->stage == STORM_STAGE_TFTP)
		follow_read(run, m);
	else if (m->tftp.state == STORM_TFTP_DONE)
		free_machine(run, m);
}

// Each read has a port of its own, the one behind that of the read before.
static uint16_t next_port(struct storm_machine *m) {
	uint64_t at = hash_mix(m->number) + m->reads++;

	return (uint16_t)(m->read->port_first + at % m->read->port_count);
}

static void start_transfer(struct storm_boot *run, struct storm_machine *m, const char *name) {
	struct storm_tftp_out out;

	m->port = next_port(m);
	m->tftp_settings.name = name;
	m->file = storm_catalog_at(run->settings->catalog, name);
	storm_check_begin(&m->check, m->checked && m->file ? &m->file->content : NULL);
	if (storm_tftp_start(&m->tftp, &m->tftp_settings, run->now_us, &out) < 0)
		fail(run, m, STORM_BOOT_NO_FILE);
	else
		act_tftp(run, m, false, &out);
}

static void begin_read(struct storm_boot *run, struct storm_machine *m) {
	const struct storm_list *files = &run->settings->files;
	const struct storm_read *next =
		storm_step_at(model_of(run, m), files, m->size_known, &m->step);
	uint32_t server = m->tftp_settings.server;
	const char *name;

	if (!next) { // the read before may linger
		complete(run, m);
		return;
	}
	m->read = next;
	m->stage = STORM_STAGE_TFTP;
	m->tftp_settings = m->read->tftp;
	m->tftp_settings.server = server;
	name = storm_step_name(m->read, files, &m->step, m->boot_file, &m->dhcp, m->name);
	if (*name)
		start_transfer(run, m, name);
	else
		fail(run, m, STORM_BOOT_NO_FILE);
}

static void log_lease(const struct storm_boot *run, const struct storm_dhcp_client *c) {
	struct storm_log_entry entry = {.unix_us = storm_clock_unix_us(),
		.address = c->address,
		.lease_s = c->lease_s,
		.xid = c->xid};

	if (!run->settings->log)
		return;
	memcpy(entry.mac, c->mac, 6);
	storm_log_write(run->settings->log, &entry);
}

// The lease is there: read what the model reads.
static void begin_reads(
	struct storm_boot *run, struct storm_machine *m, const struct storm_dhcp_reply *reply) {
	log_lease(run, &m->dhcp);
	measure(run, m, STORM_PHASE_ACK, m->dhcp.asked_us, run->now_us);
	measure(run, m, STORM_PHASE_LEASE, m->dhcp.started_us, run->now_us);
	storm_owner_set(&run->owner, m->dhcp.address, (uint32_t)(m - run->machines));
	memcpy(m->boot_file, reply->file, sizeof(m->boot_file));
	m->size_known = reply->file_units > 0;
	m->tftp_settings.server = reply->next ? reply->next : reply->server_id;
	if (!run->totals->first_file[0])
		memcpy(run->totals->first_file, m->boot_file, sizeof(m->boot_file));
	begin_read(run, m);
}

static void act_dhcp(struct storm_boot *run, struct storm_machine *m, bool was_offered,
	const struct storm_dhcp_out *out, const struct storm_dhcp_reply *reply) {
	struct storm_envelope e = {
		.to = {.src = out->src, .dst = out->dst, .src_port = 68, .dst_port = 67}};

	if (out->len) {
		memcpy(e.to.src_mac, m->dhcp.mac, 6);
		memcpy(e.to.dst_mac, out->dst_mac, 6);
		storm_boot_send(run, &e, out->frame + FRAME_HEADER_BYTES, out->len, 1);
	}
	set_deadline(run, m, m->dhcp.deadline_us);
	if (!was_offered && m->dhcp.offered && !m->dhcp.naks)
		measure(run, m, STORM_PHASE_OFFER, m->dhcp.started_us, m->dhcp.offered_us);
	if (out->event == STORM_DHCP_RETRIED)
		counts_of(run, m)->dhcp_retransmissions++;
	if (out->event == STORM_DHCP_STARTED_OVER)
		counts_of(run, m)->dhcp_naks++;
	if (out->event == STORM_DHCP_ACKED)
		begin_reads(run, m, reply);
	if (out->event == STORM_DHCP_ENDED) {
		counts_of(run, m)->dhcp_failed_by[m->dhcp.failure]++;
		fail(run, m, STORM_BOOT_DHCP);
	}
}

void storm_machine_start(struct storm_boot *run, struct storm_machine *m) {
	struct storm_dhcp_out out;

	m->stage = STORM_STAGE_DHCP;
	m->model = (uint8_t)storm_mix_of(&run->settings->mix, m->number);
	m->checked = m->number % run->settings->check_one_in == 0;
	m->reads = 0;
	m->step = (struct storm_step){0};
	counts_of(run, m)->started++;
	run->active++;
	note(run, m, false);
	storm_dhcp_discover(&m->dhcp, &model_of(run, m)->dhcp, run->now_us, &out);
	act_dhcp(run, m, false, &out, NULL);
}

void storm_machine_on_dhcp(struct storm_boot *run, struct storm_machine *m,
	const struct storm_dhcp_reply *reply, const uint8_t from_mac[6]) {
	bool was_offered = m->dhcp.offered;
	struct storm_dhcp_out out;

	storm_dhcp_input(&m->dhcp, &model_of(run, m)->dhcp, reply, from_mac, run->now_us, &out);
	act_dhcp(run, m, was_offered, &out, reply);
}

void storm_machine_on_tftp(
	struct storm_boot *run, struct storm_machine *m, const struct frame_view *view) {
	bool was_answered = m->tftp.answered_us;
	struct storm_tftp_out out;

	storm_tftp_input(&m->tftp, (struct storm_peer){view->src, view->src_port}, view->payload,
		view->payload_len, run->now_us, &out);
	act_tftp(run, m, was_answered, &out);
}

void storm_machine_tick(struct storm_boot *run, struct storm_machine *m) {
	struct storm_dhcp_out dhcp;
	struct storm_tftp_out tftp;

	switch (m->stage) {
	case STORM_STAGE_IDLE:
		break;
	case STORM_STAGE_DHCP:
		storm_dhcp_tick(&m->dhcp, &model_of(run, m)->dhcp, run->now_us, &dhcp);
		act_dhcp(run, m, m->dhcp.offered, &dhcp, NULL);
		break;
	case STORM_STAGE_TFTP:
	case STORM_STAGE_LINGER:
		storm_tftp_tick(&m->tftp, run->now_us, &tftp);
		act_tftp(run, m, m->tftp.answered_us, &tftp);
		break;
	}
}

void storm_machine_stop(struct storm_boot *run, struct storm_machine *m) {
	if (m->stage == STORM_STAGE_DHCP || m->stage == STORM_STAGE_TFTP)
		fail(run, m, STORM_BOOT_DEADLINE);
	else if (m->stage == STORM_STAGE_LINGER)
		free_machine(run, m);
}
