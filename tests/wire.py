# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""Frames for tests on the wire: made by hand, sent and received through a packet socket, so that a
test says what no kernel and no real client would say. Scripts run with PYTHONPATH=tests."""
import collections
import json
import select
import socket
import struct
import subprocess
import sys
import time

SO_RCVBUFFORCE = 33  # what Python 3.11 does not name
SERVER = "10.77.0.1"  # as in server.sh
BROADCAST_MAC = b"\xff" * 6
Datagram = collections.namedtuple("Datagram", "src_mac dst_mac src dst sport dport payload")


def check(condition, text):
    if not condition:
        sys.exit("FAILED: " + text)


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ip(text):
    return socket.inet_aton(text)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def datagram(src, dst, sport, dport, payload, src_mac, dst_mac, fragment=0):
    """An Ethernet frame. fragment: the IPv4 header's flags and offset."""
    udp = struct.pack("!4H", sport, dport, 8 + len(payload), 0) + payload
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, fragment, 64, 17, 0,
                         ip(src), ip(dst))
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    return dst_mac + src_mac + b"\x08\0" + header + udp


def parse(frame):
    """The datagram in a frame; None when it holds none, or one with a wrong checksum."""
    if len(frame) < 42 or frame[12:14] != b"\x08\0" or frame[23] != 17:
        return None
    start = 14 + (frame[14] & 15) * 4
    sport, dport, length, summed = struct.unpack("!4H", frame[start:start + 8])
    pseudo = frame[26:34] + struct.pack("!2H", 17, length)
    if summed and checksum(pseudo + frame[start:start + length]):
        return None
    return Datagram(frame[6:12], frame[:6], socket.inet_ntoa(frame[26:30]),
                    socket.inet_ntoa(frame[30:34]), sport, dport, frame[start + 8:start + length])


def unreachable_port(frame):
    """The port that a kernel calls unreachable, by ICMP; None when the frame says no such thing."""
    if len(frame) < 70 or frame[12:14] != b"\x08\0" or frame[23] != 1 or frame[34] != 3:
        return None
    return struct.unpack("!H", frame[64:66])[0]


class Link:
    """An interface. What this end itself sends is not received."""

    def __init__(self, interface="eth0"):
        self.unreachable = set()
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        self.socket.bind((interface, 0))

    def send(self, frame):
        self.socket.send(frame)

    def receive(self, timeout):
        """The next datagram; None when there is none in time."""
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                return None
            frame, address = self.socket.recvfrom(65536)
            if address[2] == socket.PACKET_OUTGOING:
                continue
            if port := unreachable_port(frame):
                self.unreachable.add(port)
            if got := parse(frame):
                return got

    def drain(self, timeout):
        """All datagrams until none has come for so long."""
        while got := self.receive(timeout):
            yield got

    def during(self, seconds):
        """All datagrams of a time."""
        end = time.monotonic() + seconds
        while got := self.receive(end - time.monotonic()):
            yield got


class Rouse:
    """The operator's command, for the configuration that runs."""

    def __init__(self, program, config):
        self.program, self.config = program, config

    def read(self, command):
        return json.loads(subprocess.check_output(
            [self.program, command, "--json", "--config", self.config]))

    def counters(self):
        """All counters by name, and their kinds."""
        stats = self.read("stats")
        values = {name: c["value"] for name, c in stats["counters"].items()}
        values["drops"] = stats["drops"]
        return values, {name: c["kind"] for name, c in stats["counters"].items()}

    def since(self, before):
        return {name: value - before[name] for name, value in self.counters()[0].items()}


# --- TFTP

def read_request(name, options=(), mode=b"octet"):
    if isinstance(name, str):
        name = name.encode()
    words = [name, mode] + [str(word).encode() for option in options for word in option]
    return b"\0\1" + b"".join(word + b"\0" for word in words)


# --- DHCP

MAGIC = b"\x63\x82\x53\x63"
DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)


def option(code, value):
    return bytes((code, len(value))) + value


def dhcp(kind, chaddr, options=b"", *, op=1, hlen=6, hops=0, xid=1, flags=0, ciaddr="0.0.0.0",
         giaddr="0.0.0.0", magic=MAGIC):
    fixed = struct.pack("!BBBBIHH4s4s4s4s", op, 1, hlen, hops, xid, 0, flags, ip(ciaddr),
                        ip("0.0.0.0"), ip("0.0.0.0"), ip(giaddr))
    fixed += chaddr.ljust(16, b"\0") + b"\0" * 192
    return fixed + magic + option(53, bytes((kind,))) + options + b"\xff"


class Reply:
    """A server's DHCP message, with the datagram that brought it."""

    def __init__(self, got):
        p = got.payload
        self.datagram, self.xid = got, struct.unpack("!I", p[4:8])[0]
        self.flags = struct.unpack("!H", p[10:12])[0]
        self.ciaddr, self.yiaddr, self.siaddr, self.giaddr = (
            socket.inet_ntoa(p[at:at + 4]) for at in (12, 16, 20, 24))
        self.options, self.order, at = {}, [], 240
        while p[at] != 255:
            if p[at] == 0:
                at += 1
                continue
            self.options[p[at]] = self.options.get(p[at], b"") + p[at + 2:at + 2 + p[at + 1]]
            self.order.append(p[at])
            at += 2 + p[at + 1]
        self.kind = self.options[53][0]


def is_reply(got):
    return got.sport == 67 and got.dport in (67, 68) and got.payload[:1] == b"\2"


class DhcpLab:
    """DHCP clients without a kernel, on the other end of the server's link."""

    def __init__(self, program, config):
        self.rouse, self.program, self.config = Rouse(program, config), program, config
        self.link, self.xid, self.server_mac = Link(), 0, BROADCAST_MAC

    def ask(self, kind, machine, options=b"", *, frame=(), wait=2, **fields):
        """Sends a message; its answer, or None. frame: what its datagram has of its own."""
        self.xid += 1
        chaddr = machine if isinstance(machine, bytes) else b"\x52\x54\0\x77\0" + bytes((machine,))
        what = {"src": "0.0.0.0", "dst": "255.255.255.255", "sport": 68, "dport": 67,
                "src_mac": chaddr, "dst_mac": BROADCAST_MAC, **dict(frame)}
        self.link.send(datagram(
            payload=dhcp(kind, chaddr, options, xid=self.xid, **fields), **what))
        for got in self.link.during(wait):
            if is_reply(got) and (reply := Reply(got)).xid == self.xid:
                check(reply.options[54] == ip(SERVER), "option 54: %r" % reply.options)
                self.server_mac = got.src_mac
                return reply
        return None

    def silence(self, what, *args, **fields):
        check(self.ask(*args, wait=0.3, **fields) is None, "%s: an answer" % what)

    def discover(self, machine, options=b"", **fields):
        # With no journal from before, addresses are probed first.
        for _ in range(20):
            if reply := self.ask(DISCOVER, machine, options, **fields):
                check(reply.kind == OFFER, "kind %d for a DISCOVER" % reply.kind)
                return reply
        sys.exit("FAILED: no OFFER")

    def select(self, machine, address, server=SERVER, options=b"", **fields):
        return self.ask(REQUEST, machine,
                        option(50, ip(address)) + option(54, ip(server)) + options, **fields)

    def reboot(self, machine, address):
        return self.ask(REQUEST, machine, option(50, ip(address)))

    def obtain(self, machine):
        address = self.discover(machine).yiaddr
        reply = self.select(machine, address)
        check(reply and reply.kind == ACK, "no ACK of %s" % address)
        return address

    def unicast(self, address, machine):
        return {"src": address, "dst": SERVER, "dst_mac": self.server_mac,
                "src_mac": b"\x52\x54\0\x77\0" + bytes((machine,))}

    def leased(self):
        return {lease["address"]: lease["state"] for lease in self.rouse.read("leases")["leases"]}

    def change(self, *changes):
        """Replaces texts of the configuration and has it taken."""
        with open(self.config, encoding="utf-8") as file:
            text = file.read()
        for old, new in changes:
            check(old in text, "%r is not in the configuration" % old)
            text = text.replace(old, new)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)
        self.reload()

    def reload(self):
        """Returns once the worker follows the configuration."""
        before = self.generation()
        subprocess.check_call([self.program, "reload", "--config", self.config],
                              stdout=subprocess.DEVNULL)
        end = time.monotonic() + 5
        while self.generation() == before:
            check(time.monotonic() < end, "the worker does not follow the reload")

    def generation(self):
        return self.rouse.read("status")["dataplane"]["workers"][0]["policy_adopted"]
