// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The HTTP(S) server that machines see: files below boot_root, and under /rouse/ whatever a handler
// answers. It has threads of its own; a slow client, or many of them, hold up nobody else.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "http_path.h"
#include "image_table.h"

#define HTTP_BODY_MAX  (1u << 20)
#define HTTP_NODE_SIZE 64

struct http_server;

// All of it belongs to the server and is good until the hook returns.
struct http_request {
	const char *method; // GET, HEAD, POST or PUT
	const char *path;   // decoded, without the leading slash: "rouse/boot.ipxe"
	const struct http_argument *arguments;
	int argument_count;
	const char *body; // with a NUL behind it
	size_t body_len;
	uint32_t client; // host byte order
	uint32_t server; // the address of ours that the client came to
	uint16_t port;
	bool tls;
};

struct http_answer {
	unsigned int status;
	const char *content_type; // static; NULL: text/plain
	char *body;               // from malloc, freed by the server; NULL: empty
	size_t body_len;
	const char *allow; // of 405: methods that this path takes; static; NULL: the usual ones
};

// How the answer to a request for a file ended.
struct http_file_event {
	uint32_t client;
	uint32_t server;
	const char *path;     // as asked for, decoded
	uint64_t bytes;       // that were sent; of what was cut, those that the client acknowledged
	uint64_t total;       // of the file
	uint64_t started_ms;  // CLOCK_BOOTTIME, when the request had come
	uint64_t duration_ms; // until its last byte was handed to the kernel
	unsigned int status;
	bool head;   // HEAD: nothing was to be sent
	bool ranged; // only a part was asked for
	bool whole;  // all that was to be sent was sent
	bool tls;
};

// What the server asks of others. Each may be NULL. ALL ARE CALLED IN SERVER THREADS, several at a
// time: what they touch needs a lock, and while one of them waits, the other connections of its
// thread wait with it.
struct http_hooks {
	void *context;

	// The name of the machine at an address, written into name, or NULL.
	const char *(*node_of)(void *context, uint32_t address, char name[HTTP_NODE_SIZE]);

	// A reference to the table of files, for other spellings of names; NULL: there is none yet.
	struct image_table *(*files)(void *context);

	// Whether a text that is no file answers a request, of which no file has just this name.
	// The answer is as below.
	bool (*text_of)(
		void *context, const struct http_request *request, struct http_answer *answer);

	// Answers what is under /rouse/, which is never a file. NULL: 404.
	void (*answer)(
		void *context, const struct http_request *request, struct http_answer *answer);

	// After each answer to a request for a file, 404s among them.
	void (*file_done)(void *context, const struct http_file_event *event);
};

// Makes a server that listens as the configuration says: not at all without http:. A port that is
// taken, or a certificate that cannot be read, is told in the log and tried again every few
// seconds: the dataplane's machines must boot meanwhile. 0, or -errno when boot_root cannot be
// opened or there are no threads, with the reason in the log.
int http_server_start(
	struct http_server **server, const struct config *config, const struct http_hooks *hooks);

// Takes http:, tls:, node_dir and the ports of a new configuration. Listeners that stay the same
// stay open, and connections go on. What of it is not in force is in the log, and told by
// http_server_missing.
void http_server_reload(struct http_server *server, const struct config *config);

#define HTTP_REFUSAL_SIZE 448

// Calls each with a key of the configuration and a sentence, for all of http: and tls: that is not
// in force: a port that another program has, a certificate that is wrong. From any thread.
void http_server_missing(struct http_server *server,
	void (*each)(void *context, const char *key, const char *sentence), void *context);

// Ends all connections. May be called with NULL.
void http_server_stop(struct http_server *server);

// The value of an argument, NULL where it is not given.
const char *http_request_argument(const struct http_request *request, const char *name);

#define HTTP_REASON_SIZE 192

struct http_counts {
	uint64_t connections;    // that there are now
	uint64_t accepted;       // since the start
	uint64_t requests;       // that were answered
	uint64_t bytes;          // of bodies that were sent
	uint64_t status[6];      // answers, by the first digit of their status
	uint64_t refused_all;    // connections over max_connections
	uint64_t refused_client; // connections over max_per_client
	uint64_t refused_files;  // connections for want of descriptors
	uint64_t timed_out;      // connections whose request did not come within 30 s
	uint64_t untold;         // lines that the log was spared, as there were too many
	uint64_t tls_handshakes;
	uint64_t tls_failed;
	char tls_reason[HTTP_REASON_SIZE]; // of the last that failed, "" for none
};

// Whether a line of the log may be written about a request of the network: so many a second, the
// rest is counted. From any thread.
bool http_server_may_tell(struct http_server *server);

// From any thread.
void http_server_counts(struct http_server *server, struct http_counts *counts);

#define HTTP_PLACES_MAX (2 * ROUSE_MAX_PORTS)

// Where it listens, or would: another program has the port, or there is no certificate.
struct http_place {
	uint32_t address;
	uint16_t port;
	bool tls;
	bool open;
	int error; // why it is not open: errno of the last attempt, 0: there was none
};

// Their number. From any thread.
uint32_t http_server_places(struct http_server *server, struct http_place places[HTTP_PLACES_MAX]);
