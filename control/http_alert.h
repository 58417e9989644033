// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Finds an alert that a client of TLS sends in the clear (RFC 8446 section 5.1). A client that
// refuses the certificate of TLS 1.3 often has no key yet to encrypt its alert with, and GnuTLS
// then tells no more than that the packet was unexpected. Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_alert {
	uint8_t header[5]; // of the record that is being read
	uint8_t header_len;
	uint32_t rest; // bytes of the record that are still to come
	uint8_t body[2];
	uint8_t body_len;
	bool broken;         // this is no stream of records
	bool seen;           // an alert of level fatal
	uint8_t description; // of it
};

// Takes the next bytes of the stream, however they are cut.
void http_alert_feed(struct http_alert *alert, const void *data, size_t len);
