// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "adoption.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

static void say_refused(
	const struct adoption_view *view, uint64_t published, char out[ADOPTION_TEXT]) {
	char why[1024];

	text_clean(view->refusal, strlen(view->refusal), why, sizeof(why));
	snprintf(out, ADOPTION_TEXT, "the dataplane refuses policy %llu and goes on with %llu: %s",
		(unsigned long long)published, (unsigned long long)view->adopted, why);
}

static void say_waiting(
	const struct adoption_view *view, uint64_t published, char out[ADOPTION_TEXT]) {
	snprintf(out, ADOPTION_TEXT,
		"the dataplane has not taken policy %llu for over %u s, it goes on with %llu: "
		"its log may tell why, or restart it",
		(unsigned long long)published, ADOPTION_PATIENCE_MS / 1000,
		(unsigned long long)view->adopted);
}

// A dataplane that moves on is only late.
static uint64_t behind_ms(
	struct adoption *adoption, const struct adoption_view *view, uint64_t now_ms) {
	if (!adoption->since_ms || adoption->adopted != view->adopted)
		adoption->since_ms = now_ms;
	adoption->adopted = view->adopted;
	return now_ms - adoption->since_ms;
}

bool adoption_check(struct adoption *adoption, const struct adoption_view *view, uint64_t published,
	uint64_t now_ms, char out[ADOPTION_TEXT]) {
	bool refused;
	uint64_t waited_ms;

	if (!view || !published || view->adopted == published) {
		adoption->since_ms = 0;
		return false;
	}
	waited_ms = behind_ms(adoption, view, now_ms);
	refused = view->refused == published;
	if (adoption->told == published || (!refused && waited_ms < ADOPTION_PATIENCE_MS))
		return false;
	if (adoption->told_ms && now_ms - adoption->told_ms < ADOPTION_QUIET_MS)
		return false;
	adoption->told = published;
	adoption->told_ms = now_ms;
	if (refused)
		say_refused(view, published, out);
	else
		say_waiting(view, published, out);
	return true;
}
