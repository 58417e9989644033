// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Makes certificates that iPXE, OVMF and curl take: RSA, SHA-256, version 3.

#pragma once

#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdint.h>

#define CERT_WHY  320
#define CERT_DAYS 825 // of what is not a CA

enum cert_kind {
	CERT_CA,
	CERT_SERVER,
	CERT_CODESIGN,
};

struct cert_pair {
	gnutls_x509_crt_t certificate;
	gnutls_x509_privkey_t key;
};

struct cert_request {
	enum cert_kind kind;
	const char *common_name;
	uint32_t days;
	// The server's, divided by commas; NULL: none.
	const char *addresses;
	const char *names;
	const struct cert_pair *ca; // NULL: signs itself
};

// Whether a server can be called so: lists divided by commas, each may be NULL, but one must have
// something. 0, or -1 with a sentence.
int cert_check_names(const char *addresses, const char *names, char why[CERT_WHY]);

// Makes a key and a certificate. 0, or -1 with a sentence; pair is empty then.
int cert_make(const struct cert_request *request, struct cert_pair *pair, char why[CERT_WHY]);

// Reads both from files. 0, or -1 with a sentence.
int cert_read(const char *certificate, const char *key, struct cert_pair *pair, char why[CERT_WHY]);

void cert_free(struct cert_pair *pair);

// In PEM, from gnutls_malloc. 0, or -1 with a sentence.
int cert_pem(const struct cert_pair *pair, gnutls_datum_t *certificate, gnutls_datum_t *key,
	char why[CERT_WHY]);
