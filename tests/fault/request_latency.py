# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""request_latency.py SERVER NAME SECONDS: asks for the size of a file a hundred times a second, and prints
how long the answers take in microseconds, as JSON. Run it before ordinary programs (chrt). p99_us is of all;
tenths_p99_us is the median of the percentiles of the time's tenths, so that a machine which stands still
now and then does not decide alone."""
import json
import socket
import statistics
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


def percentile(times, percent):
    return round(sorted(times)[len(times) * percent // 100])


def tenths(times):
    return [part for i in range(10) if (part := times[len(times) * i // 10:len(times) * (i + 1) // 10])]


def main(server, name, seconds):
    end, times = time.monotonic() + float(seconds), []
    while time.monotonic() < end:
        times.append(ask(server, name))
        time.sleep(0.01)
    print(json.dumps({"count": len(times), "p50_us": percentile(times, 50), "p99_us": percentile(times, 99),
                      "tenths_p99_us": round(statistics.median(percentile(part, 99) for part in tenths(times))),
                      "max_us": round(max(times))}))


main(*sys.argv[1:])
