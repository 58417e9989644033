// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Between the parts of the HTTP server:
//   http_server.c    start, reload, stop; the threads
//   http_listen.c    sockets that listen, the thread that accepts and looks after connections
//   http_linger.c    the ends of connections whose client still sends
//   http_exchange.c  one request and its answer
//   http_framing.c   whether it is clear where a request ends
//   http_files.c     files, http_names.c: which of them a name means
//   http_tls.c       handshakes and alerts, http_certificate.c: the server's certificate
//   http_tell.c      counters and lines of the log

#pragma once

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http_alert.h"
#include "http_limits.h"
#include "http_range.h"
#include "http_server.h"

#define HTTP_WORKERS_MAX   4u
#define HTTP_LISTENERS_MAX HTTP_PLACES_MAX
#define HTTP_FDS           (4 * HTTP_CONNECTIONS_MAX) // descriptors that a connection may have
#define HTTP_HEADERS_MAX   16384u
#define HTTP_REQUEST_MS    30000u // for a request to arrive
#define HTTP_STALLED_S     60u    // without a byte sent or taken
#define HTTP_LINGERING_MAX 256u

struct http_connection {
	struct http_server *owner;
	int fd;
	uint32_t client;
	uint32_t server;
	uint16_t port;
	bool tls;
	atomic_bool answering;     // a request has come, the answer is under way
	bool clean;                // the last request was read and answered to its end
	_Atomic uint64_t since_ms; // when the wait for a request began
	struct http_worker *worker;
	struct http_connection *before, *after; // of all
	// TLS
	gnutls_session_t session; // while the handshake runs
	struct http_alert alert;
	uint64_t read; // bytes
	bool gone;     // the client, while something was still expected of it
	bool handshaken;
	bool told; // that it failed
	uint32_t requests;
	uint32_t parts_of; // hash of the name that was last read in parts, to tell it once
};

// A libmicrohttpd daemon with one thread.
struct http_worker {
	struct MHD_Daemon *http;
	atomic_uint connections;
};

struct http_pool {
	struct http_worker workers[HTTP_WORKERS_MAX];
	uint32_t count; // 0: not started
};

struct http_listener {
	int fd; // -1: could not be opened yet
	uint32_t address;
	uint16_t port;
	bool tls;
	int told; // errno of the last attempt that was told
};

struct http_lingering {
	int fd;
	uint64_t until_ms;
};

struct http_certificate;

struct http_tls {
	pthread_mutex_t files;             // of all but current
	pthread_mutex_t lock;              // of current
	char *certificate_path, *key_path; // NULL: no tls:
	struct http_certificate *current;  // the others wait until no handshake uses them
	struct http_version seen[2];       // of both files, as they were tried last
	uint32_t tries;                    // of these
	char refusal[HTTP_REFUSAL_SIZE];   // why they are not in use, "": they are
};

// What is told, and how much of it. Each counter is written by any thread.
struct http_tell {
	_Atomic uint64_t accepted, requests, bytes, status[6];
	_Atomic uint64_t refused_all, refused_client, refused_files, timed_out;
	_Atomic uint64_t tls_handshakes, tls_failed, untold;
	pthread_mutex_t lock;
	char tls_reason[HTTP_REASON_SIZE];
	uint64_t second; // of credit
	uint32_t credit; // lines that may still be written
	uint64_t held_back;
};

struct http_server {
	struct http_hooks hooks;
	int root_fd;
	struct http_tell tell;
	struct http_tls tls;
	struct http_pool plain, secure;
	pthread_t thread; // accepts
	bool has_thread;
	atomic_bool ending;
	int epoll_fd, wake_fd;
	pthread_mutex_t lock; // of all below
	char node_dir[256];
	uint16_t http_port, tls_port;
	bool given;
	struct http_listener listeners[HTTP_LISTENERS_MAX];
	uint32_t listener_count;
	struct http_limits limits;
	struct http_connection *first;
	struct http_connection **by_fd; // HTTP_FDS
	struct http_lingering lingering[HTTP_LINGERING_MAX];
	uint32_t lingering_count;
};

// One request.
struct http_exchange {
	struct http_server *server;
	struct http_connection *connection;
	char *target; // raw, as it came
	bool begun;
	bool head;
	bool dynamic;
	unsigned int refused; // status of what is wrong with the request, 0: nothing
	bool unclear;         // that is where it ends, or whom it is for
	bool body_too_large;
	char *body;
	size_t body_len, body_size;
	struct http_argument arguments[HTTP_ARGUMENTS_MAX];
	struct http_request request;
	char path[HTTP_PATH_MAX + 1];
	// the answer
	bool is_file;
	const char *allow; // of 405; NULL: the usual ones
	unsigned int status;
	bool ranged;
	uint64_t len;   // of its body
	uint64_t total; // of the file
	uint64_t acked; // bytes that the client had acknowledged before
	uint64_t started_ms;
};

uint64_t http_now_ms(void);

// --- http_server.c
// Starts the threads of TLS, once. False: they do not start, which is told.
bool http_server_start_tls(struct http_server *server);
// MHD_add_connection by the worker that has the fewest.
bool http_server_hand_over(struct http_server *server, struct http_connection *connection,
	const struct sockaddr_in *from);

// --- http_listen.c
int http_listen_start(struct http_server *server);
void http_listen_stop(struct http_server *server);
// Opens and closes sockets as config says.
void http_listen_configure(struct http_server *server, const struct config *config);
struct http_connection *http_listen_find(struct http_server *server, int fd);
// The connection is closed: fd is still open.
void http_listen_closed(struct http_server *server, struct http_connection *connection);

// --- http_linger.c; the server's lock is held
// Keeps fd open, which it takes over, until its client has ended or 2 s have passed: what the
// client still sends would make its kernel throw away our answer.
void http_linger_add(struct http_server *server, int fd);
void http_linger_read(struct http_server *server, int fd);
void http_linger_sweep(struct http_server *server, uint64_t now_ms);

// --- http_exchange.c: callbacks of libmicrohttpd
void *http_exchange_begin(void *context, const char *target, struct MHD_Connection *http);
enum MHD_Result http_exchange_handle(void *context, struct MHD_Connection *http, const char *url,
	const char *method, const char *version, const char *data, size_t *data_size, void **state);
void http_exchange_end(void *context, struct MHD_Connection *http, void **state,
	enum MHD_RequestTerminationCode code);
// Queues an answer of text, which is freed; NULL: the status's own words.
enum MHD_Result http_exchange_send(
	struct http_exchange *x, struct MHD_Connection *http, const struct http_answer *answer);
enum MHD_Result http_exchange_refuse(
	struct http_exchange *x, struct MHD_Connection *http, unsigned int status);
enum MHD_Result http_exchange_queue(struct http_exchange *x, struct MHD_Connection *http,
	unsigned int status, struct MHD_Response *response);

// --- http_framing.c
// The status of a request whose end is not clear, or whom it is for; 0: it is.
unsigned int http_framing_judge(struct MHD_Connection *http, const char *version);

// --- http_files.c
enum MHD_Result http_files_answer(struct http_exchange *x, struct MHD_Connection *http);

// --- http_names.c
struct http_file {
	int fd;
	struct http_version version;
};
// How a name is compared, in the order in which the forms are tried.
enum http_form {
	HTTP_EXACTLY,
	HTTP_SLASHES, // each \ is a /
	HTTP_FOLDED,  // in any case, if that means one file only
	HTTP_FORMS,
};
// The file that a name means: node's own, in node_dir, or with node NULL everybody's. 0, or
// -ENOENT for all that is not to be served. The caller closes file->fd.
int http_names_open(struct http_server *server, const char *node, const char *path,
	enum http_form form, struct http_file *file);

// --- http_certificate.c
void http_tls_configure(struct http_server *server, const struct config *config);
// Looks whether the files have changed, and takes them. Call it every few seconds.
void http_tls_check(struct http_server *server);
bool http_tls_ready(struct http_server *server);
// Why the files that tls: names are not in use. False: they are, or there is no tls:.
bool http_tls_refusal(struct http_server *server, char text[HTTP_REFUSAL_SIZE]);
void http_tls_free(struct http_server *server);

// --- http_tls.c
// A callback of GnuTLS.
int http_tls_retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
	gnutls_pcert_st **certificates, unsigned int *count, gnutls_ocsp_data_st **ocsp,
	unsigned int *ocsp_count, gnutls_privkey_t *key, unsigned int *flags);
// A connection of TLS begins, or has ended.
void http_tls_began(struct http_connection *connection, gnutls_session_t session);
void http_tls_ended(struct http_server *server, struct http_connection *connection);

// --- http_tell.c
void http_tell_file(struct http_exchange *x, const struct http_file_event *event);
void http_tell_tls(struct http_server *server, struct http_connection *connection,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
// A line about a refused connection.
void http_tell_refused(struct http_server *server, uint32_t client, enum http_admission why);
void http_tell_count(_Atomic uint64_t *counter, uint64_t more);
