// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The queue of DHCP messages under any sequence of pushes and pops. Each step is three bytes: what,
// machine, type. Whatever comes, a place is handed out once until it is popped, each class gives its
// places in the order in which they were taken, and none is lost.

#include "dhcp.h"
#include "dhcp_queue.h"
#include "fuzz.h"

#define STEP   3u
#define REPEAT 64u // pushes of one step, so that a short input can fill a class

struct box {
	uint16_t order[DHCP_CLASSES][DHCP_QUEUE_PLACES];
	uint32_t head[DHCP_CLASSES];
	uint32_t count[DHCP_CLASSES];
	bool taken[DHCP_QUEUE_PLACES];
};

static struct dhcp_queue queue;

static struct dhcp_sender sender_of(uint32_t machine, uint8_t type) {
	struct dhcp_sender sender = {.type = type & 7,
		.replaces = type & 8,
		.hash = type & 16 ? machine : machine % 3};

	memcpy(sender.key.bytes, &machine, sizeof(machine));
	return sender;
}

static void push(struct box *box, enum dhcp_class class, const struct dhcp_sender *sender) {
	uint32_t at = (box->head[class] + box->count[class]) % DHCP_QUEUE_PLACES;
	uint16_t place;

	switch (dhcp_queue_push(&queue, class, sender, &place)) {
	case DHCP_QUEUED_NEW:
		FUZZ_ASSERT(place < DHCP_QUEUE_PLACES && !box->taken[place]);
		box->taken[place] = true;
		box->order[class][at] = place;
		box->count[class]++;
		break;
	case DHCP_QUEUED_INSTEAD:
		FUZZ_ASSERT(sender->replaces && box->taken[place]);
		break;
	case DHCP_QUEUED_FULL:
		FUZZ_ASSERT(box->count[class] == (class == DHCP_CLASS_KNOWN ? DHCP_QUEUE_KNOWN
									    : DHCP_QUEUE_UNKNOWN));
		break;
	}
}

static void pop(struct box *box, enum dhcp_class class) {
	uint16_t place;

	FUZZ_ASSERT(dhcp_queue_pop(&queue, class, &place) == (box->count[class] > 0));
	if (!box->count[class])
		return;
	FUZZ_ASSERT(place == box->order[class][box->head[class]]);
	box->taken[place] = false;
	box->head[class] = (box->head[class] + 1) % DHCP_QUEUE_PLACES;
	box->count[class]--;
}

static void step(struct box *box, const uint8_t *data) {
	enum dhcp_class class = data[0] & 1;
	uint32_t times = data[0] & 2 ? REPEAT : 1;

	for (uint32_t i = 0; i < times; i++) {
		struct dhcp_sender sender = sender_of(data[1] * 256u + i, data[2]);

		if (data[0] & 4)
			pop(box, class);
		else
			push(box, class, &sender);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct box box;

	memset(&box, 0, sizeof(box));
	dhcp_queue_init(&queue);
	for (; size >= STEP; data += STEP, size -= STEP)
		step(&box, data);
	for (int class = 0; class < DHCP_CLASSES; class++)
		while (box.count[class])
			pop(&box, (enum dhcp_class)class);
	FUZZ_ASSERT(dhcp_queue_is_empty(&queue));
	return 0;
}
