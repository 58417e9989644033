// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The paths under /rouse/. The server's threads call the hooks; what concerns nodes is answered by
// the loop, so that each request is one step of it. Passwords are checked in the thread: their
// hashes are made to take long.

#include "brain_web.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brain_web_internal.h"
#include "config_builtin.h"

unsigned int brain_web_say(
	struct http_answer *answer, unsigned int status, const char *format, ...) {
	char *text = mem_alloc(1024);
	va_list list;
	int len;

	va_start(list, format);
	len = vsnprintf(text, 1023, format, list);
	va_end(list);
	if (len > 1022)
		len = 1022;
	text[len] = '\n';
	free(answer->body);
	*answer = (struct http_answer){.status = status, .body = text, .body_len = (size_t)len + 1};
	return status;
}

unsigned int brain_web_give(struct http_answer *answer, char *text, size_t len, const char *type) {
	*answer = (struct http_answer){
		.status = 200, .content_type = type, .body = text, .body_len = len};
	return 200;
}

void brain_web_tell_script(
	struct brain *brain, const uint8_t mac[6], const char *name, size_t len) {
	struct boot_event event = {
		.kind = BOOT_EVENT_SCRIPT,
		.carrier = BOOT_CARRIER_HTTP,
		.arch = STORE_UNKNOWN_ARCH,
		.unix_ns = brain_now_ms() * 1000000,
		.bytes = len,
		.name = name,
		.name_len = strlen(name),
	};

	memcpy(event.mac, mac, 6);
	brain_boots_event(brain, &event);
}

// --- texts of nodes by their names

static struct rendered_text *text_by_name(
	struct rendered_text *const texts[BRAIN_LOADERS], const uint8_t *mac, const char *path) {
	char names[RENDER_NAMES_MAX][RENDER_NAME_SIZE];

	for (enum render_loader i = 0; i < BRAIN_LOADERS; i++) {
		size_t count = texts[i] ? render_names(i, mac, names) : 0;

		for (size_t k = 0; k < count; k++)
			if (!strcmp(names[k], path))
				return texts[i];
	}
	return NULL;
}

static struct rendered_text *find_text(
	struct brain *brain, uint32_t client, const char *path, struct brain_node **node) {
	char name[STORE_NODE_NAME_SIZE];
	struct rendered_text *text = NULL;
	uint8_t mac[6];

	*node = brain_who(brain, client, mac, name) ? brain_node_find(brain, mac) : NULL;
	if (*node && (*node)->order_id)
		text = text_by_name((*node)->ordered, mac, path);
	if (*node && !text)
		text = text_by_name((*node)->standing, mac, path);
	return text ? text : text_by_name(brain->common, NULL, path);
}

static unsigned int answer_text(struct brain *brain, const struct web_call *call) {
	struct brain_node *node;
	struct rendered_text *text =
		find_text(brain, call->request->client, call->request->path, &node);
	char *copy;

	if (!text)
		return 404;
	copy = mem_alloc(text->len + 1);
	memcpy(copy, text->bytes, text->len);
	if (node)
		brain_web_tell_script(brain, node->mac, call->request->path, text->len);
	return brain_web_give(call->answer, copy, text->len, "text/plain");
}

// --- hooks: in the server's threads

static unsigned int run_call(struct daemon *daemon, const void *context, json_t **answer) {
	const struct web_call *call = context;

	(void)answer;
	if (!daemon->brain || !daemon->config->brain.given)
		return brain_web_say(call->answer, 404, "there are no profiles");
	daemon->brain->now_ms = brain_now_ms();
	return call->run(daemon->brain, call);
}

static void ask(struct daemon *daemon, struct web_call *call) {
	struct daemon_call ask = {.run = run_call, .context = call};

	if (!daemon_ask(daemon, &ask))
		brain_web_say(call->answer, 503, "the server ends");
}

static bool could_be_text(const char *path) {
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	return !strncmp(path, "pxelinux.cfg/", 13) || !strncmp(path, "grub/grub.cfg", 13) ||
	       strstr(name, ".ipxe");
}

bool brain_web_text(
	struct daemon *daemon, const struct http_request *request, struct http_answer *answer) {
	struct web_call call = {.request = request, .answer = answer, .run = answer_text};

	if (!daemon->brain || !could_be_text(request->path))
		return false;
	ask(daemon, &call);
	if (answer->status == 200)
		return true;
	free(answer->body);
	*answer = (struct http_answer){0};
	return false;
}

// Firmware that boots by HTTP knows no word for "boot your disk": it goes on as soon as what it was
// told to load is not there.
static unsigned int answer_local_disk(struct brain *brain, const struct web_call *call) {
	(void)brain;
	return brain_web_say(call->answer, 404, "this machine boots from its own disk");
}

static const struct {
	const char *path; // one that ends with a slash has more behind it
	unsigned int (*run)(struct brain *brain, const struct web_call *call);
} routes[] = {
	{"rouse/boot.ipxe", brain_web_script},
	{"rouse/facts", brain_web_facts},
	{CONFIG_LOCAL_DISK_PATH, answer_local_disk},
	{"rouse/template/", brain_web_template},
	{"rouse/callback/", brain_web_callback},
};

void brain_web_answer(
	struct daemon *daemon, const struct http_request *request, struct http_answer *answer) {
	struct web_call call = {.request = request, .answer = answer};

	if (!strcmp(request->path, "rouse/unlock")) {
		brain_web_unlock(daemon, request, answer);
		return;
	}
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		size_t len = strlen(routes[i].path);
		bool more = routes[i].path[len - 1] == '/';

		if (strncmp(request->path, routes[i].path, len) != 0 ||
			(!more && request->path[len]))
			continue;
		call.rest = request->path + len;
		call.run = routes[i].run;
		ask(daemon, &call);
		return;
	}
	brain_web_say(answer, 404, "there is no such path");
}

// --- files that were sent

struct sent {
	struct http_file_event event;
	char path[HTTP_PATH_MAX + 1];
};

static void convert_sent(const struct sent *sent, struct boot_event *out) {
	const struct http_file_event *event = &sent->event;

	*out = (struct boot_event){
		.carrier = event->tls ? BOOT_CARRIER_HTTPS : BOOT_CARRIER_HTTP,
		.arch = STORE_UNKNOWN_ARCH,
		.address = event->client,
		.bytes = event->bytes,
		.duration_ms = (uint32_t)event->duration_ms,
		.unix_ns = brain_now_ms() * 1000000,
		.name = sent->path,
		.name_len = strlen(sent->path),
	};
	if (event->status == 404)
		out->kind = BOOT_EVENT_FILE_NOT_FOUND;
	else if (event->head)
		out->kind = BOOT_EVENT_FILE_PROBE;
	else
		out->kind = event->whole ? BOOT_EVENT_FILE_DONE : BOOT_EVENT_FILE_FAILED;
}

static unsigned int take_sent(struct daemon *daemon, const void *context, json_t **answer) {
	struct boot_event event;

	(void)answer;
	if (daemon->brain && daemon->config->brain.given) {
		convert_sent(context, &event);
		brain_boots_event(daemon->brain, &event);
	}
	return 200;
}

void brain_web_file_done(struct daemon *daemon, const struct http_file_event *event) {
	struct sent sent = {.event = *event};
	struct daemon_call call = {.run = take_sent, .context = &sent};

	if (!daemon->brain)
		return;
	snprintf(sent.path, sizeof(sent.path), "%s", event->path);
	daemon_ask(daemon, &call);
}
