# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# Rouse, Kea and dnsmasq with one site's configuration, each in a namespace of its own with its own
# link to a namespace `lab-SERVER`, where its machines are played.

need_root
need_programs ip python3 kea-dhcp4 dnsmasq "$build/control/rouse"
compared=(rouse kea dnsmasq)
compared_list=$top/tests/compare/differences.tsv
machine_mac=02:00:00:77:00:01 # of the far end of each link, where relay agents and routers are, too

make_compared_netns() {
	local name
	for name in "${compared[@]}"; do
		make_netns "$name" "lab-$name"
		make_link "$name" eth0 "lab-$name" eth0
		ip -n "$test_id-lab-$name" link set eth0 address $machine_mac
		ip -n "$test_id-$name" address add 10.77.0.1/16 dev eth0
		ip -n "$test_id-$name" route add 10.78.0.0/16 via 10.77.0.254
		# The router is there for every kernel, and answers for itself.
		ip -n "$test_id-$name" neighbour add 10.77.0.254 lladdr $machine_mac dev eth0 nud permanent
	done
}

# Rouse's journal lies in memory, as the leases of the other two do: how long a disk takes is not
# compared.
write_site() {
	compared_state=$(mktemp -d "/dev/shm/$test_id.XXXXXX")
	on_cleanup rm -rf "$compared_state"
	python3 "$top/tests/compare/site_plan.py" "$work" "$compared_state"
}

rouse_log_has() {
	is_running rouse || fail "rouse up ended"
	log_has rouse "$1"
}

start_compared_rouse() {
	run_background rouse ns rouse "$build/control/rouse" up --config "$work/rouse.yaml"
	wait_for 30 "Rouse to answer" rouse_log_has 'rouse-dataplane: answering on'
}

# With an empty journal Rouse probes the addresses of its pools first, and gives those out late that it
# has not probed yet. What is compared is a server that has been in use.
age_rouse() {
	start_compared_rouse
	wait_for 60 "the end of Rouse's probes" rouse_log_has 'have been asked'
	stop rouse || true
	rm -f "$work/rouse.log"
}

start_compared_kea() {
	mkdir -p "$work/kea"
	run_background kea ns kea env KEA_PIDFILE_DIR="$work/kea" KEA_LOCKFILE_DIR="$work/kea" \
		kea-dhcp4 -c "$work/kea.json"
	wait_for 15 "Kea to listen" log_has kea DHCP4_STARTED
}

start_compared_dnsmasq() {
	chmod 755 "$work"
	run_background dnsmasq ns dnsmasq dnsmasq --no-daemon --conf-file="$work/dnsmasq.conf"
	wait_for 10 "dnsmasq to listen" log_has dnsmasq 'DHCP, sockets bound|DHCP, IP range'
}

# start_compared [SED]: the three servers, Rouse with its configuration changed.
start_compared() {
	make_compared_netns
	write_site
	[ -z "${1-}" ] || sed -i "$1" "$work/rouse.yaml"
	start_compared_kea
	start_compared_dnsmasq
	age_rouse
	start_compared_rouse
}

# compare COUNT [LIST]
compare() {
	PYTHONPATH=$top/tests:$top/tests/compare PYTHONDONTWRITEBYTECODE=1 \
		python3 "$top/tests/compare/compare.py" "${2:-$compared_list}" "$1" "$test_id" "$machine_mac"
}
