#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""embed.py FILE NAME OUT: writes a file's bytes as a C array, so that a program carries it."""
import sys

source, name, out = sys.argv[1:]
data = open(source, "rb").read()
rows = (", ".join(str(b) for b in data[i : i + 16]) for i in range(0, len(data), 16))
with open(out, "w") as header:
    header.write("#pragma once\n\nstatic const unsigned char %s[] = {\n" % name)
    header.writelines("\t%s,\n" % row for row in rows)
    header.write("};\n")
