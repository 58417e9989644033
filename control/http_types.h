// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The content type that a file's name stands for. Pure.

#pragma once

#include <stdbool.h>

// uefi: the client is firmware's HTTP boot, which mounts a disk image by its type alone.
const char *http_types_of(const char *path, bool uefi);
