# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""docs/benchmarks/memif.md out of memif.json beside it; document.py puts it at the end of
docs/benchmarks.md."""
import os

from compare import report

SCENES = {
    "memif-window64": "memif: 64 sessions, blksize 1468, window 64, one worker",
    "memif-window1": "memif: 512 sessions, blksize 1468, window 1, one worker",
    "memif-workers": "memif: two workers and two queues, 16 sessions, blksize 1468, window 64",
    "memif-reserved": "memif: DISCOVER to ACK of 10,000 machines with reservations, flat out",
    "memif-durable": "memif: DISCOVER to ACK of 1,000,000 machines that return, flat out",
    "memif-latency": "memif: 150,000 exchanges per second, with and without a journal",
}
PREAMBLE = """\
Over memif, by `scripts/bench memif`: one worker that polls on CPU 0, its clients on CPU 1, 2 MiB pages,
fresh starts in turn (A B A B), medians. *Cycles per data* are of turns of the loop in which something came
or went, so a wait for the other side costs nothing. The null sender copies the same blocks into the same
frames and knows their sums; the other one computes them, as Rouse does. testpmd (`txonly`) writes only the
headers of its frames, and its rate is what the receiver saw; it tells no cycles. One session in 64 is compared
byte by byte. *Messages* are both ways; exchanges are counted from DISCOVER to ACK.
"""

# scene: (server, key, what is to be reached, whether more is better), by design.
GOALS = {
    "memif-window1": ("rouse", "data_per_second", 2e6, True),
    "memif-reserved": ("rouse", "messages_per_second", 1e6, True),
    "memif-durable": ("rouse", "exchanges_per_second", 3e5, True),
}
CYCLES_GOAL, WORKERS_GOAL, ADDED_GOAL_MS = 1.25, 1.7, 2

WORKERS_NOTE = """\
Two processors hold two workers or a worker and its clients, not all three at full rate: the second worker
shares its processor with the clients and goes before them. Both wait for the clients, and a worker that waits
sends in smaller bursts and wakes the other one for each acknowledgement that it hands over (half of them), so
the ratio is a lower bound. What a hand-over costs by itself, giver and taker on two processors that poll:
`build/tests/measure/handover_measure`, in docs/testing.md."""


def by_server(scene):
    return {row["server"]: row for row in scene["rows"]}


def ratio_note(rows, key, other, goal=None):
    if other not in rows or not rows[other].get(key):
        return []
    ratio = round(rows["rouse"][key] / rows[other][key], 2)
    words = f"; {report.verdict(ratio, goal, False)}" if goal else ""
    return [f"- rouse: {ratio:.2f} × {other} ({key.replace('_', ' ')}){words}"]


def goal_note(name, rows):
    server, key, goal, more = GOALS[name]
    value = rows[server][key]
    return f"- {server}: {value:,.0f} {key.replace('_', ' ')}, {report.verdict(value, goal, more)}"


def notes(name, scene):
    rows, lines = by_server(scene), []
    if name == "memif-window64":
        lines += ratio_note(rows, "cycles_per_data", "null sender", CYCLES_GOAL)
        lines += ratio_note(rows, "cycles_per_data", "null sender that sums")
        lines += ratio_note(rows, "gigabits_per_second", "testpmd")
    if name in GOALS:
        lines.append(goal_note(name, rows))
    if name == "memif-workers":
        share = sum(rows[f"{place} alone"][key] / rows["both"][key]
                    for place, key in ((p, f"{p}_cycles_per_data") for p in ("first", "second")))
        lines += [f"- two workers: {share:.2f} × one worker: what each does of what it does alone, in as "
                  "many cycles and at the same place; "
                  f"{report.verdict(round(share, 2), WORKERS_GOAL, True)}", "", WORKERS_NOTE]
    lines += [f"- {row['server']}: {row['failed']} of {row['runs']} runs lost something or got it wrong"
              for row in scene["rows"] if row["failed"]]
    if name == "memif-latency":
        added = rows["durable"]["ack_p99_of_tenths_us"] - rows["reservations"]["ack_p99_of_tenths_us"]
        lines.append("- p99 of REQUEST to ACK that the journal adds, in the median tenth of a second: "
                     f"{added / 1000:.2f} ms; {report.verdict(added / 1000, ADDED_GOAL_MS, False)}")
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
