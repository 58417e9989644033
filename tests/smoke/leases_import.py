# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""Lease files as other servers leave them, and whether Rouse has what stood in them.

make FORMAT COUNT FILE TRUTH CLIENTS   writes the file; what it means, as JSON; the leases as a log of
                                       rouse-storm, whose machines then ask for them
compare LEASES TRUTH                   rouse leases --json against that
acks LOG CLIENTS                       each machine got an ACK of the address that it had
"""
import ipaddress
import json
import sys
import time

FIRST = int(ipaddress.ip_address("10.77.64.0"))
HEADER = ("address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,"
          "state,user_context\n")


def check(condition, text):
    if not condition:
        sys.exit("FAILED: " + text)


def address(n):
    return str(ipaddress.ip_address(FIRST + n))


def lease(n, now):
    return {"address": address(n), "client": "02:5a:00:00:%02x:%02x" % (n >> 8, n & 255),
            "start": now - 100 - n, "end": 0 if n % 100 == 7 else now + 7200 + 7 * n,
            "name": "node-%05d.cluster" % n if n % 2 else ""}


def isc_time(seconds):
    return time.strftime("%w %Y/%m/%d %H:%M:%S", time.gmtime(seconds)) if seconds else "never"


def isc(l, state="active"):
    text = "lease %s {\n  starts %s;\n  ends %s;\n  cltt %s;\n  binding state %s;\n" % (
        l["address"], isc_time(l["start"]), isc_time(l["end"]), isc_time(l["start"]), state)
    text += "  next binding state free;\n  rewind binding state free;\n"
    text += "  hardware ethernet %s;\n  uid \"\\001\\002Z\\000\\000\\003\\\"\";\n" % l["client"]
    text += "  set vendor-class-identifier = \"PXEClient:Arch:00007\";\n"
    return text + ("  client-hostname \"%s\";\n" % l["name"] if l["name"] else "") + "}\n"


def kea(l, state=0):
    lifetime = l["end"] - l["start"] if l["end"] else 2**32 - 1
    return "%s,%s,01:%s,%d,%d,1,0,0,%s,%d,\n" % (
        l["address"], l["client"], l["client"], lifetime, l["start"] + lifetime, l["name"], state)


def dnsmasq(l):
    return "%d %s %s %s 01:%s\n" % (l["end"], l["client"], l["address"], l["name"] or "*", l["client"])


def file_of(kind, leases, now):
    """The leases, behind what they looked like an hour ago where the server appends; a lease that
    has ended, one of a network that is not ours, one on another machine's reservation, and what is
    no DHCPv4 lease."""
    old = [dict(l, client="02:5a:ff:00:00:01", start=now - 7200, end=now - 3600) for l in leases[:50]]
    ended = dict(lease(20000, now), address=address(15000), start=now - 7200, end=now - 60)
    outside = dict(lease(20001, now), address="192.0.2.7")
    reserved = dict(lease(20002, now), address="10.77.1.1")
    others = [ended, outside, reserved]
    if kind == "dnsmasq":
        return "".join(map(dnsmasq, leases + others)) + (
            "duid 00:01:00:01:2f:0a:1b:2c:02:5a:00:00:00:01\n"
            "%d 7602433 fd00:77::50 * 00:01:00:01:2f:0a:1b:2c:02:5a:00:00:01:01\n" % (now + 60))
    if kind == "isc":
        return "authoring-byte-order little-endian;\n\n" + "".join(map(isc, old)) + (
            "host n002 {\n  dynamic;\n  hardware ethernet 02:5a:00:00:ff:02;\n}\n") + "".join(
                map(isc, leases + others))
    return HEADER + "".join(map(kea, old)) + "".join(map(kea, leases + others))


def make(kind, count, file, truth, clients):
    now = int(time.time())
    leases = [lease(n, now) for n in range(int(count))]
    with open(file, "w", encoding="ascii") as out:
        out.write(file_of(kind, leases, now))
    with open(truth, "w", encoding="ascii") as out:
        json.dump(leases, out)
    with open(clients, "w", encoding="ascii") as out:
        for l in leases:
            out.write("%d.000000 %s %s 3600 %08x\n" % (now, l["client"], l["address"], 1))


def compare(leases, truth):
    with open(leases, encoding="utf-8") as file:
        have = {l["address"]: l for l in json.load(file)["leases"]}
    with open(truth, encoding="utf-8") as file:
        wanted = json.load(file)
    for l in wanted:
        got = have.pop(l["address"], None)
        check(got, "%s is missing" % l["address"])
        end = l["end"] or 253402300799
        check((got["client"], got["state"], got["expiry_unix_s"], got["hostname"]) ==
              (l["client"], "bound", end, l["name"][:15]), "%s is not %s" % (got, l))
    check(list(have) == ["10.77.1.1"], "beside these: %s" % list(have.values())[:5])
    print("%d leases as they were" % len(wanted))


def pairs(log):
    with open(log, encoding="ascii") as file:
        return {(words[1], words[2]) for words in map(str.split, file)}


def acks(log, clients):
    wanted, got = pairs(clients), pairs(log)
    check(wanted == got, "%d machines have other addresses, or none: %s" % (
        len(wanted - got), sorted(wanted ^ got)[:4]))
    print("%d machines kept their addresses" % len(wanted))


globals()[sys.argv[1]](*sys.argv[2:])
