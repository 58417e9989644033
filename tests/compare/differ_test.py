# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""differ_test.py LIST PAGE: the differ notices what it must, without a server; each class of LIST has its
place in PAGE, and the page speaks of no other."""
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import conversations  # noqa: E402
from differ import COLUMNS, Differ, List, differences  # noqa: E402
from machines import parse_options  # noqa: E402

ANSWER = {"kind": "OFFER", "yiaddr": "pool", "siaddr": "10.77.0.1", "opt3": "site", "opt61": "echoed"}


def answer(**changes):
    words = {**ANSWER, **changes}
    return (tuple(sorted((what, word) for what, word in words.items() if word is not None)),)


def check(condition, text):
    if not condition:
        sys.exit("FAILED: " + text)


def expect(what, wanted, *three):
    got = differences(three)
    check(got == wanted, "%s: %s instead of %s" % (what, got, wanted))


def test_differences():
    expect("equal answers", [], answer(), answer(), answer())
    expect("one option changed", [("opt3", ("0a4d0001", "site", "site"))],
           answer(opt3="0a4d0001"), answer(), answer())
    expect("one option missing", [("opt61", ("echoed", "echoed", "-"))],
           answer(), answer(), answer(opt61=None))
    expect("another address", [("yiaddr", ("pool", "as asked", "pool"))],
           answer(), answer(yiaddr="as asked"), answer())
    expect("silence", [("kind", ("OFFER", "silence", "OFFER")), ("opt3", ("site", ".", "-"))],
           answer(), (), answer(opt3=None))
    expect("another kind", [("kind", ("OFFER", "NAK", "OFFER"))], answer(), answer(kind="NAK", opt3="x"),
           answer())
    expect("two answers", [("kind", ("2 x OFFER", "OFFER", "OFFER"))], answer() * 2, answer(), answer())
    expect("not played by Kea", [], answer(), None, answer())


def list_of(*lines):
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", delete=False) as file:
        file.write("\t".join(COLUMNS) + "\n" + "".join("\t".join(line) + "\n" for line in lines))
    return file.name


def run(path, *three):
    differ = Differ(path)
    exchange = conversations.make(1)
    message = exchange.messages[0]
    differ.compare(exchange, 1, message, parse_options(message.payload)[0], 1, three)
    os.unlink(path)
    return len(differ.unknown), len(differ.unseen())


def test_list():
    changed = answer(opt3="other"), answer(), answer()
    fits = ("a", "DISCOVER", "*", "opt3", "oth*", "site", "site", "why")
    check(run(list_of(), *changed) == (1, 0), "a difference that is not in the list")
    check(run(list_of(fits), *changed) == (0, 0), "one that is")
    check(run(list_of(fits), answer(), answer(), answer()) == (0, 1), "one that does not occur")
    for at, word in ((1, "RENEW"), (2, "no-such-tag"), (2, "!opt53"), (3, "opt6"), (5, "-")):
        other = fits[:at] + (word,) + fits[at + 1:]
        check(run(list_of(other), *changed) == (1, 1), "one for another case: %s" % word)


def test_same_exchanges():
    """Each server is sent the same: the exchanges are made anew for each."""
    for number in range(0, 4000, 7):
        first, second = conversations.make(number), conversations.make(number)
        check([m.payload for m in first.messages] == [m.payload for m in second.messages],
              "exchange %d is another one when it is made again" % number)


def test_page(list_path, page_path):
    names = {rule.name for rule in List(list_path).rules}
    with open(page_path, encoding="utf-8") as file:
        rows = [line.split("|")[1] for line in file if line.startswith("| `")]
    told = {name for row in rows for name in re.findall("`([a-z0-9-]+)`", row)}
    check(names == told, "only in the list: %s; only in the page: %s" % (
        sorted(names - told), sorted(told - names)))


test_differences()
test_list()
test_same_exchanges()
test_page(*sys.argv[1:])
