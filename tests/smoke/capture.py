# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""capture.py COMMAND [ARGUMENT...] ROUSE CONFIG: what tests/smoke/capture sends and measures."""
import glob
import subprocess
import sys
import time

import wire
from wire import SERVER, check, datagram, dhcp, read_request

ME = "10.77.0.9"
LEASE_S = 3
INTERVAL_S = 1.0
MAC_ONLY = "52:54:00:78:00:99"


def mac_of(number):
    return b"\x52\x54\0\x78\0" + bytes((number,))


def server_mac(rouse):
    return wire.mac(rouse.read("status")["dataplane"]["ports"][0]["mac"])


def spoilt(frame):
    """With a wrong UDP checksum."""
    return frame[:40] + b"\x12\x34" + frame[42:]


def bad_frames(to):
    """Reason and frame, each from a MAC of its own."""
    def tftp(number, payload, **change):
        what = {"src": ME, "dst": SERVER, "sport": 2000 + number, "dport": 69, "dst_mac": to, **change}
        return datagram(payload=payload, src_mac=mac_of(number), **what)

    def from_client(number, message):
        return datagram("0.0.0.0", "255.255.255.255", 68, 67, message, mac_of(number), wire.BROADCAST_MAC)

    yield "dhcp_malformed_magic", from_client(11, dhcp(wire.DISCOVER, mac_of(11), magic=b"\1\2\3\4"))
    yield "dhcp_not_request", from_client(12, dhcp(wire.OFFER, mac_of(12), op=2))
    yield "dhcp_hostile_chaddr", from_client(13, dhcp(wire.DISCOVER, b"\xff" * 6))
    yield "dhcp_hostile_relay", datagram(
        "10.99.0.1", SERVER, 67, 67, dhcp(wire.DISCOVER, mac_of(14), giaddr="10.99.0.1"), mac_of(14), to)
    yield "rx_bad_udp_checksum", spoilt(tftp(15, read_request("file")))
    yield "tftp_drop_malformed", tftp(16, b"\0\1file-without-an-end")
    yield "tftp_drop_source_port", tftp(17, read_request("file"), sport=69)
    yield "tftp_drop_unknown_tid", tftp(18, b"\0\4\0\1", dport=40000)
    yield "tftp_drop_no_request", tftp(19, b"\0\4\0\1")
    yield "rx_bad_source", tftp(20, read_request("file"), src="224.0.0.9")


def drops(program, config):
    """Prints the MAC's last byte and the reason of each."""
    rouse, link = wire.Rouse(program, config), wire.Link()
    for number, (reason, frame) in enumerate(bad_frames(server_mac(rouse)), 11):
        link.send(frame)
        print("%02x %s" % (number, reason))
    time.sleep(0.3)


def machines(program, config):
    """Three DISCOVERs of each of two machines. The answers are unicast."""
    lab = wire.DhcpLab(program, config)
    for _ in range(3):
        for number in (1, 2):
            lab.discover(mac_of(number))


def captured(rouse):
    return rouse.counters()[0]["captured"]


def killed(program, config):
    """Frames are copied no more once the lease is over, though they come."""
    rouse, lab = wire.Rouse(program, config), wire.DhcpLab(program, config)
    before = captured(rouse)
    lab.discover(mac_of(3))
    check(captured(rouse) > before, "nothing was captured before the lease's end")
    time.sleep(LEASE_S + 0.2)
    before = captured(rouse)
    for _ in range(3):
        lab.discover(mac_of(3))
    check(captured(rouse) == before, "frames are copied though nobody captures")
    print("a capture that was killed ended by itself")


def worker_task(rouse):
    """The directory in /proc of the one worker's thread."""
    pid = rouse.read("status")["dataplane"]["pid"]
    for task in glob.glob("/proc/%d/task/*" % pid):
        with open(task + "/comm") as comm:
            if comm.read().startswith("rte-worker-"):
                return task
    raise AssertionError("the dataplane has no worker")


def usage(rouse, task):
    """Nanoseconds that the worker has run, and DATA that it has sent."""
    with open(task + "/schedstat") as stat:
        return int(stat.read().split()[0]), rouse.counters()[0]["tftp_data"]


def cost(rouse, task):
    """Nanoseconds of the worker for each DATA, over an interval. What other programs take from it on a
    loaded machine is not in it."""
    start = usage(rouse, task)
    time.sleep(INTERVAL_S)
    end = usage(rouse, task)
    check(end[1] - start[1] > 1000, "the load has ended")
    return (end[0] - start[0]) / (end[1] - start[1])


def capture_cost(rouse, task, path, *options):
    command = [rouse.program, "capture", "-w", path, "--config", rouse.config, "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        time.sleep(0.3)
        value = cost(rouse, task)
        running.send_signal(2)
        report = running.communicate()[0]
    check(running.returncode == 0, "rouse capture: %s" % report)
    time.sleep(LEASE_S + 0.2)
    return value, report


def wait_for_load(rouse):
    end = time.monotonic() + 20
    while rouse.counters()[0]["tftp_data"] < 10000:
        check(time.monotonic() < end, "no load")
        time.sleep(0.1)
    time.sleep(0.5)


def load(rounds, path, program, config):
    """Without and with, in turns; the ratios of the least."""
    rouse = wire.Rouse(program, config)
    wait_for_load(rouse)
    task = worker_task(rouse)
    off, ways = [], {"one machine's frames": (("--mac", MAC_ONLY), 2, []), "all frames": ((), 3.5, [])}
    for _ in range(int(rounds)):
        for options, _, on in ways.values():
            off.append(cost(rouse, task))
            value, report = capture_cost(rouse, task, path, *options)
            on.append(value)
    print("no capture: %.0f ns of the worker for each DATA, %.0f at most" % (min(off), max(off)))
    for what, (_, most, on) in ways.items():
        ratio = min(on) / min(off)  # the least is what the others' noise has touched least
        print("a capture of %s: %.0f ns, %.0f at most, ratio %.2f" % (what, min(on), max(on), ratio))
        check(ratio < most, "the capture slows the worker")
    print("the last one:", " ".join(report.split()))


if __name__ == "__main__":
    {f.__name__: f for f in (drops, machines, killed, load)}[sys.argv[1]](*sys.argv[2:])
