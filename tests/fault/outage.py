# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""outage.py INTERFACE SERVER FILE [PID]: kills the process, then asks every 10 ms until the server has
answered both: an INIT-REBOOT for the lease that this client has held since its first run, and a read
request of FILE's name with FILE's bytes. Prints the milliseconds since the kill, first of DHCP, then of TFTP."""
import os
import select
import signal
import socket
import struct
import sys
import time

MAC = bytes.fromhex("025700000001")
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
PATIENCE_S = 20


def dhcp(kind, xid, options=b""):
    fixed = struct.pack("!BBBBIHH16x", 1, 1, 6, 0, xid, 0, 0x8000) + MAC + bytes(10 + 192)
    return fixed + b"\x63\x82\x53\x63\x35\x01" + bytes([kind]) + options + b"\xff"


def parse(message, xid):
    """Message type and address, or None."""
    if len(message) < 244 or struct.unpack_from("!I", message, 4)[0] != xid:
        return None
    address, options, at = message[16:20], {}, 240
    while at + 1 < len(message) and message[at] != 255:
        if message[at] == 0:
            at += 1
            continue
        options[message[at]] = message[at + 2:at + 2 + message[at + 1]]
        at += 2 + message[at + 1]
    return options[53][0], address


class Dhcp:
    def __init__(self, interface, server):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        self.socket.bind(("0.0.0.0", 68))
        self.server = socket.inet_aton(server)
        self.xid = os.getpid() & 0xffff | 0x57000000
        self.message = None
        self.wanted = None

    def send(self):
        self.socket.sendto(self.message, ("255.255.255.255", 67))

    def receive(self):
        return parse(self.socket.recv(2000), self.xid) == self.wanted

    def exchange(self, kind, options=b""):
        """The address in the reply; for the first lease only."""
        while True:
            self.socket.sendto(dhcp(kind, self.xid, options), ("255.255.255.255", 67))
            if select.select([self.socket], [], [], 1)[0]:
                reply = parse(self.socket.recv(2000), self.xid)
                if reply and reply[0] == kind + (1 if kind == DISCOVER else 2):
                    return reply[1]

    def obtain(self):
        address = self.exchange(DISCOVER)
        return self.exchange(REQUEST, b"\x32\x04" + address + b"\x36\x04" + self.server)

    def ask_for(self, address):
        self.message = dhcp(REQUEST, self.xid, b"\x32\x04" + address)
        self.wanted = (ACK, address)


class Tftp:
    def __init__(self, server, path):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.server = server
        self.request = b"\0\1" + os.path.basename(path).encode() + b"\0octet\0"
        with open(path, "rb") as f:
            self.wanted = b"\0\3\0\1" + f.read()

    def send(self):
        self.socket.sendto(self.request, (self.server, 69))

    def receive(self):
        data, peer = self.socket.recvfrom(2000)
        if data != self.wanted:
            return False
        self.socket.sendto(b"\0\4\0\1", peer)
        return True


def measure(askers, start):
    """Milliseconds until each of them has its answer."""
    took = {}
    while len(took) < len(askers):
        if time.monotonic() - start > PATIENCE_S:
            sys.exit("no answer to %s within %d s" % (
                ", ".join(a.__class__.__name__ for a in askers if a not in took), PATIENCE_S))
        for asker in askers:
            if asker not in took:
                asker.send()
        until = time.monotonic() + 0.01
        while (left := until - time.monotonic()) > 0 and len(took) < len(askers):
            for ready in select.select([a.socket for a in askers if a not in took], [], [], left)[0]:
                asker = next(a for a in askers if a.socket is ready)
                if asker.receive():
                    took[asker] = round((time.monotonic() - start) * 1000)
    return [took[a] for a in askers]


def main(interface, server, path, pid=None):
    lease = os.path.join(os.path.dirname(path), "..", "probe-lease")
    askers = [Dhcp(interface, server), Tftp(server, path)]
    if not os.path.exists(lease):
        with open(lease, "wb") as f:
            f.write(askers[0].obtain())
    with open(lease, "rb") as f:
        askers[0].ask_for(f.read())
    start = time.monotonic()
    if pid:
        os.kill(int(pid), signal.SIGKILL)
    print(*measure(askers, start))


if __name__ == "__main__":
    main(*sys.argv[1:])
