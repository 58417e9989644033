# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""`scripts/bench compare`: every server under the same clients, one after the other and again (A B A
B), medians. A scene gives rows of plain values, which document.py and plot.py write down. A server
that fails is a row too: what it failed at is a result."""
import os
import statistics
import subprocess
import time

from compare import account, clients, first, lab as net, servers

DROPS_ALLOWED = 0.005
LOSSES = ((0, "0 %"), (5, "0.5 %"))  # of a thousand frames, each way
TFTP = (servers.Rouse, servers.RouseAfPacket, servers.Dnsmasq, servers.Atftpd, servers.TftpdHpa)
DHCP = (servers.Rouse, servers.RouseAfPacket, servers.DnsmasqDhcp, servers.Kea)


class Reflect64(servers.Reflect):
    window = 64


def median(runs, key):
    return round(statistics.median(run[key] for run in runs), 3)


def per(seconds, count):
    return round(seconds / count, 3) if count else None


def transfer_row(name, runs):
    whole = [run for run in runs if not run["failed"]]
    row = {"server": name, "runs": len(runs), "completed": min(run["completed"] for run in runs),
           "failed": max(run["failed"] for run in runs)}
    for key in ("seconds", "gigabits_per_second", "data_per_second", "server_cpu_seconds",
                "softirq_seconds", "client_cpu_seconds", "ceiling_gigabits_per_second"):
        row[key] = median(runs, key)
    row["cpu_seconds_per_gigabyte"] = median(whole, "cpu_seconds_per_gigabyte") if whole else None
    row["cgroup_seconds_per_gigabyte"] = \
        median(whole, "cgroup_seconds_per_gigabyte") if whole else None
    row["steal_seconds"] = median(runs, "steal_seconds")
    return row


class Suite:
    def __init__(self, lab, options, say):
        self.lab = lab
        self.options = options
        self.say = say
        self.tree = first.make_tree(lab)
        self.image = os.path.join(self.tree, "image")
        self.idle = account.idle_softirq()
        self.errors = {}  # what each server could not be measured for, first words of each

    def _transfer(self, kind, count, total, more=(), deadline=60):
        with kind(self.lab, self.tree) as server:
            reflect = isinstance(server, servers.Reflect)
            with account.Meter(server, self.idle) as meter:
                report = clients.tftp(self.lab, server, count, total, self.options.clients,
                                      None if reflect else self.image, deadline, more)
        report.update(meter.figures())
        report["client_cpu_seconds"] = report["cpu_seconds"]
        gigabytes = report["bytes"] / 1e9
        report["cpu_seconds_per_gigabyte"] = per(report["cost_seconds"], gigabytes)
        report["cgroup_seconds_per_gigabyte"] = per(report["server_cpu_seconds"], gigabytes)
        # What these clients would receive with a whole core of their own.
        report["ceiling_gigabits_per_second"] = \
            8 * gigabytes / report["cpu_seconds"] if report["cpu_seconds"] else 0
        self.say(f"  {kind.name}: {report['completed']} of {total}, "
                 f"{report['gigabits_per_second']} Gb/s, {report['seconds']} s, "
                 f"{report['cpu_seconds_per_gigabyte']} CPU s/GB")
        return report

    def _interleaved(self, kinds, make, row):
        """make(kind) for each kind, all of them `repeat` times in turn. One that cannot be measured
        is left out and told."""
        runs = {kind.name: [] for kind in kinds}
        for turn in range(self.options.repeat):
            self._turn(f"[{turn + 1}/{self.options.repeat}]", kinds, make, runs)
        return [row(name, done) for name, done in runs.items() if done], runs

    def _turn(self, label, kinds, make, runs):
        for kind in kinds:
            self.say(f"{label} {kind.name}")
            try:
                runs[kind.name].append(make(kind))
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                self.say(f"  {kind.name}: {error}")
                self.errors.setdefault(kind.name, str(error).splitlines()[0])

    def _tftp(self, count, total, ceiling, more=(), deadline=60):
        kinds = [*self.options.servers(*TFTP), *([ceiling] if ceiling else [])]
        return self._interleaved(
            kinds, lambda kind: self._transfer(kind, count, total, more, deadline), transfer_row)

    def _held_to_load(self, *more):
        self.lab.cable()
        rows, runs = self._tftp(200, self.options.total, None,
                                ["--rate-limit", self.options.load, *more])
        asked = self.options.load / 1e9
        return [{"server": row.pop("server"), "asked_gigabits_per_second": asked, **row}
                for row in rows], runs

    def window1(self):
        self.lab.cable()
        return self._tftp(200, self.options.total, servers.Reflect)

    def window64(self):
        self.lab.cable()
        return self._tftp(200, self.options.total, Reflect64, ["--windowsize", 64])

    def load(self):
        return self._held_to_load()

    def load64(self):
        return self._held_to_load("--windowsize", 64)

    def lossy(self):
        """The same switch without and with loss, in turn. Who completes no transfer at all does not
        run again."""
        kinds = self.options.servers(*TFTP)
        runs = {title: {kind.name: [] for kind in kinds} for _, title in LOSSES}
        for turn in range(self.options.repeat):
            for per_thousand, title in LOSSES:
                able = [kind for kind in kinds
                        if not runs[title][kind.name]
                        or any(run["completed"] for run in runs[title][kind.name])]
                self.lab.lossy_switch(per_thousand)
                self._turn(f"[{turn + 1}/{self.options.repeat}] {title}", able, self._many, runs[title])
        rows = [{"loss": title, **transfer_row(name, done)}
                for title, by_name in runs.items() for name, done in by_name.items() if done]
        return [{"server": row.pop("server"), **row} for row in rows], runs

    def _many(self, kind):
        return self._transfer(kind, self.options.many, self.options.many)

    def _exchange_rate(self, kind, rate):
        """One run of perfdhcp against a fresh server."""
        with kind(self.lab) as server:
            with account.Meter(server, self.idle) as meter:
                result = clients.perfdhcp(self.lab, server, rate, self.options.seconds)
        result.update(meter.figures())
        exchanges = result["per_second"] * self.options.seconds
        result["cpu_us_per_exchange"] = per(1e6 * result["cost_seconds"], exchanges)
        result["cgroup_us_per_exchange"] = per(1e6 * result["server_cpu_seconds"], exchanges)
        result["good"] = result["drops"] <= DROPS_ALLOWED and \
            result["discovers_per_second"] > 0.95 * rate
        self.say(f"  {kind.name}: {rate}/s asked, {result['discovers_per_second']:.0f}/s sent, "
                 f"{result['per_second']:.0f}/s answered, {100 * result['drops']:.2f} % drops")
        return result

    def _highest_rate(self, kind):
        """Doubles until it drops too much, then halves the gap three times."""
        good, bad, rate, result = None, None, 1000, None
        until = time.monotonic() + self.options.search_seconds
        while time.monotonic() < until:
            result = self._exchange_rate(kind, rate)
            if result["good"]:
                good = result
            else:
                bad = rate
            low = good["asked"] if good else 0
            if bad is None:
                rate *= 2
            elif bad - low <= max(low, 1) / 8 or bad <= 125:
                break
            else:
                rate = (low + bad) // 2
        # The last one tells how it failed.
        return {**(good or result), "highest": good["per_second"] if good else 0}

    def exchanges(self):
        self.lab.cable()
        return self._interleaved([*self.options.servers(*DHCP), servers.Reflect], self._highest_rate,
                                 exchange_row)

    def scenes(self):
        return {"window1": self.window1, "window64": self.window64, "load": self.load,
                "load64": self.load64, "lossy": self.lossy, "exchanges": self.exchanges}


def exchange_row(name, runs):
    row = {"server": name, "runs": len(runs), "exchanges_per_second": median(runs, "highest"),
           "drops_percent": round(100 * median(runs, "drops"), 2)}
    for key in ("cpu_us_per_exchange", "cgroup_us_per_exchange"):
        known = [run for run in runs if run[key] is not None]
        row[key] = median(known, key) if known else None
    row["steal_seconds"] = median(runs, "steal_seconds")
    return row
