# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""held_read.py SERVER NAME FILE GO: reads NAME into FILE. After the first blocks it hardly moves until
the file GO exists, so that something can happen meanwhile."""
import os
import socket
import struct
import sys
import time

from wire import check, read_request

BLKSIZE, HELD_AT = 1468, 20


def main(server, name, path, go):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.sendto(read_request(name, [("blksize", BLKSIZE)]), (server, 69))
    packet, peer = s.recvfrom(2000)
    check(packet.startswith(b"\0\6"), "%r" % packet)
    block = 0
    with open(path, "wb") as file:
        while True:
            s.sendto(struct.pack("!2H", 4, block & 0xFFFF), peer)
            if len(packet) < 4 + BLKSIZE and packet.startswith(b"\0\3"):
                return
            want = struct.pack("!2H", 3, (block + 1) & 0xFFFF)
            while not (packet := s.recv(2000)).startswith(want):
                check(not packet.startswith(b"\0\5"), "block %d: %r" % (block, packet))
            file.write(packet[4:])
            block += 1
            if block == HELD_AT:
                print("held", flush=True)
            if block >= HELD_AT and not os.path.exists(go):
                time.sleep(0.1)


main(*sys.argv[1:])
