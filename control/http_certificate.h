// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The server's certificate and key, read from files that may be replaced at any time.

#pragma once

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdint.h>

#include "http_internal.h"

#define HTTP_CHAIN_MAX 8u

struct http_certificate {
	gnutls_pcert_st chain[HTTP_CHAIN_MAX];
	unsigned int count;
	gnutls_privkey_t key;
	int64_t expires_unix_s;
	uint64_t retired_ms; // when the next one took its place
	struct http_certificate *former;
};

// What new handshakes get, NULL for nothing; good for a minute after it was replaced. From any
// thread.
struct http_certificate *http_certificate_now(struct http_tls *tls);
