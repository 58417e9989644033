# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# What the tests that kill Rouse under load share: a network with room for a quarter of a million
# leases, load from rouse-storm, and the clients' own log of every ACK, to which the server is held.

. "$top/tests/server.sh"

need_root
storm=$build/bench/rouse-storm
need_programs ip jq nft python3 tc tcpdump "$storm" "$build/control/rouse"
tests=$top/tests/fault
acks=$work/acks
server_memory=64M
server_pools="10.64.1.0-10.67.255.255"
storms=()

write_config() {
	cat >"$config" <<-END
		runtime_dir: $runtime_dir
		state_dir: $state_dir
		boot_root: $1
		memory: $server_memory
		ports:
		  - {device: "$server_device", address: $server_address/12, dhcp: server}
		subnets:
		  - network: 10.64.0.0/12
		    pools: [$server_pools]
		    lease_time: $server_lease_time
		    routers: [$server_address]
		hosts:
		  - {name: n001, mac: "02:56:00:00:00:01", address: 10.77.0.11}
		boot:
		  - {match: {arch: x86-bios}, file: probe}
	END
}

make_fault_netns() {
	make_netns server lab
	make_link server eth0 lab eth0
	ip -n "$test_id-server" address add $server_address/12 dev eth0
	ip -n "$test_id-lab" address add 10.77.0.2/12 dev eth0
	pace_transfers
}

# 8,000 ACKs a second for all of TFTP: 200 transfers of 2 MB take half a minute, and leave processor
# time to everybody else. What comes from packet sockets (DHCP) is not held up.
pace_transfers() {
	ns lab tc qdisc add dev eth0 root handle 1: htb default 20
	ns lab tc class add dev eth0 parent 1: classid 1:20 htb rate 10gbit quantum 60000
	ns lab tc class add dev eth0 parent 1: classid 1:10 htb rate 3mbit quantum 1500
	ns lab nft -f - <<-END
		table ip pace {
			chain out {
				type filter hook output priority 0
				udp dport 32768-49151 meta priority set 1:10
			}
		}
	END
}

# A tree, and a journal: without one, addresses are given out as they have been probed, and no faster.
make_fault_tree() {
	mkdir -p "$state_dir"
	"$build/tests/fault/make-leases" "$state_dir" 1 "${server_pools##*-}" >&2
	dummy_file "$work/tree/probe" 100
	dummy_file "$work/tree/one" "$1"
	dummy_file "$work/tree/many" $(($1 * 4 - 77))
}

# Every ICMP unreachable that the server's host sends: clients have a right to close their ports. Port 9
# is provoked, to see that the capture works.
watch_icmp() {
	run_background icmp ns lab tcpdump --immediate-mode -l -n -i eth0 "src host $server_address and icmp[icmptype] == icmp-unreach"
	wait_for 15 "tcpdump" log_has icmp 'listening on'
	wait_for 15 "an ICMP unreachable in the capture" provoke_icmp
}

provoke_icmp() {
	ns lab bash -c "echo >/dev/udp/$server_address/9" || true
	log_has icmp 'udp port 9 unreachable'
}

unreachable() {
	grep -a unreachable "$work/icmp.log" | grep -v 'udp port 9 '
}

no_icmp_unreachable() {
	stop icmp || true
	! unreachable >/dev/null || fail "ICMP unreachable on the wire: $(unreachable | head -n 5)"
}

# start_storm LABEL COMMAND...: its report goes to $work/LABEL.json.
start_storm() {
	local label=$1
	shift
	run_background "$label" ns lab sh -c 'json=$1; shift; exec "$@" --json >"$json"' sh \
		"$work/$label.json" "$storm" "$@"
}

# start_leases RATE SECONDS [OPTION...]: new machines, each with a MAC of its own.
start_leases() {
	start_storm dhcp dhcp --interface eth0 --log "$acks" --rate "$1" --for "$2" --clients 20000 \
		--retry 0.3,0.7,1.1,1.7,2.3,3.1,4.1 "${@:3}"
}

# 200 transfers that each run across many kills: 150 in lock-step, 50 with a window.
start_transfers() {
	start_storm lockstep tftp --server $server_address --file one --clients 150 --blksize 1428 \
		--against "$work/tree/one"
	start_storm window tftp --server $server_address --file many --clients 50 --blksize 1428 \
		--windowsize 4 --against "$work/tree/many"
}

# report LABEL JQ_EXPRESSION
report() {
	jq -r "$2" "$work/$1.json"
}

# end_transfers: waits for them; prints how many of the 200 are whole.
end_transfers() {
	local label sum=0
	for label in lockstep window; do
		wait_for 90 "the end of the transfers" has_ended $label
		stop $label || true
		sum=$((sum + $(report $label .completed)))
	done
	echo $sum
}

acks_so_far() {
	cat "$acks" 2>/dev/null | wc -l
}

acks_reach() {
	[ "$(acks_so_far)" -ge "$1" ]
}

# wait_for_acks COUNT: as many more than there are now.
wait_for_acks() {
	wait_for 30 "$1 more ACKs" acks_reach $(($(acks_so_far) + $1))
}

# outage [PID]: kills it, and prints the milliseconds until DHCP and TFTP have answered a client.
outage() {
	ns lab python3 "$tests/outage.py" eth0 $server_address "$work/tree/probe" "$@"
}

# compare_leases WHEN: no ACK that a client has seen may be unknown to the server.
compare_leases() {
	cat "$acks"* >"$work/seen" # what is acknowledged from now on may not be in leases.json
	rouse leases --json >"$work/leases.json"
	python3 "$tests/compare_leases.py" "$work/leases.json" "$work/seen" >&2 || fail "$1: leases were lost"
}

verify_leases() {
	"$storm" verify "$acks"* >&2 || fail "an address was given to two clients"
}

# The supervisor first, so that it starts nothing any more.
kill_everything() {
	local pids
	pids="$(pid_of rouse) $(ip netns pids "$test_id-server")"
	# shellcheck disable=SC2086 # words
	kill -KILL $pids 2>/dev/null || true
	wait_for 5 "the end of everything" no_programs
	wait "$(pid_of rouse)" 2>/dev/null || true
	unset "background_pids[rouse]"
	: >"$work/rouse.log"
}

no_programs() {
	[ -z "$(ip netns pids "$test_id-server")" ]
}

start_again() {
	run_background rouse ns server "$build/control/rouse" up --config "$config"
	wait_for 30 "Rouse to answer" rouse_is_ready
}

# What Rouse has on this host: programs, regions in memory, files of hugetlbfs, sockets, rules.
leftovers() {
	find /dev/shm /dev/hugepages /run/dpdk "$runtime_dir" -mindepth 1 2>/dev/null | grep -F "$test_id" || true
	ns server nft list tables
	ns server cat /proc/sys/net/ipv4/ip_local_reserved_ports
	ip -n "$test_id-server" -o link show dev eth0 | grep -o 'prog/xdp.*' || true
	ip netns pids "$test_id-server"
}

# median FILE; ninth_tenth FILE; largest FILE
median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

ninth_tenth() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int(NR * 9 / 10)] }'
}

largest() {
	sort -n "$1" | tail -n 1
}

# rounds FEW MANY: MANY in `scripts/test full`.
rounds() {
	[ "${ROUSE_TEST_MODE-}" = full ] && echo "$2" || echo "$1"
}
