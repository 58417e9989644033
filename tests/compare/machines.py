# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""What real clients put into their messages, after captures and their sources (bench/storm_model.c has
the same of those that boot), and the bytes of a message. An option's value may be the name of an
address that is known only when the message is sent, such as "offered"."""
import struct

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
MAGIC = b"\x63\x82\x53\x63"
OPTIONS_AT, FILE_AT, SNAME_AT = 240, 108, 44
ROM_ASKS = bytes((1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59,
                  60, 66, 67, 97, 128, 129, 130, 131, 132, 133, 134, 135))
IPXE_ASKS = bytes((1, 3, 6, 7, 12, 15, 17, 26, 43, 60, 66, 67, 119, 128, 129, 130, 131, 132, 133, 134,
                   135, 175, 203))
IPXE_FEATURES = bytes.fromhex(
    "b105018086100eeb0301000017010122010113010111010127010119010129010110010221010115010118010112010"
    "1")


def uuid(mac):
    return b"\0" + bytes(range(0x40, 0x4a)) + mac


def ethernet_id(mac):
    return b"\x01" + mac


def duid_id(mac):
    """RFC 4361: IAID, then a DUID-LLT."""
    return b"\xff" + mac[2:] + b"\0\x01\0\x01\x2a\x2b\x2c\x2d" + mac


def rom(arch, undi, size):
    def options(mac, _number):
        return [(97, uuid(mac)), (93, struct.pack("!H", arch)), (94, undi), (57, struct.pack("!H", size)),
                (60, b"PXEClient:Arch:%05d:UNDI:003000" % arch), (55, ROM_ASKS)]
    return options


def ipxe(arch, counted=False):
    def options(mac, _number):
        return [(57, b"\x05\xc0"), (93, struct.pack("!H", arch)), (94, b"\x01\x02\x01"),
                (60, b"PXEClient:Arch:%05d:UNDI:002001" % arch),
                (77, b"\x04iPXE" if counted else b"iPXE"), (55, IPXE_ASKS), (175, IPXE_FEATURES),
                (61, ethernet_id(mac)), (97, uuid(mac))]
    return options


def uboot(mac, _number):
    return [(57, b"\x02\x40"), (97, uuid(mac)), (93, b"\0\x16"), (94, b"\x01\0\0"),
            (60, b"U-Boot.armv8"), (55, b"\x01\x03\x06\x11")]


def udhcpc(mac, _number):
    return [(61, ethernet_id(mac)), (57, b"\x02\x40"), (55, bytes((1, 3, 6, 12, 15, 28, 42))),
            (60, b"udhcp 1.35.0")]


def dhclient(_mac, number):
    return [(12, b"debian%d" % number),
            (55, bytes((1, 28, 2, 3, 15, 6, 119, 12, 44, 47, 26, 121, 42)))]


def networkd(mac, number):
    return [(61, duid_id(mac)), (55, bytes((1, 3, 12, 15, 6, 26, 33, 42, 119, 120, 121))),
            (57, b"\x05\xc0"), (12, b"node%d" % number)]


def windows(mac, number):
    name = b"PC%d" % number
    return [(61, ethernet_id(mac)), (12, name), (81, b"\0\0\0" + name), (60, b"MSFT 5.0"),
            (55, bytes((1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252)))]


def plain(_mac, _number):
    """Neither identifier nor list of what it wants."""
    return []


def asks_nothing(mac, _number):
    return [(61, ethernet_id(mac)), (12, b"quiet")]


MODELS = {
    "ipxe-bios": ipxe(0), "ipxe-efi": ipxe(7), "ipxe-counted": ipxe(7, True),
    "edk2-x64": rom(7, b"\x01\x03\0", 1472), "edk2-ebc": rom(9, b"\x01\x03\0", 65280),
    "edk2-arm64": rom(11, b"\x01\x03\0", 1472), "edk2-riscv": rom(27, b"\x01\x03\0", 1472),
    "bios-rom": rom(0, b"\x01\x02\x01", 1260), "uboot": uboot, "udhcpc": udhcpc, "dhclient": dhclient,
    "networkd": networkd, "windows": windows, "plain": plain, "asks-nothing": asks_nothing,
}


def encode(options, at=OPTIONS_AT):
    """The bytes of options, and where addresses are to be put in. A value over 255 bytes is split
    (RFC 3396)."""
    out, blanks = bytearray(), []
    for code, value in options:
        if not code:
            out.append(0)
            continue
        if isinstance(value, str):
            blanks.append((at + len(out) + 2, value))
            value = b"\0\0\0\0"
        for part in range(0, max(len(value), 1), 255):
            piece = value[part:part + 255]
            out += bytes((code, len(piece))) + piece
    return out, blanks


class Message:
    """A client's message. blanks: (offset, name of an address). ciaddr, src: an address or a name."""
    __slots__ = ("state", "tags", "payload", "blanks", "src", "dst", "relay", "waits", "xid", "subnet",
                 "sport")

    def __init__(self, state, kind, mac, options, *, xid, flags=0, ciaddr=None, giaddr=b"\0\0\0\0",
                 hops=0, htype=1, hlen=6, secs=0, sname=b"", file=b"", end=b"\xff", size=300, op=1,
                 magic=MAGIC, tags=(), src="0.0.0.0", dst=None, relay=None, waits=True, subnet=0):
        self.state, self.tags, self.xid, self.subnet = state, tags, xid, subnet
        self.src, self.dst, self.relay, self.waits = src, dst, relay, waits
        self.sport = 67 if relay else 68
        first = [(53, bytes((kind,)))] if kind else []
        encoded, self.blanks = encode(first + options)
        head = struct.pack("!BBBBIHH4s4s4s4s16s64s128s4s", op, htype, hlen, hops, xid, secs, flags,
                           b"\0" * 4, b"\0" * 4, b"\0" * 4, giaddr, mac, sname, file, magic)
        self.payload = bytearray(head) + encoded + end
        if ciaddr is not None:
            self.blanks.append((12, ciaddr))
        if len(self.payload) < size:
            self.payload += bytes(size - len(self.payload))


def parse_options(payload):
    """Of the options field only: code to value, parts joined; order. None: it is broken."""
    found, order, at = {}, [], OPTIONS_AT
    while at < len(payload):
        code = payload[at]
        if code == 255:
            return found, order
        if code == 0:
            at += 1
            continue
        if at + 1 >= len(payload) or at + 2 + payload[at + 1] > len(payload):
            return None, order
        value = bytes(payload[at + 2:at + 2 + payload[at + 1]])
        found[code] = found[code] + value if code in found else value
        order.append(code)
        at += 2 + payload[at + 1]
    return found, order
