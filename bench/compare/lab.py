# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""Network namespaces of one comparison: a server, a client, and between them a cable or a lossy
switch. Everything bears the id of this run and goes with it, also after an error."""
import os
import shutil
import subprocess
import tempfile

from compare import account

NETWORK = "10.78.0.0/15"
SERVER = "10.78.0.1"
CLIENT = "10.78.0.2"
REFLECT = "10.78.0.3"  # no kernel has it
STATIONS = "10.78.4.0/26"  # of rouse-storm's clients in user space
POOL = ("10.78.16.0", "10.79.255.250")
PREFIX = 15
MASK = "255.254.0.0"
TID_RANGE = "32768-49151"


def run(*words, **options):
    return subprocess.run([str(w) for w in words], check=True, text=True, capture_output=True,
                          **options).stdout


class Lab:
    def __init__(self):
        account.sweep("rb")
        self.id = f"rb{os.getpid()}"
        self.work = tempfile.mkdtemp(prefix=self.id + ".")
        os.chmod(self.work, 0o755)
        self.namespaces = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.clear()
        shutil.rmtree(self.work, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def clear(self):
        for name in self.namespaces:
            subprocess.run(["ip", "netns", "delete", name], check=False)
        self.namespaces = []

    def inside(self, name, *words):
        return ["ip", "netns", "exec", f"{self.id}-{name}", *[str(w) for w in words]]

    def _make(self, name):
        run("ip", "netns", "add", f"{self.id}-{name}")
        self.namespaces.append(f"{self.id}-{name}")
        run("ip", "-n", f"{self.id}-{name}", "link", "set", "lo", "up")
        run(*self.inside(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                         "net.ipv6.conf.default.disable_ipv6=1"))

    def _link(self, a, a_if, b, b_if):
        run("ip", "-n", f"{self.id}-{a}", "link", "add", a_if, "type", "veth", "peer", "name", b_if,
            "netns", f"{self.id}-{b}")
        run("ip", "-n", f"{self.id}-{a}", "link", "set", a_if, "up")
        run("ip", "-n", f"{self.id}-{b}", "link", "set", b_if, "up")

    def _address(self, name, address):
        run("ip", "-n", f"{self.id}-{name}", "address", "add", f"{address}/{PREFIX}", "dev", "eth0")

    def cable(self):
        """server eth0 === eth0 client, one veth pair."""
        self.clear()
        self._make("server")
        self._make("client")
        self._link("server", "eth0", "client", "eth0")
        self._address("server", SERVER)
        self._address("client", CLIENT)

    def lossy_switch(self, per_thousand):
        """server eth0 === switch === eth0 client; the switch loses IPv4 frames both ways. Loss is
        in the middle because af_xdp sends past the queueing discipline of its own interface."""
        self.clear()
        for name in ("server", "switch", "client"):
            self._make(name)
        run("ip", "-n", f"{self.id}-switch", "link", "add", "br0", "type", "bridge",
            "forward_delay", "0", "mcast_snooping", "0")
        run("ip", "-n", f"{self.id}-switch", "link", "set", "br0", "up")
        for name in ("server", "client"):
            self._link(name, "eth0", "switch", name)
            run("ip", "-n", f"{self.id}-switch", "link", "set", name, "master", "br0")
        self._address("server", SERVER)
        self._address("client", CLIENT)
        run(*self.inside("switch", "nft", "-f", "-"), input=f"""
            table bridge loss {{
                chain forward {{
                    type filter hook forward priority 0;
                    meta protocol ip numgen random mod 1000 < {per_thousand} counter drop
                }}
            }}""")
