# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# A site whose addresses come from another server: dnsmasq or Kea in namespace `leases`, 10.77.0.2, on
# the switch of the machines. Neither says a word of booting.

# make_proxy_lab: make_lab with that server's link.
make_proxy_lab() {
	make_lab
	make_netns leases
	make_link leases eth0 lab leases0
	ip -n "$test_id-leases" address add 10.77.0.2/24 dev eth0
	ip -n "$test_id-lab" link set leases0 master br0
	server_dhcp=proxy
}

start_leases_dnsmasq() {
	need_programs dnsmasq
	run_background leases ns leases dnsmasq --no-daemon --conf-file=/dev/null --port=0 --user=root \
		--interface=eth0 --bind-interfaces --no-ping --log-dhcp \
		--dhcp-range=10.77.0.50,10.77.0.99,1h --dhcp-leasefile="$work/leases.dnsmasq"
	wait_for 10 "dnsmasq to listen" log_has leases 'DHCP, IP range'
}

start_leases_kea() {
	need_programs kea-dhcp4
	mkdir -p "$work/kea"
	cat >"$work/kea/kea.json" <<-END
	{"Dhcp4": {
	 "interfaces-config": {"interfaces": ["eth0"], "dhcp-socket-type": "raw"},
	 "lease-database": {"type": "memfile", "persist": true, "lfc-interval": 0, "name": "$work/kea/leases.csv"},
	 "valid-lifetime": 3600,
	 "subnet4": [{"subnet": "10.77.0.0/24", "pools": [{"pool": "10.77.0.100 - 10.77.0.149"}]}],
	 "loggers": [{"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "stderr"}]}]}}
	END
	run_background leases ns leases env KEA_PIDFILE_DIR="$work/kea" KEA_LOCKFILE_DIR="$work/kea" \
		kea-dhcp4 -c "$work/kea/kea.json"
	wait_for 20 "Kea to listen" log_has leases 'DHCP4_STARTED'
}

# The machine has its address from the other server, and none from us.
expect_leased_elsewhere() {
	log_has leases "$1" || fail "no lease from the other server ($1)"
	expect "leases of ours" 0 "$(rouse leases --json | jq '.leases | length')"
}
