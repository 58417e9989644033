# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""netascii_wire.py SERVER NAME: reads a file in netascii and writes the bytes of its DATA packets to standard
output as they come."""
import socket
import struct
import sys

from wire import read_request

BLKSIZE = 1400


def main(server, name):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(1)
        request = read_request(name, [("blksize", BLKSIZE)], mode=b"netascii")
        s.sendto(request, (server, 69))
        block, peer, tries = 0, None, 0
        while True:
            try:
                packet, source = s.recvfrom(2048)
            except socket.timeout:
                tries += 1
                if tries > 20:
                    sys.exit("FAILED: no answer")
                if not peer:
                    s.sendto(request, (server, 69))
                continue
            peer = peer or source
            if packet.startswith(b"\0\5"):
                sys.exit("FAILED: %r" % packet)
            if packet.startswith(b"\0\3") and packet[2:4] == struct.pack("!H", block + 1 & 0xFFFF):
                block += 1
                sys.stdout.buffer.write(packet[4:])
            s.sendto(struct.pack("!2H", 4, block & 0xFFFF), peer)
            if packet.startswith(b"\0\3") and len(packet) < BLKSIZE + 4:
                return


main(*sys.argv[1:])
