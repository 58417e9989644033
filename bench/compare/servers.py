# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""The servers that are compared. Each is started fresh in the lab's namespace `server`, is asked
until it answers, and says how much processor time it has used."""
import json
import os
import shutil
import signal
import subprocess
import time

from compare import account, lab as net

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("ROUSE_BUILD", os.path.join(TOP, "build"))
STORM = os.path.join(BUILD, "bench/rouse-storm")
TFTPD_HPA = os.environ.get("TFTPD_HPA", "/usr/local/lib/rouse-peers/tftpd-hpa/usr/sbin/in.tftpd")


def process_tree(pid):
    """pid and all its descendants that live."""
    found = [pid]
    for parent in found:
        try:
            for task in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{task}/children") as children:
                    found += [int(word) for word in children.read().split()]
        except OSError:
            pass
    return found


class Server:
    name = ""
    settings = ""  # what is not its default, for the document
    protocol = "tftp"  # what it is asked to see whether it answers
    address = net.SERVER

    def __init__(self, lab, root=None):
        self.lab = lab
        self.root = root
        self.process = None
        self.log = lab.path(f"{self.name}.log")
        self.state = lab.path(f"{self.name}.state")
        self.cgroup = account.Cgroup(f"{lab.id}-{self.name}")

    @staticmethod
    def present():
        """Whether it is installed: without --only a peer that is not takes no part."""
        return True

    def command(self):
        raise NotImplementedError

    def prepare(self):
        """Before a fresh start."""

    def __enter__(self):
        shutil.rmtree(self.state, ignore_errors=True)
        os.makedirs(self.state)
        self.prepare()
        self.cgroup.make()
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                self.cgroup.wrap(self.lab.inside("server", *self.command())), stdout=log,
                stderr=log, env={**os.environ, **self.environment()})
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def environment(self):
        return {}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.cgroup.remove()

    def _probe(self):
        if self.protocol == "tftp":
            return ["tftp", "--server", self.address, "--file", "ready", "--retry", "0.2",
                    "--linger", "0"]
        return ["dhcp", "--interface", "eth0", "--retry", "0.5", "--mac-base", "02:aa:00:00:00:00"]

    def _wait(self):
        for _ in range(100):
            if self.process.poll() is not None:
                break
            probe = subprocess.run(self.lab.inside("client", STORM, *self._probe()),
                                   capture_output=True)
            if probe.returncode == 0:
                return
            time.sleep(0.1)
        with open(self.log) as log:
            raise RuntimeError(f"{self.name} does not answer: {log.read()[-2000:]}")

    def cpu_seconds(self):
        return self.cgroup.seconds()

    def memory(self):
        """Bytes by kind, over all its processes, from smaps_rollup."""
        total = {}
        for pid in process_tree(self.process.pid):
            try:
                with open(f"/proc/{pid}/smaps_rollup") as rollup:
                    lines = rollup.readlines()[1:]
            except OSError:
                continue
            for line in lines:
                key, value = line.split()[:2]
                total[key[:-1]] = total.get(key[:-1], 0) + int(value) * 1024
        return total


class Rouse(Server):
    name = "rouse"
    settings = "one worker, `idle: adaptive`, no hugepages but what the machine has"
    device = "af_xdp:eth0"
    memory_key = "512M"

    def __enter__(self):
        # Without a journal of its own a start gives new addresses only after it has probed them;
        # what is compared is a server that has been in use. So one start makes the journal first.
        if not os.path.isdir(self.journal()):
            super().__enter__()
            self._wait_for_probes()
            self.stop()
            shutil.copytree(self.state, self.journal())
        return super().__enter__()

    def _wait_for_probes(self):
        for _ in range(1200):
            with open(self.log) as log:
                if "have been asked" in log.read():
                    return
            time.sleep(0.1)
        raise RuntimeError("rouse does not end probing its pools")

    def journal(self):
        return self.lab.path("rouse.journal")

    def prepare(self):
        if os.path.isdir(self.journal()):
            shutil.copytree(self.journal(), self.state, dirs_exist_ok=True)
        config = {
            "runtime_dir": self.lab.path("run"),
            "state_dir": self.state,
            "boot_root": self.root or self.lab.path("empty"),
            "memory": self.memory_key,
            "tid_range": net.TID_RANGE,
            "ports": [{"device": self.device, "address": f"{net.SERVER}/{net.PREFIX}",
                       "dhcp": "server"}],
            "subnets": [{"network": net.NETWORK, "pools": ["-".join(net.POOL)],
                         "lease_time": "1h", "max_blksize": 1468,
                         "relays": [net.CLIENT]}],  # perfdhcp plays a relay
            "boot": [{"match": {"ipxe": True}, "file": "ready"}],
        }
        os.makedirs(self.lab.path("run"), exist_ok=True)
        os.makedirs(self.lab.path("empty"), exist_ok=True)
        if not self.root:
            with open(self.lab.path("empty", "ready"), "w") as ready:
                ready.write("ready\n")
        with open(self.lab.path("rouse.yaml"), "w") as file:
            json.dump(config, file)  # JSON is YAML

    def command(self):
        return [os.path.join(BUILD, "control/rouse"), "up", "--config", self.lab.path("rouse.yaml")]

    @staticmethod
    def version():
        commit = subprocess.run(["git", "-C", TOP, "rev-parse", "--short", "HEAD"], text=True,
                                capture_output=True).stdout.strip()
        return f"rouse {commit}"


class RouseAfPacket(Rouse):
    name = "rouse-af-packet"
    device = "af_packet:eth0"


def first_line(*words):
    done = subprocess.run(words, text=True, capture_output=True)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0] if lines else "unknown"


class Dnsmasq(Server):
    name = "dnsmasq"
    settings = ("`--tftp-max=5000` (default 50), no DNS; this version negotiates no windowsize, newer "
                "ones up to 32")

    def command(self):
        return ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--user=root",
                "--interface=eth0", "--bind-interfaces", "--enable-tftp",
                f"--tftp-root={self.root}", "--tftp-max=5000", f"--pid-file={self.state}/pid",
                "--log-facility=/dev/null"]

    @staticmethod
    def version():
        return " ".join(first_line("dnsmasq", "--version").split()[:3])


class DnsmasqDhcp(Dnsmasq):
    name = "dnsmasq-dhcp"
    settings = ("`--no-ping --dhcp-authoritative --dhcp-lease-max=1000000`, leases on disk, no DNS, no "
                "TFTP")
    protocol = "dhcp"

    def command(self):
        return ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--user=root",
                "--interface=eth0", "--bind-interfaces", "--no-ping", "--dhcp-authoritative",
                "--dhcp-lease-max=1000000", f"--dhcp-range={','.join(net.POOL)},{net.MASK},1h",
                f"--dhcp-leasefile={self.state}/leases", f"--pid-file={self.state}/pid",
                "--log-facility=/dev/null"]


class Atftpd(Server):
    name = "atftpd"
    settings = "`--daemon --no-fork --maxthread 2000`; it agrees to windowsize 64"

    def command(self):
        return ["atftpd", "--daemon", "--no-fork", "--user", "root", "--group", "root",
                "--maxthread", "2000", "--logfile", f"{self.state}/log", "--bind-address",
                net.SERVER, self.root]

    @staticmethod
    def version():
        return first_line("atftpd", "--version")


class TftpdHpa(Server):
    name = "tftpd-hpa"
    settings = "`-L -s` (standalone, one process a transfer); this version negotiates no windowsize"

    @staticmethod
    def present():
        return os.access(TFTPD_HPA, os.X_OK)

    def command(self):
        return [TFTPD_HPA, "-L", "-4", "-s", "-u", "root", "-a", f"{net.SERVER}:69", self.root]

    @staticmethod
    def version():
        return first_line(TFTPD_HPA, "-V").split(",")[0]


class Kea(Server):
    name = "kea"
    settings = "memfile kept on disk, LFC off, multi-threading with 2 threads, `packet-queue-size` 64"
    protocol = "dhcp"

    def prepare(self):
        dhcp4 = {
            "interfaces-config": {"interfaces": ["eth0"], "dhcp-socket-type": "raw"},
            "lease-database": {"type": "memfile", "persist": True, "lfc-interval": 0,
                               "name": f"{self.state}/leases.csv"},
            "multi-threading": {"enable-multi-threading": True, "thread-pool-size": 2,
                                "packet-queue-size": 64},
            "valid-lifetime": 3600,
            "subnet4": [{"subnet": net.NETWORK, "pools": [{"pool": " - ".join(net.POOL)}]}],
            "loggers": [{"name": "kea-dhcp4", "severity": "ERROR",
                         "output_options": [{"output": "stderr"}]}],
        }
        with open(f"{self.state}/kea.json", "w") as file:
            json.dump({"Dhcp4": dhcp4}, file)

    def environment(self):
        return {"KEA_PIDFILE_DIR": self.state, "KEA_LOCKFILE_DIR": self.state}

    def command(self):
        return ["kea-dhcp4", "-c", f"{self.state}/kea.json"]

    @staticmethod
    def version():
        return "kea " + first_line("kea-dhcp4", "-v")


class Reflect(Server):
    """A server without files or state, over packet sockets."""
    name = "reflect"
    settings = "`rouse-storm reflect`, neither files nor state, over packet sockets"
    address = net.REFLECT
    window = 1

    def _window(self):
        return ["--windowsize", str(self.window)] if self.window > 1 else []

    def command(self):
        return [STORM, "reflect", "--interface", "eth0", "--server", self.address, *self._window()]

    def _probe(self):
        return [*super()._probe(), "--blksize", "1468", "--tsize", *self._window()]

    @staticmethod
    def version():
        return first_line(STORM, "--version")
