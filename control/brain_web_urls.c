// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The URLs that a node's texts name: its templates, and its callback. Each has a token.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brain_web_internal.h"
#include "control_log.h"
#include "daemon_http.h"
#include "text.h"

struct bearer {
	struct arena arena;
	struct store_node node;
	const char *rest; // behind the token
	uint64_t serial;
	int64_t expires_unix_s;
};

// "NODE/SERIAL-EXPIRY/TOKEN/REST" into its parts. False: answered.
static bool split(const struct web_call *call, char node[STORE_NODE_NAME_SIZE],
	char ticket[BRAIN_URL_SIZE], const char **rest) {
	const char *first = strchr(call->rest, '/');
	const char *second = first ? strchr(first + 1, '/') : NULL;
	const char *third = second ? strchr(second + 1, '/') : NULL;

	if (!third || first == call->rest || first - call->rest >= STORE_NODE_NAME_SIZE ||
		third - first > BRAIN_URL_SIZE) {
		brain_web_say(call->answer, 404, "there is no such path");
		return false;
	}
	snprintf(node, STORE_NODE_NAME_SIZE, "%.*s", (int)(first - call->rest), call->rest);
	snprintf(ticket, BRAIN_URL_SIZE, "%.*s", (int)(third - first - 1), first + 1);
	*rest = third + 1;
	return true;
}

// What somebody on the network asks again and again must not fill the log.
static bool refuse(const struct brain *brain, const struct web_call *call, const char *node,
	unsigned int status, const char *sentence) {
	char ip[TEXT_IP_SIZE], clean[4 * STORE_NODE_NAME_SIZE];

	if (daemon_http_may_tell(brain->daemon))
		control_log(CONTROL_WARNING, "http: %s: a URL of node %s is refused: %s",
			text_ip(call->request->client, ip),
			text_clean(node, strlen(node), clean, sizeof(clean)), sentence);
	brain_web_say(call->answer, status, "%s", sentence);
	return false;
}

static uint32_t address_of(const struct brain *brain, const struct store_node *node) {
	const struct config_host *host = config_host_by_mac(brain->daemon->config, node->mac);

	return host && host->address ? host->address : node->address;
}

// Who asks, by token and address. False: answered.
static bool admit(struct brain *brain, const struct web_call *call, enum token_purpose purpose,
	struct bearer *bearer) {
	char name[STORE_NODE_NAME_SIZE], ticket[BRAIN_URL_SIZE];
	int rc;

	if (!split(call, name, ticket, &bearer->rest))
		return false;
	if (store_node_find(brain->store, name, &bearer->arena, &bearer->node) < 0)
		return refuse(brain, call, name, 403, "its token is wrong");
	rc = brain_ticket_check(
		brain, bearer->node.mac, purpose, ticket, &bearer->serial, &bearer->expires_unix_s);
	if (rc == -ETIME)
		return refuse(brain, call, name, 410, "it has expired: start the machine again");
	if (rc < 0)
		return refuse(brain, call, name, 403, "its token is wrong");
	if (address_of(brain, &bearer->node) != call->request->client)
		return refuse(brain, call, name, 403, "it is for another address");
	return true;
}

static bool use_up(struct brain *brain, const struct web_call *call, const struct bearer *bearer,
	const char *purpose) {
	int rc;

	brain_write(brain);
	rc = store_token_use(brain->store, purpose, bearer->node.mac, bearer->serial, brain->now_ms,
		bearer->expires_unix_s);
	if (rc == -EEXIST)
		return refuse(brain, call, bearer->node.name, 410, "it was used: it is good once");
	if (rc < 0 || !brain_commit(brain))
		return refuse(brain, call, bearer->node.name, 503, "the store cannot be written");
	brain_ticket_used(brain, bearer->node.mac, bearer->serial);
	return true;
}

static const char *type_of(const char *name) {
	const char *end = strrchr(name, '.');

	if (end && (!strcmp(end, ".json") || !strcmp(end, ".ign")))
		return "application/json";
	return end && (!strcmp(end, ".yaml") || !strcmp(end, ".yml")) ? "application/yaml"
								      : "text/plain";
}

static unsigned int render_for(
	struct brain *brain, const struct web_call *call, const struct bearer *bearer) {
	char purpose[HTTP_PATH_MAX + 16], why[BRAIN_WHY], *text;
	size_t len;
	int rc = brain_template(
		brain, &bearer->node, bearer->rest, call->request->tls, &text, &len, why);

	if (rc < 0) {
		refuse(brain, call, bearer->node.name,
			rc == -EPERM    ? 403
			: rc == -ENOENT ? 404
					: 500,
			why);
		return call->answer->status;
	}
	snprintf(purpose, sizeof(purpose), "template/%s", bearer->rest);
	if (strcmp(call->request->method, "HEAD") != 0) {
		if (!use_up(brain, call, bearer, purpose)) {
			free(text);
			return call->answer->status;
		}
		brain_web_tell_script(brain, bearer->node.mac, bearer->rest, len);
	}
	return brain_web_give(call->answer, text, len, type_of(bearer->rest));
}

unsigned int brain_web_template(struct brain *brain, const struct web_call *call) {
	struct bearer bearer = {0};

	if (admit(brain, call, TOKEN_TEMPLATE, &bearer))
		render_for(brain, call, &bearer);
	arena_free(&bearer.arena);
	return call->answer->status;
}

// --- callbacks

static void report(
	struct brain *brain, const struct bearer *bearer, uint8_t kind, const char *reason) {
	char clean[NODE_REASON_SIZE] = "";
	struct node_event event = {.kind = kind, .unix_ms = brain->now_ms, .reason = clean};
	struct boot_event boot = {
		.kind = BOOT_EVENT_CALLBACK,
		.arch = STORE_UNKNOWN_ARCH,
		.unix_ns = brain->now_ms * 1000000,
		.name = bearer->rest,
		.name_len = strlen(bearer->rest),
		.text = reason,
		.text_len = reason ? strlen(reason) : 0,
	};

	if (reason)
		text_clean_utf8(reason, strlen(reason), clean, sizeof(clean));
	memcpy(boot.mac, bearer->node.mac, 6);
	brain_life(brain, bearer->node.mac, &event);
	brain_boots_event(brain, &boot);
}

static char *blanks(char *text) {
	for (char *at = text; (at = strchr(at, '+'));)
		*at = ' ';
	return text;
}

// From the query, or from a form that is posted. In both curl writes a blank as +.
static const char *reason_of(const struct http_request *request, struct arena *arena) {
	struct http_argument fields[HTTP_ARGUMENTS_MAX];
	const char *reason = http_request_argument(request, "reason");
	char *form;
	int count;

	if (reason)
		return blanks(arena_text(arena, reason, strlen(reason)));
	form = arena_text(arena, request->body, request->body_len);
	if (strlen(form) != request->body_len)
		return NULL;
	count = http_path_arguments(blanks(form), fields);
	for (int i = 0; i < count; i++)
		if (!strcmp(fields[i].name, "reason"))
			return fields[i].value;
	return NULL;
}

static unsigned int take_report(struct brain *brain, const struct web_call *call,
	const struct bearer *bearer, const char *reason) {
	static const struct {
		const char *name;
		uint8_t kind;
		bool once;
	} states[] = {{"installing", NODE_CALLBACK_INSTALLING, false},
		{"installed", NODE_CALLBACK_INSTALLED, true},
		{"failed", NODE_CALLBACK_FAILED, true}};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(states[i].name, bearer->rest) != 0)
			continue;
		if (!strcmp(call->request->method, "HEAD")) {
			brain_web_say(call->answer, 405, "GET, POST or PUT reports");
			call->answer->allow = "GET, POST, PUT";
			return call->answer->status;
		}
		if (states[i].once && !use_up(brain, call, bearer, "callback"))
			return call->answer->status;
		report(brain, bearer, states[i].kind, reason);
		return brain_commit(brain)
			       ? brain_web_say(call->answer, 200, "thank you")
			       : brain_web_say(call->answer, 503, "the store cannot be written");
	}
	return brain_web_say(call->answer, 404, "report installing, installed or failed");
}

unsigned int brain_web_callback(struct brain *brain, const struct web_call *call) {
	struct bearer bearer = {0};

	if (admit(brain, call, TOKEN_CALLBACK, &bearer))
		take_report(brain, call, &bearer, reason_of(call->request, &bearer.arena));
	arena_free(&bearer.arena);
	return call->answer->status;
}
