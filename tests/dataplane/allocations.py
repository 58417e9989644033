# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""Reads what count_allocations.c counts: calls that allocate, per thread of a running dataplane.

usage: allocations.py COUNTS PID [BEFORE]

Prints one line for each thread: name, then calls of the C library's allocator, of mmap and brk, and of
rte_malloc; since BEFORE, an output of this program, if that is given.
"""
import os
import struct
import sys

HEAD = 64
THREAD = struct.Struct("<QQQQ")


def counts(path):
    data = open(path, "rb").read()
    used = struct.unpack_from("<I", data)[0]
    found = (THREAD.unpack_from(data, HEAD + i * THREAD.size) for i in range(used))
    return {tid: calls for tid, *calls in found}


def read_before(path):
    lines = (line.split("\t") for line in open(path))
    return {int(tid): [int(n) for n in calls] for tid, _, *calls in lines}


def main():
    path, pid = sys.argv[1:3]
    now = counts(path)
    before = read_before(sys.argv[3]) if len(sys.argv) > 3 else {}
    for tid in sorted(int(name) for name in os.listdir(f"/proc/{pid}/task")):
        name = open(f"/proc/{pid}/task/{tid}/comm").read().strip()
        since = before.get(tid, [0, 0, 0])
        print(tid, name, *(n - b for n, b in zip(now.get(tid, [0, 0, 0]), since)), sep="\t")


main()
