// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse cert show: what is in a file of certificates, in words and as JSON.

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cmd_cert.h"
#include "cli/output.h"
#include "human.h"
#include "text.h"

#define TEXT_SIZE 512
#define CHAIN_MAX 16
#define DAY_S     86400

static json_t *text_json(const char *text, size_t len) {
	char clean[4 * TEXT_SIZE];

	return json_string(text_clean(text, len, clean, sizeof(clean)));
}

static json_t *name_json(gnutls_x509_crt_t certificate,
	int (*get)(gnutls_x509_crt_t certificate, char *out, size_t *size)) {
	char text[TEXT_SIZE];
	size_t size = sizeof(text);

	return get(certificate, text, &size) < 0 ? json_string("") : text_json(text, strlen(text));
}

static json_t *alternative_json(int kind, const char *bytes, size_t len) {
	char address[INET6_ADDRSTRLEN];

	if (kind != GNUTLS_SAN_IPADDRESS)
		return text_json(bytes, len);
	if (!inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, address, sizeof(address)))
		return json_string("");
	return json_string(address);
}

// Addresses and names that it is for.
static json_t *alternatives_json(gnutls_x509_crt_t certificate) {
	json_t *list = json_array();

	for (unsigned int i = 0;; i++) {
		char bytes[TEXT_SIZE];
		size_t len = sizeof(bytes);
		int kind = gnutls_x509_crt_get_subject_alt_name(certificate, i, bytes, &len, NULL);

		if (kind < 0)
			return list;
		json_array_append_new(list, alternative_json(kind, bytes, len));
	}
}

static json_t *purposes_json(gnutls_x509_crt_t certificate) {
	json_t *list = json_array();

	for (unsigned int i = 0;; i++) {
		char oid[TEXT_SIZE];
		size_t len = sizeof(oid);

		if (gnutls_x509_crt_get_key_purpose_oid(certificate, i, oid, &len, NULL) < 0)
			return list;
		json_array_append_new(
			list, json_string(!strcmp(oid, GNUTLS_KP_TLS_WWW_SERVER)   ? "server"
					  : !strcmp(oid, GNUTLS_KP_TLS_WWW_CLIENT) ? "client"
					  : !strcmp(oid, GNUTLS_KP_CODE_SIGNING)   ? "code signing"
										   : oid));
	}
}

static json_t *fingerprint_json(gnutls_x509_crt_t certificate) {
	unsigned char hash[32];
	char hex[65] = "";
	size_t len = sizeof(hash);

	if (gnutls_x509_crt_get_fingerprint(certificate, GNUTLS_DIG_SHA256, hash, &len) == 0)
		for (size_t i = 0; i < len; i++)
			snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	return json_string(hex);
}

static json_t *certificate_json(gnutls_x509_crt_t certificate) {
	unsigned int bits = 0;
	int algorithm = gnutls_x509_crt_get_pk_algorithm(certificate, &bits);
	const char *key = gnutls_pk_get_name((gnutls_pk_algorithm_t)algorithm);

	return json_pack("{s:o, s:o, s:o, s:o, s:b, s:s, s:I, s:I, s:I, s:o}", "subject",
		name_json(certificate, gnutls_x509_crt_get_dn), "issuer",
		name_json(certificate, gnutls_x509_crt_get_issuer_dn), "for",
		alternatives_json(certificate), "purposes", purposes_json(certificate), "ca",
		gnutls_x509_crt_get_ca_status(certificate, NULL) > 0, "key", key ? key : "", "bits",
		(json_int_t)bits, "begins_unix_s",
		(json_int_t)gnutls_x509_crt_get_activation_time(certificate), "expires_unix_s",
		(json_int_t)gnutls_x509_crt_get_expiration_time(certificate), "sha256",
		fingerprint_json(certificate));
}

// "server, 10.77.0.1"
static void print_list(const char *label, const json_t *list) {
	json_t *item;
	size_t i;

	if (!json_array_size(list))
		return;
	printf("  %-9s", label);
	json_array_foreach(list, i, item) printf("%s%s", i ? ", " : "", json_string_value(item));
	putchar('\n');
}

static const char *state(int64_t begins, int64_t expires, char out[TEXT_SIZE]) {
	int64_t now = time(NULL);

	if (now < begins)
		return "not yet good";
	if (now > expires)
		return "EXPIRED";
	snprintf(out, TEXT_SIZE, "%lld days left", (long long)((expires - now) / DAY_S));
	return out;
}

static void print(const json_t *object) {
	const char *subject = "", *issuer = "", *key = "", *sha256 = "";
	json_int_t bits = 0, begins = 0, expires = 0;
	char from[HUMAN_SIZE], until[HUMAN_SIZE], left[TEXT_SIZE];
	int ca = 0;

	json_unpack((json_t *)object, "{s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:s}", "subject",
		&subject, "issuer", &issuer, "key", &key, "bits", &bits, "begins_unix_s", &begins,
		"expires_unix_s", &expires, "ca", &ca, "sha256", &sha256);
	printf("%s%s\n", subject, ca ? " (a CA)" : "");
	print_list("for", json_object_get(object, "for"));
	print_list("purpose", json_object_get(object, "purposes"));
	printf("  issuer   %s\n", strcmp(issuer, subject) != 0 ? issuer : "itself");
	printf("  key      %s, %lld bits\n", key, (long long)bits);
	printf("  good     %.10s to %.10s, %s\n", human_time(begins, from),
		human_time(expires, until), state(begins, expires, left));
	printf("  sha256   %s\n", sha256);
}

static json_t *read_file(const char *path) {
	gnutls_x509_crt_t list[CHAIN_MAX];
	unsigned int size = CHAIN_MAX;
	gnutls_datum_t data;
	json_t *chain;
	int count = gnutls_load_file(path, &data);

	if (count == 0) {
		count = gnutls_x509_crt_list_import(list, &size, &data, GNUTLS_X509_FMT_PEM, 0);
		gnutls_free(data.data);
	}
	if (count < 0) {
		cli_error("%s: %s", path,
			count == GNUTLS_E_FILE_ERROR ? strerror(errno) : gnutls_strerror(count));
		return NULL;
	}
	chain = json_array();
	for (int i = 0; i < count; i++) {
		json_array_append_new(chain, certificate_json(list[i]));
		gnutls_x509_crt_deinit(list[i]);
	}
	return chain;
}

int cmd_cert_show(const struct cli_args *args) {
	json_t *chain = read_file(args->operand[1]), *item;
	size_t i;

	if (!chain)
		return CLI_FAILED;
	if (cli_flag(args, "json")) {
		output_json(chain);
		return CLI_OK;
	}
	json_array_foreach(chain, i, item) print(item);
	json_decref(chain);
	return CLI_OK;
}
