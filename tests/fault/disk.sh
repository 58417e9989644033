# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# What a journal that cannot be written must and must not do, for the tests of full and failing disks.

. "$top/tests/fault/fault.sh"

# new_leases COUNT SECONDS MAC_BASE [LOG]: asks for so many; prints how many were acknowledged.
new_leases() {
	ns lab "$storm" dhcp --interface eth0 --log "${4-$acks}" --clients "$1" --retry 0.5 --give-up "$2" \
		--mac-base "$3" --json >"$work/new.json" || true
	report new .acks
}

# seconds_until_leases: from now on until a machine has a new lease.
seconds_until_leases() {
	local start=${EPOCHREALTIME/./} try
	for ((try = 1; try < 60; try++)); do
		if [ "$(new_leases 1 0.5 "02:5b:00:$(printf '%02x:%02x' $((RANDOM % 256)) $try):00")" = 1 ]; then
			awk -v us=$((${EPOCHREALTIME/./} - start)) 'BEGIN { printf "%.1f", us / 1e6 }'
			return
		fi
	done
	echo 30
}

is_degraded() {
	[ "$(rouse status --json | jq .dataplane.journal.degraded)" = true ]
}

# still_serves REASON: what goes on while the journal cannot be written, and how it is told.
still_serves() {
	rouse status >"$work/status" || fail "rouse status fails"
	grep -q "lease journal *cannot be written: $1; no new leases until it can" "$work/status" ||
		fail "rouse status does not say it: $(cat "$work/status")"
	expect "new leases" 0 "$(new_leases 50 2 "${2:-02:59:00:00:00:00}")"
	# Not in the journal, so not among what is compared.
	expect "leases of a reserved address" 1 "$(new_leases 1 5 02:56:00:00:00:01 "$work/reserved")"
	ns lab "$storm" tftp --server $server_address --file probe --clients 20 --total 100 \
		--against "$work/tree/probe" >"$work/tftp.txt" || fail "TFTP: $(cat "$work/tftp.txt")"
}

# A machine that comes back gets the time that is on disk, which ends when its lease ends anyway.
known_machines_boot() {
	head -n 100 "$acks" >"$work/known"
	ns lab "$storm" dhcp --interface eth0 --exchange reboot --from "$work/known" --log "$acks.again" \
		--json >"$work/again.json" || fail "known machines: $(report again '.failed_by|tojson')"
	awk 'NR == FNR { end[$3] = $1 + $4; next } $1 + $4 > end[$3] + 5 { print; bad = 1 } END { exit bad }' \
		"$work/known" "$acks.again" >&2 || fail "known machines got more time than is on disk"
}
