# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""An answer, as a map from what is compared to a word for what it is: "opt6" to "site", when it is what
the configuration says; "yiaddr" to "pool", because which free address a machine gets is each
server's own choice. What must differ from one exchange to the next, such as xid, has no word."""
import struct

import site_plan as site
from machines import SNAME_AT, FILE_AT, parse_options

KINDS = {2: "OFFER", 5: "ACK", 6: "NAK"}
ECHOED = {12, 43, 60, 61, 77, 82, 93, 94, 97, 118}
TEXTS = {12, 15, 56, 66, 67}
ALL_ONES = b"\xff" * 4
NO_ADDRESS = b"\0" * 4
SITE_OPTIONS = [site.options_of(n) for n in range(len(site.SUBNETS))]
LEASES = [subnet["lease"] for subnet in site.SUBNETS]
POOLS = [tuple(site.number(end) for end in subnet["pool"]) for subnet in site.SUBNETS]
HOST_OF_MAC = {host["mac"]: host for host in site.hosts()}
RESERVED = {site.ip(host["address"]): host for host in site.hosts()}
SEARCH_COMPRESSED = b"\x07cluster\x07example\0\xc0\x08"
SLACK = 120  # seconds that a run may take from a lease to its renewal


class Request:
    """What of a message, and of the exchange before it, an answer is understood by."""

    def __init__(self, message, sent, mac, machine, by_kernel):
        self.by_kernel = by_kernel  # the server's kernel chooses the MAC address of an answer
        self.options = parse_options(message.payload)[0] or {}
        self.payload, self.subnet, self.relay = message.payload, message.subnet, message.relay
        self.sent, self.mac, self.machine = sent, mac, machine  # sent: the source address
        self.host = HOST_OF_MAC.get(mac)
        self.asked = self.options.get(50) or bytes(self.payload[12:16])


def address_word(address, request):
    """Whose it is. The first that fits: so words are the same where addresses are not."""
    if address == NO_ADDRESS:
        return "none"
    if request.host and address == site.ip(request.host["address"]):
        return "its own"
    if address == request.machine.get("lease"):
        return "as before"
    if address == request.machine.get("offered"):
        return "as before"
    if address == request.asked:
        return "as asked"
    if address in RESERVED:
        return "of another host"
    for n, (first, last) in enumerate(POOLS):
        if first <= struct.unpack("!I", address)[0] <= last:
            return "pool" if n == request.subnet else "pool of another subnet"
    return "%d.%d.%d.%d" % tuple(address)


def time_word(value, request):
    if value == ALL_ONES:
        return "infinite"
    seconds = struct.unpack("!I", value)[0]
    lease = LEASES[request.subnet]
    if lease - SLACK <= seconds <= lease:
        return "site"
    return "as asked" if value == request.options.get(51) else str(seconds)


def part_word(value, whole, numerator):
    """T1 and T2 as a part of the lease; dnsmasq takes a little off, by chance."""
    if value == ALL_ONES:
        return "infinite"
    seconds, lease = struct.unpack("!I", value)[0], struct.unpack("!I", whole)[0]
    exact = lease * numerator // 8
    return "%d/8" % numerator if exact - lease // 8 <= seconds <= exact + 1 else str(seconds)


def text_word(value):
    text = value.rstrip(b"\0").decode("ascii", "backslashreplace").replace("\t", "\\t")
    return (text or "empty") + ("+NUL" if value.endswith(b"\0") else "")


def option_word(code, value, options, request):
    if code in ECHOED and value == request.options.get(code):
        return "echoed"
    if SITE_OPTIONS[request.subnet].get(code) == value:
        return "site"
    if code == 119 and value == SEARCH_COMPRESSED and code in SITE_OPTIONS[request.subnet]:
        return "compressed"
    if code == 12 and request.host and value.rstrip(b"\0") == request.host["name"].encode():
        return "site"
    if len(value) == 4:
        if code == 51:
            return time_word(value, request)
        if code in (58, 59) and 51 in options:
            return part_word(value, options[51], 4 if code == 58 else 7)
    if code == 54:
        return "us" if value == site.ip(site.SERVER) else "%d.%d.%d.%d" % tuple(value)
    if code == 81:  # of a client's full name: RFC 4702
        return "flags %02x" % value[0] if value else "empty"
    if code in TEXTS:
        return text_word(value)
    return value.hex()


def destination_word(frame, got, request):
    """Where an answer goes: MAC, address and port."""
    mac = frame[:6]
    words = {bytes(request.payload[28:34]): "chaddr", b"\xff" * 6: "broadcast"}
    address = frame[30:34]
    if address == ALL_ONES:
        to = "all"
    elif request.relay and address == bytes(request.payload[24:28]):
        to = "giaddr"
    elif address == got[16:20]:
        to = "yiaddr"
    elif address == bytes(request.payload[12:16]):
        to = "ciaddr"
    else:
        to = "%d.%d.%d.%d" % tuple(address)
    at = words.get(mac, "sender" if mac == request.sent else mac.hex(":"))
    if request.by_kernel and to in ("yiaddr", "ciaddr"):
        at = "chaddr" if request.sent == bytes(request.payload[28:34]) else "sender"
    return "%s at %s:%d" % (to, at, struct.unpack("!H", frame[36:38])[0])


def size_word(got, request):
    if len(got) < 300:
        return "below 300"
    limit = max(576, int.from_bytes(request.options.get(57, b""), "big"))
    return "fits" if len(got) + 28 <= limit else "too long"


def field_text(field):
    text = field.split(b"\0")[0]
    return text_word(text) if text else "none"


def overloaded(got, options):
    """Options that stand in file and sname, and what is left there of names."""
    use = options.pop(52, b"\0")[0]
    for bit, start, size in ((1, FILE_AT, 128), (2, SNAME_AT, 64)):
        if use & bit:
            more = parse_options(bytes(240) + got[start:start + size])[0] or {}
            options.update({code: options.get(code, b"") + value for code, value in more.items()})
    return use


def describe(frame, request):
    """The answer in a frame. Returns (words, yiaddr, bytes of its kind)."""
    got = frame[42:42 + struct.unpack("!H", frame[38:40])[0] - 8]
    options, order = parse_options(got)
    if options is None:
        return {"kind": "broken"}, NO_ADDRESS, 0
    kind = options.get(53, b"\0")[0]
    use = overloaded(got, options)
    words = {"kind": KINDS.get(kind, "BOOTP" if 53 not in options else str(kind)),
             "to": destination_word(frame, got, request), "size": size_word(got, request),
             "yiaddr": address_word(got[16:20], request)}
    if got[10:12] != request.payload[10:12]:
        words["flags"] = got[10:12].hex()
    words["ciaddr"] = "none" if got[12:16] == NO_ADDRESS else \
        "as sent" if got[12:16] == request.payload[12:16] else address_word(got[12:16], request)
    words["siaddr"] = "%d.%d.%d.%d" % tuple(got[20:24])
    if got[24:28] != request.payload[24:28] or got[28:44] != request.payload[28:44]:
        words["echo"] = "giaddr or chaddr changed"
    words["file"] = "options" if use & 1 else field_text(got[FILE_AT:FILE_AT + 128])
    words["sname"] = "options" if use & 2 else field_text(got[SNAME_AT:SNAME_AT + 64])
    if 82 in options and order[-1] != 82:
        words["last"] = "not 82"
    for code, value in options.items():
        if code != 53:
            words["opt%d" % code] = option_word(code, value, options, request)
    return words, bytes(got[16:20]), kind
