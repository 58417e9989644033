// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The configuration reader: any bytes give a configuration or errors, never both or neither, and
// what is accepted has option blocks that fit a reply. A host can be added to it, or it is told why
// not.

#include "config.h"
#include "config_edit.h"
#include "fuzz.h"
#include "option_block.h"

static void add_host(const uint8_t *text, size_t size) {
	static const struct config_new_host host = {
		.name = "n009", .mac = {0x52, 0x54, 0, 0, 0, 9}, .address = 0x0a4d0037};
	char why[256] = "";
	char *edited = config_edit_add_host((const char *)text, size, &host, why);

	FUZZ_ASSERT(!edited == (why[0] != 0));
	free(edited);
}

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
		add_host(text, size);
	}
	config_free(config);
	free(text);
	return 0;
}
