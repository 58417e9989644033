// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// ARP and ICMP echo on ports that the kernel does not have.

#pragma once

#include <stddef.h>
#include <stdint.h>

struct worker;

// Answers the frame if it asks for the port's address, and counts it.
void port_responder_answer(struct worker *w, uint16_t port, const uint8_t *frame, size_t len);
