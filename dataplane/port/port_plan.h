// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Between port_plan.c and port.c.

#pragma once

#include "port.h"

// The arguments of a vdev: what stands behind the first comma, without what only we know. As
// snprintf.
int port_vdev_args(const struct port *port, char *args, size_t size);
