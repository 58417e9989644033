// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "event_text.h"
#include "human.h"

#define MAC                                                                                        \
	{ 0x52, 0x54, 0, 0, 1, 1 }

static void events_become_sentences(void **state) {
	static const struct {
		struct event_record event;
		const char *host;
		const char *file;
		const char *expected; // NULL: left out
	} cases[] = {
		{{.kind = 0}, NULL, NULL, NULL},
		{{.kind = 999}, NULL, NULL, NULL},
		{{.kind = EVENT_TFTP_OPEN}, NULL, NULL, NULL},
		{{.kind = EVENT_DHCP_MACHINE, .mac = MAC}, NULL, NULL, NULL},
		{{.kind = EVENT_DHCP_RELAYED, .mac = MAC}, NULL, NULL, NULL},
		{{.kind = EVENT_DHCP_OFFER,
			 .address = 0x0a4d0032,
			 .mac = MAC,
			 .text = "ipxe.efi",
			 .text_len = 8},
			"n001", NULL,
			"dhcp: offered 10.77.0.50 to 52:54:00:00:01:01, n001, boot file ipxe.efi"},
		{{.kind = EVENT_DHCP_ACK, .address = 0x0a4d0032, .mac = MAC, .value = 43200}, NULL,
			NULL, "dhcp: leased 10.77.0.50 to 52:54:00:00:01:01 for 12 h"},
		{{.kind = EVENT_DHCP_ACK, .address = 0x0a4d0032}, NULL, NULL,
			"dhcp: told 10.77.0.50 (no MAC address) its options"},
		{{.kind = EVENT_DHCP_PROXY, .mac = MAC, .text = "ipxe.efi", .text_len = 8}, NULL,
			NULL, "dhcp: told 52:54:00:00:01:01 to boot ipxe.efi"},
		{{.kind = EVENT_DHCP_PROXY, .mac = MAC, .value = 1}, "n001", NULL,
			"dhcp: told 52:54:00:00:01:01, n001 to ask port 4011 for its boot file"},
		{{.kind = EVENT_ORDER_USED, .address = 0x0a4d0032, .mac = MAC, .value = 0x1234},
			"n001", NULL,
			"order 4660: 10.77.0.50 (52:54:00:00:01:01, n001) has got all of it, and "
			"boots as before next time"},
		{{.kind = EVENT_TFTP_DONE,
			 .address = 0x0a4d0032,
			 .mac = MAC,
			 .bytes = 1044480,
			 .duration_ms = 312,
			 .retransmitted = 4},
			"n001", "ipxe.efi",
			"tftp: 10.77.0.50 (52:54:00:00:01:01, n001) got ipxe.efi, 1.0 MB in 0.3 s, "
			"4 blocks sent again"},
		{{.kind = EVENT_TFTP_FAILED,
			 .address = 0x0a4d0032,
			 .mac = MAC,
			 .reason = EVENT_REASON_TIMEOUT,
			 .bytes = 512},
			NULL, "a.efi",
			"tftp: 10.77.0.50 (52:54:00:00:01:01) did not get a.efi, after 512 B: the "
			"client does not answer"},
		// a line feed and an escape sequence in a name must not reach the log
		{{.kind = EVENT_TFTP_NOT_FOUND,
			 .address = 0x0a4d0032,
			 .mac = MAC,
			 .text = "a\n\x1b[2J",
			 .text_len = 6},
			NULL, NULL,
			"tftp: 10.77.0.50 (52:54:00:00:01:01) asked for a\\x0a\\x1b[2J: there is "
			"no "
			"such file"},
		{{.kind = EVENT_TFTP_REFUSED, .mac = MAC, .reason = 77, .text_len = 60000}, NULL,
			NULL, "tftp: refused"},
		{{.kind = EVENT_JOURNAL_DEGRADED, .value = 28}, NULL, NULL,
			"the lease journal cannot be written: No space left on device"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[EVENT_SENTENCE_SIZE] = "";
		bool said = event_text(&cases[i].event, cases[i].host, cases[i].file, out);

		if (said != (cases[i].expected != NULL) ||
			(said && strncmp(out, cases[i].expected, strlen(cases[i].expected)) != 0))
			fail_msg("case %zu: \"%s\"", i, out);
	}
}

static void quantities_are_readable(void **state) {
	static const struct {
		uint64_t value;
		const char *bytes;
		const char *duration;
		const char *ms;
	} cases[] = {
		{0, "0 B", "0 s", "0.0 s"},
		{59, "59 B", "59 s", "0.0 s"},
		{999, "999 B", "16 min 39 s", "0.9 s"},
		{1000, "1.0 kB", "16 min 40 s", "1.0 s"},
		{7200, "7.2 kB", "2 h", "7.2 s"},
		{10499, "10 kB", "2 h 54 min", "10 s"},
		{90000, "90 kB", "1 d 1 h", "1 min 30 s"},
		{999999, "1.0 MB", "11 d 13 h", "16 min 39 s"},
		{1500000, "1.5 MB", "17 d 8 h", "25 min"},
		{25920000, "26 MB", "300 d", "7 h 12 min"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char a[HUMAN_SIZE], b[HUMAN_SIZE], c[HUMAN_SIZE];

		human_bytes(cases[i].value, a);
		human_duration(cases[i].value, b);
		human_ms(cases[i].value, c);
		if (strcmp(a, cases[i].bytes) || strcmp(b, cases[i].duration) ||
			strcmp(c, cases[i].ms))
			fail_msg("%lu: %s, %s, %s", cases[i].value, a, b, c);
	}
}

static void memory_is_told_as_it_is_configured(void **state) {
	char out[HUMAN_SIZE];

	(void)state;
	assert_string_equal(human_memory(256ULL << 20, out), "256 MiB");
	assert_string_equal(human_memory(1000, out), "1000 B");
	assert_string_equal(human_memory(1536, out), "1.5 KiB");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_become_sentences),
		cmocka_unit_test(quantities_are_readable),
		cmocka_unit_test(memory_is_told_as_it_is_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
