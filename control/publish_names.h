// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The names that files have in a snapshot: everybody's, and with node_dir those of single hosts.
// What lies in node_dir/NAME/ is what the host of that name finds at boot_root; nobody else finds
// it anywhere. Texts that control renders have names, too; a file of the operator's with the same
// name is served in place of them.

#pragma once

#include "config.h"
#include "image_table.h"
#include "policy_build.h"

// After the hosts, whose indexes the names refer to. The number of files in node_dir that belong to
// no host, and the first of them, for a sentence.
struct publish_orphans {
	size_t count;
	const char *first;
};

struct publish_orphans publish_names(struct policy_builder *builder, const struct config *config,
	const struct image_table *images);

// Whether a host has a file of its own by this name, in any case.
bool publish_some_host_has(
	const struct config *config, const struct image_table *images, const char *name);

// Whether a rendered text has this name for every machine.
bool publish_is_rendered(const struct image_table *images, const char *name);

// Whether a rule is published: one that comes with Rouse is only if its file is there.
bool publish_rule_applies(const struct image_table *images, const struct config_rule *rule);

// What option 13 tells of a boot file; 0: nothing, as it is not ours, or not the same for
// everybody.
uint32_t publish_file_blocks(const struct config *config, const struct image_table *images,
	const char *file, uint32_t next_server);
