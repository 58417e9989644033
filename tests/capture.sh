# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# What a client and the server said to each other, seen from the client's end of the server's link:
# watch_wire, let it work, end_wire, then ask. Lines are those of capture.py, without the time.

watch_wire() {
	need_programs tcpdump python3
	rm -f "$work/wire.pcap"
	run_background wire ns lab tcpdump --immediate-mode -U -n -B 16384 -s 700 -i eth0 \
		-w "$work/wire.pcap" udp
	wait_for 15 "tcpdump" test -s "$work/wire.pcap"
}

end_wire() {
	stop wire || true
	read_wire
}

# read_wire: what was captured so far.
read_wire() {
	python3 "$top/tests/capture.py" "$work/wire.pcap" >"$work/wire.txt"
}

# on_wire PATTERN: whether there is such a line; a pattern begins behind the time.
on_wire() {
	grep -qE -- "^[0-9.]+ $1" "$work/wire.txt"
}

count_on_wire() {
	grep -cE -- "^[0-9.]+ $1" "$work/wire.txt" || true
}

# expect_said QUIRK PATTERN; expect_not_said QUIRK PATTERN
expect_said() {
	on_wire "$2" || wire_fail "$1: not on the wire: $2"
}

expect_not_said() {
	! on_wire "$2" || wire_fail "$1: on the wire: $(grep -E -- "^[0-9.]+ $2" "$work/wire.txt" | head -n 3)"
}

# Shows the talk without what a transfer is made of. Of another server than Rouse it is only told.
wire_fail() {
	if [ "${server-}" != rouse ]; then
		say "not so with ${server-}: $1"
		return 0
	fi
	grep -vE '(DATA|ACK) [0-9]+' "$work/wire.txt" | head -n 60 >&$messages
	fail "$1"
}

# expect_answered_within MS PATTERN: each such line of the client, by the server's next word to it.
expect_answered_within() {
	local late
	late=$(awk -v pattern=" client [0-9]+ $2" -v most="$1" '
		$2 == "client" && $0 ~ pattern && !($3 in asked) { asked[$3] = $1; line[$3] = $0 }
		$2 == "server" && $3 in asked {
			if (($1 - asked[$3]) * 1000 > most) print line[$3]
			delete asked[$3]
		}
		END { for (port in asked) print line[port] }' "$work/wire.txt")
	[ -z "$late" ] || wire_fail "not answered within $1 ms: $late"
}
