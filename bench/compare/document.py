# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""docs/benchmarks.md and its plots out of docs/benchmarks/compare.json. A run replaces the scenes that
it ran; each scene keeps the machine, the versions and the load that it ran with. Scenes there that are
not in SCENES come from other commands: they bring a title, metrics as in SCENES and notes of their own.
docs/benchmarks/SCENE.md, where there is one, is what people wrote about a scene: it goes below it."""
import json
import os

from compare import plot, report, servers, suite

# scene: title, [(key, unit, whether more is better)]
SCENES = {
    "window1": ("200 clients read 1 MiB each, blksize 1468, window 1, no loss",
                [("gigabits_per_second", "Gb/s, more is better", True),
                 ("cpu_seconds_per_gigabyte", "CPU seconds per GB, less is better", False)]),
    "window64": ("200 clients read 1 MiB each, blksize 1468, window 64 asked for, no loss",
                 [("gigabits_per_second", "Gb/s, more is better", True),
                  ("cpu_seconds_per_gigabyte", "CPU seconds per GB, less is better", False)]),
    "load": ("200 clients that are all held to one load, window 1",
             [("cpu_seconds_per_gigabyte", "CPU seconds per GB, less is better", False)]),
    "load64": ("200 clients that are all held to one load, window 64 asked for",
               [("cpu_seconds_per_gigabyte", "CPU seconds per GB, less is better", False)]),
    "lossy": ("1,000 clients read 1 MiB each, blksize 1468, window 1, without loss and with 0.5 % both ways",
              [("seconds", "seconds until all are done, less is better", False)]),
    "exchanges": ("perfdhcp, new leases: the highest rate with at most 0.5 % of messages unanswered",
                  [("exchanges_per_second", "exchanges per second, more is better", True),
                   ("cpu_us_per_exchange", "CPU µs per exchange, less is better", False)]),
}
OURS = ("rouse", "rouse-af-packet")
KINDS = {kind.name: kind for kind in (*suite.TFTP, servers.DnsmasqDhcp, servers.Kea, servers.Reflect)}

# scene: (key, share of the best peer's, share of the ceiling that is enough instead). With two shares
# more is better.
GOALS = {
    "window1": ("gigabits_per_second", 2.5, 0.85),
    "window64": ("gigabits_per_second", 2.5, 0.85),
    "load": ("cpu_seconds_per_gigabyte", 0.5, None),
    "load64": ("cpu_seconds_per_gigabyte", 0.5, None),
    "exchanges": ("exchanges_per_second", 5, 0.8),
}
LOSS_GOAL = 1.3  # times the time without loss


def load(path):
    try:
        with open(path) as file:
            return json.load(file)
    except FileNotFoundError:
        return {"schema": 1, "suite": "compare", "scenes": {}}


def usable(row, key):
    return row.get(key) if not row.get("failed") else None


def best_peer(rows, key, more):
    peers = [row for row in rows if row["server"] not in (*OURS, "reflect") and usable(row, key)]
    return (max if more else min)(peers, key=lambda row: row[key]) if peers else None


def ratios(rows, key, more):
    """{server: (ratio to the best peer, its name)} for ours."""
    best = best_peer(rows, key, more)
    return {row["server"]: (round(row[key] / best[key], 2), best["server"]) for row in rows
            if best and row["server"] in OURS and usable(row, key)}


def loss_ratios(rows):
    """Time with loss over time without, by server; None where one of them failed."""
    seconds = {}
    for row in rows:
        seconds.setdefault(row["server"], {})[row["loss"]] = usable(row, "seconds")
    return {name: round(s["0.5 %"] / s["0 %"], 2) if s.get("0 %") and s.get("0.5 %") else None
            for name, s in seconds.items()}


def failures(rows, runs):
    lines = []
    for row in rows:
        name, loss = row["server"], row.get("loss")
        if not row.get("failed"):
            continue
        done = (runs[loss] if loss else runs)[name]
        worst = max(done, key=lambda run: run["failed"])
        reasons = ", ".join(f"{count} {why.replace('_', ' ')}"
                            for why, count in worst["failed_by"].items())
        where = f" at {loss} loss" if loss else ""
        lines.append(f"- {name}{where}: {row['failed']} of {worst['started']} transfers failed ({reasons})")
    return lines


def row_of(rows, server):
    return next((row for row in rows if row["server"] == server), None)


def ceiling_of(rows, key):
    """The most that these clients can do, and where it was seen: what they reached against the
    reflector, or what they would reach beside ours with a processor of their own, if that is more."""
    reflect, ours = row_of(rows, "reflect"), row_of(rows, OURS[0])
    found = [(row[kind], words) for row, kind, words in
             ((reflect, key, "reflect"),
              (ours, f"ceiling_{key}", "what these clients would reach with a processor of their own"))
             if row and row.get(kind)]
    return max(found) if found else (None, None)


def goal_notes(name, rows):
    """What was to be reached, and whether it was."""
    key, share, ceiling_share = GOALS[name]
    best = best_peer(rows, key, ceiling_share is not None)
    if not best:
        return []
    bound, words = share * best[key], f"{share} × {best['server']}"
    ceiling, whose = ceiling_of(rows, key)
    if ceiling_share and ceiling:
        bound = min(bound, ceiling_share * ceiling)
        words = f"the less of {words} and {ceiling_share} × {whose}"
    unit = dict((metric[0], metric[1]) for metric in SCENES[name][1])[key].split(",")[0]
    lines = []
    for ours in OURS:
        row = row_of(rows, ours)
        value = row and usable(row, key)
        if value is not None:
            lines.append(f"- {ours}: {report.shown(value)} {unit}, "
                         f"{report.verdict(value, bound, ceiling_share, f'{words} = ')}")
    return lines


def shortfalls(scene):
    """What a server did not do although nothing failed."""
    lines = [f"- {server}: not measured: {error}"
             for server, error in scene.get("errors", {}).items()]
    for row in scene["rows"]:
        asked, got = row.get("asked_gigabits_per_second"), row.get("gigabits_per_second")
        if asked and got < 0.95 * asked:
            lines.append(f"- {row['server']}: {got:.2f} Gb/s of the {asked:g} that were asked for")
        if row.get("exchanges_per_second") == 0:
            lines.append(f"- {row['server']}: no rate was free of drops, the last lost "
                         f"{row['drops_percent']} %")
    return lines


def loss_notes(rows):
    lines = []
    for server, ratio in loss_ratios(rows).items():
        if not ratio:
            lines.append(f"- {server}: no ratio, not every transfer ended whole")
            continue
        goal = f"; {report.verdict(ratio, LOSS_GOAL, False)}"
        lines.append(f"- {server}: {ratio} × the time without loss{goal if server in OURS else ''}")
    return lines


def notes(name, scene):
    rows, lines = scene["rows"], failures(scene["rows"], scene["runs"]) + shortfalls(scene)
    if name not in SCENES:
        return lines + scene.get("notes", [])
    if name == "lossy":
        return lines + loss_notes(rows)
    for key, unit, more in SCENES[name][1]:
        lines += [f"- {ours}: {value} × {peer} ({unit.split(',')[0]})"
                  for ours, (value, peer) in ratios(rows, key, more).items()]
    return lines + goal_notes(name, rows)


def machine_line(scene):
    m = scene["machine"]
    steal = [row.get("steal_seconds") or 0 for row in scene["rows"]]
    return (f"{scene['date']}, {m['processors']} × {m['processor']}, {m['memory_bytes'] >> 30} GiB, Linux "
            f"{m['kernel']}, load {m['load_before']} before, at most {max(steal):.2f} s of steal time in a "
            f"run; clients: {scene['clients']}; {', '.join(dict.fromkeys(scene['versions'].values()))}.")


def described(name, scene):
    return SCENES.get(name) or (scene["title"], scene.get("metrics", []))


def remarks(folder, name):
    try:
        with open(os.path.join(folder, f"{name}.md")) as file:
            return ["", *file.read().strip().splitlines()]
    except FileNotFoundError:
        return []


def draw(name, scene, folder):
    """Writes the plots of a scene; their file names."""
    title, metrics = described(name, scene)
    files = []
    for key, unit, more in metrics:
        labels = [row["server"] + (f", {row['loss']}" if "loss" in row else "") for row in scene["rows"]]
        found = {} if name == "lossy" else ratios(scene["rows"], key, more)
        words = {server: f"{value} × {peer}" for server, (value, peer) in found.items()}
        if name == "lossy":
            words = {f"{server}, 0.5 %": f"{value} × without loss"
                     for server, value in loss_ratios(scene["rows"]).items() if value}
        values = [(row["server"], label, row.get(key)) for row, label in zip(scene["rows"], labels)
                  if key == "seconds" or row["server"] != "reflect" or more]
        failed = {label for row, label in zip(scene["rows"], labels) if row.get("failed")}
        files.append(f"{name}-{key.replace('_', '-')}.svg")
        with open(os.path.join(folder, files[-1]), "w") as file:
            file.write(plot.bars(title, unit, values, words, failed))
    return files


PREAMBLE = """\
# Benchmarks

Written by `scripts/bench compare`; each scene says on what it was made. All servers run one after
the other and again (A B A B) on one machine, in namespaces with a veth pair between them, under the
same client program with the same arguments; a row is the median of its runs. Server and clients
share the processors, so compare rows of one scene, never figures of two machines.

*CPU seconds per GB* (and per exchange) are the server's cgroup plus the softirq time of the whole
machine during the run less that of an idle one. On a kernel without CONFIG_IRQ_TIME_ACCOUNTING the
cgroup already holds the softirqs that ran in the server's context, and the client's are in the sum
too; the cgroup alone is the column beside it. *Ceiling* is the rate that these clients would have
with a whole core of their own (bytes received per CPU second of theirs); `reflect` is a server
without files over packet sockets: what these clients or perfdhcp reach when the server has next to
nothing to do. A goal goes by the higher of the two. A rate of 0 exchanges means that no rate was free
of drops. What stands at the end was made over memif, without a kernel in between.
"""


def write(folder, result):
    """docs/benchmarks.md beside docs/benchmarks/."""
    plots = os.path.join(folder, "benchmarks")
    os.makedirs(plots, exist_ok=True)
    lines = [PREAMBLE, "| server | settings |", "|---|---|"]
    lines += [f"| {name} | {kind.settings} |" for name, kind in KINDS.items()
              if any(row["server"] == name for scene in result["scenes"].values()
                     for row in scene["rows"])]
    for name in dict.fromkeys([*SCENES, *result["scenes"]]):
        scene = result["scenes"].get(name)
        if not scene or not scene["rows"]:
            continue
        lines += ["", f"## {described(name, scene)[0]}", "", machine_line(scene), ""]
        lines += report.table(scene["rows"]) + [""] + notes(name, scene) + [""]
        lines += [f"![{file}](benchmarks/{file})" for file in draw(name, scene, plots)]
        lines += remarks(plots, name)
    memif = os.path.join(plots, "memif.md")  # of `scripts/bench memif`
    if os.path.exists(memif):
        with open(memif) as file:
            lines += ["", file.read().rstrip()]
    with open(os.path.join(folder, "benchmarks.md"), "w") as file:
        file.write("\n".join(lines) + "\n")
