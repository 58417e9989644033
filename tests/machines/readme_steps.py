#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors

"""Takes a section of a Markdown file apart into what its reader does, step by step.

readme_steps.py FILE SECTION DIRECTORY prints one line for each step and writes its parts into DIRECTORY:

    say N           prose, in N.text on one line
    write N PATH    a fenced block, in N.text: the content of PATH, the last absolute path that the prose
                    before had in backquotes
    append N PATH   another one for the same PATH
    run N           a command in N.command. In an indented block that begins with "# ", each such line is
                    a command and what follows it is its output, in N.output; in any other indented block
                    each line is a command whose output is not shown: no N.output."""

import pathlib
import re
import sys


def section_of(lines, title):
    begin = lines.index("## " + title) + 1
    end = next((i for i in range(begin, len(lines)) if lines[i].startswith("## ")), len(lines))
    return lines[begin:end]


def blocks_of(lines):
    """Pairs of a kind and lines: prose, indented or fenced. A blank line ends prose only."""
    kind, block = None, []
    for line in lines:
        if line.startswith("```"):
            if block:
                yield kind, block
            kind, block = None if kind == "fenced" else "fenced", []
        elif kind == "fenced" or (kind == "indented" and not line.strip()):
            block.append(line)
        else:
            now = "indented" if line.startswith("    ") else "prose" if line.strip() else None
            if now != kind and block:
                yield kind, block
                block = []
            kind = now
            if kind:
                block.append(line)
    if block:
        yield kind, block


def commands_of(block):
    """Pairs of a command and its output, or None where the block shows none."""
    lines = [line[4:] for line in block]
    while not lines[-1]:
        lines.pop()
    if not lines[0].startswith("# "):
        return [(line, None) for line in lines if line]
    found = []
    for line in lines:
        if line.startswith("# "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def steps_of(lines):
    """Triples of an order to the test, the path that it is about, and parts: suffix and lines."""
    path, written = None, set()
    for kind, block in blocks_of(lines):
        if kind == "prose":
            path = ([path] + re.findall("`(/[^` ]+)`", " ".join(block)))[-1]
            yield "say", None, {"text": [" ".join(block)]}
        elif kind == "fenced":
            yield "append" if path in written else "write", path, {"text": block}
            written.add(path)
        else:
            for command, output in commands_of(block):
                shown = {} if output is None else {"output": output}
                yield "run", None, {"command": [command], **shown}


def main():
    file, title, directory = sys.argv[1:]
    lines = pathlib.Path(file).read_text().splitlines()
    for number, (order, path, parts) in enumerate(steps_of(section_of(lines, title))):
        for suffix, text in parts.items():
            name = pathlib.Path(directory) / f"{number}.{suffix}"
            name.write_text("".join(line + "\n" for line in text))
        print(order, number, path or "")


main()
