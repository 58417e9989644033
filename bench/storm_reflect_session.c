// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Sessions of the reflector. They repeat a window that is not answered, because not every client
// asks again (GRUB), and otherwise do nothing that a client does not ask for.

#include "storm_reflect_session.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "storm_clock.h"

#define REPEAT_US 250000u
#define SILENT_US (20 * STORM_SECOND_US)
#define PROBES    256u

static struct storm_reflect_session *find_free(struct storm_reflect_table *table) {
	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t at = table->next++ % STORM_REFLECT_SESSIONS;

		if (!table->sessions[at].live)
			return &table->sessions[at];
	}
	return NULL;
}

static bool is_named(const struct tftp_option_view *option, const char *name) {
	return option->name_len == strlen(name) &&
	       !strncasecmp(option->name, name, option->name_len);
}

static uint32_t number_of(const struct tftp_option_view *option) {
	uint32_t n = 0;

	for (size_t i = 0; i < option->value_len && n < 100000; i++)
		n = n * 10 + (uint32_t)(option->value[i] - '0') % 10;
	return n;
}

static void put_option(struct writer *w, const struct tftp_option_view *option, uint64_t value) {
	char text[24];
	int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)value);

	writer_bytes(w, option->name, option->name_len);
	writer_u8(w, 0);
	writer_bytes(w, text, (size_t)len + 1);
}

static uint16_t at_most(uint32_t n, uint16_t max) {
	return (uint16_t)(n < max ? n : max);
}

static void grant(const struct storm_reflect_table *table, struct storm_reflect_session *s,
	const struct tftp_option_view *option, struct writer *w) {
	uint32_t n = number_of(option);

	if (is_named(option, "blksize") && n >= 8) {
		s->blksize = at_most(n, table->blksize_max);
		put_option(w, option, s->blksize);
	} else if (is_named(option, "windowsize") && n >= 1) {
		s->window = at_most(n, table->window_max);
		put_option(w, option, s->window);
	} else if (is_named(option, "tsize")) {
		put_option(w, option, s->size);
	} else if (is_named(option, "timeout") && n >= 1) {
		put_option(w, option, n);
	}
}

struct storm_reflect_session *storm_reflect_begin(struct storm_reflect_table *table,
	const struct tftp_request *request, uint64_t size, uint64_t now_us, uint8_t *oack,
	size_t oack_size, size_t *oack_len) {
	struct writer w = writer_of(oack, oack_size);
	struct storm_reflect_session *s;
	struct tftp_option_view option;
	struct reader r;

	s = find_free(table);
	if (!s)
		return NULL;
	*s = (struct storm_reflect_session){.live = true,
		.blksize = 512,
		.window = 1,
		.size = size,
		.sent_us = now_us,
		.heard_us = now_us};
	writer_u16(&w, TFTP_OACK);
	r = reader_of(request->options, request->options_len);
	while (tftp_parse_option(&r, &option))
		grant(table, s, &option, &w);
	*oack_len = w.failed || w.at == 2 ? 0 : w.at;
	s->begun = *oack_len == 0;
	return s;
}

// The window behind what is acknowledged.
static uint32_t due(struct storm_reflect_session *s, uint64_t now_us) {
	uint64_t left = storm_reflect_blocks(s) - s->acked;

	s->sent_us = now_us;
	return (uint32_t)(left < s->window ? left : s->window);
}

uint32_t storm_reflect_heard(
	struct storm_reflect_session *s, const uint8_t *packet, size_t len, uint64_t now_us) {
	uint16_t block, ahead;

	if (tftp_parse_opcode(packet, len) != TFTP_ACK || tftp_parse_ack(packet, len, &block) < 0) {
		s->live = false;
		return 0;
	}
	ahead = (uint16_t)(block - (uint16_t)s->acked);
	// An old one, or one again, which a window is under way for (but for block 0: the OACK's).
	if (ahead > s->window || (ahead == 0 && s->acked))
		return 0;
	s->begun = true;
	s->acked += ahead;
	s->heard_us = now_us;
	if (s->acked < storm_reflect_blocks(s))
		return due(s, now_us);
	s->live = false;
	return 0;
}

uint32_t storm_reflect_again(struct storm_reflect_session *s, uint64_t now_us) {
	if (!s->live || now_us < s->sent_us + REPEAT_US)
		return 0;
	if (now_us > s->heard_us + SILENT_US) {
		s->live = false;
		return 0;
	}
	// An OACK that was lost is asked for again, in another session.
	return s->begun ? due(s, now_us) : 0;
}
