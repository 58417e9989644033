// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Hosts of another program's list: each is sound or noted, and those that are not there twice can
// be added to a configuration, or it is told of which host what is wrong.

#pragma once

#include "config_edit.h"
#include "fuzz.h"
#include "host_list.h"

#define FUZZ_BASE                                                                                  \
	"boot_root: /srv/rouse\n"                                                                  \
	"ports: [{device: \"af_xdp:eth1\", address: 10.0.0.1/8}]\n"                                \
	"subnets: [{network: 10.0.0.0/8}]\n"                                                       \
	"boot: [{file: a}]\n"                                                                      \
	"hosts:\n  - {name: n001, mac: \"52:54:00:00:00:01\", address: 10.77.0.11}\n"

static inline void fuzz_add(struct host_list *list) {
	static struct config_errors errors;
	char *edited;

	errors.count = 0;
	edited = config_edit_add_hosts(
		FUZZ_BASE, sizeof(FUZZ_BASE) - 1, list->hosts, list->count, &errors);
	FUZZ_ASSERT(!edited == (errors.count > 0));
	for (size_t i = 0; i < errors.count && i < CONFIG_ERRORS_MAX; i++)
		FUZZ_ASSERT(errors.list[i].line < CONFIG_EDIT_NEW + list->count);
	free(edited);
}

static inline void fuzz_host_list(struct host_list *list) {
	static struct config_errors errors;
	struct config *config = config_parse(FUZZ_BASE, sizeof(FUZZ_BASE) - 1, &errors);

	FUZZ_ASSERT(config && list->count <= HOST_LIST_MAX);
	for (size_t i = 0; i < list->count; i++) {
		FUZZ_ASSERT(list->hosts[i].name[0] && list->lines[i]);
		FUZZ_ASSERT(list->hosts[i].var_count <= HOST_VARS_MAX);
	}
	host_list_check(list, config);
	host_list_sort_notes(list);
	for (size_t i = 0; i < list->note_count && i < HOST_NOTES_MAX; i++)
		FUZZ_ASSERT(list->notes[i].line && list->notes[i].text[0]);
	if (!list->bad_count)
		fuzz_add(list);
	config_free(config);
	host_list_free(list);
}
