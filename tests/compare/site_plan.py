# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""site_plan.py WORK STATE_DIR: one site, written as the configuration of each of the
three servers. What one of them does by itself and another only when it is told, they are told."""
import json
import os
import socket
import struct
import sys

SERVER = "10.77.0.1"
PREFIX = 16
OTHER_FILES = "10.77.0.5"  # another TFTP server, for BIOS machines
INTERFACE = "eth0"
SEARCH = ["cluster.example", "example"]
ROUTES = [("10.99.0.0/16", "10.77.0.253"), ("0.0.0.0/0", "10.77.0.254")]
NO_PXEDHCP = bytes((176, 1, 1))  # in option 175
MTU = 9000
LOCAL, RELAYED = 0, 1
SUBNETS = [
    {"network": "10.77.0.0", "pool": ("10.77.16.1", "10.77.31.254"), "lease": 43200,
     "routers": ["10.77.0.254"], "dns": ["10.77.0.1", "10.77.0.2"], "ntp": ["10.77.0.3"],
     "domain": "cluster.example", "search": SEARCH, "routes": ROUTES, "tftp": [SERVER],
     "relays": []},
    {"network": "10.78.0.0", "pool": ("10.78.16.1", "10.78.31.254"), "lease": 7200,
     "routers": ["10.78.0.1"], "dns": ["10.77.0.1"], "ntp": [], "domain": "rack.example",
     "search": [], "routes": [], "tftp": [], "relays": ["10.78.0.1", "10.77.0.9"]},
]
MASK = "255.255.0.0"
# What a machine loads; the first that fits. The number is option 93's.
BOOT = [
    {"name": "ipxe", "ipxe": True, "file": "boot.ipxe"},
    {"name": "x64", "arch": "x64-uefi", "numbers": [7, 9], "file": "ipxe.efi"},
    {"name": "arm64", "arch": "arm64-uefi", "numbers": [11], "file": "ipxe-arm64.efi"},
    {"name": "bios", "arch": "x86-bios", "numbers": [0], "file": "undionly.kpxe",
     "next_server": OTHER_FILES},
]
HOSTS_LOCAL, HOSTS_RELAYED = 250, 80
# The machine that is asked after others, to see that those were heard.
WITNESS = {"name": "witness", "mac": bytes.fromhex("020000ffff01"), "address": "10.77.0.250"}


def hosts():
    """Machines that the configuration names. Of those on our link every other one wants large frames."""
    found = [dict(WITNESS, subnet=LOCAL, mtu=None)]
    for subnet, count in ((LOCAL, HOSTS_LOCAL), (RELAYED, HOSTS_RELAYED)):
        for n in range(count):
            found.append({"name": "n%d-%d" % (subnet, n), "mac": host_mac(subnet, n),
                          "address": "10.%d.8.%d" % (77 + subnet, n + 1), "subnet": subnet,
                          "mtu": MTU if subnet == LOCAL and n % 2 else None})
    return found


def host_mac(subnet, n):
    return b"\x02\0\0\xaa" + bytes((subnet, n))


def text_mac(mac):
    return mac.hex(":")


def ip(text):
    return socket.inet_aton(text)


def number(text):
    return struct.unpack("!I", ip(text))[0]


def encode_routes(routes):
    out = b""
    for network, router in routes:
        base, bits = network.split("/")
        out += bytes((int(bits),)) + ip(base)[:(int(bits) + 7) // 8] + ip(router)
    return out


def encode_search(domains):
    """Uncompressed; RFC 3397 allows both."""
    return b"".join(b"".join(bytes((len(label),)) + label.encode() for label in name.split(".")) +
                    b"\0" for name in domains)


def options_of(subnet):
    """Of every answer in a subnet, as they are on the wire."""
    s = SUBNETS[subnet]
    found = {1: ip(MASK), 28: ip(s["network"])[:2] + b"\xff\xff", 15: s["domain"].encode()}
    for code, key in ((3, "routers"), (6, "dns"), (42, "ntp"), (150, "tftp")):
        if s[key]:
            found[code] = b"".join(ip(address) for address in s[key])
    if s["search"]:
        found[119] = encode_search(s["search"])
    if s["routes"]:
        found[121] = encode_routes(s["routes"])
    return found


# --- Rouse

def rouse_options(subnet):
    s, options = SUBNETS[subnet], {}
    if s["search"]:
        options["119"] = "domains:" + ", ".join(s["search"])
    if s["routes"]:
        options["121"] = "routes:" + ", ".join("%s via %s" % route for route in s["routes"])
    if s["tftp"]:
        options["150"] = "ips:" + ", ".join(s["tftp"])
    return options


def rouse_rule(rule):
    match = {"ipxe": True} if "ipxe" in rule else {"arch": rule["arch"]}
    out = {"match": match, "file": rule["file"]}
    if "next_server" in rule:
        out["next_server"] = rule["next_server"]
    return out


def rouse_host(host):
    out = {"name": host["name"], "mac": text_mac(host["mac"]), "address": host["address"]}
    if host["mtu"]:
        out["options"] = {"26": "u16:%d" % host["mtu"]}
    return out


def rouse(work, state_dir):
    subnets = [{"network": "%s/%d" % (s["network"], PREFIX), "pools": ["-".join(s["pool"])],
                "lease_time": "%ds" % s["lease"], "routers": s["routers"], "dns": s["dns"],
                "ntp": s["ntp"], "domain": s["domain"], "relays": s["relays"],
                "options": rouse_options(n)} for n, s in enumerate(SUBNETS)]
    return json.dumps({  # JSON is YAML
        "runtime_dir": work + "/run", "state_dir": state_dir, "boot_root": work + "/tree",
        "memory": "16M",
        "ports": [{"device": "af_packet:" + INTERFACE, "address": "%s/%d" % (SERVER, PREFIX),
                   "dhcp": "server"}],
        "subnets": subnets, "hosts": [rouse_host(host) for host in hosts()],
        "boot": [rouse_rule(rule) for rule in BOOT]}, indent=1)


# --- Kea

def kea_option(code, data):
    return {"code": code, "csv-format": False, "data": data.hex(), "space": "dhcp4"}


def kea_subnet(n, subnet):
    # Kea derives neither the mask's option nor the broadcast address alike: it sends the mask by
    # itself, 28 has to be configured.
    options = [kea_option(code, data) for code, data in options_of(n).items() if code not in (1, 119)]
    if subnet["search"]:
        options.append({"code": 119, "data": ", ".join(subnet["search"]), "space": "dhcp4"})
    out = {"id": n + 1, "subnet": "%s/%d" % (subnet["network"], PREFIX),
           "pools": [{"pool": " - ".join(subnet["pool"])}], "valid-lifetime": subnet["lease"],
           "option-data": options, "reservations": [kea_host(host) for host in hosts()
                                                    if host["subnet"] == n]}
    if subnet["relays"]:
        out["relay"] = {"ip-addresses": subnet["relays"]}
    else:
        out["interface"] = INTERFACE
    return out


def kea_host(host):
    out = {"hostname": host["name"], "hw-address": text_mac(host["mac"]),
           "ip-address": host["address"]}
    if host["mtu"]:
        out["option-data"] = [dict(kea_option(26, struct.pack("!H", host["mtu"])),
                                   **{"always-send": True})]
    return out


def kea_class(rule, before):
    if "ipxe" in rule:
        test = "option[77].hex == 'iPXE' or option[77].hex == 0x0469505845"
    else:
        # Compares with the first architecture of option 93.
        arch = " or ".join("substring(option[93].hex, 0, 2) == 0x%04x" % n for n in rule["numbers"])
        test = "(%s) and not (%s)" % (arch, " or ".join("member('%s')" % name for name in before))
    out = {"name": rule["name"], "test": test, "boot-file-name": rule["file"],
           "next-server": rule.get("next_server", SERVER),
           "option-data": [kea_option(67, rule["file"].encode())]}
    if "ipxe" in rule:
        out["option-data"].append(dict(kea_option(175, NO_PXEDHCP), **{"always-send": True}))
    return out


def kea():
    return json.dumps({"Dhcp4": {
        "interfaces-config": {"interfaces": [INTERFACE]},
        "lease-database": {"type": "memfile", "persist": False},
        "authoritative": True,
        "calculate-tee-times": True, "t1-percent": 0.5, "t2-percent": 0.875,
        "decline-probation-period": 600,
        "host-reservation-identifiers": ["hw-address"],
        "option-def": [
            {"name": "routes", "code": 121, "type": "binary", "space": "dhcp4"},
            {"name": "tftp-addresses", "code": 150, "type": "binary", "space": "dhcp4"},
            {"name": "ipxe", "code": 175, "type": "binary", "space": "dhcp4"}],
        "client-classes": [kea_class(rule, [r["name"] for r in BOOT[:n]])
                           for n, rule in enumerate(BOOT)],
        "subnet4": [kea_subnet(n, subnet) for n, subnet in enumerate(SUBNETS)],
        "loggers": [{"name": "kea-dhcp4", "severity": "INFO",
                     "output_options": [{"output": "stdout"}]}],
    }}, indent=1)


# --- dnsmasq

def dnsmasq_option(tag, code, values):
    return "dhcp-option=tag:%s,%d,%s" % (tag, code, ",".join(values))


def dnsmasq_subnet(n, subnet):
    tag = "net%d" % n
    yield "dhcp-range=set:%s,%s,%s,%s,%d" % (tag, *subnet["pool"], MASK, subnet["lease"])
    for code, key in ((3, "routers"), (6, "dns"), (42, "ntp"), (150, "tftp"), (119, "search")):
        if subnet[key]:
            yield dnsmasq_option(tag, code, subnet[key])
    yield dnsmasq_option(tag, 15, [subnet["domain"]])
    if subnet["routes"]:
        yield dnsmasq_option(tag, 121, [word for route in subnet["routes"] for word in route])


def dnsmasq_rule(rule):
    if "ipxe" in rule:
        yield "dhcp-userclass=set:ipxe,iPXE"
        yield "dhcp-option-force=tag:ipxe,175,%s" % NO_PXEDHCP.hex(":")
        tags = "tag:ipxe"
    else:
        for n in rule["numbers"]:
            yield "dhcp-match=set:%s,option:client-arch,%d" % (rule["name"], n)
        tags = "tag:%s,tag:!ipxe" % rule["name"]
    yield "dhcp-boot=%s,%s,,%s" % (tags, rule["file"], rule.get("next_server", SERVER))


def dnsmasq():
    lines = ["port=0", "user=root", "interface=" + INTERFACE, "bind-interfaces", "no-ping",
             "leasefile-ro", "dhcp-authoritative", "dhcp-lease-max=100000", "log-facility=-",
             "quiet-dhcp"]
    for n, subnet in enumerate(SUBNETS):
        lines += dnsmasq_subnet(n, subnet)
    for rule in BOOT:
        lines += dnsmasq_rule(rule)
    lines.append("dhcp-option-force=tag:jumbo,26,%d" % MTU)
    for host in hosts():
        tag = "set:jumbo," if host["mtu"] else ""
        lines.append("dhcp-host=%s,%s%s,%s" % (text_mac(host["mac"]), tag, host["address"],
                                               host["name"]))
    return "\n".join(lines) + "\n"


def main(work, state_dir):
    for name in ("run", "tree"):
        os.makedirs(os.path.join(work, name), exist_ok=True)
    for rule in BOOT:
        write(rule["file"], work, "tree", rule["file"])
    write(rouse(work, state_dir), work, "rouse.yaml")
    write(kea(), work, "kea.json")
    write(dnsmasq(), work, "dnsmasq.conf")


def write(text, *path):
    with open(os.path.join(*path), "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
