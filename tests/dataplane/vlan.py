#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""vlan.py tagged FILE ROUSE RUNTIME_DIR, priority FILE, or interface MAC: tagged frames made by hand,
and whose tag comes back. A packet socket gets the tag beside the frame."""
import json
import socket
import struct
import subprocess
import sys
import time

from wire import (BROADCAST_MAC, DISCOVER, OFFER, Reply, check, checksum, datagram, dhcp, ip, is_reply,
                  mac, parse, read_request)

PACKET_AUXDATA, SOL_PACKET, TAG_PRESENT = 8, 263, 0x10
CLIENT_MAC = b"\x52\x54\0\x78\0\1"
SERVER = "10.78.0.1"
CLIENT = "10.78.0.9"
MTU = 1500


def with_tag(frame, tci):
    """tci: a number, or None for no tag."""
    return frame if tci is None else frame[:12] + struct.pack("!HH", 0x8100, tci) + frame[12:]


class Trunk:
    """The lab's end of the link, with the tag of each frame."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.socket.bind(("eth0", 0))

    def receive(self, timeout):
        """(tag or None, frame); None at the end of the time."""
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                frame, beside, _, address = self.socket.recvmsg(4096, 256)
            except TimeoutError:
                break
            if address[2] == socket.PACKET_OUTGOING:
                continue
            status, tci = struct.unpack_from("=I12xH", beside[0][2])
            return (tci if status & TAG_PRESENT else None), frame
        return None

    def ask(self, frame, tci, is_answer, wait=1.0):
        """Sends a frame, and returns the tag and the frame of what answers it."""
        self.socket.send(with_tag(frame, tci))
        end = time.monotonic() + wait
        while got := self.receive(end - time.monotonic()):
            if is_answer(got[1]):
                return got
        return None


def arp_request():
    return BROADCAST_MAC + CLIENT_MAC + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) + (
        CLIENT_MAC + ip(CLIENT) + bytes(6) + ip(SERVER))


def is_arp_reply(frame):
    return frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2"


def echo_request(to):
    icmp = struct.pack("!BBHHH", 8, 0, 0, 1, 1) + b"are you there"
    icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(icmp), 1, 0, 64, 1, 0, ip(CLIENT), ip(SERVER))
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    return to + CLIENT_MAC + b"\x08\0" + header + icmp


def is_echo_reply(frame):
    return frame[12:14] == b"\x08\0" and frame[23] == 1 and frame[34] == 0


def read_frame(to, port=2000, name="large"):
    request = read_request(name, [("blksize", 65464)])
    return datagram(CLIENT, SERVER, port, 69, request, CLIENT_MAC, to)


def is_to(port):
    return lambda frame: (got := parse(frame)) is not None and got.dport == port


def answers_neighbours(trunk):
    """ARP and ping in VLAN 7. Returns the port's MAC."""
    got = trunk.ask(arp_request(), 7, is_arp_reply)
    check(got and got[0] == 7, "no ARP reply, or one with another tag: %s" % (got,))
    port_mac = got[1][6:12]
    got = trunk.ask(echo_request(port_mac), 7, is_echo_reply)
    check(got and got[0] == 7, "no echo reply, or one with another tag: %s" % (got,))
    return port_mac


def reads_a_file(trunk, tci, port_mac, content):
    """OACK, then one block: as large as the MTU allows, the tag not counted."""
    port, vlan = 2000 + (tci or 0), tci and tci & 0xFFF or None
    got = trunk.ask(read_frame(port_mac, port), tci, is_to(port))
    check(got and got[0] == vlan, "tag %s: no OACK, or %s" % (tci, got))
    oack = parse(got[1])
    check(oack.payload == b"\0\6blksize\0" + str(MTU - 32).encode() + b"\0", "OACK %r" % oack.payload)
    ack = datagram(CLIENT, SERVER, port, oack.sport, b"\0\4\0\0", CLIENT_MAC, port_mac)
    got = trunk.ask(ack, tci, is_to(port))
    check(got and got[0] == vlan, "tag %s: no DATA, or %s" % (tci, got))
    check(len(got[1]) == 14 + MTU, "a frame of %d bytes" % len(got[1]))
    check(parse(got[1]).payload[4:] == content[:MTU - 32], "other contents")
    end = datagram(CLIENT, SERVER, port, oack.sport, b"\0\5\0\0end\0", CLIENT_MAC, port_mac)
    trunk.socket.send(with_tag(end, tci))


def leases(trunk):
    message = dhcp(DISCOVER, CLIENT_MAC)
    frame = datagram("0.0.0.0", "255.255.255.255", 68, 67, message, CLIENT_MAC, BROADCAST_MAC)
    got = trunk.ask(frame, 7, lambda f: (p := parse(f)) is not None and is_reply(p), 3)
    check(got and got[0] == 7, "no OFFER with tag 7: %s" % (got,))
    check(Reply(parse(got[1])).kind == OFFER, "no OFFER")


def is_silent(trunk, what, tci, port_mac):
    for frame, answer in ((read_frame(port_mac, 3000), is_to(3000)), (arp_request(), is_arp_reply),
                          (echo_request(port_mac), is_echo_reply)):
        check(not trunk.ask(frame, tci, answer, 0.3), "%s was answered" % what)


def other_vlans(rouse, runtime_dir):
    stats = json.loads(subprocess.check_output([rouse, "stats", "--json", "--runtime-dir", runtime_dir]))
    return stats["counters"]["rx_other_vlan"]["value"]


def tagged(path, rouse, runtime_dir):
    content, trunk = open(path, "rb").read(), Trunk()
    port_mac = answers_neighbours(trunk)
    for tci in (7, 0x7007, 0xF007):  # priorities are of no matter
        reads_a_file(trunk, tci, port_mac, content)
    leases(trunk)
    before = other_vlans(rouse, runtime_dir)
    is_silent(trunk, "tag 8", 8, port_mac)
    is_silent(trunk, "a frame without a tag", None, port_mac)
    is_silent(trunk, "a priority alone", 0xA000, port_mac)
    # Of each the read request; the kernel keeps the rest away from the port.
    check(other_vlans(rouse, runtime_dir) - before == 3, "frames of other VLANs are not counted")


def priority(path):
    """The kernel answers ARP. A priority alone is the untagged network."""
    content, trunk = open(path, "rb").read(), Trunk()
    got = trunk.ask(arp_request(), None, is_arp_reply)
    check(got, "no ARP reply")
    for tci in (None, 0, 0xA000):
        reads_a_file(trunk, tci, got[1][6:12], content)
    check(not trunk.ask(read_frame(got[1][6:12], 3000), 7, is_to(3000), 0.3), "tag 7 was answered")


def interface(mac_text):
    """ARP is the kernel's business: here nobody answers. TFTP goes out with that interface's MAC."""
    trunk = Trunk()
    got = trunk.ask(read_frame(mac(mac_text), 2000), 7, is_to(2000), 3)
    check(got and got[0] == 7, "no answer with tag 7: %s" % (got,))
    check(got[1][6:12] == mac(mac_text), "an answer from %s" % got[1][6:12].hex())
    check(not trunk.ask(arp_request(), 7, is_arp_reply, 0.3), "ARP was answered here")


if __name__ == "__main__":
    {f.__name__: f for f in (tagged, priority, interface)}[sys.argv[1]](*sys.argv[2:])
