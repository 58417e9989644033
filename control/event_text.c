// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "event_text.h"

#include <stdio.h>
#include <string.h>

#include "human.h"
#include "text.h"

#define CLEAN_SIZE (4 * EVENT_TEXT_MAX + 1)
#define WHO_SIZE   128

struct said {
	const struct event_record *event;
	char ip[TEXT_IP_SIZE];
	char mac[TEXT_MAC_SIZE];
	char machine[WHO_SIZE]; // "52:54:00:00:01:01, n001"
	char text[CLEAN_SIZE];  // what the client sent
	const char *file;
};

static bool has_mac(const struct event_record *event) {
	static const uint8_t none[6];

	return memcmp(event->mac, none, sizeof(none)) != 0;
}

static void prepare(
	struct said *said, const struct event_record *event, const char *host, const char *file) {
	size_t len = event->text_len < EVENT_TEXT_MAX ? event->text_len : EVENT_TEXT_MAX;

	said->event = event;
	text_ip(event->address, said->ip);
	text_mac(event->mac, said->mac);
	snprintf(said->machine, sizeof(said->machine), "%s%s%s",
		has_mac(event) ? said->mac : "no MAC address", host ? ", " : "", host ? host : "");
	text_clean(event->text, len, said->text, sizeof(said->text));
	said->file = file ? file : said->text[0] ? said->text : "a file";
}

static void say_dhcp(const struct said *said, char *out) {
	const struct event_record *event = said->event;
	const char *text = said->text;
	char time[HUMAN_SIZE];

	switch ((enum event_kind)event->kind) {
	case EVENT_DHCP_OFFER:
		snprintf(out, EVENT_SENTENCE_SIZE, "dhcp: offered %s to %s%s%s", said->ip,
			said->machine, text[0] ? ", boot file " : "", text);
		break;
	case EVENT_DHCP_ACK:
		if (event->value)
			snprintf(out, EVENT_SENTENCE_SIZE, "dhcp: leased %s to %s for %s%s%s",
				said->ip, said->machine, human_duration(event->value, time),
				text[0] ? "; it calls itself " : "", text);
		else
			snprintf(out, EVENT_SENTENCE_SIZE, "dhcp: told %s (%s) its options",
				said->ip, said->machine);
		break;
	case EVENT_DHCP_PROXY:
		snprintf(out, EVENT_SENTENCE_SIZE,
			event->value ? "dhcp: told %s to ask port 4011 for its boot file%s"
				     : "dhcp: told %s to boot %s",
			said->machine, text);
		break;
	case EVENT_DHCP_NAK:
		snprintf(out, EVENT_SENTENCE_SIZE, "dhcp: refused %s to %s", said->ip,
			said->machine);
		break;
	case EVENT_DHCP_RELEASE:
		snprintf(
			out, EVENT_SENTENCE_SIZE, "dhcp: %s gave %s back", said->machine, said->ip);
		break;
	case EVENT_DHCP_DECLINE:
		snprintf(out, EVENT_SENTENCE_SIZE,
			"dhcp: %s declined %s: another machine uses that address", said->machine,
			said->ip);
		break;
	default:
		snprintf(out, EVENT_SENTENCE_SIZE,
			"dhcp: no free address in the subnet %s for %s: add to its pools, or wait, "
			"if they are still being probed",
			said->ip, said->machine);
	}
}

static const char *reason_text(uint16_t reason) {
	switch ((enum event_reason)reason) {
	case EVENT_REASON_NONE:
		return "no reason";
	case EVENT_REASON_PEER_ERROR:
		return "the client sent ERROR";
	case EVENT_REASON_TIMEOUT:
		return "the client does not answer";
	case EVENT_REASON_IMAGE_GONE:
		return "the file was replaced";
	case EVENT_REASON_NOT_LOADED:
		return "the file cannot be had now, see rouse images";
	case EVENT_REASON_TOO_LARGE:
		return "the file is larger than memory:";
	case EVENT_REASON_NETASCII:
		return "only mode octet is served";
	case EVENT_REASON_WRITE:
		return "writing is not allowed";
	case EVENT_REASON_BAD_NAME:
		return "no file can have this name";
	case EVENT_REASON_FULL:
		return "too many transfers";
	case EVENT_REASON_REPLACED:
		return "the client asked again";
	}
	return "unknown reason";
}

static void say_done(const struct said *said, char *out) {
	const struct event_record *event = said->event;
	char bytes[HUMAN_SIZE], time[HUMAN_SIZE], again[48] = "";

	if (event->retransmitted)
		snprintf(again, sizeof(again), ", %u block%s sent again", event->retransmitted,
			event->retransmitted == 1 ? "" : "s");
	snprintf(out, EVENT_SENTENCE_SIZE, "tftp: %s (%s) got %s, %s in %s%s%s", said->ip,
		said->machine, said->file, human_bytes(event->bytes, bytes),
		human_ms(event->duration_ms, time), again,
		event->reason == EVENT_REASON_TIMEOUT ? ", without the last ACK" : "");
}

static void say_tftp(const struct said *said, char *out) {
	const struct event_record *event = said->event;
	char bytes[HUMAN_SIZE];

	switch ((enum event_kind)event->kind) {
	case EVENT_TFTP_DONE:
		say_done(said, out);
		break;
	case EVENT_TFTP_PROBE:
		snprintf(out, EVENT_SENTENCE_SIZE, "tftp: %s (%s) asked for the size of %s",
			said->ip, said->machine, said->file);
		break;
	case EVENT_TFTP_FAILED:
		snprintf(out, EVENT_SENTENCE_SIZE, "tftp: %s (%s) did not get %s, after %s: %s",
			said->ip, said->machine, said->file, human_bytes(event->bytes, bytes),
			reason_text(event->reason));
		break;
	case EVENT_TFTP_NOT_FOUND:
		snprintf(out, EVENT_SENTENCE_SIZE, "tftp: %s (%s) asked for %s: %s", said->ip,
			said->machine, said->file,
			event->reason == EVENT_REASON_BAD_NAME
				? "several files differ from it only in case"
				: "there is no such file");
		break;
	default:
		snprintf(out, EVENT_SENTENCE_SIZE, "tftp: refused %s to %s (%s): %s", said->file,
			said->ip, said->machine, reason_text(event->reason));
	}
}

bool event_text(const struct event_record *event, const char *host, const char *file,
	char out[EVENT_SENTENCE_SIZE]) {
	struct said said;

	prepare(&said, event, host, file);
	switch ((enum event_kind)event->kind) {
	case EVENT_DHCP_OFFER:
	case EVENT_DHCP_ACK:
	case EVENT_DHCP_NAK:
	case EVENT_DHCP_RELEASE:
	case EVENT_DHCP_DECLINE:
	case EVENT_POOL_EXHAUSTED:
	case EVENT_DHCP_PROXY:
		say_dhcp(&said, out);
		return true;
	case EVENT_TFTP_DONE:
	case EVENT_TFTP_PROBE:
	case EVENT_TFTP_FAILED:
	case EVENT_TFTP_NOT_FOUND:
	case EVENT_TFTP_REFUSED:
		say_tftp(&said, out);
		return true;
	case EVENT_JOURNAL_DEGRADED:
		snprintf(out, EVENT_SENTENCE_SIZE, "the lease journal cannot be written: %s",
			strerror((int)event->value));
		return true;
	case EVENT_JOURNAL_OK:
		snprintf(out, EVENT_SENTENCE_SIZE, "the lease journal is written again");
		return true;
	case EVENT_ORDER_USED:
		snprintf(out, EVENT_SENTENCE_SIZE,
			"order %llu: %s (%s) has got all of it, and boots as before next time",
			(unsigned long long)event->value, said.ip, said.machine);
		return true;
	case EVENT_TFTP_OPEN:      // its end is told
	case EVENT_POLICY_ADOPTED: // rouse status tells
	case EVENT_DHCP_MACHINE:   // what it was told is told
	case EVENT_DHCP_RELAYED:
		return false;
	}
	return false; // of a newer dataplane
}

bool event_is_trouble(const struct event_record *event) {
	switch ((enum event_kind)event->kind) {
	case EVENT_DHCP_NAK:
	case EVENT_DHCP_DECLINE:
	case EVENT_POOL_EXHAUSTED:
	case EVENT_TFTP_FAILED:
	case EVENT_JOURNAL_DEGRADED:
		return true;
	case EVENT_DHCP_OFFER:
	case EVENT_DHCP_ACK:
	case EVENT_DHCP_RELEASE:
	case EVENT_TFTP_OPEN:
	case EVENT_TFTP_DONE:
	case EVENT_TFTP_PROBE:
	case EVENT_TFTP_NOT_FOUND:
	case EVENT_TFTP_REFUSED:
	case EVENT_JOURNAL_OK:
	case EVENT_POLICY_ADOPTED:
	case EVENT_DHCP_PROXY:
	case EVENT_ORDER_USED:
	case EVENT_DHCP_MACHINE:
	case EVENT_DHCP_RELAYED:
		return false;
	}
	return false;
}
