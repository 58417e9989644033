// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// TLS handshakes: the certificate that is given to them, and why they fail. libmicrohttpd tells
// nobody which alert ended one, and has freed the session before it tells that the connection is
// closed. But it does so by gnutls_deinit(), which gives back what extensions have stored: one of
// ours, which is never on the wire, is there to be asked then.

#include "http_internal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "http_certificate.h"

#define MARK 0xfe52 // of the numbers for private use

static struct http_connection *connection_of(gnutls_session_t session) {
	gnutls_transport_ptr_t in, out;

	gnutls_transport_get_ptr2(session, &in, &out);
	return in;
}

// --- what a connection's session reads

static ssize_t pull(gnutls_transport_ptr_t context, void *data, size_t size) {
	struct http_connection *connection = context;
	ssize_t len = recv(connection->fd, data, size, 0);

	if (len < 0)
		gnutls_transport_set_errno(connection->session, errno);
	if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))
		connection->gone = true; // reset counts, as OVMF does when it refuses
	if (len > 0 && !connection->handshaken) {
		http_alert_feed(&connection->alert, data, (size_t)len);
		connection->read += (uint64_t)len;
	}
	return len;
}

static int wait_for_bytes(gnutls_transport_ptr_t context, unsigned int ms) {
	const struct http_connection *connection = context;
	struct pollfd wait = {.fd = connection->fd, .events = POLLIN};

	return poll(&wait, 1, ms == GNUTLS_INDEFINITE_TIMEOUT ? -1 : (int)ms);
}

// The client's Finished is its last word in a handshake.
static int on_finished(gnutls_session_t session, unsigned int type, unsigned int when,
	unsigned int incoming, const gnutls_datum_t *message) {
	struct http_connection *connection = connection_of(session);

	(void)type;
	(void)when;
	(void)message;
	if (incoming && !connection->handshaken) {
		connection->handshaken = true;
		http_tell_count(&connection->owner->tell.tls_handshakes, 1);
	}
	return 0;
}

int http_tls_retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
	gnutls_pcert_st **certificates, unsigned int *count, gnutls_ocsp_data_st **ocsp,
	unsigned int *ocsp_count, gnutls_privkey_t *key, unsigned int *flags) {
	struct http_certificate *certificate =
		http_certificate_now(&connection_of(session)->owner->tls);

	(void)info;
	*ocsp = NULL;
	*ocsp_count = 0;
	*flags = 0; // all of it stays ours
	if (!certificate)
		return -1;
	*certificates = certificate->chain;
	*count = certificate->count;
	*key = certificate->key;
	return 0;
}

// --- why a handshake failed

static const struct {
	gnutls_alert_description_t alert;
	const char *words;
} refusals[] = {
	{GNUTLS_A_BAD_CERTIFICATE, "bad certificate: of a CA that it does not know, not for the "
				   "name or address it asked for, or damaged"},
	{GNUTLS_A_UNSUPPORTED_CERTIFICATE, "unsupported certificate"},
	{GNUTLS_A_CERTIFICATE_REVOKED, "certificate revoked"},
	{GNUTLS_A_CERTIFICATE_EXPIRED, "certificate expired"},
	{GNUTLS_A_CERTIFICATE_UNKNOWN, "certificate unknown: not for the name or address it asked "
				       "for, or not to be verified"},
	{GNUTLS_A_UNKNOWN_CA, "unknown CA"},
};

static void tell_alert(struct http_connection *connection, gnutls_alert_description_t alert) {
	const char *name = gnutls_alert_get_name(alert);

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (refusals[i].alert != alert)
			continue;
		http_tell_tls(connection->owner, connection, "refused our certificate: %s",
			refusals[i].words);
		return;
	}
	http_tell_tls(connection->owner, connection, "broke off the TLS handshake: %s",
		name ? name : "an alert without a name");
}

static void on_deinit(gnutls_ext_priv_data_t data) {
	struct http_connection *connection = data;
	gnutls_alert_description_t alert = gnutls_alert_get(connection->session);

	if (alert != GNUTLS_A_CLOSE_NOTIFY && !connection->told)
		tell_alert(connection, alert);
}

void http_tls_began(struct http_connection *connection, gnutls_session_t session) {
	connection->session = session;
	gnutls_transport_set_ptr2(
		session, connection, (gnutls_transport_ptr_t)(intptr_t)connection->fd);
	gnutls_transport_set_pull_function(session, pull);
	gnutls_transport_set_pull_timeout_function(session, wait_for_bytes);
	gnutls_handshake_set_hook_function(
		session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST, on_finished);
	if (gnutls_session_ext_register(session, "rouse", MARK, GNUTLS_EXT_NONE, NULL, NULL,
		    on_deinit, NULL, NULL, 0) == 0)
		gnutls_ext_set_data(session, MARK, connection);
}

// A client that checks the name itself, as curl does, first finishes the handshake.
void http_tls_ended(struct http_server *server, struct http_connection *connection) {
	if (connection->told || connection->requests || !connection->read)
		return;
	if (connection->alert.seen)
		tell_alert(connection, connection->alert.description);
	else if (connection->handshaken)
		http_tell_tls(server, connection,
			"went away after the TLS handshake: it may not know the CA of our "
			"certificate, or not find the name or address there that it asked for");
	else if (connection->alert.broken)
		http_tell_tls(server, connection, "does not speak TLS, but came to the port of it");
	else if (connection->gone)
		http_tell_tls(server, connection,
			"went away in the TLS handshake without a reason, as clients do that do "
			"not trust our certificate");
	else
		http_tell_tls(server, connection,
			"has no version or cipher of TLS in common with us, or took too long");
}
