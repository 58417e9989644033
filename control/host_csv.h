// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Hosts out of a table: CSV (RFC 4180) with a header line, as spreadsheets write it: cells divided
// by commas, semicolons or tabs, with or without a byte order mark, lines ending with LF or CRLF.
// Columns are name, mac, address, role, profile, and var.NAME for a variable; name and mac are
// needed. Pure.

#pragma once

#include "host_list.h"

// Adds all hosts to list; what is wrong is noted there.
void host_csv_read(struct host_list *list, const char *text, size_t len);
