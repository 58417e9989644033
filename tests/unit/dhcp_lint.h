// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Judges a DHCP reply by the RFCs and by what EDK2 and iPXE accept. Written without the server's
// parser and builder, so that a mistake there is not repeated here.

#pragma once

#include <stddef.h>
#include <stdint.h>

enum dhcp_lint_flags {
	DHCP_LINT_ALLOW_CLASS = 1, // the configuration sends option 60
	DHCP_LINT_PXE = 2,         // option 43 is PXE's where 60 says so
	DHCP_LINT_PROXY = 4,       // ProxyDHCP, or a boot server: there is no lease
};

// What is wrong with reply as an answer to request, or NULL.
const char *dhcp_lint(const uint8_t *request, size_t request_len, const uint8_t *reply,
	size_t reply_len, uint32_t flags);
