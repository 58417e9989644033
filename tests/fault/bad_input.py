# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""bad_input.py ROUSE CONFIG: everything that no client should send, sent. The interface has no address,
so nothing but this script speaks: each frame is answered or counted, and no answer goes to what could
answer it."""
import random
import sys
import time

import wire
from wire import SERVER, check, datagram, dhcp, option, read_request

ME, ALIVE = "10.77.0.9", "10.77.0.10"
MY_MAC, ALIVE_MAC = wire.mac("02:00:00:00:77:09"), wire.mac("02:00:00:00:77:10")
CHADDR = wire.mac("52:54:00:00:77:01")
TID_FIRST, TID_LAST = 32768, 49151
LARGEST = 1500 - 28  # of a UDP payload in one frame
SILENT_FOR = 11
SILENT_PORT = 31101  # from here on, clear of what Suite.tftp has used: a session of rubbish may still repeat

# What counts a frame that is answered, or that a session takes; all others are drops.
TAKEN = ("rx_other", "tftp_requests", "tftp_writes_refused", "tftp_stopped", "tftp_probes",
         "dhcp_discover", "dhcp_request", "dhcp_decline", "dhcp_release", "dhcp_inform")
# Drops that count something else than a frame that came in, or one that TAKEN has counted.
NOT_RX = ("dhcp_pool_empty", "dhcp_table_full", "dhcp_unknown_lease", "dhcp_not_authoritative",
          "dhcp_not_owner", "dhcp_journal_degraded", "dhcp_journal_full", "dhcp_reply_too_large",
          "dhcp_other_server", "dhcp_malformed_no_address", "dhcp_hostile_inform",
          "dhcp_tx_blocked", "dhcp_journal_refused", "dhcp_not_durable",
          "tftp_drop_table_full", "tftp_drop_errors_full", "tftp_drop_stale_request",
          "tx_link_down", "tx_stalled", "tx_no_queue", "tx_too_long", "tx_stopped")


class Suite:
    def __init__(self, program, config):
        self.rouse, self.link = wire.Rouse(program, config), wire.Link()
        self.sent, self.received, self.port = 0, [], 1024

    def send(self, frame):
        self.link.send(frame)
        self.sent += 1
        if self.sent % 64 == 0:  # no more than the queues between us hold
            self.received.extend(self.link.drain(0.001))

    def tftp(self, payload, dport=69, **change):
        self.port = 1024 + (self.port - 1023) % 30000
        what = {"src": ME, "dst": SERVER, "sport": self.port, "src_mac": MY_MAC,
                "dst_mac": self.server_mac, **change}
        self.send(datagram(dport=dport, payload=payload, **what))

    def dhcp(self, payload, **change):
        what = {"src": "0.0.0.0", "dst": "255.255.255.255", "sport": 68, "dport": 67,
                "src_mac": CHADDR, "dst_mac": wire.BROADCAST_MAC, **change}
        self.send(datagram(payload=payload, **what))

    def settle(self):
        self.received.extend(self.link.drain(0.3))

    def learn_server(self):
        """The first exchange of all: DISCOVER, and the answer's source."""
        for _ in range(50):
            self.dhcp(dhcp(wire.DISCOVER, CHADDR))
            if (got := self.link.receive(0.2)) and wire.is_reply(got):
                self.server_mac = got.src_mac
                return
        sys.exit("FAILED: no OFFER")

    def answers(self, tries=20):
        """Whether a request of a well-behaved client is answered, and what came meanwhile is kept."""
        for i in range(tries):
            self.tftp(read_request("no-such-file"), src=ALIVE, sport=1500 + i, src_mac=ALIVE_MAC)
            for got in self.link.during(0.3):
                if got.dst == ALIVE and got.payload.startswith(b"\0\5\0\1"):
                    return True
                self.received.append(got)
        return False


# --- what is sent

def packets():
    """A whole packet of each opcode."""
    yield read_request("file-512", [("blksize", 1024), ("windowsize", 4), ("tsize", 0)])
    yield b"\0\2" + read_request("file-512", [("blksize", 1024), ("tsize", 0)])[2:]
    yield b"\0\3\0\1" + b"data" * 100
    yield b"\0\4\0\1"
    yield b"\0\5\0\4illegal\0"
    yield b"\0\6blksize\0001024\0windowsize\0004\0"


def truncated(suite):
    for packet in packets():
        for size in range(len(packet) + 1):
            suite.tftp(packet[:size])
            suite.tftp(packet[:size], dport=random.randint(TID_FIRST, TID_LAST))


def opcodes(suite):
    for opcode in (0, *range(7, 40), 0x100, 0x200, 0x500, 0xFFFF):
        suite.tftp(opcode.to_bytes(2, "big") + b"file-512\0octet\0")
        suite.tftp(opcode.to_bytes(2, "big"), dport=TID_FIRST)


def names(suite):
    for name in (b"", b".", b"..", b"../etc/passwd", b"..\\..\\boot.ini", b"a/../../b", b"/../file-512",
                 b"%2e%2e/etc/passwd", b"%s%s%s%n", b"file-512%00", b"C:\\file-512", b"\\\\host\\x",
                 b"\xff\xfe\xc0\xaf\x80", b"\xc0\xae\xc0\xae/etc", b"\x1b[2J\r\n", b"a" * 255,
                 b"a" * 256, b"/" * 1000, b"\\" * 1000, b"../" * 400, b"." * 1400):
        for mode in (b"octet", b"netascii", b"mail", b"", b"\xff" * 40):
            suite.tftp(read_request(name, mode=mode)[:LARGEST])
    suite.tftp(b"\0\1" + b"a" * (LARGEST - 2))
    suite.tftp(b"\0\1" + b"\0" * (LARGEST - 2))
    suite.tftp(b"\0\1file-512\0octet\0" + b"\0" * (LARGEST - 17))
    suite.tftp(b"\0\1file-512\0octet\0" + b"a\0b\0" * 360)


def options_of_any_length(suite):
    for name in (b"", b"blksize", b"tsize", b"windowsize", b"timeout", b"x", b"b" * 600):
        for value in (b"", b"0", b"-1", b"+8", b" 8", b"8 ", b"0x10", b"512.0", b"9" * 20, b"9" * 700,
                      b"\xff" * 8, b"1\0002"):
            suite.tftp(b"\0\1file-512\0octet\0" + name + b"\0" + value + b"\0")
            suite.tftp(b"\0\1file-512\0octet\0" + name + b"\0" + value)


def fragments(suite):
    """64 KiB of name, as IPv4 sends it: in 45 pieces, which are not put together."""
    payload = read_request(b"n" * 65400)
    for at in range(0, len(payload), 1472):
        more = 0x2000 if at + 1472 < len(payload) else 0
        suite.send(datagram(ME, SERVER, 1, 69, payload[at:at + 1472], MY_MAC, suite.server_mac,
                            more | at // 8))


def impossible_sources(suite):
    """All of these would be answered, if they came from somewhere else."""
    good = read_request("file-512", [("blksize", 1024)])
    for src in (SERVER, "255.255.255.255", "10.77.0.255", "224.0.0.1", "239.255.77.1", "127.0.0.1",
                "240.0.0.1", "0.0.0.0"):
        suite.tftp(good, src=src)
        suite.tftp(read_request("no-such-file"), src=src)
        suite.dhcp(dhcp(wire.INFORM, CHADDR), src=src, dst=SERVER, dst_mac=suite.server_mac)
    suite.tftp(good, src_mac=wire.BROADCAST_MAC)
    suite.tftp(good, src_mac=wire.mac("01:00:5e:00:00:01"))
    for sport in (69, 0):
        for payload in (good, read_request("no-such-file"), b"\0\2x\0octet\0", b"\0\5\0\0x\0"):
            suite.tftp(payload, sport=sport)
    for port in (0, 1, 66, 70, TID_FIRST - 1, TID_LAST + 1, 65535):
        suite.tftp(good, dport=port)
    suite.tftp(good, dst="255.255.255.255", dst_mac=wire.BROADCAST_MAC)
    suite.tftp(good, dst="10.77.0.255", dst_mac=wire.BROADCAST_MAC)


def errors(suite):
    for code in range(20):
        packet = b"\0\5" + code.to_bytes(2, "big") + b"an error\0"
        suite.tftp(packet)
        for tid in range(TID_FIRST, TID_LAST, 1024):
            suite.tftp(packet, dport=tid)


def ourselves(suite):
    """As if Rouse had sent it to itself: from port 69 or a TID to each of them."""
    for sport in (69, TID_FIRST, TID_LAST, 67):
        for dport in (69, TID_FIRST, TID_LAST):
            for packet in packets():
                suite.tftp(packet, src=SERVER, sport=sport, dport=dport,
                           src_mac=suite.server_mac)


DISCOVER_OPTIONS = b"".join((
    option(12, b"node"), option(50, wire.ip("10.77.0.60")), option(55, bytes((1, 3, 6, 15, 66, 67))),
    option(57, b"\x05\xc0"), option(60, b"PXEClient:Arch:00007:UNDI:003016"), option(61, b"\1" + CHADDR),
    option(77, b"iPXE"), option(82, option(1, b"port 7") + option(2, b"switch")), option(93, b"\0\7"),
    option(94, b"\1\3\x10"), option(97, b"\0" + bytes(range(16)))))


def dhcp_truncated(suite):
    request = option(54, wire.ip(SERVER)) + DISCOVER_OPTIONS
    for message in (dhcp(wire.DISCOVER, CHADDR, DISCOVER_OPTIONS), dhcp(wire.REQUEST, CHADDR, request)):
        for size in range(len(message) + 1):
            suite.dhcp(message[:size])


def dhcp_options(suite):
    for code in range(1, 255):
        for length in (0, 1, 255):
            value = bytes((code + i) & 255 for i in range(length))
            if code != 53:
                suite.dhcp(dhcp(wire.DISCOVER, CHADDR, option(code, value)))
            suite.dhcp(dhcp(wire.REQUEST, CHADDR, bytes((code, length)) + value[:-1]))
    for fields in range(6):
        suite.dhcp(dhcp(wire.DISCOVER, CHADDR, option(52, bytes((fields,)))))
    suite.dhcp(dhcp(wire.DISCOVER, CHADDR, option(55, bytes(range(255))) * 4))
    suite.dhcp(dhcp(wire.DISCOVER, CHADDR, option(77, b"x" * 100) * 9))


def dhcp_fixed(suite):
    for kind in range(256):
        suite.dhcp(dhcp(kind, CHADDR))
    for hlen in (0, 1, 5, 7, 16, 17, 255):
        suite.dhcp(dhcp(wire.DISCOVER, CHADDR, hlen=hlen))
    for op in (0, 2, 3, 255):
        suite.dhcp(dhcp(wire.DISCOVER, CHADDR, op=op))
    for hops in (16, 17, 255):
        suite.dhcp(dhcp(wire.DISCOVER, CHADDR, hops=hops))
    for magic in (b"\0\0\0\0", b"\x63\x82\x53\x64", b"\xff" * 4):
        suite.dhcp(dhcp(wire.DISCOVER, CHADDR, magic=magic))
    for giaddr in ("10.77.0.1", "10.77.0.9", "10.99.0.1", "255.255.255.255", "224.0.0.1", "127.0.0.1"):
        suite.dhcp(dhcp(wire.DISCOVER, CHADDR, giaddr=giaddr))
        suite.dhcp(dhcp(wire.DISCOVER, CHADDR, option(82, option(1, b"x")), giaddr=giaddr))
    for chaddr in (bytes(6), b"\xff" * 6, wire.mac("01:00:5e:00:00:01")):
        suite.dhcp(dhcp(wire.DISCOVER, chaddr))
    for kind in (wire.DECLINE, wire.RELEASE):
        suite.dhcp(dhcp(kind, CHADDR, option(50, wire.ip("10.77.0.99")), ciaddr="10.77.0.99"))
    for ciaddr in (SERVER, "255.255.255.255", "10.77.0.255", "224.0.0.1", "127.0.0.1"):
        suite.dhcp(dhcp(wire.REQUEST, CHADDR, ciaddr=ciaddr))
        suite.dhcp(dhcp(wire.INFORM, CHADDR, ciaddr=ciaddr))


def rubbish(suite):
    """Bits flipped in what is well formed, from a seed that is told."""
    seed = int(time.time())
    print("seed %d" % seed)
    draw = random.Random(seed)
    whole = [*packets(), dhcp(wire.DISCOVER, CHADDR, DISCOVER_OPTIONS),
             dhcp(wire.REQUEST, CHADDR, DISCOVER_OPTIONS)]
    for _ in range(8000):
        packet = bytearray(draw.choice(whole))
        for _ in range(draw.randint(1, 12)):
            packet[draw.randrange(len(packet))] = draw.randrange(256)
        if len(packet) > 240:
            suite.dhcp(bytes(packet))
        else:
            suite.tftp(bytes(packet), dport=draw.choice((69, draw.randint(TID_FIRST, TID_LAST))))


# --- what must hold

def no_answer_loops(suite):
    """To whom the answers went."""
    for got in suite.received:
        what = "an answer to %s port %d: %r" % (got.dst, got.dport, got.payload[:60])
        check(got.src == SERVER, "from %s: %s" % (got.src, what))
        if got.sport == 67:
            check(got.dst in ("255.255.255.255", ME) or
                  got.dst.startswith("10.77.0.") and got.dst not in (SERVER, "10.77.0.255"), what)
            check(got.dport == 68, what)  # no relay is configured
            check(not got.src_mac[0] & 1, what)
            continue
        check(TID_FIRST <= got.sport <= TID_LAST, "from port %d: %s" % (got.sport, what))
        check(got.dst in (ME, ALIVE), what)
        check(got.dport not in (0, 67, 69) and got.dport < TID_FIRST, what)
        check(got.dst_mac in (MY_MAC, ALIVE_MAC), what)


def kernel_is_silent(suite):
    """The server's own kernel answers for its ports, and for none of Rouse's."""
    ports = suite.link.unreachable
    check(66 in ports and 70 in ports, "the kernel was not heard at all: %s" % ports)
    ours = [port for port in ports if port in (67, 69) or TID_FIRST <= port <= TID_LAST]
    check(not ours, "ICMP says that ports of Rouse are unreachable: %s" % ours)


def every_frame_is_counted(suite, before):
    after, kinds = suite.rouse.counters()
    delta = {name: after[name] - before[name] for name in after}
    drops = {name: delta[name] for name, kind in kinds.items() if kind == "drop"}
    check(after["drops"] == sum(after[name] for name in drops), "the total of drops is not their sum")
    counted = sum(delta[name] for name in TAKEN)
    counted += sum(count for name, count in drops.items() if name not in NOT_RX)
    for name in sorted(drops):
        if drops[name]:
            print("%8d %s" % (drops[name], name))
    check(counted == delta["rx_frames"],
          "%d frames came in, %d are answered or counted: %s" %
          (delta["rx_frames"], counted, {name: n for name, n in delta.items() if n}))
    for name in ("rx_bad_source", "tftp_drop_malformed", "tftp_drop_no_request", "tftp_bad_name",
                 "tftp_drop_source_port", "tftp_drop_broadcast", "tftp_drop_unknown_tid",
                 "dhcp_malformed_short", "dhcp_malformed_magic", "dhcp_malformed_options",
                 "dhcp_malformed_length", "dhcp_malformed_hlen", "dhcp_not_request", "dhcp_bootp",
                 "dhcp_not_served", "dhcp_hostile_hops", "dhcp_hostile_chaddr", "dhcp_hostile_relay"):
        check(delta[name] > 0, "nothing was counted as %s" % name)
    return delta


def silent_peers(suite):
    """What a peer gets that never says anything but its request."""
    asked = {}
    for port, request in enumerate((
            read_request("file-100000", [("blksize", 1468), ("windowsize", 64)]),
            read_request("file-100000", [("blksize", 8)]),
            read_request("file-100000", [("tsize", 0), ("timeout", 255), ("blksize", 512)]),
            read_request("file-100000"), read_request("file-512"), read_request("file-0"),
            read_request("no-such-file"), b"\0\2x\0octet\0",
            b"\0\1\0\0", b"\0\1x\0\0", read_request("file-512", mode=b"netascii")), SILENT_PORT):
        asked[port] = request
        suite.tftp(request, src=ME, sport=port)
    got = list(suite.link.during(SILENT_FOR))
    for port, request in asked.items():
        answers = [p.payload for p in got if p.dport == port]
        size = sum(map(len, answers))
        what = "%r got %d answers, %d bytes" % (request, len(answers), size)
        check(answers, what)
        if answers[0].startswith(b"\0\3"):
            check(len(answers) == 3 and len(set(answers)) == 1 and answers[0][:4] == b"\0\3\0\1", what)
        else:
            check(size <= 3 * len(request), what)
        if answers[0].startswith(b"\0\5"):
            check(len(answers) == 1, what)


def main(program, config):
    suite = Suite(program, config)
    suite.learn_server()
    check(suite.answers(), "Rouse does not answer at first")
    suite.settle()
    before = suite.rouse.counters()[0]
    suite.sent, suite.received, start = 0, [], time.monotonic()
    for step in (truncated, opcodes, names, options_of_any_length, fragments, impossible_sources,
                 errors, ourselves, dhcp_truncated, dhcp_options, dhcp_fixed, rubbish):
        step(suite)
        check(suite.answers(), "no answer after %s" % step.__name__)
    suite.settle()
    print("%d frames in %.1f s, %d answers" %
          (suite.sent, time.monotonic() - start, len(suite.received)))
    no_answer_loops(suite)
    kernel_is_silent(suite)
    silent_peers(suite)
    every_frame_is_counted(suite, before)


main(*sys.argv[1:])
