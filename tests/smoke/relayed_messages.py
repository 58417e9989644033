# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""relayed_messages.py FILE: what passed between agents and server, by tshark, a line per message (MACs,
addresses, ports, payload). RFC 3046, 2.2: option 82 comes back as it was, as the last option. A renewal
that came through the router goes back through it."""
import collections
import sys

Message = collections.namedtuple("Message", "src_mac dst_mac src dst sport dport payload")
AGENTS = {"10.88.0.1", "10.88.0.2", "10.89.0.1", "10.90.0.1", "10.77.0.2"}  # as giaddr
TYPES = {1: (2,), 3: (5,)}  # DISCOVER: OFFER, REQUEST: ACK


def check(condition, text):
    if not condition:
        sys.exit("FAILED: " + text)


def read(path):
    with open(path, encoding="ascii") as file:
        for line in file:
            *words, payload = line.rstrip("\n").split("\t")
            yield Message(*words, bytes.fromhex(payload))


def giaddr(message):
    return ".".join(str(byte) for byte in message.payload[24:28])


def options(payload):
    """Each option with its header, in order."""
    found, at = [], 240
    while payload[at] != 255:
        size = 1 if payload[at] == 0 else 2 + payload[at + 1]
        found.append(payload[at:at + size])
        at += size
    return [option for option in found if option[0]]


def agent_option(message):
    return [option for option in options(message.payload) if option[0] == 82]


def kind(message):
    return next(option[2] for option in options(message.payload) if option[0] == 53)


def key(message):
    return message.payload[4:8], giaddr(message)


def check_reply(reply, asked):
    """asked: the requests of this client that came through this agent."""
    what = "the reply %d to %s" % (kind(reply), giaddr(reply))
    requests = [m for m in asked if kind(reply) in TYPES[kind(m)]]
    check(requests, what + ": nobody asked for it")
    check((reply.dst, reply.dport) == (giaddr(reply), "67"), what + ": goes to %s" % (reply[:6],))
    check(reply.dst_mac == requests[0].src_mac, what + ": goes to another MAC")
    check(options(reply.payload)[-1][0] == 82, what + ": option 82 is not the last")
    check(agent_option(reply) == agent_option(requests[0]), what + ": option 82 is another")


def is_routed_renewal(message):
    return message.src.startswith("10.88.0.") and kind(message) == 3


def main(path):
    requests, replies, agents = collections.defaultdict(list), 0, set()
    routers, renewals = {}, 0
    for message in read(path):
        if giaddr(message) == "0.0.0.0":
            if is_routed_renewal(message):
                routers[message.src] = message.src_mac
            renewals += kind(message) == 5 and routers.get(message.dst) == message.dst_mac
            continue
        if message.payload[0] == 1:
            check(len(agent_option(message)) == 1, "an agent without option 82")
            check(message.src != giaddr(message) or message.src == "10.77.0.2",
                  "dhcrelay sends from giaddr now: let the test say so")
            requests[key(message)].append(message)
            continue
        check_reply(message, requests[key(message)])
        agents.add(giaddr(message))
        replies += 1
    check(agents == AGENTS, "replies to %s only" % sorted(agents))
    check(renewals, "no renewal was answered through the router")
    print("%d replies to agents: option 82 as it came, and last" % replies)


main(*sys.argv[1:])
