# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""forged_relays.py ROUSE CONFIG: messages from the server's own link that claim to come through relay
agents. None gets an answer or a lease, each is counted."""
import random
import sys

import wire
from wire import check, option

COUNT = 10000
AGENTS = ("10.88.0.1", "10.88.0.2", "10.89.0.1", "10.90.0.1", "10.77.0.2")
OTHERS = ("10.77.0.60", "10.88.0.60", "10.89.0.9", "192.0.2.1", "0.0.0.0")
HOSTILE = ("dhcp_hostile_relay", "dhcp_hostile_relay_sender")
BURST = 100


def forgery(dice, number):
    """A listed giaddr from a stranger, or any other giaddr from an agent's address."""
    listed = dice.random() < 0.7
    giaddr, src = dice.choice(AGENTS), dice.choice(OTHERS)
    if not listed:
        giaddr, src = dice.choice(OTHERS[:4]), dice.choice(AGENTS)
    agent = option(82, option(1, b"lan8%d" % dice.choice((8, 9)))
                   + option(5, wire.ip(dice.choice(AGENTS))))
    chaddr = b"\x52\x54\x00\x66" + number.to_bytes(2, "big")
    kind = dice.choice((wire.DISCOVER, wire.DISCOVER, wire.REQUEST, wire.INFORM))
    asked = option(50, wire.ip("10.88.0.%d" % dice.randrange(50, 100)))
    return src, wire.dhcp(kind, chaddr, asked + agent, xid=number, giaddr=giaddr,
                          hops=dice.randrange(17))


def counted(rouse, before):
    grown = rouse.since(before)
    return sum(grown[name] for name in HOSTILE)


def main(program, config):
    rouse, link, dice = wire.Rouse(program, config), wire.Link(), random.Random(46)
    before, leases = rouse.counters()[0], rouse.read("leases")["leases"]
    for number in range(COUNT):
        src, payload = forgery(dice, number)
        link.send(wire.datagram(src, wire.SERVER if number % 2 else "255.255.255.255", 67, 67, payload,
                                b"\x02\x00\x00\x00\x66\x01", wire.BROADCAST_MAC))
        if number % BURST == BURST - 1:  # what the port's queue cannot hold is lost before it is seen
            for _ in range(50):
                if counted(rouse, before) >= number + 1:
                    break
    for got in link.drain(0.3):
        check(not wire.is_reply(got), "an answer to %s" % got.dst)
    check(counted(rouse, before) == COUNT, "of %d forgeries %d are counted as such: %s" % (
        COUNT, counted(rouse, before), {n: v for n, v in rouse.since(before).items() if v}))
    check(rouse.read("leases")["leases"] == leases, "the leases have changed")
    print("%d forgeries: no answer, no lease" % COUNT, flush=True)


main(*sys.argv[1:])
