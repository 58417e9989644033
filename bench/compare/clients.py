# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""The clients: the same program with the same arguments for every server."""
import json
import re
import subprocess

from compare import lab as net
from compare.servers import STORM


def storm(lab, *words, limit=600):
    """The JSON report of rouse-storm; it may tell of failures."""
    done = subprocess.run(lab.inside("client", STORM, *words, "--json"), text=True,
                          capture_output=True, timeout=limit)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"rouse-storm {' '.join(map(str, words))}: {done.stderr}")
    return json.loads(done.stdout)


def tftp(lab, server, clients, total, transport, against=None, deadline=120, more=()):
    words = ["tftp", "--server", server.address, "--file", "image", "--blksize", 1468, "--tsize",
             "--clients", clients, "--total", total, "--deadline", deadline]
    if transport == "stations":
        words += ["--interface", "eth0", "--source", net.STATIONS]
    words += more
    if against:
        words += ["--against", against]
    before = server.cpu_seconds()
    report = storm(lab, *words, limit=deadline + 60)
    report["data_per_client_cpu_second"] = round(
        report["packets"]["data"] / max(report["cpu_seconds"], 0.01))
    report["server_cpu_seconds"] = round(server.cpu_seconds() - before, 2)
    return report


def dhcp(lab, clients, *words):
    return storm(lab, "dhcp", "--interface", "eth0", "--clients", clients, *words)


PERFDHCP_WORDS = re.compile(r"^(sent packets|received packets|drops ratio): ([\d.]+)", re.M)


def perfdhcp(lab, server, rate, seconds):
    """Shares of DISCOVER and REQUEST without an answer, and what was really sent per second.

    It runs on one thread: with a receiving thread of its own, its default, it takes more processor
    time and loses replies in its socket from 9,500/s on; on one thread it bears 20,000/s."""
    clients = int(rate * seconds * 1.2) + 100
    done = subprocess.run(
        lab.inside("client", "perfdhcp", "-4", "-g", "single", "-r", rate, "-R", clients, "-p", seconds,
                   "-W", 1000000, "-l", "eth0", server.address), text=True, capture_output=True,
        timeout=seconds + 60)
    values = PERFDHCP_WORDS.findall(done.stdout)
    if len(values) != 6:
        raise RuntimeError(f"perfdhcp: {done.stdout}{done.stderr}")
    sent, received = float(values[0][1]), float(values[4][1])
    return {"asked": rate, "per_second": received / seconds, "discovers_per_second": sent / seconds,
            "drops": max(float(values[2][1]), float(values[5][1])) / 100}
