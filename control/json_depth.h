// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// How deep JSON is nested, looked at before a parser that recurses sees it. Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>

// Whether more than max arrays and objects are open at once, outside of strings. It reads as far as
// that takes, without recursion, and does not judge whether the text is JSON.
bool json_is_deeper(const char *text, size_t len, size_t max);
