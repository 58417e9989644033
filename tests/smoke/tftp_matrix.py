# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""tftp_matrix.py SERVER TREE SHORT: reads files of TREE with a sample of all combinations of options and
holds the server to the exact OACK, to every byte, and to no packet too many. SHORT: every fifth."""
import itertools
import socket
import struct
import sys

from wire import check, read_request

MTU_LIMIT = 1468  # 1500 - 32
WINDOW_LIMIT = 64
RANGES = {"blksize": (8, 65464), "windowsize": (1, 65535), "timeout": (1, 255)}
LIMITS = {"blksize": MTU_LIMIT, "windowsize": WINDOW_LIMIT}


def granted(asked, size):
    """What the OACK must hold, in its order: RFC 2347, and of a repeated option the first counts."""
    answer, seen = [], set()
    for name, value in asked:
        name = name.lower()
        if name in seen:
            continue
        seen.add(name)
        if name == "tsize":
            if size:  # curl takes a tsize of 0 for an error
                answer.append((name, size))
        elif name in RANGES and str(value).isdigit():
            low, high = RANGES[name]
            if low <= int(value) <= high:
                answer.append((name, min(int(value), LIMITS.get(name, high))))
    return answer


class Transfer:
    def __init__(self, server, name, asked, size):
        self.what = "%s %s" % (name, asked)
        self.answer = granted(asked, size)
        values = dict(self.answer)
        self.blksize, self.window = values.get("blksize", 512), values.get("windowsize", 1)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.settimeout(5)
        self.peer = None
        self.request = read_request(name, asked)
        self.socket.sendto(self.request, (server, 69))

    def receive(self):
        try:
            packet, peer = self.socket.recvfrom(70000)
        except TimeoutError:
            sys.exit("FAILED: %s: silence" % self.what)
        check(self.peer in (None, peer), "%s: a packet from %s" % (self.what, peer))
        self.peer = peer
        return packet

    def acknowledge(self, block):
        self.socket.sendto(struct.pack("!2H", 4, block & 0xFFFF), self.peer)

    def negotiate(self):
        if not self.answer:
            return
        want = b"\0\6" + b"".join(
            b"%s\0%d\0" % (name.encode(), value) for name, value in self.answer)
        while (packet := self.receive()) != want:
            sys.exit("FAILED: %s: OACK %r, expected %r" % (self.what, packet, want))
        self.acknowledge(0)

    def run(self, content):
        """Go-back-N on the receiver's side, so that a busy machine's late repeats do no harm."""
        self.negotiate()
        block, left, count = 1, self.window, len(content) // self.blksize + 1
        while block <= count:
            packet = self.receive()
            if packet[:2] == b"\0\6":
                continue  # repeated while our ACK was on its way
            check(packet[:2] == b"\0\3", "%s: %r" % (self.what, packet[:40]))
            ahead = (struct.unpack("!H", packet[2:4])[0] - block) & 0xFFFF
            check(ahead < self.window or ahead > 0xFFFF - 2 * self.window,
                  "%s: block %+d of what is due" % (self.what, ahead))
            if ahead:
                continue
            start = (block - 1) * self.blksize
            check(packet[4:] == content[start:start + self.blksize],
                  "%s: block %d is not what was served" % (self.what, block))
            left -= 1
            if left == 0 or block == count:
                self.acknowledge(block)
                left = self.window
            block += 1
        self.socket.close()


def sample():
    """Each value of each option at least once, in many combinations; the rest stays with the unit test."""
    blksizes = (None, 7, 8, 512, 1024, 1428, 1432, 1468, 1469, 8192, 65464, 65465)
    windows = (None, 0, 1, 4, 16, 64, 65535, 65536)
    timeouts = (None, 0, 1, 255, 256)
    sizes = (0, 1, 511, 512, 513, 100000)
    cells = itertools.product(blksizes, range(5))
    for i, (blksize, turn) in enumerate(cells):
        asked = [("blksize", blksize), ("windowsize", windows[(i * 3 + turn) % len(windows)]),
                 ("tsize", (None, 0, 12345)[i % 3]), ("timeout", timeouts[(i + turn) % len(timeouts)])]
        asked = [option for option in asked if option[1] is not None]
        yield sizes[i % len(sizes)], asked[i % 4:] + asked[:i % 4]


ODD = (
    (100000, [("BlkSize", 1024), ("TSIZE", 0), ("WindowSize", 2)]),
    (100000, [("blksize", 1024), ("blksize", 512)]),
    (100000, [("blksize", 7), ("blksize", 512), ("tsize", 0)]),
    (100000, [("blksize", "1k"), ("tsize", 0)]),
    (100000, [("blksize", ""), ("windowsize", "-1"), ("timeout", " 1")]),
    (100000, [("rollover", 0), ("multicast", ""), ("blksize", 600), ("msftwindow", 31416)]),
    (100000, [("tsize", "x" * 200), ("windowsize", 3)]),
    (0, [("tsize", 0)]),
    (0, [("tsize", 0), ("blksize", 8)]),
    (512, []),
    (0, []),
    (1048576, [("windowsize", 64), ("blksize", 8)]),
    (1048576, [("blksize", 16), ("windowsize", 16), ("tsize", 0)]),
)


def main(server, tree, short):
    cells = [*itertools.islice(sample(), 0, None, 5 if short else 1), *ODD]
    files = {}
    for size, asked in cells:
        name = "file-%d" % size
        if name not in files:
            with open("%s/%s" % (tree, name), "rb") as file:
                files[name] = file.read()
        Transfer(server, name, asked, size).run(files[name])
    print("%d combinations" % len(cells))


main(sys.argv[1], sys.argv[2], sys.argv[3] == "short")
