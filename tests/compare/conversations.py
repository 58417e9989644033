# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""The exchanges, by number: the same number is the same exchange, byte by byte, for each server and in
each run. An exchange is what a machine says from power-on to power-off, two to five messages as a rule.
Those that ask for addresses that nobody has are kept apart from those that take any address, so that
none of the servers has just given away what is asked for."""
import random
import struct

import site_plan as site
from machines import DISCOVER, REQUEST, DECLINE, RELEASE, INFORM, MODELS, Message
from oddities import BROADCAST, ODDITIES, OTHER_SERVER

SEED = 2131
EPOCH = 500  # exchanges that may be under way together
GIADDR = site.ip("10.78.0.1")
RELAY_SENDER = "10.77.0.9"
STRANGE_GIADDR = site.ip("10.99.0.1")
US = site.ip(site.SERVER)
OUTSIDE = site.ip("192.0.2.7")


class Exchange:
    """A machine and what it says. Options are the model's, changed in one way or none."""

    def __init__(self, number, scenario, rng):
        self.number, self.scenario, self.rng = number, scenario, rng
        self.messages, self.tags = [], [scenario]
        self.subnet = site.RELAYED if rng.random() < 0.3 else site.LOCAL
        self.host = None
        self.model = rng.choice(MODEL_NAMES)
        self.mac = b"\x02\0\x01" + struct.pack("!I", number)[1:]
        self.flags = BROADCAST if rng.random() < 0.4 else 0
        self.agent = None
        self.relay = self.giaddr = None
        self.places()
        self.extra = {}  # of a message: what Message takes
        self.base = MODELS[self.model](self.mac, number)

    def places(self):
        if self.subnet == site.RELAYED:
            self.behind(GIADDR, RELAY_SENDER)

    def behind(self, giaddr, sender):
        self.relay, self.giaddr = sender, giaddr
        if self.rng.random() < 0.6:
            self.agent = b"\x01\x06port%02d" % (self.number % 90 + 1) + b"\x02\x03rck"

    def behind_agent(self):
        self.subnet = site.RELAYED
        self.behind(GIADDR, RELAY_SENDER)
        self.agent = b"\x01\x04edge"

    def hosts(self):
        return site.HOSTS_RELAYED if self.subnet == site.RELAYED else site.HOSTS_LOCAL

    def be_host(self, slot):
        """One of the machines that the configuration names. slot is this exchange's alone."""
        self.host = slot
        self.mac = site.host_mac(self.subnet, self.host)
        self.base = MODELS[self.model](self.mac, self.number)

    # --- messages

    def say(self, state, kind, options=(), **how):
        tags = self.tags + list(how.pop("tags", ()))
        options = list(options) + [o for o in how.pop("base", self.base)]
        if not how.pop("direct", False) and self.relay:
            how.setdefault("relay", self.relay)
            how.setdefault("giaddr", self.giaddr)
            how.setdefault("hops", 1)
            if self.agent:
                options.append((82, self.agent))
        how = {**self.extra, **how}
        self.messages.append(Message(
            state, kind, how.pop("mac", self.mac), options, xid=self.number << 4 | len(self.messages),
            flags=how.pop("flags", self.flags), tags=tags, subnet=self.subnet, **how))

    def discover(self, *options, **how):
        self.say("DISCOVER", DISCOVER, options, **how)

    def select(self, address="offered", server=US, **how):
        self.say("SELECT", REQUEST, [(54, server), (50, address)], **how)

    def reboot(self, address, **how):
        self.say("REBOOT", REQUEST, [(50, address)], **how)

    def renew(self, address="lease", **how):
        """By unicast, behind a relay agent through the router."""
        self.say("RENEW", REQUEST, ciaddr=address, src=address, dst=site.SERVER, direct=True, flags=0,
                 **how)

    def rebind(self, address="lease", **how):
        self.say("REBIND", REQUEST, ciaddr=address, src=address, **how)

    def release(self, address="lease", **how):
        self.say("RELEASE", RELEASE, [(54, US)], ciaddr=address, src=address, dst=site.SERVER,
                 direct=True, flags=0, waits=False, base=self.identity(), **how)

    def decline(self, address="lease", **how):
        self.say("DECLINE", DECLINE, [(54, US), (50, address)], base=self.identity(), waits=False, **how)

    def identity(self):
        return [option for option in self.base if option[0] == 61]

    def obtain(self, **how):
        self.discover(**how)
        self.select(**how)


# --- what machines do

def lease(x):
    x.obtain()


def renewal(x):
    x.obtain()
    x.renew()
    x.rebind()


def reboot(x):
    x.obtain()
    x.reboot("lease")


def foreign_reboot(x):
    x.tags.append("foreign")
    x.reboot(OUTSIDE)


def neighbour_reboot(x):
    """With an address of the other network: the machine was moved."""
    x.tags.append("foreign")
    x.reboot(site.ip("10.%d.20.20" % (78 - x.subnet)))


def taken_reboot(x):
    x.reboot("resident")


def taken_renew(x):
    x.renew("resident")


def taken_rebind(x):
    x.rebind("resident")


def foreign_rebind(x):
    x.tags.append("foreign")
    x.rebind(OUTSIDE)


def other_server(x):
    x.discover()
    x.select(OUTSIDE, OTHER_SERVER)


def select_taken(x):
    x.select("resident")


def select_foreign(x):
    x.tags.append("foreign")
    x.select(OUTSIDE)


def select_ciaddr(x):
    """Before RFC 2131 clients wrote the address into ciaddr."""
    x.discover()
    x.say("SELECT", REQUEST, [(54, US)], ciaddr="offered")


def request_nothing(x):
    x.say("REQUEST", REQUEST)


def inform(x):
    address = site.ip("10.%d.9.%d" % (77 + x.subnet, x.number % 250 + 1))
    x.say("INFORM", INFORM, ciaddr=address, src=address)


def inform_unicast(x):
    address = site.ip("10.%d.9.%d" % (77 + x.subnet, x.number % 250 + 1))
    x.say("INFORM", INFORM, ciaddr=address, src=address, dst=site.SERVER, direct=True)


def inform_from_nowhere(x):
    x.say("INFORM", INFORM)


def inform_foreign(x):
    x.tags.append("foreign")
    x.say("INFORM", INFORM, ciaddr=OUTSIDE, src=OUTSIDE)


def release_and_return(x):
    x.obtain()
    x.release()
    x.discover()


def release_of_a_stranger(x):
    x.release("resident")


def decline(x):
    x.obtain()
    x.decline()
    x.discover()


def decline_of_a_stranger(x):
    x.decline("resident")


def discover_again(x):
    x.discover()
    x.discover()


def retransmission(x):
    """With the same xid: what went before is lost."""
    x.discover()
    x.discover(tags=["again"])
    x.messages[1].payload[4:8] = x.messages[0].payload[4:8]


def other_identity(x):
    """The ROM has no client identifier, the system that it loads has one."""
    x.base = [option for option in x.base if option[0] != 61]
    x.obtain()
    x.discover(base=[o for o in x.base if o[0] != 61] + [(61, b"\0system%d" % x.number)],
               tags=["new-id"])


def asks_for_taken(x):
    x.discover((50, "resident"))


def asks_for_foreign(x):
    x.tags.append("foreign")
    x.discover((50, OUTSIDE))


def asks_for_reserved(x):
    """An address that the configuration keeps for another machine."""
    x.discover((50, site.ip("10.%d.8.%d" % (77 + x.subnet, 66))), tags=["reserved-for-another"])


def discover_with_ciaddr(x):
    x.discover(ciaddr=site.ip("10.77.20.99"))


def strange_relay(x):
    x.subnet = site.RELAYED
    x.behind(STRANGE_GIADDR, RELAY_SENDER)
    x.discover()


def link_selection(x):
    """RFC 3527: the agent's address is of one network, the client of another."""
    x.subnet = site.RELAYED
    x.behind(GIADDR, RELAY_SENDER)
    x.agent = b"\x01\x04edge\x05\x04" + site.ip("10.78.0.0")
    x.obtain()


def server_id_override(x):
    """RFC 5107: what the server is to call itself is the agent's address."""
    x.subnet = site.RELAYED
    x.behind(GIADDR, RELAY_SENDER)
    x.agent = b"\x01\x04edge\x0b\x04" + GIADDR
    x.discover()
    x.select("offered", GIADDR)


def agent_without_relay(x):
    """Option 82 of a switch that snoops, or of nobody."""
    x.subnet, x.relay = site.LOCAL, None
    x.discover((82, b"\x01\x04edge"))


# --- the same asked of addresses that nobody has

def free_reboot(x):
    x.reboot("free")


def free_renew(x):
    x.renew("free")


def free_rebind(x):
    x.rebind("free")


def free_select(x):
    x.select("free")


def asks_for_free(x):
    x.discover((50, "free"))
    x.select("offered")


# --- messages that are odd or broken

def odd(x):
    """One oddity, in a DISCOVER."""
    ODDITIES[x.number // 3 % len(ODDITIES)](x)
    x.discover(tags=["odd"])


def other_kind(x):
    """Types that no client sends, that are not served, or none: BOOTP."""
    kind = (0, 2, 5, 6, 9, 10, 13, 18, 200)[x.number // 3 % 9]
    x.tags.append("kind%d" % kind)
    x.say("OTHER", kind)


COMMON = [lease] * 30 + [renewal] * 10 + [reboot] * 8
TAKING = COMMON + [
    foreign_reboot, neighbour_reboot, taken_reboot, taken_renew, taken_rebind, foreign_rebind, other_server,
    select_taken, select_foreign, select_ciaddr, request_nothing, inform, inform, inform_unicast,
    inform_from_nowhere, inform_foreign, release_and_return, release_of_a_stranger,
    decline_of_a_stranger, discover_again, retransmission, other_identity, asks_for_taken,
    asks_for_foreign, asks_for_reserved, discover_with_ciaddr, strange_relay, link_selection,
    server_id_override, agent_without_relay] + [odd] * 24 + [other_kind] * 2
ASKING = [free_reboot, free_renew, free_rebind, free_select, asks_for_free, asks_for_free]
MODEL_NAMES = sorted(MODELS)
NO_HOSTS = {odd, other_kind, other_identity}
HOST_SHARE = 0.25
DECLINES_EVERY = 7  # of the epochs: their addresses are not given again for ten minutes
DECLINES = 4


def plan(number):
    """What exchange number does."""
    epoch, slot = divmod(number, EPOCH)
    if epoch % 5 == 4:
        return ASKING[slot % len(ASKING)]
    if epoch % DECLINES_EVERY == 0 and slot < DECLINES:
        return decline
    return TAKING[slot * 7919 % len(TAKING)]


def make(number):
    """Exchange number: from its first message to the RELEASE of what it got."""
    rng = random.Random(SEED << 32 | number)
    scenario, slot = plan(number), number % EPOCH
    x = Exchange(number, scenario.__name__, rng)
    if rng.random() < HOST_SHARE and scenario not in NO_HOSTS and slot < x.hosts():
        x.be_host(slot)
    scenario(x)
    x.tags.append("cleanup")
    if scenario is not decline:
        x.release()
    return x


def residents():
    """One machine in each subnet that keeps its address: what others may not get."""
    for subnet in (site.LOCAL, site.RELAYED):
        x = Exchange(subnet, "resident", random.Random(subnet))
        x.subnet, x.relay, x.agent = subnet, None, None
        x.places()
        x.mac = b"\x02\0\xee\0\0" + bytes((subnet,))
        x.base = []
        x.number += 0xfff0000
        x.obtain()
        yield x
