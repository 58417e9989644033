#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""A router that has no IPv6 to give: router.py INTERFACE

Debian's iPXE asks for an IPv6 router beside DHCP, and waits 15 s for one before it loads its file. This
one answers that there are no addresses, no DHCPv6 and no way out (RFC 4861, 4.2), so it goes on at once.
"""
import socket
import struct
import sys

import wire

OWN_MAC = bytes.fromhex("020000000a01")
OWN_ADDRESS = socket.inet_pton(socket.AF_INET6, "fe80::a:1")
IPV6 = 0x86DD
ICMPV6 = 58
ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT = 133, 134
HOP_LIMIT = 255  # others come from elsewhere, RFC 4861, 6.1


def is_solicitation(frame):
    return len(frame) >= 62 and frame[20] == ICMPV6 and frame[21] == HOP_LIMIT and \
        frame[54] == ROUTER_SOLICITATION


def advertisement(to_mac, to_address):
    body = struct.pack("!BBHBBHII", ROUTER_ADVERTISEMENT, 0, 0, 64, 0, 0, 0, 0)
    pseudo = OWN_ADDRESS + to_address + struct.pack("!II", len(body), ICMPV6)
    body = body[:2] + struct.pack("!H", wire.checksum(pseudo + body)) + body[4:]
    header = struct.pack("!IHBB", 6 << 28, len(body), ICMPV6, HOP_LIMIT) + OWN_ADDRESS + to_address
    return to_mac + OWN_MAC + struct.pack("!H", IPV6) + header + body


def main():
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(IPV6))
    link.bind((sys.argv[1], 0))
    print("waiting", flush=True)
    while True:
        frame = link.recv(2048)
        if is_solicitation(frame):
            link.send(advertisement(frame[6:12], frame[22:38]))


if __name__ == "__main__":
    main()
