# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""docs/benchmarks/memif.md out of memif.json beside it; document.py puts it at the end of
docs/benchmarks.md."""
import os

from compare import report

SCENES = {
    "memif-window64": "memif: 64 sessions, blksize 1468, window 64, one worker",
    "memif-window1": "memif: 512 sessions, blksize 1468, window 1, one worker",
    "memif-reserved": "memif: DISCOVER to ACK of 10,000 machines with reservations, flat out",
    "memif-durable": "memif: DISCOVER to ACK of 1,000,000 machines that return, flat out",
    "memif-latency": "memif: 150,000 exchanges per second, with and without a journal",
}
PREAMBLE = """\
Over memif, by `scripts/bench memif`: one worker that polls on CPU 0, its clients on CPU 1, 2 MiB pages,
fresh starts in turn (A B A B), medians. *Cycles per data* are of turns of the loop in which something came
or went, so a wait for the other side costs nothing. The null sender copies the same blocks into the same
frames and knows their sums; the other one computes them, as Rouse does. One session in 64 is compared
byte by byte. *Messages* are both ways; exchanges are counted from DISCOVER to ACK.
"""


def by_server(scene):
    return {row["server"]: row for row in scene["rows"]}


def ratio_note(rows, key, other):
    if other not in rows or not rows[other].get(key):
        return []
    return [f"- rouse: {rows['rouse'][key] / rows[other][key]:.2f} × {other} ({key.replace('_', ' ')})"]


def notes(name, scene):
    rows, lines = by_server(scene), []
    if name == "memif-window64":
        lines += ratio_note(rows, "cycles_per_data", "null sender")
        lines += ratio_note(rows, "cycles_per_data", "null sender that sums")
    lines += [f"- {row['server']}: {row['failed']} of {row['runs']} runs lost something or got it wrong"
              for row in scene["rows"] if row["failed"]]
    if name == "memif-latency" and not any(row["failed"] for row in scene["rows"]):
        added = rows["durable"]["ack_p99_us"] - rows["reservations"]["ack_p99_us"]
        lines.append(f"- p99 of REQUEST to ACK that the journal adds: {added / 1000:.2f} ms")
    return lines


def section(name, scene):
    m = scene["machine"]
    return [f"## {SCENES[name]}", "",
            f"{scene['date']}, {m['processors']} × {m['processor']}, Linux {m['kernel']}, load "
            f"{m['load_before']} before, {scene['versions']['rouse']}, {scene['seconds']} s a run.", "",
            *report.table(scene["rows"]), "", *notes(name, scene), ""]


def write(folder, result):
    lines = [PREAMBLE]
    for name in SCENES:
        if name in result["scenes"]:
            lines += section(name, result["scenes"][name])
    with open(os.path.join(folder, "memif.md"), "w") as file:
        file.write("\n".join(lines).rstrip() + "\n")
