// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Threads: one accepts and looks after connections (http_listen.c); workers, each of them a daemon
// of libmicrohttpd with an epoll of its own, serve them. libmicrohttpd's own pool would give a
// connection to the thread that its descriptor's number names, which is the same for all as soon as
// each has a socket and a file.

#include "http_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "control_log.h"
#include "image_walk.h"
#include "state_view.h"
#include "text.h"

#define PRIORITIES                                                                                 \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:+RSA:+DHE-RSA:+AES-128-CBC:+AES-256-CBC:"      \
	"+SHA1:+SHA256:%SERVER_PRECEDENCE"

// Of a request's headers and what else libmicrohttpd keeps for a connection.
#define CONNECTION_MEMORY (HTTP_HEADERS_MAX + 8192u)

uint64_t http_now_ms(void) {
	return state_boottime_ns() / 1000000u;
}

static void on_connection(void *context, struct MHD_Connection *http, void **socket_context,
	enum MHD_ConnectionNotificationCode code) {
	struct http_server *server = context;
	const union MHD_ConnectionInfo *info;
	struct http_connection *connection = *socket_context;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (connection)
			http_listen_closed(server, connection);
		return;
	}
	info = MHD_get_connection_info(http, MHD_CONNECTION_INFO_CONNECTION_FD);
	*socket_context = connection = http_listen_find(server, info->connect_fd);
	if (!connection || !connection->tls)
		return;
	info = MHD_get_connection_info(http, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	http_tls_began(connection, info->tls_session);
}

// Of DHE, for clients that name no group themselves: iPXE of some years. RFC 7919's, in PEM.
static gnutls_datum_t make_dh(void) {
	gnutls_datum_t pem = {0};
	gnutls_dh_params_t dh;

	if (gnutls_dh_params_init(&dh) < 0)
		return pem;
	if (gnutls_dh_params_import_raw3(dh, &gnutls_ffdhe_2048_group_prime,
		    &gnutls_ffdhe_2048_group_q, &gnutls_ffdhe_2048_group_generator) == 0)
		gnutls_dh_params_export2_pkcs3(dh, GNUTLS_X509_FMT_PEM, &pem);
	gnutls_dh_params_deinit(dh);
	return pem;
}

static struct MHD_Daemon *start_daemon(
	struct http_server *server, bool tls, const gnutls_datum_t *dh) {
	const struct MHD_OptionItem tls_options[] = {
		{MHD_OPTION_HTTPS_PRIORITIES, 0, PRIORITIES},
		{MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, (void *)(intptr_t)http_tls_retrieve},
		{dh->data ? MHD_OPTION_HTTPS_MEM_DHPARAMS : MHD_OPTION_END, 0, dh->data},
		{MHD_OPTION_END, 0, NULL},
	};
	const struct MHD_OptionItem no_options[] = {{MHD_OPTION_END, 0, NULL}};
	unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET |
			     MHD_USE_ITC | (tls ? MHD_USE_TLS : 0);

	return MHD_start_daemon(flags, 0, NULL, NULL, http_exchange_handle, server,
		MHD_OPTION_CONNECTION_LIMIT, HTTP_CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT, HTTP_STALLED_S, MHD_OPTION_URI_LOG_CALLBACK,
		http_exchange_begin, server, MHD_OPTION_NOTIFY_COMPLETED, http_exchange_end, server,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_ARRAY,
		tls ? tls_options : no_options, MHD_OPTION_END);
}

static uint32_t worker_count(void) {
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return processors < 2                  ? 2
	       : processors > HTTP_WORKERS_MAX ? HTTP_WORKERS_MAX
					       : (uint32_t)processors;
}

static bool start_pool(struct http_server *server, struct http_pool *pool, bool tls) {
	uint32_t count = worker_count(), i;
	gnutls_datum_t dh = {0};
	sigset_t all, old;

	if (pool->count)
		return true;
	if (tls)
		dh = make_dh();
	// Signals are the main thread's.
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (i = 0; i < count; i++) {
		pool->workers[i].http = start_daemon(server, tls, &dh);
		if (!pool->workers[i].http)
			break;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	gnutls_free(dh.data);
	pool->count = i;
	if (!i)
		control_log(CONTROL_ERROR, "http: libmicrohttpd does not start%s",
			tls ? " with TLS" : "");
	return i > 0;
}

static void stop_pool(struct http_pool *pool) {
	for (uint32_t i = 0; i < pool->count; i++)
		MHD_stop_daemon(pool->workers[i].http);
	pool->count = 0;
}

bool http_server_start_tls(struct http_server *server) {
	return start_pool(server, &server->secure, true);
}

bool http_server_hand_over(struct http_server *server, struct http_connection *connection,
	const struct sockaddr_in *from) {
	struct http_pool *pool = connection->tls ? &server->secure : &server->plain;
	struct http_worker *worker = &pool->workers[0];

	for (uint32_t i = 1; i < pool->count; i++)
		if (pool->workers[i].connections < worker->connections)
			worker = &pool->workers[i];
	connection->worker = worker;
	worker->connections++;
	return MHD_add_connection(worker->http, connection->fd, (const struct sockaddr *)from,
		       sizeof(*from)) == MHD_YES;
}

// A connection takes a descriptor, and another while it is sent a file.
static void raise_files(const struct config *config) {
	rlim_t wanted = 2 * (rlim_t)config->http.max_connections + 512;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max < wanted)
		control_log(CONTROL_WARNING,
			"http: max_connections: %u need %llu open files, but the limit is %llu: "
			"raise LimitNOFILE= or ulimit -n",
			config->http.max_connections, (unsigned long long)wanted,
			(unsigned long long)limit.rlim_max);
}

static void take(struct http_server *server, const struct config *config) {
	pthread_mutex_lock(&server->lock);
	snprintf(server->node_dir, sizeof(server->node_dir), "%s",
		config->node_dir ? config->node_dir : "");
	server->limits.max_connections = config->http.max_connections;
	server->limits.max_per_client = config->http.max_per_client;
	pthread_mutex_unlock(&server->lock);
}

void http_server_reload(struct http_server *server, const struct config *config) {
	if (config->http.given)
		raise_files(config);
	take(server, config);
	if (config->http.given && !start_pool(server, &server->plain, false))
		return;
	http_tls_configure(server, config);
	http_listen_configure(server, config);
}

static void tell_place(const struct http_place *place, char sentence[HTTP_REFUSAL_SIZE]) {
	char ip[TEXT_IP_SIZE];

	snprintf(sentence, HTTP_REFUSAL_SIZE, "%s is not served at %s:%u: %s",
		place->tls ? "HTTPS" : "HTTP", text_ip(place->address, ip), place->port,
		place->error ? strerror(place->error) : "its threads do not start, see the log");
}

// Without a certificate nothing has tried to open the ports of HTTPS.
void http_server_missing(struct http_server *server,
	void (*each)(void *context, const char *key, const char *sentence), void *context) {
	struct http_place places[HTTP_PLACES_MAX];
	uint32_t count = http_server_places(server, places);
	char sentence[HTTP_REFUSAL_SIZE];

	if (http_tls_refusal(server, sentence))
		each(context, "tls", sentence);
	for (uint32_t i = 0; i < count; i++) {
		if (places[i].open || (places[i].tls && !http_tls_ready(server)))
			continue;
		tell_place(&places[i], sentence);
		each(context, places[i].tls ? "tls" : "http", sentence);
	}
}

static struct http_server *make(const struct http_hooks *hooks) {
	struct http_server *server = mem_alloc(sizeof(*server));

	server->hooks = *hooks;
	server->by_fd = mem_alloc(HTTP_FDS * sizeof(*server->by_fd));
	pthread_mutex_init(&server->lock, NULL);
	pthread_mutex_init(&server->tls.lock, NULL);
	pthread_mutex_init(&server->tls.files, NULL);
	pthread_mutex_init(&server->tell.lock, NULL);
	server->root_fd = server->epoll_fd = server->wake_fd = -1;
	return server;
}

int http_server_start(
	struct http_server **server, const struct config *config, const struct http_hooks *hooks) {
	struct http_server *s = make(hooks);
	int rc = 0;

	s->root_fd = open(config->boot_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->root_fd < 0) {
		rc = -errno;
		control_log(CONTROL_ERROR, "boot_root %s: %s", config->boot_root, strerror(errno));
	}
	if (rc == 0)
		rc = http_listen_start(s);
	if (rc < 0) {
		http_server_stop(s);
		return rc;
	}
	http_server_reload(s, config);
	*server = s;
	return 0;
}

// The thread that accepts has ended before the workers do, so nothing is handed over to one that is
// gone.
void http_server_stop(struct http_server *server) {
	if (!server)
		return;
	http_listen_stop(server);
	stop_pool(&server->plain);
	stop_pool(&server->secure);
	for (uint32_t i = 0; i < server->lingering_count; i++)
		close(server->lingering[i].fd);
	http_tls_free(server);
	if (server->root_fd >= 0)
		close(server->root_fd);
	pthread_mutex_destroy(&server->lock);
	pthread_mutex_destroy(&server->tls.lock);
	pthread_mutex_destroy(&server->tls.files);
	pthread_mutex_destroy(&server->tell.lock);
	free(server->by_fd);
	free(server);
}

const char *http_request_argument(const struct http_request *request, const char *name) {
	for (int i = 0; i < request->argument_count; i++)
		if (!strcmp(request->arguments[i].name, name))
			return request->arguments[i].value;
	return NULL;
}
