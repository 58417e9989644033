// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The configuration reader: any bytes give a configuration or errors, never both or neither, and
// what is accepted has option blocks that fit a reply.

#include "config.h"
#include "fuzz.h"
#include "option_block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct config_errors errors;
	static struct option_block block;
	uint8_t *text = fuzz_exact(data, size);
	struct config *config;

	errors.count = 0;
	config = config_parse((const char *)text, size, &errors);
	FUZZ_ASSERT(!config == (errors.count > 0));
	if (config) {
		FUZZ_ASSERT(config->port_count && config->rule_count && config->boot_root);
		FUZZ_ASSERT(config_lease_count(config) <= CONFIG_MAX_LEASES);
		for (uint32_t i = 0; i < config->subnet_count; i++)
			FUZZ_ASSERT(option_block_subnet(&config->subnets[i], &block) == 0);
	}
	config_free(config);
	free(text);
	return 0;
}
