#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""What was said in a capture of DHCP and TFTP, one line for each packet:

    capture.py CAPTURE.pcap
    SECONDS WHO PORT WHAT...

WHO is `client` or `server` (10.77.0.1), PORT the client's, which names a transfer. Of DHCP WHAT is the
message's type, the header fields that are not 0 and every option by its number, as text where it is
text, otherwise in hex; of TFTP it is the packet as RFC 1350 and 2347 name it: `RRQ file octet tsize=0`.
Packets may be cut off by the capture: of DATA only the number and the length are told.
"""
import socket
import struct
import sys

SERVER = socket.inet_aton("10.77.0.1")
DHCP_PORTS = (67, 68, 4011)
DHCP_TYPES = {1: "DISCOVER", 2: "OFFER", 3: "REQUEST", 4: "DECLINE", 5: "ACK", 6: "NAK", 7: "RELEASE",
              8: "INFORM"}
DHCP_TEXTS = (12, 15, 17, 56, 60, 66, 67, 77, 209, 210)
TFTP_READ, TFTP_WRITE, TFTP_DATA, TFTP_ACK, TFTP_ERROR, TFTP_OACK = range(1, 7)


def read_pcap(path):
    """Each frame, with its time and its length on the wire."""
    data = open(path, "rb").read()
    at = 24
    while at + 16 <= len(data):
        seconds, us, length, whole = struct.unpack("<4I", data[at:at + 16])
        yield seconds + us / 1e6, data[at + 16:at + 16 + length], whole
        at += 16 + length


def text_of(data):
    return data.rstrip(b"\0").decode("ascii", "backslashreplace")


def dhcp_options(data):
    at = 0
    while at + 1 < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        value = data[at + 2:at + 2 + data[at + 1]]
        yield data[at], value
        at += 2 + data[at + 1]


def describe_dhcp(payload):
    words = [""]
    for name, start in (("ciaddr", 12), ("yiaddr", 16), ("siaddr", 20), ("giaddr", 24)):
        if any(payload[start:start + 4]):
            words.append(f"{name}={socket.inet_ntoa(payload[start:start + 4])}")
    if payload[10] & 0x80:
        words.append("broadcast")
    if payload[108]:
        words.append(f"file={text_of(payload[108:236])}")
    for code, value in dhcp_options(payload[240:]):
        if code == 53:
            words[0] = DHCP_TYPES.get(value[0], "UNKNOWN")
        else:
            words.append(f"{code}={text_of(value) if code in DHCP_TEXTS else value.hex()}")
    return " ".join(words)


def pairs(words):
    return " ".join(f"{name}={value}" for name, value in zip(words[::2], words[1::2]))


def describe_tftp(payload, length):
    opcode, number = struct.unpack("!HH", payload[:4])
    if opcode == TFTP_DATA:
        return f"DATA {number} {length - 4}"
    if opcode == TFTP_ACK:
        return f"ACK {number}" + (f" and {length - 4} more bytes" if length > 4 else "")
    if opcode == TFTP_ERROR:
        return f"ERROR {number} {text_of(payload[4:])}"
    words = [text_of(word) for word in payload[2:].split(b"\0")[:-1]]
    if opcode in (TFTP_READ, TFTP_WRITE):
        return f"{'RRQ' if opcode == TFTP_READ else 'WRQ'} {words[0]} {words[1]} {pairs(words[2:])}".rstrip()
    return f"OACK {pairs(words)}"


def describe(frame, whole):
    """One packet, or None if it is no DHCP and no TFTP."""
    start = 14 + (frame[14] & 15) * 4 if len(frame) > 14 else 0
    if len(frame) < start + 12 or frame[12:14] != b"\x08\0" or frame[23] != 17:
        return None
    from_server = frame[26:30] == SERVER
    source, destination, length = struct.unpack("!3H", frame[start:start + 6])
    payload, length = frame[start + 8:start + length], min(length, whole - start) - 8
    port = destination if from_server else source
    if source in DHCP_PORTS and destination in DHCP_PORTS:
        what = describe_dhcp(payload) if len(payload) > 240 else None
    else:
        what = describe_tftp(payload, length) if length >= 4 and payload[0] == 0 else None
    return what and f"{'server' if from_server else 'client'} {port} {what}"


def main():
    start = None
    for at, frame, whole in read_pcap(sys.argv[1]):
        line = describe(frame, whole)
        if line:
            start = at if start is None else start
            print(f"{at - start:.6f} {line}")


if __name__ == "__main__":
    main()
