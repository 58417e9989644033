# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""dhcp_fine_print.py ROUSE CONFIG: what RFC 2131 and 3046 say and ordinary clients hardly ever do."""
import sys
import time

import wire
from wire import SERVER, check, option

OTHER, RELAY = "10.77.0.2", "10.88.0.1"
RELAY_MAC = wire.mac("02:00:00:00:88:01")


def kinds(reply):
    return None if reply is None else reply.kind


def test_addressing(lab):
    """RFC 2131, 4.1: to chaddr, or to all when the client says that it cannot."""
    chaddr = b"\x52\x54\0\x77\0\1"
    got = lab.discover(1).datagram
    check((got.dst_mac, got.sport, got.dport) == (chaddr, 67, 68), "an OFFER %s" % (got,))
    check(got.dst.startswith("10.77.0."), "an OFFER to %s" % got.dst)
    got = lab.discover(1, flags=0x8000).datagram
    check((got.dst_mac, got.dst) == (wire.BROADCAST_MAC, "255.255.255.255"),
          "a broadcast OFFER %s" % (got,))
    address = lab.obtain(1)
    reply = lab.ask(wire.REQUEST, 1, ciaddr=address, frame=lab.unicast(address, 1))
    check(kinds(reply) == wire.ACK and reply.datagram.dst == address, "renewal: %s" % kinds(reply))
    check(reply.ciaddr == address, "ciaddr of the ACK: %s" % reply.ciaddr)
    reply = lab.ask(wire.REQUEST, 1, ciaddr=address, flags=0x8000)
    check(kinds(reply) == wire.ACK and reply.yiaddr == address, "rebinding: %s" % kinds(reply))


def test_parameters(lab):
    """The parameter request list is honoured; RFC 6842: option 61 comes back."""
    client_id = b"\xff\0\0\0\1\0\3\0\1\x52\x54\0\x77\0\2"  # RFC 4361
    reply = lab.discover(2, option(55, bytes((121, 119, 6))) + option(61, client_id) +
                         option(97, b"\0" + bytes(range(16))))
    check(reply.options[61] == client_id, "option 61")
    check(reply.options[97] == b"\0" + bytes(range(16)), "option 97")
    check(121 in reply.options and 119 in reply.options and 6 in reply.options, "what was asked for")
    check(42 not in reply.options and 150 not in reply.options, "what was not asked for")
    check(reply.options[121] == bytes((16, 10, 99, 10, 77, 0, 254, 0, 10, 77, 0, 1)), "option 121")
    reply = lab.discover(2)
    check(reply.options[150] == wire.ip(SERVER), "option 150, when all are wanted")
    check(60 not in reply.options, "option 60 of its own")
    times = [int.from_bytes(reply.options[code], "big") for code in (51, 58, 59)]
    check(times == [3600, 1800, 3150], "lease, T1, T2: %s" % times)


def test_two_servers(lab):
    """The client took another server's offer: ours is free again, for the next one."""
    address = lab.discover(3).yiaddr
    check(lab.leased().get(address) == "offered", "the offer is not listed: %s" % lab.leased())
    lab.silence("REQUEST for another server", wire.REQUEST, 3,
                option(50, wire.ip("10.77.0.66")) + option(54, wire.ip(OTHER)))
    check(lab.leased().get(address) in (None, "free"), "the offer is still held")
    check(lab.discover(4, option(50, wire.ip(address))).yiaddr == address, "it is not given to the next")


def test_init_reboot(lab):
    address = lab.obtain(5)
    reply = lab.reboot(5, address)
    check(kinds(reply) == wire.ACK and reply.yiaddr == address, "INIT-REBOOT: %s" % kinds(reply))
    for wrong in ("192.0.2.7", "10.88.0.60"):
        reply = lab.reboot(5, wrong)
        check(kinds(reply) == wire.NAK, "INIT-REBOOT with %s: %s" % (wrong, kinds(reply)))
        check(reply.datagram.dst == "255.255.255.255" and reply.yiaddr == "0.0.0.0", "the NAK")
    reply = lab.reboot(6, address)
    check(kinds(reply) == wire.NAK, "INIT-REBOOT with another's: %s" % kinds(reply))


def test_decline(lab):
    """RFC 2131, 4.3.3: in quarantine; the client gets another address, and so do all."""
    address = lab.obtain(7)
    ends = option(50, wire.ip(address)) + option(54, wire.ip(SERVER))
    lab.silence("a stranger's DECLINE", wire.DECLINE, 8, ends)
    check(lab.leased()[address] == "bound", "a stranger declined %s" % address)
    lab.silence("DECLINE", wire.DECLINE, 7, ends)
    check(lab.leased()[address] not in ("bound", "free"), "after DECLINE: %s" % lab.leased()[address])
    clients = {lease["address"]: lease["client"] for lease in lab.rouse.read("leases")["leases"]}
    check(clients[address] == "", "an address in quarantine is of client '%s'" % clients[address])
    check(lab.discover(7).yiaddr != address, "the declined address again")
    check(lab.discover(9, option(50, wire.ip(address))).yiaddr != address, "and to another machine")


def test_release(lab):
    """RFC 2131, 4.3.4: by its owner only."""
    address = lab.obtain(10)
    server = option(54, wire.ip(SERVER))
    lab.silence("a stranger's RELEASE", wire.RELEASE, 11, server, ciaddr=address,
                frame=lab.unicast(address, 11))
    check(lab.leased()[address] == "bound", "a stranger released %s" % address)
    lab.silence("RELEASE", wire.RELEASE, 10, server, ciaddr=address, frame=lab.unicast(address, 10))
    check(lab.leased().get(address) != "bound", "not released")
    check(lab.discover(10).yiaddr == address, "its former address is not kept for it")


def test_inform(lab):
    """RFC 2131, 4.3.5: options to an address that the client has, and no lease."""
    reply = lab.ask(wire.INFORM, 12, ciaddr="10.77.0.30", frame=lab.unicast("10.77.0.30", 12))
    check(kinds(reply) == wire.ACK, "INFORM: %s" % kinds(reply))
    check(reply.datagram.dst == "10.77.0.30" and reply.datagram.dport == 68, "its answer")
    check(reply.yiaddr == "0.0.0.0" and not {51, 58, 59} & set(reply.options), "a lease for INFORM")
    check(reply.options[6] == wire.ip(SERVER), "option 6 for INFORM")
    check("10.77.0.30" not in lab.leased(), "INFORM made a lease")


def test_relay(lab):
    """RFC 3046: to giaddr and port 67, at the relay's MAC; option 82 comes back, as the last."""
    agent = option(82, option(1, b"port 7") + option(2, b"switch 3"))
    frame = {"src": RELAY, "dst": SERVER, "sport": 67, "src_mac": RELAY_MAC, "dst_mac": lab.server_mac}
    reply = lab.discover(13, agent, giaddr=RELAY, hops=1, frame=frame)
    got = reply.datagram
    check((got.dst, got.dport, got.dst_mac) == (RELAY, 67, RELAY_MAC), "relayed OFFER %s" % (got,))
    check(reply.giaddr == RELAY and reply.yiaddr.startswith("10.88.0."), "OFFER of %s" % reply.yiaddr)
    check(reply.order[-1] == 82 and reply.options[82] == agent[2:], "option 82: %s" % reply.order)
    check(reply.options[3] == wire.ip("10.88.0.1"), "the router of the relay's subnet")
    ack = lab.select(13, reply.yiaddr, options=agent, giaddr=RELAY, hops=1, frame=frame)
    check(kinds(ack) == wire.ACK and ack.options[82] == agent[2:], "relayed ACK")
    nak = lab.ask(wire.REQUEST, 13, option(50, wire.ip("10.77.0.60")), giaddr=RELAY, frame=frame)
    check(kinds(nak) == wire.NAK and nak.flags & 0x8000 and nak.datagram.dst == RELAY,
          "NAK through a relay")
    lab.silence("a relay that is not listed", wire.DISCOVER, 13, agent, giaddr="10.88.0.2", frame=frame)


def answers(lab, kind, options, xid, seconds=0.4):
    """When the answers to a message came, in seconds from its sending."""
    lab.xid = xid - 1
    lab.ask(kind, 16, options, wait=0)
    begin, times = time.monotonic(), []
    for got in lab.link.during(seconds):
        if wire.is_reply(got) and wire.Reply(got).xid == xid:
            times.append(time.monotonic() - begin)
    return times


def test_asked_again(lab):
    """What is sent again, with its xid, is answered twice: the first answer may be lost as the one
    before was. A copy follows after 50 ms, when the machine that has its answer has gone on."""
    address = lab.obtain(16)
    select = option(50, wire.ip(address)) + option(54, wire.ip(SERVER))
    before = lab.rouse.counters()[0]
    for kind, options, xid in ((wire.DISCOVER, b"", 1000), (wire.REQUEST, select, 1000)):
        check(len(answers(lab, kind, options, xid)) == 1, "kind %d is answered more than once" % kind)
        times = answers(lab, kind, options, xid)
        check(len(times) == 2, "kind %d again: %d answers" % (kind, len(times)))
        check(0.03 < times[1] - times[0] < 0.3, "the copy came after %s s" % (times[1] - times[0]))
    check(len(answers(lab, wire.DISCOVER, b"", 1001)) == 1, "a new message is answered more than once")
    grown = lab.rouse.since(before)
    check(grown["dhcp_answered_twice"] == 2, "counted %d copies" % grown["dhcp_answered_twice"])
    lab.xid = 2000


def test_pools_change(lab):
    """A lease outside of the new pools: NAK, and an address of them."""
    address = lab.obtain(14)
    lab.change(("10.77.0.50-10.77.0.99", "10.77.0.150-10.77.0.199"))
    reply = lab.reboot(14, address)
    check(kinds(reply) == wire.NAK, "INIT-REBOOT with %s after the change: %s" % (address, kinds(reply)))
    new = lab.discover(14, option(50, wire.ip(address))).yiaddr
    check(150 <= int(new.split(".")[3]) <= 199, "offered %s after the change" % new)


def test_authoritative(lab):
    lab.change(("authoritative: true", "authoritative: false"))
    lab.silence("INIT-REBOOT, not authoritative", wire.REQUEST, 15, option(50, wire.ip("192.0.2.7")))


def main(program, config):
    lab = wire.DhcpLab(program, config)
    lab.discover(1)
    for test in (test_addressing, test_parameters, test_two_servers, test_init_reboot, test_decline,
                 test_release, test_inform, test_relay, test_asked_again, test_pools_change,
                 test_authoritative):
        print(test.__name__[5:].replace("_", " "), flush=True)
        test(lab)


main(*sys.argv[1:])
