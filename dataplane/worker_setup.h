// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Makes the workers: which queues and sessions each has, the servers of lib in their memory.

#pragma once

#include <stdint.h>

#include "policy.h"
#include "port.h"

struct dataplane;

// A port of the policy as port.h wants it. -EINVAL: a device name that is too long.
int worker_setup_port_config(
	const struct policy *policy, uint16_t index, struct port_config *config);

// All workers with their servers, without ports. 0 or -errno.
int worker_setup(struct dataplane *dp);

// Transfers of the former process go on where their files are still there.
int worker_setup_resume(struct dataplane *dp);

// Gives the queues of a started port to workers, queue i to worker i modulo their number, and tells
// about it in the state region. -ENOSPC: a worker has too many queues.
int worker_setup_port(struct dataplane *dp, const struct port *port);

void worker_setup_undo(struct dataplane *dp);
