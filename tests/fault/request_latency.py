# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""request_latency.py SERVER NAME SECONDS: asks for the size of a file a hundred times a second, and prints
how long the answers take in microseconds, as JSON. Run it before ordinary programs (chrt)."""
import json
import socket
import sys
import time

from wire import read_request


def ask(server, name):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(2)
        begun = time.perf_counter()
        s.sendto(read_request(name, [("tsize", 0)]), (server, 69))
        packet, peer = s.recvfrom(600)
        took = time.perf_counter() - begun
        if not packet.startswith(b"\0\6"):
            sys.exit("FAILED: %r" % packet)
        s.sendto(b"\0\5\0\0size known\0", peer)
        return took * 1e6


def main(server, name, seconds):
    end, times = time.monotonic() + float(seconds), []
    while time.monotonic() < end:
        times.append(ask(server, name))
        time.sleep(0.01)
    times.sort()
    print(json.dumps({"count": len(times), "p50_us": round(times[len(times) // 2]),
                      "p99_us": round(times[len(times) * 99 // 100]), "max_us": round(times[-1])}))


main(*sys.argv[1:])
