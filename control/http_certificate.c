// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "http_certificate.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "control_log.h"
#include "human.h"

#define WHY_SIZE 320

// A handshake that began with a certificate has ended by then.
#define KEEP_MS (2 * (uint64_t)HTTP_REQUEST_MS)
#define SOON_S  (14 * 86400)
#define DEEP    3 // tries of files that do not change: a key may be written after its certificate

struct http_certificate *http_certificate_now(struct http_tls *tls) {
	struct http_certificate *certificate;

	pthread_mutex_lock(&tls->lock);
	certificate = tls->current;
	pthread_mutex_unlock(&tls->lock);
	return certificate;
}

bool http_tls_ready(struct http_server *server) {
	return http_certificate_now(&server->tls) != NULL;
}

// --- reading

static int bad(char why[WHY_SIZE], const char *path, int error) {
	snprintf(why, WHY_SIZE, "%s: %s", path,
		error == GNUTLS_E_FILE_ERROR ? strerror(errno) : gnutls_strerror(error));
	return error;
}

static int load(const char *path, gnutls_datum_t *data, char why[WHY_SIZE]) {
	int rc = gnutls_load_file(path, data);

	return rc < 0 ? bad(why, path, rc) : 0;
}

static int read_chain(struct http_certificate *certificate, const char *path, char why[WHY_SIZE]) {
	gnutls_x509_crt_t list[HTTP_CHAIN_MAX];
	gnutls_datum_t data;
	unsigned int count = HTTP_CHAIN_MAX;
	int rc = load(path, &data, why);

	if (rc < 0)
		return rc;
	rc = gnutls_x509_crt_list_import(list, &count, &data, GNUTLS_X509_FMT_PEM,
		GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
	gnutls_free(data.data);
	if (rc < 0)
		return bad(why, path, rc);
	count = (unsigned int)rc;
	certificate->expires_unix_s = gnutls_x509_crt_get_expiration_time(list[0]);
	certificate->count = count;
	rc = gnutls_pcert_import_x509_list(
		certificate->chain, list, &certificate->count, GNUTLS_X509_CRT_LIST_SORT);
	for (unsigned int i = 0; i < count; i++)
		gnutls_x509_crt_deinit(list[i]);
	if (rc < 0)
		certificate->count = 0;
	return rc < 0 ? bad(why, path, rc) : 0;
}

static int read_key(struct http_certificate *certificate, const char *path, char why[WHY_SIZE]) {
	gnutls_datum_t data;
	int rc = load(path, &data, why);

	if (rc < 0)
		return rc;
	rc = gnutls_privkey_init(&certificate->key);
	if (rc == 0)
		rc = gnutls_privkey_import_x509_raw(
			certificate->key, &data, GNUTLS_X509_FMT_PEM, NULL, 0);
	gnutls_memset(data.data, 0, data.size);
	gnutls_free(data.data);
	return rc < 0 ? bad(why, path, rc) : 0;
}

static bool same_id(gnutls_pubkey_t a, gnutls_pubkey_t b) {
	unsigned char x[32], y[32];
	size_t x_len = sizeof(x), y_len = sizeof(y);

	return gnutls_pubkey_get_key_id(a, GNUTLS_KEYID_USE_SHA256, x, &x_len) == 0 &&
	       gnutls_pubkey_get_key_id(b, GNUTLS_KEYID_USE_SHA256, y, &y_len) == 0 &&
	       x_len == y_len && !memcmp(x, y, x_len);
}

// Whether the key is that of the certificate.
static int match(const struct http_certificate *certificate, const struct http_tls *tls,
	char why[WHY_SIZE]) {
	gnutls_pubkey_t key;
	bool same = false;

	if (gnutls_pubkey_init(&key) < 0)
		return GNUTLS_E_MEMORY_ERROR;
	if (gnutls_pubkey_import_privkey(key, certificate->key, 0, 0) == 0)
		same = same_id(key, certificate->chain[0].pubkey);
	gnutls_pubkey_deinit(key);
	if (!same)
		snprintf(why, WHY_SIZE, "%s is not the key of %s", tls->key_path,
			tls->certificate_path);
	return same ? 0 : GNUTLS_E_CERTIFICATE_KEY_MISMATCH;
}

static void free_certificate(struct http_certificate *certificate) {
	if (!certificate)
		return;
	for (unsigned int i = 0; i < certificate->count; i++)
		gnutls_pcert_deinit(&certificate->chain[i]);
	if (certificate->key)
		gnutls_privkey_deinit(certificate->key);
	free(certificate);
}

// NULL with a reason.
static struct http_certificate *read_both(const struct http_tls *tls, char why[WHY_SIZE]) {
	struct http_certificate *certificate = mem_alloc(sizeof(*certificate));
	int rc = read_chain(certificate, tls->certificate_path, why);

	if (rc == 0)
		rc = read_key(certificate, tls->key_path, why);
	if (rc == 0)
		rc = match(certificate, tls, why);
	if (rc == 0)
		return certificate;
	free_certificate(certificate);
	return NULL;
}

// --- taking

static void tell_taken(const struct http_tls *tls, const struct http_certificate *certificate) {
	int64_t left_s = certificate->expires_unix_s - time(NULL);
	char until[HUMAN_SIZE];
	struct stat st;

	human_time(certificate->expires_unix_s, until);
	if (left_s < 0)
		control_log(CONTROL_ERROR, "tls: %s has expired at %s: clients refuse it",
			tls->certificate_path, until);
	else
		control_log(left_s < SOON_S ? CONTROL_WARNING : CONTROL_NOTICE,
			"tls: %s is used, it expires at %s", tls->certificate_path, until);
	if (stat(tls->key_path, &st) == 0 && (st.st_mode & 07))
		control_log(CONTROL_WARNING, "tls: everybody can read %s: chmod 600 %s",
			tls->key_path, tls->key_path);
}

// What is still good is not given up for what is not.
static bool is_worse(const struct http_certificate *former, const struct http_certificate *next) {
	int64_t now = time(NULL);

	return former && former->expires_unix_s > now && next->expires_unix_s <= now;
}

static void take(struct http_tls *tls, struct http_certificate *next) {
	pthread_mutex_lock(&tls->lock);
	next->former = tls->current;
	if (next->former)
		next->former->retired_ms = http_now_ms();
	tls->current = next;
	pthread_mutex_unlock(&tls->lock);
	tell_taken(tls, next);
}

static void refuse(struct http_tls *tls, const char *why, bool tell) {
	snprintf(tls->refusal, sizeof(tls->refusal), "the certificate is not taken: %s; %s", why,
		tls->current ? "the former one stays in use"
			     : "nothing listens by HTTPS until it is right, rouse cert makes one");
	if (tell)
		control_log(CONTROL_ERROR, "tls: %s", tls->refusal);
}

static void try_files(struct http_tls *tls, bool tell) {
	char why[WHY_SIZE] = "no memory";
	struct http_certificate *next = read_both(tls, why);

	if (next && is_worse(tls->current, next)) {
		snprintf(why, sizeof(why), "%s has expired", tls->certificate_path);
		free_certificate(next);
		next = NULL;
	}
	if (!next) {
		refuse(tls, why, tell);
		return;
	}
	tls->tries = DEEP;
	tls->refusal[0] = '\0';
	take(tls, next);
}

static struct http_version version_of(const char *path) {
	struct stat st;

	if (stat(path, &st) < 0)
		return (struct http_version){0};
	return (struct http_version){st.st_ino,
		(int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec, (uint64_t)st.st_size};
}

static bool have_changed(struct http_tls *tls) {
	const struct http_version now[2] = {
		version_of(tls->certificate_path), version_of(tls->key_path)};

	if (!memcmp(now, tls->seen, sizeof(now)))
		return false;
	memcpy(tls->seen, now, sizeof(now));
	return true;
}

static void free_old(struct http_tls *tls, uint64_t now_ms) {
	struct http_certificate **at = &tls->current;

	pthread_mutex_lock(&tls->lock);
	while (*at) {
		struct http_certificate *certificate = *at;

		if (!certificate->retired_ms || now_ms < certificate->retired_ms + KEEP_MS) {
			at = &certificate->former;
			continue;
		}
		*at = certificate->former;
		free_certificate(certificate);
	}
	pthread_mutex_unlock(&tls->lock);
}

// Files are replaced one after the other, so what does not fit is tried again before it is told.
void http_tls_check(struct http_server *server) {
	struct http_tls *tls = &server->tls;

	pthread_mutex_lock(&tls->files);
	free_old(tls, http_now_ms());
	if (tls->certificate_path) {
		if (have_changed(tls))
			tls->tries = 0;
		if (tls->tries < DEEP)
			try_files(tls, ++tls->tries == DEEP);
	}
	pthread_mutex_unlock(&tls->files);
}

static void set_path(char **path, const char *text) {
	free(*path);
	*path = text ? mem_text(text) : NULL;
}

void http_tls_configure(struct http_server *server, const struct config *config) {
	struct http_tls *tls = &server->tls;
	bool wanted = config->http.given && config->tls.given;

	pthread_mutex_lock(&tls->files);
	set_path(&tls->certificate_path, wanted ? config->tls.certificate : NULL);
	set_path(&tls->key_path, wanted ? config->tls.key : NULL);
	if (!wanted)
		tls->refusal[0] = '\0';
	if (wanted && (have_changed(tls) || !tls->current || tls->refusal[0])) {
		tls->tries = DEEP;
		try_files(tls, true);
	}
	pthread_mutex_unlock(&tls->files);
}

bool http_tls_refusal(struct http_server *server, char text[HTTP_REFUSAL_SIZE]) {
	struct http_tls *tls = &server->tls;

	pthread_mutex_lock(&tls->files);
	snprintf(text, HTTP_REFUSAL_SIZE, "%s", tls->refusal);
	pthread_mutex_unlock(&tls->files);
	return text[0] != '\0';
}

void http_tls_free(struct http_server *server) {
	struct http_tls *tls = &server->tls;

	while (tls->current) {
		struct http_certificate *former = tls->current->former;

		free_certificate(tls->current);
		tls->current = former;
	}
	set_path(&tls->certificate_path, NULL);
	set_path(&tls->key_path, NULL);
}
