# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""compare_leases.py LEASES LOG...: holds `rouse leases --json` to what the clients have logged. A lease
that was acknowledged, not given back, and has time left must be bound to the same machine, for as long."""
import json
import sys
import time

SLACK_S = 20  # a client on a busy host may read its ACK so late
SHOWN = 5


def acknowledged(paths):
    """The last word on each address: (mac, end, since)."""
    leases = {}
    for path in paths:
        with open(path) as log:
            for line in log:
                if not line.endswith("\n"):
                    continue  # it is being written
                when, mac, address, seconds, _ = line.split()
                if address not in leases or leases[address][2] <= float(when):
                    leases[address] = (mac, float(when) + int(seconds), float(when))
    return leases


def wrong(lease, mac, end):
    """Why the server's record is not what the client was told, or None."""
    if lease is None:
        return "unknown"
    if lease["client"] != mac or lease["state"] != "bound":
        return "%s to %s" % (lease["state"], lease["client"])
    if lease["expiry_unix_s"] < end - SLACK_S or lease["durable_unix_s"] < end - SLACK_S:
        return "%d s too short" % (end - min(lease["expiry_unix_s"], lease["durable_unix_s"]))
    return None


def main(leases_path, log_paths):
    with open(leases_path) as f:
        known = {lease["address"]: lease for lease in json.load(f)["leases"]}
    now = time.time()
    checked = lost = 0
    for address, (mac, end, since) in acknowledged(log_paths).items():
        if end <= now + SLACK_S:
            continue
        checked += 1
        why = wrong(known.get(address), mac, end)
        lost += why is not None
        if why and lost <= SHOWN:
            print("%s was acknowledged to %s %.1f s ago: %s" % (address, mac, now - since, why))
    print("%d acknowledged leases, %d lost" % (checked, lost))
    sys.exit(1 if lost or not checked else 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
