# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""What may be odd or broken about a machine's messages, one thing at a time. Each is a function that changes
an exchange before it begins, and leaves a word for the list's conditions in its tags."""
import struct

import site_plan as site
from machines import windows

BROADCAST = 0x8000
OTHER_SERVER = site.ip("10.77.0.77")


def without(x, *codes):
    x.base = [option for option in x.base if option[0] not in codes]


def replace(x, code, value, word=None):
    x.tags.append(word or "%d=%s" % (code, "none" if value is None else value.hex()[:16] or "empty"))
    without(x, code)
    if value is not None:
        x.base.append((code, value))


def identifier(word, value):
    def change(x):
        replace(x, 61, value(x) if callable(value) else value, word)
    return change


def set_option(code, value):
    def change(x):
        replace(x, code, value)
    return change


def set_field(**how):
    def change(x):
        x.tags += ["%s=%s" % (key, value.hex() or "none" if isinstance(value, bytes) else value)
                   for key, value in how.items()]
        x.extra.update(how)
    return change


def random_list(x):
    replace(x, 55, bytes(x.rng.randrange(1, 255) for _ in range(x.rng.randrange(1, 60))), "random55")


def list_again(x):
    """RFC 3396: in two parts."""
    without(x, 55)
    x.base += [(55, b"\x01\x03\x06"), (55, b"\x0f\x2a\x43")]
    x.tags.append("split55")


def overload(field, number):
    def change(x):
        without(x, 55, 12)
        x.extra[field] = b"\x37\x04\x01\x03\x06\x0f\x0c\x04over\xff"
        x.base.append((52, bytes((number,))))
        x.tags.append("overload")
    return change


def overload_both(x):
    without(x, 55, 12)
    x.extra.update(file=b"\x37\x04\x01\x03\x06\x0f\xff", sname=b"\x0c\x04over\xff")
    x.base.append((52, b"\x03"))
    x.tags.append("overload")


def padded(x):
    x.base = [option for o in x.base for option in (o, (0, None))]
    x.tags.append("padded")


def infiniband(x):
    x.extra.update(htype=32, hlen=0, mac=b"\0" * 16, flags=BROADCAST)
    replace(x, 61, b"\xff\0\0\0\x01\0\x02" + x.mac, "infiniband")


def windows_without_list(x):
    """Its name stands in option 81, too."""
    x.base = windows(x.mac, x.number)
    without(x, 55)
    x.tags.append("windows")


def through_agent(change):
    def change_behind_agent(x):
        x.behind_agent()
        change(x)
    return change_behind_agent


ODDITIES = [
    random_list, random_list, random_list, list_again, overload("file", 1), overload("sname", 2),
    overload_both, padded, infiniband,
    identifier("name-id", lambda x: b"\0name%d" % x.number),
    identifier("other-type-id", lambda x: b"\x06" + x.mac),
    identifier("duid-id", lambda x: b"\xff" + x.mac[2:] + b"\0\x03\0\x01" + x.mac),
    identifier("long-id", lambda x: x.mac + bytes(range(200)) + b"x" * 100),
    identifier("short-id", b"\x01"), identifier("empty-id", b""),
    set_option(55, None), set_option(55, b""), windows_without_list,
    through_agent(set_option(55, bytes(range(1, 255)))),
    set_option(51, struct.pack("!I", 600)), set_option(51, struct.pack("!I", 86400 * 30)),
    set_option(51, b"\xff" * 4), set_option(51, b"\0" * 4), set_option(51, b"\0\x01"),
    set_option(57, b"\0\x40"), set_option(57, b"\x02\x40"), set_option(57, b"\xff\0"),
    set_option(57, b"\x01"), set_option(60, b""), set_option(60, b"x" * 255),
    through_agent(set_option(60, b"y" * 300)),
    set_option(77, b"\x04iPXE\x05debug"), set_option(77, b""), set_option(93, b"\0"),
    set_option(93, b"\0\x07\0\x00"), set_option(93, b"\0\x10"), set_option(97, b"\x00\x01\x02"),
    set_option(12, b""), set_option(12, b"name\0"), set_option(12, b"-bad_name!"),
    set_option(12, b"n" * 255), set_option(15, b"other.example"), set_option(118, b"\x0a\x4d\0\0"),
    set_option(121, b""), set_option(80, b""), set_option(116, b"\x01"), set_option(145, b"\x01"),
    set_option(50, b"\x0a\x4d"), set_option(54, OTHER_SERVER), set_option(54, b"\x0a"),
    through_agent(set_option(82, b"")), set_option(52, b"\x07"), set_option(52, b"\x01\x01"),
    set_option(1, b"\xff"),
    set_option(3, b"\x0a"), set_option(224, b"\x01" * 100), set_option(43, b"\xff"),
    set_field(size=0), set_field(size=548), set_field(size=1400), through_agent(set_field(end=b"")),
    set_field(end=b"\xff\x35\x01\x03\xff"), set_field(end=b"\x0c\xc8abc", size=0),
    set_field(end=b"\x0c", size=0), set_field(hops=16), set_field(hops=17), set_field(hops=255),
    set_field(hlen=0), set_field(hlen=5), set_field(hlen=16), set_field(hlen=17),
    set_field(htype=0), set_field(op=2), set_field(op=0), set_field(magic=b"\0\0\0\0"),
    set_field(secs=65535), set_field(flags=0x7fff), set_field(flags=0xffff),
    set_field(mac=b"\xff" * 6), set_field(mac=b"\0" * 6), set_field(mac=b"\x01\0\x5e\0\0\x01"),
    set_field(sname=b"boot.example"), set_field(file=b"wanted.file"),
]
