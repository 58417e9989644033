# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""read_at_random.py SERVER CLIENTS SECONDS MANIFEST: that many TFTP clients read files at random for a time.
MANIFEST is JSON, {name: [SHA-256 of each version that it may have]}. Prints a summary as JSON; fails when a
file was not whole, of no version, or refused. After the time every client ends what it reads."""
import hashlib
import json
import random
import select
import socket
import struct
import sys
import time

from wire import read_request

BLKSIZE, WINDOW = 1468, 16
REPEAT_S, PATIENCE_S = 1.0, 20.0


class Client:
    """One transfer after the other, each from a port of its own."""

    def __init__(self, server, manifest, poller):
        self.server, self.manifest, self.poller = server, manifest, poller
        self.socket = None
        self.waits = []  # seconds from each request to its answer

    def begin(self, now):
        self.end()
        self.name = random.choice(self.names())
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.setblocking(False)
        self.poller.register(self.socket, select.EPOLLIN)
        self.peer, self.block, self.since_ack = None, 0, 0
        self.hash = hashlib.sha256()
        self.begun = now
        self.say(now)

    def end(self):
        if self.socket:
            self.poller.unregister(self.socket)
            self.socket.close()
        self.socket = None

    def names(self):
        return list(self.manifest)

    def say(self, now):
        """The request, or the last acknowledgement."""
        if self.peer:
            self.socket.sendto(struct.pack("!2H", 4, self.block & 0xFFFF), self.peer)
        else:
            self.socket.sendto(read_request(self.name, [("blksize", BLKSIZE), ("windowsize", WINDOW),
                                                        ("tsize", 0)]), (self.server, 69))
        self.said, self.since_ack = now, 0

    def take(self, now):
        """True: the file is whole. Raises ValueError when it is not right."""
        for _ in range(WINDOW):
            try:
                packet, peer = self.socket.recvfrom(2048)
            except BlockingIOError:
                return False
            if self.take_one(packet, peer, now):
                return True
        return False

    def take_one(self, packet, peer, now):
        if packet.startswith(b"\0\5"):
            raise ValueError("%s: ERROR %r" % (self.name, packet[2:]))
        if packet.startswith(b"\0\6") and not self.peer:
            self.peer = peer
            self.waits.append(now - self.begun)
            self.say(now)
        elif self.peer == peer and packet[:4] == struct.pack("!2H", 3, (self.block + 1) & 0xFFFF):
            return self.take_block(packet[4:], now)
        return False

    def take_block(self, data, now):
        self.block += 1
        self.since_ack += 1
        self.hash.update(data)
        last = len(data) < BLKSIZE
        if last or self.since_ack == WINDOW:
            self.say(now)
        if last and self.hash.hexdigest() not in self.manifest[self.name]:
            raise ValueError("%s: %d blocks are no version of it" % (self.name, self.block))
        return last

    def look(self, now):
        if now - self.said >= REPEAT_S:
            if now - self.begun >= PATIENCE_S and not self.peer:
                raise ValueError("%s: no answer" % self.name)
            self.say(now)


def main(server, count, seconds, manifest):
    with open(manifest) as file:
        manifest = json.load(file)
    poller = select.epoll()
    clients = [Client(server, manifest, poller) for _ in range(int(count))]
    by_fd, files, errors, stop = {}, 0, [], time.monotonic() + float(seconds)
    looked = 0

    def begin(client, now):
        client.begin(now)
        by_fd[client.socket.fileno()] = client

    for client in clients:
        begin(client, time.monotonic())
    while any(client.socket for client in clients) and time.monotonic() < stop + 40:
        ready = [by_fd[fd] for fd, _ in poller.poll(0.05)]
        now = time.monotonic()
        if now >= looked + 0.1:
            looked, ready = now, ready + [c for c in clients if c.socket and now - c.said >= REPEAT_S]
        for client in ready:
            try:
                done = client.take(now)
                client.look(now)
            except ValueError as error:
                errors.append(str(error))
                done = True
            else:
                files += done
            if done and now < stop:
                begin(client, now)
            elif done:
                client.end()
    errors += ["%s: did not end" % client.name for client in clients if client.socket]
    waits = sorted(wait for client in clients for wait in client.waits)
    print(json.dumps({"files": files, "errors": len(errors), "first_errors": errors[:5],
                      "wait_ms": {"p50": round(waits[len(waits) // 2] * 1000, 1),
                                  "p99": round(waits[len(waits) * 99 // 100] * 1000, 1),
                                  "max": round(waits[-1] * 1000, 1)} if waits else {}}))
    sys.exit(1 if errors else 0)


main(*sys.argv[1:])
