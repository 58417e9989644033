// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What http: and tls: mean together, and whether anything would listen.

#include "config_check.h"

// The kernel has the address of these; vdev and pci ports are ours alone, without TCP.
static bool has_kernel_port(const struct config *config) {
	for (uint32_t i = 0; i < config->port_count; i++)
		if (config->ports[i].kind <= POLICY_DEVICE_AF_PACKET)
			return true;
	return false;
}

void config_check_http(const struct config *config, struct config_errors *errors) {
	const struct config_http *http = &config->http;
	const struct config_tls *tls = &config->tls;

	if (tls->given && !http->given)
		config_error_add(errors, tls->line, "tls",
			"HTTPS is a part of http: add http: {}, or http: {port: 0} for HTTPS only");
	if (!http->given)
		return;
	if (!http->port && !tls->given)
		config_error_add(errors, http->line, "http.port",
			"without plain HTTP and without tls: nothing listens: remove http:, or add "
			"tls:");
	if (tls->given && http->port == http->tls_port)
		config_error_add(errors, http->line, "http.tls_port",
			"must be another port than that of plain HTTP");
	if (http->max_per_client > http->max_connections)
		config_error_add(errors, http->line, "http.max_per_client",
			"%u of one client are more than max_connections: %u", http->max_per_client,
			http->max_connections);
	if (!has_kernel_port(config))
		config_error_add(errors, http->line, "http",
			"needs a port of af_xdp or af_packet: the kernel, which speaks HTTP, has "
			"no address of others");
}
