# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""`scripts/bench first`: Rouse beside dnsmasq, atftpd and Kea on one machine in one run, interleaved,
medians. Every scene gives rows of plain values, which report.py writes down."""
import os
import statistics

from compare import clients, lab as net, servers

MEBIBYTE = 1 << 20


def make_tree(lab):
    tree = lab.path("tree")
    os.makedirs(tree, exist_ok=True)
    with open(os.path.join(tree, "image"), "wb") as image:
        image.write(os.urandom(MEBIBYTE))
    with open(os.path.join(tree, "ready"), "w") as ready:
        ready.write("ready\n")
    return tree


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def summary(name, runs):
    """The medians of one server's runs."""
    return {
        "server": name,
        "runs": len(runs),
        "completed": min(run["completed"] for run in runs),
        "failed": max(run["failed"] for run in runs),
        "seconds": median(runs, "seconds"),
        "gigabits_per_second": median(runs, "gigabits_per_second"),
        "data_per_second": median(runs, "data_per_second"),
        "duplicates": statistics.median(run["packets"]["duplicates"] for run in runs),
        "p99_us": statistics.median(run["request_to_last_block_us"]["p99"] for run in runs),
        "client_cpu_seconds": median(runs, "cpu_seconds"),
        "data_per_client_cpu_second": median(runs, "data_per_client_cpu_second"),
        "server_cpu_seconds": median(runs, "server_cpu_seconds"),
    }


class First:
    def __init__(self, lab, options, say):
        self.lab = lab
        self.options = options
        self.say = say
        self.tree = make_tree(lab)
        self.image = os.path.join(self.tree, "image")

    def _transfer(self, kind, count, total, against, deadline=180):
        with kind(self.lab, self.tree) as server:
            report = clients.tftp(self.lab, server, count, total, self.options.clients, against,
                                  deadline)
        self.say(f"  {kind.name}: {report['completed']} of {total}, "
                 f"{report['gigabits_per_second']} Gb/s, {report['seconds']} s")
        return report

    def _interleaved(self, kinds, repeat, **words):
        runs = {kind.name: [] for kind in kinds}
        for _ in range(repeat):
            for kind in kinds:
                against = None if kind is servers.Reflect else self.image
                runs[kind.name].append(self._transfer(kind, against=against, **words))
        return [summary(name, done) for name, done in runs.items()], runs

    def transfers(self):
        """200 clients, 1 MiB, blksize 1468, window 1, no loss."""
        self.say("200 clients, no loss")
        self.lab.cable()
        kinds = [*self.options.servers(servers.Rouse, servers.Dnsmasq), servers.Reflect]
        return self._interleaved(kinds, self.options.repeat, count=200, total=1000)

    def lossy(self):
        """1,000 clients at 0.5 % loss both ways, in a switch between two veth pairs."""
        self.say("1,000 clients, 0.5 % loss")
        self.lab.lossy_switch(5)
        kinds = self.options.servers(servers.Rouse, servers.Dnsmasq)
        rows, runs = self._interleaved(kinds, self.options.repeat, count=1000, total=1000)
        for kind in self.options.servers(servers.Atftpd):
            # Once is enough to see that it gives up.
            report = self._transfer(kind, 1000, 1000, self.image)
            runs[kind.name] = [report]
            rows.append(summary(kind.name, [report]))
        return rows, runs

    def _exchange_rate(self, kind, rate):
        """One run of perfdhcp against a fresh server."""
        with kind(self.lab) as server:
            before = server.cpu_seconds()
            result = clients.perfdhcp(self.lab, server, rate, self.options.seconds)
            result["server_cpu_seconds"] = round(server.cpu_seconds() - before, 2)
        result["good"] = result["drops"] <= 0.005 and result["discovers_per_second"] > 0.95 * rate
        self.say(f"  {kind.name}: {rate}/s asked, {result['per_second']:.0f}/s, "
                 f"{100 * result['drops']:.2f} % drops")
        return result

    def _highest_rate(self, kind):
        """Doubles until it drops more than 0.5 %, then halves the gap three times."""
        good, bad = None, None
        rate = 1000
        for _ in range(12):
            result = self._exchange_rate(kind, rate)
            if result["good"]:
                good = result
            else:
                bad = rate
            if good is None and rate <= 125:
                break
            low = good["asked"] if good else 0
            if bad is None:
                rate *= 2
            elif bad - low <= max(low, 1) / 8:
                break
            else:
                rate = (low + bad) // 2
        return good or result

    def exchanges(self):
        """The highest rate of perfdhcp at which at most 0.5 % of the messages go unanswered."""
        self.say("perfdhcp, at most 0.5 % drops")
        self.lab.cable()
        kinds = [*self.options.servers(servers.Rouse, servers.Kea), servers.Reflect]
        runs = {kind.name: [] for kind in kinds}
        for _ in range(self.options.repeat):
            for kind in kinds:
                runs[kind.name].append(self._highest_rate(kind))
        rows = [{"server": name, "runs": len(done), "exchanges_per_second": median(done, "per_second"),
                 "drops": median(done, "drops"), "server_cpu_seconds": median(done, "server_cpu_seconds")}
                for name, done in runs.items()]
        return rows, runs

    def memory(self):
        """What 1 GiB of images and 10,000 leases take."""
        self.say("memory")
        self.lab.cable()
        rows = []
        for kind in self.options.servers(servers.Rouse):
            tree = self.lab.path("large")
            os.makedirs(tree, exist_ok=True)
            with open(os.path.join(tree, "ready"), "w") as ready:
                ready.write("ready\n")
            for i in range(4):
                with open(os.path.join(tree, f"image{i}"), "wb") as image:
                    image.truncate(256 * MEBIBYTE)
            rows += [self._memory_of(kind, tree)]
        return rows, {}

    def _memory_of(self, kind, tree):
        server = kind(self.lab, tree)
        server.memory_key = "1100M"
        before = huge_bytes()
        with server:
            leases = clients.dhcp(self.lab, 10000, "--deadline", 120, "--retry", "1,2,4,8")
            memory = server.memory()
            huge = huge_bytes() - before
        row = {"server": kind.name, "leases": leases["completed"], "images_bytes": 1 << 30,
               "huge_pages_bytes": huge}
        for key in ("Rss", "Pss", "Pss_Anon", "Pss_Shmem", "Pss_File"):
            row[key.lower() + "_bytes"] = memory.get(key, 0)
        self.say(f"  {row}")
        return row

    def scenes(self):
        return {"transfers": self.transfers, "lossy": self.lossy, "exchanges": self.exchanges,
                "memory": self.memory}


def huge_bytes():
    """What is taken of the huge pages of the machine."""
    values = {}
    with open("/proc/meminfo") as meminfo:
        for line in meminfo:
            words = line.split()
            values[words[0][:-1]] = int(words[1])
    return (values["HugePages_Total"] - values["HugePages_Free"]) * values["Hugepagesize"] * 1024
