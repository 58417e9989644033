# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""`scripts/bench memif`: one worker of Rouse over memif, beside what the same port can do without a
protocol. Every run starts afresh, turn by turn (A B A B); what sends is on CPU 0 and what receives,
or asks, on CPU 1. A scene gives rows of plain values, which memif_page.py writes down."""
import json
import os
import subprocess
import time
from contextlib import contextmanager

from compare import servers
from compare.suite import median

BLKSIZE, SIZE, HOSTS, CLIENTS = 1468, 4 << 20, 10000, 1000000
FRAME = BLKSIZE + 46  # Ethernet, IPv4, UDP and TFTP
RESERVED_MAC, RESERVED = "02:58:01:00:00:00", "10.88.1.0"
NETWORK, OWN = "10.64.0.0/11", "10.64.0.1"
POOL_FIRST, POOL = "10.64.16.0", "10.64.16.0-10.79.255.254"
READ_WORKERS = os.path.join(servers.BUILD, "tests/dataplane/read-workers")
MAKE_LEASES = os.path.join(servers.BUILD, "tests/fault/make-leases")
PAGES, PAGES_FILE = 900, "/proc/sys/vm/nr_hugepages"
PHASES = {"offer": "discover_to_offer_ns", "ack": "request_to_ack_ns"}


@contextmanager
def hugepages(count):
    """As many pages as the runs need, and as before when they are over."""
    with open(PAGES_FILE) as file:
        before = int(file.read())
    try:
        with open(PAGES_FILE, "w") as file:
            file.write(str(max(before, count)))
        yield
    finally:
        with open(PAGES_FILE, "w") as file:
            file.write(str(before))


def number_of(text, base, separator):
    number = 0
    for part in text.split(separator):
        number = number << 8 | int(part, base)
    return number


def host(n):
    mac = (number_of(RESERVED_MAC, 16, ":") + n).to_bytes(6, "big")
    address = (number_of(RESERVED, 10, ".") + n).to_bytes(4, "big")
    return {"name": f"n{n}", "mac": mac.hex(":"), "address": ".".join(map(str, address))}


class RouseMemif(servers.Rouse):
    """Starts with an empty journal, or with the leases of a million machines."""
    hosts = 0
    leases = 0

    def device_of(self, role):
        return f"vdev:net_memif0,role={role},socket={self.lab.path('memif')},socket-abstract=no"

    def __enter__(self):
        return servers.Server.__enter__(self)

    def _wait(self):
        for _ in range(300):
            with open(self.log) as log:
                text = log.read()
            if "rouse-dataplane: answering on" in text:
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"rouse does not answer: {text[-2000:]}")

    def configuration(self):
        return {
            "runtime_dir": self.lab.path("run"), "state_dir": self.state, "boot_root": self.root,
            "memory": "128M", "idle": "busy",
            "ports": [{"device": self.device_of("server"), "address": f"{OWN}/11",
                       "dhcp": "server"}],
            "subnets": [{"network": NETWORK, "lease_time": "12h", "edge_rate": "100G",
                         "routers": [OWN], "dns": [OWN], "domain": "cluster.example"}],
            "boot": [{"match": {}, "file": "image"}],
        }

    def prepare(self):
        config = self.configuration()
        if self.leases:
            config["subnets"][0]["pools"] = [POOL]
            subprocess.run([MAKE_LEASES, self.state, str(self.leases), POOL_FIRST], check=True)
        if self.hosts:
            config["hosts"] = [host(n) for n in range(self.hosts)]
        os.makedirs(self.lab.path("run"), exist_ok=True)
        with open(self.lab.path("rouse.yaml"), "w") as file:
            json.dump(config, file, separators=(",", ":"))

    def _ask(self, command):
        done = subprocess.run([os.path.join(servers.BUILD, "control/rouse"), command, "--json",
                               "--config", self.lab.path("rouse.yaml")], check=True, text=True,
                              capture_output=True)
        return json.loads(done.stdout)

    def worker(self):
        """Counts that only grow."""
        counters = self._ask("stats")["counters"]
        worker = self._ask("status")["dataplane"]["workers"][0]
        return {"busy": worker["busy_cycles"], "idle": worker["idle_cycles"],
                "data": counters["tftp_data"]["value"],
                "messages": counters["dhcp_discover"]["value"] + counters["dhcp_request"]["value"]}


class RouseWorkers(RouseMemif):
    """A worker on each of these CPUs, the second of which has the clients too. It goes before them,
    so that none of its cycles is theirs, and sleeps when it has nothing to do, so that they get on."""
    cpus = (0, 1)

    def device_of(self, role):
        return f"{super().device_of(role)},queues={len(self.cpus)}"

    def configuration(self):
        return {**super().configuration(), "idle": "adaptive", "workers": len(self.cpus)}

    def go_first(self):
        """To be said while transfers run: without them a worker chooses its class itself."""
        for pid in servers.process_tree(self.process.pid):
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/comm") as comm:
                    name = comm.read().strip()
                if name.startswith("rte-worker-"):
                    cpu = self.cpus[int(name.rsplit("-", 1)[1]) - 1]
                    os.sched_setaffinity(int(task), {cpu})
                    os.sched_setscheduler(int(task), os.SCHED_FIFO, os.sched_param(1))

    def counts(self):
        """Of each worker: busy cycles, DATA, frames handed over."""
        done = subprocess.run([READ_WORKERS, self.lab.path("run")], check=True, text=True,
                              capture_output=True)
        rows = [[int(word) for word in line.split()] for line in done.stdout.splitlines()]
        return [{"busy": row[0], "data": row[2], "handed": row[3]} for row in rows]


class FirstAlone(RouseWorkers):
    cpus = (0,)


class SecondAlone(RouseWorkers):
    cpus = (1,)


class Reserved(RouseMemif):
    hosts = HOSTS


class Returning(RouseMemif):
    leases = CLIENTS


def storm(*words):
    done = subprocess.run([servers.STORM, *map(str, words), "--json"], text=True, capture_output=True)
    if not done.stdout:
        raise RuntimeError(f"rouse-storm {' '.join(map(str, words))}: {done.stderr}")
    return {**json.loads(done.stdout), "exit_code": done.returncode}


class Memif:
    def __init__(self, lab, options, say):
        self.lab, self.options, self.say = lab, options, say
        self.tree = lab.path("tree")
        self.image = os.path.join(self.tree, "image")
        os.makedirs(self.tree, exist_ok=True)
        with open(self.image, "wb") as image:
            image.write(os.urandom(SIZE))

    def scenes(self):
        return {"memif-window64": self.window64, "memif-window1": self.window1,
                "memif-workers": self.workers,
                "memif-reserved": self.reserved, "memif-durable": self.durable,
                "memif-latency": self.latency}

    def _rouse(self, kind, cost, events, *words):
        """A load against a fresh server, and the worker's busy cycles per event as `cost`."""
        with kind(self.lab, self.tree) as server:
            before = server.worker()
            run = storm("load", *words, "--port", server.device_of("client"), "--cpu", 1)
            after = server.worker()
        grown = {key: after[key] - before[key] for key in after}
        run[cost] = round(grown["busy"] / max(grown[events], 1), 1)
        return run

    def _readers(self, sessions, window):
        return ["tftp", "--server", OWN, "--source", "10.95.0.0/24", "--file", "image", "--against",
                self.image, "--sessions", sessions, "--windowsize", window, "--blksize", BLKSIZE,
                "--warm-up", 0.5]

    def _tftp(self, sessions, window):
        run = self._rouse(RouseMemif, "cycles_per_data", "data", *self._readers(sessions, window),
                          "--seconds", self.options.seconds)
        run["client_busy_percent"] = run["busy_percent"]
        return run

    def _receive(self, sender):
        """What a sender on CPU 0 reaches: (what it says at its end, what the receiver has seen). A
        sender that does not end by itself ends with its input."""
        if os.path.exists(self.lab.path("null")):
            os.unlink(self.lab.path("null"))  # of the run before
        port = f"socket={self.lab.path('null')},socket-abstract=no"
        with subprocess.Popen([str(word) for word in sender(port)], text=True, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            for _ in range(100):
                if os.path.exists(self.lab.path("null")):
                    break
                time.sleep(0.05)
            received = storm("null", "rx", "--port", f"vdev:net_memif0,role=client,{port}", "--seconds",
                             self.options.seconds, "--warm-up", 0.5, "--cpu", 1)
            try:
                said = process.communicate(timeout=20)[0]
            finally:
                process.kill()
        return said, received

    def _testpmd(self):
        """DPDK's own sender: it builds the headers of each frame and never touches its content."""
        _, received = self._receive(
            lambda port: ["dpdk-testpmd", "--lcores", "0@1,1@0", "--main-lcore", 0, "--in-memory",
                          "--no-pci", "--no-telemetry", "-m", 512, "--vdev",
                          f"net_memif0,role=server,{port}", "--", "--forward-mode=txonly",
                          f"--txpkts={FRAME}", "--burst=32", "--nb-cores=1", "--auto-start"])
        return {"data_per_second": received["frames_per_second"],
                "gigabits_per_second": received["frames_per_second"] * BLKSIZE * 8e-9,
                "client_busy_percent": 100 - received["waiting_percent"],
                "steal_percent": received["steal_percent"], "exit_code": received["exit_code"]}

    def _null(self, *more):
        said, received = self._receive(
            lambda port: [servers.STORM, "null", "tx", "--port", f"vdev:net_memif0,role=server,{port}",
                          "--file", self.image, "--blksize", BLKSIZE, "--sessions", 64, "--seconds",
                          self.options.seconds, "--warm-up", 0.5, "--cpu", 0, "--json", *more])
        sent, _ = json.JSONDecoder().raw_decode(said, said.index("{"))
        return {"data_per_second": sent["frames_per_second"],
                "gigabits_per_second": sent["frames_per_second"] * BLKSIZE * 8e-9,
                "cycles_per_data": sent["cycles_per_frame"],
                "client_busy_percent": 100 - received["waiting_percent"],
                "steal_percent": sent["steal_percent"], "exit_code": received["exit_code"]}

    def _interleaved(self, makers, keys):
        runs = {name: [] for name in makers}
        for turn in range(self.options.repeat):
            for name, make in makers.items():
                run = make()
                runs[name].append(run)
                shown = ", ".join(f"{key} {run[key]}" for key in keys if key in run)
                self.say(f"[{turn + 1}/{self.options.repeat}] {name}: {shown}")
        return [self._row(name, done, keys) for name, done in runs.items()], runs

    @staticmethod
    def _row(name, runs, keys):
        row = {"server": name, "runs": len(runs), "failed": sum(run["exit_code"] != 0 for run in runs)}
        for key in keys:
            row[key] = median(runs, key) if runs[0].get(key) is not None else None
        return row

    def window64(self):
        makers = {"rouse": lambda: self._tftp(64, 64), "null sender": self._null,
                  "null sender that sums": lambda: self._null("--sum"),
                  "testpmd": self._testpmd}
        return self._interleaved(makers, ["cycles_per_data", "data_per_second", "gigabits_per_second",
                                          "client_busy_percent", "checked", "wrong_content",
                                          "steal_percent"])

    def window1(self):
        return self._interleaved({"rouse": lambda: self._tftp(512, 1)},
                                 ["data_per_second", "acks_per_second", "cycles_per_data",
                                  "client_busy_percent", "checked", "wrong_content", "steal_percent"])

    def _of_workers(self, kind, sessions, window):
        """What a DATA costs each worker, from a second after the start to a second before the end."""
        with kind(self.lab, self.tree) as server:
            load = [servers.STORM, "load", *self._readers(sessions, window), "--seconds",
                    self.options.seconds + 2, "--port", server.device_of("client"), "--cpu", 1, "--json"]
            with subprocess.Popen([str(word) for word in load], text=True,
                                  stdout=subprocess.PIPE) as process:
                time.sleep(1)
                server.go_first()
                before = server.counts()
                time.sleep(self.options.seconds)
                after = server.counts()
                run = json.loads(process.communicate(timeout=60)[0])
        run["exit_code"] = process.returncode
        handed = 0
        for cpu, a, b in zip(server.cpus, before, after):
            place = "first" if cpu == 0 else "second"
            run[f"{place}_cycles_per_data"] = \
                round((b["busy"] - a["busy"]) / max(b["data"] - a["data"], 1), 1)
            handed += b["handed"] - a["handed"]
        acks = run["acks_per_second"] * self.options.seconds
        run["handed_over_percent"] = round(100 * handed / max(acks, 1), 1)
        return run

    def workers(self):
        kinds = {"first alone": FirstAlone, "second alone": SecondAlone, "both": RouseWorkers}
        return self._interleaved(
            {name: lambda kind=kind: self._of_workers(kind, 16, 64) for name, kind in kinds.items()},
            ["first_cycles_per_data", "second_cycles_per_data", "handed_over_percent",
             "data_per_second", "checked", "wrong_content", "steal_percent"])

    def _dhcp(self, kind, seconds, *words):
        run = self._rouse(kind, "cycles_per_message", "messages", "dhcp", "--seconds", seconds, *words)
        run["client_busy_percent"] = run["busy_percent"]
        run["messages_per_second"] = run["requests_per_second"] + run["replies_per_second"]
        run["ack_p99_of_tenths_us"] = run["request_to_ack_p99_of_tenths_ns"]["p50"] / 1000
        for name, phase in PHASES.items():
            for point in ("p50", "p99", "p99_9"):
                run[f"{name}_{point}_us"] = run[phase][point] / 1000
        return run

    RATE_KEYS = ["exchanges_per_second", "requests_per_second", "messages_per_second",
                 "cycles_per_message", "client_busy_percent", "lost", "ack_p50_us", "ack_p99_us",
                 "steal_percent"]
    OF_HOSTS = ("--clients", HOSTS, "--mac-base", RESERVED_MAC, "--reserved", RESERVED)

    def reserved(self):
        return self._interleaved(
            {"rouse": lambda: self._dhcp(Reserved, self.options.seconds, *self.OF_HOSTS)},
            self.RATE_KEYS)

    def durable(self):
        """One run: it is long, and its clients are all that there can be."""
        run = self._dhcp(Returning, self.options.durable_seconds, "--clients", CLIENTS, "--returning",
                         "--outstanding", 4096)
        return [self._row("rouse", [run], self.RATE_KEYS)], {"rouse": [run]}

    def latency(self):
        """At half the rate asked for: what the journal adds is the difference of two p99."""
        load = ("--rate", 150000)
        return self._interleaved(
            {"reservations": lambda: self._dhcp(Reserved, self.options.seconds, *self.OF_HOSTS, *load),
             "durable": lambda: self._dhcp(Returning, self.options.seconds, "--clients", CLIENTS,
                                           "--returning", *load)},
            ["exchanges_per_second", "lost", "skipped", "offer_p99_us", "ack_p50_us",
             "ack_p99_of_tenths_us", "ack_p99_us", "ack_p99_9_us", "client_busy_percent", "steal_percent"])
