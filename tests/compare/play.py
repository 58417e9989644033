# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""play.py SERVER INTERFACE MAC COUNT [NETNS]: plays COUNT exchanges against one server; writes the
answers of each epoch to standard output, pickled. Forgets the neighbours of NETNS after each epoch: a
kernel's table is smaller than the number of machines that come by."""
import pickle
import subprocess
import sys

import conversations
from player import Player


def main(server, interface, mac, count, netns=None):
    flush = None
    if netns:
        def flush():
            subprocess.check_call(["ip", "-n", netns, "neighbour", "flush", "dev", interface],
                                  stderr=subprocess.DEVNULL)
    player = Player(server, interface, mac, flush)
    player.start()
    for first in range(0, int(count), conversations.EPOCH):
        numbers = range(first, min(first + conversations.EPOCH, int(count)))
        results = player.play([conversations.make(number) for number in numbers])
        pickle.dump((results, player.news, player.late), sys.stdout.buffer, 4)
        sys.stdout.buffer.flush()
        player.news = []


main(*sys.argv[1:])
