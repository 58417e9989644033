// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "brain_web_unlock.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brain_internal.h"
#include "control_log.h"
#include "daemon_http.h"
#include "passwords.h"
#include "text.h"

// Guesses of one machine: so many, and one more each so often. The table is small, and a machine
// whose place another takes begins anew, as an attacker with many addresses could anyway.
#define GUESSES     5u
#define GUESS_EVERY 60 // seconds
#define GUESSERS    1024u

struct guesser {
	uint32_t address;
	uint32_t wrong;
	int64_t since_s;
};

static struct {
	pthread_mutex_t lock; // one hash at a time: they are meant to be slow
	struct guesser list[GUESSERS];
} guesses = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct wish {
	const struct http_request *request;
	struct http_answer *answer;
	struct http_argument form[HTTP_ARGUMENTS_MAX];
	int form_count;
	char hash[256]; // of the item
	bool found;
	bool open;
	const char *notice;
};

static const char *argument(const struct wish *wish, const char *name) {
	for (int i = 0; i < wish->form_count; i++)
		if (!strcmp(wish->form[i].name, name))
			return wish->form[i].value;
	return http_request_argument(wish->request, name);
}

// --- in the loop

static const struct config_entry *find_item(
	const struct daemon *daemon, const struct wish *wish, const struct config_menu **menu) {
	const char *item = argument(wish, "item"), *target = argument(wish, "target");
	const struct config_entry *entry;
	unsigned long index;

	*menu = config_menu_find(&daemon->config->brain, argument(wish, "menu"));
	if (!*menu || !item || !target)
		return NULL;
	index = strtoul(item, NULL, 10);
	entry = index < (*menu)->entry_count ? &(*menu)->entries[index] : NULL;
	if (!entry || !entry->password || !config_entry_target(entry) ||
		strcmp(config_entry_target(entry), target) != 0)
		return NULL;
	return entry;
}

static unsigned int look_up(struct daemon *daemon, const void *context, json_t **answer) {
	struct wish *wish = *(struct wish *const *)context;
	const struct config_menu *menu;
	const struct config_entry *entry = find_item(daemon, wish, &menu);

	(void)answer;
	wish->found = entry != NULL;
	if (entry)
		snprintf(wish->hash, sizeof(wish->hash), "%s", entry->password);
	return 200;
}

static unsigned int render_answer(struct daemon *daemon, const void *context, json_t **answer) {
	struct wish *wish = *(struct wish *const *)context;
	const struct config_menu *menu;
	const struct config_entry *entry = find_item(daemon, wish, &menu);
	char *text, why[BRAIN_WHY];
	size_t len;
	int rc;

	(void)answer;
	if (!daemon->brain || !entry)
		return brain_web_say(wish->answer, 404, "the menu has changed: ask again");
	daemon->brain->now_ms = brain_now_ms();
	rc = brain_render_menu(daemon->brain, wish->request->client, menu,
		wish->open ? entry : NULL, wish->notice, &text, &len, why);
	if (rc < 0)
		return brain_web_say(wish->answer, rc == -ENOENT ? 403 : 500, "%s", why);
	*wish->answer = (struct http_answer){.status = 200, .body = text, .body_len = len};
	return 200;
}

// --- in the server's thread

static bool may_guess(struct guesser *guesser, uint32_t address, int64_t now_s) {
	if (guesser->address != address)
		*guesser = (struct guesser){.address = address, .since_s = now_s};
	while (guesser->wrong && now_s >= guesser->since_s + GUESS_EVERY) {
		guesser->wrong--;
		guesser->since_s += GUESS_EVERY;
	}
	return guesser->wrong < GUESSES;
}

// As iPXE sends it: two hexadecimal digits for each byte, since a query is decoded and coded again
// on its way. False: there is none, or it is not that.
static bool read_password(const struct wish *wish, char out[PASSWORD_LEN_MAX + 1]) {
	const char *digits = argument(wish, "password_hex");
	size_t len = digits ? strlen(digits) : 0;
	unsigned int byte;

	if (!len || len % 2 || len / 2 > PASSWORD_LEN_MAX)
		return false;
	for (size_t i = 0; i < len / 2; i++) {
		if (strspn(digits + 2 * i, "0123456789abcdefABCDEF") < 2 ||
			sscanf(digits + 2 * i, "%2x", &byte) != 1 || !byte)
			return false;
		out[i] = (char)byte;
	}
	out[len / 2] = '\0';
	return true;
}

static bool knows_password(const struct wish *wish) {
	char password[PASSWORD_LEN_MAX + 1];
	bool knows = read_password(wish, password) && password_check(wish->hash, password);

	gnutls_memset(password, 0, sizeof(password));
	return knows;
}

static void judge(struct daemon *daemon, struct wish *wish) {
	uint32_t address = wish->request->client;
	struct guesser *guesser = &guesses.list[address * UINT32_C(2654435761) % GUESSERS];
	int64_t now_s = brain_now_ms() / 1000;
	char ip[TEXT_IP_SIZE];

	pthread_mutex_lock(&guesses.lock);
	if (!may_guess(guesser, address, now_s)) {
		wish->notice = "too many wrong passwords: wait a minute";
	} else if (knows_password(wish)) {
		guesser->wrong = 0;
		wish->open = true;
	} else {
		if (!guesser->wrong++)
			guesser->since_s = now_s;
		wish->notice = "the password is wrong";
	}
	pthread_mutex_unlock(&guesses.lock);
	if (!wish->open && !daemon_http_may_tell(daemon))
		return;
	control_log(wish->open ? CONTROL_NOTICE : CONTROL_WARNING, "menu %s: %s %s item %s",
		argument(wish, "menu"), text_ip(address, ip), wish->open ? "opened" : "was refused",
		argument(wish, "target"));
}

static void read_form(struct wish *wish, char **copy) {
	*copy = mem_alloc(wish->request->body_len + 1);
	memcpy(*copy, wish->request->body, wish->request->body_len);
	wish->form_count = http_path_arguments(*copy, wish->form);
}

static void ask(struct daemon *daemon, struct wish *wish,
	unsigned int (*run)(struct daemon *daemon, const void *context, json_t **answer)) {
	struct daemon_call call = {.run = run, .context = &wish};

	if (!daemon_ask(daemon, &call))
		brain_web_say(wish->answer, 503, "the server ends");
}

void brain_web_unlock(
	struct daemon *daemon, const struct http_request *request, struct http_answer *answer) {
	struct wish wish = {.request = request, .answer = answer};
	char *copy = NULL;

	if (request->body_len)
		read_form(&wish, &copy);
	ask(daemon, &wish, look_up);
	if (!wish.found) {
		brain_web_say(answer, 404, "the menu has no such item: ask for it again");
	} else {
		judge(daemon, &wish);
		ask(daemon, &wish, render_answer);
	}
	free(copy);
}
