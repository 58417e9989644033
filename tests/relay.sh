# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
#
# ISC's relay agent in namespaces of its own, between the server's link and the clients'. All switches
# lie in namespace `lab`: br0 is the server's link.

ports_plugged=0

make_relay_lab() {
	make_server_netns
	make_bridge lab br0 eth0
}

# plug NS IF SWITCH [ADDRESS/LEN]: a link from the namespace to the switch.
plug() {
	local port=port$((ports_plugged += 1))
	make_link lab $port "$1" "$2"
	ip -n "$test_id-lab" link set $port master "$3"
	[ -z "${4-}" ] || ip -n "$test_id-$1" address add "$4" dev "$2"
}

# make_relay NAME ADDRESS: a router; its interface to the server is `uplink`.
make_relay() {
	make_netns "$1"
	plug "$1" uplink br0 "$2/24"
	ns "$1" sysctl -qw net.ipv4.ip_forward=1
}

# start_relay NAME ARGUMENT...: it adds option 82 with the name of the client's interface.
start_relay() {
	local name=$1
	shift
	: >"$work/dhcrelay-$name.log"
	run_background "dhcrelay-$name" ns "$name" dhcrelay -4 -d --no-pid -a "$@" $server_address
	wait_for 10 "dhcrelay to listen" log_has "dhcrelay-$name" 'Sending on +Socket/fallback'
}

# write_relay_config TREE: with the subnets and boot rules that lie in $work/subnets and $work/rules.
write_relay_config() {
	server_boot_rules="" server_rules=$(cat "$work/rules")
	write_config "$1"
	sed -i "/domain: cluster.example/r $work/subnets" "$config"
}
