// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/rest_client.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cli/cli.h"

#define ANSWER_MAX (256u << 20)
#define TIMEOUT_S  30L

struct body {
	char *data;
	size_t len;
};

static size_t take(char *data, size_t size, size_t count, void *context) {
	struct body *body = context;
	size_t len = size * count;

	if (body->len + len > ANSWER_MAX)
		return 0;
	body->data = mem_resize(body->data, body->len + len);
	memcpy(body->data + body->len, data, len);
	body->len += len;
	return len;
}

struct sending {
	const char *method;
	const char *path;
	const char *body; // NULL: none
	long timeout_s;
};

static CURLcode perform(
	CURL *curl, const char *socket, const struct sending *sending, struct body *body) {
	char url[2 * REST_CLIENT_PART_SIZE + 256];

	snprintf(url, sizeof(url), "http://localhost%s", sending->path);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, sending->method);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, sending->timeout_s);
	if (sending->body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, sending->body);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	return curl_easy_perform(curl);
}

static int explain(CURL *curl, CURLcode code, const char *socket) {
	long error = 0;

	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &error);
	if (code == CURLE_COULDNT_CONNECT && error == EACCES) {
		cli_error("%s: permission denied: be root or in group rouse", socket);
		return CLI_FAILED;
	}
	if (code == CURLE_COULDNT_CONNECT) {
		cli_error("rouse-control does not run: %s does not answer; rouse up starts it",
			socket);
		return CLI_NOT_RUNNING;
	}
	cli_error("rouse-control at %s: %s", socket, curl_easy_strerror(code));
	return CLI_FAILED;
}

static int call(
	const char *runtime_dir, const struct sending *sending, long *status, json_t **answer) {
	CURL *curl = curl_easy_init();
	struct body body = {0};
	char socket[300];
	CURLcode code;
	int rc = CLI_OK;

	if (!curl) {
		cli_error("libcurl does not start");
		return CLI_FAILED;
	}
	snprintf(socket, sizeof(socket), "%s/control.sock", runtime_dir);
	code = perform(curl, socket, sending, &body);
	if (code != CURLE_OK)
		rc = explain(curl, code, socket);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
	*answer = rc == CLI_OK ? json_loadb(body.data ? body.data : "", body.len, 0, NULL) : NULL;
	if (rc == CLI_OK && !*answer) {
		cli_error("%s answers something that is not JSON", socket);
		rc = CLI_FAILED;
	}
	free(body.data);
	curl_easy_cleanup(curl);
	return rc;
}

int rest_client_call(const char *runtime_dir, const char *method, const char *path, long *status,
	json_t **answer) {
	return call(runtime_dir, &(struct sending){method, path, NULL, TIMEOUT_S}, status, answer);
}

static int refuse(json_t **answer, const char *who) {
	const char *error = NULL;

	json_unpack(*answer, "{s:s}", "error", &error);
	cli_error("%s%s", who, error ? error : "no reason given");
	json_decref(*answer);
	*answer = NULL;
	return CLI_FAILED;
}

static int ask(const char *runtime_dir, const char *method, const char *path, long timeout_s,
	json_t **answer) {
	long status;
	int rc = call(
		runtime_dir, &(struct sending){method, path, NULL, timeout_s}, &status, answer);

	return rc != CLI_OK || status == 200 ? rc : refuse(answer, "rouse-control: ");
}

int rest_client_send(const char *runtime_dir, const char *method, const char *path, json_t *body,
	json_t **answer) {
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	long status;
	int rc = call(
		runtime_dir, &(struct sending){method, path, text, TIMEOUT_S}, &status, answer);

	json_decref(body);
	free(text);
	return rc != CLI_OK || status == 200 ? rc : refuse(answer, "");
}

char *rest_client_part(const char *text, char out[REST_CLIENT_PART_SIZE]) {
	size_t len = 0;

	for (; *text && len + 4 <= REST_CLIENT_PART_SIZE; text++) {
		if (isalnum((unsigned char)*text) || strchr("-._~:/", *text))
			out[len++] = *text;
		else
			len += (size_t)snprintf(out + len, REST_CLIENT_PART_SIZE - len, "%%%02X",
				(unsigned char)*text);
	}
	out[len] = '\0';
	return out;
}

int rest_client_get(const char *runtime_dir, const char *path, json_t **answer) {
	return ask(runtime_dir, "GET", path, TIMEOUT_S, answer);
}

int rest_client_get_within(
	const char *runtime_dir, const char *path, long timeout_s, json_t **answer) {
	return ask(runtime_dir, "GET", path, timeout_s, answer);
}

int rest_client_post_within(
	const char *runtime_dir, const char *path, long timeout_s, json_t **answer) {
	return ask(runtime_dir, "POST", path, timeout_s, answer);
}
