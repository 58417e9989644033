# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""Processor time of a server: a cgroup of its own, and what the machine spends beside it.

Without CONFIG_IRQ_TIME_ACCOUNTING the kernel charges a softirq to whatever it interrupts, so the
cgroup's time already holds those that ran in the server's context, and adding the machine's softirq
counts them twice. Both figures are therefore kept apart as well."""
import os
import shutil
import subprocess
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


def mount():
    """Where cgroup v2 is mounted, alone or beside version 1."""
    with open("/proc/mounts") as mounts:
        for line in mounts:
            words = line.split()
            if words[2] == "cgroup2":
                return words[1]
    raise RuntimeError("no cgroup2 file system is mounted")


class Cgroup:
    def __init__(self, name):
        self.path = os.path.join(mount(), name)

    def make(self):
        os.makedirs(self.path, exist_ok=True)

    def wrap(self, words):
        """The command, run inside; it dies with us, also when we are killed."""
        return ["setpriv", "--pdeathsig", "TERM", "sh", "-c", 'echo $$ >"$0" && exec "$@"',
                os.path.join(self.path, "cgroup.procs"), *words]

    def seconds(self):
        with open(os.path.join(self.path, "cpu.stat")) as stat:
            values = dict(line.split() for line in stat)
        return int(values["usage_usec"]) / 1e6

    def remove(self):
        remove(self.path)


def remove(path):
    """Kills what lives in a cgroup of ours, and removes it."""
    if not os.path.isdir(path):
        return
    with open(os.path.join(path, "cgroup.kill"), "w") as kill:
        kill.write("1")
    for _ in range(100):
        try:
            os.rmdir(path)
            return
        except OSError:
            time.sleep(0.05)


def machine_times():
    """Softirq and steal seconds of all processors since the start."""
    with open("/proc/stat") as stat:
        fields = stat.readline().split()
    return {"softirq": int(fields[7]) / TICKS, "steal": int(fields[8]) / TICKS}


def is_leftover(name, prefix):
    """Whether PREFIX and a number begins the name, and no process of that number lives."""
    digits = name[len(prefix):].split("-")[0].split(".")[0] if name.startswith(prefix) else ""
    return digits.isdigit() and not os.path.exists(f"/proc/{digits}")


def sweep(prefix):
    """What a run left behind that was killed with -9: processes, cgroups, namespaces."""
    root = mount()
    for name in os.listdir(root):
        if is_leftover(name, prefix):
            remove(os.path.join(root, name))
    for name in os.listdir(tempfile.gettempdir()):
        if is_leftover(name, prefix):
            shutil.rmtree(os.path.join(tempfile.gettempdir(), name), ignore_errors=True)
    done = subprocess.run(["ip", "netns", "list"], text=True, capture_output=True)
    for line in done.stdout.splitlines():
        name = line.split()[0]
        if is_leftover(name, prefix):
            pids = subprocess.run(["ip", "netns", "pids", name], text=True, capture_output=True)
            for pid in pids.stdout.split():
                subprocess.run(["kill", "-9", pid], check=False, capture_output=True)
            subprocess.run(["ip", "netns", "delete", name], check=False)


class Meter:
    """with Meter(server, idle) as m: run; then m.figures()."""

    def __init__(self, server, idle_softirq):
        self.server = server
        self.idle = idle_softirq  # seconds per second

    def __enter__(self):
        self.began = time.monotonic()
        self.before = machine_times()
        self.cpu = self.server.cpu_seconds()
        return self

    def __exit__(self, *_):
        self.cpu = self.server.cpu_seconds() - self.cpu
        after = machine_times()
        self.elapsed = time.monotonic() - self.began
        self.softirq = after["softirq"] - self.before["softirq"] - self.idle * self.elapsed
        self.steal = after["steal"] - self.before["steal"]

    def figures(self):
        softirq = max(self.softirq, 0)
        return {"server_cpu_seconds": round(self.cpu, 3), "softirq_seconds": round(softirq, 3),
                "steal_seconds": round(self.steal, 3), "cost_seconds": round(self.cpu + softirq, 3)}


def idle_softirq(seconds=1.0):
    """Softirq seconds per second while a server waits for work."""
    before = machine_times()["softirq"]
    time.sleep(seconds)
    return (machine_times()["softirq"] - before) / seconds
