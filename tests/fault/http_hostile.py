# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""http_hostile.py ADDRESS PID COUNT: requests that are too large, and mutated ones. Each is answered or ended at once,
the memory of the process does not grow."""

import concurrent.futures
import random
import select
import socket
import statistics
import sys
import time

address, pid, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
big = 2 << 20
HEAD = b" HTTP/1.1\r\nHost: server\r\n"
SEEDS = [
    b"GET /file" + HEAD + b"\r\n",
    b"HEAD /large.iso" + HEAD + b"Range: bytes=0-99,-5\r\nIf-Range: \"x\"\r\n\r\n",
    b"GET /%2e%2e/etc/passwd?a=b&c=%41" + HEAD + b"Connection: keep-alive\r\n\r\n",
    b"GET http://server/file" + HEAD + b"If-None-Match: W/\"a\", \"b\"\r\n\r\n",
    b"POST /rouse/x?y=z" + HEAD + b"Content-Length: 5\r\n\r\nhello",
    b"PUT /rouse/x" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"GET /file" + HEAD + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    b"GET /file HTTP/1.0\r\n\r\nGET /file HTTP/1.0\r\n\r\n",
    b"OPTIONS *" + HEAD + b"Cookie: a=b; c=\"d\"\r\nAuthorization: Basic x\r\n\r\n",
]
TOKENS = [b"\r\n", b"\n", b"\0", b"%00", b"\xff", b"Content-Length: 99999999999999999999\r\n", b" " * 500,
          b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: a\r\n", b"/" * 300, b"../", b"bytes=-",
          b"ffffffffffffffff\r\n", b"A" * 9000, b":", b"HTTP/9.9", b"?" + b"&a" * 80]


def rss_kb():
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))


def talk(request, patience, finish=False):
    """The answer and the milliseconds until its first byte, or until the end of the connection."""
    with socket.create_connection((address, 80), 5) as client:
        client.setblocking(False)
        view, answer, first = memoryview(request), b"", None
        if finish and not request:
            client.shutdown(socket.SHUT_WR)
        began = time.perf_counter()
        while time.perf_counter() - began < patience:
            readable, writable, _ = select.select([client], [client] if view else [], [], 0.05)
            try:
                if writable:
                    view = view[client.send(view):]
                    if not view and finish:
                        client.shutdown(socket.SHUT_WR)
                if readable:
                    chunk = client.recv(65536)
                    first = first or (time.perf_counter() - began) * 1000
                    answer += chunk
                    if not chunk:
                        break
            except (ConnectionResetError, BrokenPipeError):
                first = first or (time.perf_counter() - began) * 1000
                break
        return answer, first


def expect_status(what, status, request, times=15):
    took = []
    for _ in range(times):
        answer, first = talk(request, 3)
        if not answer.startswith(b"HTTP/1.1 %d " % status):
            sys.exit(f"{what}: {answer[:60]!r}, not {status}")
        took.append(first)
    # Whoever else uses the processor delays, too: the quarter that was disturbed least.
    quarter = sorted(took)[times // 4]
    print(f"{what}: {status} within {quarter:.1f} ms, median {statistics.median(took):.1f}, at most {max(took):.1f}")
    if quarter > 10:
        sys.exit(f"{what}: too slow")


def large_ones():
    body = b"x" * big
    close = b"Connection: close\r\n"
    expect_status("a header of 2 MiB", 431, b"GET /file" + HEAD + b"X: " + b"a" * big + b"\r\n\r\n")
    expect_status("headers of 2 MiB", 431, b"GET /file" + HEAD + b"X: aaaaaaaaaaaa\r\n" * (big // 17) + b"\r\n")
    expect_status("headers of 17 KiB", 431, b"GET /file" + HEAD + (b"X: " + b"a" * 1000 + b"\r\n") * 17 + close + b"\r\n")
    expect_status("a path of 3,000 bytes", 414, b"GET /" + b"a" * 3000 + HEAD + close + b"\r\n")
    expect_status("a path of 2 MiB", 414, b"GET /" + b"a" * big + HEAD + b"\r\n")
    expect_status("a body of 2 MiB", 413, b"POST /rouse/x" + HEAD + b"Content-Length: %d\r\n\r\n" % big + body)
    expect_status("a body of 2 MiB for a file", 413, b"PUT /file" + HEAD + b"Content-Length: %d\r\n\r\n" % big + body)
    chunk = b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    answer, _ = talk(b"POST /rouse/x" + HEAD + b"Transfer-Encoding: chunked\r\n" + close + b"\r\n" + chunk, 3)
    if not answer.startswith(b"HTTP/1.1 413 "):
        sys.exit(f"chunks of 2 MiB: {answer[:60]!r}")
    endless = b"POST /rouse/x" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"y" * 65536 + b"\r\n") * 256
    answer, _ = talk(endless, 3)
    if answer:
        sys.exit(f"16 MiB of chunks: {answer[:60]!r}")


def count_answers(request):
    """The statuses of all that a connection answers."""
    answer, _ = talk(request, 3, finish=True)
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


def ambiguous_ones():
    """Whatever a proxy takes for the end of such a request, what follows it is not answered."""
    line, host, more = b"POST /rouse/x HTTP/1.1\r\n", b"Host: a\r\n", b"GET /file" + HEAD + b"\r\n"
    chunked = b"Transfer-Encoding: chunked\r\n"
    for what, statuses, request in [
            ("no Host", [400], line + b"\r\n"),
            ("two Hosts", [400], line + host + host + b"\r\n"),
            ("two lengths", [400], line + host + b"Content-Length: 0\r\nContent-Length: 50\r\n\r\n"),
            ("the same length twice", [404, 200], line + host + b"Content-Length: 1\r\n" * 2 + b"\r\nx"),
            ("a length and chunks", [400], line + host + b"Content-Length: 6\r\n" + chunked + b"\r\n0\r\n\r\n"),
            ("chunks twice", [400], line + host + chunked * 2 + b"\r\n0\r\n\r\n"),
            ("another coding", [501], line + host + b"Transfer-Encoding: xchunked\r\n\r\n"),
            ("chunks in 1.0", [400], b"POST /rouse/x HTTP/1.0\r\n" + chunked + b"\r\n0\r\n\r\n"),
            ("a blank before the colon", [400], line + host + b"Content-Length : 5\r\n\r\n"),
            ("a body for a file", [405], b"PUT /file HTTP/1.1\r\n" + host + b"Content-Length: 1\r\n\r\nx"),
            ("all well", [404, 200], line + host + chunked + b"\r\n1\r\nx\r\n0\r\n\r\n")]:
        got = count_answers(request + more)
        if got != statuses:
            sys.exit(f"{what}: {got}, not {statuses}")


def mutate(rng):
    request = bytearray(rng.choice(SEEDS))
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(request) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            request[at:at] = rng.choice(TOKENS)
        elif kind == 1 and at < len(request):
            request[at] = rng.randrange(256)
        elif kind == 2:
            del request[at:at + rng.randrange(1, 30)]
        elif kind == 3:
            request[at:at] = rng.choice(SEEDS)[:rng.randrange(60)]
        else:
            request[at:at] = request[:at][-rng.randrange(1, 40):]
    return bytes(request)


def mutated_ones(rng, number):
    """Milliseconds until answers, and how many there were of each status. What is cut off is ended after a second."""
    requests = [mutate(rng) for _ in range(number)]
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        results = list(pool.map(lambda request: talk(request, 4, finish=True), requests))
    took, statuses = [], {}
    for request, (answer, first) in zip(requests, results):
        if first is None:
            sys.exit(f"neither answered nor ended: {request!r}")
        status = answer[9:12].decode("latin-1") if answer.startswith(b"HTTP/1.") else "end"
        statuses[status] = statuses.get(status, 0) + 1
        if answer:
            took.append(first)
    return sorted(took), statuses


rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
mutated_ones(rng, 300)
ambiguous_ones()
large_ones()
before = rss_kb()
for _ in range(3):
    large_ones()
took, statuses = mutated_ones(rng, count)
quarter, median, p99 = (took[int(len(took) * share)] for share in (0.25, 0.5, 0.99))
print(f"{count} mutated requests, 50 at a time: {statuses}; quarter {quarter:.2f} ms, median {median:.2f}, p99 {p99:.2f}")
if quarter > 10:
    sys.exit("mutated requests are answered too slowly")
after = rss_kb()
print(f"memory: {before} kB before, {after} kB after")
with open(f"/proc/{pid}/maps") as maps:
    keeps = any("libasan" in line for line in maps)  # a sanitizer keeps what is freed
if after > before + 2048 and not keeps:
    sys.exit("the memory has grown")
