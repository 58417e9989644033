# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""Judges the samples of storm-hour: usage: storm_hour.py SAMPLES

After a warm-up of a twentieth, at least a minute, the medians of the last tenth are held against those of the first. Prints
each figure; exit status 1 if one has grown.
"""
import statistics
import sys

# Name, unit, how much the last tenth may be above the first: absolute, and as a share of it.
FIGURES = {
    "dataplane_rss": ("KiB", 1024, 0),
    "control_rss": ("KiB", 1024, 0),
    "dataplane_fds": ("", 0, 0),
    "control_fds": ("", 0, 0),
    "state": ("bytes", 0, 0),
    "mbufs": ("", 64, 0),
    "lease_p99": ("us", 0, 0.10),
    "boot_p99": ("us", 0, 0.10),
}


def read(path):
    lines = [line.split() for line in open(path)]
    return [dict(zip(lines[0], map(int, line))) for line in lines[1:]]


def main():
    samples = read(sys.argv[1])
    rounds = len(samples)
    warm = max(60, samples[-1]["seconds"] / 20)  # every population has come, some reloads are through
    samples = [s for s in samples if s["seconds"] >= warm]
    tenth = len(samples) // 10
    if tenth < 1:
        sys.exit(f"only {rounds} rounds: too few to compare tenths")
    grown = False
    for name, (unit, more, share) in FIGURES.items():
        first, last = (statistics.median(s[name] for s in part) for part in (samples[:tenth], samples[-tenth:]))
        bad = last > first * (1 + share) + more
        grown |= bad
        print(f"{name}: {first:.0f} {unit} in the first tenth, {last:.0f} in the last"
              f"{': GROWN' if bad else ''}")
    print(f"{rounds} storms, {samples[-1]['reloads']} reloads in {samples[-1]['seconds']} s, "
          f"{tenth} storms a tenth")
    sys.exit(grown)


main()
