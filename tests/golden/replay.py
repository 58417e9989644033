#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""Replays what a real firmware sent and writes down what the server answers.

    replay.py CAPTURE INTERFACE ANSWERS.pcap ANSWERS.txt [EXPECTED.txt]

Frame by frame: the next one leaves when the answers to the last one are in, as many as EXPECTED.txt
says (without it: when nothing has come for 0.3 s). Two things of a capture can't be replayed as they
are: the server's MAC and the port that it chose for a transfer. Both are taken from its answers.
ANSWERS.txt is what is compared: each answer in full, but DATA as block, length and CRC, and with the
fields that differ from run to run (transfer's port, IP identification, checksums) left out; the raw
frames of both sides are in ANSWERS.pcap for tshark. Exit status 0, or 1 when an expected answer did not come.
"""
import select
import socket
import struct
import sys
import time
import zlib

import wire

ANSWER_DEADLINE = 3.0
QUIET = 0.3
SERVER_PORTS = (67, 69)


def read_pcap(path):
    data = open(path, "rb").read()
    if struct.unpack("<I", data[:4])[0] != 0xA1B2C3D4:
        sys.exit(f"{path}: not a little-endian microsecond pcap file")
    at = 24
    while at < len(data):
        length = struct.unpack("<I", data[at + 8:at + 12])[0]
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def write_pcap(path, frames):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number, frame in enumerate(frames):
            out.write(struct.pack("<IIII", 0, number, len(frame), len(frame)) + frame)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Udp:
    """A UDP frame taken apart; None of it is kept when the frame is something else."""

    def __init__(self, frame):
        self.ok = len(frame) >= 42 and frame[12:14] == b"\x08\x00" and frame[23] == 17
        if self.ok:
            self.src_port, self.dst_port, length = struct.unpack("!HHH", frame[34:40])
            self.payload = frame[42:34 + length]


def with_port(frame, port):
    """The frame with another UDP destination port and a good checksum."""
    length = struct.unpack("!H", frame[38:40])[0]
    udp = frame[34:36] + struct.pack("!HHH", port, length, 0) + frame[42:34 + length]
    pseudo = frame[26:34] + struct.pack("!BBH", 0, 17, length)
    udp = udp[:6] + struct.pack("!H", checksum(pseudo + udp) or 0xFFFF) + udp[8:]
    return frame[:34] + udp + frame[34 + length:]


ANSWERS_TO = {wire.DISCOVER: (wire.OFFER,), wire.REQUEST: (wire.ACK, wire.NAK), wire.INFORM: (wire.ACK,)}


def is_late_copy(question, answer):
    """Whether it is a DHCP answer, but not to this frame: what a client asks again is answered twice,
    the copy 50 ms later."""
    asked, said = wire.parse(question), wire.parse(answer)
    if not said or not wire.is_reply(said):
        return False
    return (not asked or asked.dport != 67 or
            wire.Reply(said).kind not in ANSWERS_TO.get(wire.Reply(asked).kind, ()))


class Replay:
    def __init__(self, interface):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind((interface, 0))
        self.frames = []
        self.lines = []
        self.server_mac = None
        self.transfer_port = {}  # client port -> the server's port
        self.question = b""      # the frame sent last

    def send(self, frame):
        udp = Udp(frame)
        if not frame[0] & 1 and self.server_mac:
            frame = self.server_mac + frame[6:]
        if udp.ok and udp.dst_port not in SERVER_PORTS:
            port = self.transfer_port.get(udp.src_port)
            if port is None:
                return False
            frame = with_port(frame, port)
        self.question = frame
        self.socket.send(frame)
        self.frames.append(frame)  # tshark knows a transfer by its request
        return True

    def receive(self, own_macs, wait):
        """One answer within wait seconds, or None."""
        end = time.monotonic() + wait
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.socket], [], [], left)[0]:
                return None
            frame, address = self.socket.recvfrom(65536)
            if (address[2] != socket.PACKET_OUTGOING and frame[6:12] not in own_macs and
                    not is_late_copy(self.question, frame)):
                return frame
        return None

    def take(self, frame):
        udp = Udp(frame)
        self.server_mac = frame[6:12]
        if udp.ok and udp.src_port not in SERVER_PORTS:
            self.transfer_port[udp.dst_port] = udp.src_port
        self.frames.append(frame)
        self.lines.append("  " + describe(frame, udp))


def describe(frame, udp):
    if not udp.ok:
        return f"frame {frame.hex()}"
    to = f"{frame[:6].hex(':')} {socket.inet_ntoa(frame[30:34])}:{udp.dst_port}"
    if udp.src_port == 67:
        return f"dhcp to {to} {udp.payload.hex()}"
    if udp.payload[:2] == b"\0\3":
        block = struct.unpack("!H", udp.payload[2:4])[0]
        body = udp.payload[4:]
        return f"data to {to} block {block} length {len(body)} crc {zlib.crc32(body):08x}"
    return f"tftp to {to} {udp.payload!r}"


def expected_counts(path):
    """How many answers each frame of the capture got when the file was made."""
    counts = []
    for line in open(path):
        if line.startswith("  "):
            counts[-1] += 1
        else:
            counts.append(0)
    return counts


def main():
    capture, interface, pcap_path, text_path = sys.argv[1:5]
    counts = expected_counts(sys.argv[5]) if len(sys.argv) > 5 else None
    frames = list(read_pcap(capture))
    own_macs = {frame[6:12] for frame in frames}
    replay = Replay(interface)
    missing = 0
    for number, frame in enumerate(frames):
        sent = replay.send(frame)
        replay.lines.append(f"frame {number + 1}{'' if sent else ' not sent: no transfer'}")
        expected = counts[number] if counts and number < len(counts) else None
        got = 0
        while expected is None or got < expected:
            answer = replay.receive(own_macs, QUIET if expected is None else ANSWER_DEADLINE)
            if answer is None:
                break
            replay.take(answer)
            got += 1
        missing += expected is not None and got < expected
    while (answer := replay.receive(own_macs, QUIET)) is not None:
        replay.take(answer)
    write_pcap(pcap_path, replay.frames)
    with open(text_path, "w") as out:
        out.write("\n".join(replay.lines) + "\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
