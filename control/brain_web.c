// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The paths under /rouse/. The server's threads call the hooks; what concerns nodes is answered by
// the loop, so that each request is one step of it. Passwords are checked in the thread: their
// hashes are made to take long.

#include "brain_web.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brain_internal.h"
#include "brain_web_unlock.h"
#include "config_builtin.h"
#include "control_log.h"
#include "daemon_http.h"
#include "text.h"

struct web_call {
	const struct http_request *request;
	struct http_answer *answer;
	const char *rest; // of the path, behind the route's
	unsigned int (*run)(struct brain *brain, const struct web_call *call);
};

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

// --- facts that iPXE tells

static uint16_t arch_of(const struct http_request *request) {
	static const struct {
		const char *platform, *build;
		uint16_t arch;
	} archs[] = {{"efi", "x86_64", 7}, {"efi", "i386", 6}, {"efi", "arm64", 11},
		{"efi", "arm32", 10}};
	const char *platform = http_request_argument(request, "platform");
	const char *build = http_request_argument(request, "arch");

	if (platform && !strcmp(platform, "pcbios"))
		return 0;
	for (size_t i = 0; platform && build && i < sizeof(archs) / sizeof(archs[0]); i++)
		if (!strcmp(archs[i].platform, platform) && !strcmp(archs[i].build, build))
			return archs[i].arch;
	return STORE_UNKNOWN_ARCH;
}

static const char *fact(const struct http_request *request, const char *name) {
	const char *value = http_request_argument(request, name);

	return value && value[0] && strlen(value) < 128 ? value : NULL;
}

static bool parse_uuid(const char *text, uint8_t uuid[16]) {
	static const uint8_t places[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	char digits[33];
	size_t count = 0;

	for (; text && *text && count < 32; text++)
		if (isxdigit((unsigned char)*text))
			digits[count++] = *text;
		else if (*text != '-')
			return false;
	digits[count] = '\0';
	for (size_t i = 0; count == 32 && i < 16; i++) {
		char byte[3] = {digits[2 * i], digits[2 * i + 1]};

		uuid[places[i]] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return count == 32 && text_uuid_is_set(uuid);
}

static void read_facts(const struct http_request *request, struct node_facts *facts) {
	const char *memory = fact(request, "memsize");

	*facts = (struct node_facts){
		.arch = arch_of(request),
		.memory_mb = memory ? (uint32_t)strtoul(memory, NULL, 10) : 0,
		.manufacturer = fact(request, "manufacturer"),
		.product = fact(request, "product"),
		.serial = fact(request, "serial"),
		.asset = fact(request, "asset"),
	};
	facts->has_uuid = parse_uuid(http_request_argument(request, "uuid"), facts->uuid);
}

// A machine speaks of itself: the address that it comes from is not another node's.
static struct brain_node *asking(struct brain *brain, const struct web_call *call) {
	const char *text = http_request_argument(call->request, "mac");
	char name[STORE_NODE_NAME_SIZE];
	struct node_facts facts;
	uint8_t mac[6], owner[6];

	if (!text || text_parse_mac(text, mac) < 0 || !text_mac_is_machine(mac)) {
		brain_web_say(call->answer, 400, "mac= is missing, or is no machine's MAC address");
		return NULL;
	}
	if (brain_who(brain, call->request->client, owner, name) && memcmp(owner, mac, 6) != 0) {
		brain_web_say(
			call->answer, 403, "this address is that of another machine, %s", name);
		return NULL;
	}
	read_facts(call->request, &facts);
	return brain_seen(brain, mac, call->request->client, &facts);
}

static unsigned int answer_facts(struct brain *brain, const struct web_call *call) {
	return asking(brain, call) ? brain_web_say(call->answer, 200, "thank you")
				   : call->answer->status;
}

static unsigned int give(struct http_answer *answer, char *text, size_t len, const char *type) {
	*answer = (struct http_answer){
		.status = 200, .content_type = type, .body = text, .body_len = len};
	return 200;
}

static void tell_script(struct brain *brain, const uint8_t mac[6], const char *name, size_t len) {
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

// The script of exactly this machine, which may have become a node just now.
static unsigned int answer_script(struct brain *brain, const struct web_call *call) {
	struct brain_node *node = asking(brain, call);
	struct store_node record;
	struct arena arena = {0};
	char *text, why[BRAIN_WHY];
	size_t len;
	int rc;

	if (!node)
		return call->answer->status ? call->answer->status
					    : brain_web_say(call->answer, 503, "too many machines");
	brain_node_make(brain, node);
	rc = store_node_get(brain->store, node->mac, &arena, &record);
	if (rc == 0)
		rc = brain_render(brain, &record, RENDER_IPXE, &text, &len, why);
	if (rc == 0 && !brain_commit(brain))
		rc = -EIO;
	if (rc == 0) {
		tell_script(brain, node->mac, "boot.ipxe", len);
		give(call->answer, text, len, "text/plain");
	} else {
		brain_web_say(call->answer, 500, "%s: %s", record.name, why);
	}
	arena_free(&arena);
	return call->answer->status;
}

// --- URLs of a node

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
		tell_script(brain, bearer->node.mac, bearer->rest, len);
	}
	return give(call->answer, text, len, type_of(bearer->rest));
}

static unsigned int answer_template(struct brain *brain, const struct web_call *call) {
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

static unsigned int take_report(
	struct brain *brain, const struct web_call *call, const struct bearer *bearer) {
	static const struct {
		const char *name;
		uint8_t kind;
		bool once;
	} states[] = {{"installing", NODE_CALLBACK_INSTALLING, false},
		{"installed", NODE_CALLBACK_INSTALLED, true},
		{"failed", NODE_CALLBACK_FAILED, true}};
	const char *reason = http_request_argument(call->request, "reason");

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(states[i].name, bearer->rest) != 0)
			continue;
		if (!strcmp(call->request->method, "HEAD"))
			return brain_web_say(call->answer, 405, "GET, POST or PUT reports");
		if (states[i].once && !use_up(brain, call, bearer, "callback"))
			return call->answer->status;
		report(brain, bearer, states[i].kind, reason);
		return brain_commit(brain)
			       ? brain_web_say(call->answer, 200, "thank you")
			       : brain_web_say(call->answer, 503, "the store cannot be written");
	}
	return brain_web_say(call->answer, 404, "report installing, installed or failed");
}

static unsigned int answer_callback(struct brain *brain, const struct web_call *call) {
	struct bearer bearer = {0};

	if (admit(brain, call, TOKEN_CALLBACK, &bearer))
		take_report(brain, call, &bearer);
	arena_free(&bearer.arena);
	return call->answer->status;
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
		tell_script(brain, node->mac, call->request->path, text->len);
	return give(call->answer, copy, text->len, "text/plain");
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
	{"rouse/boot.ipxe", answer_script},
	{"rouse/facts", answer_facts},
	{CONFIG_LOCAL_DISK_PATH, answer_local_disk},
	{"rouse/template/", answer_template},
	{"rouse/callback/", answer_callback},
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
