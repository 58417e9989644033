// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Ethernet frames out of a capture in memory: pcap, as tcpdump writes it, or pcapng, as Wireshark
// and tshark do. Pure; every length in it is doubted.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

#define STORM_PCAP_INTERFACES 32u // of a section of pcapng; frames of further ones are left out

struct storm_pcap {
	struct reader r;
	bool little; // the file's byte order
	bool blocks; // pcapng
	uint32_t interfaces;
	uint32_t ethernet; // of them: bit by number
	uint32_t snaplen;  // of the first one; 0: none
};

// bytes must outlive it. -EBADMSG: neither format, or a pcap of another link than Ethernet.
int storm_pcap_open(struct storm_pcap *p, const uint8_t *bytes, size_t len);
// The next Ethernet frame, as much of it as was captured; NULL at the end, or where the file is
// cut.
const uint8_t *storm_pcap_next(struct storm_pcap *p, uint32_t *len);
