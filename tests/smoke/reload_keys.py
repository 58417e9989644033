# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""reload_keys.py ROUSE CONFIG RUNTIME_DIR STATE_DIR BOOT_ROOT DEVICE: writes configurations and has them
taken by reload. Each key that may change has an effect that a client sees; the others are refused by
name, and a configuration with a mistake changes nothing."""
import copy
import json
import struct
import subprocess
import sys

import wire
from wire import check, option, read_request

MACHINE = 1
MAC = "52:54:00:77:00:01"
UUID = bytes(range(16))
RELAY = {"src": "10.88.0.1", "dst": wire.SERVER, "sport": 67, "src_mac": wire.mac("02:00:00:00:88:01")}
AGENT = option(82, option(1, b"port 7") + option(2, b"switch 3"))
PXE = option(60, b"PXEClient:Arch:00007:UNDI:003016")


def base(runtime_dir, state_dir, boot_root, device):
    """JSON is YAML, too."""
    return {
        "runtime_dir": runtime_dir, "state_dir": state_dir, "boot_root": boot_root, "memory": "64M",
        "ports": [{"device": device, "address": wire.SERVER + "/24"}],
        "subnets": [{"network": "10.77.0.0/24", "pools": ["10.77.0.50-10.77.0.99"]},
                    {"network": "10.88.0.0/24", "pools": ["10.88.0.50-10.88.0.99"],
                     "relays": ["10.88.0.1"]}],
        "max_leases": 1000,
        "boot": [{"file": "hit"}]}


class Keys:
    def __init__(self, program, config, *where):
        self.lab = wire.DhcpLab(program, config)
        self.program, self.config, self.runtime_dir = program, config, where[0]
        self.base = base(*where)

    def write(self, change):
        config = copy.deepcopy(self.base)
        change(config)
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump(config, file, indent=1)

    def take(self, change):
        self.write(change)
        self.lab.reload()

    def refuse(self, what, change, *words):
        """The reload fails and says why; what runs is as before."""
        self.write(change)
        run = subprocess.run([self.program, "reload", "--runtime-dir", self.runtime_dir],
                             capture_output=True, text=True, check=False)
        check(run.returncode == 1, "%s: exit status %d" % (what, run.returncode))
        for word in words:
            check(word in run.stderr, "%s: '%s' is not in: %s" % (what, word, run.stderr))

    def offer(self, options=b"", **fields):
        return self.lab.discover(MACHINE, PXE + options, **fields)

    def oack(self, asked):
        link = self.lab.link
        link.send(wire.datagram("10.77.0.9", wire.SERVER, 2000, 69, read_request("hit", asked),
                                wire.mac(MAC), self.lab.server_mac))
        for got in link.during(2):
            if got.dport == 2000 and got.payload.startswith(b"\0\6"):
                words = got.payload[2:].decode().split("\0")
                link.send(wire.datagram("10.77.0.9", wire.SERVER, 2000, got.sport, b"\0\5\0\0\0",
                                        wire.mac(MAC), self.lab.server_mac))
                return dict(zip(words[::2], map(int, words[1::2])))
        sys.exit("FAILED: no OACK")


def test_subnet(keys):
    def change(config):
        config["subnets"][0].update(
            pools=["10.77.0.200-10.77.0.201"], lease_time="2h", routers=["10.77.0.7"],
            dns=["10.77.0.8", "10.77.0.9"], ntp=["10.77.0.10"], domain="x.example", max_blksize=1000,
            max_windowsize=5, options={"150": "ip:10.77.0.11", "252": "text:wpad"})
    keys.take(change)
    reply = keys.offer()
    check(reply.yiaddr in ("10.77.0.200", "10.77.0.201"), "pools: %s" % reply.yiaddr)
    want = {51: struct.pack("!I", 7200), 3: wire.ip("10.77.0.7"), 42: wire.ip("10.77.0.10"),
            6: wire.ip("10.77.0.8") + wire.ip("10.77.0.9"), 15: b"x.example",
            150: wire.ip("10.77.0.11"), 252: b"wpad"}
    for code, value in want.items():
        check(reply.options.get(code) == value, "option %d: %r" % (code, reply.options.get(code)))
    check(keys.oack([("blksize", 1468), ("windowsize", 64)]) == {"blksize": 1000, "windowsize": 5},
          "max_blksize, max_windowsize")


def test_relays(keys):
    frame = {**RELAY, "dst_mac": keys.lab.server_mac}
    check(keys.offer(AGENT, giaddr="10.88.0.1", frame=frame).yiaddr.startswith("10.88.0."), "relays")
    keys.take(lambda config: config["subnets"][1].update(relays=["10.88.0.2"]))
    keys.lab.silence("a relay that is no longer listed", wire.DISCOVER, MACHINE, AGENT,
                     giaddr="10.88.0.1", frame=frame)


def test_hosts(keys):
    keys.take(lambda config: config.update(hosts=[
        {"name": "n1", "mac": MAC, "address": "10.77.0.11", "options": {"66": "text:other"}}]))
    reply = keys.offer()
    check((reply.yiaddr, reply.options[12], reply.options[66]) == ("10.77.0.11", b"n1", b"other"),
          "hosts: %s %s" % (reply.yiaddr, reply.options))


def test_boot(keys):
    keys.take(lambda config: config.update(boot=[
        {"file": "miss", "next_server": "10.77.0.12", "options": {"252": "text:rule"}}]))
    reply = keys.offer()
    check((reply.siaddr, reply.options[67], reply.options[252]) == ("10.77.0.12", b"miss\0", b"rule"),
          "boot: %s %s" % (reply.siaddr, reply.options))


def test_match(keys):
    """Each key of match: a machine that it means, and one that it does not."""
    frame = {**RELAY, "dst_mac": keys.lab.server_mac}
    relayed = {"giaddr": "10.88.0.1", "frame": frame}
    uuid = option(97, b"\0" + UUID)
    hosts = [{"name": "n1", "mac": MAC, "role": "compute"}, {"name": "n2", "mac": "52:54:00:77:00:02", "role": "login"}]
    text = "03020100-0504-0706-0809-0a0b0c0d0e0f"
    for match, meant, not_meant in (
            ({"ipxe": True}, {"options": option(77, b"iPXE")}, {}),
            ({"ipxe": False}, {}, {"options": option(77, b"iPXE")}),
            ({"arch": "x64-uefi"}, {"options": option(93, b"\0\7")}, {"options": option(93, b"\0\0")}),
            ({"arch": 11}, {"options": option(93, b"\0\x0b")}, {}),
            ({"mac": "52:54:00:77:*"}, {}, None), ({"mac": "52:54:00:78:*"}, None, {}),
            ({"uuid": text}, {"options": uuid}, {}),
            ({"vendor_class": "PXEClient:Arch:00007*"}, {}, None),
            ({"vendor_class": "HTTPClient*"}, None, {}),
            ({"user_class": "lab"}, {"options": option(77, b"lab")}, {}),
            ({"subnet": "10.88.0.0/24"}, relayed, {}),
            ({"circuit_id": "port 7"}, {"options": AGENT, **relayed}, relayed),
            ({"remote_id": "switch*"}, {"options": AGENT, **relayed}, {"options": AGENT}),
            ({"host": "n1"}, {}, None), ({"host": "n2"}, None, {}),
            ({"role": "compute"}, {}, None), ({"role": ["login"]}, None, {})):
        keys.take(lambda config: config.update(
            hosts=hosts, boot=[{"match": match, "file": "hit"}, {"file": "miss"}]))
        for ask, file in ((meant, b"hit\0"), (not_meant, b"miss\0")):
            if ask is not None:
                got = keys.offer(**ask).options.get(67)
                check(got == file, "%s and %s: %r, expected %r" % (match, ask, got, file))


def test_restart(keys):
    keys.take(lambda config: None)
    for key, value in (("runtime_dir", "/run/other"), ("state_dir", "/var/other"),
                       ("boot_root", "/other"), ("memory", "65M"), ("workers", 2), ("idle", "busy"),
                       ("tid_range", "40000-41000"), ("max_leases", 2000)):
        keys.refuse(key, lambda config: config.update({key: value}), key + ": needs a restart")
    for key, value in (("device", "af_packet:eth9"), ("address", "10.77.0.3/24"), ("dhcp", "off"),
                       ("mtu", 1400), ("rate", "10G")):
        keys.refuse("ports: " + key, lambda config: config["ports"][0].update({key: value}),
                    "ports: needs a restart")


def test_mistakes(keys):
    for key in ("api", "hooks"):
        keys.refuse(key, lambda config: config.update({key: {}}), keys.config + ":", key, "later version")
    for what, change, word in (
            ("a key that is none", lambda c: c["subnets"][0].update(pool=[]), "pool"),
            ("an upside-down pool", lambda c: c["subnets"][0].update(pools=["10.77.0.9-10.77.0.5"]),
             "pools"),
            ("a pool elsewhere", lambda c: c["subnets"][0].update(pools=["10.78.0.5-10.78.0.9"]), "pools"),
            ("a bad duration", lambda c: c["subnets"][0].update(lease_time="soon"), "lease_time"),
            ("no boot rules", lambda c: c.pop("boot"), "boot"),
            ("dhcp: proxy", lambda c: c["ports"][0].update(dhcp="proxy"), "dhcp"),
            ("an edge rate of nothing", lambda c: c["subnets"][0].update(edge_rate="10"), "edge_rate"),
            ("a group that is none", lambda c: c.update(multicast={"groups": "10.0.0.0/8"}), "multicast"),
            ("a file beside a menu", lambda c: c["boot"].append({"file": "a", "menu": [{"text": "Disk"}]}), "menu"),
            ("HTTPS without HTTP", lambda c: c.update(tls={}), "tls"),
            ("HTTP nowhere", lambda c: c.update(http={"port": 0}), "http"),
            ("a VLAN on af_xdp", lambda c: c["ports"][0].update(vlan=7), "vlan"),
            ("send_ahead", lambda c: c["boot"][0].update(send_ahead=8), "send_ahead")):
        keys.refuse(what, change, keys.config, word)
    generation = keys.lab.generation()
    reply = keys.offer()
    check(reply.yiaddr.startswith("10.77.0.") and reply.options[67] == b"hit\0", "after all refusals")
    check(keys.lab.generation() == generation, "a refused configuration was published")


def main(*arguments):
    keys = Keys(*arguments)
    keys.lab.discover(MACHINE)
    for test in (test_subnet, test_relays, test_hosts, test_boot, test_match, test_restart,
                 test_mistakes):
        keys.take(lambda config: None)
        print(test.__name__[5:], flush=True)
        test(keys)


main(*sys.argv[1:])
