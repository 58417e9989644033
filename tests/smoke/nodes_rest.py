# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""nodes_rest.py SOCKET: requests that are too much, or not what they should be."""
import json
import socket
import sys
import time

from wire import check

WITHIN_MS = 10
TRIES = 5  # another program may have the processor


def talk(request):
    """Status, body, and how long the answer took."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(10)
        link.connect(sys.argv[1])
        begun, answer = time.monotonic(), b""
        try:
            link.sendall(request)
        except BrokenPipeError:
            pass  # refused before all of it was read
        while b"\r\n\r\n" not in answer:
            part = link.recv(65536)
            check(part, "no answer: %r" % request[:60])
            answer += part
        took = time.monotonic() - begun
        head, body = answer.split(b"\r\n\r\n", 1)
        length = [int(line.split(b":")[1]) for line in head.split(b"\r\n")
                  if line.lower().startswith(b"content-length")]
        while length and len(body) < length[0]:
            if not (part := link.recv(1 << 20)):
                break
            body += part
        return int(head.split()[1]), body, took


def ask(method, path, body=None, headers=b""):
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return talk(b"%s %s HTTP/1.1\r\nHost: rouse\r\nContent-Length: %d\r\n%s\r\n" %
                (method.encode(), path.encode(), len(data), headers) + data)


def refused(what, status, *request, **more):
    """Refused so, each time, and at once."""
    times = []
    for _ in range(TRIES):
        got, _, took = ask(*request, **more)
        check(got == status, "%s: %d in place of %d" % (what, got, status))
        times.append(took * 1000)
    print("%s: %d after %.1f ms" % (what, status, min(times)))
    check(min(times) <= WITHIN_MS, "%s: %.1f ms" % (what, min(times)))


def resident(pid):
    with open("/proc/%d/statm" % pid, encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


refused("a body of 2 MiB", 413, "POST", "/v1/nodes", b" " * (2 << 20))
refused("headers of 2 MiB", 431, "GET", "/v1/nodes", headers=b"X: " + b"a" * (2 << 20) + b"\r\n")
refused("1,000 deep", 400, "POST", "/v1/nodes", b'{"vars": ' + b"[" * 1000)
refused("not JSON", 400, "POST", "/v1/nodes", b'{"mac": nonsense}')
refused("a list", 400, "POST", "/v1/nodes", b"[]")
refused("no MAC", 400, "POST", "/v1/nodes", b"{}")
refused("another kind", 400, "POST", "/v1/nodes", {"mac": 5})
refused("an unknown member", 400, "POST", "/v1/nodes", {"mac": "52:54:00:aa:00:00", "rolle": "web"})
refused("no such role", 404, "POST", "/v1/nodes", {"mac": "52:54:00:aa:00:00", "role": "webb"})
refused("a bad name", 400, "POST", "/v1/nodes", {"mac": "52:54:00:aa:00:00", "name": "a/b"})
refused("a secret", 400, "PATCH", "/v1/nodes/n009", {"vars": {"password": {"secret": "x"}}})
refused("another state", 400, "PATCH", "/v1/nodes/n009", {"state": "installed"})
refused("a boot for good", 400, "POST", "/v1/nodes/n009/boot", {"profile": "rescue"})
refused("another method", 405, "PUT", "/v1/nodes/n009")
refused("no list of nodes", 400, "POST", "/v1/orders", {"nodes": "n009", "profile": "rescue", "once": True})
refused("no nodes", 400, "POST", "/v1/forget", {"nodes": []})
refused("1,001 nodes", 400, "POST", "/v1/forget", {"nodes": ["n009"] * 1001})
refused("a node that is no text", 400, "POST", "/v1/forget", {"nodes": ["n009", 5]})
refused("no body", 400, "POST", "/v1/orders/cancel")
refused("no such profile", 404, "POST", "/v1/orders", {"nodes": ["n009"], "profile": "rescu", "once": True})
refused("boots for good", 400, "POST", "/v1/orders", {"nodes": ["n009"], "profile": "rescue"})
refused("a limit", 400, "GET", "/v1/nodes/n009/boots?limit=-1")

status, body, _ = ask("POST", "/v1/orders/cancel", {"nodes": ["n00x", "m-0", "n009"]})
results = json.loads(body)["results"]
check(status == 200 and [result["status"] for result in results] == [404] * 3, "%d %r" % (status, body))
check(["is it" in result["error"] for result in results] == [True, False, False], "hints: %r" % body)
status, body, _ = ask("POST", "/v1/nodes", b'{\n"mac":\nnonsense}')
check(b"line 3" in body, "which line: %r" % body)
pid = json.loads(ask("GET", "/v1/status")[1])["pid"]
before = resident(pid)
for _ in range(20):
    ask("POST", "/v1/nodes", b'{"vars": ' + b"[" * 500000)
    ask("POST", "/v1/nodes", b" " * (2 << 20))
grown = resident(pid) - before
check(grown < 8 << 20, "it has grown by %d bytes" % grown)
