// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The protocol is that of the event ring (events.c), but here the newest record wins: a capture
// that is not read fast enough loses frames, and says how many.

#include "capture.h"

#include <string.h>

#include "dhcp.h"
#include "frame.h"

#define IN_CHANGE   0u
#define ETHER       14u
#define UDP_HEADER  8u
#define CHADDR      28u // in a DHCP message
#define AS_READ     offsetof(struct capture_record, frame)
#define RING_FILLED (CAPTURE_RING_SIZE / 2)

static uint64_t load(const _Atomic uint64_t *value, memory_order order) {
	return atomic_load_explicit((_Atomic uint64_t *)value, order);
}

static uint16_t get16(const uint8_t *p) {
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint64_t capture_mac(const uint8_t mac[6]) {
	return (uint64_t)get16(mac) << 32 | (uint64_t)get16(mac + 2) << 16 | get16(mac + 4);
}

static bool is_dhcp_port(uint16_t port) {
	return port == DHCP_SERVER_PORT || port == DHCP_PXE_PORT;
}

// The hardware address of the client whose DHCP message the frame holds, going by ports alone;
// NULL: there is none.
static const uint8_t *chaddr_of(const struct capture_note *note) {
	const uint8_t *frame = note->frame, *udp;
	bool tagged;
	size_t at;

	frame_vlan(frame, note->len, &tagged);
	at = ETHER + (tagged ? FRAME_TAG_BYTES : 0);
	if (note->len < at + 20 || get16(frame + at - 2) != 0x0800 || frame[at + 9] != 17)
		return NULL;
	at += (size_t)(frame[at] & 15) * 4;
	udp = frame + at;
	if (note->len < at + UDP_HEADER + CHADDR + 6 ||
		(!is_dhcp_port(get16(udp)) && !is_dhcp_port(get16(udp + 2))))
		return NULL;
	return udp + UDP_HEADER + CHADDR;
}

bool capture_wants(uint64_t mac, const struct capture_note *note) {
	const uint8_t *chaddr;

	if (mac == 0)
		return true;
	if (note->len < ETHER)
		return false;
	if (capture_mac(note->frame + (note->direction == CAPTURE_IN ? 6 : 0)) == mac)
		return true;
	chaddr = chaddr_of(note);
	return chaddr && capture_mac(chaddr) == mac;
}

static uint32_t kept_len(const struct capture_note *note) {
	if (note->direction == CAPTURE_OUT && note->len > CAPTURE_DATA_KEPT && !chaddr_of(note))
		return CAPTURE_DATA_KEPT;
	return note->len < CAPTURE_FRAME_MAX ? note->len : CAPTURE_FRAME_MAX;
}

// What was taken out comes back: a capture shows what was on the wire.
static void copy_frame(struct capture_record *record, const struct capture_note *note) {
	uint32_t len = kept_len(note), tag = note->vlan && len >= ETHER ? FRAME_TAG_BYTES : 0;

	if (len > CAPTURE_FRAME_MAX - tag)
		len = CAPTURE_FRAME_MAX - tag;
	memcpy(record->frame + tag, note->frame, len);
	if (tag)
		frame_tag(record->frame + tag, note->vlan);
	record->len = (uint16_t)(len + tag);
	record->wire_len = note->wire_len + tag;
}

static struct capture_record *record_of(struct capture_ring *ring, uint64_t number) {
	return &ring->record[number & (CAPTURE_RING_SIZE - 1)];
}

void capture_draft(struct capture_ring *ring, uint32_t ahead, const struct capture_note *note) {
	struct capture_record *record =
		record_of(ring, load(&ring->head, memory_order_relaxed) + ahead);

	// Whoever copies meanwhile sees that the record was in change: the mark before the first
	// byte, the number after the last.
	atomic_store_explicit(&record->sequence, IN_CHANGE, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	copy_frame(record, note);
	record->unix_ns = note->unix_ns;
	record->port = note->port;
	record->direction = note->direction;
	atomic_store_explicit(&record->reason, 0, memory_order_relaxed);
}

void capture_publish(struct capture_ring *ring, uint32_t count) {
	uint64_t head = load(&ring->head, memory_order_relaxed);

	for (uint32_t i = 0; i < count; i++, head++)
		atomic_store_explicit(
			&record_of(ring, head)->sequence, head + 1, memory_order_release);
	atomic_store_explicit(&ring->head, head, memory_order_release);
}

void capture_set_reason(struct capture_ring *ring, uint64_t number, uint32_t reason) {
	struct capture_record *record = record_of(ring, number);

	if (load(&record->sequence, memory_order_relaxed) == number + 1)
		atomic_store_explicit(&record->reason, reason, memory_order_relaxed);
}

struct capture_reader capture_reader_at_end(const struct capture_ring *ring) {
	return (struct capture_reader){.tail = load(&ring->head, memory_order_acquire)};
}

static bool is_plausible(const struct capture_record *record) {
	return record->len <= CAPTURE_FRAME_MAX && record->len <= record->wire_len &&
	       record->port < ROUSE_MAX_PORTS &&
	       (record->direction == CAPTURE_IN || record->direction == CAPTURE_OUT);
}

// Whether the record is the one of this number, was so all the while it was copied, and makes
// sense.
static bool copy_record(
	const struct capture_record *record, uint64_t number, struct capture_record *copy) {
	if (load(&record->sequence, memory_order_acquire) != number + 1)
		return false;
	memcpy(copy, record, AS_READ);
	if (!is_plausible(copy))
		return false;
	memcpy(copy->frame, record->frame, copy->len);
	atomic_thread_fence(memory_order_acquire);
	return load(&record->sequence, memory_order_relaxed) == number + 1;
}

// Skips what is overwritten, or about to be: the worker may have up to a burst of drafts.
static void catch_up(uint64_t head, struct capture_reader *reader) {
	if (reader->tail > head) { // the ring has begun anew
		reader->tail = head;
	} else if (head - reader->tail > CAPTURE_RING_SIZE) {
		reader->lost += head - CAPTURE_RING_SIZE - reader->tail;
		reader->tail = head - CAPTURE_RING_SIZE;
	}
}

bool capture_pop(const struct capture_ring *ring, int64_t settled_ns, struct capture_reader *reader,
	struct capture_record *record) {
	for (uint32_t tries = 0; tries < CAPTURE_RING_SIZE; tries++) {
		uint64_t head = load(&ring->head, memory_order_acquire), number;
		const struct capture_record *next;

		catch_up(head, reader);
		number = reader->tail;
		next = &ring->record[number & (CAPTURE_RING_SIZE - 1)];
		if (number == head || (head - number < RING_FILLED && next->unix_ns >= settled_ns))
			return false;
		reader->tail++;
		if (copy_record(next, number, record))
			return true;
		reader->lost++;
	}
	return false;
}
