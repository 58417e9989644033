# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""http_slow.py hold ADDRESS COUNT: that many connections, half of which send a request a byte a second, while the
others ask for large.iso and read nothing; says "held", then, when the server has ended the senders, "ended SECONDS".
http_slow.py measure ADDRESS COUNT: milliseconds of that many requests for a file, each on a connection of its own:
median, 99th percentile, largest."""

import select
import socket
import sys
import time

REQUEST = b"GET /file HTTP/1.1\r\nHost: server\r\nX-Slow: " + b"a" * 4096


def connect(address):
    return socket.create_connection((address, 80), 10)


def hold(address, count):
    readers = [connect(address) for _ in range(count // 2)]
    for reader in readers:
        reader.sendall(b"GET /large.iso HTTP/1.1\r\nHost: server\r\n\r\n")
    senders = {connect(address) for _ in range(count - len(readers))}
    print("held", len(readers) + len(senders), flush=True)
    began = time.monotonic()
    at = 0
    while senders:
        for sender in list(senders):
            try:
                sender.sendall(REQUEST[at:at + 1])
            except OSError:
                senders.discard(sender)
        at += 1
        time.sleep(1)
        poll = select.poll()
        by_fd = {sender.fileno(): sender for sender in senders}
        for fd in by_fd:
            poll.register(fd, select.POLLIN)
        for fd, _ in poll.poll(0):
            senders.discard(by_fd[fd])
    print("ended", round(time.monotonic() - began), flush=True)
    time.sleep(60)


def fetch(address):
    began = time.perf_counter()
    with connect(address) as client:
        client.sendall(b"GET /file HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n")
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
    if not answer.startswith(b"HTTP/1.1 200 "):
        sys.exit(f"not answered: {answer[:80]}")
    return (time.perf_counter() - began) * 1000


def measure(address, count):
    times = sorted(fetch(address) for _ in range(count))
    print(f"{times[count // 2]:.2f} {times[count * 99 // 100]:.2f} {times[-1]:.2f}")


{"hold": hold, "measure": measure}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
