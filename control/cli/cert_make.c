// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/cert_make.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CA_BITS     3072
#define OTHER_BITS  2048 // firmware is slow
#define SERIAL_SIZE 16
#define DAY_S       86400

static int bad(char why[CERT_WHY], const char *what, int error) {
	snprintf(why, CERT_WHY, "%s: %s", what,
		error == GNUTLS_E_FILE_ERROR ? strerror(errno) : gnutls_strerror(error));
	return -1;
}

// Adds what is in a list that is divided by commas, by one function for each.
static int for_each(gnutls_x509_crt_t certificate, const char *list,
	int (*add)(gnutls_x509_crt_t certificate, const char *item, char why[CERT_WHY]),
	char why[CERT_WHY]) {
	char item[256];

	while (list && *list) {
		size_t len = strcspn(list, ",");

		if (len == 0 || len >= sizeof(item)) {
			snprintf(why, CERT_WHY, "\"%.64s\" is no list divided by commas", list);
			return -1;
		}
		memcpy(item, list, len);
		item[len] = '\0';
		if (add(certificate, item, why) < 0)
			return -1;
		list += len + (list[len] == ',');
	}
	return 0;
}

static int add_address(gnutls_x509_crt_t certificate, const char *item, char why[CERT_WHY]) {
	unsigned char bytes[16];
	unsigned int len = inet_pton(AF_INET, item, bytes) == 1    ? 4
			   : inet_pton(AF_INET6, item, bytes) == 1 ? 16
								   : 0;
	int rc;

	if (!len) {
		snprintf(why, CERT_WHY, "\"%s\" is no address: write --address 10.77.0.1", item);
		return -1;
	}
	rc = gnutls_x509_crt_set_subject_alt_name(
		certificate, GNUTLS_SAN_IPADDRESS, bytes, len, GNUTLS_FSAN_APPEND);
	return rc < 0 ? bad(why, item, rc) : 0;
}

// Words of up to 63 characters with dots between; the first may be a * for all of them.
static bool is_name(const char *name) {
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	if (name[0] == '*' && name[1] == '.')
		name += 2;
	for (;;) {
		size_t len = strspn(name, letters);

		if (!len || len > 63 || (name[len] && name[len] != '.'))
			return false;
		if (!name[len])
			return true;
		name += len + 1;
	}
}

static int add_name(gnutls_x509_crt_t certificate, const char *item, char why[CERT_WHY]) {
	int rc;

	if (!is_name(item)) {
		snprintf(why, CERT_WHY, "\"%s\" is no name: write --name boot.example", item);
		return -1;
	}
	rc = gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, item,
		(unsigned int)strlen(item), GNUTLS_FSAN_APPEND);
	return rc < 0 ? bad(why, item, rc) : 0;
}

int cert_check_names(const char *addresses, const char *names, char why[CERT_WHY]) {
	gnutls_x509_crt_t scratch;
	int rc = gnutls_x509_crt_init(&scratch);

	if (rc < 0)
		return bad(why, "names cannot be checked", rc);
	rc = for_each(scratch, addresses, add_address, why);
	if (rc == 0)
		rc = for_each(scratch, names, add_name, why);
	gnutls_x509_crt_deinit(scratch);
	if (rc < 0 || (addresses && addresses[0]) || (names && names[0]))
		return rc;
	snprintf(why, CERT_WHY, "say what clients call the server: --address 10.77.0.1, or --name");
	return -1;
}

// What the certificate may be used for. Old iPXE has TLS encrypt to the key.
static int set_purpose(gnutls_x509_crt_t certificate, enum cert_kind kind) {
	static const unsigned int usages[] = {
		[CERT_CA] = GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN,
		[CERT_SERVER] = GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_ENCIPHERMENT,
		[CERT_CODESIGN] = GNUTLS_KEY_DIGITAL_SIGNATURE,
	};
	static const char *const purposes[] = {
		[CERT_SERVER] = GNUTLS_KP_TLS_WWW_SERVER,
		[CERT_CODESIGN] = GNUTLS_KP_CODE_SIGNING,
	};
	int rc = gnutls_x509_crt_set_key_usage(certificate, usages[kind]);

	if (rc == 0)
		rc = gnutls_x509_crt_set_basic_constraints(certificate, kind == CERT_CA, -1);
	if (rc == 0 && kind != CERT_CA)
		rc = gnutls_x509_crt_set_key_purpose_oid(certificate, purposes[kind], 0);
	return rc;
}

static int set_serial(gnutls_x509_crt_t certificate) {
	unsigned char serial[SERIAL_SIZE];
	int rc = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

	serial[0] = (serial[0] & 0x7f) | 0x40; // positive, and always of the same length
	return rc < 0 ? rc : gnutls_x509_crt_set_serial(certificate, serial, sizeof(serial));
}

// A machine's clock may be a little behind, so it begins a day ago.
static int set_times(gnutls_x509_crt_t certificate, uint32_t days) {
	time_t now = time(NULL);
	int rc = gnutls_x509_crt_set_activation_time(certificate, now - DAY_S);

	return rc < 0 ? rc
		      : gnutls_x509_crt_set_expiration_time(
				certificate, now + (time_t)days * DAY_S);
}

static int set_ids(const struct cert_pair *pair, const struct cert_pair *ca) {
	unsigned char id[64];
	size_t len = sizeof(id);
	int rc = gnutls_x509_crt_get_key_id(pair->certificate, 0, id, &len);

	if (rc == 0)
		rc = gnutls_x509_crt_set_subject_key_id(pair->certificate, id, len);
	len = sizeof(id);
	if (rc == 0)
		rc = gnutls_x509_crt_get_key_id(ca->certificate, 0, id, &len);
	return rc < 0 ? rc : gnutls_x509_crt_set_authority_key_id(pair->certificate, id, len);
}

static int fill(const struct cert_request *request, const struct cert_pair *pair) {
	int rc = gnutls_x509_crt_set_version(pair->certificate, 3);

	if (rc == 0)
		rc = gnutls_x509_crt_set_key(pair->certificate, pair->key);
	if (rc == 0)
		rc = set_serial(pair->certificate);
	if (rc == 0)
		rc = set_times(pair->certificate, request->days);
	if (rc == 0)
		rc = gnutls_x509_crt_set_dn_by_oid(pair->certificate, GNUTLS_OID_X520_COMMON_NAME,
			0, request->common_name, (unsigned int)strlen(request->common_name));
	return rc < 0 ? rc : set_purpose(pair->certificate, request->kind);
}

static int make_key(enum cert_kind kind, struct cert_pair *pair) {
	int rc = gnutls_x509_privkey_init(&pair->key);

	if (rc == 0)
		rc = gnutls_x509_privkey_generate(
			pair->key, GNUTLS_PK_RSA, kind == CERT_CA ? CA_BITS : OTHER_BITS, 0);
	return rc < 0 ? rc : gnutls_x509_crt_init(&pair->certificate);
}

int cert_make(const struct cert_request *request, struct cert_pair *pair, char why[CERT_WHY]) {
	const struct cert_pair *ca = request->ca ? request->ca : pair;
	int rc;

	*pair = (struct cert_pair){0};
	rc = make_key(request->kind, pair);
	if (rc == 0)
		rc = fill(request, pair);
	if (rc < 0) {
		cert_free(pair);
		return bad(why, "the certificate cannot be made", rc);
	}
	if (for_each(pair->certificate, request->addresses, add_address, why) < 0 ||
		for_each(pair->certificate, request->names, add_name, why) < 0) {
		cert_free(pair);
		return -1;
	}
	rc = set_ids(pair, ca);
	if (rc == 0)
		rc = gnutls_x509_crt_sign2(
			pair->certificate, ca->certificate, ca->key, GNUTLS_DIG_SHA256, 0);
	if (rc == 0)
		return 0;
	cert_free(pair);
	return bad(why, "the certificate cannot be signed", rc);
}

static int read_certificate(const char *path, struct cert_pair *pair, char why[CERT_WHY]) {
	gnutls_datum_t data;
	int rc = gnutls_load_file(path, &data);

	if (rc < 0)
		return bad(why, path, rc);
	rc = gnutls_x509_crt_init(&pair->certificate);
	if (rc == 0)
		rc = gnutls_x509_crt_import(pair->certificate, &data, GNUTLS_X509_FMT_PEM);
	gnutls_free(data.data);
	return rc < 0 ? bad(why, path, rc) : 0;
}

static int read_key(const char *path, struct cert_pair *pair, char why[CERT_WHY]) {
	gnutls_datum_t data;
	int rc = gnutls_load_file(path, &data);

	if (rc < 0)
		return bad(why, path, rc);
	rc = gnutls_x509_privkey_init(&pair->key);
	if (rc == 0)
		rc = gnutls_x509_privkey_import2(pair->key, &data, GNUTLS_X509_FMT_PEM, NULL, 0);
	gnutls_memset(data.data, 0, data.size);
	gnutls_free(data.data);
	return rc < 0 ? bad(why, path, rc) : 0;
}

static bool fit(const struct cert_pair *pair) {
	unsigned char a[64], b[64];
	size_t a_len = sizeof(a), b_len = sizeof(b);

	return gnutls_x509_crt_get_key_id(pair->certificate, 0, a, &a_len) == 0 &&
	       gnutls_x509_privkey_get_key_id(pair->key, 0, b, &b_len) == 0 && a_len == b_len &&
	       !memcmp(a, b, a_len);
}

int cert_read(
	const char *certificate, const char *key, struct cert_pair *pair, char why[CERT_WHY]) {
	*pair = (struct cert_pair){0};
	if (read_certificate(certificate, pair, why) == 0 && read_key(key, pair, why) == 0) {
		if (fit(pair))
			return 0;
		snprintf(why, CERT_WHY, "%s is not the key of %s", key, certificate);
	}
	cert_free(pair);
	return -1;
}

void cert_free(struct cert_pair *pair) {
	if (pair->certificate)
		gnutls_x509_crt_deinit(pair->certificate);
	if (pair->key)
		gnutls_x509_privkey_deinit(pair->key);
	*pair = (struct cert_pair){0};
}

int cert_pem(const struct cert_pair *pair, gnutls_datum_t *certificate, gnutls_datum_t *key,
	char why[CERT_WHY]) {
	int rc = gnutls_x509_crt_export2(pair->certificate, GNUTLS_X509_FMT_PEM, certificate);

	if (rc < 0)
		return bad(why, "the certificate cannot be written", rc);
	rc = gnutls_x509_privkey_export2_pkcs8(
		pair->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, key);
	if (rc == 0)
		return 0;
	gnutls_free(certificate->data);
	return bad(why, "the key cannot be written", rc);
}
