# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# kill -9 of the dataplane again and again on one kind of port, under more than 1,000 new leases a second
# and 200 transfers, with the clients' own log as the judge.

. "$top/tests/fault/fault.sh"

times=$(rounds 10 50)
rate=1250

kill_dataplane() {
	wait_for_acks $((rate * 5 / 4))
	outage "$(pid_below rouse rouse-dataplane)" >"$work/outage" || fail "no answer after kill -9"
	tr ' ' '\n' <"$work/outage" >>"$work/outages"
}

# Leases a second while the dataplane was there and while it was not, catching up included.
leases_per_second() {
	awk '{ if (!first) first = $1; last = $1; n++ } END { printf "%d", n / (last - first) }' "$acks"
}

make_fault_netns
make_fault_tree $((times * 150000))
before=$(leftovers)
start_server "$work/tree"
watch_icmp
outage >/dev/null
start_transfers
start_leases $rate 600
for ((round = 0; round < times; round++)); do
	kill_dataplane
done
wait_for_acks $rate
[ "$(log_has rouse 'killed by signal 9' && grep -c 'rouse-dataplane was killed by signal 9' "$work/rouse.log")" = $times ] ||
	fail "not $times kills"
stop dhcp || true
whole=$(end_transfers)
per_second=$(leases_per_second)
compare_leases "after $times kills of the dataplane"
verify_leases
say "$server_device: $times kills, answers again after $(median "$work/outages") ms (median), $(largest "$work/outages") ms at most"
say "$(acks_so_far) leases, $per_second a second, $(report dhcp .failed) NAKs; $whole of 200 transfers whole"
kill_everything
start_again
compare_leases "after kill -9 of everything"
stop rouse
no_icmp_unreachable
# An offer dies with the process: the address may be another's when it is asked for, and that is a NAK.
expect "exchanges that failed without a NAK" 0 "$(report dhcp '.failed - (.failed_by.nak // 0)')"
[ "$whole" -ge 198 ] || fail "only $whole of 200 transfers are whole: $(report lockstep .failed_by) $(report window .failed_by)"
[ "$per_second" -ge 1000 ] || fail "only $per_second leases a second"
# The kernel may take its time to take a process apart, once in ten, on a host that others keep busy.
[ "$(ninth_tenth "$work/outages")" -le 2000 ] ||
	fail "it takes $(ninth_tenth "$work/outages") ms to answer again"
expect "what is left" "$before" "$(leftovers)"
