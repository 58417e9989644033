// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "boot_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config_match.h"
#include "human.h"
#include "shm_abi.h"
#include "text.h"

struct page {
	char *out;
	size_t size;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void say(struct page *page, const char *format, ...) {
	va_list list;
	int len;

	va_start(list, format);
	len = vsnprintf(page->out + page->len, page->size - page->len, format, list);
	va_end(list);
	if (len > 0)
		page->len += (size_t)len;
	if (page->len > page->size - 1)
		page->len = page->size - 1;
}

const char *boot_state_text(uint8_t state) {
	switch ((enum boot_state)state) {
	case BOOT_RUNNING:
		return "running";
	case BOOT_DONE:
		return "done";
	case BOOT_FAILED:
		return "failed";
	case BOOT_INTERRUPTED:
		return "interrupted";
	}
	return "unknown";
}

// --- the head

static void say_end(struct page *page, const struct boot *boot) {
	char time[HUMAN_SIZE];
	int64_t end_ns = boot->ended_ns ? boot->ended_ns : boot->last_ns;
	int64_t ms = (end_ns - boot->started_ns) / 1000000;

	say(page, ": %s, %s", human_ms(ms > 0 ? (uint64_t)ms : 0, time),
		boot_state_text(boot->state));
	if (boot->state == BOOT_FAILED || boot->state == BOOT_INTERRUPTED)
		say(page, ": %s", boot->reason);
	else if (boot->summary[0])
		say(page, ", %s", boot->summary);
}

static void say_head(struct page *page, const struct boot *boot, const char *name) {
	char mac[TEXT_MAC_SIZE], time[HUMAN_SIZE];

	text_mac(boot->mac, mac);
	if (name)
		say(page, "%s (%s)", name, mac);
	else
		say(page, "%s", mac);
	say(page, " %s%s%s at %s", boot->state == BOOT_RUNNING ? "boots" : "booted",
		boot->profile[0] ? " " : "", boot->profile,
		human_time(boot->started_ns / 1000000000, time));
	say_end(page, boot);
}

size_t boot_text_head(const struct boot *boot, const char *name, char out[BOOT_HEAD_SIZE]) {
	struct page page = {.out = out, .size = BOOT_HEAD_SIZE};

	out[0] = '\0';
	say_head(&page, boot, name);
	return page.len;
}

// --- a line for each phase

static void say_times(struct page *page, const struct boot_phase *phase) {
	if (phase->times > 1)
		say(page, ", %u times", phase->times);
}

// What came at once is told in milliseconds.
static void say_after(struct page *page, const char *what, uint32_t ms) {
	char time[HUMAN_SIZE];

	if (ms < 100)
		say(page, "%s %u ms", what, ms);
	else
		say(page, "%s %s", what, human_ms(ms, time));
}

// True when the OFFER that ends a DISCOVER is told in the same line.
static bool say_discover(
	struct page *page, const struct boot_phase *phase, const struct boot_phase *next) {
	const char *arch = config_arch_name(phase->arch);
	char ip[TEXT_IP_SIZE];

	say(page, "%s for an address", phase->ipxe ? "iPXE asked" : "asked");
	if (arch)
		say(page, " (%s)", arch);
	else if (phase->arch != UINT16_MAX)
		say(page, " (architecture %u)", phase->arch);
	say_times(page, phase);
	if (!next || next->kind != BOOT_PHASE_OFFER || phase->result != BOOT_RESULT_OK)
		return false;
	say(page, ", offered %s", text_ip(next->address, ip));
	say_after(page, " after", phase->duration_ms);
	if (next->name[0])
		say(page, ", boot file %s", next->name);
	return true;
}

static const char *carrier_name(uint8_t carrier) {
	switch ((enum boot_carrier)carrier) {
	case BOOT_CARRIER_TFTP:
		return "TFTP";
	case BOOT_CARRIER_HTTP:
		return "HTTP";
	case BOOT_CARRIER_HTTPS:
		return "HTTPS";
	case BOOT_CARRIERS:
		break;
	}
	return "?";
}

static void say_got(struct page *page, const struct boot_phase *phase) {
	char bytes[HUMAN_SIZE], rate[HUMAN_SIZE];

	say(page, "got %s by %s, %s", phase->name, carrier_name(phase->carrier),
		human_memory(phase->bytes, bytes));
	say_after(page, " in", phase->duration_ms);
	if (phase->duration_ms)
		say(page, " (%s/s)", human_bytes(phase->bytes * 1000 / phase->duration_ms, rate));
	if (phase->retransmitted)
		say(page, ", %u block%s sent again", phase->retransmitted,
			phase->retransmitted == 1 ? "" : "s");
	say_times(page, phase);
}

static const char *why(uint8_t reason) {
	switch ((enum event_reason)reason) {
	case EVENT_REASON_PEER_ERROR:
		return "it sent an error";
	case EVENT_REASON_TIMEOUT:
		return "it stopped answering";
	case EVENT_REASON_IMAGE_GONE:
		return "the file was replaced";
	case EVENT_REASON_NOT_LOADED:
		return "the file cannot be had now, see rouse images";
	case EVENT_REASON_NETASCII:
		return "only mode octet is served";
	case EVENT_REASON_WRITE:
		return "writing is not allowed";
	case EVENT_REASON_BAD_NAME:
		return "no file can have this name";
	case EVENT_REASON_FULL:
		return "too many transfers ran";
	case EVENT_REASON_REPLACED:
		return "it asked again";
	case EVENT_REASON_TOO_LARGE:
		return "the file is larger than memory:";
	case EVENT_REASON_NONE:
		break;
	}
	return "for no reason that is known";
}

static void say_file(struct page *page, const struct boot_phase *phase) {
	char bytes[HUMAN_SIZE];

	switch ((enum boot_result)phase->result) {
	case BOOT_RESULT_OK:
		say_got(page, phase);
		return;
	case BOOT_RESULT_OPEN:
		say(page, "began to get %s by %s", phase->name, carrier_name(phase->carrier));
		return;
	case BOOT_RESULT_SIZE_ONLY:
		say(page, "asked for the size of %s", phase->name);
		break;
	case BOOT_RESULT_NOT_FOUND:
		say(page, "asked for %s, which is not in boot_root", phase->name);
		break;
	case BOOT_RESULT_REFUSED:
		say(page, "was refused %s: %s", phase->name, why(phase->reason));
		break;
	case BOOT_RESULT_FAILED:
		say(page, "did not get %s, after %s", phase->name,
			human_memory(phase->bytes, bytes));
		say_after(page, " and", phase->duration_ms);
		say(page, ": %s", why(phase->reason));
		break;
	case BOOT_RESULTS:
		break;
	}
	say_times(page, phase);
}

static void say_dhcp(struct page *page, const struct boot_phase *phase) {
	char ip[TEXT_IP_SIZE];

	text_ip(phase->address, ip);
	switch ((enum boot_phase_kind)phase->kind) {
	case BOOT_PHASE_OFFER:
		say(page, "was offered %s", ip);
		if (phase->name[0])
			say(page, ", boot file %s", phase->name);
		break;
	case BOOT_PHASE_ACK:
		say(page, "took %s", ip);
		break;
	case BOOT_PHASE_NAK:
		say(page, "was refused %s", ip);
		break;
	default:
		say(page, "was told to boot %s by ProxyDHCP",
			phase->name[0] ? phase->name : "from port 4011");
	}
	say_times(page, phase);
}

// Returns how many phases the line tells.
static uint32_t say_phase(
	struct page *page, const struct boot_phase *phase, const struct boot_phase *next) {
	char bytes[HUMAN_SIZE];

	say(page, "%7u.%02u s  ", phase->at_ms / 1000, phase->at_ms % 1000 / 10);
	switch ((enum boot_phase_kind)phase->kind) {
	case BOOT_PHASE_DISCOVER:
		return say_discover(page, phase, next) ? 2 : 1;
	case BOOT_PHASE_OFFER:
	case BOOT_PHASE_ACK:
	case BOOT_PHASE_NAK:
	case BOOT_PHASE_PROXY:
		say_dhcp(page, phase);
		return 1;
	case BOOT_PHASE_FILE:
		say_file(page, phase);
		return 1;
	case BOOT_PHASE_SCRIPT:
		say(page, "got its script %s by %s, %s", phase->name, carrier_name(phase->carrier),
			human_memory(phase->bytes, bytes));
		return 1;
	case BOOT_PHASE_CALLBACK:
		say(page, "reported: %s", phase->name);
		return 1;
	case BOOT_PHASE_ORDER:
		say(page, "its order is used up");
		return 1;
	case BOOT_PHASE_KINDS:
		break;
	}
	return 1;
}

static void say_rest(struct page *page, const struct boot *boot) {
	if (boot->phases_left_out)
		say(page, "              %u more before the last one\n", boot->phases_left_out);
	if (boot->resumed)
		say(page, "              rouse-control was restarted meanwhile, something may be "
			  "missing\n");
}

size_t boot_text(const struct boot *boot, const char *name, char out[BOOT_TEXT_SIZE]) {
	struct page page = {.out = out, .size = BOOT_TEXT_SIZE};
	uint32_t i = 0;

	out[0] = '\0';
	say_head(&page, boot, name);
	say(&page, "\n");
	while (i < boot->phase_count) {
		const struct boot_phase *next =
			i + 1 < boot->phase_count ? &boot->phases[i + 1] : NULL;

		i += say_phase(&page, &boot->phases[i], next);
		say(&page, "\n");
	}
	say_rest(&page, boot);
	return page.len;
}
