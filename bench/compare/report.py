# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""Writes what a comparison found: JSON for programs, a page of Markdown for people."""
import datetime
import json
import os
import platform

from compare import servers

TITLES = {
    "transfers": "200 clients read 1 MiB each (1,000 transfers), blksize 1468, window 1, no loss",
    "lossy": "1,000 clients read 1 MiB each, blksize 1468, window 1, 0.5 % loss both ways",
    "exchanges": "perfdhcp, new leases, the highest rate with at most 0.5 % of messages unanswered",
    "memory": "memory with 1 GiB of images and 10,000 leases",
}


def machine():
    model = "unknown"
    with open("/proc/cpuinfo") as cpuinfo:
        for line in cpuinfo:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {"processor": model, "processors": os.cpu_count(), "kernel": platform.release(),
            "memory_bytes": pages, "load_before": round(os.getloadavg()[0], 2)}


def versions(names):
    kinds = (servers.Rouse, servers.RouseAfPacket, servers.Dnsmasq, servers.DnsmasqDhcp,
             servers.Atftpd, servers.TftpdHpa, servers.Kea, servers.Reflect)
    found = {kind.name: kind.version() for kind in kinds if kind.name in names}
    return dict(sorted(found.items()))


def ratio(rows, key, ours, theirs):
    """ours / theirs, None if one is missing."""
    values = {row["server"]: row.get(key) for row in rows}
    if not values.get(ours) or not values.get(theirs):
        return None
    return round(values[ours] / values[theirs], 2)


def ratios(scenes):
    found = {}
    for scene, key, peer in (("transfers", "gigabits_per_second", "dnsmasq"),
                             ("transfers", "gigabits_per_second", "reflect"),
                             ("lossy", "gigabits_per_second", "dnsmasq"),
                             ("exchanges", "exchanges_per_second", "kea"),
                             ("exchanges", "exchanges_per_second", "reflect")):
        value = ratio(scenes.get(scene, {}).get("rows", []), key, "rouse", peer)
        if value is not None:
            found[f"{scene}: rouse to {peer}"] = value
    return found


def write_json(path, result):
    with open(path, "w") as file:
        json.dump(result, file, indent=1)
        file.write("\n")


def cell(value):
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def shown(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def verdict(value, goal, more, words=""):
    """Whether a goal was reached; words say where it comes from."""
    reached = value >= goal if more else value <= goal
    return f"the goal is {words}{shown(goal)}: {'reached' if reached else 'missed'}"


def table(rows):
    keys = list(rows[0])
    lines = ["| " + " | ".join(key.replace("_", " ") for key in keys) + " |",
             "|" + "---|" * len(keys)]
    lines += ["| " + " | ".join(cell(row.get(key, "")) for key in keys) + " |" for row in rows]
    return lines


def write_markdown(path, result):
    m = result["machine"]
    lines = ["# First figures", "",
             f"Made by `scripts/bench first` on {result['date']}: {m['processors']} × {m['processor']}, "
             f"{m['memory_bytes'] >> 30} GiB, Linux {m['kernel']}, load {m['load_before']} before.",
             "Server and clients share the machine; each row is the median of its runs, which were",
             f"interleaved. Clients: `rouse-storm tftp` as {result['clients']}, the same program and the same",
             "arguments for every server. The clients' ceiling is `data per client cpu second`: what they",
             "would do with a whole core of their own. `reflect` is a server without files or state, over",
             "packet sockets.", "",
             ", ".join(dict.fromkeys(result["versions"].values())) + ".", ""]
    for name, scene in result["scenes"].items():
        if scene["rows"]:
            lines += [f"## {TITLES[name]}", "", *table(scene["rows"]), ""]
    if result["ratios"]:
        lines += ["## Ratios", ""]
        lines += [f"- {name}: {value}" for name, value in result["ratios"].items()] + [""]
    with open(path, "w") as file:
        file.write("\n".join(lines))


def today():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
