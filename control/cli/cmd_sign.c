// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse sign: detached signatures that iPXE's imgverify takes. It wants a CMS message in DER with
// the signer's certificates, and a signature over the file's own bytes: no signed attributes.

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/pkcs7.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/new_file.h"
#include "cli/output.h"

#define DEFAULT_CERTIFICATE "/etc/rouse/tls/codesign.crt"
#define DEFAULT_KEY         "/etc/rouse/tls/codesign.key"
#define CHAIN_MAX           8

struct signer {
	gnutls_x509_crt_t chain[CHAIN_MAX];
	unsigned int count;
	gnutls_privkey_t key;
};

static bool bad(const char *path, int error) {
	cli_error("%s: %s", path,
		error == GNUTLS_E_FILE_ERROR ? strerror(errno) : gnutls_strerror(error));
	return false;
}

static bool read_chain(struct signer *signer, const char *path) {
	gnutls_datum_t data;
	unsigned int size = CHAIN_MAX;
	int rc = gnutls_load_file(path, &data);

	if (rc == GNUTLS_E_FILE_ERROR && errno == ENOENT) {
		cli_error("%s: there is no such file; rouse cert codesign makes it, and "
			  "--certificate names another",
			path);
		return false;
	}
	if (rc < 0)
		return bad(path, rc);
	rc = gnutls_x509_crt_list_import(signer->chain, &size, &data, GNUTLS_X509_FMT_PEM,
		GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
	gnutls_free(data.data);
	if (rc < 0)
		return bad(path, rc);
	signer->count = (unsigned int)rc;
	return true;
}

static bool read_key(struct signer *signer, const char *path) {
	gnutls_datum_t data;
	int rc = gnutls_load_file(path, &data);

	if (rc < 0)
		return bad(path, rc);
	rc = gnutls_privkey_init(&signer->key);
	if (rc == 0)
		rc = gnutls_privkey_import_x509_raw(
			signer->key, &data, GNUTLS_X509_FMT_PEM, NULL, 0);
	gnutls_memset(data.data, 0, data.size);
	gnutls_free(data.data);
	return rc < 0 ? bad(path, rc) : true;
}

// What imgverify asks of the first certificate.
static bool may_sign(const struct signer *signer, const char *path) {
	for (unsigned int i = 0;; i++) {
		char oid[128];
		size_t len = sizeof(oid);

		if (gnutls_x509_crt_get_key_purpose_oid(signer->chain[0], i, oid, &len, NULL) < 0)
			break;
		if (!strcmp(oid, GNUTLS_KP_CODE_SIGNING))
			return true;
	}
	cli_error("%s is not for code signing, and iPXE would refuse it: rouse cert codesign makes "
		  "one that is",
		path);
	return false;
}

static bool fits(const struct signer *signer, const char *certificate, const char *key) {
	gnutls_pubkey_t own = NULL, named = NULL;
	unsigned char a[64], b[64];
	size_t a_len = sizeof(a), b_len = sizeof(b);
	bool same = gnutls_pubkey_init(&own) == 0 && gnutls_pubkey_init(&named) == 0 &&
		    gnutls_pubkey_import_privkey(own, signer->key, 0, 0) == 0 &&
		    gnutls_pubkey_import_x509(named, signer->chain[0], 0) == 0 &&
		    gnutls_pubkey_get_key_id(own, 0, a, &a_len) == 0 &&
		    gnutls_pubkey_get_key_id(named, 0, b, &b_len) == 0 && a_len == b_len &&
		    !memcmp(a, b, a_len);

	if (own)
		gnutls_pubkey_deinit(own);
	if (named)
		gnutls_pubkey_deinit(named);
	if (!same)
		cli_error("%s is not the key of %s", key, certificate);
	return same;
}

static void free_signer(struct signer *signer) {
	for (unsigned int i = 0; i < signer->count; i++)
		gnutls_x509_crt_deinit(signer->chain[i]);
	if (signer->key)
		gnutls_privkey_deinit(signer->key);
}

static int make_message(
	const struct signer *signer, const gnutls_datum_t *content, gnutls_datum_t *message) {
	gnutls_pkcs7_t pkcs7;
	int rc = gnutls_pkcs7_init(&pkcs7);

	if (rc < 0)
		return rc;
	rc = gnutls_pkcs7_sign(pkcs7, signer->chain[0], signer->key, content, NULL, NULL,
		GNUTLS_DIG_SHA256, GNUTLS_PKCS7_INCLUDE_CERT);
	for (unsigned int i = 1; rc == 0 && i < signer->count; i++)
		rc = gnutls_pkcs7_set_crt(pkcs7, signer->chain[i]);
	if (rc == 0)
		rc = gnutls_pkcs7_export2(pkcs7, GNUTLS_X509_FMT_DER, message);
	gnutls_pkcs7_deinit(pkcs7);
	return rc;
}

// Maps a file. GnuTLS counts bytes in 32 bits, and has nothing for an empty file.
static bool map_file(const char *path, gnutls_datum_t *content) {
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st) < 0) {
		cli_error("%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (!S_ISREG(st.st_mode) || st.st_size < 1 || st.st_size > UINT_MAX) {
		close(fd);
		cli_error("%s: only files of 1 byte to 4 GiB can be signed", path);
		return false;
	}
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED) {
		cli_error("%s: %s", path, strerror(errno));
		return false;
	}
	*content = (gnutls_datum_t){data, (unsigned int)st.st_size};
	return true;
}

static bool write_message(
	const char *file, const char *directory, const gnutls_datum_t *message, json_t *list) {
	const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
	char path[PATH_MAX];
	int rc;

	if (directory)
		snprintf(path, sizeof(path), "%s/%s.sig", directory, base);
	else
		snprintf(path, sizeof(path), "%s.sig", file);
	rc = new_file_write(path, message->data, message->size, 0644, true);
	if (rc < 0)
		cli_error("%s: %s", path, strerror(-rc));
	else
		json_array_append_new(
			list, json_pack("{s:s, s:s}", "file", file, "signature", path));
	return rc == 0;
}

static bool sign_file(
	const struct signer *signer, const char *file, const char *directory, json_t *list) {
	gnutls_datum_t content, message;
	bool done = false;
	int rc;

	if (!map_file(file, &content))
		return false;
	rc = make_message(signer, &content, &message);
	munmap(content.data, content.size);
	if (rc < 0)
		return bad(file, rc);
	done = write_message(file, directory, &message, list);
	gnutls_free(message.data);
	return done;
}

static void print(const json_t *list) {
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		printf("%s\n", json_string_value(json_object_get(item, "signature")));
}

static int run(const struct cli_args *args) {
	const char *certificate = cli_value(args, "certificate"), *key = cli_value(args, "key");
	struct signer signer = {0};
	json_t *list = json_array();
	bool done;

	certificate = certificate ? certificate : DEFAULT_CERTIFICATE;
	key = key ? key : DEFAULT_KEY;
	done = read_chain(&signer, certificate) && read_key(&signer, key) &&
	       may_sign(&signer, certificate) && fits(&signer, certificate, key);
	for (int i = 0; done && i < args->operand_count; i++)
		done = sign_file(&signer, args->operand[i], cli_value(args, "output"), list);
	free_signer(&signer);
	if (cli_flag(args, "json")) {
		output_json(list);
	} else {
		print(list);
		json_decref(list);
	}
	return done ? CLI_OK : CLI_FAILED;
}

static const struct cli_option options[] = {
	{"key", "FILE", "the signer's key (default " DEFAULT_KEY ")"},
	{"certificate", "FILE", "its certificate, and those that lead to the CA"},
	{"output", "DIR", "where signatures go, instead of beside the files"}, CLI_OPTION_JSON,
	CLI_OPTION_END};

const struct cli_command cmd_sign = {
	.name = "sign",
	.operands = "FILE...",
	.operands_min = 1,
	.operands_max = CLI_OPERANDS_MAX - 1,
	.help = "sign files for iPXE's imgverify",
	.detail =
		"The signature of FILE is FILE.sig: CMS in DER, detached, SHA-256, without signed\n"
		"attributes, with the signer's certificates. The certificate is that which rouse\n"
		"cert makes, /etc/rouse/tls/codesign.crt, unless --certificate names another. In\n"
		"an iPXE script that trusts the CA: imgtrust, kernel, imgverify vmlinuz FILE.sig.\n"
		"A file that changes has to be signed again.",
	.options = options,
	.run = run,
};
