# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""Plays machines against one server, many at a time, over a packet socket at the other end of its link.
An exchange goes on when its message is answered. That one is not is known when the witness, a machine
of the configuration whose DISCOVER went out later, has its answer; it is sent once more, then, as a
server that had no time for a moment may have dropped it."""
import collections
import select
import socket
import struct
import time

import answers
import conversations
import site_plan as site
import wire
from machines import ethernet_id, Message, DISCOVER

WINDOW = 64             # exchanges that are under way
MARGIN_S = 0.1          # a worker may answer a known machine before those that asked earlier
STILL_S = 0.1           # after an epoch: a second answer comes 50 ms after the first
OFFER_HOLD_S = 12       # an offer that nobody takes is kept for so long (Rouse: 10 s)
DEADLINE_S = 20         # for an answer to the witness
WITNESS_XID = 0xfffe0000
NOT_PLAYED, SILENT = 0, 1
ARP_REPLY = struct.Struct("!6s6sHHHBBH6s4s6s4s")


class Waiting:
    """A message that was sent, and what came back."""
    __slots__ = ("request", "run", "step", "frame", "words", "at", "again")

    def __init__(self, request, run, step, frame):
        self.request, self.run, self.step, self.frame = request, run, step, frame
        self.words, self.at, self.again = [], time.monotonic(), False


class Run:
    """An exchange that is under way. machine: its addresses by name."""
    __slots__ = ("exchange", "step", "machine", "waits", "results", "late")

    def __init__(self, exchange):
        self.exchange, self.step, self.waits, self.late = exchange, 0, None, False
        self.machine = {}
        self.results = [None] * len(exchange.messages)


class Player:
    def __init__(self, name, interface, machine_mac, flush):
        self.name, self.flush = name, flush
        self.mac, self.server_mac = wire.mac(machine_mac), wire.BROADCAST_MAC
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.setsockopt(socket.SOL_SOCKET, wire.SO_RCVBUFFORCE, 64 << 20)
        self.socket.bind((interface, 0))
        self.socket.setblocking(False)
        self.taken, self.offered, self.macs = {}, {}, {}  # by address: leased, offered when, in use
        self.residents = {}
        self.words = {None: NOT_PLAYED, (): SILENT}
        self.news = [None, ()]  # of words that have not been told to the differ yet
        self.late = 0           # exchanges that are not compared
        # When the last witness but one was sent, of those with an answer: Rouse answers known
        # machines before others that it has read together with them.
        self.witnesses, self.heard, self.last_heard = 0, 0.0, 0.0
        self.begin()

    def begin(self):
        self.sent, self.runs = {}, []
        self.asked, self.holders = set(), {}
        self.witness_at = None

    # --- sending

    def resolve(self, run, name, subnet):
        """The address of a name on this server, or None."""
        if isinstance(name, bytes):
            return name
        if name == "resident":
            return self.residents.get(subnet)
        if name == "free" and name not in run.machine:
            run.machine["free"] = self.free_address(subnet, run.exchange.number)
        return run.machine.get(name)

    def free_address(self, subnet, number):
        """One that nobody has, was offered lately, or asks for in this epoch."""
        first, last = answers.POOLS[subnet]
        now, count = time.monotonic(), last - first + 1
        for turn in range(count):
            address = struct.pack("!I", first + (number * 7 + turn) % count)
            if address in self.taken or address in self.asked:
                continue
            if self.offered.get(address, 0) < now - OFFER_HOLD_S:
                self.asked.add(address)
                return address
        raise RuntimeError("%s: no free address in subnet %d" % (self.name, subnet))

    def fill(self, run, message):
        """Puts addresses in. Returns the source's, or None when one of them is not known."""
        for at, name in message.blanks:
            address = self.resolve(run, name, message.subnet)
            if address is None:
                return None
            message.payload[at:at + 4] = address
        if message.src == "0.0.0.0":
            return answers.NO_ADDRESS
        return self.resolve(run, message.src, message.subnet)

    def frame(self, message, mac, src):
        payload = bytes(message.payload)
        through_router = message.relay or (message.subnet == site.RELAYED and message.dst)
        odd = len(mac) != 6 or mac[0] & 1 or not any(mac)
        src_mac = self.mac if through_router or odd else mac
        dst = site.SERVER if message.relay else message.dst or "255.255.255.255"
        src = message.relay or socket.inet_ntoa(src)
        self.macs[wire.ip(src)] = self.macs[payload[12:16]] = src_mac
        return src_mac, wire.datagram(src, dst, message.sport, 67, payload, src_mac,
                                      wire.BROADCAST_MAC if dst == "255.255.255.255" else
                                      self.server_mac)

    def step(self, run):
        """Sends messages until one has to be waited for, or the exchange is over."""
        messages = run.exchange.messages
        while run.step < len(messages):
            message = messages[run.step]
            run.step += 1
            src = self.fill(run, message)
            if src is None:
                continue
            self.send(run, run.step - 1, message, src)
            if message.waits:
                return
        run.waits = None
        self.runs.remove(run)

    def send(self, run, step, message, src):
        mac = bytes(message.payload[28:28 + 6])
        sender, frame = self.frame(message, mac, src)
        request = answers.Request(message, sender, mac, dict(run.machine),
                                  self.name == "dnsmasq")
        waiting = Waiting(request, run, step, frame)
        key = bytes(message.payload[4:8])
        if key in self.sent:  # the same xid again: one record of the answers
            waiting = self.sent[key]
            run.results[waiting.step] = self.intern(waiting.words)
            waiting.words, waiting.step, waiting.at = [], step, time.monotonic()
        else:
            self.sent[key] = waiting
        run.waits = waiting if message.waits else None
        if message.state == "RELEASE" and self.taken.get(src) == run.exchange.number:
            del self.taken[src]
        elif message.state == "DECLINE":
            self.taken[bytes(request.asked)] = None
        self.socket.send(frame)

    # --- receiving

    def receive(self):
        for _ in range(WINDOW):
            try:
                frame, address = self.socket.recvfrom(4096)
            except BlockingIOError:
                return
            if address[2] == socket.PACKET_OUTGOING:
                continue
            if frame[12:14] == b"\x08\x06":
                self.answer_arp(frame)
            elif frame[12:14] == b"\x08\0" and frame[23] == 17 and frame[34:36] == b"\0\x43":
                self.hear(frame)

    def answer_arp(self, frame):
        """Machines that have an address answer for it."""
        mac = self.macs.get(frame[38:42])
        if mac and frame[20:22] == b"\0\1" and frame[38:42] != answers.NO_ADDRESS:
            self.socket.send(ARP_REPLY.pack(frame[6:12], mac, 0x0806, 1, 0x0800, 6, 4, 2, mac,
                                            frame[38:42], frame[6:12], frame[28:32]))

    def hear(self, frame):
        key = frame[46:50]
        waiting = self.sent.get(key)
        if not waiting:
            if key == self.witness_key():
                self.server_mac = frame[6:12]
                self.heard, self.last_heard = self.last_heard, self.witness_at or 0.0
                self.witness_at = None
            return
        words, yiaddr, kind = answers.describe(frame, waiting.request)
        waiting.words.append(tuple(sorted(words.items())))
        run = waiting.run
        run.late |= waiting.again
        if run.waits is waiting and len(waiting.words) == 1:
            if kind == 2:
                self.see_offer(run, yiaddr)
            self.note(run, kind, yiaddr)
            self.step(run)
        elif waiting.again:
            self.note(run, kind, yiaddr)

    def see_offer(self, run, yiaddr):
        """dnsmasq remembers no offers. Of two machines that are offered one address at a time, chance
        decides which of them gets it: neither is compared."""
        holder = self.holders.get(yiaddr)
        if holder not in (None, run) and holder in self.runs:
            holder.late = run.late = True
        self.holders[yiaddr] = run

    def note(self, run, kind, yiaddr):
        if yiaddr == answers.NO_ADDRESS:
            return
        if kind == 2:
            run.machine["offered"] = yiaddr
            self.offered[yiaddr] = time.monotonic()
        elif kind == 5:
            run.machine["lease"] = yiaddr
            self.offered.pop(yiaddr, None)
            self.taken[yiaddr] = run.exchange.number

    # --- silence

    def witness_key(self):
        return struct.pack("!I", WITNESS_XID + self.witnesses % 65536)

    def ask_witness(self):
        self.witnesses += 1
        mac = site.WITNESS["mac"]
        message = Message("WITNESS", DISCOVER, mac, [(61, ethernet_id(mac))],
                          xid=WITNESS_XID + self.witnesses % 65536, flags=0x8000)
        self.witness_at = time.monotonic()
        self.socket.send(self.frame(message, mac, answers.NO_ADDRESS)[1])

    def tend_witness(self):
        if self.witness_at is None:
            self.ask_witness()
        elif time.monotonic() > self.witness_at + DEADLINE_S:
            raise RuntimeError("%s does not answer" % self.name)

    def pass_over_silence(self):
        for run in [run for run in self.runs if run.waits and run.waits.at + MARGIN_S < self.heard]:
            if run.waits.words:
                continue
            if run.waits.again:
                self.step(run)
            else:
                self.send_again(run.waits)

    def send_again(self, waiting):
        """As a client would. What is answered now was lost, or would have been late: not compared."""
        waiting.again, waiting.at = True, time.monotonic()
        self.socket.send(waiting.frame)

    # --- epochs

    def turn(self, timeout):
        if select.select([self.socket], [], [], timeout)[0]:
            self.receive()

    def wait_for_witness(self, since):
        while self.heard < since:
            self.tend_witness()
            self.turn(0.02)

    def play(self, exchanges):
        """Plays exchanges, and returns for each the numbers of its answers."""
        self.begin()
        runs = [Run(exchange) for exchange in exchanges]
        queue = collections.deque(runs)
        next_witness = 0.0
        while queue or self.runs:
            while queue and len(self.runs) < WINDOW:
                run = queue.popleft()
                self.runs.append(run)
                self.step(run)
            self.turn(0.02)
            if time.monotonic() >= next_witness:
                next_witness = time.monotonic() + 0.02
                self.tend_witness()
                self.pass_over_silence()
        self.settle()
        return self.collect(runs)

    def settle(self):
        until = time.monotonic() + STILL_S
        while time.monotonic() < until:
            self.turn(0.02)
        self.wait_for_witness(until)
        if self.flush:
            self.flush()

    def collect(self, runs):
        for waiting in self.sent.values():
            waiting.run.results[waiting.step] = self.intern(waiting.words)
        for run in runs:
            if run.late:
                self.late += 1
                # A message that was sent again may have been heard after the RELEASE.
                self.taken.update((address, None) for address in run.machine.values())
        return [[NOT_PLAYED if result is None or run.late else result for result in run.results]
                for run in runs]

    def intern(self, words):
        key = tuple(words)
        if key not in self.words:
            self.words[key] = len(self.words)
            self.news.append(key)
        return self.words[key]

    def start(self):
        """Until the server answers; then its residents move in."""
        self.ask_witness()
        self.wait_for_witness(0.001)
        for exchange in conversations.residents():
            self.play([exchange])
            lease = [address for address, owner in self.taken.items() if owner == exchange.number]
            self.residents[exchange.subnet] = lease[0]
