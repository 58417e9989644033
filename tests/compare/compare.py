# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""compare.py LIST COUNT TEST_ID MAC: plays COUNT exchanges against Rouse, Kea and dnsmasq, each in its
namespace TEST_ID-SERVER, and fails when a difference between their answers is not in LIST, or one of
LIST does not occur."""
import os
import pickle
import subprocess
import sys
import time

import conversations
from differ import Differ, SERVERS
from machines import parse_options

NOT_COMPARED_MAX = 0.05  # of the exchanges
HERE = os.path.dirname(os.path.abspath(__file__))


class Played:
    """The answers of one server, as play.py tells them."""

    def __init__(self, server, count, test_id, mac):
        netns = "%s-%s" % (test_id, server)
        command = ["ip", "netns", "exec", "%s-lab-%s" % (test_id, server), sys.executable,
                   os.path.join(HERE, "play.py"), server, "eth0", mac, str(count)]
        if server == "dnsmasq":  # the others do not send through the kernel
            command.append(netns)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.answers, self.late = [], 0

    def epoch(self):
        results, news, self.late = pickle.load(self.process.stdout)
        self.answers += news
        return results


def compare_epoch(differ, players, first):
    results = [player.epoch() for player in players]
    for at, numbers in enumerate(zip(*results)):
        exchange = conversations.make(first + at)
        differ.exchanges += 1
        for message, key in zip(exchange.messages, zip(*numbers)):
            options = parse_options(message.payload)[0] or {}
            three = [player.answers[n] for player, n in zip(players, key)]
            differ.compare(exchange, first + at, message, options, key, three)


def report(differ, players, seconds):
    for rule in differ.list.rules:
        print("%7d  %s" % (rule.count, rule.name))
    for line in differ.report_unknown():
        print(line)
    for rule in differ.unseen():
        print("not seen: line %d, %s" % (rule.line, rule.name))
    print("%d exchanges, %d messages, %d of them answered alike by all three; %d classes of "
          "differences; not compared, because an answer was late or lost, or two machines were offered "
          "one address: %s; %.0f s" % (
              differ.exchanges, differ.messages, differ.equal,
              sum(rule.count > 0 for rule in differ.list.rules),
              " ".join("%s %d" % (name, player.late) for name, player in zip(SERVERS, players)),
              seconds))


def main(path, count, test_id, mac):
    start = time.monotonic()
    differ = Differ(path)
    players = [Played(server, int(count), test_id, mac) for server in SERVERS]
    for first in range(0, int(count), conversations.EPOCH):
        compare_epoch(differ, players, first)
    report(differ, players, time.monotonic() - start)
    if sum(player.late for player in players) > differ.exchanges * NOT_COMPARED_MAX:
        sys.exit("FAILED: too many exchanges were not compared")
    if differ.unknown or differ.unseen():
        sys.exit("FAILED: %d differences that the list does not have, %d of the list that do not "
                 "occur" % (len(differ.unknown), len(differ.unseen())))


if __name__ == "__main__":
    main(*sys.argv[1:])
