#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""client.py COMMAND ADDRESS [ARGUMENT]: small TFTP clients over kernel sockets, for questions that a
real client does not answer. Read requests of a file that does not exist get exactly one ERROR each."""
import socket
import sys
import time

REQUEST = b"\0\1no-such-file\0octet\0"
NOT_FOUND = b"\0\5\0\1"


def open_socket(timeout):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(timeout)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    return s


def ask(s, address):
    """Whether one request is answered within the socket's timeout."""
    s.sendto(REQUEST, (address, 69))
    try:
        return s.recv(600).startswith(NOT_FOUND)
    except TimeoutError:
        return False


def probe(address):
    """Succeeds when a request is answered."""
    sys.exit(0 if ask(open_socket(0.2), address) else 1)


def options(address):
    """The same in a datagram with IPv4 options, which moves the UDP header."""
    s = open_socket(0.2)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"\1\1\1\1\1\1\1\0")
    sys.exit(0 if ask(s, address) else 1)


def flood(address, count):
    """Sends count requests, 64 at a time, and prints how many answers came."""
    s = open_socket(2)
    sent = answered = 0
    while answered < count:
        while sent < count and sent - answered < 64:
            s.sendto(REQUEST, (address, 69))
            sent += 1
        try:
            answered += s.recv(600).startswith(NOT_FOUND)
        except TimeoutError:
            break
    print(answered)


def outage(address, seconds):
    """Asks every 5 ms until an answer comes."""
    s = open_socket(0.005)
    start = time.monotonic()
    while not ask(s, address):
        if time.monotonic() - start > seconds:
            sys.exit("no answer within %d s" % seconds)


def quiet(address, seconds):
    """Prints the microseconds of the first answer after a quiet time."""
    s = open_socket(1)
    ask(s, address)
    time.sleep(seconds)
    start = time.monotonic()
    if not ask(s, address):
        sys.exit("no answer")
    print(round((time.monotonic() - start) * 1e6))


def poke(address, port):
    """Sends to a UDP port again and again for a while; fails when the kernel says unreachable."""
    s = open_socket(0.01)
    s.connect((address, port))
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        try:
            s.send(b"\0\4\0\1")
            s.recv(600)
        except TimeoutError:
            continue
        except ConnectionRefusedError:
            sys.exit("port %d is unreachable" % port)


def echo(address, port):
    """Succeeds when a UDP echo server answers."""
    s = open_socket(1)
    s.sendto(b"hello", (address, port))
    sys.exit(0 if s.recv(100) == b"hello" else 1)


def serve_echo(address, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, port))
    while True:
        data, peer = s.recvfrom(2000)
        s.sendto(data, peer)


COMMANDS = {f.__name__: f for f in (probe, options, flood, outage, quiet, poke, echo, serve_echo)}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](sys.argv[2], *map(int, sys.argv[3:]))
