// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// ARP and ICMP echo replies, for ports that the kernel does not have (vdev, pci).

#pragma once

#include <stddef.h>
#include <stdint.h>

// Answers an ARP request or an ICMP echo request for own into reply (size bytes, not the frame's
// own). Returns the reply's length, 0 if the frame is none of these or not for us.
size_t arp_answer(const uint8_t *frame, size_t len, uint32_t own, const uint8_t own_mac[6],
	uint8_t *reply, size_t size);
