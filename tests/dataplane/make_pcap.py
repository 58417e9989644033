#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""make_pcap.py SERVER FILE [VLAN]: a capture with an ARP request, an echo request and a read request.
With VLAN: all of them with its tag, with that of the next one, and without one."""
import socket
import struct
import sys

CLIENT_MAC = bytes.fromhex("525400000001")
CLIENT = socket.inet_aton("10.78.0.2")
PORT_MAC = bytes.fromhex("027063617000")  # of the first capture port


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(kind, payload):
    return (PORT_MAC + CLIENT_MAC + struct.pack(">H", kind) + payload).ljust(60, b"\0")


def arp(server):
    return ethernet(0x0806, struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1)
                    + CLIENT_MAC + CLIENT + b"\0" * 6 + server)


def ipv4(server, protocol, payload):
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0,
                         CLIENT, server)
    header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    return ethernet(0x0800, header + payload)


def echo(server):
    body = struct.pack(">BBHHH", 8, 0, 0, 1, 1) + b"are you there"
    body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
    return ipv4(server, 1, body)


def read_request(server):
    payload = b"\0\1text\0octet\0"
    return ipv4(server, 17, struct.pack(">HHHH", 2000, 69, 8 + len(payload), 0) + payload)


def tagged(frame, vlan):
    return frame[:12] + struct.pack(">HH", 0x8100, 0x6000 | vlan) + frame[12:]


def all_frames(server, vlan):
    frames = [arp(server), echo(server), read_request(server)]
    if vlan:
        return [tagged(f, v) for v in (vlan, vlan + 1) for f in frames] + frames
    return frames


def main():
    server = socket.inet_aton(sys.argv[1])
    vlan = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    with open(sys.argv[2], "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i, frame in enumerate(all_frames(server, vlan)):
            out.write(struct.pack("<IIII", i, 0, len(frame), len(frame)) + frame)


if __name__ == "__main__":
    main()
