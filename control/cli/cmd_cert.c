// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse cert: a CA, the server's certificate that it signs, and one for rouse sign.

#include "cli/cmd_cert.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "cli/cert_make.h"
#include "cli/new_file.h"
#include "cli/output.h"
#include "human.h"

#define CA_DAYS  3650
#define DAYS_MAX 36500

struct job {
	const char *directory;
	bool force;
	uint32_t days;
	const char *addresses, *names;
	json_t *made;
};

static const struct {
	const char *certificate;
	const char *key;
	const char *what;
} files[] = {
	[CERT_CA] = {"ca.crt", "ca.key", "the CA, which clients have to trust"},
	[CERT_SERVER] = {"server.pem", "server.key", "the server's certificate"},
	[CERT_CODESIGN] = {"codesign.crt", "codesign.key", "the certificate of rouse sign"},
};

static char *in(const struct job *job, const char *name, char out[PATH_MAX]) {
	snprintf(out, PATH_MAX, "%s/%s", job->directory, name);
	return out;
}

static bool is_there(const struct job *job, enum cert_kind kind) {
	char path[PATH_MAX];

	return access(in(job, files[kind].certificate, path), F_OK) == 0 ||
	       access(in(job, files[kind].key, path), F_OK) == 0;
}

static bool put(const struct job *job, const char *name, const gnutls_datum_t *data, mode_t mode) {
	char path[PATH_MAX];
	int rc = new_file_write(in(job, name, path), data->data, data->size, mode, job->force);

	if (rc < 0)
		cli_error("%s: %s", path,
			rc == -EEXIST ? "it is there already; --force replaces it" : strerror(-rc));
	return rc == 0;
}

// The server runs as user rouse where that user is, and cannot read what is root's.
static void give_to_server(const struct job *job, enum cert_kind kind) {
	struct passwd *user = kind == CERT_SERVER ? getpwnam("rouse") : NULL;
	char path[PATH_MAX];

	if (user && geteuid() == 0 &&
		chown(in(job, files[kind].key, path), user->pw_uid, (gid_t)-1) < 0)
		cli_error("%s cannot be given to user rouse: %s", path, strerror(errno));
}

// A certificate, and behind it the CA's, which iPXE knows by its fingerprint alone.
static gnutls_datum_t join(const gnutls_datum_t *own, const gnutls_datum_t *ca) {
	gnutls_datum_t both = {.size = own->size + ca->size};

	both.data = mem_alloc(both.size);
	memcpy(both.data, own->data, own->size);
	memcpy(both.data + own->size, ca->data, ca->size);
	return both;
}

static bool write_pair(const struct job *job, enum cert_kind kind, const struct cert_pair *pair,
	const struct cert_pair *ca) {
	gnutls_datum_t own, key, ca_own, ca_key, both;
	char why[CERT_WHY];
	bool done;

	if (cert_pem(pair, &own, &key, why) < 0 || cert_pem(ca, &ca_own, &ca_key, why) < 0) {
		cli_error("%s", why);
		return false;
	}
	both = join(&own, &ca_own);
	done = put(job, files[kind].key, &key, 0600) &&
	       put(job, files[kind].certificate, kind == CERT_CA ? &own : &both, 0644);
	gnutls_memset(key.data, 0, key.size);
	gnutls_memset(ca_key.data, 0, ca_key.size);
	gnutls_free(own.data);
	gnutls_free(key.data);
	gnutls_free(ca_own.data);
	gnutls_free(ca_key.data);
	free(both.data);
	if (done)
		give_to_server(job, kind);
	return done;
}

static void note(struct job *job, enum cert_kind kind, const struct cert_pair *pair) {
	char path[PATH_MAX], key[PATH_MAX];

	json_array_append_new(job->made,
		json_pack("{s:s, s:s, s:s, s:I}", "certificate",
			in(job, files[kind].certificate, path), "key",
			in(job, files[kind].key, key), "what", files[kind].what, "expires_unix_s",
			(json_int_t)gnutls_x509_crt_get_expiration_time(pair->certificate)));
}

// What a certificate is called: of the server, the first of its names and addresses.
static void common_name(const struct job *job, enum cert_kind kind, char out[64]) {
	const char *first = job->names && job->names[0] ? job->names : job->addresses;
	char host[48] = "this host";

	gethostname(host, sizeof(host) - 1);
	if (kind == CERT_SERVER)
		snprintf(out, 64, "%.*s", (int)strcspn(first, ","), first);
	else
		snprintf(out, 64, "Rouse %s of %s", kind == CERT_CA ? "CA" : "signer", host);
}

static bool make(struct job *job, enum cert_kind kind, const struct cert_pair *ca) {
	char name[64], why[CERT_WHY];
	struct cert_request request = {
		.kind = kind,
		.common_name = name,
		.days = job->days         ? job->days
			: kind == CERT_CA ? CA_DAYS
					  : CERT_DAYS,
		.addresses = kind == CERT_SERVER ? job->addresses : NULL,
		.names = kind == CERT_SERVER ? job->names : NULL,
		.ca = ca,
	};
	struct cert_pair pair;
	bool done;

	if (is_there(job, kind) && !job->force) {
		cli_error("%s/%s is there already; --force replaces it", job->directory,
			files[kind].certificate);
		return false;
	}
	common_name(job, kind, name);
	if (cert_make(&request, &pair, why) < 0) {
		cli_error("%s", why);
		return false;
	}
	done = write_pair(job, kind, &pair, ca ? ca : &pair);
	if (done)
		note(job, kind, &pair);
	cert_free(&pair);
	return done;
}

static bool make_signed(struct job *job, enum cert_kind kind) {
	char certificate[PATH_MAX], key[PATH_MAX], why[CERT_WHY];
	struct cert_pair ca;
	bool done;

	if (cert_read(in(job, files[CERT_CA].certificate, certificate),
		    in(job, files[CERT_CA].key, key), &ca, why) < 0) {
		cli_error("%s; rouse cert ca %s makes a CA", why, job->directory);
		return false;
	}
	done = make(job, kind, &ca);
	cert_free(&ca);
	return done;
}

// A CA that is there stays, whatever else is made anew: clients trust it.
static bool make_all(struct job *job) {
	return (is_there(job, CERT_CA) || make(job, CERT_CA, NULL)) &&
	       make_signed(job, CERT_SERVER) && make_signed(job, CERT_CODESIGN);
}

// --- what is told

static void print_made(const struct job *job) {
	json_t *item;
	size_t i;

	json_array_foreach(job->made, i, item) {
		char until[HUMAN_SIZE];

		human_time(json_integer_value(json_object_get(item, "expires_unix_s")), until);
		printf("%s: %s, good until %.10s\n",
			json_string_value(json_object_get(item, "certificate")),
			json_string_value(json_object_get(item, "what")), until);
	}
}

static void print_use(const struct job *job) {
	const char *d = job->directory,
		   *host = job->names && job->names[0] ? job->names : job->addresses;

	printf("\nin rouse.yaml:\n"
	       "  http: {}\n"
	       "  tls: {certificate: %s/server.pem, key: %s/server.key}\n"
	       "iPXE, built from source with DOWNLOAD_PROTO_HTTPS (see docs/https.md):\n"
	       "  make bin-x86_64-efi/ipxe.efi CERT=%s/ca.crt TRUST=%s/ca.crt\n"
	       "OVMF in QEMU:\n"
	       "  cert-to-efi-sig-list %s/ca.crt ca.esl\n"
	       "  qemu-system-x86_64 ... -fw_cfg name=etc/edk2/https/cacerts,file=ca.esl\n"
	       "curl:\n"
	       "  curl --cacert %s/ca.crt https://%.*s/\n",
		d, d, d, d, d, d, (int)strcspn(host, ","), host);
}

// --- the command

static bool read_days(const struct cli_args *args, struct job *job) {
	const char *text = cli_value(args, "days");
	char *end;
	unsigned long days;

	if (!text)
		return true;
	days = strtoul(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && !*end && days >= 1 && days <= DAYS_MAX) {
		job->days = (uint32_t)days;
		return true;
	}
	cli_error("--days %s: must be between 1 and %d", text, DAYS_MAX);
	return false;
}

enum action { ACTION_ALL, ACTION_CA, ACTION_SERVER, ACTION_CODESIGN, ACTION_SHOW, ACTION_COUNT };

static const char *const actions[ACTION_COUNT] = {"all", "ca", "server", "codesign", "show"};

// Before anything is written.
static bool names_are_good(const struct job *job, enum action action) {
	char why[CERT_WHY];

	if (action != ACTION_ALL && action != ACTION_SERVER)
		return true;
	if (cert_check_names(job->addresses, job->names, why) == 0)
		return true;
	cli_error("%s", why);
	return false;
}

// With a relative path the lines for rouse.yaml would be wrong elsewhere.
static char *make_directory(const char *path) {
	char *absolute;

	if (mkdir(path, 0755) < 0 && errno != EEXIST) {
		cli_error("%s: %s", path, strerror(errno));
		return NULL;
	}
	absolute = realpath(path, NULL);
	if (!absolute)
		cli_error("%s: %s", path, strerror(errno));
	return absolute;
}

// "rouse cert DIR" is "rouse cert all DIR".
static enum action action_of(const struct cli_args *args) {
	for (int i = 0; i < ACTION_COUNT; i++)
		if (!strcmp(actions[i], args->operand[0]))
			return (enum action)i;
	return args->operand_count == 1 ? ACTION_ALL : ACTION_COUNT;
}

static bool run_action(struct job *job, enum action action) {
	switch (action) {
	case ACTION_ALL:
		return make_all(job);
	case ACTION_CA:
		return make(job, CERT_CA, NULL);
	case ACTION_SERVER:
		return make_signed(job, CERT_SERVER);
	case ACTION_CODESIGN:
		return make_signed(job, CERT_CODESIGN);
	case ACTION_SHOW:
	case ACTION_COUNT:
		break;
	}
	return false;
}

static int run_job(struct job *job, enum action action, bool json) {
	bool done;

	job->made = json_array();
	done = run_action(job, action);
	if (done && json) {
		output_json(job->made);
		return CLI_OK;
	}
	print_made(job);
	if (done && (action == ACTION_ALL || action == ACTION_SERVER))
		print_use(job);
	json_decref(job->made);
	return done ? CLI_OK : CLI_FAILED;
}

static int run(const struct cli_args *args) {
	enum action action = action_of(args);
	struct job job = {
		.force = cli_flag(args, "force"),
		.addresses = cli_value(args, "address"),
		.names = cli_value(args, "name"),
	};
	char *directory;
	int rc;

	if (action == ACTION_COUNT) {
		cli_error("%s is none of all, ca, server, codesign or show", args->operand[0]);
		return CLI_USAGE;
	}
	if (args->operand_count == 1 && !strcmp(actions[action], args->operand[0])) {
		cli_error("cert %s needs a %s: ./%s is a directory of that name", actions[action],
			action == ACTION_SHOW ? "FILE" : "DIR", actions[action]);
		return CLI_USAGE;
	}
	if (action == ACTION_SHOW)
		return cmd_cert_show(args);
	if (!names_are_good(&job, action) || !read_days(args, &job))
		return CLI_USAGE;
	directory = make_directory(args->operand[args->operand_count - 1]);
	if (!directory)
		return CLI_FAILED;
	job.directory = directory;
	rc = run_job(&job, action, cli_flag(args, "json"));
	free(directory);
	return rc;
}

static const struct cli_option options[] = {
	{"address", "LIST", "addresses that clients come to, divided by commas"},
	{"name", "LIST", "names of the server, divided by commas"},
	{"days", "N", "how long it is good (default: a CA 3650, others 825)"},
	{"force", NULL, "replace what is there"}, CLI_OPTION_JSON, CLI_OPTION_END};

const struct cli_command cmd_cert = {
	.name = "cert",
	.operands = "[all|ca|server|codesign|show] DIR|FILE",
	.operands_min = 1,
	.operands_max = 2,
	.help = "make the certificates of HTTPS and of signed files, or show one",
	.detail =
		"With a directory alone it makes, there, a CA (ca.crt), the server's certificate\n"
		"for the addresses and names that clients use (server.pem), and one for rouse\n"
		"sign (codesign.crt), each with its key, readable by its owner only. A CA that is\n"
		"there is used, and only cert ca replaces it. A running server takes a new\n"
		"server.pem within seconds. Show tells what is in a file of certificates.",
	.options = options,
	.run = run,
};
