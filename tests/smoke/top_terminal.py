# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""Runs rouse top in a pseudo-terminal and reads each screen that it draws.

usage: top_terminal.py PID_OF_ROUSE_UP DUMP COMMAND...

Every screen must fit the terminal: no line wider, no more lines. The last one of 80 x 24 under load
goes to the file DUMP.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

HOME = b"\x1b[H"
END = b"\x1b[J"
LEAVE = b"\x1b[?1049l"
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PATIENCE = 30


def fail(text):
    print("FAILED:", text)
    sys.exit(1)


class Terminal:
    def __init__(self, command, width, height):
        self.fd, own = pty.openpty()
        fcntl.ioctl(own, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.modes = termios.tcgetattr(own)
        self.pid = os.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            os.login_tty(own)
            os.execvp(command[0], command)
        self.own = own  # kept open: the modes can be read after the end
        self.width, self.height = width, height
        self.sizes = {(width, height)}
        self.data = b""
        self.screens = 0

    def read(self, seconds):
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                self.data += os.read(self.fd, 65536)
            except OSError:
                return False
        return True

    def check(self, lines):
        if not any(len(lines) <= h and max(map(len, lines)) <= w for w, h in self.sizes):
            fail(f"beyond {self.sizes}:\n" + "\n".join(f"{len(x)} {x}" for x in lines))

    def screen(self):
        """The next screen's lines."""
        deadline = time.monotonic() + PATIENCE
        while END not in self.data:
            if time.monotonic() > deadline or not self.read(1):
                fail(f"no screen; what came: {self.data!r}")
        drawn, self.data = self.data.split(END, 1)
        text = ESCAPE.sub("", drawn.split(HOME, 1)[1].decode("ascii"))
        lines = [line.rstrip("\r") for line in text.split("\n")]  # the terminal adds one more
        self.check(lines)
        self.screens += 1
        return lines

    def until(self, what, condition):
        deadline = time.monotonic() + PATIENCE
        while True:
            lines = self.screen()
            if condition(lines):
                return lines
            if time.monotonic() > deadline:
                fail(f"never {what}; the last screen:\n" + "\n".join(lines))

    def resize(self, width, height):
        # One that is drawn just now may still be of the former size.
        self.sizes = {(self.width, self.height), (width, height)}
        self.width, self.height = width, height
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        # The title is as wide as the terminal; how many lines there are goes by what is to be told.
        self.until(f"{width} columns", lambda lines: len(lines[0]) == width)
        self.sizes = {(width, height)}

    def end(self, key):
        os.write(self.fd, key)
        deadline = time.monotonic() + PATIENCE
        while LEAVE not in self.data:
            if time.monotonic() > deadline or not self.read(1):
                fail(f"the screen was not given back after {key!r}: {self.data!r}")
        status = os.waitpid(self.pid, 0)[1]
        if status:
            fail(f"it ended with {status} after {key!r}")
        return termios.tcgetattr(self.own)


def waiting(lines):
    return len(lines) > 1 and "rouse-dataplane" in lines[1]


def rate(lines):
    """Frames received per second, from the second line."""
    found = re.match(r"per s +received ([0-9.]+)([kMGTPE]?) ", lines[1]) if len(lines) > 1 else None
    return float(found.group(1)) * 1000 ** " kMGTPE".index(found.group(2) or " ") if found else None


def dataplane(up):
    found = subprocess.run(["pgrep", "-P", up, "-x", "rouse-dataplane"], capture_output=True, text=True)
    return int(found.stdout.split()[0]) if found.stdout else None


def main():
    up, dump, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    terminal = Terminal(command, 80, 24)
    lines = terminal.until("a loaded screen", lambda lines: (rate(lines) or 0) > 100
                           and any("10.77.0." in line for line in lines))
    text = "\n".join(lines)
    for section in ("PHASE", "WORKER", "DROPS/S", "SLOWEST"):
        if section not in text:
            fail(f"80 x 24 has no {section}:\n{text}")
    for _ in range(3):
        lines = terminal.screen()
    with open(dump, "w", encoding="ascii") as out:
        out.write("\n".join(lines) + "\n")

    terminal.resize(40, 10)
    terminal.resize(132, 20)
    terminal.resize(80, 16)

    killed = dataplane(up)
    os.kill(killed, signal.SIGKILL)
    terminal.until("told that it is away, or back", lambda lines: waiting(lines)
                   or dataplane(up) not in (None, killed))
    for _ in range(4):
        lines = terminal.until("back", lambda lines: rate(lines) is not None)
        # A counter that went back would count 2^64 frames.
        if rate(lines) > 1e8:
            fail("a rate beyond sense:\n" + "\n".join(lines))

    for key in (b"q", b"\x03"):
        modes = terminal.end(key)
        if modes != terminal.modes:
            fail(f"{key!r} leaves the terminal as {modes}, it was {terminal.modes}")
        print(f"{key!r}: {terminal.screens} screens, all fit")
        os.close(terminal.fd)
        if key == b"q":
            terminal = Terminal(command, 80, 24)
            terminal.screen()


main()
