# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""What three servers made of one message, and the list of the differences that are known. A line of the
list is a class: which messages (state, conditions), what differs, and what each server does; a word may
have alternatives (a|b), end with *, or be * for anything. A server whose answer is of another kind than
Rouse's differs in its kind, and is not compared further."""
import collections
import fnmatch

SERVERS = ("rouse", "kea", "dnsmasq")
NOT_COMPARED = "."
ABSENT = "-"
COLUMNS = ("name", "state", "when", "what", *SERVERS, "reason")


def kind_word(answers):
    """What a server did: nothing, an answer, or several."""
    if answers is None:
        return NOT_COMPARED
    kinds = [dict(answer)["kind"] for answer in answers]
    if not kinds:
        return "silence"
    return kinds[0] if len(kinds) == 1 else "%d x %s" % (len(kinds), "/".join(sorted(set(kinds))))


def base_kind(answers):
    return dict(answers[0])["kind"] if answers else None


def differences(three):
    """Of the answers of SERVERS: what differs, and what each has there."""
    kinds = tuple(kind_word(answers) for answers in three)
    found = []
    if three[0] is None:
        return found
    if len({kind for kind in kinds if kind != NOT_COMPARED}) > 1:
        found.append(("kind", kinds))
    kind = base_kind(three[0])
    compared = [dict(answers[0]) if kind and base_kind(answers) == kind else None for answers in three]
    if sum(words is not None for words in compared) < 2:
        return found
    for what in sorted({what for words in compared if words for what in words} - {"kind"}):
        values = tuple(NOT_COMPARED if words is None else words.get(what, ABSENT) for words in compared)
        if len(set(values) - {NOT_COMPARED}) > 1:
            found.append((what, values))
    return found


def features(exchange, message, options):
    """What the conditions of the list speak of."""
    found = set(message.tags)
    found.add("relayed" if message.relay else "direct")
    found.add(exchange.model)
    found.add("host" if exchange.host is not None else "stranger")
    if message.payload[10] & 0x80:
        found.add("broadcast")
    if bytes(message.payload[12:16]) != b"\0" * 4:
        found.add("ciaddr")
    found |= {"opt%d" % code for code in options}
    if 55 in options:
        found |= {"asks%d" % code for code in options[55]}
    identifier = options.get(61)
    if identifier:
        found.add("id%02x" % identifier[0])
    if boots(options):
        found.add("boots")
    return found


def boots(options):
    return 93 in options or 94 in options or options.get(60, b"").startswith(b"PXEClient") or \
        b"iPXE" in options.get(77, b"") or bool({66, 67} & set(options.get(55, b"")))


class Rule:
    """A line of the list."""

    def __init__(self, line, words):
        self.line, self.count = line, 0
        for column, word in zip(COLUMNS, words):
            setattr(self, column, word)
        self.conditions = [condition.split("|") for condition in self.when.split()]
        self.values = [getattr(self, server).split("|") for server in SERVERS]

    def holds(self, message_features):
        return all(any((word[1:] not in message_features) if word[0] == "!" else word in message_features
                       for word in words) for words in self.conditions if words != ["*"])

    def fits_values(self, values):
        return all(value == NOT_COMPARED or any(fnmatch.fnmatchcase(value, p) for p in patterns)
                   for value, patterns in zip(values, self.values))

    def fits_state(self, state):
        return self.state == "*" or state in self.state.split("|")


class List:
    """The differences that are known, with how often each was seen."""

    def __init__(self, path):
        self.rules, self.by_key = [], {}
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                words = line.rstrip("\n").split("\t")
                if line.startswith("#") or not line.strip():
                    continue
                if len(words) != len(COLUMNS) or not all(words):
                    raise ValueError("%s:%d: wants %d columns" % (path, number, len(COLUMNS)))
                if words[0] != COLUMNS[0]:
                    self.rules.append(Rule(number, words))

    def find(self, state, what, values, message_features):
        key = (state, what, values)
        if key not in self.by_key:
            self.by_key[key] = [rule for rule in self.rules if what in rule.what.split("|") and
                                rule.fits_state(state) and rule.fits_values(values)]
        return next((rule for rule in self.by_key[key] if rule.holds(message_features)), None)


class Differ:
    """Counts differences: those of the list, and others."""

    def __init__(self, path):
        self.list = List(path)
        self.cache = {}
        self.unknown = collections.defaultdict(list)
        self.messages = self.equal = self.exchanges = 0

    def compare(self, exchange, number, message, options, key, three):
        """key: stands for the three answers."""
        self.messages += 1
        if key not in self.cache:
            self.cache[key] = differences(three)
        found = self.cache[key]
        if not found:
            self.equal += 1
            return
        message_features = features(exchange, message, options)
        for what, values in found:
            rule = self.list.find(message.state, what, values, message_features)
            if rule:
                rule.count += 1
            else:
                odd = message.tags[1] if message.tags[0] == "odd" else ""
                self.unknown[message.state + " " * bool(odd) + odd, what, values].append(
                    (number, message_features))

    def unseen(self):
        return [rule for rule in self.list.rules if not rule.count]

    def report_unknown(self, limit=3000):
        """Lines that tell each, with what all its messages have in common."""
        ordered = sorted(self.unknown.items(), key=lambda item: -len(item[1]))
        for (state, what, values), seen in ordered[:limit]:
            common = set.intersection(*(features for _, features in seen))
            common = {word for word in common if not word.startswith(("asks", "opt"))}
            asks = what.replace("opt", "asks")
            share = sum(asks in features for _, features in seen)
            if what.startswith("opt") and share:
                common.add("%s%s" % ("some-" if share < len(seen) else "", asks))
            yield "%6d  %s %s: %s  (exchange %d; %s)" % (
                len(seen), state, what,
                ", ".join("%s %s" % pair for pair in zip(SERVERS, values)), seen[0][0],
                " ".join(sorted(common)))
