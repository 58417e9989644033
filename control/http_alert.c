// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "http_alert.h"

#define TYPE_CCS       20
#define TYPE_ALERT     21
#define TYPE_HEARTBEAT 24
#define LEVEL_FATAL    2
#define RECORD_MAX     (16384u + 2048u)

static uint32_t record_len(const uint8_t header[5]) {
	return (uint32_t)header[3] << 8 | header[4];
}

static bool is_header(const uint8_t header[5]) {
	return header[0] >= TYPE_CCS && header[0] <= TYPE_HEARTBEAT && header[1] == 3 &&
	       record_len(header) <= RECORD_MAX;
}

static void begin_record(struct http_alert *alert) {
	alert->rest = record_len(alert->header);
	alert->body_len = 0;
	alert->broken = !is_header(alert->header);
	if (!alert->rest)
		alert->header_len = 0;
}

// An encrypted alert is longer than two bytes.
static void end_record(struct http_alert *alert) {
	if (alert->header[0] == TYPE_ALERT && record_len(alert->header) == 2 &&
		alert->body[0] == LEVEL_FATAL && !alert->seen) {
		alert->seen = true;
		alert->description = alert->body[1];
	}
	alert->header_len = 0;
}

static void feed_byte(struct http_alert *alert, uint8_t byte) {
	if (alert->header_len < sizeof(alert->header)) {
		alert->header[alert->header_len++] = byte;
		if (alert->header_len == sizeof(alert->header))
			begin_record(alert);
		return;
	}
	if (alert->body_len < sizeof(alert->body))
		alert->body[alert->body_len++] = byte;
	if (!--alert->rest)
		end_record(alert);
}

void http_alert_feed(struct http_alert *alert, const void *data, size_t len) {
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len && !alert->broken; i++)
		feed_byte(alert, bytes[i]);
}
